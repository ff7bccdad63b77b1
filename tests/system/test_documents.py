"""What the documents say is so."""
import json
import re
import subprocess

import pytest
from harness import ROOT, binary

DOCUMENTS = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("packs/*.md"), *ROOT.glob("tools/**/README.md"),
                                     *ROOT.glob("tests/**/README.md"), *ROOT.glob("bench/*.md")] if "node_modules" not in path.parts)
PLACES = [*DOCUMENTS, ROOT / "dev", ROOT / "deploy/maestro.service", ROOT / "deploy/Containerfile"]
# Of the test harness, and of one command alone: it must not be a setting that a service keeps.
HARNESS_ONLY = {"MAESTRO_IMPORT_SECRETJWT", "MAESTRO_BINARY", "MAESTRO_URL", "MAESTRO_TEST_STORE", "MAESTRO_TEST_POSTGRES"}


def listed(catalog):
    return subprocess.run([binary("maestro", "MAESTRO_BINARY"), "list", catalog], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


@pytest.mark.parametrize("path", PLACES, ids=lambda path: str(path.relative_to(ROOT)))
def test_settings_that_are_named_exist(path):
    known = set(re.findall(r"[A-Z][A-Z_]+", listed("settings"))) | HARNESS_ONLY
    named = set(re.findall(r"\bMAESTRO_[A-Z][A-Z_]*[A-Z]\b", path.read_text()))
    assert named <= known, f"{path.relative_to(ROOT)} names {', '.join(sorted(named - known))}"


def test_commands_that_are_named_exist():
    known = set(re.findall(r"^cmd_(\w+)\(\)", (ROOT / "dev").read_text(), re.MULTILINE))
    for path in DOCUMENTS:
        named = set(re.findall(r"\./dev ([a-z]+)", path.read_text()))
        assert named <= known, f"{path.relative_to(ROOT)} names ./dev {', '.join(sorted(named - known))}"


def test_the_api_page_names_routes_that_exist(server):
    paths = json.loads(server().client.get("/openapi.json").body)["paths"]
    shapes = {re.sub(r"\{\w+\}", ":x", path).rstrip("/") for path in paths}
    page = (ROOT / "docs/api.md").read_text()
    for method, path in re.findall(r"(?<!`)`(GET|POST|PATCH|PUT|DELETE) (/[^`?\s]*)", page):
        path = re.sub(r":\w+", ":x", path.replace("<entity>", "servers")).rstrip("/")
        assert path in shapes, f"docs/api.md names {method} {path}"


def test_every_setting_has_a_meaning():
    rows = [line for line in listed("settings").splitlines() if "MAESTRO_" in line or "NODE_ENV" in line]
    assert len(rows) > 20


def test_the_order_of_the_house_is_told_as_it_is():
    declared = re.findall(r"^maestro_module\((\w+)", (ROOT / "src/CMakeLists.txt").read_text(), re.MULTILINE)
    told = re.findall(r"^\| `(\w+)` \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert set(told) == set(declared)


def test_the_container_has_the_libraries_of_the_binary():
    libraries = re.findall(r"=> (/\S+)", subprocess.run(["ldd", binary("maestro", "MAESTRO_BINARY")], capture_output=True, text=True, check=True).stdout)
    needed = subprocess.run(["objdump", "-p", binary("maestro", "MAESTRO_BINARY")], capture_output=True, text=True, check=True).stdout
    direct = set(re.findall(r"NEEDED\s+(\S+)", needed))
    container = (ROOT / "deploy/Containerfile").read_text()
    for path in libraries:
        name = path.rsplit("/", 1)[1]
        if name not in direct or name.startswith(("libc.", "libstdc++", "libgcc_s", "libm.", "ld-linux", "libasan", "libubsan", "libtsan")):
            continue
        real = subprocess.run(["realpath", path], capture_output=True, text=True, check=True).stdout.strip()
        owner = subprocess.run(["dpkg", "-S", "*/" + real.rsplit("/", 1)[1]], capture_output=True, text=True, check=False).stdout.split(":")[0]
        assert owner and owner in container, f"deploy/Containerfile lacks {owner or name}"
