"""kill -9 at random moments of a large discovery loses nothing, doubles nothing, retires nothing that is there."""
import random
import time

import pytest
import truth
from harness import FINAL, Client, Tenant, wait_for

MACHINES = 20_000
KILLS = 10


def restart(server, cloud, data, tenant, environment):
    maestro = server(cloud, environment, data=data)
    tenant.maestro, tenant.client = maestro, person(maestro, tenant)
    return maestro


def person(maestro, tenant):
    client = Client(maestro.url, tenant.client.token)
    client.id, client.email = tenant.client.id, tenant.client.email
    return client


@pytest.mark.parametrize("seed", [1])
def test_twenty_thousand_machines_and_ten_kills(clouds, server, tmp_path, seed):
    chance = random.Random(seed)
    cloud = clouds(servers=MACHINES, openstack_servers=0)
    data = tmp_path / "data"
    # A few pages a second, so that every kill falls into the reading.
    environment = {"MAESTRO_PROVIDER_RATE": "4", "MAESTRO_LEASE": "1", "MAESTRO_SCOPE_ATTEMPTS": "50"}
    maestro = server(cloud, environment, data=data)
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    in_work = 0
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.1, 2.0))
        state = tenant.runs(connection)[0]["state"]
        in_work += state not in FINAL
        maestro.kill()
        maestro = restart(server, cloud, data, tenant, environment)
        if state in FINAL:
            # Read already: something new to read, and once more.
            cloud.order("POST", "/change", {"cloud": "aws", "what": "tags", "percent": 20})
            assert tenant.client.post(f"/connections/{connection}/runs", {}).status == 202
    assert in_work >= KILLS / 2, "the kills must fall into the reading"
    tenant.settle(connection, 120)
    last = tenant.run(tenant.runs(connection)[0]["_id"])
    assert last["state"] == "success", str(last)
    run = tenant.discover(connection, seconds=120)
    assert run["state"] == "success"

    wanted = truth.instances(cloud)
    assert truth.inventory_ids(tenant) == set(wanted)  # none lost; inventory_ids refuses doubles
    assert maestro.one("SELECT count(*) FROM history WHERE verb='retire'") == 0
    assert maestro.one("SELECT count(*) FROM history WHERE verb='create' AND kind=(SELECT id FROM kind WHERE name='servers')") == tenant.count()
    assert tenant.count() == len(wanted)
    assert maestro.one("SELECT count(*) FROM job") == 0, "a job is left"
    assert maestro.one("SELECT count(*) FROM run WHERE final=0") == 0
    if not maestro.postgres:
        assert maestro.one("PRAGMA integrity_check") == "ok"
    names = {item["datacenters"]["instance_id"]: item["name"] for item in tenant.all()}
    assert all(names[identity] == name for identity, (_, name, _, _) in wanted.items())


def test_an_acknowledged_write_survives_a_kill(server, tmp_path):
    data = tmp_path / "data"
    maestro = server(data=data)
    tenant = Tenant(maestro)
    made = set()
    for number in range(60):
        answer = tenant.client.post("/servers", {"name": f"kept-{number}"})
        assert answer.status == 201
        made.add(answer.json["_id"])
        if number % 20 == 19:
            maestro.kill()
            maestro = restart(server, None, data, tenant, {})
    assert {item["_id"] for item in tenant.all()} == made
    assert wait_for(lambda: tenant.count() == 60)


def test_a_worker_that_dies_is_replaced_while_the_api_goes_on(clouds, server, tmp_path):
    cloud = clouds(servers=3000, openstack_servers=0)
    data = tmp_path / "data"
    environment = {"MAESTRO_PROVIDER_RATE": "2", "MAESTRO_LEASE": "1"}
    maestro = server(cloud, environment, data=data)
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    time.sleep(0.5)
    maestro.kill()
    restart(server, cloud, data, tenant, environment)
    # Nobody has to start anything.
    tenant.settle(connection, 60)
    assert tenant.runs(connection)[0]["state"] == "success"
    assert truth.inventory_ids(tenant) == set(truth.instances(cloud))
