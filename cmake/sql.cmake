# SQL, Lua, the page that links lead to and the OpenAPI document are embedded, so that a program is one file.
set(EMBEDDED_SOURCES "")
function(embed_files name root pattern)
  set(out ${CMAKE_BINARY_DIR}/generated)
  file(GLOB inputs CONFIGURE_DEPENDS ${root}/${pattern})
  add_custom_command(
    OUTPUT ${out}/${name}.c ${out}/${name}.h
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAME=${name} -DROOT=${root} -DPATTERN=${pattern}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    COMMAND ${CMAKE_COMMAND} -E touch ${out}/${name}.c ${out}/${name}.h
    DEPENDS ${inputs} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    COMMENT "embed ${pattern}" VERBATIM)
  set(EMBEDDED_SOURCES ${EMBEDDED_SOURCES} ${out}/${name}.c ${out}/${name}.h PARENT_SCOPE)
endfunction()
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
embed_files(sql_queries ${CMAKE_SOURCE_DIR}/sql queries/*.sql)
embed_files(sql_public ${CMAKE_SOURCE_DIR}/sql migrations/public/*.sql)
embed_files(sql_tenant ${CMAKE_SOURCE_DIR}/sql migrations/tenant/*.sql)
embed_files(sql_verify ${CMAKE_SOURCE_DIR}/sql verify/*.sql)
embed_files(lua_functions ${CMAKE_SOURCE_DIR}/core/store/queue lua/*.lua)
embed_files(console_open ${CMAKE_SOURCE_DIR}/console open/*.*)
embed_files(sandbox_scripts ${CMAKE_SOURCE_DIR}/worker/sandbox scripts/*.py)
