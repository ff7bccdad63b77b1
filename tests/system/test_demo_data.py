"""`maestro demo-data`: an estate that is the same each time, survives a kill, and is served as any other."""
import os
import random
import re
import signal
import subprocess
import time

import pytest
from harness import Maestro, binary

PASSWORD = "demo-password"
SHARES = {"demo-all": (1, 1), "demo-mid": (0.09, 0.11), "demo-tiny": (0.0005, 0.005)}


def command(data, *arguments):
    return [binary("maestro", "MAESTRO_BINARY"), "demo-data", *map(str, arguments), "--data", str(data)]


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_") and name != "NODE_ENV"}


def make(data, *arguments):
    return subprocess.run(command(data, *arguments), env=environment(), capture_output=True, text=True, timeout=300)


def summary(result):
    assert result.returncode == 0, result.stderr
    rows = {words[0]: [int(number) for number in words[1:]] for words in map(str.split, result.stdout.splitlines())
            if len(words) == 4 and words[1].isdigit()}
    return rows, re.search(r"^hash\s+([0-9a-f]{64})$", result.stdout, re.MULTILINE).group(1)


def sign_in(maestro, name, password=PASSWORD):
    login = maestro.client.post("/users/auth", {"email": f"{name}@example.com", "password": password})
    assert login.status == 200, login
    return maestro.client.as_(login.json["token"])


def test_each_account_reads_its_share_through_the_api(server, tmp_path):
    data = tmp_path / "data"
    rows, _ = summary(make(data, 4000, "--seed", 3))
    assert rows["all"][0] == 4000
    maestro = server(data=data)
    live = {kind: numbers[0] - numbers[1] for kind, numbers in rows.items()}
    kinds = ["servers", "datacenters", "connections", "flavors"]
    total = sum(live[kind] for kind in kinds)
    for name, (least, most) in SHARES.items():
        person = sign_in(maestro, name)
        counts = {kind: person.get(f"/{kind}/count").json["count"] for kind in kinds}
        assert least * total <= sum(counts.values()) <= most * total, f"{name}: {counts}"
        for kind in kinds:
            page = person.get(f"/{kind}?limit=5")
            assert page.status == 200 and page.json["found"] == counts[kind], page
            for item in page.json["items"]:
                one = person.get(f"/{kind}/{item['_id']}")
                assert one.status == 200, one
                holders = {role["email"] for role in one.json["roles"]}
                assert "demo-all@example.com" in holders and f"{name}@example.com" in holders
                assert all({"_id", "refs", "role"} <= set(role) for role in one.json["roles"])
    everything = sign_in(maestro, "demo-all")
    hidden = everything.get("/servers?limit=1").json["items"][0]["_id"]
    assert sign_in(maestro, "demo-tiny").get(f"/servers/{hidden}").status in (404, 400)


def test_a_document_tells_its_story_and_can_be_changed(server, tmp_path):
    data = tmp_path / "data"
    summary(make(data, 1000, "--password", "another one"))
    maestro = server(data=data)
    person = sign_in(maestro, "demo-all", "another one")
    assert maestro.client.post("/users/auth", {"email": "demo-all@example.com", "password": PASSWORD}).status != 200
    item = person.get("/servers?limit=1").json["items"][0]
    history = person.get(f"/servers/{item['_id']}/history")
    assert history.status == 200 and history.json["items"][-1]["verb"] == "create", history
    assert history.json["items"][-1]["actor"]["name"]
    assert person.patch(f"/servers/{item['_id']}", {"name": item["name"], "environment": "Moved"}).status == 202
    assert person.get(f"/servers/{item['_id']}").json["environment"] == "Moved"


def test_equal_numbers_make_equal_estates(tmp_path):
    _, one = summary(make(tmp_path / "one", 700, "--access-sets", 30))
    _, two = summary(make(tmp_path / "two", 700, "--access-sets", 30))
    _, other = summary(make(tmp_path / "other", 700, "--access-sets", 31))
    assert one == two != other


@pytest.mark.parametrize("seed", [1])
def test_a_killed_filling_is_carried_on(tmp_path, seed):
    chance = random.Random(seed)
    _, whole = summary(make(tmp_path / "whole", 6000))
    data, kills = tmp_path / "data", 0
    for _ in range(20):
        process = subprocess.Popen(command(data, 6000), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.2, 0.6))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        if process.wait() == 0:
            break
        if kills == 2:
            other = make(data, 6000, "--seed", 2)
            assert other.returncode == 1 and "half filled" in other.stderr, other
    assert kills > 0, "the kills must fall into the filling"
    last = make(data, 6000)
    if last.returncode == 0:
        rows, carried = summary(last)
        assert carried == whole and rows["all"][0] == 6000
    else:
        assert "filled already" in last.stderr


def test_an_instance_in_use_is_left_alone(server, tmp_path):
    data = tmp_path / "data"
    maestro = server(data=data)
    busy = make(data, 1000)
    assert busy.returncode == 1 and "in use" in busy.stderr
    maestro.account("alice")
    maestro.stop()
    refused = make(data, 1000)
    assert refused.returncode == 1 and "holds users already" in refused.stderr
    again = Maestro(data=data)
    with again:
        assert [again.one(f"SELECT count(*) FROM e_{kind}") for kind in ("users", "servers")] == [1, 0]


@pytest.mark.parametrize("arguments,word", [
    ((99,), "100"), ((1000, "--access-sets", "2"), "access sets"), ((1000, "--access-sets", "2000"), "access sets"),
    ((1000, "--until", "soon"), "--until"), ((1000, "--password", "abc"), "--password")])
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, arguments, word):
    result = make(tmp_path / "data", *arguments)
    assert result.returncode == 2 and word in result.stderr, result
    assert not (tmp_path / "data").exists()
