# The parts. `core` is what every program shares; a daemon is <name>_parts (so that tests can link
# it) plus a main. Nobody links another daemon's parts.
file(GLOB_RECURSE CORE_SOURCES CONFIGURE_DEPENDS core/*.c)
add_library(core STATIC ${CORE_SOURCES} ${EMBEDDED_SOURCES})
target_link_libraries(core PUBLIC flags llhttp PkgConfig::UV PkgConfig::PQ PkgConfig::HIREDIS
  PkgConfig::JANSSON PkgConfig::CURL PkgConfig::SODIUM PkgConfig::PCRE2 PkgConfig::INIH
  PkgConfig::CRYPTO Threads::Threads m)

# part(folder program [libraries]): folder/**/*.c without main*.c, and the program from main.c.
function(part folder program)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main(_[a-z]+)?\\.c$|/sandbox/zygote/(interpreter|spare)\\.c$")
  if(sources)
    add_library(${folder}_parts STATIC ${sources})
  else()
    add_library(${folder}_parts INTERFACE)
  endif()
  if(sources)
    target_link_libraries(${folder}_parts PUBLIC core ${ARGN})
  else()
    target_link_libraries(${folder}_parts INTERFACE core ${ARGN})
  endif()
  if(EXISTS ${CMAKE_SOURCE_DIR}/${folder}/main.c)
    add_executable(${program} ${folder}/main.c)
    target_link_libraries(${program} PRIVATE ${folder}_parts)
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  endif()
endfunction()

part(api execgov-api)
part(scheduler execgov-scheduler)
part(worker execgov-worker PkgConfig::ARCHIVE PkgConfig::SECCOMP)
part(lifecycle execgov-lifecycle)
part(cli execgov PkgConfig::ARCHIVE PkgConfig::YAML)

# The privileged launcher is a program of the worker's, kept apart so that nothing else links root code.
if(EXISTS ${CMAKE_SOURCE_DIR}/worker/sandbox/main_sandboxd.c)
  add_executable(execgov-sandboxd worker/sandbox/main_sandboxd.c)
  target_link_libraries(execgov-sandboxd PRIVATE worker_parts)
  set_target_properties(execgov-sandboxd PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()

# The zygote is the interpreter that tenants' scripts run in: it is compiled without AddressSanitizer in
# every preset, because its memory has to behave as python3's does. UBSan needs no runtime when it traps.
file(GLOB ZYGOTE_SOURCES CONFIGURE_DEPENDS worker/sandbox/zygote/*.c core/base/*.c)
list(APPEND ZYGOTE_SOURCES worker/sandbox/wire.c worker/sandbox/limits.c worker/sandbox/store/tree.c
  ${CMAKE_BINARY_DIR}/generated/sandbox_scripts.c)
foreach(noun confine descriptors environment filter pid1 root_tree sample work_tree)
  list(APPEND ZYGOTE_SOURCES worker/sandbox/jail/${noun}.c)
endforeach()
add_executable(execgov-zygote ${ZYGOTE_SOURCES})
target_link_libraries(execgov-zygote PRIVATE plain_flags PkgConfig::PYTHON PkgConfig::SECCOMP
  PkgConfig::CRYPTO PkgConfig::JANSSON PkgConfig::SODIUM m)
add_dependencies(execgov-zygote core) # makes the embedded scripts
if(EXECGOV_SANITIZE)
  target_compile_options(execgov-zygote PRIVATE -fsanitize=undefined -fsanitize-undefined-trap-on-error)
endif()
set_target_properties(execgov-zygote PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
add_dependencies(execgov-sandboxd execgov-zygote)

# So is the one process that holds keys and calls out: its main, and nothing of it in the worker's.
if(EXISTS ${CMAKE_SOURCE_DIR}/worker/egress/main_egress.c)
  add_executable(execgov-egress worker/egress/main_egress.c)
  target_link_libraries(execgov-egress PRIVATE worker_parts)
  set_target_properties(execgov-egress PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()

# `execgov lifecycle simulate`: a program of its own, because the CLI links no store.
add_executable(execgov-simulate lifecycle/main_simulate.c)
target_link_libraries(execgov-simulate PRIVATE lifecycle_parts)
set_target_properties(execgov-simulate PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# `execgov intent eval|fill`: a program of its own, because the CLI links no worker code.
if(EXISTS ${CMAKE_SOURCE_DIR}/worker/intent/main_intent.c)
  add_executable(execgov-intent worker/intent/main_intent.c)
  target_link_libraries(execgov-intent PRIVATE worker_parts)
  set_target_properties(execgov-intent PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endif()

# Measuring (bench/sandbox); not part of `all`.
add_executable(bench-sandbox EXCLUDE_FROM_ALL bench/sandbox.c)
target_link_libraries(bench-sandbox PRIVATE worker_parts)
set_target_properties(bench-sandbox PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_executable(bench-lifecycle EXCLUDE_FROM_ALL bench/lifecycle.c)
target_link_libraries(bench-lifecycle PRIVATE core)
set_target_properties(bench-lifecycle PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# What measures; never installed.
add_executable(bench-load bench/load.c)
target_link_libraries(bench-load PRIVATE flags)
set_target_properties(bench-load PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

add_executable(bench-stream EXCLUDE_FROM_ALL bench/stream.c)
target_link_libraries(bench-stream PRIVATE flags PkgConfig::HIREDIS)
set_target_properties(bench-stream PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
