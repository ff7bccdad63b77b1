"""The original web client at its boot, its account pages, teams and settings: its calls in its order, and what it reads of the answers.

calls.tsv has every call of that client, one a line: area, method, route (with the names of the parameters that tell it apart from
another), whether it goes below /teams/:id while a team is chosen, and the journey that makes it. A journey is one test; its end
checks that it made all of its calls, and a call that the table does not have fails at once.
"""
import base64
import csv
import json
import pathlib
import re

import harness
import pytest
from web_client import ORIGIN, Refused, parameters, rows

HERE = pathlib.Path(__file__).parent
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


# ---- the table ----

def test_every_call_belongs_to_a_journey_that_is_walked():
    walked = {name for file in HERE.glob("test_*.py") for name in re.findall(r'journey\("(\w+)"', file.read_text())}
    assert walked == {row.journey for row in rows()}
    assert len(rows()) == len({(row.method, row.route) for row in rows()}) == 155


def test_every_call_is_one_of_the_contract():
    contract = {(method, re.sub(r":\w+", ":", path)) for method, path, _ in
                csv.reader((HERE.parent.parent / "scenarios" / "contract.tsv").open(), delimiter="\t")}
    for row in rows():
        path = re.sub(r":\w+", ":", row.path.rstrip("/") or "/")
        for place in [path] + [f"/teams/:{path}"] * row.tenant:
            assert ((row.method, place) in contract) == (row.journey != "elsewhere" or path == "/graphs/:"), f"{row.method} {place}"


# ---- sign-up, sign-in, the shell, the dashboard ----

def test_arrival(journey, page):
    with journey("arrival", client=page()) as client:
        assert {"app", "description", "version"} <= set(client.options)
        refused_sign_ups(client)
        client.sign_up("Ann", "ann@example.com")
        with pytest.raises(Refused, match="409: ann@example.com"):
            client.sign_up("Ann", "ann@example.com")
        refused_sign_ins(client)
        user = client.log_in("ann@example.com")
        claims = harness.claims(client.token)
        assert (user["name"], user["email"]) == ("Ann", "ann@example.com") and claims["_id"] == claims["sub"] == user["_id"]
        shell_and_dashboard(client)
        cards = client.read("/versions")
        assert isinstance(cards, list) and all(card["name"] and card["status"] for card in cards)
        assert cards[0]["version"] == client.options["version"] and cards[0]["status"] == "UP"
        # Search boxes send this after a fresh login; the client must be told 401, and then signs out.
        client.token = "undefined"
        with pytest.raises(Refused, match="logged out"):
            client.typeahead("/servers", "web")
        assert client.token is None


def refused_sign_ups(client):
    """The form sends what it knows to be wrong; the first violation is shown."""
    for fields, words in (({"name": "", "email": "x@example.com"}, '"name" is required'), ({"name": "Ann", "email": "x"}, '"email" must be a valid email'),
                          ({"name": "Ann", "email": "x@example.com", "password": "abc"}, '"password" length must be at least 4')):
        with pytest.raises(Refused, match=f"422: {words}"):
            client.sign_up(**fields)


def refused_sign_ins(client):
    """401 or 403 would throw the form away."""
    for email, password in (("ann@example.com", "wrong word"), ("nobody@example.com", "pass word")):
        with pytest.raises(Refused, match="400: Invalid username or password"):
            client.log_in(email, password)
    with pytest.raises(Refused, match="422: "):
        client.log_in("", "")


def shell_and_dashboard(client):
    """The dropdown of teams, then four lists that the browser counts for itself."""
    assert client.list("/teams")["items"] == []
    for kind in ("servers", "applications", "datacenters", "system"):
        whole = client.list(f"/{kind}", limit=300)
        assert (whole["found"], whole["items"], int(whole["limit"])) == (0, [], 300)


def test_recovery(journey, page, mails):
    with journey("recovery", client=page()) as client:
        client.sign_up("Bob", "bob@example.com")
        answer = client.call("POST", "/users/forgot", {"email": "bob@example.com", "callback_url": f"{ORIGIN}#/auth/changepass"})
        assert answer.status == 204
        link = re.search(r"http://\S+", mails.mail()["message"].get_body(("plain",)).get_content())[0]
        # The router of the client reads the query behind the hash.
        route, _, token = link.partition("?token=")
        assert route == f"{ORIGIN}#/auth/changepass" and token
        body = {"token": token, "password": "new word", "verypassword": "new word", "callback_url": route}
        assert client.call("PUT", "/users/forgot/change", body).status == 204
        assert client.log_in("bob@example.com", "new word")["name"] == "Bob"
        with pytest.raises(Refused, match="409"):
            client.call("PUT", "/users/forgot/change", body)


# ---- the profile ----

def test_profile(journey):
    with journey("profile") as client:
        me = client.one("/me")
        avatar = client.upload("users", "Me & You.v2.PNG", "image/png", PNG)
        profile = {"name": "Alice A", "fullname": "Alice Archer", "phone": "+55 11 5555", "company": "Acme", "job": "SRE",
                   "country": {"name": "Brazil", "code": "BR"}, "city": "Campinas", "address": "Rua 1", "avatar": avatar}
        changed = client.patch("/me/?", profile)
        assert changed.items() >= profile.items()
        assert client.one("/me").items() >= {**profile, "email": me["email"], "_id": me["_id"]}.items()
        shown = client.show_image(avatar)
        assert (shown.status, shown.body, shown.headers["Content-Type"]) == (200, PNG, "image/png")
        email = "new." + me["email"]
        assert client.patch("/me/?", {"email": email})["email"] == email
        new_password(client, email)


def new_password(client, email):
    words = {"email": email, "password": "pass word", "newpass": "other word", "vpass": "other word"}
    with pytest.raises(Refused, match="400: Invalid username or password"):
        client.call("PATCH", "/users/auth/pass", {**words, "password": "wrong word"})
    assert client.call("PATCH", "/users/auth/pass", words).status == 201
    # A new password ends every session, this one too: the client goes to its login (docs/api.md, Accounts).
    with pytest.raises(Refused, match="logged out"):
        client.one("/me")
    user = client.log_in(email, "other word")
    assert user["avatar"].endswith("/me-you.png") and user["name"] == "Alice A"


# ---- teams ----

def test_teams(journey, person):
    bob = person("Bob")
    with journey("teams") as client:
        assert client.list("/teams", page=1)["total_pages"] == 0
        avatar = client.upload("teams", "team.jpg", "image/jpeg", b"\xff\xd8\xff\xe0" + bytes(200))
        made = client.create("/teams", {"name": "Platform", "email": "platform@example.com", "url": "https://example.com", "avatar": avatar})
        # The page of a box list after a change: the new box must be on it.
        boxes = client.list("/teams", page=True)
        assert [box["_id"] for box in boxes["items"]] == [made["_id"]] and boxes["total_pages"] == 1
        assert boxes["items"][0]["members"][0]["role"] == 7
        edited = client.put("/teams", {**made, "name": "Platform 2"})
        assert (edited["name"], edited["avatar"]) == ("Platform 2", avatar)
        members(client, bob, made)
        team = client.list("/teams", page=True)["items"][0]
        act_as_a_team(client, bob, team)
        with pytest.raises(Refused, match="400: You not authorize to do this!"):
            bob.remove("/teams", team)
        client.remove("/teams", team)
        assert client.list("/teams", page=True)["found"] == 0


def members(client, bob, team):
    """The access dialog: search boxes for people and teams, the members of now, and all of them sent back."""
    found = client.read(f"/users/autocomplete?{parameters({'complete': 'bob'})}")["items"]
    one = next(item for item in found if item["_id"] == bob.user["_id"])
    assert (one["name"], one["email"]) == ("Bob", bob.user["email"])
    assert [item["_id"] for item in client.read("/teams/autocomplete?complete=Platform")["items"]] == [team["_id"]]
    now = client.list("/teams", page=1)["items"][0]["members"]
    told = client.set_roles(f"/teams/{team['_id']}/members", [*now, {**one, "refs": "users", "role": 3}])
    assert {(member["_id"], member["role"]) for member in told} == {(client.user["_id"], 7), (bob.user["_id"], 3)}


def act_as_a_team(client, bob, team):
    """Each member sees below the prefix what the other made there, and not without it."""
    for one in (client, bob):
        assert one.list("/teams")["items"][0]["_id"] == team["_id"]
        one.choose(team)
    made = bob.create("/servers", {"name": "web-1", "status": "Active"})
    assert made["owner"]["_id"] == team["_id"]
    assert [item["_id"] for item in client.list("/servers", limit=300)["items"]] == [made["_id"]]
    client.remove("/servers", made)
    for one in (client, bob):
        one.choose(None)
        assert one.list("/servers")["found"] == 0


# ---- settings ----

OPTIONS = ("server_options", "env_options", "application_options", "system_options", "clients_options", "services_options", "database_options",
           "datacenter_options", "status_volume_options", "deps_options", "ia_options", "reports_options", "scheduler_options")


def test_settings(journey, person, page):
    with journey("settings", client=page()) as client:
        client.log_in("administrator@example.com")
        for key in OPTIONS:
            assert isinstance(client.option(key), dict) and client.option(key), key
        listed = client.table_page("/adminer", ["key"], key="env_opt", limit=50)
        option = listed["items"][0]
        assert (listed["found"], option["key"]) == (1, "env_options")
        more = {**option["value"], "environment": [*option["value"]["environment"], "Canary"]}
        assert client.patch(f"/adminer/{option['_id']}", {**option, "value": more})["value"] == more
        assert "Canary" in client.option("env_options")["environment"]
        client.patch(f"/adminer/{option['_id']}", option)
        services(client)
    settings_of_anybody(person("Eve"), option)


def services(client):
    """Known products for the forms of families (those with `owner` are the third parties), and the page where they are kept."""
    databases = client.read("/services?family=Database&limit=500")["items"]
    assert databases and all("Database" in item["family"] and item["name"] for item in databases)
    everything = client.read("/services?limit=500")
    assert everything["found"] == len(everything["items"]) > 300
    assert any(item.get("owner") for item in everything["items"]) and any(item.get("tags") for item in everything["items"])
    made = client.create("/services", {"name": "Acme DB", "family": ["Database"], "tags": ["acme"]})
    listed = client.table_page("/services", ["name", "family", "tags"], name="acme")
    assert [(item["_id"], item["family"], item["tags"]) for item in listed["items"]] == [(made["_id"], ["Database"], ["acme"])]
    assert client.patch(f"/services/{made['_id']}", {**made, "tags": ["acme", "sql"]})["tags"] == ["acme", "sql"]
    client.remove("/services", made)
    assert client.table_page("/services", ["name", "family", "tags"], name="acme")["found"] == 0


def settings_of_anybody(client, option):
    """Everybody sees the buttons; who may not use them is told so and stays signed in."""
    with pytest.raises(Refused, match="400: You not authorize to do this!"):
        client.patch(f"/adminer/{option['_id']}", option)
    with pytest.raises(Refused, match="400: You not authorize to do this!"):
        client.create("/services", {"name": "Eve DB", "family": ["Database"]})
    assert client.token


# ---- what the client finds elsewhere ----

def test_elsewhere(journey, maestro):
    """Pictures of graphs and live notifications come from two further services of the original, each at an address of its own in the
    settings of the client. Maestro does not draw and does not push to that client: the frames stay empty, pages load when asked to.
    What matters here is that nothing of it passes for the API: a token in a URL opens nothing, and no socket hangs."""
    with journey("elsewhere") as client:
        client.create("/graphs", {"name": "Shop", "type": "bussiness"})
        graph = client.list("/graphs")["items"][0]["_id"]
        for path, status in ((f"/graphs/{graph}?jwt={client.token}&tmp=1", 401), (f"/graphs/png/{graph}?jwt={client.token}", 404),
                             (f"/graphs/public/{graph}?token=x.y.z", 404)):
            assert client.frame(path).status == status, path
        answer = client.frame("/connection/websocket", {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                                                        "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode()})
        assert answer.status == 404 and json.loads(answer.body) == {"error": "resource not found"}
