"""One server for all journeys of the original web client, and people who walk them."""
import contextlib
import itertools

import harness
import pytest
from harness.mail_sink import Sink
from web_client import ORIGIN, WebClient, rows

PASSWORD = "pass word"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def mails():
    sink = Sink("plain")
    yield sink
    sink.stop()


@pytest.fixture(scope="module")
def cloud():
    with harness.Cloudsim(servers=4, openstack_servers=3) as cloudsim:
        yield cloudsim


@pytest.fixture(scope="module")
def maestro(mails, cloud):
    environment = mails.settings(MAESTRO_FORGOT_ORIGINS=ORIGIN, MAESTRO_EGRESS_ALLOW=cloud.egress, MAESTRO_WORKERS="1")
    with harness.Maestro(environment=environment) as started:
        # The first account of an instance administers it; the other journeys are those of anybody.
        WebClient(started, rows()).sign_up("Administrator", "administrator@example.com", PASSWORD)
        yield started
        assert started.alive(), started.output()[-3000:]
        assert started.stop() == 0, started.output()[-3000:]


@pytest.fixture
def page(maestro):
    """Loads the client in a new tab."""

    def make(server=maestro):
        client = WebClient(server, rows())
        client.boot()
        return client

    return make


@pytest.fixture
def person(page):
    """Somebody who has signed up and in."""

    def make(name="Alice", **more):
        client = page(**more)
        email = f"{name.lower()}{next(numbers)}@example.com"
        client.sign_up(name, email, PASSWORD)
        client.log_in(email, PASSWORD)
        return client

    return make


@pytest.fixture
def journey(person):
    """A person on a journey. At its end every call that the table gives to it has been made, below the team as well when one is chosen."""

    @contextlib.contextmanager
    def walk(name, tenant="user", client=None):
        client = client or person()
        if tenant == "team":
            client.choose(client.create("/teams", {"name": f"Team of {name}"}))
        yield client
        wanted = [row for row in rows() if row.journey == name and (row.tenant or tenant == "user")]
        made = {(row.method, row.route) for row in client.made}
        assert wanted, f"the table has no journey {name}"
        missing = [row for row in wanted if (row.method, row.route) not in made]
        assert not missing, f"calls that the journey does not make: {missing}"

    return walk


def pytest_generate_tests(metafunc):
    """Journeys with a `tenant` are walked twice."""
    if "tenant" in metafunc.fixturenames:
        metafunc.parametrize("tenant", ["user", "team"])
