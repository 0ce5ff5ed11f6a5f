# api/openapi.yaml -> generated/openapi/openapi.json -> generated/openapi.{h,c}, embedded like SQL:
# `openapi[OPENAPI_OPENAPI].text` is the document that /openapi.json answers.
find_program(SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
execute_process(COMMAND ${SYSTEM_PYTHON} -c "import yaml" RESULT_VARIABLE no_yaml ERROR_QUIET)
if(no_yaml)
  message(FATAL_ERROR "PyYAML not found: apt-get install python3-yaml")
endif()
set(openapi_out ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${openapi_out}/openapi)
add_custom_command(
  OUTPUT ${openapi_out}/openapi/openapi.json
  COMMAND ${SYSTEM_PYTHON} -B ${CMAKE_SOURCE_DIR}/cmake/openapi_to_json.py
          ${CMAKE_SOURCE_DIR}/api/openapi.yaml ${openapi_out}/openapi/openapi.json
  DEPENDS ${CMAKE_SOURCE_DIR}/api/openapi.yaml ${CMAKE_SOURCE_DIR}/cmake/openapi_to_json.py
  COMMENT "convert api/openapi.yaml" VERBATIM)
add_custom_command(
  OUTPUT ${openapi_out}/openapi.c ${openapi_out}/openapi.h
  COMMAND ${CMAKE_COMMAND} -DOUT=${openapi_out} -DNAME=openapi -DROOT=${openapi_out}
          -DPATTERN=openapi/*.json -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  COMMAND ${CMAKE_COMMAND} -E touch ${openapi_out}/openapi.c ${openapi_out}/openapi.h
  DEPENDS ${openapi_out}/openapi/openapi.json ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
  COMMENT "embed openapi.json" VERBATIM)
list(APPEND EMBEDDED_SOURCES ${openapi_out}/openapi.c ${openapi_out}/openapi.h)
