"""check, backup, restore, copy and migrate: on either store, beside running servers, killed at any moment."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest
from harness import ROOT, Tenant, binary, database_of, wait_for

POSTGRES = os.environ.get("MAESTRO_TEST_STORE") == "postgres"
MACHINES = 2000
KILLS = 12


class Home:
    """A data folder with its secrets, and the store that belongs to it."""

    def __init__(self, folder, secrets=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        if secrets:
            shutil.copy(secrets / "secrets.json", self.folder)
        self.url = database_of(self.folder) if POSTGRES else f"sqlite:{self.folder}/maestro.db"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")}

    def words(self, command, *more):
        store = [] if command == "copy" or not POSTGRES else ["--store", self.url]
        data = [] if command == "copy" else ["--data", str(self.folder)]
        return [binary("maestro", "MAESTRO_BINARY"), command, *map(str, more), *data, *store]

    def start(self, command, *more):
        return subprocess.Popen(self.words(command, *more), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, command, *more, status=0):
        done = subprocess.run(self.words(command, *more), env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == status, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stdout + done.stderr

    def execute(self, *statements, read=False):
        if POSTGRES:
            import psycopg2
            database = psycopg2.connect(self.url)
            database.autocommit = True
        else:
            database = sqlite3.connect(self.folder / "maestro.db", timeout=10, isolation_level=None)
        try:
            cursor = database.cursor()
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if read else None
        finally:
            database.close()

    def one(self, query):
        return self.execute(query, read=True)[0][0]

    def digest(self):
        """What is in it, in few bytes; None for nothing."""
        if POSTGRES:
            if not self.one("SELECT to_regclass('doc') IS NOT NULL"):
                return None
        elif not (self.folder / "maestro.db").exists() or not self.one("SELECT count(*) FROM sqlite_master WHERE name = 'doc'"):
            return None
        sum = hashlib.sha256()
        for table, order in (("doc", "id"), ("e_servers", "id"), ("history", "id"), ("acl_entry", "principal, acl"), ("sighting", "scope, key"),
                             ("secret", "document"), ("setting", "name"), ("run", "id"), ("kind", "id")):
            columns = ", ".join(sorted(self.columns(table)))
            # What a migration tells of itself comes on top of what was there.
            only = " WHERE actor_name <> 'migration'" if table == "history" else ""
            for row in self.execute(f"SELECT {columns} FROM {table}{only} ORDER BY {order}", read=True):
                sum.update(repr(tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)).encode())
        return sum.hexdigest()

    def columns(self, table):
        if POSTGRES:
            rows = self.execute(f"SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped", read=True)
        else:
            rows = self.execute(f"SELECT name FROM pragma_table_info('{table}')", read=True)
        return [row[0] for row in rows]

    def settle(self):
        """What a killed command leaves to the next opening: indexes. The data is whole before."""
        self.run("migrate")
        assert self.run("check") == "no problems\n"


@pytest.fixture
def home(tmp_path):
    """Makes homes: home("b", secrets=a.folder)."""
    return lambda name, **more: Home(tmp_path / name, **more)


@pytest.fixture
def estate(clouds, server, home):
    """A stopped installation with discovered machines, hand-made ones, runs and secrets; with the running server's tenant."""
    def make(name="a", machines=MACHINES):
        one = home(name)
        cloud = clouds(servers=machines, openstack_servers=5)
        maestro = server(cloud, data=one.folder)
        tenant = Tenant(maestro)
        for method in (cloud.aws_connection, cloud.openstack_connection):
            tenant.settle(tenant.connect(method))
        for number in range(20):
            assert tenant.client.post("/servers", {"name": f"{name}-{number} ünï", "cpu": (number + 1) / 3}).status == 201
        assert maestro.stop() == 0
        return one
    return make


def kill_often(seed, seconds, start, after):
    """Starts something again and again and kills it at a random moment of its life; `after` looks at what is left."""
    chance = random.Random(seed)
    hits = 0
    for _ in range(3 * KILLS):
        began = time.monotonic()
        process = start()
        try:
            process.wait(chance.uniform(0, seconds))
            seconds = time.monotonic() - began  # other work on the machine makes it quicker or slower
        except subprocess.TimeoutExpired:
            seconds *= 1.05
            hits += 1
        process.kill()
        process.communicate()
        after()
        if hits == KILLS:
            return
    assert hits >= KILLS / 3, "the kills must fall into the work"


def time_of(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


# ---- backup and restore ----

def test_a_backup_under_load_is_one_instant_and_holds_what_was_acknowledged(server, home):
    first = home("a")
    maestro = server(data=first.folder)
    tenant = Tenant(maestro)
    made, stop = [], threading.Event()

    def write(thread):
        number = 0
        while not stop.is_set():
            answer = tenant.client.post("/servers", {"name": f"s{thread}-{number}", "unique_id": f"{thread}-{number}"})
            assert answer.status == 201, answer
            made.append(answer.json["_id"])
            if number % 3 == 0:
                assert tenant.client.patch(f"/servers/{made[-1]}", {"name": "renamed"}).status == 202
            number += 1

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(4):
            wait_for(lambda: len(made) > 40 * (number + 1), 60)
            acknowledged = list(made)
            file = first.folder / f"backup-{number}.db"
            assert str(file) in first.run("backup", file)
            assert oct(file.stat().st_mode)[-3:] == "600" and not list(first.folder.glob("*.partial*")) and not list(first.folder.glob("backup*-wal"))
            second = home(f"b{number}", secrets=first.folder)
            second.run("restore", file)
            assert second.run("check") == "no problems\n"
            there = {bytes(row[0]).hex() for row in second.execute("SELECT oid FROM e_servers", read=True)}
            assert set(acknowledged) <= there, f"{len(set(acknowledged) - there)} acknowledged documents are missing"
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert first.run("check") == "no problems\n"  # beside the running server
    again = server(data=second.folder)
    client = again.client.as_(tenant.client.token)
    assert client.get("/me").status == 200 and client.get("/servers/count").json["count"] == len(there)
    assert client.post("/servers", {"name": "goes on"}).status == 201


def test_a_backup_is_refused_where_a_file_is(estate):
    one = estate(machines=10)
    file = one.folder / "kept.db"
    file.write_text("dear")
    assert "exists already" in one.run("backup", file, status=1)
    assert file.read_text() == "dear"
    one.run("backup", file, "--force")
    assert file.read_bytes().startswith(b"SQLite format 3")
    assert "cannot" in one.run("backup", one.folder / "no" / "folder.db", status=1).lower()


def test_a_killed_backup_leaves_no_file_or_a_whole_one(estate):
    one = estate()
    file = one.folder / "backup.db"
    seconds = time_of(lambda: one.run("backup", file))
    before = one.digest()

    def whole_or_absent():
        if file.exists():
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
                assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
                assert database.execute("SELECT count(*) FROM doc").fetchone()[0] == one.one("SELECT count(*) FROM doc")
            file.unlink()

    whole_or_absent()
    kill_often(1, seconds, lambda: one.start("backup", file), whole_or_absent)
    one.run("backup", file)
    whole_or_absent()
    assert not list(one.folder.glob("*.partial*"))
    assert one.digest() == before


def test_a_killed_restore_leaves_the_old_or_the_new(estate, home):
    one, two = estate("a"), estate("b", machines=200)
    files = {}
    for each in (one, two):
        files[each.digest()] = each.folder.parent / f"{each.folder.name}.db"
        each.run("backup", files[each.digest()])
    target = home("target", secrets=one.folder)
    shutil.copy(one.folder / "secrets.json", two.folder)  # both files are to be restored into one installation
    target.run("restore", files[one.digest()])
    assert "--replace" in target.run("restore", files[one.digest()], status=1)
    assert "key" in target.run("restore", files[two.digest()], "--replace", status=1)
    # The same key for both: the fingerprint is all that tells.
    with sqlite3.connect(files[two.digest()]) as database:
        key = target.one("SELECT value FROM setting WHERE name = 'key_id'")
        database.execute("UPDATE setting SET value = ? WHERE name = 'key_id'", (key,))
    database.close()
    other = home("other", secrets=one.folder)
    other.run("restore", files[two.digest()])
    digests = {target.digest(): files[one.digest()], other.digest(): files[two.digest()]}
    seconds = time_of(lambda: target.run("restore", files[one.digest()], "--replace"))
    seen = set()

    def next_file():
        now = target.digest()
        return next(file for digest, file in digests.items() if digest != now)

    def old_or_new():
        seen.add(target.digest())
        assert seen <= set(digests), "a mix"
        target.settle()

    kill_often(2, seconds, lambda: target.start("restore", next_file(), "--replace"), old_or_new)
    wanted = next_file()
    target.run("restore", wanted, "--replace")
    assert digests[target.digest()] == wanted
    assert not [path.name for path in target.folder.iterdir() if "restore" in path.name]


def test_a_killed_copy_leaves_an_empty_store_or_a_whole_one(estate, home):
    one = estate()
    whole = one.digest()
    seconds = time_of(lambda: one.run("copy", "--from", one.url, "--to", f"sqlite:{one.folder.parent}/once.db"))
    targets = []

    def start():
        targets.append(home(f"target-{len(targets)}"))
        return one.start("copy", "--from", one.url, "--to", targets[-1].url)

    def empty_or_whole():
        assert targets[-1].digest() in (None, whole)
        if targets[-1].digest() == whole:
            targets[-1].settle()
        else:
            one.run("copy", "--from", one.url, "--to", targets[-1].url)
            assert targets[-1].digest() == whole and targets[-1].run("check") == "no problems\n"

    kill_often(3, max(seconds, 0.1), start, empty_or_whole)
    assert "holds documents" in one.run("copy", "--from", one.url, "--to", targets[-1].url, status=1)


def test_a_store_moves_and_goes_on(estate, server, home):
    one = estate(machines=300)
    steps = [one.url, f"sqlite:{one.folder.parent}/moved.db"]
    if POSTGRES:
        steps += [database_of(one.folder.parent / "second"), f"sqlite:{one.folder.parent}/back.db"]
    for source, target in zip(steps, steps[1:]):
        one.run("copy", "--from", source, "--to", target)
    two = home("b", secrets=one.folder)
    one.run("copy", "--from", steps[-1], "--to", two.url)
    assert two.digest() == one.digest()
    maestro = server(data=two.folder)
    login = maestro.client.post("/users/auth", {"email": "alice@example.com", "password": "correct horse"})
    client = maestro.client.as_(login.json["token"])
    assert client.get("/servers/count").json["count"] == one.one("SELECT count(*) FROM e_servers WHERE active = 1") > 300
    assert client.post("/servers", {"name": "one more"}).status == 201
    assert maestro.stop() == 0
    assert two.run("check") == "no problems\n"


# ---- what is refused ----

def test_bad_files_are_refused_and_nothing_is_lost(estate, home):
    one = estate(machines=200)
    good, bad = one.folder / "good.db", one.folder / "bad.db"
    one.run("backup", good)
    before = one.digest()

    def refused(*words):
        answer = one.run("restore", bad, "--replace", status=1)
        for word in words:
            assert word in answer, answer
        assert one.digest() == before
        bad.unlink(missing_ok=True)

    refused("No such file")
    bad.write_bytes(good.read_bytes()[:-100_000])
    refused("damaged")
    broken = bytearray(good.read_bytes())
    for page in range(4, len(broken) // 4096, 3):
        broken[page * 4096:page * 4096 + 64] = os.urandom(64)
    bad.write_bytes(broken)
    refused("damaged")
    bad.write_bytes(b"")
    refused("empty")
    bad.write_bytes(os.urandom(100_000))
    refused("not a database")
    with sqlite3.connect(bad) as database:
        database.execute("CREATE TABLE diary (day TEXT)")
    database.close()
    refused("not a Maestro database")
    shutil.copy(good, bad)
    with sqlite3.connect(bad) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    refused("schema 999", "newer version")
    bad.mkdir()
    assert "not a file" in one.run("restore", bad, "--replace", status=1)
    bad.rmdir()
    # Another installation has another key, and a new one has none.
    other = estate("other", machines=1)
    shutil.copy(good, bad)
    assert "encryption key" in other.run("restore", bad, "--replace", status=1)
    fresh = home("fresh")
    answer = fresh.run("restore", bad, status=1)
    assert "secrets.json" in answer and not (fresh.folder / "secrets.json").exists() and fresh.digest() is None
    fresh.environment["MAESTRO_SECRET_ENCRYPTION"] = json.loads((one.folder / "secrets.json").read_text())["secret-encryption"]
    fresh.run("restore", bad)
    assert fresh.digest() == before
    one.run("restore", good, "--replace")
    assert one.digest() == before


def test_usage_is_two_and_failure_is_one(home):
    one = home("a")
    for words in (["backup"], ["restore"], ["copy"], ["copy", "--from", "sqlite:x"], ["backup", "x.db", "--what"], ["check", "--repair", "more"]):
        one.run(*words, status=2)
    one.run("copy", "--from", "mysql://x", "--to", "sqlite:/tmp/x.db", status=2)
    one.run("copy", "--from", f"sqlite:{one.folder}/x.db", "--to", "nonsense", status=2)
    for words in (["check"], ["backup", one.folder / "x.db"], ["restore", one.folder / "x.db"], ["check", "--repair"]):
        one.run(*words, status=1)
    answer = one.run("copy", "--from", "postgresql://u:geh3im@127.0.0.1:1/db", "--to", f"sqlite:{one.folder}/y.db", status=1)
    assert "geh3im" not in answer and "cannot be reached" in answer
    assert not list(one.folder.glob("*.db"))


def test_a_running_server_keeps_its_store(server, home):
    one = home("a")
    maestro = server(data=one.folder)
    tenant = Tenant(maestro)
    assert tenant.client.post("/servers", {"name": "mine"}).status == 201
    one.run("backup", one.folder / "x.db")
    assert "in use" in one.run("restore", one.folder / "x.db", "--replace", status=1)
    if POSTGRES:
        assert one.run("check", "--repair") == "no problems\n"
    else:
        assert "in use" in one.run("check", "--repair", status=1)
    assert tenant.client.post("/servers", {"name": "also mine"}).status == 201
    assert tenant.count() == 2


# ---- check ----

def test_repair_mends_what_is_derived(estate):
    one = estate(machines=100)
    assert one.run("check") == "no problems\n"
    one.execute("UPDATE cnt SET n = n + 5", "UPDATE facet SET n = 1", "UPDATE e_servers SET c_name = 'wrong', c_cpu = NULL",
                "DELETE FROM acl_entry", "UPDATE counter SET value = 0", "DROP INDEX i_servers_updated", "UPDATE kind SET odd = 0")
    found = one.run("check", status=1)
    for words in ("counts that differ", f"servers: rows that differ from their bodies: {one.one('SELECT count(*) FROM e_servers')}", "access entries", "revisions beyond the counter", "i_servers_updated"):
        assert words in found, found
    said = one.run("check", "--repair")
    assert "repaired: " in said and "left: " not in said and said.endswith("no problems\n"), said
    assert one.run("check") == "no problems\n"
    one.execute("UPDATE secret SET document = document || document" if POSTGRES else "UPDATE secret SET document = CAST(document || document AS BLOB)")
    assert "left: secrets of unknown documents: 2" in one.run("check", "--repair", status=1)
    assert one.one("SELECT count(*) FROM secret") == 2


# ---- migrate ----

BACK = 2  # the step that made administrators is to be taken again, too


def make_older(one):
    """Takes the last numbered steps back. Returns the number of the last one."""
    steps = re.findall(r'R"\((.*?)\)"', (ROOT / "src/store_sql/migrations.h").read_text(), re.DOTALL)
    last, number = "".join(steps[-BACK:]), len(steps)
    version = f"UPDATE maestro_schema SET version = {number - BACK}" if POSTGRES else f"PRAGMA user_version = {number - BACK}"
    tables = re.findall(r"CREATE TABLE (\w+)", last)
    one.execute(*(f"DROP TABLE IF EXISTS {table}" for table in tables + ["search_fts"] * ("search" in tables)),
                *(f"DROP INDEX IF EXISTS {index}" for index in re.findall(r"CREATE INDEX (\w+)", last)),
                "DELETE FROM history WHERE actor_name = 'migration'",
                *(f"ALTER TABLE {table} DROP COLUMN {column}" for table, column in re.findall(r"ALTER TABLE (\w+) ADD COLUMN (\w+)", last)),
                *(f"DELETE FROM counter WHERE name = '{name}'" for name in re.findall(r"INSERT INTO counter VALUES \('(\w+)'", last)),
                "UPDATE kind SET columns = '', list = ''", version)
    return number


def schema_of(one):
    return one.one("SELECT version FROM maestro_schema" if POSTGRES else "PRAGMA user_version")


def test_a_migration_is_preceded_by_a_backup_that_leads_back(estate, home):
    one = estate(machines=100)
    before = one.digest()
    number = make_older(one)
    assert "migrate" in one.run("check", status=1)
    said = one.run("migrate")
    assert f"schema {number - BACK}" in said and f"schema {number}" in said
    backups = list(one.folder.glob(f"backup-before-schema-{number}-*.db"))
    assert len(backups) == 1 and str(backups[0]) in said
    # An instance from before there were administrators: its oldest account is one.
    assert one.one("SELECT count(*) FROM administrator") == 1
    assert one.one("SELECT count(*) FROM administrator a JOIN e_users n ON n.oid = a.\"user\" WHERE n.created = (SELECT min(created) FROM e_users WHERE active = 1)") == 1
    assert one.one("SELECT count(*) FROM history WHERE actor_name = 'migration'") == 1
    assert one.digest() == before and one.run("check") == "no problems\n"
    assert "backed up" not in one.run("migrate")
    # The way back: the older schema is there again.
    one.run("restore", backups[0], "--replace")
    assert schema_of(one) == number - BACK
    named = one.folder / "named.db"
    assert str(named) in one.run("migrate", "--backup", named) and named.exists()
    assert one.digest() == before and one.run("check") == "no problems\n"
    fresh = home("fresh")
    fresh.run("migrate")
    assert schema_of(fresh) == number and not list(fresh.folder.glob("*backup*"))


def test_serve_backs_up_before_it_migrates(estate, server):
    one = estate(machines=20)
    before = one.digest()
    number = make_older(one)
    maestro = server(data=one.folder)
    line = next(json.loads(line) for line in maestro.output().splitlines() if "backed up before" in line)
    assert pathlib.Path(line["file"]).exists() and f"schema-{number}" in line["file"]
    assert maestro.stop() == 0
    assert one.digest() == before and one.run("check") == "no problems\n"
    one.run("restore", line["file"], "--replace")
    assert schema_of(one) == number - BACK
    one.execute(f"UPDATE maestro_schema SET version = {number + 1}" if POSTGRES else f"PRAGMA user_version = {number + 1}")
    assert "newer version" in one.run("serve", "--port", "0", status=2)
    assert len(list(one.folder.glob("backup-*.db"))) == 1


def test_a_killed_migration_leaves_a_store_that_opens(estate):
    one = estate()
    before = one.digest()
    make_older(one)
    old = one.folder / "old.db"
    one.run("backup", old)
    seconds = time_of(lambda: one.run("migrate"))

    def opens():
        one.settle()
        assert one.digest() == before
        for left in one.folder.glob("backup-before-*"):
            left.unlink()
        one.run("restore", old, "--replace")

    one.run("restore", old, "--replace")
    kill_often(4, seconds, lambda: one.start("migrate"), opens)
