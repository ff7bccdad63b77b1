"""A search shows what the lists show, whatever was granted to whom."""
import random
import urllib.parse

import pytest

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
