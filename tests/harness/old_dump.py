"""Dumps of an installation of the original, invented from a seed: every entity, and every odd shape that its databases hold.

`OldInstallation(seed, documents)` builds the collections in memory with what a test may expect of them; `write(folder)` writes what
mongodump would. Run as a program it writes one: old_dump.py FOLDER [SEED [DOCUMENTS]].
"""
import datetime
import gzip
import json
import pathlib
import random
import struct
import sys

if __package__:
    from . import bson_writer as bson
else:
    import bson_writer as bson
Id, Long = bson.Id, bson.Long

SECRET = "the old installation's own secret"
START = datetime.datetime(2019, 3, 1)
# bcrypt, as the original makes it.
HASHES = {
    "old pass 0": "$2b$06$abcdefghijabcdefghijaegzn5BdTf6rf4w1AyPDZBSLpsX6cir.6",
    "old pass 1": "$2a$06$bcdefghijabcdefghijabeFiXrZpfgppZKSv.vil.4vG/Zl7avJAG",
    "old pass 2": "$2b$06$cdefghijabcdefghijabceZUBjKq/OQFyhJm/5yQoEYd1TzI179p2",
    "old pass 3": "$2a$06$defghijabcdefghijabcde.j75MQ5j2o0aKilnnrb8TGhCSopnLpu",
    "old pass 4": "$2b$06$efghijabcdefghijabcdeekfrga5qgXZYzgN5TGmjIaP6h1Wwnnry",
}
CREDENTIALS = {"access": "AKIAOLDINSTALLATION1", "secret": "old/secret+key"}


def sign(secret, claims):
    import base64
    import hashlib
    import hmac

    def url(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = url(b'{"typ":"JWT","alg":"HS256"}') + "." + url(json.dumps(claims).encode())
    return head + "." + url(hmac.new(secret.encode(), head.encode(), hashlib.sha256).digest())


class OldInstallation:
    def __init__(self, seed=1, documents=300, secret=SECRET, machines=(), connection=None, odd=True):
        """`machines`: [{unique_id, region, name}] that a cloud has; `connection`: fields of the one that found them."""
        self.chance = random.Random(seed)
        self.secret, self.odd = secret, odd
        self.main, self.audit, self.reports = {}, {}, {}
        self.serial = 0
        self.passwords = {}  # mail -> password of those who can sign in
        self.expected = {"schedules": {}, "credentials": {}}
        self.people()
        self.options()
        self.places(connection)
        self.machines(list(machines), documents)
        self.rest()
        if odd:
            self.odd_shapes()
        self.changes()
        self.results()

    # ---- small parts ----

    def id(self, at=None):
        self.serial += 1
        seconds = int(((at or self.time()) - datetime.datetime(1970, 1, 1)).total_seconds())
        return Id(f"{seconds:08x}{self.chance.getrandbits(40):010x}{self.serial & 0xFFFFFF:06x}")

    def time(self):
        return START + datetime.timedelta(milliseconds=self.chance.randrange(0, 400 * 86_400_000))

    def date(self, at=None):
        """A date in one of the forms that are stored: mostly a date, else a text of some length."""
        at = at or self.time()
        form = self.chance.randrange(8)
        if form == 0:
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if form == 1:
            return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
        if form == 2:
            return at.strftime("%Y-%m-%d %H:%M:%S")
        return at

    def add(self, collection, document, active=True, dates=True):
        document.setdefault("_id", self.id())
        document.setdefault("active", active)
        if dates:
            made = self.time()
            document.setdefault("created_at", self.date(made))
            document.setdefault("updated_at", self.date(made + datetime.timedelta(hours=self.chance.randrange(1, 1000))))
        self.main.setdefault(collection, []).append(document)
        return document

    def role(self, who, role=7, refs="users"):
        out = {"_id": who["_id"], "refs": refs, "role": self.chance.choice([role, Long(role), float(role)])}
        if self.chance.random() < 0.5 and "email" in who:
            out["email"] = who["email"]
        if self.chance.random() < 0.2:
            out["name"] = who["name"]
        return out

    def roles(self, owner, refs="users"):
        out = [self.role(owner, 7, refs)]
        others = [user for user in self.users if user is not owner]
        for other in self.chance.sample(others, self.chance.randrange(0, min(3, len(others)))):
            out.append(self.role(other, self.chance.choice([1, 3, 7])))
        return out

    def owned(self, owner=None, refs="users"):
        owner = owner or self.chance.choice(self.users)
        return {"owner": {"email": owner.get("email", ""), "_id": owner["_id"], "refs": refs}, "roles": self.roles(owner, refs)}

    # ---- collections ----

    def people(self):
        names = ["Ann", "Bob", "Carol", "Dan", "Eve"]
        self.users = []
        for at, name in enumerate(names):
            mail, password = f"{name.lower()}@old.example.com", f"old pass {at}"
            user = {"name": name, "email": mail, "password": HASHES[password]}
            if at == 1:
                user |= {"fullname": "Robert", "country": {"name": "BR", "code": 55}, "avatar": "http://example.com/a.png"}
            self.users.append(self.add("users", user))
            self.passwords[mail] = password
        self.add("users", {"name": "Gone", "email": "gone@old.example.com", "password": self.users[0]["password"]}, active=False)
        self.ann, self.bob = self.users[0], self.users[1]
        self.teams = [self.add("teams", {"name": f"Team {n}", "email": f"team{n}@old.example.com", "url": "http://example.com",
                                         "owner": {"email": self.ann["email"], "_id": self.ann["_id"], "refs": "users"},
                                         "members": [self.role(self.ann, 7), self.role(self.bob, 1)]}) for n in range(2)]
        self.add("projects", {"name": "Project", **self.owned()})

    def options(self):
        self.option = self.add("adminer", {"key": "env_options", "value": {"options": ["Production", "Our own stage"]}, "updated_at": self.time()}, dates=False)
        self.add("adminer", {"key": "status_volume_options", "value": ["Active"], "updated_at": self.time()}, dates=False)
        for name in ("Nginx", "Oracle", "Our own service"):
            self.add("services", {"name": name, "family": ["Web"], "tags": ["a"], "owner": True, "updated_at": self.time()}, dates=False)
        self.deleted_service = self.add("services", {"name": "Kafka", "family": ["Broker"], "tags": ["oss"], "owner": False}, active=False)
        for name in ("m4.large", "t2.micro"):
            self.add("flavors-public", {"name": name, "api_name": name, "provider": "AWS", "memory": "8.0 GiB", "vcpus": "2 vCPUs",
                                        "gpu_model": "none", "updated_at": self.time()}, dates=False)
        self.main["migrations"] = [{"_id": self.id(), "number": n} for n in range(3)]

    def places(self, connection):
        self.dc = self.add("datacenters", {"name": "AWS East", "provider": "AWS", "regions": ["us-east-1", "eu-west-1"], "zones": ["us-east-1a"],
                                           "sucessed": True, "tracker": {"server-list": {"x": {"us-east-1": ["i-1"]}}}, **self.owned(self.ann)})
        self.hall = self.add("datacenters", {"name": "Own hall", "provider": "Premise", **self.owned(self.teams[0], "teams")})
        who = {"_id": self.ann["_id"], "email": self.ann["email"], "role": 7, "refs": "users"}
        fields = {"name": "AWS", "provider": "AWS", "service": "iam_aws", "dc": "AWS East", "dc_id": str(self.dc["_id"]), "status": "enabled",
                  "regions": ["us-east-1 (Virginia)", "eu-west-1"], "process": {"server-list": {"state": "success", "msg": "ok"}}, "tab": 0}
        credentials = (connection or {}).get("conn", CREDENTIALS)
        fields |= {**(connection or {}), "dc_id": str(self.dc["_id"]), "conn": sign(self.secret, {**credentials, "iat": 1_500_000_000}), "owner_user": who}
        self.connection = self.add("connections", {**fields, **self.owned(self.ann)})
        self.expected["credentials"][str(self.connection["_id"])] = credentials
        self.stack = self.add("connections", {"name": "OpenStack", "provider": "Openstack", "service": "OpenStack", "dc": "Own hall",
                                              "dc_id": str(self.hall["_id"]), "status": "disabled", "regions": ["RegionOne"], "url": "http://keystone.example.com",
                                              "conn": sign(self.secret, {"username": "u", "password": "p"}), "owner_user": {**who, "role": Long(7)},
                                              **self.owned(self.ann)})
        self.expected["credentials"][str(self.stack["_id"])] = {"username": "u", "password": "p"}
        self.add("connections", {"name": "Azure", "provider": "Azure", "service": "sp", "dc": "Own hall", "dc_id": str(self.hall["_id"]), "status": "enabled",
                                 "regions": [], "conn": sign(self.secret, {"key": "k"}), "owner_user": who, **self.owned(self.ann)}, active=False)
        for connection, task, every, period, more in ((self.connection, "server-list", 17, "minutes", {}), (self.stack, "server-list", 3, "hours", {"enabled": False}),
                                                      (self.stack, "flavor-list", 2, "days", {})):
            self.add("schedulers", {"name": f"connections - {task} - {connection['_id']} (1)", "endpoint": f"crawler/x/{connection['_id']}/{task}",
                                    "method": "PUT", "task": "connections", "period_type": "interval", "interval": {"every": float(every), "period": period},
                                    "enabled": True, "crawling": False, "total_run_count": Long(12), "_cls": "PeriodicTask", "source": bson.UNDEFINED,
                                    "link": {"_id": connection["_id"], "name": connection["name"], "task": task, "provider": connection["provider"]},
                                    **self.owned(self.ann), **more})
            self.expected["schedules"][f"{connection['_id']} {task}"] = [not more, every, period]
        self.add("schedulers", {"name": "connections - gone", "endpoint": "x", "method": "PUT", "task": "connections", "enabled": True,
                                "link": {"_id": self.connection["_id"], "task": "server-list"}, "interval": {"every": 1, "period": "minutes"},
                                **self.owned(self.ann)}, active=False)
        self.add("schedulers", {"name": "webhook", "endpoint": "http://example.com/", "method": "GET", "task": "webhook", "period_type": "cron",
                                "cron": {"minute": 30, "hour": "*"}, "args": [{"key": "a", "value": 1}], "chain": [], **self.owned(self.bob)})

    def found(self, document):
        """As discovery of the original writes it: owner is the connection, no date of creation."""
        made = self.time()
        document |= {"owner": {"refs": "connections", "name": "AWS East", "_id": self.connection["_id"]}, "roles": self.connection["roles"],
                     "accountant": [str(self.connection["_id"])], "checksum": f"{self.chance.getrandbits(160):040x}",
                     "active": document.get("active", True), "_id": self.id(made), "updated_at": made + datetime.timedelta(days=2)}
        return document

    def machine(self, number, unique_id, region, name):
        return {"name": name, "hostname": name.lower(), "unique_id": unique_id, "ipv4_private": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
                "cpu": self.chance.choice([2, 4.0, Long(8)]), "memory": self.chance.choice([4, 3.75]), "status": "Active", "environment": "Production",
                "os": {"base": "Linux", "dist": "Debian"}, "tags": [{"key": "Name", "value": name}], "auth": [{"name": "pki", "type": "pki", "username": "admin"}],
                "datacenters": {"_id": self.dc["_id"], "name": "AWS East", "provider": "AWS", "region": region, "zone": region.split()[0] + "a", "type": "Virtual",
                                "instance": "m4.large", "instance_id": unique_id},
                "storage": [{"name": "/dev/sda1", "size": 8, "status": "attached", "unique_id": f"vol-{number}"}],
                "metas": {"vpc_id": "vpc-1", "old_only": "stays"}}

    def machines(self, machines, documents):
        self.applications = [self.add("applications", {"name": f"App {n}", "family": self.chance.choice(["Application", "Database", "Loadbalance"]),
                                                       "role": {"role": "web", "path": "/srv"}, "own": 1, "size": "medium", **self.owned()}) for n in range(8)]
        for app in self.applications[1:]:
            app["deps"] = [{"_id": self.applications[0]["_id"], "name": "App 0", "family": "Application", "endpoint": None}]
        if not machines:
            count = max(10, documents // 2)
            machines = [{"unique_id": f"i-{self.chance.getrandbits(68):017x}", "region": self.chance.choice(["us-east-1 (Virginia)", "eu-west-1"]),
                         "name": f"Web-{n}"} for n in range(count)]
        self.servers = []
        for number, one in enumerate(machines):
            server = self.found(self.machine(number, one["unique_id"], one["region"], one["name"]))
            kind = number % 10
            if kind == 3:
                server["active"] = False
            if kind == 7:
                server |= {"checksum": "tombstone", "environment": "Typed by hand", "cpu": 96}
            if kind == 5:
                server["applications"] = [{"_id": self.applications[1]["_id"], "name": "App 1", "family": "Application"}]
            self.servers.append(self.add("servers", server, dates=False))
        self.hand_made = []
        while sum(map(len, self.main.values())) < documents - 60 or len(self.hand_made) < 10:
            number = len(self.hand_made)
            owner = self.chance.choice(self.users) if number % 4 else self.teams[0]
            server = self.machine(1_000_000 + number, "", "us-east-1", f"hand-{number}")
            del server["unique_id"], server["datacenters"]["instance_id"]
            server |= self.owned(owner, "users" if number % 4 else "teams")
            self.hand_made.append(self.add("servers", server, active=number % 9 != 0))

    def rest(self):
        client = self.add("clients", {"name": "Client", "contacts": [{"channel": "mail", "value": "a@b"}], "tags": [], **self.owned()})
        system = self.add("systems", {"name": "System", "clients": [{"_id": client["_id"], "name": "Client"}],
                                      "entry": [{"_id": self.applications[0]["_id"], "name": "App 0"}], **self.owned()})
        self.applications[2]["system"] = [{"_id": system["_id"], "name": "System"}]
        where = {"_id": self.dc["_id"], "name": "AWS East", "region": "us-east-1", "zone": "us-east-1a"}
        for n in range(4):
            self.add("volumes", self.found({"name": f"vol-{n}", "unique_id": f"vol-{n}", "size": 8, "iops": 100, "status": "In-use", "datacenters": where}), dates=False)
            self.add("networks", self.found({"name": f"subnet-{n}", "unique_id": f"subnet-{n}", "family": "Subnet", "cidr_block": "10.0.0.0/24",
                                             "network_interface_ids, dns_entries": [1], "datacenters": where}), dates=False)
            self.add("snapshots", self.found({"name": f"snap-{n}", "unique_id": f"snap-{n}", "snapshot_id": f"snap-{n}", "start_time": "2019-01-01T00:00:00Z",
                                              "datacenters": where}), dates=False)
            self.add("images", self.found({"name": f"ami-{n}", "unique_id": f"ami-{n}", "plataform": "Linux", "public": False, "datacenters": where}), dates=False)
            self.add("flavors", self.found({"name": f"flavor-{n}", "unique_id": str(n), "memory": 4.0, "vcpus": 2, "provider": "Openstack", "datacenters": where}), dates=False)
        report = self.add("reports", {"name": "All servers", "component": "Servers", "report": "general", "status": "finished", "msg": "completed",
                                      "columns": ["name", "hostname"], "filters": [{"field": "active", "filter": "true", "comparer": "equal", "typ": "boolean"}],
                                      "aggr": {"servers_name": {"aggr": {"label": ["a"], "data": [1]}, "opts": {}}}, **self.owned(self.ann)})
        self.dc["reports"] = [{"_id": report["_id"], "component": "Servers"}]
        self.add("graphs", {"name": "Graph", "type": "bussiness", "tab": 0, "status": "finished", "spublic": True, "systems": [{"_id": system["_id"], "name": "System"}],
                            "info": {"nodes": [1, 2]}, "counters": {"a": 1}, **self.owned(self.bob)})
        scheduler = self.main["schedulers"][0]
        for n in range(5):
            self.add("events", {"msg": f"ran {n}", "context": "scheduler", "description": "{}", "status": "success",
                                "roles": [{"_id": scheduler["_id"], "refs": "scheduler", "role": 5}]})

    def odd_shapes(self):
        odd = {"name": "odd", **self.owned(self.ann)}
        self.odd_server = self.add("servers", {
            **odd, "nan": float("nan"), "infinite": float("-inf"), "whole": 4.0, "negative_zero": -0.0, "long": Long(2**62), "decimal": bson.DECIMAL,
            "bytes": bson.BYTES, "pattern": bson.PATTERN, "nothing": bson.UNDEFINED, "timestamp": bson.TIMESTAMP, "min": bson.MIN_KEY, "max": bson.MAX_KEY,
            "code": bson.CODE, "symbol": bson.SYMBOL, "bad_text": bson.BAD_TEXT, "zero_text": bson.ZERO_TEXT, "null": None, "empty": "",
            "labels": {"a.b/c": 1, "$dollar": 2, "": 3, "ünï": "ö"}, "mixed": [1, "a", None, [2, [3]], {"x": []}], "far": bson.Raw(0x09, struct.pack("<q", 2**60)),
            "attach_time": "not a date", "deep": self.deep(30), "created_at": "Tue Jul 21 2020 18:37:44 GMT+0000 (UTC)", "updated_at": 1_595_356_664_000.0})
        self.add("servers", bson_pairs(odd, ("_id", self.id()), ("active", True), ("cpu", 1), ("cpu", 2)).document, dates=False)
        self.add("servers", {**odd, "created_at": "yesterday", "updated_at": "", "name": "bad dates"})
        self.add("servers", {**odd, "_id": "a text for an id", "name": "text id"})
        self.add("servers", {**odd, "_id": 17, "name": "number id"})
        self.add("servers", {**odd, "_id": self.hand_made[0]["_id"], "name": "second with the same id"})
        self.add("volumes", {**odd, "_id": self.hand_made[1]["_id"], "name": "id of a server", "unique_id": 12345, "size": 1})
        self.add("servers", {"name": "no owner", "roles": []})
        self.add("servers", {"name": "no roles"})
        self.add("servers", {**odd, "name": "x" * 200, "ipv4_private": "not an address", "created_at": self.time().isoformat() + "+00:00"})
        no_active = self.add("servers", {**odd, "name": "never active"})
        del no_active["active"]
        self.add("servers", {**odd, "name": "odd roles", "roles": [{"refs": "users", "role": 7}, {"_id": self.ann["_id"], "refs": "users", "role": "7"},
                                                                   {"_id": self.id(), "refs": "users", "role": 1}, {"_id": self.bob["_id"], "role": 3},
                                                                   {"_id": self.id(), "refs": "organization", "role": 7}, "no object"]})
        self.add("servers", self.found(self.machine(99, self.servers[0]["unique_id"], "us-east-1", "same unique id")), dates=False)
        late = START + datetime.timedelta(days=800)
        self.again = self.add("users", {"name": "Ann again", "email": "ANN@old.example.com", "password": self.ann["password"], "created_at": late})
        # The older one stands behind the younger.
        self.twins = [self.add("users", {"name": name, "email": mail, "password": HASHES["old pass 3"], "created_at": made})
                      for name, mail, made in (("Late twin", "twin@old.example.com", late), ("Early twin", "Twin@Old.example.com", START.isoformat()))]
        self.add("users", {"name": "No password", "email": "none@old.example.com"})
        foreign = self.add("connections", {"name": "foreign", "provider": "AWS", "service": "iam_aws", "dc": "gone", "dc_id": "ffffffffffffffffffffffff", "status": "enabled",
                                 "regions": ["us-east-1"], "conn": sign("another secret", CREDENTIALS), **self.owned(self.ann)})
        # By the calendar: such a task runs at its default here.
        self.calendar = self.add("schedulers", {"name": "by the calendar", "endpoint": "x", "method": "PUT", "task": "connections", "enabled": True,
                                                "period_type": "cron", "cron": {"minute": 30},
                                                "link": {"_id": foreign["_id"], "name": "foreign", "task": "server-list", "provider": "AWS"}, **self.owned(self.ann)})
        self.main["something_else"] = [{"_id": self.id(), "x": n} for n in range(4)]

    def deep(self, levels):
        out = {"end": 1}
        for _ in range(levels):
            out = {"in": out}
        return out

    def changes(self):
        """The audit's database: diffs as the original writes them."""
        records, states = [], []
        machine, hand = self.servers[0], self.hand_made[2]
        begin = datetime.datetime(2019, 6, 1)

        def tell(entity, document, body, user, hours):
            at = begin + datetime.timedelta(hours=hours)
            records.append({"_id": self.id(at), "entity": entity, "entity_id": str(document["_id"]), "user": user, "body": body, "active": True,
                            "created_at": at, "updated_at": at})

        tell("servers", hand, {"name": "first name", "cpu": 1, "tags": [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}], "os": {"base": "Linux"},
                               "created_at": "2019-06-01T00:00:00.000Z", "checksum": "x"}, self.ann["email"], 0)
        tell("servers", hand, {"name": "second name", "tags": {"1": {"value": "3"}}, "updated_at": "x"}, self.bob["email"], 1)
        tell("servers", hand, {"cpu": None, "tags": {"0": None}, "os": {"dist": "Debian"}}, self.ann["email"], 2)
        tell("servers", hand, {"removed": True}, "stranger@example.com", 3)
        tell("servers", machine, {"name": "found", "status": "Active", "environment": "Staging", "metas": {"vpc_id": "vpc-0"}}, "MaestroServer", 4)
        tell("servers", machine, {"environment": "Production"}, self.bob["email"], 5)
        tell("servers", machine, {"metas": {"vpc_id": "vpc-1"}, "checksum": "y", "updated_at": "z"}, "MaestroServer", 6)
        tell("servers", machine, {"checksum": "only noise"}, "MaestroServer", 7)
        tell("volumes", self.main["volumes"][0], {"name": "vol-0", "size": 8}, "MaestroServer", 8)
        tell("servers", {"_id": Id("ffffffffffffffffffffffff")}, {"name": "of nobody"}, "MaestroServer", 9)
        tell("servers", {"_id": "None"}, {"name": "of none"}, "MaestroServer", 10)
        self.expected["history"] = {str(hand["_id"]): 4, str(machine["_id"]): 3, str(self.main["volumes"][0]["_id"]): 1}
        if self.odd:
            self.chance.shuffle(records)
        for document in (machine, hand):
            states.append({"_id": self.id(), "entity": "servers", "entity_id": str(document["_id"]), "body": {"name": "last"}, "active": True, "updated_at": self.time()})
        self.audit = {"audits": records, "snapshots": states}

    def results(self):
        report = self.main["reports"][0]
        self.reports[f"{report['_id']}_general"] = [{"_id": self.id(), "name": f"row {n}", "hostname": "h"} for n in range(25)]
        self.reports[f"{report['_id']}_pivot"] = [{"_id": self.id(), "name": f"row {n}", "servers": {"name": "x"}} for n in range(5)]

    # ---- what a test wants to know ----

    def counts(self):
        return {name: len(documents) for name, documents in self.main.items()}

    def write(self, folder, *, gzipped=False, together=False, names=("maestro-client", "maestro-audit", "maestro-reports")):
        """`together`: everything in one database, as the original does where nobody named others."""
        folder = pathlib.Path(folder)
        for name, database in zip(names, (self.main, self.audit, self.reports)):
            target = folder / (names[0] if together else name)
            target.mkdir(parents=True, exist_ok=True)
            for collection, documents in database.items():
                data = b"".join(bson.document(one) for one in documents)
                path = target / f"{collection}.bson"
                if together and path.exists():
                    data = path.read_bytes() + data
                if gzipped:
                    with gzip.open(f"{path}.gz", "wb", compresslevel=1) as file:
                        file.write(data)
                else:
                    path.write_bytes(data)
                (target / f"{collection}.metadata.json{'.gz' if gzipped else ''}").write_bytes(b"{}")
        (folder / "admin").mkdir(exist_ok=True)
        (folder / "admin" / "system.version.bson").write_bytes(bson.document({"_id": "featureCompatibilityVersion", "version": "4.0"}))
        return folder


class bson_pairs:
    """A document with names that stand twice, which a dict cannot hold."""

    def __init__(self, base, *pairs):
        self.document = DoublePairs([*base.items(), *pairs])


class DoublePairs(dict):
    def __init__(self, pairs):
        super().__init__(pairs)
        self._pairs = pairs

    def items(self):
        return self._pairs


if __name__ == "__main__":
    made = OldInstallation(*map(int, sys.argv[2:4]))
    made.write(sys.argv[1])
    ids = {"odd": made.odd_server, "hand": made.hand_made[2], "machine": made.servers[0], "deleted": made.servers[3], "replaced": made.servers[7],
           "plain": made.servers[1], "connection": made.connection, "stack": made.stack, "ann": made.ann, "bob": made.bob, "team": made.teams[0],
           "datacenter": made.dc, "again": made.again, "late_twin": made.twins[0], "early_twin": made.twins[1], "of_team": made.hand_made[4],
           "timer": made.main["schedulers"][0], "calendar": made.calendar,
           "option": made.option, "deleted_service": made.deleted_service}
    pathlib.Path(sys.argv[1], "expected.json").write_text(json.dumps(
        {**made.expected, "passwords": made.passwords, "secret": made.secret, "counts": made.counts(), "ids": {name: str(one["_id"]) for name, one in ids.items()}}))
