"""Whatever a provider does wrong, on whichever page: nothing is retired, the state says so, nothing stays open."""
import pytest
import truth
from harness import QUICK, Cloudsim, Maestro, Tenant

# Faults that a retry cannot outlive while they last. The others give pages that are well-formed but wrong or late.
BROKEN = ["throttle", "forbidden", "error500", "timeout", "truncated", "malformed", "expired_token", "drop_connection", "repeat_token"]
ODD = ["slow", "duplicate_page", "empty_page"]
ACTION = {"aws": "DescribeInstances", "openstack": "servers/detail"}


class Bed:
    def __init__(self):
        self.cloud = Cloudsim(servers=2100, regions="us-east-1", openstack_servers=1100)
        self.maestro = Maestro(environment={**QUICK, "MAESTRO_PROVIDER_TIMEOUT": "1", "MAESTRO_SCOPE_ATTEMPTS": "2", "MAESTRO_EGRESS_ALLOW": self.cloud.egress})
        self.tenant = Tenant(self.maestro)
        self.connections = {"aws": self.tenant.connect(self.cloud.aws_connection, regions=["us-east-1"]),
                            "openstack": self.tenant.connect(self.cloud.openstack_connection)}
        self.pages = {}
        for kind, connection in self.connections.items():
            self.tenant.settle(connection)
            self.tenant.pause(connection)
            run = self.tenant.discover(connection)
            assert run["state"] == "success"
            self.pages[kind] = run["scopes"][0]["pages"]
        self.ids = truth.inventory_ids(self.tenant)


@pytest.fixture(scope="module")
def bed():
    one = Bed()
    yield one
    one.maestro.__exit__()
    one.cloud.__exit__()


def test_there_are_pages_to_go_wrong(bed):
    assert all(pages >= 3 for pages in bed.pages.values())
    assert len(bed.ids) > 2500


@pytest.mark.parametrize("page", ["first", "middle", "last"])
@pytest.mark.parametrize("fault", BROKEN + ODD)
@pytest.mark.parametrize("kind", ["aws", "openstack"])
def test_a_lasting_fault_retires_nothing(bed, kind, fault, page):
    if fault == "duplicate_page" and page == "first":
        page = "2"  # there is no page before the first
    connection, tenant = bed.connections[kind], bed.tenant
    delay = {"delay_ms": 4000} if fault == "timeout" else {"delay_ms": 400} if fault == "slow" else {}
    bed.cloud.fault(kind, fault, action=ACTION[kind], page=page, times=0, **delay)
    try:
        run = tenant.discover(connection, seconds=60)
    finally:
        bed.cloud.clear_faults()
    assert run["counts"]["retired"] == 0, run
    assert truth.inventory_ids(tenant) == bed.ids
    if fault in BROKEN and not (fault == "repeat_token" and page != "middle"):
        assert run["state"] in ("failed", "partial"), run
        assert run["message"], run
        scope = next(scope for scope in run["scopes"] if scope["state"] != "success")
        assert scope["error"]["code"] in ("unauthenticated", "forbidden", "throttled", "unavailable", "invalid", "internal") and scope["error"]["message"]
        state = tenant.client.get(f"/meta/connections?ids={connection}").json["items"][0]
        assert state["state"] == run["state"]
    else:
        assert run["state"] in ("success", "partial", "failed", "held"), run
    # The fault over, the next reading is whole, and finds that nothing had happened.
    run = tenant.discover(connection)
    assert run["state"] == "success" and run["counts"]["seen"] == run["counts"]["unchanged"], run
    assert truth.inventory_ids(tenant) == bed.ids


@pytest.mark.parametrize("page", ["first", "middle", "last"])
@pytest.mark.parametrize("fault", ["throttle", "error500", "timeout", "truncated", "malformed", "expired_token", "drop_connection"])
@pytest.mark.parametrize("kind", ["aws", "openstack"])
def test_a_passing_fault_is_outlived(bed, kind, fault, page):
    connection, tenant = bed.connections[kind], bed.tenant
    bed.cloud.fault(kind, fault, action=ACTION[kind], page=page, times=1, **({"delay_ms": 2000} if fault == "timeout" else {}))
    try:
        run = tenant.discover(connection)
    finally:
        bed.cloud.clear_faults()
    if fault == "expired_token" and kind == "aws":
        # Keys that have expired do not come back by asking again.
        assert run["state"] in ("success", "failed", "partial"), run
    else:
        assert run["state"] == "success", run
    assert run["counts"]["retired"] == run["counts"]["created"] == run["counts"]["updated"] == 0, run
    assert truth.inventory_ids(tenant) == bed.ids


@pytest.mark.parametrize("fault", ["throttle", "forbidden", "error500", "malformed"])
def test_a_failed_enrichment_is_partial_and_clears_nothing(clouds, server, tmp_path, fault):
    cloud = clouds(servers=60)
    cloud.fault("aws", fault, action="DescribeInstanceTypes", times=0)
    maestro = server(cloud, data=tmp_path / "data")
    tenant = Tenant(maestro)
    connection = tenant.connect(cloud.aws_connection)
    tenant.settle(connection)
    tenant.pause(connection)
    run = tenant.runs(connection)[0]
    assert run["state"] == "partial" and run["message"] and run["counts"]["created"] > 50, run
    path = f"/servers/{tenant.all()[0]['_id']}"
    assert "cpu" not in tenant.client.get(path).json
    cloud.clear_faults()
    assert tenant.discover(connection)["state"] == "success"
    whole = tenant.client.get(path).json
    assert whole["cpu"] > 0 and whole["memory"] > 0
    # Types are remembered for a while; a new process has forgotten them.
    maestro.stop()
    cloud.fault("aws", fault, action="DescribeInstanceTypes", times=0)
    tenant.client = server(cloud, data=tmp_path / "data").client.as_(tenant.client.token)
    cloud.order("POST", "/change", {"cloud": "aws", "what": "name", "percent": 100})
    run = tenant.discover(connection)
    assert run["state"] == "partial" and run["counts"]["retired"] == 0 and run["counts"]["updated"] > 50, run
    after = tenant.client.get(path).json
    assert after["name"] != whole["name"] and (after["cpu"], after["memory"]) == (whole["cpu"], whole["memory"])


@pytest.mark.parametrize("kind", ["aws", "openstack"])
def test_a_cloud_that_is_not_there_fails_with_a_message(bed, kind):
    tenant = bed.tenant
    before = truth.inventory_ids(tenant)
    with Cloudsim(servers=5, openstack_servers=5) as other:
        pass  # gone again: its port refuses
    make = other.aws_connection if kind == "aws" else other.openstack_connection
    answer = tenant.client.post("/connections/test", make("x"))
    assert answer.status == 200 and answer.json["ok"] is False and answer.json["message"], answer
    assert truth.inventory_ids(tenant) == before
