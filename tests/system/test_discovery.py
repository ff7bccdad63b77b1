"""Discovery of whole accounts, compared with what the clouds really have."""
import http.client
import json
import time

import harness
import pytest
import truth
from harness import Tenant, wait_for

REGIONS = ("us-east-1", "eu-west-1")


def changes_of(run):
    counts = run["counts"]
    return {name: counts[name] for name in ("created", "updated", "retired", "revived", "adopted", "errors")}


NOTHING = {"created": 0, "updated": 0, "retired": 0, "revived": 0, "adopted": 0, "errors": 0}


@pytest.fixture
def cloud(clouds):
    return clouds(servers=400, openstack_servers=120)


def test_both_clouds_are_in_the_inventory_as_they_are(cloud, server):
    tenant = Tenant(server(cloud))
    aws = tenant.connect(cloud.aws_connection)
    nova = tenant.connect(cloud.openstack_connection)
    tenant.settle(aws)
    tenant.settle(nova)
    for connection in (aws, nova):
        for run in tenant.runs(connection):
            assert run["state"] == "success", run
            assert run["counts"]["errors"] == 0, run
    instances = truth.instances(cloud)
    servers = truth.nova_servers(cloud)
    items = {item["datacenters"]["instance_id"]: item for item in tenant.all()}
    live = {identity for identity, one in servers.items() if one.status not in ("DELETED", "SOFT_DELETED", "ERROR", "UNKNOWN")}
    assert set(items) == set(instances) | live
    assert len(instances) > 300 and len(live) > 100
    for identity, (region, name, _, _) in instances.items():
        assert items[identity]["name"] == name
        assert items[identity]["datacenters"]["region"].startswith(region)
    for identity in live:
        assert items[identity]["name"] == (servers[identity].name or identity)
    # One in full, by its id.
    identity, (region, name, state, kind) = next(iter(instances.items()))
    whole = tenant.client.get(f"/servers/{items[identity]['_id']}").json
    assert whole["unique_id"] == identity and whole["cpu"] > 0 and whole["memory"] > 0 and whole["owner"]["_id"] == tenant.client.id
    # The flavors of Nova came too, and the state of the connections says all is well.
    assert tenant.count("/flavors") > 0
    states = tenant.client.get(f"/meta/connections?ids={aws},{nova}").json["items"]
    assert [state["state"] for state in states] == ["success", "success"]
    assert states[0]["resources"] >= len(instances)
    # History and provenance name the connection.
    history = tenant.client.get(f"/servers/{items[identity]['_id']}/history").json["items"]
    assert [row["verb"] for row in history] == ["create"]
    assert history[0]["actor"]["kind"] == "connection" and history[0]["actor"]["_id"] == aws
    provenance = tenant.client.get(f"/servers/{items[identity]['_id']}/provenance").json
    assert [one["_id"] for one in provenance["connections"]] == [aws]
    assert provenance["fields"]["name"]["source"] == "discovery" and not provenance["fields"]["name"]["pinned"]


def test_a_second_reading_writes_nothing(cloud, server):
    maestro = server(cloud)
    tenant = Tenant(maestro)
    connections = [tenant.connect(cloud.aws_connection), tenant.connect(cloud.openstack_connection)]
    for connection in connections:
        tenant.settle(connection)
        tenant.pause(connection)

    def written():
        # A connection's own document tells the state of its runs; everything else must stay untouched.
        found = "FROM doc WHERE kind IN (SELECT id FROM kind WHERE name IN ('servers', 'flavors'))"
        return [maestro.one(query) for query in (f"SELECT count(*) {found}", f"SELECT sum(rev) {found}", "SELECT count(*) FROM history",
                                                 "SELECT count(*) FROM sighting", "SELECT count(*) FROM acl_set")]

    before = written()
    for connection in connections:
        run = tenant.discover(connection)
        assert run["state"] == "success" and changes_of(run) == NOTHING
        assert run["counts"]["seen"] == run["counts"]["unchanged"] > 100
    assert written() == before


@pytest.mark.parametrize("what", ["status", "tags", "type", "name", "ip"])
def test_what_changed_is_written_and_nothing_else(cloud, server, what):
    maestro = server(cloud)
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    before = maestro.history_rows()
    changed = cloud.order("POST", "/change", {"cloud": "aws", "what": what, "percent": 5})
    assert changed["count"] >= 15
    run = tenant.discover(connection)
    items = {item["datacenters"]["instance_id"]: item["_id"] for item in tenant.all(inactive="true")}
    touched = set()
    for identity in changed["ids"]:
        rows = tenant.client.get(f"/servers/{items[identity]}/history").json["items"]
        if rows[0]["verb"] != "create":
            touched.add(identity)
            assert rows[0]["run"] == run["_id"] and rows[0]["actor"]["_id"] == connection and rows[0]["changes"]
    # A change of state may end a machine: then its row is retired by it, or was never there.
    expected = changed["count"] - (0 if what != "status" else sum(identity not in touched for identity in changed["ids"]))
    assert run["state"] == "success"
    assert run["counts"]["updated"] + run["counts"]["retired"] == len(touched) == expected
    assert maestro.history_rows() - before == len(touched)
    if what == "name":
        names = {identity: name for identity, (_, name, _, _) in truth.instances(cloud).items()}
        listed = {item["datacenters"]["instance_id"]: item["name"] for item in tenant.all()}
        assert all(listed[identity] == names[identity] for identity in changed["ids"] if identity in names)


@pytest.mark.parametrize("kind", ["aws", "openstack"])
def test_what_vanishes_is_retired_and_comes_back_as_itself(cloud, server, kind):
    maestro = server(cloud)
    tenant = Tenant(maestro)
    connection = tenant.connect(getattr(cloud, f"{kind}_connection"))
    tenant.settle(connection)
    tenant.pause(connection)
    before = truth.inventory_ids(tenant)
    gone = set(cloud.order("POST", "/vanish", {"cloud": kind, "count": 7})["ids"])
    there = gone & before  # some may have ended already
    run = tenant.discover(connection)
    assert run["state"] == "success" and run["counts"]["retired"] == len(there) and run["counts"]["updated"] == 0
    assert truth.inventory_ids(tenant) == before - gone
    retired = [item for item in tenant.all(inactive="true") if item["datacenters"]["instance_id"] in there]
    assert len(retired) == len(there) and all(item["active"] is False for item in retired)
    rows = tenant.client.get(f"/servers/{retired[0]['_id']}/history").json["items"]
    assert [row["verb"] for row in rows] == ["retire", "create"] and rows[0]["run"] == run["_id"]

    cloud.order("POST", "/appear", {"cloud": kind, "ids": sorted(gone)})
    run = tenant.discover(connection)
    assert run["state"] == "success" and run["counts"]["revived"] == len(there) and run["counts"]["created"] == 0
    assert truth.inventory_ids(tenant) == before
    assert tenant.client.get(f"/servers/{retired[0]['_id']}").json["active"] is True
    assert changes_of(tenant.discover(connection)) == NOTHING


def test_new_machines_are_found(cloud, server):
    tenant = Tenant(server(cloud))
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    before = truth.inventory_ids(tenant)
    cloud.order("POST", "/appear", {"cloud": "aws", "count": 25})
    run = tenant.discover(connection)
    after = truth.inventory_ids(tenant)
    assert run["counts"]["created"] == len(after - before) > 15 and before < after
    assert after == set(truth.instances(cloud))


def held_scope(run):
    scopes = [scope for scope in run["scopes"] if scope["state"] == "held"]
    assert len(scopes) == 1, run
    return scopes[0]


def test_a_mass_drop_waits_for_a_person(cloud, server):
    tenant = Tenant(server(cloud))
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    before = truth.inventory_ids(tenant)
    gone = set(cloud.order("POST", "/vanish", {"cloud": "aws", "region": "us-east-1", "percent": 60})["ids"]) & before
    run = tenant.discover(connection)
    assert run["state"] == "held" and run["message"]
    scope = held_scope(run)
    assert scope["region"].startswith("us-east-1") and scope["held"]["vanished"] == len(gone) and scope["held"]["of"] > len(gone)
    assert 0 < len(scope["held"]["names"]) <= 20
    assert truth.inventory_ids(tenant) == before, "nothing may be retired before somebody has said so"
    state = tenant.client.get(f"/meta/connections?ids={connection}").json["items"][0]
    assert state["state"] == "held"

    # No: nothing is retired, and the scope is no longer held.
    decided = tenant.client.post(f"/runs/{run['_id']}/scopes/{scope['_id']}/reject")
    assert decided.status == 202, decided
    assert tenant.wait(run["_id"])["state"] != "held"
    assert truth.inventory_ids(tenant) == before
    again = tenant.client.post(f"/runs/{run['_id']}/scopes/{scope['_id']}/approve")
    assert again.status == 409, again

    # The next reading asks again; yes: exactly those are retired.
    run = tenant.discover(connection)
    scope = held_scope(run)
    assert truth.inventory_ids(tenant) == before
    decided = tenant.client.post(f"/runs/{run['_id']}/scopes/{scope['_id']}/approve")
    assert decided.status == 202, decided
    final = wait_for(lambda: (one := tenant.run(run["_id"]))["state"] == "success" and one, 30, "the end of the approved run")
    assert final["counts"]["retired"] == len(gone)
    assert truth.inventory_ids(tenant) == before - gone == set(truth.instances(cloud))
    assert changes_of(tenant.discover(connection)) == NOTHING


def test_approval_covers_only_what_was_shown(cloud, server):
    tenant = Tenant(server(cloud))
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    before = truth.inventory_ids(tenant)
    gone = cloud.order("POST", "/vanish", {"cloud": "aws", "region": "us-east-1", "percent": 60})["ids"]
    run = tenant.discover(connection)
    scope = held_scope(run)
    # The outage ends before the person answers.
    cloud.order("POST", "/appear", {"cloud": "aws", "ids": gone})
    assert tenant.client.post(f"/runs/{run['_id']}/scopes/{scope['_id']}/approve").status == 202
    tenant.wait(run["_id"])
    tenant.settle(connection)
    assert truth.inventory_ids(tenant) == before


def test_two_tenants_of_one_account_do_not_meet(cloud, server):
    maestro = server(cloud)
    alice, bob = Tenant(maestro, "alice"), Tenant(maestro, "bob")
    first, second = alice.connect(cloud.aws_connection), bob.connect(cloud.aws_connection)
    alice.settle(first)
    bob.settle(second)
    wanted = set(truth.instances(cloud))
    assert truth.inventory_ids(alice) == truth.inventory_ids(bob) == wanted
    ours, theirs = ({item["_id"] for item in tenant.all()} for tenant in (alice, bob))
    assert not ours & theirs
    for identity in list(theirs)[:3]:
        assert alice.client.get(f"/servers/{identity}").status == 404
        assert alice.client.get(f"/servers/{identity}/history").status == 404
        assert alice.client.patch(f"/servers/{identity}", {"name": "mine"}).status == 400
    assert alice.client.get(f"/connections/{second}").status == 404
    # One's deletions are one's own.
    assert bob.client.delete(f"/connections/{second}").status == 204
    assert truth.inventory_ids(alice) == wanted


def test_two_connections_of_one_owner_share_rows(cloud, server):
    tenant = Tenant(server(cloud))
    wide = tenant.connect(cloud.aws_connection, "wide")
    tenant.settle(wide)
    before = {item["_id"] for item in tenant.all()}
    narrow = tenant.connect(cloud.aws_connection, "narrow", regions=["us-east-1"])
    tenant.settle(narrow)
    for connection in (wide, narrow):
        tenant.pause(connection)
    assert {item["_id"] for item in tenant.all()} == before
    # Retired is only what none of them sees any more.
    gone = set(cloud.order("POST", "/vanish", {"cloud": "aws", "region": "us-east-1", "count": 3})["ids"]) & truth.inventory_ids(tenant)
    run = tenant.discover(narrow)
    assert run["state"] == "success" and run["counts"]["retired"] == 0
    run = tenant.discover(wide)
    assert run["counts"]["retired"] == len(gone)
    # A deleted connection leaves its rows; one made anew finds them again.
    rows = {item["_id"] for item in tenant.all()}
    assert tenant.client.delete(f"/connections/{wide}").status == 204
    assert tenant.client.delete(f"/connections/{narrow}").status == 204
    assert {item["_id"] for item in tenant.all()} == rows
    again = tenant.connect(cloud.aws_connection, "again")
    tenant.settle(again)
    assert {item["_id"] for item in tenant.all()} == rows


def test_a_hand_made_row_is_adopted(cloud, server):
    maestro = server(cloud)
    tenant = Tenant(maestro)
    identity, (_, name, _, _) = next(iter(truth.instances(cloud).items()))
    made = tenant.client.post("/servers", {"name": "by hand", "unique_id": identity, "environment": "Production", "service_mgr": "SystemCtl"}).json["_id"]
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    run = tenant.runs(connection)[0]
    assert run["counts"]["adopted"] == 1, run
    assert set(truth.instances(cloud)) == truth.inventory_ids(tenant)
    row = tenant.client.get(f"/servers/{made}").json
    assert row["datacenters"]["instance_id"] == identity and row["service_mgr"] == "SystemCtl"
    verbs = [one["verb"] for one in tenant.client.get(f"/servers/{made}/history").json["items"]]
    assert verbs == ["adopt", "create"]


def test_what_a_person_set_stays(cloud, server):
    maestro = server(cloud)
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    item = next(item for item in tenant.all() if item["datacenters"]["region"].startswith("us-east-1"))
    path, identity = f"/servers/{item['_id']}", item["datacenters"]["instance_id"]
    assert tenant.client.patch(path, {"name": "ours", "environment": "Production"}).status == 202
    cloud.order("POST", "/change", {"cloud": "aws", "what": "name", "ids": [identity]})
    tenant.discover(connection)
    assert tenant.client.get(path).json["name"] == "ours"
    fields = tenant.client.get(f"{path}/provenance").json["fields"]
    assert fields["name"]["source"] == "user" and fields["name"]["pinned"] and fields["name"]["by"]["_id"] == tenant.client.id
    # Unpinned, the cloud's value returns with the next reading.
    assert tenant.client.delete(f"{path}/pins/name").status == 202
    tenant.discover(connection)
    _, name, _, _ = truth.instances(cloud)[identity]
    assert tenant.client.get(path).json["name"] == name


def test_deleted_by_a_person_comes_back_while_the_cloud_has_it(cloud, server):
    tenant = Tenant(server(cloud))
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    before = truth.inventory_ids(tenant)
    item = tenant.all()[0]
    assert tenant.client.delete(f"/servers/{item['_id']}").status == 204
    run = tenant.discover(connection)
    assert run["counts"]["revived"] == 1
    assert truth.inventory_ids(tenant) == before


def test_wrong_credentials_fail_with_a_message_and_new_ones_heal(cloud, server):
    tenant = Tenant(server(cloud))
    for make in (cloud.aws_connection, cloud.openstack_connection):
        connection = tenant.connect(make, f"{make('x')['provider']} wrong")
        tenant.settle(connection)
        tenant.pause(connection)
        before = truth.inventory_ids(tenant)
        new = cloud.order("POST", "/credentials/rotate", {})
        run = tenant.discover(connection)
        assert run["state"] == "failed" and run["message"], run
        assert run["counts"]["retired"] == 0 and truth.inventory_ids(tenant) == before
        errors = [scope["error"] for scope in run["scopes"] if "error" in scope]
        assert errors and all(error["code"] in ("unauthenticated", "forbidden") and error["message"] for error in errors), run
        stored = tenant.client.get(f"/connections/{connection}").json
        body = {key: stored[key] for key in ("name", "dc", "dc_id", "provider", "service", "regions")}
        body["conn"] = {"access": new["access"], "secret": new["secret"]} if make("x")["provider"] == "AWS" else {"username": cloud.user, "password": new["password"]}
        assert tenant.client.patch(f"/connections/{connection}", body).status == 202
        assert tenant.discover(connection)["state"] == "success"
        cloud.order("POST", "/credentials/rotate", {"access": cloud.access, "secret": cloud.secret, "password": cloud.password})


def test_a_schedule_runs_by_itself(cloud, server):
    tenant = Tenant(server(cloud))
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    assert tenant.client.patch(f"/connections/{connection}/tasks/server-list", {"every": 1, "period": "seconds"}).status == 202
    wait_for(lambda: sum(run["trigger"] == "schedule" and run["state"] == "success" for run in tenant.runs(connection)) >= 2, 30, "two scheduled runs")
    assert tenant.client.patch(f"/connections/{connection}/tasks/server-list", {"enabled": False}).status == 202
    tenant.settle(connection)
    number = len(tenant.runs(connection))
    time.sleep(3)
    assert len(tenant.runs(connection)) == number


def test_a_run_can_be_canceled(cloud, server):
    tenant = Tenant(server(cloud))
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    before = truth.inventory_ids(tenant)
    cloud.fault("aws", "slow", action="DescribeInstances", times=0, delay_ms=1500)
    run = tenant.client.post(f"/connections/{connection}/runs", {}).json["items"][0]
    canceled = tenant.client.post(f"/runs/{run['_id']}/cancel")
    assert canceled.status == 202, canceled
    final = tenant.wait(run["_id"], 15)
    assert final["state"] == "canceled" and final["counts"]["retired"] == 0
    assert truth.inventory_ids(tenant) == before
    cloud.clear_faults()
    assert tenant.discover(connection)["state"] == "success"


def test_the_live_feed_tells_each_step(cloud, server):
    maestro = server(cloud)
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    stream = http.client.HTTPConnection("127.0.0.1", maestro.port, timeout=20)
    stream.request("GET", f"/connections/{connection}/live", headers={"Authorization": f"JWT {tenant.client.token}"})
    answer = stream.getresponse()
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/event-stream")
    run = tenant.client.post(f"/connections/{connection}/runs", {"tasks": ["server-list"]}).json["items"][0]["_id"]
    seen, event = [], None
    while True:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:") and event == "run":
            data = json.loads(line[5:])
            if data["_id"] == run:
                seen.append(data)
                if data["state"] in harness.FINAL:
                    break
    stream.close()
    assert seen[-1]["state"] == "success" and seen[-1]["counts"]["seen"] > 0 and seen[-1]["scopes"]


def test_what_a_team_connects_belongs_to_the_team(cloud, server):
    tenant = Tenant(server(cloud))
    person = tenant.client
    team = person.post("/teams", {"name": "cloud crew"}).json["_id"]
    tenant.client = person.as_team(team)
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    assert tenant.discover(connection)["state"] == "success"
    assert tenant.count() > 300 and tenant.client.get("/servers/facets").json["found"] == tenant.count()
    assert person.get("/servers/count").json["count"] == 0
    assert person.get("/servers/count?scope=all").json["count"] == tenant.count()
    one = tenant.client.get(f"/servers/{tenant.all()[0]['_id']}").json
    assert one["owner"] == {"name": "cloud crew", "_id": team, "refs": "teams"}
    assert [role["_id"] for role in one["roles"]] == [team]
    # Who may not act as the team has nothing to do with its runs.
    run = tenant.runs(connection)[0]
    assert run["by"]["name"] == tenant.name
    stranger = tenant.maestro.account("stranger")
    for client, status in ((stranger, 404), (person, 404), (stranger.as_team(team), 403)):
        assert client.get(f"/runs/{run['_id']}").status == status
        assert client.post(f"/runs/{run['_id']}/cancel").status == status
