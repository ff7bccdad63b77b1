"""The HTTP layer of the original web client: its addresses, headers and bodies, and the browser's rules around them.

It is a Vue single page application of another origin that sends by axios. What it cannot live with fails here.
"""
import csv
import json
import pathlib
import re
import urllib.parse

from harness import Client

ORIGIN = "http://client.example:8080"
TABLE = pathlib.Path(__file__).parent / "calls.tsv"
# The client looks statuses up in a map: any other breaks its handling of errors, 401 and 403 end its session.
KNOWN_ERRORS = {400, 401, 403, 404, 409, 422, 500, 501}
# What gets the prefix /teams/<id> while a team is chosen.
TENANT_AWARE = {"servers", "applications", "system", "clients", "datacenters", "connections", "volumes", "snapshots", "images", "network",
                "flavors", "flavors_public", "graphs", "projects", "reports", "scheduler", "events"}


class Refused(Exception):
    """An error as the client shows it."""

    def __init__(self, status, toast):
        super().__init__(f"{status}: {toast}")
        self.status, self.toast = status, toast


class Row:
    """One call of the table, with what it takes to know it again."""

    def __init__(self, area, method, route, tenant, journey):
        self.area, self.method, self.route, self.tenant, self.journey = area, method, route, tenant == "team", journey
        self.path, _, query = route.partition("?")
        self.needs = set(filter(None, query.split("&")))
        self.pattern = re.compile(re.sub(r":\w+", "[^/]+", self.path.rstrip("/") or "/"))
        self.exactness = (sum(not word.startswith(":") for word in self.path.split("/")), len(self.needs))

    def is_of(self, method, path, query):
        names = {name.split("[")[0] for name, _ in urllib.parse.parse_qsl(query, keep_blank_values=True)}
        return self.method == method and self.pattern.fullmatch(path.rstrip("/") or "/") and self.needs <= names

    def __repr__(self):
        return f"{self.method} {self.route}"


def rows():
    return [Row(*row) for row in csv.reader(TABLE.open(), delimiter="\t")]


def encoded(value):
    """axios: encodeURIComponent, with these characters put back."""
    text = urllib.parse.quote(value, safe="!'()*~-_.")
    for escape, character in (("%3A", ":"), ("%24", "$"), ("%2C", ","), ("%20", "+"), ("%5B", "["), ("%5D", "]")):
        text = text.replace(escape, character)
    return text


def compact(value):
    """JSON.stringify."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def parameters(values):
    """Lists are `name[]=` once an element, objects JSON, nothing is left out."""
    pairs = [(f"{name}[]", item) for name, value in values.items() if isinstance(value, list) for item in value]
    pairs += [(name, value) for name, value in values.items() if not isinstance(value, list)]
    return "&".join(f"{encoded(name)}={encoded(compact(value) if isinstance(value, (dict, bool)) else str(value))}" for name, value in pairs)


def stripped(body):
    """Falsy values never leave the client; an empty list is not falsy there."""
    return {name: value for name, value in body.items() if value or isinstance(value, (list, dict))}


class WebClient:
    def __init__(self, maestro, table):
        self.maestro, self.table = maestro, table
        self.token = self.user = self.team = None
        self.options = {"api_timeout": 5000, "static_url": f"//127.0.0.1:{maestro.port}/static/"}
        self.made = set()

    # ---- the browser ----

    def _fetch(self, method, path, headers, data, address=None):
        """A request across origins: the preflight that it needs, and an answer that the page may read."""
        client = Client(address or self.maestro.url)
        browser = {"Origin": ORIGIN, "Referer": ORIGIN + "/", "Accept-Language": "en-US,en;q=0.9", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}
        asked = sorted(name.lower() for name in headers if name.lower() not in ("accept",))
        if asked or method not in ("GET", "HEAD", "POST"):
            preflight = client.request("OPTIONS", path, headers={**browser, "Access-Control-Request-Method": method,
                                                                 **({"Access-Control-Request-Headers": ",".join(asked)} if asked else {})})
            self._allowed(method, path, asked, preflight)
        answer = client.request(method, path, raw=data, headers={**browser, **headers})
        assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN), f"{method} {path}: the page may not read the answer"
        return answer

    @staticmethod
    def _allowed(method, path, asked, preflight):
        """The Fetch standard's check of a preflight. `*` is no word for Authorization, so headers are listed by name."""
        listed = {name: {word.strip().lower() for word in (preflight.headers[name] or "").split(",")}
                  for name in ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers")}
        methods, names = listed.values()
        assert 200 <= preflight.status < 300, f"preflight of {method} {path}: {preflight}"
        assert preflight.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN), path
        assert methods >= {"get", "put", "post", "delete", "patch"}, f"{method} {path}: {methods}"
        assert names >= {"authorization", "content-type", "accept", *asked}, f"{method} {path}: {names}"

    # ---- axios ----

    def address(self, path):
        return f"/teams/{self.team}{path}" if self.team and re.match(r"/(\w+)", path + "/")[1] in TENANT_AWARE else path

    def _record(self, method, path):
        where, _, query = path.partition("?")
        known = [row for row in self.table if row.is_of(method, where, query)]
        assert known, f"the original client makes no call {method} {path}"
        self.made.add(max(known, key=lambda row: row.exactness))

    def call(self, method, path, body=None, *, accept="application/json, text/plain, */*"):
        """One call of the client; the answer when it went well, else Refused."""
        self._record(method, path)
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = "application/json;charset=utf-8"
        if self.token:
            headers["Authorization"] = f"JWT {self.token}"
        answer = self._fetch(method, self.address(path), headers, None if body is None else compact(body))
        if not 200 <= answer.status < 300:
            raise Refused(answer.status, self._toast(answer))
        return answer

    def _toast(self, answer):
        """What the error mapper reads; a body of another shape would leave the person without a word."""
        assert answer.status in KNOWN_ERRORS, f"the client has no word for {answer}"
        if answer.status in (401, 403):
            self.token = self.user = self.team = None
            return "logged out"
        if answer.status in (404, 500):
            return "not found" if answer.status == 404 else "error"
        error = answer.json["err"]
        if answer.status == 409:
            # An object for a link of recovery that is no good any more: the original answered so, and the page shows no word of it.
            return error["errors"] and error["errors"][0]["failed"]
        if answer.status == 422:
            first = error["errors"][0]
            assert first["path"], first
            return first["message"]
        assert isinstance(error["errors"], str), f"shown as [object Object]: {error}"
        return error["errors"]

    def read(self, path, **more):
        """A cached read: only status 200 with a body is an answer."""
        answer = self.call("GET", path, **more)
        assert answer.status == 200 and answer.body, f"{path} is ignored by the cache: {answer}"
        return answer.json

    # ---- the services of the client ----

    def boot(self):
        """The first request of every page load, without a token."""
        token, self.token = self.token, None
        self.options |= self.read("/")
        self.token = token
        assert isinstance(self.options["api_timeout"], (int, float)) and self.options["api_timeout"] >= 1000, self.options

    def sign_up(self, name, email, password="pass word"):
        return self.create("/users", {"name": name, "email": email, "password": password, "verypassword": password})

    def log_in(self, email, password="pass word"):
        told = self.call("POST", "/users/auth", {"email": email, "password": password})
        assert told.status == 200
        self.token, self.user = told.json["token"], told.json["user"]
        assert self.token.count(".") == 2 and {"_id", "name", "email"} <= set(self.user), told
        return self.user

    def list(self, path, **values):
        """One page: what tables and boxes read of it."""
        page = self.read(path + ("&" if "?" in path else "?" if values else "") + parameters(values))
        assert isinstance(page["items"], list) and isinstance(page["found"], int) and isinstance(page["total_pages"], int), page
        assert {"limit", "current_page"} <= set(page) and all(item["_id"] for item in page["items"]), page
        return page

    def table_page(self, path, columns, *, order="updated_at", ascending=0, page=1, limit=25, **filters):
        """The table component: every filterable column is in `query`, an empty text where nothing was typed."""
        assert set(filters) <= set(columns)
        query = {column: filters.get(column, "") for column in columns}
        return self.list(path, query=query, limit=limit, orderBy=order, ascending=ascending, page=page, byColumn=1)

    def typeahead(self, path, name, **more):
        """A search box: its own XHR, not axios."""
        return self.read(f"{path}?query={urllib.parse.quote(compact({'name': name, **more}), safe=':,')}", accept="*/*")["items"][:8]

    def option(self, key):
        return self.read(f"/adminer?key={key}")["items"][0]["value"]

    def one(self, path):
        return self.read(path)

    def create(self, path, body):
        answer = self.call("POST", path, stripped(body))
        return answer.json if answer.body else None

    def put(self, path, document):
        return self.call("PUT", f"{path}/{document['_id']}", stripped(document)).json

    def patch(self, path, body):
        return self.call("PATCH", path, stripped(body)).json

    def remove(self, path, document):
        """The whole document is the body of DELETE."""
        answer = self.call("DELETE", f"{path}/{document['_id']}", stripped(document))
        assert answer.status == 204 and not answer.body

    def set_roles(self, path, roles):
        """The dialog of access: a bare array, and nothing in it but these keys."""
        body = [{key: role[key] for key in ("_id", "email", "name", "refs", "role") if key in role} for role in roles]
        return self.call("PUT", path, body).json["items"]

    def upload(self, entity, name, kind, data):
        """The server says where and with which headers; the file goes there as it is."""
        signed = self.read(f"/{entity}/upload?{parameters({'filetype': kind, 'filename': name})}")
        url = urllib.parse.urlsplit(urllib.parse.urljoin(ORIGIN, signed["signedRequest"]))
        sent = self._fetch("PUT", f"{url.path}?{url.query}", signed["headers"], data, f"http://{url.netloc}")
        assert sent.status == 200, sent
        return signed["filename"]

    def show_image(self, avatar):
        """An <img>: no headers of the page's own, no separator between address and name."""
        url = urllib.parse.urlsplit("http:" + self.options["static_url"] + avatar)
        return Client(f"http://{url.netloc}").get(url.path, headers={"Accept": "image/avif,image/webp,*/*;q=0.8", "Referer": ORIGIN + "/"})

    def frame(self, path, headers=None):
        """What a browser asks for itself, without the headers of the page."""
        self._record("GET", path)
        return Client(self.maestro.url).get(path, headers={"Accept": "*/*", "Origin": ORIGIN, **(headers or {})})

    # ---- tenants ----

    def choose(self, team):
        """The dropdown at the avatar: a team, or oneself again."""
        self.team = team and team["_id"]

    @property
    def tenant(self):
        """Who owns what is made now."""
        return self.team or self.user["_id"]
