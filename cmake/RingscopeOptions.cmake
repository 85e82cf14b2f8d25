# Language level, warnings and sanitizers, carried by one interface target that every target of ours links.
add_library(ringscope_options INTERFACE)
target_compile_features(ringscope_options INTERFACE cxx_std_20)
target_include_directories(ringscope_options INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
target_compile_options(ringscope_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    "$<$<BOOL:${RINGSCOPE_WERROR}>:-Werror>")
# GCC 12 reports -Wrestrict for "text" + std::string at -O2 and above, wrongly (GCC bug 105651, mended in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(ringscope_options INTERFACE -Wno-restrict)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# A target with the property RINGSCOPE_UNINSTRUMENTED is built without all of what follows: the heap tracker enters
# programs that have no sanitizer's runtime.
set(_instrumented "$<NOT:$<BOOL:$<TARGET_PROPERTY:RINGSCOPE_UNINSTRUMENTED>>>")
if(RINGSCOPE_SANITIZE)
    list(JOIN RINGSCOPE_SANITIZE "," _sanitizers)
    target_compile_options(ringscope_options INTERFACE
        "$<${_instrumented}:-fsanitize=${_sanitizers}>" "$<${_instrumented}:-fno-omit-frame-pointer>" -g)
    target_link_options(ringscope_options INTERFACE "$<${_instrumented}:-fsanitize=${_sanitizers}>")
    if("undefined" IN_LIST RINGSCOPE_SANITIZE)
        target_compile_options(ringscope_options INTERFACE "$<${_instrumented}:-fno-sanitize-recover=undefined>")
    endif()
endif()
if(RINGSCOPE_BUILD_FUZZERS)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "RINGSCOPE_BUILD_FUZZERS needs clang; use the preset fuzz")
    endif()
    target_compile_options(ringscope_options INTERFACE "$<${_instrumented}:-fsanitize=fuzzer-no-link>")
endif()
if(RINGSCOPE_COVERAGE)
    target_compile_options(ringscope_options INTERFACE "$<${_instrumented}:--coverage>")
    target_link_options(ringscope_options INTERFACE "$<${_instrumented}:--coverage>")
endif()
find_package(Threads REQUIRED)
target_link_libraries(ringscope_options INTERFACE Threads::Threads)
