"""Accounts: who may begin, who administers, and that what is revoked counts nowhere any more."""
import concurrent.futures
import datetime
import os
import subprocess
import time

import pytest
from harness import Client, binary

POSTGRES = os.environ.get("MAESTRO_TEST_STORE") == "postgres"
PASSWORD = "correct horse"


def sign_up(maestro, name, email):
    return maestro.client.post("/users", {"name": name, "email": email, "password": PASSWORD})


def command(maestro, *words, status=0):
    """`maestro administrators ...` on the store of a server."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")}
    if maestro.postgres:
        environment["MAESTRO_STORE"] = maestro.postgres
    done = subprocess.run([binary("maestro", "MAESTRO_BINARY"), "administrators", "--data", str(maestro.data), *words],
                          env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done
    return done.stdout + done.stderr


@pytest.fixture
def pair(server, tmp_path):
    """Two ways into one instance: two processes where the store allows it."""
    def make(environment=None):
        one = server(environment=environment, data=tmp_path / "one")
        if not POSTGRES:
            return one, one
        return one, server(environment={"MAESTRO_STORE": one.postgres, "MAESTRO_SECRETJWT": secret_of(one), **keys_of(one), **(environment or {})})
    return make


def keys_of(maestro):
    import json
    kept = json.loads((maestro.data / "secrets.json").read_text())
    return {"MAESTRO_SECRET_ENCRYPTION": kept["secret-encryption"]}


def secret_of(maestro):
    import json
    return json.loads((maestro.data / "secrets.json").read_text())["secret-jwt"]


def test_of_simultaneous_sign_ups_one_wins_and_one_account_begins(pair):
    doors = pair()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: sign_up(doors[i % 2], "Racer", "race@example.com" if i % 3 else "RACE@Example.com"), range(8)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: sign_up(doors[i % 2], "Other", f"other{i}@example.com"), range(6)))
    assert [answer.status for answer in answers] == [201] * 6
    assert doors[0].one("SELECT count(*) FROM administrator") == 1
    assert doors[0].one("SELECT count(*) FROM e_users") == 7


def test_of_simultaneous_first_accounts_one_administers(pair):
    doors = pair({"MAESTRO_REGISTRATION": "closed"})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: sign_up(doors[i % 2], "First", f"first{i}@example.com"), range(8)))
    assert sorted(answer.status for answer in answers) == [201] + [400] * 7
    assert doors[0].one("SELECT count(*) FROM administrator") == 1


def test_what_is_revoked_in_one_process_counts_in_none(pair):
    one, two = pair()
    alice = one.account("alice")
    here, there = Client(one.url), Client(two.url)
    mine = alice.post("/servers", {"name": "mine"}).json["_id"]

    def statuses(token):
        """Of reads that are one read of the store, and of others; twice, as whoever was here is remembered."""
        client = there.as_(token)
        paths = ("/me", f"/servers/{mine}", "/servers", "/servers?name[eq]=none", "/search?q=mine", f"/servers/{mine}/history", "/sessions")
        first, again = ([client.get(path).status for path in paths] for _ in range(2))
        assert first == again
        return set(first)

    second = here.post("/users/auth", {"email": alice.email, "password": PASSWORD}).json["token"]
    assert statuses(second) == {200}
    session = next(item for item in alice.get("/sessions").json["items"] if not item["current"])
    assert alice.delete(f"/sessions/{session['_id']}").status == 204
    assert statuses(second) == {401}

    made = alice.post("/tokens", {"name": "script", "scope": "read"}).json
    assert statuses(made["token"]) == {200, 403}, "what only a person may"
    assert alice.delete(f"/tokens/{made['_id']}").status == 204
    assert statuses(made["token"]) == {401}

    bob = one.account("bob")
    assert there.as_(bob.token).get("/administrators").status == 403
    assert alice.put(f"/administrators/{bob.id}", {}).status == 201
    assert there.as_(bob.token).get("/administrators").status == 200
    assert alice.delete(f"/administrators/{bob.id}").status == 204
    assert there.as_(bob.token).get("/administrators").status == 403

    third = here.post("/users/auth", {"email": alice.email, "password": PASSWORD}).json["token"]
    assert statuses(third) == {200}
    assert alice.patch("/users/auth/pass", {"email": alice.email, "password": PASSWORD, "newpass": "another horse"}).status == 201
    for token in (third, alice.token):
        assert statuses(token) == {401}


def test_two_administrators_cannot_remove_each_other_at_once(pair):
    one, two = pair()
    alice, bob = one.account("alice"), one.account("bob")
    for _ in range(5):
        assert alice.put(f"/administrators/{bob.id}", {}).status in (200, 201)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda job: Client(job[0]).as_(job[1]).delete(f"/administrators/{job[2]}"),
                                    [(one.url, alice.token, bob.id), (two.url, bob.token, alice.id)]))
        assert sorted(answer.status for answer in answers)[0] == 204
        assert one.one("SELECT count(*) FROM administrator") == 1
        if alice.get("/administrators").status == 403:
            assert bob.put(f"/administrators/{alice.id}", {}).status == 201
            assert bob.delete(f"/administrators/{bob.id}").status == 204


def test_a_token_ends_and_its_use_is_not_a_write_each_time(server):
    maestro = server()
    alice = maestro.account("alice")
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made = alice.post("/tokens", {"name": "short", "scope": "write", "expires": soon}).json
    client = maestro.client.as_(made["token"])
    assert client.get("/me").status == 200
    assert made["token"] not in maestro.output()
    kept = maestro.one("SELECT hash FROM api_token")
    assert made["token"].encode() not in bytes(kept) and len(bytes(kept)) == 32
    used = maestro.one("SELECT used FROM api_token")
    assert used % 86_400_000 == 0
    time.sleep(3.1)
    assert client.get("/me").status == 401
    assert alice.get("/tokens").json["items"][0]["last_used"]


def test_a_locked_out_owner_is_let_in_from_the_command_line(server, tmp_path):
    data = tmp_path / "one"
    maestro = server(data=data)
    alice, bob = maestro.account("alice"), maestro.account("bob")
    if not POSTGRES:
        assert "in use" in command(maestro, "list", status=1)
        maestro.stop()
    assert alice.email in command(maestro, "list")
    assert "is an administrator now" in command(maestro, "add", "BOB@example.com")
    assert "already" in command(maestro, "add", bob.email)
    assert "no administrator any more" in command(maestro, "remove", alice.email)
    assert "last administrator" in command(maestro, "remove", bob.email, status=1)
    assert "no active account" in command(maestro, "add", "nobody@example.com", status=1)
    command(maestro, "add", status=2)
    command(maestro, "list", bob.email, status=2)
    command(maestro, "promote", bob.email, status=2)
    assert alice.email not in command(maestro, "list")
    if not POSTGRES:
        maestro = server(data=data)
    assert maestro.client.as_(bob.token).get("/administrators").status == 200
    assert maestro.client.as_(alice.token).get("/administrators").status == 403
    shown = maestro.client.as_(bob.token).get("/history?limit=1").json["items"][0]
    assert shown["actor"] == {"kind": "system", "name": "command line"}
    assert shown["changes"] == [{"path": "administrator", "old": False, "new": True}]


def test_a_mistyped_folder_does_not_become_an_instance(server, tmp_path):
    maestro = server()
    maestro.postgres = ""
    maestro.data = tmp_path / "nowhere"
    assert "no account" in command(maestro, "list", status=1)
    assert not maestro.data.exists()


def test_named_accounts_that_exist_are_administrators_from_the_next_start(server, tmp_path):
    data = tmp_path / "one"
    maestro = server(data=data)
    maestro.account("alice")
    bob = maestro.account("bob")
    assert bob.get("/administrators").status == 403
    maestro.stop()
    maestro = server(data=data, environment={"MAESTRO_ADMINISTRATORS": " Bob@example.com,nobody@example.com "})
    found = maestro.client.as_(bob.token).get("/administrators")
    assert [item["name"] for item in found.json["items"]] == ["alice", "bob"]
    rows = maestro.history_rows()
    maestro.stop()
    maestro = server(data=data, environment={"MAESTRO_ADMINISTRATORS": "bob@example.com"})
    assert maestro.history_rows() == rows, "once is enough"
