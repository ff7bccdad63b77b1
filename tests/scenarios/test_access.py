"""Random people, teams, members, roles and documents against a simple oracle: no channel discloses or permits more, or less, than it says.

The oracle knows three things: who holds which role on which document, who is a member of which team, and which of them is deleted.
"""
import contextlib
import http.client
import pathlib
import random
import sys
import time
import urllib.parse

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402

READ, WRITE, ADMIN = 1, 3, 7
NEEDED = {"PATCH": WRITE, "PUT": WRITE, "DELETE": ADMIN}
MORE = {"servers": {}, "datacenters": {"provider": "Other"}, "teams": {}}
LIMIT = 200


class Document:
    """A document or a team: holder -> role, a holder being ("users" or "teams", id)."""

    def __init__(self, kind, identity, name, maker):
        self.kind, self.id, self.name, self.active, self.roles = kind, identity, name, True, {maker: ADMIN}

    def role(self, *holders):
        return max((self.roles.get(holder, 0) for holder in holders), default=0)

    def has_admin(self, roles):
        refs = ("users",) if self.kind == "teams" else ("users", "teams")
        return any(role == ADMIN and holder[0] in refs for holder, role in roles.items())


class World:
    def __init__(self, server, seed):
        self.random, self.documents, self.teams, self.seed = random.Random(seed), [], [], seed
        self.people = [server.account(f"person{i}", f"p{i}.access-{seed}@example.com") for i in range(4)]
        self.word = f"quokka{seed}"
        for i in range(3):
            self.make(self.people[i], None, "teams")
        for _ in range(10):
            self.make(self.random.choice(self.people), self.random.choice([None, *self.teams]))

    # ---- what the oracle says ----

    def member(self, person, team):
        return team.role(("users", person.id)) if team.active else 0

    def teams_of(self, person):
        return [team for team in self.teams if self.member(person, team) >= READ]

    def readers(self, person, scope):
        if scope == "all":
            return [("users", person.id), *(("teams", team.id) for team in self.teams_of(person))]
        return [("users", person.id)] if scope is None else [("teams", scope.id)]

    def all(self):
        return self.documents + self.teams

    @staticmethod
    def shown(document):
        return document.active or document.kind != "teams"

    def readable(self, person, scope):
        holders = self.readers(person, scope)
        return {document.id for document in self.all() if document.role(*holders) >= READ and self.shown(document)}

    # ---- steps ----

    def make(self, person, team, kind=None):
        kind = kind or self.random.choice(("servers", "datacenters"))
        name = f"{self.word} {len(self.all())}"
        answer = person.post(f"{f'/teams/{team.id}' if team else ''}/{kind}", {"name": name, **MORE[kind]})
        if team and self.member(person, team) < WRITE:
            assert answer.status == 400, answer
            return
        assert answer.status == 201, answer
        maker = ("teams", team.id) if team else ("users", person.id)
        (self.teams if kind == "teams" else self.documents).append(Document(kind, answer.json["_id"], name, maker))

    def step(self):
        person, kind = self.random.choice(self.people), self.random.random()
        if kind < 0.08:
            return self.make(person, self.random.choice([None, *self.teams]))
        document = self.random.choice(self.teams if kind < 0.4 else self.documents)
        team = None if document.kind == "teams" else self.random.choice([None, None, *self.teams])
        able = self.administrators(document)
        if able and self.random.random() < 0.6:  # else hardly anything would be allowed
            person, team = self.random.choice(able)
        living = (self.grant, self.grant, self.grant, self.replace, self.revoke, self.revoke, self.change, self.remove, self.restore)
        act = self.random.choice(living if document.active else (self.restore, self.restore, self.change, self.grant))
        return act(person, team, document)

    def administrators(self, document):
        """Who may do everything with a document, and as which team."""
        alone = [(person, None) for person in self.people if document.role(("users", person.id)) == ADMIN]
        if document.kind == "teams":
            return alone
        return alone + [(person, team) for person in self.people for team in self.teams
                        if self.member(person, team) == ADMIN and document.role(("teams", team.id)) == ADMIN]

    def try_(self, person, team, document, method, tail, body, role, member, good, refused=400, possible=True, impossible=None):
        """Sends it; True when the oracle allows it and the server did it. `impossible`: what whoever may is told instead."""
        path = f"{f'/teams/{team.id}' if team else ''}/{document.kind}/{document.id}{tail}"
        answer = person.request(method, path, body)
        holder = ("teams", team.id) if team else ("users", person.id)
        may = document.role(holder) >= role and (team is None or self.member(person, team) >= member)
        wanted = refused if not may else good if possible else impossible or refused
        assert answer.status == wanted, (method, path, body, answer)
        return may and possible

    def holder(self):
        if self.random.random() < 0.6:
            return ("users", self.random.choice(self.people).id)
        return ("teams", self.random.choice(self.teams).id)

    def access(self, document):
        return "members" if document.kind == "teams" else "roles"

    def grant(self, person, team, document):
        holder, role = self.holder(), self.random.choice((READ, WRITE, ADMIN))
        after = {**document.roles, holder: role}
        if self.random.random() < 0.5:
            body = {"id": holder[1], "refs": holder[0], "role": str(role)}
            done = self.try_(person, team, document, "POST", f"/{self.access(document)}", body, ADMIN, WRITE, 201,
                             possible=document.active and holder not in document.roles)
        else:
            body = {"refs": holder[0], "role": str(role)}
            done = self.try_(person, team, document, "PUT", f"/{self.access(document)}/{holder[1]}", body, ADMIN, WRITE, 201,
                             possible=document.active and document.has_admin(after))
        if done:
            document.roles = after

    def replace(self, person, team, document):
        after = {self.holder(): self.random.choice((READ, WRITE, ADMIN)) for _ in range(self.random.randint(1, 4))}
        body = [{"_id": holder[1], "refs": holder[0], "role": role} for holder, role in after.items()]
        if self.try_(person, team, document, "PUT", f"/{self.access(document)}", body, ADMIN, WRITE, 201,
                     possible=document.active and document.has_admin(after)):
            document.roles = after

    def revoke(self, person, team, document):
        holder = self.random.choice(list(document.roles))
        after = {key: role for key, role in document.roles.items() if key != holder}
        if self.try_(person, team, document, "DELETE", f"/{self.access(document)}/{holder[1]}", None, ADMIN, ADMIN, 204,
                     possible=document.active and document.has_admin(after)):
            document.roles = after

    def change(self, person, team, document):
        name = f"{self.word} {self.random.randint(0, 999)}"
        self.try_(person, team, document, self.random.choice(("PATCH", "PUT")), "", {"name": name, **MORE[document.kind]}, WRITE, WRITE, 202,
                  possible=document.active)

    def remove(self, person, team, document):
        if self.try_(person, team, document, "DELETE", "", None, ADMIN, ADMIN, 204, possible=document.active):
            document.active = False

    def restore(self, person, team, document):
        if self.try_(person, team, document, "POST", "/restore", None, ADMIN, ADMIN, 202, refused=403, possible=not document.active, impossible=409):
            document.active = True

    # ---- channels ----

    def look(self, person, scope):
        """Every way to read, as a person looks: None for oneself, "all", or a team, by scope and by its routes."""
        ways = [("", "" if scope is None else f"scope={scope if scope == 'all' else f'team:{scope.id}'}")]
        if scope not in (None, "all"):
            ways.append((f"/teams/{scope.id}", ""))
            if self.member(person, scope) < READ:
                return self.refused(person, ways)
        readable = self.readable(person, scope)
        for prefix, query in ways:
            for kind in ("servers", "datacenters") if prefix else MORE:
                self.lists(person, prefix, query, kind, readable)
            for document in self.random.sample(self.all(), 4):
                if not prefix or document.kind != "teams":
                    self.ones(person, prefix, query, document, document.id in readable)
            if not prefix:
                self.finds(person, query, readable)
        return None

    def lists(self, person, prefix, query, kind, readable):
        wanted = {one.id for one in self.all() if one.kind == kind and one.id in readable and one.active}

        def get(tail, more=""):
            path = f"{prefix}/{kind}{tail}?{'&'.join(filter(None, (query, more)))}"
            answer = person.get(path)
            assert answer.status == 200, (path, answer)
            return answer.json

        page = get("", f"limit={LIMIT}")
        assert {item["_id"] for item in page["items"]} == wanted and len(page["items"]) == len(wanted) == page["found"], (kind, page)
        assert get("/count")["count"] == len(wanted)
        assert get("/facets")["found"] == len(wanted)
        past = get("", f"limit={LIMIT}&as_of=now")
        assert {item["_id"] for item in past["items"]} == wanted and past["found"] == len(wanted)
        seen, cursor = [], None
        while cursor != "":
            part = get("", f"limit=2&sort=name{f'&cursor={urllib.parse.quote(cursor)}' if cursor else ''}")
            seen += [item["_id"] for item in part["items"]]
            cursor = part["cursor"]["next"] or ""
        assert sorted(seen) == sorted(wanted)

    def ones(self, person, prefix, query, document, visible):
        for tail in ("", "/history", "/provenance"):
            path = f"{prefix}/{document.kind}/{document.id}{tail}?{query}"
            answer = person.get(path)
            assert answer.status == (200 if visible else 404), (path, answer)
        past = person.get(f"{prefix}/{document.kind}/{document.id}?as_of=now&{query}")
        assert past.status == (200 if visible else 404), past

    def finds(self, person, query, readable):
        found = person.get(f"/search?q={self.word}&kinds={','.join(MORE)}&limit=50&{query}").json
        items = {item["_id"] for group in found["groups"] for item in group["items"]}
        wanted = {one.id for one in self.all() if one.id in readable and one.active}
        assert items == wanted and sum(group["found"] for group in found["groups"]) == len(wanted), found
        told, cursor = set(), ""
        while cursor is not None:
            page = person.get(f"/history?limit=200&{query}{f'&cursor={cursor}' if cursor else ''}").json
            told |= {row["document"]["_id"] for row in page["items"]}
            cursor = page["cursor"]["next"]
        told -= {person.id}  # one's own account is told of, too
        assert told == readable, (told - readable, readable - told)

    def refused(self, person, ways):
        for prefix, query in ways:
            for tail, new in (("", False), ("/count", False), (f"/{self.documents[0].id}", False), ("/facets", True)):
                answer = person.get(f"{prefix}/servers{tail}?{query}")
                assert answer.status == (403 if new else 400), answer
            if not prefix:
                assert person.get(f"/search?q={self.word}&{query}").status == 403
                assert person.get(f"/history?{query}").status == 403


@pytest.fixture(scope="module")
def server():
    with harness.Maestro(environment={"MAESTRO_WORKERS": "1"}) as running:
        yield running


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_channel_tells_or_permits_more_or_less_than_the_roles_say(server, seed):
    world = World(server, seed)
    for _ in range(120):
        world.step()
        person = world.random.choice(world.people)
        world.look(person, world.random.choice([None, "all", "all", *world.teams]))
    for person in world.people:
        for scope in (None, "all", *world.teams):
            world.look(person, scope)


def opened(server, person, path, timeout=20):
    stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    stream.request("GET", path, headers={"Authorization": f"JWT {person.token}"})
    answer = stream.getresponse()
    return answer.status, answer, stream


def test_the_live_feed_ends_with_the_membership(server):
    owner, member, stranger = (server.account(name, f"{name}@live.example.com") for name in ("owner", "member", "stranger"))
    team = owner.post("/teams", {"name": "live"}).json["_id"]
    assert owner.post(f"/teams/{team}/members", {"id": member.id, "refs": "users", "role": "1"}).status == 201
    place = owner.post(f"/teams/{team}/datacenters", {"name": "rack", "provider": "Other"}).json["_id"]
    made = owner.post(f"/teams/{team}/connections", {"name": "feed", "dc": "rack", "dc_id": place, "provider": "Other", "service": "any",
                                                     "regions": ["one"], "conn": {"user": "x"}})
    assert made.status == 201, made
    connection = made.headers["Location"].rsplit("/", 1)[1]
    ways = [f"/teams/{team}/connections/{connection}/live", f"/connections/{connection}/live?scope=team:{team}",
            f"/connections/{connection}/live?scope=all"]
    for path, status in zip(ways, (403, 403, 404)):
        assert opened(server, stranger, path)[0] == status
    assert opened(server, member, f"/connections/{connection}/live")[0] == 404
    streams = [opened(server, member, path) for path in ways]
    kept = opened(server, owner, ways[0], timeout=2)
    assert [status for status, *_ in [*streams, kept]] == [200] * 4
    assert owner.delete(f"/teams/{team}/members/{member.id}").status == 204
    start = time.monotonic()
    for _, answer, _ in streams:
        answer.read()  # until the server ends it
    assert time.monotonic() - start < 10
    with contextlib.suppress(TimeoutError):
        assert kept[1].read1() != b"", "the stream of who stays was ended"
    for *_, stream in [*streams, kept]:
        stream.close()
