"""The process under bad clients, too many clients, and at its end."""
import concurrent.futures
import http.client
import json
import signal
import socket
import threading
import time

import pytest
from harness import Client, Tenant, wait_for


def talk(maestro, data, seconds=10):
    """Sends bytes, reads until the server closes or goes quiet."""
    with socket.create_connection(("127.0.0.1", maestro.port), timeout=seconds) as wire:
        wire.sendall(data)
        received = b""
        try:
            while chunk := wire.recv(65536):
                received += chunk
        except (TimeoutError, ConnectionResetError):
            pass
        return received


def status_of(received):
    return int(received.split(b" ", 2)[1]) if received.startswith(b"HTTP/1.1 ") else None


# ---- an orderly end ----

@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(server, which):
    maestro = server()
    maestro.account("alice")
    began = time.monotonic()
    maestro.handle.send_signal(which)
    assert maestro.wait() == 0
    assert time.monotonic() - began < 5
    assert '"stopped"' in maestro.output()


def test_requests_in_work_are_answered_before_the_end(server):
    maestro = server()
    tenant = Tenant(maestro)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        # Password checks take a while: they are in work, or wait, when the signal comes.
        answers = [pool.submit(maestro.client.post, "/users/auth", {"email": tenant.client.email, "password": tenant.client.password}) for _ in range(8)]
        time.sleep(0.05)
        maestro.handle.send_signal(signal.SIGTERM)
        for answer in answers:
            try:
                assert answer.result().status in (200, 503)
            except ConnectionError:
                pass  # came after the door was shut
    assert maestro.wait() == 0


def test_an_idle_connection_does_not_hold_the_end(server):
    maestro = server()
    idle = socket.create_connection(("127.0.0.1", maestro.port))
    half = socket.create_connection(("127.0.0.1", maestro.port))
    half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    began = time.monotonic()
    assert maestro.stop() == 0
    assert time.monotonic() - began < 10
    idle.close()
    half.close()


def test_discovery_in_work_is_carried_on_after_a_stop(clouds, server, tmp_path):
    cloud = clouds(servers=4000, openstack_servers=0)
    environment = {"MAESTRO_PROVIDER_RATE": "2"}
    maestro = server(cloud, environment, data=tmp_path / "data")
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    time.sleep(0.7)
    assert maestro.stop() == 0
    again = server(cloud, environment, data=tmp_path / "data")
    token, tenant.client = tenant.client.token, again.client
    tenant.client.token = token
    tenant.settle(connection)
    assert tenant.runs(connection)[0]["state"] == "success"


def test_an_open_live_feed_does_not_hold_the_end(clouds, server):
    cloud = clouds(servers=5)
    maestro = server(cloud)
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    stream = http.client.HTTPConnection("127.0.0.1", maestro.port, timeout=20)
    stream.request("GET", f"/connections/{connection}/live", headers={"Authorization": f"JWT {tenant.client.token}"})
    assert stream.getresponse().status == 200
    began = time.monotonic()
    assert maestro.stop() == 0
    assert time.monotonic() - began < 10


# ---- bad clients ----

def test_clients_that_drip_are_cut_off_while_others_are_served(server):
    maestro = server(environment={"MAESTRO_HEADER_TIMEOUT": "1", "MAESTRO_BODY_TIMEOUT": "1"})
    slow = [socket.create_connection(("127.0.0.1", maestro.port), timeout=10) for _ in range(300)]
    for wire in slow:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    end = time.monotonic() + 2.5
    longest = 0
    while time.monotonic() < end:
        began = time.monotonic()
        assert maestro.client.get("/health/ready").status == 200
        longest = max(longest, time.monotonic() - began)
        for wire in slow:
            try:
                wire.send(b"x")
            except OSError:
                pass
    assert longest < 1
    closed = 0
    for wire in slow:
        wire.settimeout(3)
        try:
            data = wire.recv(4096)
            closed += data == b"" or status_of(data) == 408
        except ConnectionError:
            closed += 1
        except TimeoutError:
            pass
        wire.close()
    assert closed == 300


def test_a_body_that_does_not_come_is_given_up(server):
    maestro = server(environment={"MAESTRO_BODY_TIMEOUT": "1"})
    began = time.monotonic()
    received = talk(maestro, b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
    assert time.monotonic() - began < 6
    assert status_of(received) in (408, None)


@pytest.mark.parametrize("request_text,statuses", [
    (b"GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 200_000 + b"\r\n\r\n", [431]),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: a\r\n" % i for i in range(20_000)) + b"\r\n", [431]),
    (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", [414]),
    (b"nonsense\r\n\r\n", [400]),
    (b"GET / HTTP/9.9\r\nHost: x\r\n\r\n", [400, 505]),
    (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", [400, 200]),
    (b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
    (b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345", [400]),
    (b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", [400]),
    (b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", [400, 413, 422]),
    (b"POST /users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", [400]),
    (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: a\r\n folded\r\n\r\n", [400, 200]),
    (b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400, None]),
], ids=["big header", "many headers", "long target", "nonsense", "version", "no host", "both lengths", "two lengths", "negative length", "huge length",
        "bad chunk", "folded header", "NUL", "TLS"])
def test_odd_requests_are_refused_and_the_server_lives(server, request_text, statuses):
    maestro = server(environment={"MAESTRO_HEADER_TIMEOUT": "1", "MAESTRO_BODY_TIMEOUT": "1"})
    received = talk(maestro, request_text)
    assert status_of(received) in statuses, received[:300]
    assert maestro.client.get("/health/ready").status == 200


def test_requests_in_one_packet_are_answered_in_order(server):
    maestro = server()
    received = talk(maestro, b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 ") == 3
    assert received.index(b'"UP"') < received.index(b"resource not found") < received.index(b"server-app")


def test_a_body_may_come_in_chunks(server):
    maestro = server()
    body = json.dumps({"name": "Chunk", "email": "chunk@example.com", "password": "secret"}).encode()
    parts = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7]) for i in range(0, len(body), 7))
    received = talk(maestro, b"POST /users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n")
    assert status_of(received) == 201


# ---- too many ----

def test_a_full_queue_answers_503_and_the_rest_is_served(server):
    maestro = server(environment={"MAESTRO_HTTP_THREADS": "1", "MAESTRO_HTTP_QUEUE": "2"})
    tenant = Tenant(maestro)
    for number in range(300):
        assert tenant.client.post("/servers", {"name": f"s{number}", "metas": "x" * 500}).status == 201

    def ask(_):
        return tenant.client.get('/servers?limit=300&query={"metas":"(x+x+)+y"}', timeout=30)

    with concurrent.futures.ThreadPoolExecutor(80) as pool:
        answers = list(pool.map(ask, range(240)))
    by_status = {status: [one for one in answers if one.status == status] for status in {one.status for one in answers}}
    assert set(by_status) <= {200, 503}, {status: len(found) for status, found in by_status.items()}
    assert by_status.get(200), "nobody was served"
    for answer in by_status.get(503, []):
        assert int(answer.headers["Retry-After"]) >= 1 and answer.json["err"]["name"] and answer.headers["Access-Control-Allow-Origin"] == "*"
    assert by_status.get(503), "the queue was never full: the test needs more clients"
    assert tenant.client.get("/servers?limit=1").status == 200


def test_password_hashing_does_not_hold_up_other_requests(server):
    maestro = server()
    tenant = Tenant(maestro)
    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        logins = [pool.submit(maestro.client.post, "/users/auth", {"email": tenant.client.email, "password": "wrong"}) for _ in range(40)]
        began = time.monotonic()
        assert tenant.client.get("/servers").status == 200
        assert time.monotonic() - began < 1.5
        assert {login.result().status for login in logins} <= {400, 503}


def test_connections_beyond_the_limit_do_not_harm(server):
    maestro = server(environment={"MAESTRO_MAX_CONNECTIONS": "20"})
    wires = []
    for _ in range(60):
        try:
            wires.append(socket.create_connection(("127.0.0.1", maestro.port), timeout=2))
        except OSError:
            break
    assert maestro.alive()
    for wire in wires:
        wire.close()
    wait_for(lambda: maestro.client.get("/health/ready").status == 200, 10, "service after the crowd has gone")


def test_many_writers_at_once_lose_nothing(server):
    maestro = server()
    tenant = Tenant(maestro)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: tenant.client.post("/servers", {"name": f"s{number}", "unique_id": f"u{number % 100}"}), range(200)))
    assert sorted({answer.status for answer in answers}) == [201, 409]
    assert sum(answer.status == 201 for answer in answers) == 100 == tenant.count()


def test_one_document_changed_by_many_keeps_every_change_in_its_history(server):
    tenant = Tenant(server())
    identity = tenant.client.post("/servers", {"name": "contested"}).json["_id"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: tenant.client.patch(f"/servers/{identity}", {"name": f"name-{number}"}), range(60)))
    assert {answer.status for answer in answers} == {202}
    rows = tenant.client.get(f"/servers/{identity}/history?limit=500").json["items"]
    updates = [row for row in rows if row["verb"] == "update"]
    assert len(updates) == 60
    # Each change starts where the one before it ended.
    chain = [change for row in reversed(updates) for change in row["changes"]]
    assert chain[0]["old"] == "contested"
    assert all(later["old"] == earlier["new"] for earlier, later in zip(chain, chain[1:]))
    assert tenant.client.get(f"/servers/{identity}").json["name"] == chain[-1]["new"]


def test_metrics_count(server):
    maestro = server()
    maestro.account("alice")
    text = maestro.client.get("/metrics").text
    assert "# TYPE" in text and "# HELP" in text and 'status="201"' in text.replace("code=", "status=") or "201" in text


def test_every_request_has_an_id_that_is_logged(server):
    maestro = server()
    answer = maestro.client.get("/nothing", headers={"X-Request-Id": "from-a-client-0123"})
    identity = answer.headers["X-Request-Id"]
    assert identity
    wait_for(lambda: identity in maestro.output(), 5, "the log line of the request")
    for line in maestro.output().splitlines():
        json.loads(line)


def test_invented_methods_do_not_grow_the_metrics(server):
    maestro = server()
    for number in range(30):
        answer = talk(maestro, f"INVENTED{number} /servers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert status_of(answer) in (400, 404), answer
    text = maestro.client.get("/metrics").body
    text = text.decode() if isinstance(text, bytes) else text
    assert "maestro_http_requests_total" in text and "INVENTED" not in text
