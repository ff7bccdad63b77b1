#!/usr/bin/env python3
"""The performance battery: figures as ratios against baselines measured in the same run.

    bench/run.py --build build/release --maestro build/maestro [--servers 100000] [--seconds 8]

Starts cloudsim and Maestro on loopback with a data folder of their own, discovers the simulated estate three times (new,
unchanged, 5 % changed), serves it to wrk, and prints one table. Needs wrk; writes nothing outside its temporary folder.
"""
import argparse
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process and its threads so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


class Server:
    """A running Maestro and a way to talk to it. `store`: as MAESTRO_STORE says it; empty = a file in `data`."""

    def __init__(self, maestro, data, store=""):
        self.maestro, self.data, self.store = maestro, data, store
        self.token = None

    def start(self, probe="/health/live"):
        """Seconds until `probe` is answered with 200."""
        environment = dict(os.environ, MAESTRO_EGRESS_ALLOW="*", MAESTRO_PROVIDER_RATE="100000", MAESTRO_RATE_LIMITS="off")
        if self.store:
            environment["MAESTRO_STORE"] = self.store
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [self.maestro, "serve", "--data", self.data, "--port", "18888", "--log-level", "warn"], env=environment)
        while True:
            try:
                if self.call("GET", probe, authorised=False)[0] == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None:
                sys.exit("maestro did not start")
            time.sleep(0.001)
        return time.perf_counter() - began

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def call(self, method, path, body=None, authorised=True):
        connection = http.client.HTTPConnection("127.0.0.1", 18888, timeout=120)
        headers = {"Content-Type": "application/json"}
        if authorised and self.token:
            headers["Authorization"] = "JWT " + self.token
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, (json.loads(text) if text[:1] in (b"{", b"[") else text), dict(answer.getheaders())

    def run_task(self, connection, task):
        """Starts one task and waits for its end: seconds, CPU seconds, run."""
        cpu, began = cpu_seconds(self.process.pid), time.perf_counter()
        status, answer, _ = self.call("POST", f"/connections/{connection}/runs", {"tasks": [task]})
        assert status == 202, answer
        run = answer["items"][0]["_id"]
        while True:
            answer = self.call("GET", f"/runs/{run}")[1]
            if answer["state"] not in ("queued", "running", "retrying"):
                break
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        assert answer["state"] == "success", answer
        return seconds, cpu_seconds(self.process.pid) - cpu, answer


def wrk(url, seconds, connections, token, pid, also=lambda: 0.0):
    """p50 ms, p99 ms, requests/s, CPU microseconds a request of the serving process and of what `also` measures."""
    script = os.path.join(tempfile.gettempdir(), f"maestro-bench-{os.getpid()}.lua")
    with open(script, "w") as file:
        file.write("done = function(s, l, r) io.write(string.format('{\"p50\":%.4f,\"p99\":%.4f,\"n\":%d,\"us\":%d,\"bad\":%d}\\n',"
                   " l:percentile(50)/1000, l:percentile(99)/1000, s.requests, s.duration,"
                   " s.errors.status + s.errors.connect + s.errors.read + s.errors.timeout)) end\n")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, url]
    if token:
        command += ["-H", "Authorization: JWT " + token]
    before = cpu_seconds(pid) + also()
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(pid) + also() - before
    os.unlink(script)
    result = json.loads(output.strip().splitlines()[-1])
    assert result["bad"] == 0, output
    return result["p50"], result["p99"], result["n"] / (result["us"] / 1e6), used / result["n"] * 1e6


def bare_beast(build, size, seconds):
    """What wrk() says of Boost.Beast alone with bodies of that size."""
    bare = subprocess.Popen([os.path.join(build, "bench/bare_server"), "--port", "0", "--bytes", str(size)],
                            stdout=subprocess.PIPE, text=True)
    try:
        port = bare.stdout.readline().rsplit(":", 1)[1].strip()
        return wrk(f"http://127.0.0.1:{port}/", seconds, 8, None, bare.pid)
    finally:
        bare.terminate()
        bare.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--maestro", required=True)
    parser.add_argument("--servers", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=8)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="maestro-bench-")
    rows = []

    def row(name, value, baseline="", ratio=""):
        rows.append((name, value, baseline, ratio))
        print(f"{name:<44} {value:<34} {baseline:<30} {ratio}", flush=True)

    print(f"estate: {options.servers} servers, seed 1; SQLite WAL, synchronous=NORMAL; {os.cpu_count()} cores")
    row("what", "measured", "baseline in the same run", "ratio")
    cloudsim = subprocess.Popen(
        [os.path.join(options.build, "tools/cloudsim/cloudsim"), "--aws-port", "0", "--openstack-port", "0", "--control-port", "0",
         "--seed", "1", "--servers", str(options.servers), "--regions", "us-east-1", "--openstack-servers", "10",
         "--access", "AKIABENCH", "--secret", "bench-secret"], stdout=subprocess.PIPE, text=True)
    server = Server(options.maestro, os.path.join(folder, "data"))
    try:
        ports = json.loads(cloudsim.stdout.readline())
        started = server.start()
        row("start to first answer, empty", f"{started * 1000:.0f} ms")
        row("resident, idle", f"{resident_mib(server.process.pid):.1f} MiB")
        server.call("POST", "/users", {"name": "bench", "email": "bench@example.org", "password": "bench-1234"})
        server.token = server.call("POST", "/users/auth", {"email": "bench@example.org", "password": "bench-1234"})[1]["token"]
        datacenter = server.call("POST", "/datacenters", {"name": "bench", "provider": "AWS"})[1]
        status, answer, headers = server.call("POST", "/connections", {
            "name": "bench", "provider": "AWS", "service": "iam_aws", "dc": "bench", "dc_id": datacenter["_id"],
            "regions": ["us-east-1"], "url": ports["aws"], "conn": {"access": "AKIABENCH", "secret": "bench-secret"}})
        assert status == 201, answer
        connection = headers["Location"].rsplit("/", 1)[1]
        # The first run starts by itself; later ones only when asked.
        server.call("PATCH", f"/connections/{connection}/tasks/server-list", {"enabled": False})

        new = server.run_task(connection, "server-list")
        assert new[2]["counts"]["created"] == options.servers or new[2]["counts"]["seen"] == options.servers, new[2]
        same = server.run_task(connection, "server-list")
        assert same[2]["counts"]["unchanged"] == options.servers, same[2]
        control = http.client.HTTPConnection(ports["control"].split("//")[1], timeout=60)
        control.request("POST", "/change", json.dumps({"cloud": "aws", "percent": 5, "what": "type"}), {"Content-Type": "application/json"})
        control.getresponse().read()
        changed = server.run_task(connection, "server-list")
        row("resident, loaded", f"{resident_mib(server.process.pid):.1f} MiB")

        one = server.call("GET", "/servers?limit=1&orderBy=name&ascending=1")[1]["items"][0]["_id"]
        paths = {"GET one": f"/servers/{one}", "list of 50": "/servers?limit=50&orderBy=name&ascending=1",
                 "list of 50, filtered, exact count": "/servers?limit=50&orderBy=name&ascending=1&status=Active"}
        for name, path in paths.items():
            size = len(json.dumps(server.call("GET", path)[1], separators=(",", ":")))
            base = bare_beast(options.build, size, options.seconds // 2 + 1)
            ours = wrk("http://127.0.0.1:18888" + path, options.seconds, 8, server.token, server.process.pid)
            row(f"{name} ({size} bytes): CPU a request", f"{ours[3]:.0f} us", f"{base[3]:.0f} us bare Beast", f"{ours[3] / base[3]:.1f}x")
            row(f"{name}: p50 / p99, 8 connections", f"{ours[0]:.2f} / {ours[1]:.2f} ms, {ours[2]:.0f}/s", f"{base[0]:.2f} / {base[1]:.2f} ms, {base[2]:.0f}/s",
                f"{ours[0] / base[0]:.1f}x")
        server.stop()
        started = server.start()
        row("start to first answer, loaded", f"{started * 1000:.0f} ms")
        server.stop()

        database = os.path.join(folder, "data", "maestro.db")
        bare = json.loads(subprocess.run([os.path.join(options.build, "bench/bare_ingest"), database, os.path.join(folder, "bare.db")],
                                         capture_output=True, text=True, check=True).stdout)
        for name, (seconds, cpu, run) in {"ingest, all new": new, "ingest, unchanged": same, "ingest, 5 % changed": changed}.items():
            row(name, f"{seconds:.2f} s, {cpu:.2f} CPU s, {options.servers / seconds:.0f}/s", f"{bare['seconds']:.2f} s, {bare['cpu_seconds']:.2f} CPU s rows alone",
                f"{cpu / bare['cpu_seconds']:.2f}x CPU")
    finally:
        cloudsim.kill()
        if server.process.poll() is None:
            server.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
