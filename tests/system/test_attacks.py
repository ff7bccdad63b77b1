"""What a stranger tried, and what must not come of it."""
import http.server
import json
import socket
import threading

import pytest
from harness import Client

BOUNDARY = "multipart/form-data; boundary=XX"


def form(**fields):
    parts = (b'--XX\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n" for name, value in fields.items())
    return b"".join(parts) + b"--XX--\r\n"


def test_bytes_that_are_no_text_harm_no_list(server):
    maestro = server()
    alice = maestro.account("alice")
    made = alice.post("/clients", raw=form(name=b"bad \xff\xc3 name"), type=BOUNDARY)
    assert made.status == 201 and made.json["name"] == "bad \ufffd\ufffd name"
    signed_up = Client(maestro.url).post("/users", raw=form(name=b"eve\xfe", email=b"eve\xff@example.com", password=b"long enough"), type=BOUNDARY)
    assert signed_up.status == 201 and signed_up.json["name"] == "eve\ufffd"
    for path in ("/clients", "/users", "/history", f"/clients/{made.json['_id']}/history", "/search?q=bad"):
        answer = alice.get(path)
        assert answer.status == 200
        json.loads(answer.body.decode("utf-8"))
    not_there = alice.get("/connections/%ff%fe")
    assert not_there.status == 404 and "\ufffd" in not_there.body.decode("utf-8")


class Listener:
    """A stranger's address: keeps what is sent to it."""

    def __init__(self):
        self.heard = heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                heard.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_error(401)

            def do_GET(self):
                self.send_error(404)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener():
    one = Listener()
    yield one
    one.stop()


def test_kept_credentials_never_follow_a_connection_that_moves(server, listener):
    """One request keeps the stored password while another one moves the connection: the password stays behind."""
    maestro = server(environment={"MAESTRO_EGRESS_ALLOW": listener.address, "MAESTRO_HTTP_THREADS": "16"})
    alice, mallory = maestro.account("alice"), maestro.account("mallory")
    center = alice.post("/datacenters", {"name": "Main", "provider": "Openstack"}).json["_id"]
    facts = {"name": "main", "dc": "Main", "dc_id": center, "provider": "Openstack", "service": "OpenStack", "project": "p", "user_domain_id": "default",
             "api_version": "3", "regions": ["RegionOne"]}
    for _ in range(12):
        made = alice.post("/connections", {**facts, "url": "http://127.0.0.1:1/v3", "conn": {"username": "op", "password": "stored secret"}})
        assert made.status == 201
        path = made.headers["Location"]
        assert alice.post(path + "/roles", {"id": mallory.id, "refs": "users", "role": "3"}).status == 201
        bodies = [{**facts, "conn": {"username": "op", "password": "********"}}] * 40
        bodies.insert(20, {**facts, "url": f"http://{listener.address}/v3", "conn": {"username": "x", "password": "of mallory"}})
        statuses = []
        threads = [threading.Thread(target=lambda body=body: statuses.append(mallory.patch(path, body).status)) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) == {202}
        moved = mallory.get(path).json
        assert moved["url"] == f"http://{listener.address}/v3"
        mallory.post("/connections/test", moved)
    assert any(b"of mallory" in one for one in listener.heard), "the connection was never tried at its new address"
    assert not any(b"stored secret" in one for one in listener.heard)


def test_a_provider_that_never_answers_holds_nobody_else(server):
    """Trying a connection waits for a stranger's machine: uploads, images and the data service do not wait with it."""
    with socket.create_server(("127.0.0.1", 0)) as tarpit:
        address = f"127.0.0.1:{tarpit.getsockname()[1]}"
        maestro = server(environment={"MAESTRO_EGRESS_ALLOW": address, "MAESTRO_PROVIDER_TIMEOUT": "25"})
        alice, mallory = maestro.account("alice"), maestro.account("mallory")
        body = {"provider": "Openstack", "service": "OpenStack", "url": f"http://{address}/v3", "project": "p", "user_domain_id": "default", "api_version": "3",
                "regions": ["RegionOne"], "conn": {"username": "x", "password": "secret"}}
        tries = [threading.Thread(target=lambda: mallory.post("/connections/test", body)) for _ in range(4)]
        for each in tries:
            each.start()
        tarpit.settimeout(15)
        held = [tarpit.accept()[0] for _ in range(2)]
        assert alice.get("/static/users/nobody/none.png", timeout=10).status == 404
        assert alice.put("/users/upload?ext=png&folder=users&name=x", raw=b"x", type="image/png", timeout=10).status == 400
        assert tries[0].is_alive(), "the provider did answer, so nothing was held"
        tarpit.settimeout(0.5)
        while any(each.is_alive() for each in tries):
            for one in held:
                one.close()
            try:
                held = [tarpit.accept()[0]]
            except TimeoutError:
                held = []
        for each in tries:
            each.join()


def test_one_stranger_cannot_try_a_password_on_every_account(server):
    maestro = server(environment={"MAESTRO_RATE_LIMITS": "on", "MAESTRO_TRUST_PROXY": "true"})
    alice = maestro.account("alice")

    def sign_in(email, password, source):
        return Client(maestro.url).post("/users/auth", {"email": email, "password": password}, headers={"X-Forwarded-For": source}).status

    tried = [sign_in(f"person-{i}@example.com", "Spring2026", "203.0.113.9") for i in range(100)]
    assert set(tried) == {400}
    assert sign_in("person-100@example.com", "Spring2026", "203.0.113.9") == 429
    assert sign_in(alice.email, alice.password, "203.0.113.9") == 429
    assert sign_in(alice.email, alice.password, "203.0.113.10") == 200
