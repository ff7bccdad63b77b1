"""import mongodump: an installation of the original moves in, on either store, killed at any moment."""
import gzip
import json
import os
import random
import re
import struct
import subprocess
import time

import pytest
from harness import Tenant, bson_writer, claims, wait_for
from harness.old_dump import SECRET, OldInstallation, sign
from test_store_commands import Home

POSTGRES = os.environ.get("MAESTRO_TEST_STORE") == "postgres"
KILLS = 10


class Place(Home):
    """A folder to move into."""

    def __init__(self, folder, secrets=None):
        super().__init__(folder, secrets)
        self.environment["MAESTRO_IMPORT_SECRETJWT"] = SECRET

    def move(self, dump, *more, status=0):
        return self.run("import", "mongodump", dump, *more, status=status)

    def rows(self, query):
        return sorted(tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in self.execute(query, read=True))

    def stage(self):
        """How far a move has come; None before its first transaction."""
        if POSTGRES:
            begun = self.one("SELECT to_regclass('setting') IS NOT NULL")
        else:
            begun = (self.folder / "maestro.db").exists() and self.one("SELECT count(*) FROM sqlite_master WHERE name = 'setting'")
        marks = self.execute("SELECT value FROM setting WHERE name = 'moved_in'", read=True) if begun else []
        return json.loads(marks[0][0])["stage"] if marks else None

    def content(self):
        """All that a move writes but times of its own, numbers that a rolled back transaction may use up, and random nonces."""
        out = {"documents": [], "history": self.rows("SELECT oid, at, verb, actor, actor_name, changes FROM history"),
               "order": [row[0] for row in self.execute("SELECT changes FROM history ORDER BY id", read=True)],
               "sightings": self.rows("SELECT s.connection, s.resource, s.region, g.key, d.oid, g.hash FROM sighting g JOIN scope s ON s.id = g.scope JOIN doc d ON d.id = g.row"),
               "schedules": self.rows("SELECT connection, task, enabled, every, period FROM schedule"),
               "credentials": self.rows('SELECT "user", hash, version FROM credential'), "secrets": self.rows("SELECT document FROM secret")}
        tables = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'e\\_%'" if POSTGRES else "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 2) = 'e_'"
        for (table,) in sorted(self.execute(tables, read=True)):
            out["documents"] += self.rows("SELECT d.oid, k.name, d.list_json, d.provenance, d.body, n.active, n.created, n.updated, n.owner, n.key, a.entries FROM doc d "
                                          f'JOIN kind k ON k.id = d.kind JOIN "{table}" n ON n.id = d.id LEFT JOIN acl_set a ON a.id = n.acl')
        assert len(out["documents"]) == self.one("SELECT count(*) FROM doc")
        return out


def tallies(report):
    """By "database.collection": [read, imported, refused, left]."""
    rows = re.findall(r"^(\S+) +(\d+) +(\d+) +(\d+) +(\d+)$", report, re.MULTILINE)
    return {name: [int(number) for number in numbers] for name, *numbers in rows}


@pytest.fixture
def place(tmp_path):
    return lambda name="new", **more: Place(tmp_path / name, **more)


@pytest.fixture
def old(tmp_path):
    def make(seed=1, documents=300, name="dump", writing=None, **more):
        installation = OldInstallation(seed, documents, **more)
        installation.folder = installation.write(tmp_path / name, **(writing or {}))
        return installation
    return make


def active_of(documents):
    """As the store has them: one an id, of object ids."""
    seen = {}
    for one in documents:
        if isinstance(one["_id"], bson_writer.Id):
            seen.setdefault(str(one["_id"]), one)
    return {identity: one for identity, one in seen.items() if one.get("active") is True}


def readers(document):
    return {str(role["_id"]) for role in document.get("roles", []) if isinstance(role, dict) and "_id" in role and int(role["role"]) >= 1}


def sign_in(maestro, mail, password):
    return maestro.client.post("/users/auth", {"email": mail, "password": password})


# ---- what is in it ----

@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_document_is_accounted_for(old, place, seed):
    installation, new = old(seed), place()
    report = new.move(installation.folder)
    found = tallies(report)
    for name, documents in {**installation.main}.items():
        read, moved, refused, left = found[f"maestro-client.{name}"]
        assert read == len(documents) == moved + refused + left, name
    assert found["maestro-client.servers"][2] == 1, "one has the id of another"
    assert found["maestro-client.users"] == [10, 10, 0, 0]
    assert found["maestro-audit.audits"] == [11, 8, 0, 3]
    assert "rows of a report: this version has no place for them" in report
    total = found["all"]
    assert total[0] == total[1] + total[2] + total[3]
    assert "The counts add up." in report
    assert new.one("SELECT count(*) FROM doc") + new.one("SELECT count(*) FROM history") == total[1]
    assert new.run("check") == "no problems\n"


def test_gzipped_and_shared_databases_give_the_same(old, place):
    plain, zipped, shared = place("a"), place("b"), place("c")
    plain.move(old(name="1").folder)
    zipped.folder.joinpath("secrets.json").write_bytes(plain.folder.joinpath("secrets.json").read_bytes())
    zipped.folder.joinpath("secrets.json").chmod(0o600)
    zipped.move(old(name="2", writing={"gzipped": True}).folder)
    assert zipped.content() == plain.content()
    report = shared.move(old(name="3", writing={"together": True}).folder / "maestro-client")
    assert tallies(report)["maestro-client.snapshots"] == [6, 4, 0, 2]
    assert shared.one("SELECT count(*) FROM doc") == plain.one("SELECT count(*) FROM doc")
    assert shared.one("SELECT count(*) FROM history") == plain.one("SELECT count(*) FROM history")


def test_people_sign_in_and_see_what_they_saw(old, place, server):
    installation, new = old(4), place()
    new.move(installation.folder)
    maestro = server(data=new.folder)
    ids = {user["email"]: str(user["_id"]) for user in installation.users}
    for mail, password in installation.passwords.items():
        assert sign_in(maestro, mail, "wrong " + password).status == 400
        for _ in range(2):  # the second time with a hash of ours
            login = sign_in(maestro, mail, password)
            assert login.status == 200 and login.json["user"]["_id"] == ids[mail], login
        client = maestro.client.as_(login.json["token"])
        for path, collection in (("servers", "servers"), ("applications", "applications"), ("datacenters", "datacenters"), ("connections", "connections"),
                                 ("volumes", "volumes"), ("network", "networks"), ("system", "systems"), ("clients", "clients"), ("scheduler", "schedulers"),
                                 ("reports", "reports"), ("graphs", "graphs"), ("images", "images"), ("snapshots", "snapshots"), ("flavors", "flavors")):
            wanted = {identity for identity, one in active_of(installation.main[collection]).items() if ids[mail] in readers(one)}
            if collection == "volumes":
                wanted.discard(str(installation.hand_made[1]["_id"]))  # has got an id of its own
            page = client.get(f"/{path}?limit=1000")
            shown = {item["_id"] for item in page.json["items"]} if page.status == 200 else set()
            extra = {item["_id"] for item in page.json["items"] if item["name"] in ("text id", "number id", "id of a server")} if shown else set()
            assert shown - extra == wanted, (mail, path)
        assert client.get("/adminer").json["found"] == 14, "the dump's, and what it lacks"
        assert {"Our own stage"} <= set(client.get("/adminer?key=env_options").json["items"][0]["value"]["options"])
    assert sign_in(maestro, "gone@old.example.com", "old pass 0").status == 400
    assert sign_in(maestro, "none@old.example.com", "anything").status == 400


def test_documents_keep_ids_dates_roles_and_odd_values(old, place, server):
    installation, new = old(5), place()
    new.move(installation.folder)
    maestro = server(data=new.folder)
    ann = maestro.client.as_(sign_in(maestro, installation.ann["email"], "old pass 0").json["token"])
    odd = ann.get(f"/servers/{installation.odd_server['_id']}").json
    assert odd["created_at"] == "2020-07-21T18:37:44.000Z" and odd["updated_at"] == "2020-07-21T18:37:44.000Z"
    body = json.loads(new.one("SELECT body FROM doc WHERE oid = " + ("'\\x{}'" if POSTGRES else "x'{}'").format(installation.odd_server["_id"])))
    assert body["nan"] == "NaN" and body["infinite"] == "-Infinity" and body["whole"] == 4 and body["long"] == 2**62 and body["decimal"] == "123.45"
    assert body["zero_text"] == "zero\ufffdinside" and body["bad_text"].startswith("a\ufffd") and body["nothing"] is None and body["null"] is None
    assert body["labels"] == {"a.b/c": 1, "$dollar": 2, "": 3, "ünï": "ö"} and body["mixed"] == [1, "a", None, [2, [3]], {"x": []}]
    assert body["bytes"] == "AP8BAg==" and body["pattern"] == "/^web.*/i" and body["symbol"] == "word" and body["code"] == "function()"
    deep, levels = body["deep"], 0
    while "in" in deep:
        deep, levels = deep["in"], levels + 1
    assert levels == 30

    roles = next(item for item in ann.get("/servers?limit=1000&name=odd%20roles").json["items"])
    shown = ann.get(f"/servers/{roles['_id']}").json["roles"]
    assert [(role.get("refs"), role["role"]) for role in shown] == [("users", 7), ("users", 7), ("users", 1), (None, 3), ("organization", 7)]
    assert "_id" not in shown[0] and shown[1]["_id"] == str(installation.ann["_id"])
    never = ann.get("/servers?limit=1000&name=never%20active").json["items"] if ann.get("/servers/count?name=never%20active").json["count"] else []
    assert never == []

    for at, document in enumerate(installation.hand_made[:40]):
        if str(installation.ann["_id"]) not in readers(document):
            continue
        answer = ann.get(f"/servers/{document['_id']}")
        assert answer.status == 200 and answer.json["active"] == document["active"], at
        created = document["created_at"]
        text = created if isinstance(created, str) else created.isoformat()
        assert answer.json["created_at"][:19] == text[:19].replace(" ", "T")
        assert answer.json["name"] == document["name"] and answer.json["owner"]["_id"] == str(document["owner"]["_id"])


def test_history_is_told_as_the_audit_told_it(old, place, server):
    installation, new = old(6), place()
    new.move(installation.folder)
    maestro = server(data=new.folder)
    hand = installation.hand_made[2]
    owner = next(user for user in installation.users if str(user["_id"]) in readers(hand))
    client = maestro.client.as_(sign_in(maestro, owner["email"], installation.passwords[owner["email"]]).json["token"])
    rows = client.get(f"/servers/{hand['_id']}/history").json["items"]
    assert [row["verb"] for row in rows] == ["delete", "update", "update", "create"]
    assert [row["at"] for row in rows] == [f"2019-06-01T0{hour}:00:00.000Z" for hour in (3, 2, 1, 0)]
    assert [row["actor"]["name"] for row in rows] == ["stranger@example.com", "ann@old.example.com", "bob@old.example.com", "ann@old.example.com"]
    changes = {change["path"]: change for change in rows[1]["changes"]}
    assert changes["cpu"] == {"path": "cpu", "old": 1} and changes["tags"]["new"] == [{"key": "b", "value": "3"}]
    assert {change["path"]: (change["old"], change["new"]) for change in rows[2]["changes"]}["name"] == ("first name", "second name")


# ---- going on with it ----

def test_discovery_goes_on_with_what_the_original_had_found(old, place, server, clouds):
    cloud = clouds(servers=60, openstack_servers=3)
    first = Tenant(server(cloud), "first")
    first.settle(first.connect(cloud.aws_connection))
    machines = [{"unique_id": one["unique_id"], "region": one["datacenters"]["region"], "name": one["name"]}
                for one in (first.client.get(f"/servers/{item['_id']}").json for item in first.all())]
    assert len(machines) >= 50
    gone = {"unique_id": "i-0000000000000dead", "region": machines[0]["region"], "name": "gone"}
    # As the original words it.
    for one in machines[::2]:
        one["region"] += " (somewhere)"
    fields = {name: value for name, value in cloud.aws_connection("x").items() if name != "dc_id"}
    installation = old(7, machines=[*machines, gone], connection=fields, odd=False)
    new = place()
    new.move(installation.folder)
    maestro = server(cloud, data=new.folder)
    login = sign_in(maestro, installation.ann["email"], "old pass 0")
    tenant = Tenant.__new__(Tenant)
    tenant.maestro, tenant.client = maestro, maestro.client.as_(login.json["token"])
    connection = str(installation.connection["_id"])
    assert claims(tenant.client.get(f"/connections/{connection}").json["conn"])["secret"] == "********"
    before = {one["unique_id"]: str(one["_id"]) for one in installation.servers}
    started = tenant.client.post(f"/connections/{connection}/runs", {"tasks": ["server-list"]})
    assert started.status == 202, started
    run = tenant.wait(started.json["items"][0]["_id"])
    assert run["state"] == "success", run
    after = {}
    for item in tenant.client.get("/servers?limit=1000&active=true").json["items"]:
        one = tenant.client.get(f"/servers/{item['_id']}").json
        if one.get("unique_id"):
            assert one["unique_id"] not in after, "a duplicate"
            after[one["unique_id"]] = one
    assert set(after) == {one["unique_id"] for one in machines}, "the deleted are back, the vanished is retired"
    assert {identity: one["_id"] for identity, one in after.items()} == {identity: before[identity] for identity in after}
    assert run["counts"]["created"] == 0 and run["counts"]["retired"] == 1 and run["counts"]["revived"] >= 5, run["counts"]
    for number, one in enumerate(installation.servers[:-1]):
        now = after[one["unique_id"]]
        if one["checksum"] == "tombstone":
            assert now["environment"] == "Typed by hand" and now["cpu"] == 96
        else:
            assert now["cpu"] != 96
        assert now["metas"]["old_only"] == "stays", "what only the original's discovery could state"
        assert now["accountant"] == [connection], number


def test_schedules_of_connections_are_kept(old, place, server):
    installation, new = old(8), place()
    new.move(installation.folder)
    maestro = server(data=new.folder)
    ann = maestro.client.as_(sign_in(maestro, installation.ann["email"], "old pass 0").json["token"])
    for key, (enabled, every, period) in installation.expected["schedules"].items():
        connection, task = key.split()
        shown = {one["name"]: one for one in ann.get(f"/connections/{connection}/tasks").json["items"]}[task]
        kept = shown["schedule"]
        assert [kept["enabled"], kept["every"], kept["period"]] == [enabled, every, period], shown


def test_a_scheduler_document_and_its_timer_follow_each_other(old, place, server):
    installation, new = old(18), place()
    new.move(installation.folder)
    maestro = server(data=new.folder)
    ann = maestro.client.as_(sign_in(maestro, installation.ann["email"], "old pass 0").json["token"])

    def timer(connection, task):
        shown = {one["name"]: one for one in ann.get(f"/connections/{connection}/tasks").json["items"]}[task]["schedule"]
        return [shown["enabled"], shown["every"], shown["period"]]

    def said(document):
        body = ann.get(f"/scheduler/{document}").json
        assert body["period_type"] == "interval"
        return [body["enabled"], body["interval"]["every"], body["interval"]["period"]]

    for document in (installation.main["schedulers"][0], installation.calendar):
        one, connection, task = str(document["_id"]), document["link"]["_id"], document["link"]["task"]
        assert said(one) == timer(connection, task)
        answer = ann.patch(f"/scheduler/{one}", {"interval": {"every": 9, "period": "hours"}})
        assert answer.status in (200, 202), answer
        assert said(one) == timer(connection, task) == [True, 9, "hours"]
        answer = ann.patch(f"/scheduler/{one}", {"enabled": False})
        assert answer.status in (200, 202) and timer(connection, task) == [False, 9, "hours"], answer
        answer = ann.patch(f"/connections/{connection}/tasks/{task}", {"enabled": True, "every": 20, "period": "minutes"})
        assert answer.status in (200, 202) and said(one) == timer(connection, task) == [True, 20, "minutes"], answer


# ---- teams ----

def test_a_member_reads_what_the_team_holds(old, place, server):
    installation, new = old(19), place()
    new.move(installation.folder)
    maestro = server(data=new.folder)
    ann, bob, carol = (maestro.client.as_(sign_in(maestro, f"{name}@old.example.com", f"old pass {at}").json["token"])
                       for at, name in enumerate(("ann", "bob", "carol")))
    team = str(installation.teams[0]["_id"])
    shown = ann.get(f"/teams/{team}").json
    assert shown["name"] == "Team 0" and [(one["_id"], one["role"]) for one in shown["members"]] == [
        (str(installation.ann["_id"]), 7), (str(installation.bob["_id"]), 1)]
    held = {identity for identity, one in active_of(installation.main["servers"]).items() if team in readers(one)}
    assert held and {item["_id"] for item in bob.get(f"/teams/{team}/servers?limit=1000").json["items"]} == held
    for server_id in sorted(held)[:3]:
        answer = bob.get(f"/teams/{team}/servers/{server_id}")
        assert answer.status == 200 and answer.json["owner"]["_id"] == team, answer
        assert bob.patch(f"/teams/{team}/servers/{server_id}", {"name": "bob reads only"}).status >= 400
        assert ann.patch(f"/teams/{team}/servers/{server_id}", {"name": "ann writes"}).status in (200, 202)
        assert bob.get(f"/teams/{team}/servers/{server_id}").json["name"] == "ann writes"
    assert carol.get(f"/teams/{team}/servers").status >= 400, "no member"


def test_of_people_with_one_address_the_oldest_signs_in(old, place, server):
    installation, new = old(20), place()
    report = new.move(installation.folder)
    late, early = installation.twins
    assert f"the same email as the older user {early['_id']}, letters in any case" in report and str(late["_id"]) in report
    maestro = server(data=new.folder)
    login = sign_in(maestro, "twin@old.example.com", "old pass 3")
    assert login.status == 200 and login.json["user"]["_id"] == str(early["_id"]), login


# ---- refusals ----

def test_a_dry_run_writes_nothing_and_tells_all(old, place, tmp_path):
    installation, new = old(9), place()
    report = new.move(installation.folder, "--dry-run", "--findings", tmp_path / "all.tsv")
    assert "Nothing was written." in report and not (new.folder / "maestro.db").exists() and not (new.folder / "secrets.json").exists()
    lines = [line.split("\t") for line in (tmp_path / "all.tsv").read_text().splitlines()]
    assert len(lines) == int(re.search(r"findings: (\d+)", report)[1]) and {len(line) for line in lines} == {5}
    told = {(line[0].split(".")[1], line[2], line[3].split(":")[0]) for line in lines}
    for wanted in [("users", "email", f"the same email as the older user {installation.ann['_id']}, letters in any case"), ("users", "password", "no password"),
                   ("servers", "_id", "a second document with the same id"), ("servers", "_id", "an id that is no object id"),
                   ("volumes", "_id", "a document of another collection has the same id"), ("servers", "created_at", "no date"),
                   ("connections", "dc_id", "refers to a document that is not in the dump"), ("connections", "conn", "credentials that the original's secret does not open"),
                   ("servers", "name", '"name" length must be less than or equal to 100 characters long'), ("servers", "roles", "no access list"),
                   ("servers", "nan", "a number that is none"), ("audits", "entity_id", "a change of a document that is not in the dump")]:
        assert wanted in told, wanted
    assert any(line[2] == "unique_id" and "provider id of another document" in line[3] for line in lines)
    # What a dry run says is what the move does.
    assert tallies(new.move(installation.folder)) == {name: numbers for name, numbers in tallies(report).items()}


def test_secrets(old, place, tmp_path):
    installation, new = old(10), place()
    for wrong, words in ((None, "has 4 connections with credentials"), ("defaultSecretKey", "opens the credentials of none")):
        new.environment.pop("MAESTRO_IMPORT_SECRETJWT", None)
        if wrong:
            new.environment["MAESTRO_IMPORT_SECRETJWT"] = wrong
        said = new.move(installation.folder, status=1)
        assert words in said and "defaultSecretKey" not in said
    assert not (new.folder / "maestro.db").exists()
    (tmp_path / "secret").write_text(SECRET + "\n")
    report = new.move(installation.folder, "--secret-file", tmp_path / "secret")
    assert SECRET not in report and "old/secret+key" not in report
    assert new.one("SELECT count(*) FROM secret") == 3, "of four, one is foreign"
    text = "".join(row[0] for row in new.execute("SELECT body FROM doc", read=True))
    assert "old/secret+key" not in text and sign(SECRET, installation.expected["credentials"][str(installation.connection["_id"])]) not in text
    bare = place("bare")
    bare.environment.pop("MAESTRO_IMPORT_SECRETJWT")
    bare.move(installation.folder, "--without-credentials")
    assert bare.one("SELECT count(*) FROM secret") == 0


def test_only_an_empty_instance_is_moved_into(old, place, server):
    installation, new = old(11), place()
    new.move(installation.folder)
    content = new.content()
    again = new.move(installation.folder)
    assert "This dump was moved in before: nothing was written now." in again
    assert "Another dump was moved into this instance" in new.move(old(12, name="other").folder, status=1)
    assert new.content() == content
    used = place("used")
    maestro = server(data=used.folder)
    maestro.account("somebody")
    assert maestro.stop() == 0
    assert "This instance holds users already" in used.move(installation.folder, status=1)
    assert used.one("SELECT count(*) FROM doc") > 1
    assert used.one("SELECT count(*) FROM setting WHERE name = 'moved_in'") == 0


def test_an_instance_that_was_only_started_is_moved_into(old, place, server):
    installation, new = old(17), place()
    assert server(data=new.folder).stop() == 0
    given = new.one("SELECT count(*) FROM doc")
    report = new.move(installation.folder)
    assert "The counts add up." in report and tallies(report)["maestro-client.services"] == [4, 4, 0, 0]
    calm = place("calm", secrets=new.folder)
    calm.move(installation.folder)
    assert new.content() == calm.content(), "started before or not"
    moved = new.one("SELECT count(*) FROM doc")
    for _ in range(2):
        maestro = server(data=new.folder)
        ann = maestro.client.as_(sign_in(maestro, installation.ann["email"], "old pass 0").json["token"])
        options = {item["key"]: item for item in ann.get("/adminer?limit=100").json["items"]}
        assert len(options) == 14 and options["env_options"]["_id"] == str(installation.option["_id"])
        assert options["env_options"]["value"] == {"options": ["Production", "Our own stage"]}
        services = [item["name"] for item in ann.get("/services?limit=1000").json["items"]]
        assert len(services) == len(set(services)) == 360 - 2 + 3 and "Kafka" not in services, "deleted in the dump"
        assert maestro.stop() == 0
        assert new.one("SELECT count(*) FROM doc") == moved + given - 5
    assert new.run("check") == "no problems\n"


def lying(data):
    return struct.pack("<i", struct.unpack("<i", data[:4])[0] + 7) + data[4:]


@pytest.mark.parametrize("name, harm, words", [
    ("truncated", lambda data: data[:-100], r"servers\.bson is damaged at byte \d+: the file ends after \d+ of \d+ bytes"),
    ("cut in a length", lambda data: data + b"\x01\x02", r"the file ends inside the length of a document"),
    ("too long", lambda data: data + struct.pack("<i", 2**30), r"no document has 1073741824 bytes"),
    ("negative", lambda data: data + struct.pack("<i", -5) + bytes(20), r"no document has -5 bytes"),
    ("lying length", lambda data: lying(data), r"servers\.bson is damaged at byte 0: "),
    ("nesting bomb", lambda data: data + bson_writer.nested(100_000), r"nested deeper than 100 levels"),
    ("noise", lambda data: random.Random(1).randbytes(5000), r"servers\.bson is damaged at byte 0: "),
    ("inner length", lambda data: data + bson_writer.document({"_id": bson_writer.Id("0" * 24), "a": bson_writer.Raw(0x02, struct.pack("<i", 2**30) + b"x\0")}),
     r"servers\.bson is damaged at byte \d+: "),
])
def test_damage_is_named_with_file_and_place(old, place, name, harm, words):
    installation, new = old(13, 150), place()
    path = installation.folder / "maestro-client" / "servers.bson"
    path.write_bytes(harm(path.read_bytes()))
    said = new.move(installation.folder, status=1)
    assert re.search(words, said), said
    assert not (new.folder / "maestro.db").exists(), "nothing is written before all was read"


def test_damaged_gzip_and_what_is_no_dump(old, place, tmp_path):
    installation, new = old(14, 150, writing={"gzipped": True}), place()
    path = installation.folder / "maestro-client" / "servers.bson.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:len(whole) // 2])
    assert re.search(r"servers\.bson\.gz is damaged at byte \d+: the compressed data ends early", new.move(installation.folder, status=1))
    path.write_bytes(gzip.compress(b"\x05\0\0\0\x01"))
    assert "does not end there" in new.move(installation.folder, status=1)
    (tmp_path / "empty").mkdir()
    assert "holds no *.bson" in new.move(tmp_path / "empty", status=1)
    assert "is no folder" in new.move(tmp_path / "nowhere", status=1)
    assert "is a file" in new.move(path, status=1)
    path.write_bytes(whole)
    OldInstallation(15, 150).write(installation.folder, names=("second-client", "second-audit", "second-reports"))
    assert "more than one database" in new.move(installation.folder, status=1)
    report = new.move(installation.folder, "--main", "second-client", "--audit", "second-audit", "--reports", "second-reports")
    assert tallies(report)["second-client.users"] == [10, 10, 0, 0] and tallies(report)["maestro-client.users"] == [10, 0, 0, 10]


# ---- killed ----

def test_killed_at_any_moment_it_carries_on_to_the_same_end(old, place, server):
    installation = old(16, 6000)

    def empty(name, **more):
        one = place(name, **more)
        one.run("migrate")  # what a first start does: the kills are to fall into the import
        return one

    calm = empty("calm")
    began = time.monotonic()
    calm.move(installation.folder)
    seconds = time.monotonic() - began
    torn = empty("torn", secrets=calm.folder)
    chance, half, runs = random.Random(16), 0, 0
    while half < KILLS and runs < 8 * KILLS:
        runs += 1
        began = time.monotonic()
        process = torn.start("import", "mongodump", installation.folder)
        try:
            process.wait(chance.uniform(0.2, 1) * seconds)
            seconds = time.monotonic() - began  # other work on the machine makes it quicker or slower
        except subprocess.TimeoutExpired:
            seconds *= 1.05
        process.kill()
        process.communicate()
        stage = torn.stage()
        if stage not in (None, 3):
            half += 1
            if half == 1:
                refused = torn.run("serve", "--port", "1", status=2)
                assert "An import into this store was interrupted" in refused
        elif stage == 3:
            # It came to its end: the rest of the kills fall into another one.
            assert torn.content() == calm.content()
            torn = empty(f"torn-{runs}", secrets=calm.folder)
    assert half == KILLS, (half, runs)
    report = torn.move(installation.folder)
    assert "The counts add up." in report
    assert torn.content() == calm.content()
    torn.settle()
    maestro = server(data=torn.folder)
    wait_for(lambda: sign_in(maestro, installation.ann["email"], "old pass 0").status == 200, 10, "a login")
