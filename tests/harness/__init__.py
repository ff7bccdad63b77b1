"""What the black-box tests share: the server as a process, an HTTP client that hides nothing, the simulated clouds."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse

# Impatient settings: the same code, shorter waits.
QUICK = {"MAESTRO_SCOPE_BACKOFF": "30", "MAESTRO_SCOPE_ATTEMPTS": "3", "MAESTRO_LEASE": "2", "MAESTRO_PROVIDER_RATE": "1000", "MAESTRO_PROVIDER_TIMEOUT": "2"}

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def binary(name, variable):
    """The program under test: from the environment, else the first that is built. No program = the test fails."""
    chosen = os.environ.get(variable)
    places = [chosen] if chosen else [
        ROOT / "build" / name,
        *(ROOT / "build" / preset / folder / name for preset in ("release", "debug", "asan") for folder in ("src", "tools/cloudsim")),
    ]
    for place in places:
        if os.access(place, os.X_OK) and os.path.isfile(place):
            return str(place)
    raise FileNotFoundError(f"{name} is not built: run ./dev build release, or set {variable}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(check, seconds=30, what="it", step=0.05):
    """Polls until check() is truthy, and returns that; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(step)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.text[:500]}>"


class Client:
    """Requests to one server. Follows nothing, retries nothing, raises nothing for a status."""

    def __init__(self, url, token=None):
        self.url, self.token = url, token
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)

    def as_(self, token):
        return Client(self.url, token)

    def as_team(self, team):
        """The same person below /teams/:id."""
        client = Client(self.url, self.token)
        client.request = lambda method, path, *rest, **more: Client.request(client, method, f"/teams/{team}{path}", *rest, **more)
        client.id = getattr(self, "id", None)
        return client

    def request(self, method, path, body=None, *, form=None, raw=None, type=None, headers=None, token=None, timeout=60):
        headers = dict(headers or {})
        if body is not None:
            raw, type = json.dumps(body), type or "application/json"
        elif form is not None:
            raw, type = form, type or "application/x-www-form-urlencoded"
        if type:
            headers.setdefault("Content-Type", type)
        token = token or self.token
        if token and "Authorization" not in headers:
            headers["Authorization"] = f"JWT {token}"
        connection = http.client.HTTPConnection(*self.address, timeout=timeout)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            data = raw.encode() if isinstance(raw, str) else raw
            if data is not None:
                headers.setdefault("Content-Length", str(len(data)))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def put(self, path, body=None, **more):
        return self.request("PUT", path, body, **more)

    def patch(self, path, body=None, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, body=None, **more):
        return self.request("DELETE", path, body, **more)


class Process:
    """A program with its output in a file; stopped when the `with` block ends."""

    def __init__(self, arguments, log, environment=None, pipe=False):
        self.log_path = pathlib.Path(log)
        self.log = open(log, "ab")
        self.handle = subprocess.Popen(arguments, stdout=subprocess.PIPE if pipe else self.log, stderr=self.log, env=environment,
                                       stdin=subprocess.DEVNULL, start_new_session=True)

    def alive(self):
        return self.handle.poll() is None

    def stop(self, seconds=40):
        """SIGTERM, and the exit status."""
        if self.alive():
            self.handle.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        if self.alive():
            self.handle.kill()
        return self.wait(10)

    def wait(self, seconds=40):
        try:
            status = self.handle.wait(seconds)
        except subprocess.TimeoutExpired:
            self.handle.kill()
            self.handle.wait()
            raise AssertionError(f"{self.handle.args[0]} did not end within {seconds} s")
        self.log.close()
        return status

    def output(self):
        return self.log_path.read_text(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """An orderly end, so that a sanitizer's last words are in the log."""
        if self.alive():
            self.stop()


def database_of(folder):
    """The PostgreSQL database that belongs to a data folder: a new one for a new folder."""
    import psycopg2
    server = os.environ["MAESTRO_TEST_POSTGRES"]
    name = "maestro_" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    connection = psycopg2.connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    return server.replace("/postgres?", f"/{name}?")


class Maestro(Process):
    """`maestro serve` on a free port of this machine, ready to answer."""

    def __init__(self, data=None, *, environment=None, arguments=(), port=None, wait=True, host="127.0.0.1"):
        self.own_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="maestro-test-"))
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = Client(self.url)
        variables = {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_") and name != "NODE_ENV"}
        variables |= {"MAESTRO_RATE_LIMITS": "off"} | (environment or {})
        self.postgres = variables.get("MAESTRO_STORE", "") if variables.get("MAESTRO_STORE", "").startswith("postgres") else ""
        if os.environ.get("MAESTRO_TEST_STORE") == "postgres" and "MAESTRO_STORE" not in variables:
            self.postgres = database_of(self.data)
            variables["MAESTRO_STORE"] = self.postgres
        logs = self.data.parent / f"{self.data.name}.log"
        super().__init__([binary("maestro", "MAESTRO_BINARY"), "serve", "--data", str(self.data), "--host", host,
                          "--port", str(self.port), *arguments], logs, variables)
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=60):
        def ready():
            if not self.alive():
                raise AssertionError(f"maestro ended with status {self.handle.returncode}:\n{self.output()[-3000:]}")
            try:
                return self.client.get("/health/ready", timeout=5).status == 200
            except OSError:
                return False

        wait_for(ready, seconds, "a ready server")

    def database(self):
        """The store, for reading alone."""
        if self.postgres:
            import psycopg2
            database = psycopg2.connect(self.postgres)
            database.set_session(readonly=True, autocommit=True)
            return database
        database = sqlite3.connect(f"file:{self.data}/maestro.db?mode=ro", uri=True, timeout=10)
        database.execute("PRAGMA query_only=1")
        return database

    def one(self, query, *values):
        database = self.database()
        try:
            cursor = database.cursor()
            cursor.execute(query.replace("?", "%s") if self.postgres else query, values)
            return cursor.fetchone()[0]
        finally:
            database.close()

    def history_rows(self):
        return self.one("SELECT count(*) FROM history")

    def account(self, name, email=None, password="correct horse"):
        """A signed-up person: a client that acts as them, with `id` and `email`."""
        email = email or f"{name}@example.com"
        made = self.client.post("/users", {"name": name, "email": email, "password": password})
        assert made.status == 201, made
        login = self.client.post("/users/auth", {"email": email, "password": password})
        assert login.status == 200, login
        person = self.client.as_(login.json["token"])
        person.id, person.email, person.password, person.name = made.json["_id"], email, password, name
        return person

    def __exit__(self, *_):
        super().__exit__()
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)
            self.log_path.unlink(missing_ok=True)


class Cloudsim(Process):
    """The simulated clouds, with their control API: see tools/cloudsim/README.md."""

    access, secret = "AKIACLOUDSIMEXAMPLE1", "cloudsim+secret/access/key+0123456789abc"
    user, password, project = "cloudsim", "cloudsim", "demo"

    def __init__(self, **options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cloudsim-"))
        words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        super().__init__([binary("cloudsim", "CLOUDSIM_BINARY"), *words], self.folder / "log", pipe=True)
        line = self.handle.stdout.readline()
        if not line:
            raise AssertionError(f"cloudsim did not start: {self.output()}")
        addresses = json.loads(line)
        self.aws_url, self.openstack_url, self.control_url = (addresses[name] for name in ("aws", "openstack", "control"))
        self.control = Client(self.control_url)
        self.ports = [urllib.parse.urlsplit(url).port for url in (self.aws_url, self.openstack_url)]

    @property
    def egress(self):
        """What MAESTRO_EGRESS_ALLOW must say to reach it."""
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def order(self, method, path, body=None):
        answer = self.control.request(method, path, body)
        assert answer.status == 200, f"cloudsim {method} {path}: {answer}"
        return answer.json

    def state(self):
        return self.order("GET", "/state")

    def fault(self, cloud, kind, **more):
        return self.order("POST", "/faults", {"cloud": cloud, "kind": kind, **more})["id"]

    def clear_faults(self):
        self.order("DELETE", "/faults")

    def requests(self):
        """Counters by "<cloud>.<action>"."""
        return self.state()["requests"]

    def aws_connection(self, dc_id, **more):
        return {"name": "AWS", "provider": "AWS", "service": "iam_aws", "dc": "AWS", "dc_id": dc_id, "url": self.aws_url,
                "regions": ["us-east-1", "eu-west-1"], "conn": {"access": self.access, "secret": self.secret}} | more

    def openstack_connection(self, dc_id, **more):
        return {"name": "OpenStack", "provider": "OpenStack", "service": "OpenStack", "dc": "OpenStack", "dc_id": dc_id, "url": self.openstack_url,
                "project": self.project, "user_domain_id": "default", "api_version": "3", "regions": ["RegionOne"],
                "conn": {"username": self.user, "password": self.password}} | more

    def __exit__(self, *_):
        super().__exit__()
        self.handle.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(secret, claims, header=None):
    """A compact JWS; the algorithm is taken from the header."""
    header = header or {"typ": "JWT", "alg": "HS256"}
    signed = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(claims).encode())}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(header["alg"])
    return f"{signed}.{base64url(hmac.new(secret.encode(), signed.encode(), digest).digest()) if digest else ''}"


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


FINAL = {"success", "partial", "failed", "held", "canceled"}


class Tenant:
    """A person with connections, and what the tests do with them."""

    def __init__(self, maestro, name="alice"):
        self.maestro, self.name = maestro, name
        self.client = maestro.account(name)

    def connect(self, make, name=None, **more):
        """Makes a datacenter and a connection; `make` is a method of Cloudsim. The first runs start by themselves."""
        provider = make("x")["provider"]
        dc = self.client.post("/datacenters", {"name": name or provider, "provider": provider})
        assert dc.status == 201, dc
        made = self.client.post("/connections", make(dc.json["_id"], **({"name": name} if name else {}), **more))
        assert made.status == 201, made
        return made.headers["Location"].rsplit("/", 1)[1]

    def pause(self, connection):
        """No run starts by itself any more."""
        for task in self.client.get(f"/connections/{connection}/tasks").json["items"]:
            changed = self.client.patch(f"/connections/{connection}/tasks/{task['name']}", {"enabled": False})
            assert changed.status == 202, changed

    def runs(self, connection):
        return self.client.get(f"/connections/{connection}/runs?limit=200").json["items"]

    def run(self, identity):
        return self.client.get(f"/runs/{identity}").json

    def wait(self, identity, seconds=60):
        """The run with its scopes, when it is over."""
        def over():
            run = self.run(identity)
            return run if run["state"] in FINAL else None

        return wait_for(over, seconds, f"the end of run {identity}")

    def settle(self, connection, seconds=60):
        """Waits until no run of the connection is open."""
        wait_for(lambda: (runs := self.runs(connection)) and all(run["state"] in FINAL for run in runs), seconds, "the end of all runs")

    def discover(self, connection, task="server-list", seconds=60):
        """One whole run, started now."""
        self.settle(connection, seconds)
        started = self.client.post(f"/connections/{connection}/runs", {"tasks": [task]})
        assert started.status == 202, started
        return self.wait(started.json["items"][0]["_id"], seconds)

    def all(self, path="/servers", **filters):
        """Every item of a list, by cursor."""
        items, cursor = [], ""
        while True:
            query = urllib.parse.urlencode({"limit": 1000, "orderBy": "_id", **filters, **({"cursor": cursor} if cursor else {})})
            page = self.client.get(f"{path}?{query}")
            assert page.status == 200, page
            items += page.json["items"]
            cursor = page.json["cursor"]["next"]
            if not cursor:
                return items

    def count(self, path="/servers"):
        return self.client.get(f"{path}/count").json["count"]
