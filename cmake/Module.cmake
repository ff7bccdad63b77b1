# maestro_module(<name> [DEPENDS <module>...] [LINKS <target>...] [PUBLIC_LINKS <target>...] [TEST_DEPENDS <module>...]
#                [APART <glob>...] [TESTS_APART])
#
# One folder of src/ becomes one static library; its *_test.cpp files become one test program <name>_test.
# The order of the calls in src/CMakeLists.txt is the order of the house: DEPENDS may name earlier modules only,
# and tools/check_includes.py refuses an include that DEPENDS does not allow. Tests may also use TEST_DEPENDS (an adapter
# behind a port).
#
# With MAESTRO_UNITY several files are compiled as one: APART names those that are not, because their own names are those
# of another file too (handlers called after their verbs); TESTS_APART says so of all tests.
set_property(GLOBAL PROPERTY MAESTRO_MODULES "")

function(maestro_module name)
  cmake_parse_arguments(ARG "TESTS_APART" "" "DEPENDS;LINKS;PUBLIC_LINKS;TEST_DEPENDS;APART" ${ARGN})
  get_property(known GLOBAL PROPERTY MAESTRO_MODULES)
  foreach(dep IN LISTS ARG_DEPENDS ARG_TEST_DEPENDS)
    if(NOT dep IN_LIST known)
      message(FATAL_ERROR "module ${name} depends on ${dep}, which is not declared before it")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY MAESTRO_MODULES ${name})

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_compile_options(${name} PRIVATE ${MAESTRO_WARNINGS})
    target_precompile_headers(${name} REUSE_FROM maestro_pch)
    target_link_libraries(${name} PRIVATE ${ARG_LINKS})
    if(ARG_APART)
      list(TRANSFORM ARG_APART PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/${name}/")
      file(GLOB apart CONFIGURE_DEPENDS ${ARG_APART})
      set_source_files_properties(${apart} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(${name} ${scope} ${ARG_DEPENDS} ${ARG_PUBLIC_LINKS})

  if(MAESTRO_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_compile_options(${name}_test PRIVATE ${MAESTRO_WARNINGS} ${MAESTRO_TEST_OPTIONS})
    target_precompile_headers(${name}_test REUSE_FROM ${MAESTRO_TEST_PCH})
    if(ARG_TESTS_APART)
      set_target_properties(${name}_test PROPERTIES UNITY_BUILD OFF)
    endif()
    target_compile_definitions(${name}_test PRIVATE MAESTRO_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_DEPENDS} ${ARG_LINKS} GTest::gmock GTest::gtest_main)
    # One ctest entry a module: a test program starts in milliseconds, a process per case would not.
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES LABELS "unit" TIMEOUT 300)
  endif()
endfunction()
