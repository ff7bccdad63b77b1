"""The pages of the original web client for connections, schedules, reports and graphs, as a person and as a team."""
import http.server
import json
import threading

import pytest
from harness import Client, free_port, sign, wait_for
from web_client import parameters


def names(page):
    return [item["name"] for item in page["items"]]


# ---- connections ----

def test_connections(journey, tenant, cloud):
    with journey("connections", tenant) as client:
        form = provider_form(client, "Openstack")
        dc = client.create("/datacenters", {"name": "Private", "provider": form["dc"], "regions": ["RegionOne"], "zones": ["nova"]})
        by_hand = client.create("/servers", {"name": "by hand", "datacenters": {"_id": dc["_id"], "name": dc["name"]}})
        connection = connect(client, form, dc, cloud)
        tasks_page(client, connection)
        discovered(client, connection, by_hand)
        access_of_a_connection(client, connection)
        missing_job(client, connection)
        client.remove("/connections", client.one(f"/connections/{connection}"))
        assert client.table_page("/connections", ["name", "dc"])["found"] == client.list(f"/scheduler?link._id={connection}")["found"] == 0
        assert client.list("/datacenters", page=True)["items"][0]["sucessed"] is False


def test_the_body_of_an_aws_connection(person):
    """Two secrets and no more; the first tab is number 0, which never leaves the client."""
    client = person()
    form = provider_form(client, "AWS")
    dc = client.create("/datacenters", {"name": "East", "provider": "AWS", "regions": ["us-east-1 (N. Virginia)"]})
    [method] = [one for one in form["data"] if one["service"] == "iam_aws"]
    assert [field["metas"]["name"] for field in method["template"]["conn"] if field["validate"].get("required")] == ["access", "secret"]
    answer = client.call("POST", "/connections", {"conn": {"access": "AKIA", "secret": "s3cret"}, "dc": "East", "dc_id": dc["_id"], "regions": ["us-east-1"],
                                                  "name": f"East - AWS[{method['label']}]", "service": "iam_aws", "provider": "AWS"})
    assert (answer.status, answer.body) == (201, b"")
    item = client.table_page("/connections", ["name", "dc"], dc="east")["items"][0]
    assert item["name"] == f"East - AWS[{method['label']}]" and item["tab"] == 0 and "s3cret" not in json.dumps(item)
    client.remove("/connections", item)


def provider_form(client, label):
    """Tiles, then the form of one by its label in lower case without blanks: the client draws whatever is described."""
    tile = next(one for one in client.read("/providers")["items"][0]["value"]["providers"] if one["label"] == label)
    assert tile["icon"] and all(isinstance(text, str) for text in tile["method"])
    form = client.read(f"/providers/{label.lower().replace(' ', '')}")["items"][0]["value"]["providers"]
    assert form["label"] == label and form["data"]
    for method in form["data"]:
        template = method["template"]
        assert method["label"] and method["service"] and template["intro"] and all(isinstance(shown, bool) for shown in template["dc"])
        assert all(field["comp"] and field["metas"]["name"] and field["metas"]["label"] for field in template["conn"])
    return form


def connect(client, form, dc, cloud):
    """The dialog: a method's tab with what its form asks for; credentials in `conn`, the rest beside it."""
    assert names(client.list(f"/datacenters?provider={form['dc']}")) == [dc["name"]]
    method = form["data"][0]
    values = {"username": cloud.user, "password": cloud.password, "url": cloud.openstack_url, "project": cloud.project, "user_domain_id": "default",
              "api_version": "3"}
    asked = {part: [field["metas"]["name"] for field in method["template"][part] if "metas" in field] for part in ("conn", "extra")}
    assert set(asked["conn"]) == {"username", "password"} and set(asked["extra"]) == set(values) - {"username", "password"}
    answer = client.call("POST", "/connections", {
        "conn": {name: values[name] for name in asked["conn"]}, **{name: values[name] for name in asked["extra"]}, "dc": dc["name"], "dc_id": dc["_id"],
        "regions": dc["regions"], "name": f"{dc['name']} - {form['label']}[{method['label']}]", "service": method["service"], "provider": form["label"]})
    # An empty body, and the way to it is the list.
    assert (answer.status, answer.body) == (201, b"")
    page = client.table_page("/connections", ["name", "dc"], dc="priv", name="private")
    assert page["found"] == 1 and page["items"][0]["dc"] == dc["name"] and page["items"][0]["created_at"]
    assert client.list("/datacenters", page=1)["items"][0]["sucessed"] is True
    return page["items"][0]["_id"]


def jobs(client, connection):
    return {job["link"]["task"]: job for job in client.list(f"/scheduler?link._id={connection}&limit=100")["items"]}


def tasks_page(client, connection):
    """One row a task: what it needs, its state, its job, and Sync."""
    model = client.one(f"/connections/{connection}")
    permissions = client.read(f"/providers/rules/{model['provider']}")["items"][0]["value"]["permissions"]
    assert {"server-list", "flavor-list"} <= set(permissions) and all(commands[0]["init_job"] for commands in permissions.values())
    assert set(jobs(client, connection)) == set(permissions)
    for task in ("server-list", "flavor-list"):
        told = client.call("PUT", f"/connections/{connection}/task/{task}", {})
        assert told.status == 200 and (told.json["conn_id"], told.json["task"]) == (connection, task)
    wait_for(lambda: done(client, connection, permissions), 60, "the state of every task")


def done(client, connection, tasks):
    """The page loads the document again and shows what `process` says of each task."""
    process = client.one(f"/connections/{connection}").get("process", {})
    assert all(row["state"] in ("success", "warning", "info") and isinstance(row["msg"], str) for row in process.values()), process
    return all(process.get(task, {}).get("state") == "success" for task in tasks)


def discovered(client, connection, by_hand):
    """What the tables and dialogs show of discovered servers: those of the cloud, which a person may edit, and those that it does not know."""
    dc = client.list("/datacenters", page=1)["items"][0]
    inside = client.table_page(f"/datacenters/{dc['_id']}/servers/", ["name"], order="name")
    assert inside["found"] == 4
    orphans = client.table_page(f"/datacenters/{dc['_id']}/orphans/", ["name"])
    assert [(orphan["_id"], orphan["name"]) for orphan in orphans["items"]] == [(by_hand["_id"], "by hand")]
    server = client.one(f"/servers/{next(item for item in inside['items'] if item['_id'] != by_hand['_id'])['_id']}")
    assert client.put("/servers", {**server, "environment": "Training"})["environment"] == "Training"
    after = client.one(f"/servers/{server['_id']}")
    same = set(server) - {"environment", "updated_at", "checksum"}
    assert {key: after.get(key) for key in same} == {key: server[key] for key in same}
    assert client.list("/flavors")["found"] > 0


def access_of_a_connection(client, connection):
    """On and off, the identity that discovery writes as, other regions, and who may see it: the whole model each time."""
    model = client.one(f"/connections/{connection}")
    for state, enabled in (("disabled", False), ("enabled", True)):
        assert client.patch(f"/connections/{connection}", {**model, "status": state})["status"] == state
        for job in jobs(client, connection).values():
            # The one false that the client does send.
            assert client.call("PATCH", f"/scheduler/{job['_id']}", {**job, "enabled": enabled}).json["enabled"] is enabled
        assert {job["enabled"] for job in jobs(client, connection).values()} == {enabled}
    owner = {key: model["roles"][0][key] for key in ("_id", "refs", "role", "name", "email") if key in model["roles"][0]}
    assert client.patch(f"/connections/{connection}", {**model, "owner_user": owner})["owner_user"]["_id"] == client.tenant
    changed = client.put("/connections", {**client.one(f"/connections/{connection}"), "regions": ["RegionOne", "RegionTwo"]})
    assert changed["regions"] == ["RegionOne", "RegionTwo"] and changed["conn"] == model["conn"]
    assert client.set_roles(f"/connections/{connection}/roles", model["roles"])[0]["_id"] == client.tenant


def missing_job(client, connection):
    """A job that somebody deleted is shown as missing and made again from the template."""
    model, job = client.one(f"/connections/{connection}"), jobs(client, connection)["server-list"]
    client.remove("/scheduler", job)
    assert "server-list" not in jobs(client, connection)
    made = client.create("/scheduler/template", {"name": model["name"], "_id": connection, "provider": model["provider"], "service": model["service"],
                                                 "refs": "connections", "source": "discovery", "task": "server-list"})
    assert made["link"]["_id"] == connection and jobs(client, connection)["server-list"]["enabled"] is True


# ---- schedules and events ----

SCHEDULES = ["name", "modules", "period_type"]


def test_scheduler(journey, tenant):
    with journey("scheduler", tenant) as client:
        options = client.option("scheduler_options")
        first = client.create("/scheduler", {"name": "call home", "enabled": True, "method": "GET", "endpoint": "https://example.com/hook", "task": "webhook",
                                             "period_type": "interval", "interval": {"every": 5, "period": options["period"][1]},
                                             "args": [{"key": "a", "value": "b"}], "chain": []})
        second = client.create("/scheduler", {"name": "at night", "enabled": True, "method": options["method"][1], "endpoint": "https://example.com/night",
                                              "task": "webhook", "period_type": "cron", "cron": {"minute": 30, "hour": 2, "day_of_week": "mon-fri"}, "args": [],
                                              "chain": [{"_id": first["_id"], "name": "call home", "countdown": 10}]})
        of_a_report(client, options)
        page = client.table_page("/scheduler", SCHEDULES, modules="webhook", order="modules")
        assert set(names(page)) == {"call home", "at night"} and all(isinstance(item["total_run_count"], int) for item in page["items"])
        assert names(client.table_page("/scheduler", SCHEDULES, name="NIGHT", period_type="cron")) == ["at night"]
        schedule_page(client, second)
        client.remove("/scheduler", first)
        assert client.table_page("/scheduler", SCHEDULES, modules="webhook")["found"] == 1


def of_a_report(client, options):
    """Another module: its endpoint is put together from the options, in the browser."""
    client.create("/reports", {"name": "all servers", "report": "general", "component": "Servers", "status": "process"})
    report = client.typeahead("/reports", "all")[0]
    template = next(one for one in options["configs"] if one["name"] == "reports")
    made = client.create("/scheduler", {"name": "report of servers", "enabled": True, "method": template["method"], "task": "reports", "source": template["source"],
                                        "endpoint": template["url"].replace("<report>", report["report"]), "period_type": "interval", "args": [], "chain": [],
                                        "interval": {"every": 1, "period": "days"}, "link": {"_id": report["_id"], "name": report["name"], "report": "general"}})
    assert (made["endpoint"], made["method"], made["link"]["_id"]) == ("reports/general", "PATCH", report["_id"])


def schedule_page(client, schedule):
    model = client.one(f"/scheduler/{schedule['_id']}")
    assert model["cron"]["hour"] == 2 and model["chain"][0]["countdown"] == 10 and model["enabled"] is True and model["period_type"] == "cron"
    events = client.list(f"/scheduler/{schedule['_id']}/events?orderBy=created_at")
    assert (events["found"], events["items"]) == (0, [])
    assert client.put("/scheduler", {**model, "endpoint": "https://example.com/later"})["endpoint"] == "https://example.com/later"
    after = client.one(f"/scheduler/{schedule['_id']}")
    assert after["cron"] == model["cron"] and after["chain"] == model["chain"]
    assert client.set_roles(f"/scheduler/{schedule['_id']}/roles", model["roles"])[0]["_id"] == client.tenant


def test_events(journey, tenant):
    with journey("events", tenant) as client:
        client.create("/events", {"msg": "Finish Sync", "context": "connections", "status": "success"})
        page = client.table_page("/events", ["msg", "context"], msg="finish", order="context")
        event = client.one(f"/events/{page['items'][0]['_id']}")
        assert page["found"] == 1 and (event["msg"], event["context"], event["status"]) == ("Finish Sync", "connections", "success")
        assert client.put("/events", {**event, "status": "danger"})["status"] == "danger"
        client.remove("/events", event)
        assert client.table_page("/events", ["msg", "context"])["found"] == 0


def test_projects(journey, tenant):
    with journey("projects", tenant) as client:
        made = client.create("/projects", {"name": "Migration"})
        assert names(client.list("/projects", page=True)) == ["Migration"]
        assert client.one(f"/projects/{made['_id']}")["name"] == "Migration"
        assert client.put("/projects", {**made, "name": "Migration 2"})["name"] == "Migration 2"
        assert client.set_roles(f"/projects/{made['_id']}/roles", made["roles"])[0]["_id"] == client.tenant
        client.remove("/projects", made)
        assert client.list("/projects", page=True)["found"] == 0


# ---- reports and graphs ----

ACCEPTS = ("application/json", "application/xml", "text/csv", "text/plain", "text/inventory")


def report_of_servers(client):
    """The builder: a component out of the options, its filters, and the one that is always there."""
    tables = {table["name"]: table for table in client.option("reports_options")["tables"]}
    fields = {field["key"]: field for field in tables["Servers"]["filters"]}
    filters = [{"field": "active", "filter": "true", "comparer": "equal", "typ": "boolean"},
               {"field": "environment", "filter": "production", "comparer": "equal", "typ": fields["environment"]["type"]}]
    return {"name": "general Servers 11/30/2026", "report": "general", "component": "Servers", "filters": filters, "status": "process"}


def test_reports(journey, tenant):
    """Without a report service: stored, in process, and each answer that would be the service's is 200 and ServiceDisabledError."""
    with journey("reports", tenant) as client:
        body = report_of_servers(client)
        answer = client.call("POST", "/reports", body)
        assert answer.status == 200 and answer.json["err"] | {"request_id": ""} == {
            "name": "ServiceDisabledError", "errors": "REPORT service was disabled", "request_id": ""}
        listed = client.table_page("/reports", ["name", "report"], name="servers", report="gen", order="status")["items"][0]
        assert (listed["status"], listed["report"]) == ("process", "general") and listed["updated_at"]
        model = client.one(f"/reports/{listed['_id']}")
        assert model["filters"] == body["filters"] and model["columns"] == [] and model["aggr"] == {}
        for accept in ACCEPTS:
            assert client.read(f"/reports/{model['_id']}/result", accept=accept)["err"]["name"] == "ServiceDisabledError"
        client.put("/reports", {**model, "name": "servers of production"})
        assert client.one(f"/reports/{model['_id']}").items() >= {"name": "servers of production", "filters": body["filters"]}.items()
        assert isinstance(client.read(f"/reports/{model['_id']}/audit")["items"], list)
        assert client.set_roles(f"/reports/{model['_id']}/roles", model["roles"])[0]["_id"] == client.tenant
        client.remove("/reports", model)
        assert client.table_page("/reports", ["name", "report"])["found"] == 0


def test_graphs(journey, tenant):
    """Likewise without an analytics service: stored, in process, not drawn."""
    with journey("graphs", tenant) as client:
        owner = client.create("/clients", {"name": "Acme"})
        system = client.create("/system", {"name": "Shop"})
        answer = client.call("POST", "/graphs", {"name": "Acme's", "type": "bussiness", "tab": 1, "clients": [{"_id": owner["_id"], "name": "Acme"}]})
        assert answer.status == 200 and answer.json["err"]["name"] == "ServiceDisabledError"
        client.call("POST", "/graphs", {"name": "Of the shop", "type": "bussiness", "systems": [{"_id": system["_id"], "name": "Shop"}]})
        assert set(names(client.table_page("/graphs?type=bussiness", ["name", "lsystem"]))) == {"Acme's", "Of the shop"}
        page = client.table_page("/graphs?type=bussiness", ["name", "lsystem"], lsystem="SHO", order="lsystem")
        assert names(page) == ["Of the shop"] and page["items"][0]["status"] == "process" and page["items"][0]["systems"][0]["name"] == "Shop"
        graph = client.one(f"/graphs/{page['items'][0]['_id']}")
        client.put("/graphs", {**graph, "name": "Of all shops"})
        assert client.one(f"/graphs/{graph['_id']}")["name"] == "Of all shops"
        share(client, graph)
        assert client.set_roles(f"/graphs/{graph['_id']}/roles", graph["roles"])[0]["_id"] == client.tenant
        client.remove("/graphs", graph)
        assert client.table_page("/graphs?type=bussiness", ["name", "lsystem"])["found"] == 1


def share(client, graph):
    """The dialog of public sharing reads the token for its link; to turn it off is the other value that is false and sent."""
    told = client.call("POST", f"/graphs/{graph['_id']}/public", {})
    assert told.status == 201 and told.json["token"].count(".") == 2 and client.one(f"/graphs/{graph['_id']}")["spublic"] is True
    assert client.call("POST", f"/graphs/{graph['_id']}/public", {"public": False}).status == 201
    assert client.one(f"/graphs/{graph['_id']}")["spublic"] is False


# ---- with services of the original that run elsewhere ----

PRIVATE, WORD = "a-private-secret-of-the-tests-0123456789", "the-shared-word-of-the-tests"
RESULT = {"found": 1, "total_pages": 1, "limit": 50, "current_page": 1, "items": [{"_id": "1", "name": "web-1"}]}


class Engines:
    """Report and analytics service in one: it takes what is to be worked out, and shows a result in the form that is asked for."""

    def __init__(self):
        self.orders, self.results, engines = [], [], self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802: the library's name
                order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                engines.orders.append((self.path, order))
                self.reply(201, json.dumps({"_id": order.get("report_id") or order["_id"], "msg": "in process"}), "application/json")

            def do_GET(self):  # noqa: N802
                accept = self.headers["Accept"]
                engines.results.append((self.path, accept))
                self.reply(200, json.dumps(RESULT) if accept == "application/json" else f"as {accept}", accept)

            def do_DELETE(self):  # noqa: N802
                engines.orders.append((self.path, None))
                self.reply(200, "{}", "application/json")

            def reply(self, status, text, kind):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def engines():
    one = Engines()
    yield one
    one.stop()


@pytest.fixture
def with_engines(server, engines):
    """A server that has them, and the data service by which they write what they found."""
    ports = {f"MAESTRO_{name}_PORT": str(free_port()) for name in ("DISCOVERY", "DATA", "AUDIT")}
    started = server(environment={"MAESTRO_SECRETJWT_PRIVATE": PRIVATE, "MAESTRO_NOAUTH": WORD, "MAESTRO_LEGACY_PORTS": "true", "MAESTRO_REPORT_URI": engines.url,
                                  "MAESTRO_ANALYTICS_URI": engines.url, **ports})
    started.data_service = Client(f"http://127.0.0.1:{ports['MAESTRO_DATA_PORT']}", sign(PRIVATE, {"noauth": WORD}))
    return started


def finish(maestro, collection, document, **found):
    told = maestro.data_service.put(f"/{collection}", {"body": [{"_id": document["_id"], "status": "finished", **found}]})
    assert told.status == 200 and told.json["results"][0]["result"] == "updated", told


def test_a_report_that_is_worked_out_elsewhere(person, with_engines, engines):
    client = person(server=with_engines)
    body = report_of_servers(client)
    answer = client.call("POST", "/reports", body)
    listed = client.table_page("/reports", ["name", "report"])["items"][0]
    path, order = engines.orders[0]
    assert answer.status == 201 and answer.json["_id"] == listed["_id"]
    assert path == "/reports/general" and (order["report_id"], order["component"], order["owner_user"]) == (listed["_id"], "Servers", client.user["_id"])
    assert json.loads(order["filters"]) == body["filters"]
    chart = {"opts": {"ct": "pie", "txt": "Environments", "size": "col-6", "limit": 5}, "aggr": {"label": ["Production"], "data": [1]}}
    finish(with_engines, "reports", listed, columns=["_id", "name"], aggr={"0": chart})
    model = client.one(f"/reports/{listed['_id']}")
    assert model["status"] == "finished" and model["columns"] == ["_id", "name"] and model["aggr"]["0"] == chart
    page = client.table_page(f"/reports/{model['_id']}/result", model["columns"], name="web", order="name", limit=50)
    assert page == RESULT and "limit=50" in engines.results[0][0] and "%24regex" in engines.results[0][0]
    for accept in ACCEPTS[1:]:
        shown = client.call("GET", f"/reports/{model['_id']}/result", accept=accept)
        assert (shown.status, shown.text, shown.headers["Content-Type"].split(";")[0]) == (200, f"as {accept}", accept)
    assert engines.results[-1] == (f"/reports/{model['_id']}_general", "text/inventory")
    # Update: the whole report goes out again, and is worked out again.
    assert client.call("PUT", f"/reports/{model['_id']}", model).status == 201
    assert engines.orders[1][1]["report_id"] == model["_id"]
    client.remove("/reports", model)
    assert engines.orders[-1] == (f"/reports/{model['_id']}_general", None)


def test_a_graph_that_is_drawn_elsewhere(person, with_engines, engines):
    client = person(server=with_engines)
    system = client.create("/system", {"name": "Shop"})
    answer = client.call("POST", "/graphs", {"name": "Of the shop", "type": "bussiness", "systems": [{"_id": system["_id"], "name": "Shop"}]})
    graph = client.list("/graphs?type=bussiness")["items"][0]
    assert answer.status == 201 and answer.json["_id"] == graph["_id"]
    path, order = engines.orders[0]
    assert path == "/graph" and (order["_id"], order["owner_id"], order["type"]) == (graph["_id"], client.user["_id"], "bussiness")
    finish(with_engines, "graphs", graph, info={"density": 0.5, "conections": 3}, ifamilies=[{"name": "Database", "total": 1}])
    shown = client.one(f"/graphs/{graph['_id']}")
    assert shown["status"] == "finished" and shown["info"]["density"] == 0.5 and shown["ifamilies"][0]["total"] == 1


def test_the_standing_reports_of_a_datacenter_are_worked_out_elsewhere(person, with_engines, engines):
    client = person(server=with_engines)
    dc = client.create("/datacenters", {"name": "East", "provider": "AWS"})
    answer = client.call("POST", f"/datacenters/{dc['_id']}/analytics", {"_id": dc["_id"]})
    assert answer.status == 200 and len(answer.json) == 3 and [order["component"] for _, order in engines.orders] == ["Servers", "Applications"]
    ids = [report["_id"] for report in client.one(f"/datacenters/{dc['_id']}")["reports"]]
    assert ids == [order["report_id"] for _, order in engines.orders]
    assert {job["link"]["_id"] for job in client.list(f"/scheduler?{parameters({'link._id': ids})}")["items"]} == set(ids)
