"""A creation that is sent again, at once or after the death of the server, is done once."""
import concurrent.futures

from harness import Maestro


def create(client, key, body, path="/servers"):
    return client.post(path, body, headers={"Idempotency-Key": key})


def test_of_many_at_once_one_is_made(server):
    maestro = server()
    person = maestro.account("ann")
    for round_ in range(5):
        body = {"name": f"twin-{round_}", "unique_id": f"i-{round_}"}
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: create(person, f"key {round_}", body), range(12)))
        assert {answer.status for answer in answers} == {201}, answers
        assert len({answer.json["_id"] for answer in answers}) == 1
        assert len({answer.body for answer in answers}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
        assert person.get(f"/servers?name=twin-{round_}").json["found"] == 1


def test_the_answer_survives_the_death_of_the_server(tmp_path):
    with Maestro(tmp_path / "data") as maestro:
        person = maestro.account("ann")
        first = create(person, "k", {"name": "once"})
        maestro.kill()
    with Maestro(tmp_path / "data", port=maestro.port) as maestro:
        again = create(person, "k", {"name": "once"})
        assert again.headers["Idempotency-Replayed"] == "true"
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["ETag"] == first.headers["ETag"]


def test_what_is_kept_names_no_secret(server):
    maestro = server()
    person = maestro.account("ann")
    dc = person.post("/datacenters", {"name": "home", "provider": "AWS"}).json["_id"]
    body = {"name": "cloud", "provider": "AWS", "service": "iam_aws", "dc": "home", "dc_id": dc, "regions": ["us-east-1"], "url": "http://127.0.0.1:1",
            "conn": {"access": "AKIAKEPT", "secret": "never-to-be-kept"}}
    made = create(person, "k", body, "/connections")
    assert made.status == 201, made
    kept = maestro.one("SELECT body FROM request WHERE key = ?", "k")
    assert made.headers["Location"] in kept
    assert "never-to-be-kept" not in kept and "AKIAKEPT" not in kept
