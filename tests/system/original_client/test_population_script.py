"""The demonstration script that came with the original: it fills an instance over HTTP, and builds each reference out of an answer.

It cleaned up in the database first, which is not for us; these are its requests after that."""
import pytest

DATACENTERS = [("AWS US East", "AWS"), ("AWS US West", "AWS"), ("Digital Ocean", "Digital Ocean"), ("Azure US East", "Azure"), ("Openstack DBs", "OpenStack")]
CLIENTS = ["Maestro", "ERP", "Advertising agency"]
TEAMS = ["SRE - Engineers", "SysAdmin", "Developer", "Mananger", "Architecture"]


@pytest.fixture
def demo(maestro):
    """Signs up and in as the script does: its requests carry the token and no origin."""
    client = maestro.client
    assert client.post("/users", {"name": "Demo", "email": "demo@maestroserver.io", "password": "demo123"}).status == 201
    return client.as_(client.post("/users/auth", {"email": "demo@maestroserver.io", "password": "demo123"}).json["token"])


def create(client, path, body):
    answer = client.post(path, body)
    assert answer.status == 201, answer
    assert answer.json["name"] == body["name"] and {key: body[key] for key in ("email", "family") if key in body}.items() <= answer.json.items()
    return answer.json


def reference(document, *keys):
    return {key: document[key] for key in ("_id", "name", *keys)}


def test_the_demonstration_script_fills_an_instance(demo):
    dcs = [create(demo, "/datacenters", {"name": name, "provider": provider, "regions": ["r1"], "zones": ["r1a"]}) for name, provider in DATACENTERS]
    clients = [create(demo, "/clients", {"name": name}) for name in CLIENTS]
    for name in TEAMS:
        create(demo, "/teams", {"name": name, "email": "team@maestroserver.io"})
    system = create(demo, "/system", {"name": "Shop", "clients": [reference(one) for one in clients]})
    place = reference(dcs[0], "provider")
    for path, more in (("/snapshots", {"size": 8}), ("/images", {"unique_id": "ami-7"}), ("/network", {"unique_id": "vpc-7"})):
        assert create(demo, path, {"name": f"my {path[1:]}", "datacenters": place, **more})["datacenters"]["name"] == place["name"]
    applications = [create(demo, "/applications", {"name": name, "family": family, "system": [reference(system)], "datacenters": place})
                    for name, family in (("front", "Loadbalance"), ("shop", "Application"), ("orders", "Database"))]
    front, shop, orders = (reference(one, "family") for one in applications)
    tree = {"root": [front], front["_id"]: [shop], shop["_id"]: [orders]}
    assert demo.post("/applications/deps", {"tree": tree, "systems": [reference(system)]}).status == 201
    for number in range(3):
        create(demo, "/servers", {"name": f"web-{number}", "datacenters": place, "applications": [shop], "ipv4_private": f"10.0.0.{number + 1}"})
        create(demo, "/volumes", {"name": f"disk-{number}", "size": 8, "unique_id": f"vol-{number}", "datacenters": place})
    assert demo.get(f"/servers?applications._id={shop['_id']}").json["found"] == 3
    assert [dep["_id"] for dep in demo.get(f"/applications/{shop['_id']}").json["deps"]] == [orders["_id"]]
    # Without the services that work them out: stored, and told so by a status that stops no script.
    for path, body in (("/reports", {"name": "servers", "report": "general", "component": "Servers", "filters": []}),
                       ("/graphs", {"name": "shop", "type": "bussiness", "systems": [reference(system)]})):
        answer = demo.post(path, body)
        assert (answer.status, answer.json["err"]["name"]) == (200, "ServiceDisabledError"), answer
        assert demo.get(path).json["found"] == 1
