# Language, warnings, hardening (OpenSSF's compiler options guide for gcc 12) and sanitizers.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

# plain_flags: without sanitizers, for the one program that must be what it is (parts.cmake says why).
add_library(plain_flags INTERFACE)
add_library(flags INTERFACE)
target_link_libraries(flags INTERFACE plain_flags)
target_include_directories(plain_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(plain_flags INTERFACE _GNU_SOURCE EXECGOV_VERSION="${PROJECT_VERSION}")
target_compile_options(plain_flags INTERFACE
  -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
  -Wimplicit-fallthrough -Wundef -Wno-missing-field-initializers -Wno-format-truncation -Werror=implicit
  -Werror=incompatible-pointer-types -Werror=int-conversion -Werror=format
  -fno-strict-aliasing -fno-delete-null-pointer-checks -fstack-protector-strong)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(plain_flags INTERFACE -fstack-clash-protection -fcf-protection=full)
endif()
target_link_options(plain_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
if(EXECGOV_SANITIZE OR EXECGOV_FUZZ)
  target_compile_options(flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                         -fno-omit-frame-pointer -g -O1)
  target_link_options(flags INTERFACE -fsanitize=address,undefined)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(EXECGOV_COVERAGE)
  target_compile_options(flags INTERFACE --coverage -O0 -g)
  target_link_options(flags INTERFACE --coverage)
endif()
