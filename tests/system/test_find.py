"""A search shows what the lists show, whatever was granted to whom; history and the past tell what discovery did."""
import random
import urllib.parse

import pytest
from harness import Tenant

PARTS = ["quokka", "wombat", "dingo", "numbat", "bilby"]


def listed(person, kind, words):
    query = "&".join(f"or[{i}][name][contains]={word}" for i, word in enumerate(words)) if len(words) > 1 else f"name[contains]={words[0]}"
    return {item["_id"]: item for item in person.get(f"/{kind}?limit=1000&{query}").json["items"]}


def searched(person, text, kinds):
    answer = person.get(f"/search?limit=50&kinds={kinds}&q={urllib.parse.quote(text)}")
    assert answer.status == 200 and answer.json["capped"] is False, answer
    out = {}
    for group in answer.json["groups"]:
        assert group["found"] == len(group["items"])
        for item in group["items"]:
            assert item["_id"] not in out.get(group["entity"], {}), "told twice"
            out.setdefault(group["entity"], {})[item["_id"]] = {key: value for key, value in item.items() if key != "match"}
    return out


@pytest.mark.parametrize("seed", [1, 2])
def test_a_search_shows_what_lists_show(server, seed):
    dice = random.Random(seed)
    maestro = server()
    people = [maestro.account(f"person{i}", f"person{i}@example.com") for i in range(4)]
    clients = [maestro.client.as_(person.token) for person in people]
    documents = []
    for n in range(60):
        owner, kind = dice.randrange(4), dice.choice(["servers", "datacenters"])
        body = {"name": f"{dice.choice(PARTS)}-{dice.choice(PARTS)}-{n}"} | ({"provider": "Other"} if kind == "datacenters" else {})
        documents.append((owner, kind, clients[owner].post(f"/{kind}", body).json["_id"]))
    for step in range(90):
        owner, kind, one = dice.choice(documents)
        other = people[dice.choice([i for i in range(4) if i != owner])]
        action = dice.randrange(5)
        if action < 2:
            clients[owner].post(f"/{kind}/{one}/roles", {"id": other.id, "refs": "users", "role": dice.choice(["1", "3"])})
        elif action == 2:
            clients[owner].delete(f"/{kind}/{one}/roles/{other.id}")
        elif action == 3:
            clients[owner].delete(f"/{kind}/{one}")
        else:
            clients[owner].post(f"/{kind}/{one}/restore")
        if step % 6:
            continue
        word = dice.choice(PARTS)
        for client in clients:
            found = searched(client, word, "servers,datacenters")
            for kind in ("servers", "datacenters"):
                assert found.get(kind, {}) == listed(client, kind, [word]), f"step {step}: {word} in {kind}"


def test_a_run_tells_what_it_changed_and_the_past_is_found_again(clouds, server):
    cloud = clouds(servers=12)
    maestro = server(cloud)
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    run = next(run for run in tenant.runs(connection) if run["task"] == "server-list")
    told = tenant.client.get(f"/runs/{run['_id']}/history?limit=200").json["items"]
    servers = {one["_id"]: one for one in tenant.all()}
    assert {row["document"]["_id"] for row in told if row["document"]["entity"] == "servers"} == set(servers)
    assert all(row["run"] == run["_id"] and row["actor"]["kind"] == "connection" and row["actor"]["_id"] == connection for row in told)
    assert tenant.client.get(f"/history?run={run['_id']}&limit=200").json["items"] == told
    assert tenant.client.get(f"/history?actor=connection:{connection}&entity=servers").json["items"]
    stranger = maestro.account("stranger")
    assert stranger.get(f"/runs/{run['_id']}/history").status == 404
    assert stranger.get(f"/history?run={run['_id']}").json["items"] == []

    # A change out there, and one run more.
    cloud.order("POST", "/change", {"cloud": "aws", "what": "name", "percent": 50})
    tenant.discover(connection)

    # Every state that history tells of every server is found again: what a change says it became, the document was.
    for one in list(servers)[:6]:
        for row in tenant.client.get(f"/servers/{one}/history").json["items"]:
            past = tenant.client.get(f"/servers/{one}?as_of={row['at']}").json
            assert past["_exact"] is True
            for change in row["changes"]:
                if "." not in change["path"] and change["path"] in past:
                    assert past[change["path"]] == change.get("new"), change
    # A person's change, and the list before and after it.
    one = next(iter(servers))
    before = tenant.client.get(f"/servers/{one}").json
    assert tenant.client.patch(f"/servers/{one}", {"name": "renamed-by-hand"}).status == 202
    assert tenant.client.get(f"/servers?name=renamed-by-hand&as_of={before['updated_at']}").json["found"] == 0
    then = tenant.client.get(f"/servers?as_of={before['updated_at']}&_id={one}").json["items"]
    assert [item["name"] for item in then] == [before["name"]]
    assert tenant.client.get("/servers?name=renamed-by-hand&as_of=now").json["found"] == 1
