# What the CLI's table of commands yields besides the program: manual page and shell completions.
set(cli_out ${CMAKE_BINARY_DIR}/share)
file(MAKE_DIRECTORY ${cli_out})
add_custom_command(
  OUTPUT ${cli_out}/execgov.1 ${cli_out}/execgov.bash ${cli_out}/_execgov
  COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C.UTF-8 $<TARGET_FILE:execgov> --man > ${cli_out}/execgov.1
  COMMAND $<TARGET_FILE:execgov> completion bash > ${cli_out}/execgov.bash
  COMMAND $<TARGET_FILE:execgov> completion zsh > ${cli_out}/_execgov
  DEPENDS execgov COMMENT "manual page and completions" VERBATIM)
add_custom_target(cli_share ALL DEPENDS ${cli_out}/execgov.1)

include(GNUInstallDirs)
install(TARGETS execgov RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${cli_out}/execgov.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${cli_out}/execgov.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME execgov)
install(FILES ${cli_out}/_execgov DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
