"""The listeners of the original's data and audit services, renames, and services that run elsewhere."""
import http.server
import json
import os
import re
import subprocess
import threading
import time

import pytest

import harness
from harness import Client, free_port, sign, wait_for

PRIVATE, WORD = "a-private-secret-of-the-tests-0123456789", "the-shared-word-of-the-tests"
SECRETS = {"MAESTRO_SECRETJWT_PRIVATE": PRIVATE, "MAESTRO_NOAUTH": WORD}
TOKEN = sign(PRIVATE, {"app": "test", "noauth": WORD})


@pytest.fixture
def house(server):
    """A server with its legacy listeners: house.data_service and house.audit_service speak as peers do."""

    def make(environment=None, **more):
        ports = {name: free_port() for name in ("discovery", "data", "audit")}
        started = server(environment={**SECRETS, "MAESTRO_LEGACY_PORTS": "true",
                                      **{f"MAESTRO_{name.upper()}_PORT": str(port) for name, port in ports.items()}, **(environment or {})}, **more)
        for name, port in ports.items():
            setattr(started, f"{name}_service", Client(f"http://127.0.0.1:{port}", TOKEN))
        return started

    return make


def role(person, number=7):
    return {"_id": person.id, "refs": "users", "role": number}


def id_of(answer):
    """Of a created connection, whose answer has no body."""
    return re.search(r"[0-9a-f]{24}", answer.headers["Location"])[0]


def found(client, entity, query, **more):
    answer = client.post(f"/{entity}", {"query": json.dumps(query), **more})
    assert answer.status == 200, answer
    return answer.json


# ---- the data service ----


def test_every_data_route_wants_the_private_token(house):
    data = house().data_service
    assert data.as_(None).get("/").json["name"] == "Maestro"
    for token in (None, "x", sign("another secret", {"noauth": WORD}), sign(PRIVATE, {"noauth": "other"}), sign(PRIVATE, {})):
        for method, path in (("POST", "/servers"), ("PUT", "/servers"), ("GET", "/servers"), ("POST", "/aggregate"), ("POST", "/sync"),
                             ("GET", "/connections/5f00000000000000000000ff")):
            answer = data.as_(token).request(method, path, {} if method != "GET" else None)
            assert answer.status == 401 and "msg" in answer.json["error"], answer
    assert data.get("/nothing").json == {"error": "Resource not found"}
    assert data.get("/nothing").status == 404
    assert data.post("/users", {}).status == 404
    assert data.delete("/servers").status == 404


def test_listings_have_the_envelope_and_the_form_of_the_data_service(house):
    app = house()
    ann, bob = app.account("ann"), app.account("bob")
    for i in range(5):
        assert ann.post("/servers", {"name": f"web-{i}", "cpu": i + 1}).status == 201
    bob.post("/servers", {"name": "other"})
    page = found(app.data_service, "servers", {"roles._id": ann.id}, limit=2, page=2)
    assert {k: page[k] for k in ("found", "total_pages", "page", "limit")} == {"found": 5, "total_pages": 3, "page": 2, "limit": 2}
    assert [item["name"] for item in page["items"]] == ["web-2", "web-3"]
    item = page["items"][0]
    assert item["roles"][0]["_id"] == ann.id and item["owner"]["_id"] == ann.id and item["active"] is True
    assert not item["created_at"].endswith("Z") and "T" in item["created_at"]
    assert found(app.data_service, "servers", {})["found"] == 6
    assert found(app.data_service, "servers", {})["limit"] == 200
    assert app.data_service.post("/servers", {}).json["found"] == 6
    listed = app.data_service.get("/servers?query=" + json.dumps({"roles._id": ann.id, "cpu": {"$gte": 4}}).replace(" ", ""))
    assert listed.status == 200 and listed.json["found"] == 2, listed
    for path in ("/servers", "/servers?query={}"):
        assert app.data_service.get(path).status == 422
    refused = app.data_service.post("/servers", {"query": json.dumps({"name": {"$where": "1"}})})
    assert refused.status == 422 and "$where" in refused.json["error"]["msg"]
    for bad in ({"query": "{"}, {"query": "[]"}, {"query": json.dumps({"_id": "zz"})}):
        assert app.data_service.post("/servers", bad).status == 422, bad
    assert app.data_service.post("/servers", {"limit": 0}).status == 400
    assert app.data_service.post("/servers", raw="{", type="application/json").status == 400
    assert found(app.data_service, "flavors_public", {})["found"] == 16  # the catalogue that every instance begins with


def test_batches_answer_for_each_item(house):
    app = house()
    ann, bob = app.account("ann"), app.account("bob")
    mine = ann.post("/servers", {"name": "mine"}).json["_id"]
    before = app.history_rows()
    answer = app.data_service.put("/servers", {"body": [
        {"_id": mine, "cpu": 2, "roles": [role(ann)]},
        {"unique_id": "i-1", "name": "new", "roles": [role(ann)], "owner": {"_id": ann.id, "refs": "users"}},
        {"name": "plain", "roles": [role(ann)]},
        {"_id": mine, "cpu": 4, "roles": [role(bob)]},
        {"_id": mine, "cpu": 4},
        {"_id": "zz"},
    ]})
    assert answer.status == 200, answer
    told = answer.json
    assert {k: told[k] for k in ("nInserted", "nUpserted", "nMatched", "nModified", "nRemoved")} == \
        {"nInserted": 1, "nUpserted": 1, "nMatched": 1, "nModified": 1, "nRemoved": 0}
    assert [one["result"] for one in told["results"]] == ["updated", "created", "created", "error", "error", "error"]
    assert told["upserted"] == [{"index": 1, "_id": told["results"][1]["_id"]}]
    assert [one["index"] for one in told["writeErrors"]] == [3, 4, 5] and told["writeConcernErrors"] == []
    assert app.history_rows() - before == 3
    history = ann.get(f"/servers/{mine}/history").json["items"]
    assert history[0]["verb"] == "update" and history[0]["actor"]["name"] == "service", history[0]
    assert ann.get(f"/servers/{mine}").json["cpu"] == 2
    for body in ({}, {"body": []}, {"body": 3}):
        refused = app.data_service.put("/servers", body)
        assert refused.status == 400 and "body" in refused.json["message"], refused


def test_a_batch_may_be_larger_than_what_people_send(house):
    app = house()
    ann = app.account("ann")
    rows = [{"unique_id": f"i-{i}", "name": f"n{i}", "datacenters": {"name": "y" * 1200}, "roles": [role(ann)]} for i in range(1000)]
    assert len(json.dumps(rows)) > 1 << 20
    answer = app.data_service.put("/servers", {"body": rows})
    assert answer.status == 200 and answer.json["nUpserted"] == 1000, answer
    assert ann.post("/servers", {"name": "x" * (1 << 20)}).json["err"]["errors"] == "The body is too large"


def test_the_state_of_a_connection(house):
    app = house()
    ann = app.account("ann")
    dc = ann.post("/datacenters", {"name": "east", "provider": "AWS"}).json["_id"]
    made = ann.post("/connections", {"name": "c", "provider": "AWS", "service": "iam_aws", "dc": "east", "dc_id": dc, "regions": ["us-east-1"],
                                     "conn": {"access": "AK", "secret": "never-shown-again"}})
    assert made.status == 201, made
    id = id_of(made)
    answer = app.data_service.post(f"/connection/{id}", {"msg": "all well", "status": "success", "task": "my-task"})
    assert answer.status == 200 and answer.json == {"n": 1, "nModified": 1, "ok": 1.0, "updatedExisting": True}, answer
    shown = app.data_service.get(f"/connections/{id}").json
    assert shown["process"]["my-task"] == {"state": "success", "msg": "all well"}
    assert "never-shown-again" not in json.dumps(shown) and harness.claims(shown["conn"])["secret"] == "********"
    form = app.data_service.post(f"/connections/{id}", form="msg=m&status=danger&task=other")
    assert form.status == 200, form
    assert app.data_service.post("/connection/5f00000000000000000000ff", {"msg": "m", "status": "success", "task": "t"}).json["n"] == 0
    for body, field in (({"status": "success", "task": "t"}, "msg"), ({"msg": "m", "status": "odd", "task": "t"}, "status")):
        refused = app.data_service.post(f"/connection/{id}", body)
        assert refused.status == 400 and field in refused.json["message"], refused
    assert app.data_service.get("/connection/5f00000000000000000000ff").json is None
    assert app.data_service.get("/connection/zz").status == 422


def test_credentials_leave_only_behind_their_setting(house):
    app = house({"MAESTRO_DATA_CREDENTIALS": "true", "MAESTRO_SECRETJWT": "a-secret-of-the-tests-0123456789"})
    ann = app.account("ann")
    dc = ann.post("/datacenters", {"name": "east", "provider": "AWS"}).json["_id"]
    id = id_of(ann.post("/connections", {"name": "c", "provider": "AWS", "service": "iam_aws", "dc": "east", "dc_id": dc, "regions": ["us-east-1"],
                                   "conn": {"access": "AK", "secret": "SK"}}))
    assert harness.claims(app.data_service.get(f"/connection/{id}").json["conn"]) == {"access": "AK", "secret": "SK"}
    assert harness.claims(ann.get(f"/connections/{id}").json["conn"])["secret"] == "********"


def test_aggregations_and_updates_of_many(house):
    app = house()
    ann, bob = app.account("ann"), app.account("bob")
    client = ann.post("/clients", {"name": "acme"}).json["_id"]
    system = ann.post("/system", {"name": "shop", "clients": [{"_id": client, "name": "acme"}]}).json["_id"]
    bob.post("/system", {"name": "secret", "clients": [{"_id": client, "name": "acme"}]})
    pipeline = [{"$match": {"roles._id": ann.id}},
                {"$lookup": {"from": "systems", "localField": "_id", "foreignField": "clients._id", "as": "systems"}},
                {"$unwind": {"path": "$systems", "preserveNullAndEmptyArrays": True}}]
    answer = app.data_service.post("/aggregate", {"entity": "clients", "pipeline": json.dumps(pipeline)})
    assert answer.status == 200, answer
    assert [row["systems"]["name"] for row in answer.json["items"]] == ["shop"]
    for bad in ([], [{"$match": {}}], pipeline[:1] + [{"$lookup": {"from": "users", "localField": "a", "foreignField": "b", "as": "c"}}],
                pipeline[:1] + [{"$out": "servers"}]):
        refused = app.data_service.post("/aggregate", {"entity": "clients", "pipeline": json.dumps(bad)})
        assert refused.status == 422 and "msg" in refused.json["error"], refused
    assert app.data_service.post("/aggregate", {"entity": "clients", "pipeline": "{"}).status == 422
    assert app.data_service.post("/aggregate", {"entity": "users", "pipeline": json.dumps(pipeline)}).status == 422
    assert set(app.data_service.post("/aggregate", {}).json["message"]) == {"entity", "pipeline"}

    synced = app.data_service.post("/sync", {"entity": "systems", "query": json.dumps({"_id": system, "roles._id": ann.id}),
                                     "body": json.dumps({"active": False})})
    assert synced.status == 200 and synced.json == {"results": {"n": 1, "nModified": 1, "ok": 1.0, "updatedExisting": True}}, synced
    assert found(app.data_service, "systems", {"_id": system})["items"][0]["active"] is False
    assert app.data_service.post("/sync", {"entity": "systems", "query": "{}", "body": json.dumps({"active": False})}).status == 422
    assert app.data_service.post("/sync", {"entity": "systems", "query": "{"}).status == 400
    assert app.data_service.post("/sync", {"entity": "systems", "query": "{", "body": "{}"}).status == 422


def test_what_the_scheduler_of_the_original_asks_for(house):
    app = house()
    ann = app.account("ann")
    id = ann.post("/scheduler", {"name": "daily", "endpoint": "http://x/", "task": "webhook", "method": "GET"}).json["_id"]
    assert [one["_id"] for one in found(app.data_service, "schedulers", {"crawling": True})["items"]] == [id]
    done = app.data_service.put("/schedulers", {"body": [{"_id": id, "$unset": {"crawling": 1, "run_immediately": 1}}]}).json
    assert done["nModified"] == 1, done
    assert found(app.data_service, "schedulers", {"crawling": True})["found"] == 0
    assert app.data_service.put("/schedulers", {"body": [{"_id": id, "$inc": {"total_run_count": 1}}]}).json["nModified"] == 1
    assert found(app.data_service, "schedulers", {"_id": id})["items"][0]["total_run_count"] == 2
    event = app.data_service.put("/events", {"body": [{"msg": "It ran", "context": "scheduler", "description": "d", "status": "success", "active": True,
                                               "roles": [{"_id": id, "refs": "scheduler", "role": 5}]}]}).json
    assert event["nInserted"] == 1, event
    shown = ann.get(f"/scheduler/{id}/events").json
    assert [(one["msg"], one["status"]) for one in shown["items"]] == [("It ran", "success")], shown


# ---- the audit service ----


def test_the_audit_service_shows_our_history_and_takes_what_peers_tell(house):
    app = house()
    ann = app.account("ann")
    id = ann.post("/servers", {"name": "web-1", "cpu": 2}).json["_id"]
    audit = app.audit_service
    assert audit.as_(None).get("/").json["app"] == "Maestro"
    assert audit.as_(None).get(f"/audit/servers/{id}").status == 401
    wrong = audit.as_(sign(PRIVATE, {"noauth": "other"})).get(f"/audit/servers/{id}")
    assert wrong.status == 400 and wrong.json["err"]["name"] == "PermissionError", wrong
    assert audit.as_(None).get(f"/audit/servers/{id}", headers={"Authorization": f"jwt {TOKEN}"}).status == 200
    assert audit.as_(None).get(f"/audit/servers/{id}", headers={"Authorization": f"Bearer {TOKEN}"}).text == "Unauthorized"
    assert audit.get("/nothing").json == {"error": "resource not found"}
    shown = audit.get(f"/audit/servers/{id}").json
    assert shown["found"] == 1 and shown["limit"] == 20000 and shown["items"][0]["user"] == ann.email
    assert audit.get("/audit/servers/zz").status == 404
    assert audit.get("/audit/servers/5f00000000000000000000ff").json["found"] == 0

    # What is like that already is not written again.
    rows = app.history_rows()
    assert audit.put(f"/audit/servers/{id}/{ann.email}", {"name": "web-1", "cpu": 2}).status == 204
    assert app.history_rows() == rows
    assert audit.put(f"/audit/servers/{id}/eve@x.org", {"name": "web-1", "cpu": 3}).status == 204
    assert audit.put(f"/audit/servers/{id}/eve@x.org", {"name": "web-1", "cpu": 3}).status == 204
    assert app.history_rows() == rows + 1
    last = audit.get(f"/audit/servers/{id}?ascending=0&limit=1").json["items"][0]
    assert last["user"] == "eve@x.org" and last["body"] == {"cpu": 3}
    newest = ann.get(f"/servers/{id}/history").json["items"][0]
    assert newest["verb"] == "told" and newest["actor"]["name"] == "eve@x.org", newest
    assert ann.get(f"/servers/{id}").json["cpu"] == 2

    patched = audit.patch(f"/audit/servers/{id}/eve@x.org", {"name": "web-9"})
    assert patched.status == 201 and patched.json[1]["body"] == {"name": "web-9"}, patched
    created = audit.post(f"/audit/servers/{id}", {"name": "web-10"})
    assert created.status == 201 and len(created.json) == 2 and created.json[1]["user"] == "MaestroServer", created
    removed = audit.delete(f"/audit/servers/{id}/eve@x.org")
    assert removed.status == 201, removed
    assert audit.get(f"/audit/servers/{id}?ascending=0&limit=1").json["items"][0]["body"] == {"removed": True}
    assert ann.get(f"/servers/{id}").status == 200
    # The past is not touched by what peers tell.
    past = ann.get(f"/servers/{id}?as_of=now").json
    assert past["name"] == "web-1" and past["_exact"] is True, past

    for method, path in (("POST", "/audit/servers/5f00000000000000000000ff"), ("PUT", "/audit/other/5f00000000000000000000ff")):
        assert audit.request(method, path, {"name": "x"}).status == (201 if method == "POST" else 204)
    assert audit.patch("/audit/servers/5f00000000000000000000ff", {"name": "x"}).status == 400
    assert audit.put(f"/audit/servers/{id}", []).status == 422


class Peer:
    """A service of the original that only remembers what it is told."""

    def __init__(self, port=0):
        self.calls = calls = []
        self.status = 204

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(handler):
                body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
                calls.append((handler.command, handler.path, json.loads(body) if body else None, handler.headers.get("Authorization"),
                              handler.headers.get("Accept")))
                handler.send_response(204)
                handler.end_headers()

            do_PUT = do_PATCH = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def test_writes_are_told_to_an_audit_service_elsewhere(server):
    peer = Peer()
    app = server(environment={**SECRETS, "MAESTRO_AUDIT_URI": f"http://127.0.0.1:{peer.port}"})
    ann = app.account("ann")
    id = ann.post("/servers", {"name": "web-1"}).json["_id"]
    ann.patch(f"/servers/{id}", {"name": "web-1", "cpu": 4})
    ann.put(f"/servers/{id}", {"name": "web-2"})
    ann.delete(f"/servers/{id}")
    ann.post("/projects", {"name": "project"})
    wait_for(lambda: len(peer.calls) >= 4, what="four calls")
    time.sleep(1)
    assert [call[0] for call in peer.calls] == ["PUT", "PATCH", "PUT", "DELETE"], peer.calls
    assert {call[1] for call in peer.calls} == {f"/audit/servers/{id}/{ann.email}"}
    assert peer.calls[1][2] == {"name": "web-1", "cpu": 4} and peer.calls[2][2]["name"] == "web-2" and peer.calls[3][2] is None
    claims = harness.claims(peer.calls[0][3].split(" ")[1])
    assert peer.calls[0][3].startswith("JWT ") and claims["noauth"] == WORD and claims["app"] == "server-app"
    peer.stop()


def test_reports_and_graphs_are_handed_to_services_elsewhere(server):
    peer = Peer()
    app = server(environment={**SECRETS, **{f"MAESTRO_{name}_URI": f"http://127.0.0.1:{peer.port}" for name in ("REPORT", "ANALYTICS")}})
    ann = app.account("ann")
    filters, system = [{"field": "active", "filter": "true"}], [{"_id": "5f00000000000000000000aa", "name": "System"}]
    assert ann.post("/reports", {"name": "All", "report": "general", "component": "Servers", "filters": filters}).status == 201
    assert ann.post("/graphs", {"name": "Graph", "type": "infra", "systems": system}).status == 201
    report, graph = (ann.get(path).json["items"][0]["_id"] for path in ("/reports", "/graphs"))
    (method, path, body, authorization, accept), drawn = peer.calls
    assert (method, path, accept) == ("POST", "/reports/general", "application/json, text/plain, */*")
    assert authorization.startswith("JWT ") and harness.claims(authorization[4:])["noauth"] == WORD
    assert {**body, "filters": json.loads(body["filters"])} == {"report_id": report, "component": "Servers", "filters": filters, "owner_user": ann.id}
    assert drawn[:3] == ("POST", "/graph", {"_id": graph, "owner_id": ann.id, "systems": system, "type": "infra"})
    peer.stop()


def test_what_could_not_be_told_is_told_after_a_kill(server, tmp_path):
    port = free_port()
    environment = {**SECRETS, "MAESTRO_AUDIT_URI": f"http://127.0.0.1:{port}"}
    app = server(environment=environment, data=tmp_path / "data")
    ann = app.account("ann")
    begun = time.monotonic()
    id = ann.post("/servers", {"name": "web-1"}).json["_id"]
    for i in range(5):
        assert ann.patch(f"/servers/{id}", {"name": "web-1", "cpu": i + 1}).status == 202
    assert time.monotonic() - begun < 5
    app.kill()
    peer = Peer(port)
    server(environment=environment, data=tmp_path / "data")
    wait_for(lambda: len(peer.calls) >= 6, 60, "six calls")
    bodies = [call[2] for call in peer.calls]
    assert [call[0] for call in peer.calls][:6] == ["PUT"] + ["PATCH"] * 5
    assert [body["cpu"] for body in bodies[1:6]] == [1, 2, 3, 4, 5]
    peer.stop()


def test_nothing_is_told_where_audit_is_disabled(server):
    peer = Peer()
    app = server(environment={**SECRETS, "MAESTRO_AUDIT_URI": f"http://127.0.0.1:{peer.port}", "MAESTRO_AUDIT_DISABLED": "true"})
    ann = app.account("ann")
    ann.post("/servers", {"name": "web-1"})
    time.sleep(2)
    assert peer.calls == []
    peer.stop()


def test_a_report_is_told_to_its_engine_in_the_form_of_the_original(server):
    peer = Peer()
    app = server(environment={**SECRETS, "MAESTRO_REPORT_URI": f"http://127.0.0.1:{peer.port}"})
    ann = app.account("ann")
    filters = [{"field": "active", "filter": "ä", "deep": {"list": [1, [], {}], "none": None}}, []]
    assert ann.post("/reports", {"name": "all servers", "report": "general", "component": "Servers", "filters": filters}).status == 201
    id = ann.get("/reports").json["items"][0]["_id"]
    told = {"report_id": id, "component": "Servers", "filters": json.dumps(filters, indent=2, ensure_ascii=False), "owner_user": ann.id}
    assert [call[:3] for call in peer.calls] == [("POST", "/reports/general", told)]
    assert list(peer.calls[0][2]) == list(told)
    peer.stop()


# ---- renames ----


def test_a_rename_reaches_its_copies_through_a_kill(server, tmp_path):
    app = server(data=tmp_path / "data")
    ann = app.account("ann")
    dc = ann.post("/datacenters", {"name": "old", "provider": "AWS"}).json["_id"]
    ids = [ann.post("/servers", {"name": f"s{i}", "datacenters": {"_id": dc, "name": "old"}}).json["_id"] for i in range(120)]
    before = ann.get(f"/servers/{ids[0]}").json["updated_at"]
    rows = app.history_rows()
    assert ann.patch(f"/datacenters/{dc}", {"name": "new", "provider": "AWS"}).status == 202
    app.kill()
    app = server(data=tmp_path / "data")
    ann = app.client.as_(ann.token)
    wait_for(lambda: ann.get("/servers/count?datacenters.name=new").json["count"] == 120, 60, "the new name everywhere")
    one = ann.get(f"/servers/{ids[0]}").json
    assert one["datacenters"]["name"] == "new" and one["updated_at"] == before
    assert app.history_rows() == rows + 1
    listed = ann.get("/servers?limit=1&search=").json["items"][0]
    assert listed["datacenters"]["name"] == "new"


def test_a_new_mail_address_shows_in_the_roles(server):
    app = server()
    ann = app.account("ann")
    id = ann.post("/servers", {"name": "web-1"}).json["_id"]
    assert ann.patch("/me", {"email": "anna@example.com"}).status == 202
    wait_for(lambda: ann.get(f"/servers/{id}").json["roles"][0]["email"] == "anna@example.com", 30, "the new address")


# ---- roles and environments ----


def serve(arguments, environment, data):
    variables = {k: v for k, v in os.environ.items() if not k.startswith("MAESTRO_")} | environment
    return harness.Process([harness.binary("maestro", "MAESTRO_BINARY"), "serve", "--data", str(data), "--host", "127.0.0.1", *arguments],
                           f"{data}.log", variables)


@pytest.mark.parametrize("role_name, path, key", [("data", "/", "name"), ("audit", "/", "app"), ("discovery", "/available/info", "items")])
def test_a_role_alone_serves_at_the_port_of_its_service(tmp_path, role_name, path, key):
    port = free_port()
    # As the manual's compose file starts it: MAESTRO_PORT is the port of the one service.
    with serve(["--roles", role_name], {**SECRETS, "MAESTRO_PORT": str(port), "MAESTRO_MONGO_URI": "mongodb", "MAESTRO_MONGO_DATABASE": "maestro-client",
                                        "MAESTRO_GWORKERS": "2"}, tmp_path / "data") as process:
        client = Client(f"http://127.0.0.1:{port}", TOKEN)

        def answers():
            assert process.alive(), process.output()
            try:
                return client.get(path)
            except OSError:
                return None

        answer = wait_for(answers, 60, "an answer")
        assert answer.status == 200 and key in answer.json, answer
        assert client.get("/health/ready").status == 404


BLOCKS = {
    "server": {"MAESTRO_MONGO_URI": "mongodb/maestro-client", "MAESTRO_DISCOVERY_URI": "http://discovery:5000", "MAESTRO_REPORT_URI": "http://reports:5005",
               "SMTP_PORT": "25", "SMTP_HOST": "maildev", "SMTP_SENDER": "myemail@gmail.com", "SMTP_IGNORE": "true"},
    "discovery": {"CELERY_BROKER_URL": "amqp://rabbitmq:5672", "MAESTRO_DATA_URI": "http://data:5010"},
    "reports": {"CELERY_BROKER_URL": "amqp://rabbitmq:5672", "MAESTRO_MONGO_URI": "mongodb", "MAESTRO_MONGO_DATABASE": "maestro-reports"},
    "scheduler": {"MAESTRO_DATA_URI": "http://data:5010", "CELERY_BROKER_URL": "amqp://rabbitmq:5672", "MAESTRO_MONGO_URI": "mongodb",
                  "MAESTRO_MONGO_DATABASE": "maestro-client"},
    "old names": {"MAESTRO_DISCOVERY_URL": "http://discovery:5000", "MAESTRO_REPORT_URL": "http://reports:5005"},
}


@pytest.mark.parametrize("block", BLOCKS)
def test_the_environments_of_the_manual_start_the_server(server, block):
    app = server(environment=BLOCKS[block])
    assert app.client.get("/health/ready").status == 200


def test_config_says_what_became_of_each_variable(tmp_path):
    environment = {"PATH": os.environ["PATH"], "MAESTRO_DATA": str(tmp_path), **BLOCKS["server"], **BLOCKS["reports"],
                   "MAESTRO_DISCOVERY_URI": "", "MAESTRO_DISCOVERY_URL": "http://discovery:5000"}
    shown = subprocess.run([harness.binary("maestro", "MAESTRO_BINARY"), "config"], env=environment, capture_output=True, text=True, check=True).stdout
    assert "http://discovery:5000" in shown and "environment MAESTRO_DISCOVERY_URL" in shown
    for name in ("MAESTRO_MONGO_URI", "MAESTRO_MONGO_DATABASE", "CELERY_BROKER_URL"):
        assert f"# {name}: " in shown
