#!/usr/bin/env python3
"""Simulated clouds and Maestro, started together.

Without arguments: Maestro on port 8888 (or $PORT) with its data in .maestro/demo, a demo account, one AWS and one OpenStack
connection whose resources are discovered; stays in the foreground until Ctrl-C.
--bare -- COMMAND: an empty Maestro on a free port for the time of a command, which finds the addresses in its environment.
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import harness  # noqa: E402

PERSON = {"name": "Demo", "email": "demo@example.com", "password": "demo-password"}
SECONDS = 120  # for the first discovery


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start_maestro(clouds, data, port):
    return harness.Maestro(data, port=port, environment={"MAESTRO_RATE_LIMITS": "on", "MAESTRO_EGRESS_ALLOW": clouds.egress})


def expect(answer, *statuses):
    if answer.status not in statuses:
        sys.exit(f"demo: {answer}")
    return answer


def demo_account(maestro):
    expect(maestro.client.post("/users", PERSON), 201, 409)
    login = maestro.client.post("/users/auth", {"email": PERSON["email"], "password": PERSON["password"]})
    if login.status != 200:
        sys.exit(f"demo: the demo account has another password now; ./dev clean all starts afresh\n{login}")
    return maestro.client.as_(login.json["token"])


def ensure_datacenter(person, name, provider):
    found = expect(person.get(f"/datacenters?name={name}"), 200).json["items"]
    if found:
        return found[0]["_id"]
    return expect(person.post("/datacenters", {"name": name, "provider": provider}), 201).json["_id"]


def ensure_connection(person, body):
    """Made, or told the address of this start's cloud."""
    found = expect(person.get(f"/connections?name={body['name'].replace(' ', '+')}"), 200).json["items"]
    if found:
        expect(person.patch(f"/connections/{found[0]['_id']}", body), 202)
        expect(person.post(f"/connections/{found[0]['_id']}/runs", {}), 202)
        return found[0]["_id"]
    return expect(person.post("/connections", body), 201).headers["Location"].split("/")[-1]


def wait_discovered(person, connections):
    """One line a connection when its runs are over; gives up after a while, for the UI shows the same."""
    end = time.monotonic() + SECONDS
    for identity in connections:
        while time.monotonic() < end:
            runs = expect(person.get(f"/connections/{identity}/runs?limit=2"), 200).json["items"]
            if runs and all(run["state"] not in ("queued", "running", "retrying") for run in runs):
                break
            time.sleep(0.2)


def run_demo():
    port = int(os.environ.get("PORT", "8888"))
    if not is_free(port):
        sys.exit(f"demo: port {port} is in use; choose another: PORT=8080 ./dev run")
    data = ROOT / ".maestro" / "demo"
    data.parent.mkdir(exist_ok=True)
    with harness.Cloudsim(servers=400, openstack_servers=150, regions="us-east-1,eu-west-1,sa-east-1") as clouds:
        with start_maestro(clouds, data, port) as maestro:
            person = demo_account(maestro)
            connections = [
                ensure_connection(person, clouds.aws_connection(
                    ensure_datacenter(person, "Amazon", "AWS"), name="AWS demo", dc="Amazon", regions=["us-east-1", "eu-west-1", "sa-east-1"])),
                ensure_connection(person, clouds.openstack_connection(
                    ensure_datacenter(person, "Basement", "OpenStack"), name="OpenStack demo", dc="Basement")),
            ]
            wait_discovered(person, connections)
            servers = person.get("/servers/count").json["count"]
            print(f"""
  Maestro    {maestro.url}/ui/
  login      {PERSON["email"]}  {PERSON["password"]}
  inventory  {servers} servers, discovered from a simulated AWS and a simulated OpenStack
  clouds     AWS {clouds.aws_url}, OpenStack {clouds.openstack_url}, control {clouds.control_url}
  data, log  {data.relative_to(ROOT)}, {maestro.log_path.relative_to(ROOT)}

  Ctrl-C stops both.
""", flush=True)
            while maestro.alive() and clouds.alive():
                time.sleep(0.3)
            for name, process in (("maestro", maestro), ("cloudsim", clouds)):
                if not process.alive():
                    sys.exit(f"demo: {name} ended with status {process.handle.returncode}:\n{process.output()[-2000:]}")


def run_command(command):
    with tempfile.TemporaryDirectory(prefix="maestro-bare-") as folder, harness.Cloudsim(servers=60, openstack_servers=20) as clouds:
        with start_maestro(clouds, pathlib.Path(folder) / "data", None) as maestro:
            variables = {"MAESTRO_URL": maestro.url, "CLOUDSIM_AWS_URL": clouds.aws_url, "CLOUDSIM_OPENSTACK_URL": clouds.openstack_url,
                         "CLOUDSIM_CONTROL_URL": clouds.control_url, "CLOUDSIM_ACCESS": clouds.access, "CLOUDSIM_SECRET": clouds.secret,
                         "CLOUDSIM_REGIONS": "us-east-1,eu-west-1"}
            status = subprocess.call(command, env={**os.environ, **variables})
            if status != 0:
                print(maestro.output()[-3000:], file=sys.stderr)
            return status


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if sys.argv[1:3] == ["--bare", "--"] and len(sys.argv) > 3:
            return run_command(sys.argv[3:])
        if len(sys.argv) > 1:
            sys.exit(__doc__)
        run_demo()
    except KeyboardInterrupt:
        print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
