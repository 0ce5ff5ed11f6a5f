# What the daemons' tables of settings yield besides the programs: manual pages and example files.
# deploy/config keeps the examples, too; tests/system/settings_test.py holds the two together.
foreach(daemon api scheduler worker egress lifecycle)
  if(TARGET execgov-${daemon})
    set(manual ${CMAKE_BINARY_DIR}/share/execgov-${daemon}.8)
    set(example ${CMAKE_BINARY_DIR}/share/${daemon}.ini)
    add_custom_command(OUTPUT ${manual} ${example}
      COMMAND $<TARGET_FILE:execgov-${daemon}> --man > ${manual}
      COMMAND $<TARGET_FILE:execgov-${daemon}> --print-example > ${example}
      DEPENDS execgov-${daemon} COMMENT "manual page and example settings of execgov-${daemon}" VERBATIM)
    list(APPEND settings_out ${manual})
    install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
    install(FILES ${example} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
    install(TARGETS execgov-${daemon} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
set(manual ${CMAKE_BINARY_DIR}/share/execgov-sandboxd.8)
add_custom_command(OUTPUT ${manual} COMMAND $<TARGET_FILE:execgov-sandboxd> --man > ${manual}
  DEPENDS execgov-sandboxd COMMENT "manual page of execgov-sandboxd" VERBATIM)
list(APPEND settings_out ${manual})
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
add_custom_target(settings_share ALL DEPENDS ${settings_out})
