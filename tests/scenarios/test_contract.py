"""Every method and path of the original server exists here: contract.tsv lists them with who may call them."""
import csv
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402

ID = "5f00000000000000000000ff"
ROUTES = [tuple(row) for row in csv.reader((pathlib.Path(__file__).parent / "contract.tsv").open(), delimiter="\t")]


@pytest.fixture(scope="module")
def server():
    with harness.Maestro(environment={"MAESTRO_SECRETJWT": "a-secret-of-the-contract-test-0123456789"}) as maestro:
        yield maestro


def test_the_contract_is_whole():
    assert len(ROUTES) == len({(method, path) for method, path, _ in ROUTES}) == 459


@pytest.mark.parametrize("method,path,who", ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
def test_the_route_is_served(server, method, path, who):
    filled = re.sub(r":(provider)", "aws", re.sub(r":(id|idu|ida|on)\b", ID, path)).replace(":command", "server-list")
    answer = server.client.request(method, filled, {})
    assert answer.text != '{"error":"resource not found"}'
    if who == "public":
        assert answer.status != 401
    else:
        assert (answer.status, answer.text) == (401, "Unauthorized")
