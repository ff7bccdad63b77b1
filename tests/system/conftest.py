import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import harness  # noqa: E402


@pytest.fixture
def clouds():
    """Makes simulated clouds: clouds(servers=100)."""
    started = []

    def make(**options):
        started.append(harness.Cloudsim(**options))
        return started[-1]

    yield make
    for process in started:
        process.__exit__()


@pytest.fixture
def server():
    """Makes servers: server(cloud), server(cloud, {"MAESTRO_WORKERS": "1"}). Each must end well when the test has passed."""
    started = []

    def make(cloud=None, environment=None, **more):
        variables = {**harness.QUICK, **({"MAESTRO_EGRESS_ALLOW": cloud.egress} if cloud else {}), **(environment or {})}
        started.append(harness.Maestro(environment=variables, **more))
        return started[-1]

    yield make
    for process in started:
        process.__exit__()
