"""The inventory pages of the original web client, as a person and as a team: its calls in its order, and what it reads of the answers."""
import pytest
from web_client import Refused

# The columns of its tables; those of `query` are the filterable ones, and `actions` and `-` are sortable all the same.
COLUMNS = {
    "servers": ["name", "ipv4_private", "ipv4_public", "os", "datacenters", "role", "environment", "auth"],
    "applications": ["name", "provider", "ldatacenters", "environment", "lsystem"],
    "system": ["name", "lclients"],
    "clients": ["name"],
    "volumes": ["name", "unique_id", "datacenters"],
    "snapshots": ["name", "datacenters"],
    "images": ["name", "datacenters"],
    "network": ["name", "datacenters", "vpc_id", "family"],
    "flavors": ["name", "api_name", "provider"],
    "flavors_public": ["name", "api_name", "provider"],
}
# What a row shows beside its name.
SHOWN = {
    "applications": ["provider", "system", "environment", "datacenters", "updated_at", "created_at"],
    "system": ["clients", "updated_at", "created_at"],
    "clients": ["contacts", "updated_at", "created_at"],
    "volumes": ["status", "size", "iops", "unique_id", "datacenters", "created_at"],
    "snapshots": ["size", "status", "datacenters", "created_at"],
    "network": ["datacenters", "updated_at"],
    "flavors": ["api_name", "provider"],
}


def names(page):
    return [item["name"] for item in page["items"]]


def datacenter(client, name="East"):
    """As the datacenter dialog sends it: regions and zones out of the catalogue."""
    regions = client.option("datacenter_options")["baser"]["AWS"]
    return client.create("/datacenters", {"name": name, "provider": "AWS", "regions": [one["region"] for one in regions[:2]],
                                          "zones": [zone for one in regions[:2] for zone in one["zones"]]})


def placed(dc, **more):
    return {"_id": dc["_id"], "name": dc["name"], "provider": dc["provider"], "region": "us-east-1 (N. Virginia)", "zone": "us-east-1a", **more}


def life(client, kind, body, change, *, path=None, roles=True):
    """What every kind goes through on its pages: table, dialog, table, detail, edit, access, tracking, delete."""
    path = path or f"/{kind}"
    listed = path + (f"?family={body['family']}" if "family" in body else "")
    columns = COLUMNS.get(kind, ["name"])
    assert body["name"] not in names(client.table_page(listed, columns))
    made = client.create(path, body)
    assert made["name"] == body["name"] and made["active"] is not False
    page = client.table_page(listed, columns, name=body["name"][:5].upper())
    [row] = [item for item in page["items"] if item["_id"] == made["_id"]]
    for column in SHOWN[kind]:
        assert row[column], column
        assert column not in body or row[column] == body[column] or row[column]["name"] == body[column]["name"], (column, row)
    document = client.one(f"{path}/{made['_id']}")
    assert document.items() >= {key: value for key, value in body.items() if value}.items()
    edited = edit(client, path, document, change)
    if roles:
        access(client, path, edited)
    tracking(client, path, edited, change)
    client.remove(path, edited)
    assert body["name"] not in names(client.table_page(listed, columns))
    return edited


def edit(client, path, document, change):
    """The dialog sends back all that was read: links, owner, roles and states too."""
    assert client.put(path, {**document, **change}).items() >= change.items()
    after = client.one(f"{path}/{document['_id']}")
    moved = {"updated_at", "checksum", *change}
    assert {key: value for key, value in after.items() if key not in moved} == {key: value for key, value in document.items() if key not in moved}
    assert after.items() >= change.items()
    return after


def access(client, path, document):
    everybody = client.read("/users/autocomplete?complete=Administrator")["items"]
    administrator = {**everybody[0], "refs": "users", "role": 1}
    told = client.set_roles(f"{path}/{document['_id']}/roles", [*document["roles"], administrator])
    assert [(role["_id"], role["role"]) for role in told] == [(client.tenant, 7), (administrator["_id"], 1)]
    client.set_roles(f"{path}/{document['_id']}/roles", document["roles"])


def tracking(client, path, document, change):
    """One column a change."""
    shown = client.one(f"{path}/{document['_id']}")
    items = client.read(f"{path}/{document['_id']}/audit")["items"]
    assert shown["_id"] == document["_id"] and len(items) >= 2
    assert all(item["updated_at"] and item["user"] and isinstance(item["body"], dict) for item in items), items
    assert any(item["body"].items() >= change.items() for item in items), items


# ---- datacenters ----

def test_datacenters(journey, tenant):
    with journey("datacenters", tenant) as client:
        assert client.list("/datacenters", page=1)["items"] == []
        made = datacenter(client)
        # After a change the client asks for page "true"; the new box must be on it.
        boxes = client.list("/datacenters", page=True)
        assert names(boxes) == ["East"] and len(boxes["items"][0]["regions"]) == 2 and len(boxes["items"][0]["zones"]) == 9
        assert not boxes["items"][0].get("sucessed") and boxes["items"][0]["roles"][0]["_id"] == client.tenant
        document = edit(client, "/datacenters", client.one(f"/datacenters/{made['_id']}"), {"name": "East 2"})
        access(client, "/datacenters", document)
        client.create("/servers", {"name": "web-1", "datacenters": placed(document)})
        inside = client.table_page(f"/datacenters/{document['_id']}/servers/", COLUMNS["servers"])
        assert names(inside) == ["web-1"] and inside["found"] == 1
        standing_reports(client, document)
        tracking(client, "/datacenters", client.one(f"/datacenters/{document['_id']}"), {"name": "East 2"})
        client.remove("/datacenters", document)
        assert client.list("/datacenters", page=True)["found"] == 0


def standing_reports(client, document):
    """The button of a datacenter's analytics: two reports, found by their ids later, updated by sending them whole. Without a service
    that works reports out they stay in process, and the answer, which the client does not read, says so."""
    answer = client.call("POST", f"/datacenters/{document['_id']}/analytics", {"_id": document["_id"]})
    assert answer.status <= 300 and answer.json["err"]["name"] == "ServiceDisabledError"
    reports = client.one(f"/datacenters/{document['_id']}")["reports"]
    assert [report["component"] for report in reports] == ["Servers", "Applications"]
    for report in reports:
        whole = client.one(f"/reports/{report['_id']}")
        assert whole["status"] == "process" and isinstance(whole["columns"], list)
        client.put("/reports", whole)


# ---- servers ----

def test_servers(journey, tenant):
    with journey("servers", tenant) as client:
        dc = datacenter(client)
        volume = client.create("/volumes", {"name": "data-1", "size": 40, "unique_id": "vol-1", "status": "Active", "datacenters": placed(dc)})
        body = server_dialog(client, dc, volume)
        made = client.create("/servers", body)
        assert made["storage"] == body["storage"] and made["services"][0]["name"] == "Nginx"
        taken_already(client)
        server_table(client)
        document = server_page(client, made)
        document = edit(client, "/servers", document, {"cpu": 8, "tags": [{"key": "env", "value": "prod"}, {"key": "team", "value": "web"}]})
        server_setups(client, document)
        access(client, "/servers", document)
        tracking(client, "/servers", document, {"cpu": 8})
        client.remove("/servers", client.one(f"/servers/{document['_id']}"))
        assert client.table_page("/servers", COLUMNS["servers"])["found"] == 0


def server_dialog(client, dc, volume):
    """Options, known products, datacenters and the search for a volume; then the body of every tab."""
    options, environments = client.option("server_options"), client.option("env_options")
    services = client.read("/services?limit=500")["items"]
    nginx = next(one for one in services if one["name"] == "Nginx")
    assert names(client.list("/datacenters", limit=300)) == ["East"]
    found = client.typeahead("/volumes", "DATA")
    assert [one["unique_id"] for one in found] == ["vol-1"]
    return {"status": options["status"][0], "name": "web-1", "hostname": "web-1.example.com", "ipv4_private": "10.0.0.1", "ipv4_public": "203.0.113.7",
            "cpu": 4, "memory": 16, "environment": environments["environment"][0], "role": options["role"][0],
            "os": {"base": options["os"][0], "dist": "Debian", "version": "12"},
            "datacenters": placed(dc, type=options["serverType"][0], instance="m5.large", instance_id="i-0abc"),
            "storage": [{"name": volume["name"], "unique_id": volume["unique_id"], "volume_id": volume["_id"], "size": 40},
                        {"name": "root", "mount": "/", "size": 20, "root": "yes"}],
            "auth": [{"type": options["auth"][0], "name": "ops", "username": "admin", "key": "ops.pem"}],
            "services": [{"name": nginx["name"], "version": "1.22"}], "tags": [{"key": "env", "value": "prod"}]}


def taken_already(client):
    """On leaving a field: who has that already? A plain parameter finds exactly that."""
    for field, value in (("name", "web-1"), ("hostname", "web-1.example.com"), ("ipv4_private", "10.0.0.1"), ("ipv4_public", "203.0.113.7")):
        assert client.list("/servers", **{field: value})["found"] == 1
        assert client.list("/servers", **{field: value[:-1]})["found"] == 0


def server_table(client):
    columns = COLUMNS["servers"]
    for number in range(2, 13):
        client.create("/servers", {"name": f"worker-{number:02}", "environment": "Staging"})
    for filters in ({"name": "EB-1"}, {"ipv4_private": "10.0.0"}, {"ipv4_public": "203"}, {"os": "Linux"}, {"datacenters": "East"}, {"role": "Application"},
                    {"auth": "PKI"}, {"environment": "Production", "os": "linux"}):
        assert names(client.table_page("/servers", columns, **filters)) == ["web-1"], filters
    first, second = (client.table_page("/servers", columns, order="name", ascending=1, page=page, limit=10) for page in (1, 2))
    assert (first["found"], first["total_pages"], len(first["items"]), len(second["items"])) == (12, 2, 10, 2)
    assert names(first) + names(second) == ["web-1", *(f"worker-{number:02}" for number in range(2, 13))]
    assert names(client.table_page("/servers", columns, order="name", ascending=0, limit=10))[0] == "worker-12"
    # Every column has an arrow to sort by, whatever it holds.
    for order in ("lsystem", "actions", "-", "datacenters", "os", "auth"):
        assert client.table_page("/servers", columns, order=order, ascending=1)["found"] == 12
    # Nor does it matter which columns a list does not know.
    assert client.table_page("/servers", [*columns, "modules", "nonsense"], nonsense="x", modules="y")["found"] == 12
    item = client.table_page("/servers", columns, name="web-1")["items"][0]
    assert item["os"]["base"] == "Linux" and item["datacenters"]["name"] == "East" and item["auth"][0]["type"] == "PKI" and item["updated_at"]
    for worker in (first["items"] + second["items"])[1:]:
        client.remove("/servers", worker)


def server_page(client, made):
    """The document, its volumes by their unique ids, its applications by their ids."""
    document = client.one(f"/servers/{made['_id']}")
    ids = [one["unique_id"] for one in document["storage"] if "unique_id" in one]
    assert [one["size"] for one in client.list("/volumes", unique_id=ids)["items"]] == [40]
    application = client.create("/applications", {"name": "shop", "family": "Application"})
    client.call("PATCH", f"/applications/{application['_id']}/servers", {"id": [document["_id"]]})
    document = client.one(f"/servers/{made['_id']}")
    shown = client.list("/applications", _id=[one["_id"] for one in document["applications"]])
    assert names(shown) == ["shop"] and shown["items"][0]["family"] == "Application"
    return document


def server_setups(client, document):
    """The dialogs of one service (paths, init system, variables) and of one disk (partitions, LVM) send parts of the document."""
    setup = {"bin": "/usr/sbin/nginx", "user": "www-data", "init": {"system": "SystemCtl", "start": "systemctl start nginx"}}
    services = [{**document["services"][0], "setup": setup, "configs": {"env": [{"key": "A", "value": "1"}]}}]
    told = client.patch(f"/servers/{document['_id']}", {**document, "services": services})
    assert told["services"][0]["setup"] == setup
    storage = [{**disk, "partitions": [{"name": "sda1", "size": 10}], "lvm": True, "vg": "vg0"} for disk in document["storage"]]
    assert client.patch(f"/servers/{document['_id']}", {**document, "storage": storage})["storage"] == storage
    after = client.one(f"/servers/{document['_id']}")
    assert after["storage"] == storage and after["name"] == document["name"] and after["cpu"] == 8


# ---- applications of every family ----

SPECIFIC = {
    "Application": {"language": "Go", "cluster": "12 Factor", "role": {"role": "Application", "endpoint": "https://shop.example.com", "path": "/srv/shop"},
                    "deploy": [{"type": "FTP", "provider": "GitLab", "notes": "by hand"}]},
    "Loadbalance": {"role": {"endpoint": "lb.example.com", "healthcheck": "/health"}},
    "Broker": {"role": {"endpoint": "amqp://mq", "zookeeper": "zk:2181", "config": "x=1"}},
    "Database": {"type": "Application", "storage_types": "ASM", "asm_groups": [{"name": "DATA", "size": 100}], "cluster": "RAC", "crs_version": "19.3",
                 "dataguard": "Primary", "role": "Primary", "pdbs": [{"name": "CDB1"}], "modal": "oracle", "engine": "oracle"},
    "Serverless": {"role": {"memory": 128, "timeout": 3, "triggers": ["s3"], "handler": "index.handler"}},
    "ApiGateway": {"role": {"endpoint": "api.example.com", "config": "x=1"}},
    "CDN": {"role": {"endpoint": "cdn.example.com", "config": "x=1"}},
    "ObjectStorage": {"domain": "static.example.com", "role": {"endpoint": "s3://static"}},
    "MachineLearning": {"type": "recognition", "role": {"endpoint": "ml.example.com", "models": ["faces"]}},
    "Logs": {"role": {"endpoint": "logs.example.com", "healthcheck": "/ready"}},
    "AutoScaling": {"role": {"min": 1, "max": 4, "desired": 2, "health_type": "EC2"}},
    **{family: {"role": {"endpoint": f"{family.lower()}.example.com"}} for family in (
        "ContainerOrchestration", "ServiceMesh", "Cache", "Monitor", "SMTP", "ServiceDiscovery", "VPN", "Repository", "DNS", "CI/CD", "Auth", "NAS",
        "Corporate")},
}


def test_applications(journey, tenant):
    with journey("applications", tenant) as client:
        assert set(SPECIFIC) | {"AutoScalingPlan"} == set(client.option("application_options")["families"]) | {"MachineLearning"}
        dc, system = datacenter(client), client.create("/system", {"name": "Shop"})
        for family, specific in SPECIFIC.items():
            application_life(client, family, specific, dc, system)


def application_life(client, family, specific, dc, system):
    """Every family has pages of its own over one kind of document."""
    environments = client.option("env_options")
    client.read(f"/services?family={family}&limit=500")
    assert names({"items": client.typeahead("/system", "sho")}) == ["Shop"]
    body = {"name": f"my {family}", "family": family, "environment": environments["environment"][0], "size": environments["size"][2], "own": 1,
            "description": "What it is for", "provider": "AWS", "system": [{"_id": system["_id"], "name": system["name"]}],
            "datacenters": placed(dc), "tags": [{"key": "a", "value": "b"}], **specific}
    filters = {"name": "MY", "provider": "aws", "ldatacenters": "East", "environment": "Prod", "lsystem": "shop"}
    made = client.create("/applications", body)
    fixed = f"/applications?family={family}" if family != "AutoScaling" else "/applications?family[]=AutoScaling&family[]=AutoScalingPlan"
    item = client.table_page(fixed, COLUMNS["applications"], order="lsystem", **filters)["items"][0]
    assert item["system"][0]["name"] == "Shop" and item["datacenters"]["name"] == "East" and item["family"] == family
    assert client.table_page(fixed, COLUMNS["applications"], **{**filters, "lsystem": "other"})["found"] == 0
    assert [one["_id"] for one in client.typeahead("/applications", "my", family=family)] == [made["_id"]]
    client.remove("/applications", made)
    life(client, "applications", body, {"description": "What it is for now"})


# ---- the others ----

def test_system(journey, tenant):
    with journey("system", tenant) as client:
        options = client.option("system_options")
        assert options["check"]
        owner = client.create("/clients", {"name": "Acme"})
        entry = client.create("/applications", {"name": "shop", "family": "Application"})
        body = {"name": "Webshop", "description": "Sells", "clients": [{"_id": owner["_id"], "name": "Acme"}], "tags": [{"key": "a", "value": "b"}],
                "entry": [{"_id": entry["_id"], "name": "shop", "family": "Application", "endpoint": "rest"}]}
        life(client, "system", body, {"description": "Sells more"})
        client.create("/system", body)
        item = client.table_page("/system", COLUMNS["system"], lclients="acm", order="lclients")["items"][0]
        assert (item["name"], item["clients"][0]["name"]) == ("Webshop", "Acme")


def test_clients(journey, tenant):
    with journey("clients", tenant) as client:
        channels = client.option("clients_options")["channels"]
        body = {"name": "Acme", "description": "A customer", "contacts": [{"channel": channels[0], "value": "a@acme.example"}], "tags": [{"key": "a", "value": "b"}]}
        more = [*body["contacts"], {"channel": channels[2], "value": "#acme"}]
        life(client, "clients", body, {"description": "A good customer"})
        made = client.create("/clients", body)
        assert client.put("/clients", {**client.one(f"/clients/{made['_id']}"), "contacts": more})["contacts"] == more


def test_volumes(journey, tenant):
    with journey("volumes", tenant) as client:
        status = client.option("status_volume_options")["status"]
        body = {"status": status[0], "name": "data-1", "size": 40, "iops": 300, "volume_type": "gp3", "encrypted": "yes", "unique_id": "3f1c", "tags": [],
                "datacenters": placed(datacenter(client))}
        life(client, "volumes", body, {"size": 80, "status": status[1]})
        client.create("/volumes", body)
        assert names(client.table_page("/volumes", COLUMNS["volumes"], unique_id="3F", datacenters="east", order="unique_id")) == ["data-1"]


def test_snapshots(journey, tenant):
    with journey("snapshots", tenant) as client:
        dc = placed(datacenter(client))
        life(client, "snapshots", {"name": "nightly", "size": 40, "datacenters": dc}, {"size": 41})
        # Tags are in the dialog; the original takes them and keeps none.
        client.create("/snapshots", {"name": "weekly", "size": 40, "datacenters": dc, "tags": [{"key": "a", "value": "b"}]})
        assert names(client.table_page("/snapshots", COLUMNS["snapshots"], datacenters="East", order="volume_id")) == ["weekly"]


def test_network(journey, tenant):
    with journey("network", tenant) as client:
        dc = placed(datacenter(client))
        life(client, "network", {"name": "backbone", "datacenters": dc, "tags": [{"key": "a", "value": "b"}]}, {"name": "backbone 2"})
        assert client.table_page("/network", COLUMNS["network"], vpc_id="vpc-1", family="Subnet", order="subnet_id")["found"] == 0


def test_flavors(journey, tenant):
    with journey("flavors", tenant) as client:
        body = {"name": "small", "provider": "AWS", "api_name": "a.small", "datacenters": placed(datacenter(client)), "tags": [{"key": "a", "value": "b"}]}
        life(client, "flavors", body, {"name": "small 2"}, roles=False)


def test_catalogues(journey, tenant):
    """Pages without a dialog: images come from discovery, public flavors with the instance."""
    with journey("catalogues", tenant) as client:
        dc = placed(datacenter(client))
        made = discovered_image(client, dc)
        item = client.table_page("/images", COLUMNS["images"], name="DEB", datacenters="East", order="size")["items"][0]
        assert (item["_id"], item["datacenters"]["name"], item["unique_id"]) == (made["_id"], "East", "ami-1")
        document = client.one(f"/images/{made['_id']}")
        assert (document["name"], document["datacenters"]["name"], document["datacenters"]["region"]) == ("debian-12", "East", dc["region"])
        assert client.read(f"/images/{made['_id']}/audit")["items"][0]["body"]["name"] == "debian-12"
        page = client.table_page("/flavors_public", COLUMNS["flavors_public"], provider="aws", order="api_name", ascending=1)
        assert page["found"] == 16 and page["items"][0].keys() >= {"name", "api_name", "provider"}
        assert client.one(f"/flavors_public/{page['items'][0]['_id']}")["api_name"] == page["items"][0]["api_name"]


def discovered_image(client, dc):
    made = client.maestro.client.as_(client.token).post(client.address("/images"), {"name": "debian-12", "unique_id": "ami-1", "datacenters": dc})
    assert made.status == 201, made
    return made.json


# ---- relations ----

def test_relations(journey, tenant):
    with journey("relations", tenant) as client:
        server, application, system, owner = (client.create(path, {"name": name, **more}) for path, name, more in (
            ("/servers", "web-1", {}), ("/applications", "shop", {"family": "Application"}), ("/system", "Webshop", {}), ("/clients", "Acme", {})))
        for parent, children, child, listed in ((application, "/applications/{}/servers", server, "/servers?applications._id="),
                                                (system, "/system/{}/applications", application, "/applications?system._id="),
                                                (owner, "/clients/{}/system", system, "/system?clients._id=")):
            relate(client, children.format(parent["_id"]), child, listed + parent["_id"])
        dependencies(client, application, system)


def relate(client, path, child, listed):
    """Both directions carry a body, DELETE too; the block on the page is a list filtered by a dotted path."""
    assert client.list(listed)["found"] == 0
    assert client.call("PATCH", path, {"id": [child["_id"]]}).status == 202
    assert [item["_id"] for item in client.list(listed)["items"]] == [child["_id"]]
    assert client.call("DELETE", path, {"id": [child["_id"]]}).status == 204
    assert client.list(listed)["found"] == 0
    client.call("PATCH", path, {"id": [child["_id"]]})


def dependencies(client, root, system):
    """The maker of dependencies: entry points, then a tree that is committed at once and read again."""
    assert client.option("deps_options")["protocol"]
    database, cache = (client.create("/applications", {"name": name, "family": family}) for name, family in (("orders", "Database"), ("sessions", "Cache")))
    nodes = {one["_id"]: {"_id": one["_id"], "name": one["name"], "family": one["family"]} for one in (root, database, cache)}
    assert names({"items": client.typeahead("/applications", "ORDERS", family="Database")}) == ["orders"]
    tree = {"root": [{**nodes[root["_id"]], "endpoint": "rest"}], root["_id"]: [{**nodes[database["_id"]], "endpoint": "tcp/ip"}],
            database["_id"]: [nodes[cache["_id"]]]}
    answer = client.call("POST", "/applications/deps", {"tree": tree, "systems": [{"_id": system["_id"], "name": system["name"]}]})
    assert answer.status == 201
    assert [dep["_id"] for dep in client.one(f"/applications/{root['_id']}")["deps"]] == [database["_id"]]
    assert client.one(f"/applications/{root['_id']}")["deps"][0]["endpoint"] == "tcp/ip"
    assert [dep["name"] for dep in client.one(f"/applications/{database['_id']}")["deps"]] == ["sessions"]
    assert [entry["name"] for entry in client.one(f"/system/{system['_id']}")["entry"]] == ["shop"]


# ---- what goes wrong is said ----

def test_refusals_are_shown_and_end_no_session(person):
    """The client shows a 422's first message and field, a 400's text; a strange document looks like none."""
    alice, bob = person("Alice"), person("Bob")
    made = alice.create("/servers", {"name": "web-1"})
    with pytest.raises(Refused, match='422: "ipv4_private" must be a valid ip address'):
        alice.create("/servers", {"name": "web-2", "ipv4_private": "10.0.0"})
    with pytest.raises(Refused, match='422: "size" must be a number'):
        alice.create("/volumes", {"name": "vol", "size": "large", "unique_id": "1"})
    with pytest.raises(Refused, match="404: not found"):
        bob.one(f"/servers/{made['_id']}")
    for act in (lambda: bob.put("/servers", made), lambda: bob.remove("/servers", made), lambda: bob.set_roles(f"/servers/{made['_id']}/roles", made["roles"])):
        with pytest.raises(Refused, match="400: You not authorize to do this!"):
            act()
    assert bob.list("/servers")["found"] == 0 and alice.list("/servers")["found"] == 1
