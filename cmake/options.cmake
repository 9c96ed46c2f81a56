# Compiler settings for everything in the house, as one interface target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(bidwell_options INTERFACE)
add_library(bidwell::options ALIAS bidwell_options)
target_include_directories(bidwell_options INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(bidwell_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                                 -Woverloaded-virtual -Wconversion -Wno-sign-conversion)
target_compile_definitions(bidwell_options INTERFACE BOOST_ASIO_NO_DEPRECATED)

# What every server processor of the last ten years has. (simdjson picks its kernel at run time, whatever this says.)
# Empty: the compiler's default.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(BIDWELL_MARCH "-march=x86-64-v3" CACHE STRING "Instruction set flags")
else()
  set(BIDWELL_MARCH "" CACHE STRING "Instruction set flags")
endif()
separate_arguments(march UNIX_COMMAND "${BIDWELL_MARCH}")
target_compile_options(bidwell_options INTERFACE ${march})

if(BIDWELL_SANITIZE)
  target_compile_options(bidwell_options INTERFACE -fsanitize=${BIDWELL_SANITIZE} -fno-omit-frame-pointer
                                                   -fno-sanitize-recover=all)
  target_link_options(bidwell_options INTERFACE -fsanitize=${BIDWELL_SANITIZE})
endif()
if(BIDWELL_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  target_compile_options(bidwell_options INTERFACE -Wno-tsan)  # Asio's fences, which it does not use for threads here
endif()
if(BIDWELL_FUZZ)
  target_compile_options(bidwell_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
