"""Secrets stay where they belong: no log, answer, job or file of the data folder shows one in clear."""
import base64
import json
import urllib.parse

import pytest
from harness import Client, Tenant, claims

SECRET = "s3cret+of/the=cloud&0123456789"
PASSWORD = "pass word of alice"


def spellings(secret):
    """The secret as it stands, and as it might be written on the way."""
    raw = secret.encode()
    found = {raw, urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode(),
             secret.replace("/", "\\/").encode(), raw.hex().encode()}
    for shift in range(3):  # inside a longer base64 text
        encoded = base64.b64encode(b"x" * shift + raw)
        found.add(encoded[4 if shift else 0:-4])
        found.add(base64.urlsafe_b64encode(b"x" * shift + raw)[4 if shift else 0:-4])
    return found


def leaks(place, content, secrets):
    return [f"{name} in {place}" for name, secret in secrets.items() for one in spellings(secret) if one in content]


@pytest.mark.parametrize("level", ["debug"])
def test_no_secret_is_anywhere_in_clear(clouds, server, tmp_path, level):
    cloud = clouds(servers=40, openstack_servers=20, secret=SECRET)
    cloud.secret = SECRET
    openstack_password = "0p3nstack+pass/word=0123"
    cloud.order("POST", "/credentials/rotate", {"access": cloud.access, "secret": SECRET, "password": openstack_password})
    cloud.password = openstack_password
    maestro = server(cloud, {"MAESTRO_LOG_LEVEL": level}, data=tmp_path / "data")
    tenant = Tenant(maestro)
    other = maestro.account("dora", password=PASSWORD)
    secrets = {"the secret of the cloud": SECRET, "the password of OpenStack": openstack_password, "a person's password": PASSWORD}
    answers = []

    def keep(answer):
        answers.append(answer)
        return answer

    connections = [tenant.connect(cloud.aws_connection), tenant.connect(cloud.openstack_connection)]
    for connection in connections:
        tenant.settle(connection)
    assert all(run["state"] == "success" for connection in connections for run in tenant.runs(connection))
    # Also with faults, whose messages quote what went wrong; and with wrong keys, which the provider may echo.
    for kind in ("forbidden", "error500", "malformed"):
        cloud.fault("aws", kind, times=3)
        cloud.fault("openstack", kind, times=3)
        for connection in connections:
            tenant.discover(connection)
        cloud.clear_faults()
    cloud.order("POST", "/credentials/rotate", {})
    for connection in connections:
        tenant.discover(connection)
    client = tenant.client
    for make in (cloud.aws_connection, cloud.openstack_connection):
        keep(client.post("/connections/test", make("x")))
        keep(client.post("/connections/test", {**make("x"), "url": "http://127.0.0.1:1"}))
        keep(client.post("/connections", {**make("x"), "dc_id": "zzz"}))
        keep(client.post("/connections", {**make("x"), "regions": 5}))
    for connection in connections:
        for path in ("", "/history", "/provenance", "/tasks", "/runs"):
            keep(client.get(f"/connections/{connection}{path}"))
        for run in tenant.runs(connection):
            keep(client.get(f"/runs/{run['_id']}"))
        keep(client.get(f"/meta/connections?ids={connection}"))
    for path in ("/connections", "/servers?limit=1000", "/users", "/me", "/metrics", "/openapi.json", "/versions", "/providers", "/providers/aws"):
        keep(client.get(path))
    keep(other.patch("/users/auth/pass", {"email": other.email, "password": PASSWORD, "newpass": PASSWORD + "2"}))
    keep(maestro.client.post("/users/auth", {"email": other.email, "password": PASSWORD + "2"}))
    keep(maestro.client.post("/users", {"name": "x", "email": "bad", "password": PASSWORD}))

    found = [leak for answer in answers for leak in leaks("an answer", answer.body + str(answer.headers).encode(), secrets)]
    envelope = claims(client.get(f"/connections/{connections[0]}").json["conn"])
    assert envelope["access"] and envelope["secret"] == "********" and envelope["use"] == "conn"
    envelope = claims(client.get(f"/connections/{connections[1]}").json["conn"])
    assert envelope["username"] == cloud.user and envelope["password"] == "********"
    # While it runs (write-ahead log included) and when it has stopped.
    for moment in ("running", "stopped"):
        for file in (tmp_path / "data").rglob("*"):
            if file.is_file():
                found += leaks(f"{file.name} ({moment})", file.read_bytes(), secrets)
        if moment == "running":
            assert maestro.stop() == 0
    found += leaks("the log", maestro.output().encode(), secrets)
    assert maestro.one("SELECT count(*) FROM secret") == 2
    token = client.token
    assert token not in maestro.output(), "a session token is in the log"
    assert found == []


def test_the_guard_refuses_what_was_not_allowed(clouds, server):
    cloud = clouds(servers=5)
    tenant = Tenant(server())  # MAESTRO_EGRESS_ALLOW is not set
    for url in (cloud.aws_url, "http://localhost:1", "http://[::1]:1", "http://169.254.169.254/latest/meta-data", "http://0.0.0.0:1", "http://2130706433/",
                "http://0x7f.1:80", "http://[::ffff:127.0.0.1]:1", "http://127.1:1"):
        answer = tenant.client.post("/connections/test", cloud.aws_connection("x", url=url))
        assert answer.status in (200, 422), answer
        if answer.status == 200:
            assert answer.json["ok"] is False and answer.json["steps"][0]["ok"] is False, (url, answer)
    assert not cloud.requests(), "a guarded address was reached"
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    run = tenant.runs(connection)[0]
    assert run["state"] == "failed" and "127.0.0.1" in json.dumps(tenant.run(run["_id"])), run
    assert not cloud.requests()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.com", "dict://127.0.0.1:11211/", "javascript:alert(1)", "http://user:word@example.com/"])
def test_other_schemes_are_no_addresses(server, url):
    tenant = Tenant(server(environment={"MAESTRO_EGRESS_ALLOW": "*"}))
    answer = tenant.client.post("/connections/test", {"provider": "AWS", "service": "iam_aws", "regions": ["us-east-1"], "url": url, "conn": {"access": "a", "secret": "b"}})
    assert answer.status == 422 or (answer.status == 200 and answer.json["ok"] is False), answer
    assert "root:" not in answer.text


def test_the_guard_allows_one_port_and_no_other(clouds, server):
    first, second = clouds(servers=5), clouds(servers=5)
    tenant = Tenant(server(first))
    assert tenant.client.post("/connections/test", first.aws_connection("x")).json["ok"] is True
    assert tenant.client.post("/connections/test", second.aws_connection("x")).json["ok"] is False
    assert not second.requests()
