# Compiler launcher, linker, warnings and sanitizers: the flags that every target shares.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>
                      "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# Several files are compiled as one: a third of the time, where nobody waits for a single file. `debug` compiles each by
# itself, which shows a missing include.
option(MAESTRO_UNITY "Compile several files of a module as one" OFF)
if(MAESTRO_UNITY)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)  # takes the files for headers
endif()

# -O1 keeps the edit-to-test loop short and the tests quick; release is -O2. Under a sanitizer a test itself costs more to
# compile than to run: src/CMakeLists.txt gives it -O0.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
add_compile_options(-fPIC -fno-omit-frame-pointer)  # one kind of code for libraries and programs: one precompiled header

set(MAESTRO_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor)
# At -O2 gcc 12 sees overruns in inlined std::string that are not there (its bugs 105329, 105651).
list(APPEND MAESTRO_WARNINGS $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-array-bounds>
     $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict> $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-stringop-overflow>
     $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-Wno-stringop-overread>)
if(MAESTRO_WERROR)
  list(APPEND MAESTRO_WARNINGS -Werror)
endif()

if(MAESTRO_SANITIZE STREQUAL "address")
  set(sanitizers address,undefined)
  if(MAESTRO_FUZZERS)
    string(APPEND sanitizers ,fuzzer-no-link)  # coverage, for the fuzzers; any other program does not look at it
  endif()
  add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(MAESTRO_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()

# A Beast unit needs about a gigabyte: one at a time.
set_property(GLOBAL PROPERTY JOB_POOLS heavy=1)
