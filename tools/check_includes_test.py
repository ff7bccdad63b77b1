import pytest

import check_includes

MODULES = check_includes.parse_modules(
    """
# order
maestro_module(base LINKS spdlog::spdlog)
maestro_module(store DEPENDS base)
maestro_module(store_sqlite DEPENDS store LINKS SQLite::SQLite3)
maestro_module(inventory DEPENDS store TEST_DEPENDS store_sqlite)
maestro_module(http DEPENDS base)
maestro_module(api DEPENDS http store)
"""
)


def check(path, text):
    return check_includes.check_file(path, text, MODULES)


def test_reads_the_order():
    assert list(MODULES) == ["base", "store", "store_sqlite", "inventory", "http", "api"]
    assert MODULES["inventory"].depends == ["store"]
    assert MODULES["inventory"].test_depends == ["store_sqlite"]


def test_refuses_a_dependency_declared_later():
    with pytest.raises(ValueError, match="maestro_module.a.: b is not declared before it"):
        check_includes.parse_modules("maestro_module(a DEPENDS b)\nmaestro_module(b)")


def test_allows_own_and_indirect_modules():
    assert check("inventory/a.cpp", '#include "inventory/a.h"\n#include "store/store.h"\n#include "base/id.h"\n') == []


def test_refuses_an_include_against_the_order_with_its_line():
    assert check("store/a.cpp", '#include <map>\n#include "inventory/a.h"\n') == [
        'src/store/a.cpp:2: "inventory/a.h": store does not depend on inventory'
    ]


def test_only_tests_see_an_adapter():
    text = '#include "store_sqlite/store.h"\n'
    assert check("inventory/a_test.cpp", text) == []
    assert check("inventory/a.cpp", text) == ['src/inventory/a.cpp:1: "store_sqlite/store.h": inventory does not depend on store_sqlite']


def test_refuses_relative_paths_and_unknown_modules():
    assert check("store/a.cpp", '#include "a.h"\n') == ['src/store/a.cpp:1: "a.h": write the path from src/']
    assert check("store/a.cpp", '#include "utils/a.h"\n') == ['src/store/a.cpp:1: "utils/a.h": write the path from src/']
    assert check("utils/a.cpp", "") == ["src/utils/a.cpp: utils is no module of src/CMakeLists.txt"]


@pytest.mark.parametrize(
    "path,include,allowed",
    [
        ("http/loop.cpp", "boost/asio/post.hpp", True),
        ("http/loop.h", "boost/asio/post.hpp", False),
        ("inventory/a.cpp", "boost/beast/http.hpp", False),
        ("base/log.cpp", "spdlog/spdlog.h", True),
        ("base/id.cpp", "spdlog/spdlog.h", False),
        ("store_sqlite/connection.h", "sqlite3.h", True),
        ("store/match.cpp", "sqlite3.h", False),
        ("store/match.cpp", "regex", False),
        ("store/match.cpp", "re2/re2.h", True),
        ("api/pattern.cpp", "re2/re2.h", True),
        ("api/list_query.cpp", "re2/re2.h", False),
    ],
)
def test_keeps_each_library_behind_its_wall(path, include, allowed):
    assert (check(path, f"#include <{include}>\n") == []) is allowed


def test_the_house_itself_is_in_order():
    assert check_includes.main() == 0
