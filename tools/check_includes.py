#!/usr/bin/env python3
"""Refuses includes that the order of the house does not allow.

The order is the maestro_module() lines of src/CMakeLists.txt: a file may include its own module and what that module
DEPENDS on, directly or through others; a *_test.cpp file also what TEST_DEPENDS names. Each heavy library lives behind
one wall (WALLS). Prints one line a violation, exits 1 when there is one.
"""
import fnmatch
import pathlib
import re
import sys
from typing import NamedTuple

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
MODULE = re.compile(r"^\s*maestro_module\(([^)]*)\)", re.MULTILINE)
KEYWORDS = {"DEPENDS", "LINKS", "PUBLIC_LINKS", "TEST_DEPENDS", "APART", "TESTS_APART"}


class Wall(NamedTuple):
    library: str  # include path, as a pattern
    inside: str  # files that may include it, below src/: patterns with spaces between
    why: str


WALLS = [
    Wall("boost/beast*", "http/*.cpp", "a unit with it costs 20 CPU seconds and a gigabyte"),
    Wall("boost/asio*", "http/*.cpp", "sockets are the business of http alone"),
    Wall("spdlog/*", "base/log.cpp", "log through base/log.h"),
    Wall("CLI/*", "app/main.cpp", "7 CPU seconds a unit"),
    Wall("yaml-cpp/*", "provider/pack_loader.cpp", "packs are the only YAML, read in one place"),
    Wall("pugixml.hpp", "provider/*.cpp", "XML is a wire form of providers"),
    Wall("curl/*", "provider/curl_transport.cpp mail/smtp_mailer.cpp", "outgoing calls pass the egress guard there; mail goes to the administrator's server alone"),
    Wall("sqlite3.h", "store_sqlite/*", "SQL is the adapter's"),
    Wall("libpq-fe.h", "store_postgres/*", "SQL is the adapter's"),
    Wall("re2/*", "store*/*.cpp api/pattern.cpp", "patterns are matched by the store"),
    Wall("bson/*", "moving/bson.cpp", "the original's storage form is read in one place"),
    Wall("zlib.h", "moving/dump_file.cpp", "nothing else is compressed"),
    Wall("jwt.h", "auth/*.cpp", "tokens are the business of auth"),
    Wall("sodium.h", "auth/*.cpp", "password hashes are the business of auth"),
    Wall("crypt.h", "auth/*.cpp", "password hashes are the business of auth"),
    Wall("openssl/*", "base/crypto.cpp", "one place for cryptography"),
    Wall("prometheus/*", "api/metrics.cpp", "count through api/metrics.h"),
    Wall("regex", "nowhere", "3 CPU seconds a unit, and backtracks: parse by hand or use RE2 in the store"),
]


class Module(NamedTuple):
    depends: list
    test_depends: list


def parse_modules(text):
    """name -> Module, in the order of the file."""
    text = re.sub(r"#.*", "", text)
    modules = {}
    for call in MODULE.findall(text):
        name, *words = call.split()
        lists = {keyword: [] for keyword in KEYWORDS}
        current = None
        for word in words:
            if word in KEYWORDS:
                current = word
            elif current is None:
                raise ValueError(f"maestro_module({name}): {word} stands before the first keyword")
            else:
                lists[current].append(word)
        for other in lists["DEPENDS"] + lists["TEST_DEPENDS"]:
            if other not in modules:
                raise ValueError(f"maestro_module({name}): {other} is not declared before it")
        modules[name] = Module(lists["DEPENDS"], lists["TEST_DEPENDS"])
    return modules


def closure(modules, names):
    """The modules, and all they depend on."""
    seen, todo = set(), list(names)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(modules[name].depends)
    return seen


def check_file(path, text, modules):
    """Violations of one file; `path` is relative to src/."""
    own = path.split("/")[0]
    if own not in modules:
        return [f"src/{path}: {own} is no module of src/CMakeLists.txt"]
    allowed = closure(modules, [own] + (modules[own].test_depends if path.endswith("_test.cpp") else []))
    found = []

    def complain(match, message):
        line = text.count("\n", 0, match.start()) + 1
        found.append(f"src/{path}:{line}: {message}")

    for match in INCLUDE.finditer(text):
        quoted, library = match.groups()
        if quoted is not None:
            target = quoted.split("/")[0]
            if "/" not in quoted or target not in modules:
                complain(match, f'"{quoted}": write the path from src/')
            elif target not in allowed:
                complain(match, f'"{quoted}": {own} does not depend on {target}')
            continue
        for wall in WALLS:
            if fnmatch.fnmatchcase(library, wall.library) and not any(fnmatch.fnmatchcase(path, inside) for inside in wall.inside.split()):
                complain(match, f"<{library}> belongs in {wall.inside}: {wall.why}")
    return found


def check_tree(source):
    modules = parse_modules((source / "CMakeLists.txt").read_text())
    found = []
    for path in sorted(source.rglob("*")):
        if path.suffix in (".h", ".cpp"):
            found += check_file(path.relative_to(source).as_posix(), path.read_text(), modules)
    return found


def main():
    source = pathlib.Path(__file__).resolve().parent.parent / "src"
    try:
        found = check_tree(source)
    except ValueError as error:
        found = [f"src/CMakeLists.txt: {error}"]
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
