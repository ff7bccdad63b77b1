#!/usr/bin/env python3
"""How the product grows: an invented estate of 10,000, 100,000 and N documents on SQLite and on PostgreSQL.

    bench/million.py --build build/release --maestro build/maestro [N] [--out build/bench] [--continue] ...

Per size and store: fills, asks (store_lists), serves over HTTP, writes (store_upsert), lets 128 threads loose (store_mix).
Prints a table with the target beside each figure and saves it, the figures (million.json) and a plot (million.svg) in --out.
Nothing asserts a figure: a slow machine is no defect. Needs wrk and PostgreSQL; a million takes hours and some 45 GB below --work.
"""
import argparse
import json
import math
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tools")]
from growth import draw  # noqa: E402
from postgres import Server as Postgres, programs  # noqa: E402
from run import Server, bare_beast, cpu_seconds, resident_mib, wrk  # noqa: E402

# By figure: the most that it may be, and its unit. docs/performance.md says where each comes from.
TARGETS = {
    "page p50": (5, "ms"), "page p50 at once": (None, "ms"), "page p99": (20, "ms"), "cursor p50": (5, "ms"), "substring p50": (30, "ms"),
    "facets p50": (50, "ms"), "search p99": ({"sqlite": 50, "postgres": 100}, "ms"), "scan p50": (3000, "ms"),
    "upsert all new": (1.5, "x"), "upsert 5 % changed": (1.5, "x"), "upsert 100 % changed": (1.5, "x"),
    "mix violations": (0, ""), "mix interactive write p99": (None, "ms"), "mix read p99": (None, "ms"),
    "access sets": (2, "x"), "start to ready": (3, "s"), "resident, idle": (None, "MiB"), "resident, asked": (1024, "MiB"),
    "GET one": (150, "us"), "list of 50": (1000, "us"),
    "fill": (None, "us a document"), "on disk": (None, "bytes a document"),
}
STEPS = ("upsert", "fill", "lists", "serve", "mix", "sets")
MOST_SETS = 100_000


class Sqlite:
    """An empty SQLite database in a folder, for as long as this lives."""
    name = "sqlite"

    def __init__(self, work):
        self.folder = tempfile.mkdtemp(prefix="sqlite-", dir=work)
        self.store = ""
        self.address = f"sqlite:{self.folder}/maestro.db"
        self.scratch = f"sqlite:{self.folder}/upsert"
        self.durability = "journal_mode=WAL, synchronous=NORMAL: a commit survives the process, not always a power cut"

    def size(self):
        return sum(os.path.getsize(os.path.join(self.folder, name)) for name in os.listdir(self.folder) if name.startswith("maestro.db"))

    def cpu(self):
        return 0.0

    def settle(self):
        """What happens to a filled store by itself within a minute."""

    def stop(self):
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresBed:
    """A server of its own with fsync; the database `postgres` on it."""
    name = "postgres"

    def __init__(self, work):
        self.folder = tempfile.mkdtemp(prefix="postgres-", dir=work)
        # The server runs as another user, who has to get through.
        os.chmod(self.folder, 0o755)
        before, tempfile.tempdir = tempfile.tempdir, self.folder
        self.server = Postgres(durable=True)
        tempfile.tempdir = before
        self.store = self.address = self.scratch = self.server.url
        names = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size")
        self.durability = ", ".join(f"{name}={self.ask('SHOW ' + name)}" for name in names) + "; bulk writes: synchronous_commit=off"
        with open(f"{self.server.data}/postmaster.pid") as file:
            self.postmaster = int(file.readline())

    def ask(self, sql):
        return subprocess.run([programs() / "psql", "-qAtd", self.server.url, "-c", sql],
                              capture_output=True, text=True, check=True).stdout.strip()

    def size(self):
        return int(self.ask("SELECT pg_database_size('postgres')"))

    def cpu(self):
        """Of all its processes that live. Those that end meanwhile (vacuum) are missed."""
        total = 0.0
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                if self.postmaster in (parent, int(entry)):
                    total += cpu_seconds(entry)
            except OSError:
                pass
        return total

    def settle(self):
        """Autovacuum would gather the planner's statistics within a minute."""
        self.ask("ANALYZE")

    def stop(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


BEDS = {"sqlite": Sqlite, "postgres": PostgresBed}


class Battery:
    def __init__(self, options):
        self.options = options
        os.makedirs(options.out, exist_ok=True)
        self.path = os.path.join(options.out, "million.json")
        self.results = {"figures": {}, "machine": {}, "durability": {}}
        if options.carry_on and os.path.exists(self.path):
            with open(self.path) as file:
                self.results = json.load(file)
        self.figures = self.results["figures"]

    def save(self):
        with open(self.path + ".new", "w") as file:
            json.dump(self.results, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def tool(self, name, *arguments, may_fail=False):
        """Runs a measuring program; what it says with --json."""
        out = os.path.join(self.options.work, f"{name}.json")
        if os.path.exists(out):
            os.unlink(out)
        done = subprocess.run([os.path.join(self.options.build, "bench", name), *map(str, arguments), "--json", out],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        print(done.stdout, flush=True)
        if not os.path.exists(out) or (done.returncode != 0 and not may_fail):
            sys.exit(f"{name} failed ({done.returncode}):\n{done.stderr[-2000:]}")
        with open(out) as file:
            return json.load(file)

    def fill(self, bed, size, sets=0):
        environment = dict(os.environ, MAESTRO_LOG_LEVEL="warn")
        if bed.store:
            environment["MAESTRO_STORE"] = bed.store
        command = [self.options.maestro, "demo-data", str(size), "--seed", "1", "--data", bed.folder]
        if sets:
            command += ["--access-sets", str(sets)]
        usage, server = os.times(), bed.cpu()
        began = time.perf_counter()
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"demo-data failed:\n{done.stderr[-2000:]}")
        seconds, after = time.perf_counter() - began, os.times()
        cpu = after.children_user + after.children_system - usage.children_user - usage.children_system + bed.cpu() - server
        word = dict(re.findall(r"^(\w[\w ]*?) {2,}(\S+)", done.stdout, re.MULTILINE))
        print(f"{bed.name}: {size} documents, seed {word['seed']}, hash {word['hash']}, access sets {word['access sets']}, {seconds:.1f} s", flush=True)
        return {"seconds": seconds, "cpu_s": cpu, "seed": word["seed"], "hash": word["hash"], "sets": int(word["access sets"]), "bytes": bed.size()}

    def serve(self, bed):
        server = Server(self.options.maestro, bed.folder, bed.store)
        out = {"ready_s": statistics.median(self.start_and_stop(server) for _ in range(3))}
        server.start("/health/ready")
        pid = server.process.pid
        try:
            out["busy_s"] = self.wait_until_idle(pid)
            out["idle_mib"] = resident_mib(pid)
            status, answer, _ = server.call("POST", "/users/auth", {"email": "demo-all@example.com", "password": "demo-password"})
            if status != 200:
                sys.exit(f"demo-all cannot sign in: {status} {answer}")
            server.token = answer["token"]
            one = server.call("GET", "/servers?limit=1&orderBy=name&ascending=1")[1]["items"][0]["_id"]
            for name, path in {"GET one": f"/servers/{one}", "list of 50": "/servers?limit=50&orderBy=name&ascending=1"}.items():
                size = len(json.dumps(server.call("GET", path)[1], separators=(",", ":")))
                bare = bare_beast(self.options.build, size, self.options.seconds // 2 + 1)
                p50, p99, rate, micros = wrk("http://127.0.0.1:18888" + path, self.options.seconds, 8, server.token, pid, bed.cpu)
                out[name] = {"bytes": size, "p50_ms": p50, "p99_ms": p99, "per_second": rate, "cpu_us": micros, "bare_us": bare[3]}
            out["asked_mib"] = resident_mib(pid)
        finally:
            server.stop()
        return out

    @staticmethod
    def start_and_stop(server):
        seconds = server.start("/health/ready")
        server.stop()
        return seconds

    @staticmethod
    def wait_until_idle(pid):
        """The columns are read into memory behind the start: how long that takes, to a second."""
        began, before = time.perf_counter(), cpu_seconds(pid)
        while True:
            time.sleep(1)
            now, passed = cpu_seconds(pid), time.perf_counter() - began
            if now - before < 0.05 or passed > 120:
                return passed - 1
            before = now

    def measure(self, store, size):
        """What is asked for of one store at one size and is not yet there."""
        key = f"{store} {size}"
        steps = self.figures.setdefault(key, {})
        wanted = [step for step in self.options.steps if step not in steps and (step != "sets" or size == self.options.middle)]
        if not wanted:
            return
        print(f"== {key}: {', '.join(wanted)}; load {os.getloadavg()[0]:.1f}", flush=True)
        filled = {"fill", "lists", "serve", "mix"}.intersection(wanted)
        bed = BEDS[store](self.options.work)
        try:
            self.results["durability"][store] = bed.durability
            print(bed.durability, flush=True)
            if "upsert" in wanted:  # the first: it needs the room of three databases
                steps["upsert"] = self.tool("store_upsert", bed.scratch, "--servers", size)
                self.save()
            if filled:
                steps["fill"] = self.fill(bed, size)
            if "lists" in wanted:
                if store == "postgres":
                    steps["unsettled"] = self.tool("store_lists", bed.address, "--rounds", 4)
                bed.settle()
                steps["lists"] = self.tool("store_lists", bed.address, "--rounds", self.options.rounds)
            if "serve" in wanted:
                steps["serve"] = self.serve(bed)
            self.save()
            if "mix" in wanted:  # the last: it changes what was filled
                steps["mix"] = self.tool("store_mix", bed.address, "--seconds", self.options.mix_seconds, may_fail=True)
            steps["load"] = os.getloadavg()[0]
            self.save()
        finally:
            bed.stop()
        if "sets" not in wanted:
            return
        bed = BEDS[store](self.options.work)
        try:
            # Nine in ten documents are servers, and every set needs one.
            filled = self.fill(bed, size, min(MOST_SETS, size * 9 // 10))
            bed.settle()
            steps["sets"] = {"fill": filled, "lists": self.tool("store_lists", bed.address, "--rounds", self.options.rounds)}
            self.save()
        finally:
            bed.stop()

    # ---- figures ---------------------------------------------------------------------------------------------------

    def families(self, lists):
        out = {}
        for row in lists:
            out.setdefault(row["family"], []).append(row)
        return out

    def table(self):
        rows = []

        def row(where, figure, value, note=""):
            target, unit = TARGETS[figure]
            target = target[where.split()[0]] if isinstance(target, dict) else target
            verdict = "" if target is None else "PASS" if value <= target else "MISS"
            shown = f"{value:.2f}" if value < 100 else f"{value:.0f}"
            rows.append((where, figure, f"{shown} {unit}".strip(), "" if target is None else f"<= {target} {unit}".strip(), verdict, note))

        for where, steps in self.figures.items():
            size = int(where.split()[1])
            if "fill" in steps:
                row(where, "fill", steps["fill"]["cpu_s"] / size * 1e6, f"CPU; {size / steps['fill']['seconds']:.0f} documents a second")
                row(where, "on disk", steps["fill"]["bytes"] / size)
            for family, questions in self.families(steps.get("lists", [])).items():
                for percentile in ("p50", "p99"):
                    if f"{family} {percentile}" not in TARGETS:
                        continue
                    worst = max(questions, key=lambda each: each[f"{percentile}_ms"])
                    row(where, f"{family} {percentile}", worst[f"{percentile}_ms"], f"the slowest of {len(questions)}: {worst['question']}, seen {worst['sees']}")
            for family, questions in self.families(steps.get("unsettled", [])).items():
                if family == "page":
                    worst = max(questions, key=lambda each: each["p50_ms"])
                    row(where, "page p50 at once", worst["p50_ms"], f"before ANALYZE: {worst['question']}, seen {worst['sees']}")
            if serve := steps.get("serve"):
                row(where, "start to ready", serve["ready_s"], f"and busy in the background for {serve['busy_s']:.0f} s" if "busy_s" in serve else "")
                row(where, "resident, idle", serve["idle_mib"])
                row(where, "resident, asked", serve["asked_mib"])
                for name in ("GET one", "list of 50"):
                    each = serve[name]
                    row(where, name, each["cpu_us"], f"CPU, {each['cpu_us'] / each['bare_us']:.0f} x bare Beast; p50 {each['p50_ms']:.2f} ms, p99 {each['p99_ms']:.2f} ms, {each['per_second']:.0f}/s")
            for phase in steps.get("upsert", []):
                bare = phase["bare"]["client_cpu_s"] + phase["bare"]["server_cpu_s"]
                if not bare:
                    continue
                ours = phase["product"]["client_cpu_s"] + phase["product"]["server_cpu_s"]
                note = f"wall of the rows alone; CPU {ours / bare:.2f} x; {ours / phase['written'] * 1e6:.0f} us a server"
                if copied := phase["copy"]["client_cpu_s"] + phase["copy"]["server_cpu_s"]:
                    note += f"; CPU {ours / copied:.2f} x COPY"
                row(where, f"upsert {phase['phase']}", phase["product"]["wall_s"] / phase["bare"]["wall_s"], note)
            if mix := steps.get("mix"):
                row(where, "mix violations", len(mix["violations"]), "; ".join(mix["violations"])[:120])
                for figure, prefix in (("mix interactive write p99", "write:"), ("mix read p99", "read:")):
                    done = {name: each for name, each in mix["operations"].items() if name.startswith(prefix)}
                    if done:
                        worst = max(done, key=lambda name: done[name]["p99_ms"])
                        row(where, figure, done[worst]["p99_ms"], f"{worst}; all together {sum(each['per_second'] for each in done.values()):.0f}/s")
            if (sets := steps.get("sets")) and "lists" in steps:
                few = {(each["question"], each["sees"]): each for each in steps["lists"]}
                for family, questions in self.families(sets["lists"]).items():
                    # What takes less than that, nobody feels; a ratio of such figures is noise.
                    ratios = {(each["question"], each["sees"]): max(each["p50_ms"], 0.1) / max(few[each["question"], each["sees"]]["p50_ms"], 0.1)
                              for each in questions}
                    worst = max(ratios, key=ratios.get)
                    slowest = max(each["p50_ms"] for each in questions)
                    row(where, "access sets", math.exp(statistics.fmean(map(math.log, ratios.values()))),
                        f"{family}: p50 at {sets['fill']['sets']} sets over that at {steps['fill']['sets']}, mean of {len(ratios)}; "
                        f"worst {ratios[worst]:.1f} ({worst[0]}, seen {worst[1]}); slowest now {slowest:.1f} ms")
                row(where, "access sets", sets["fill"]["cpu_s"] / steps["fill"]["cpu_s"], "fill: CPU")
        widths = [max(len(line[i]) for line in rows + [("where", "figure", "measured", "target", "", "")]) for i in range(5)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)) + "  " + line[5]
                 for line in [("where", "figure", "measured", "target", "", "")] + rows]
        missed = sum(line[4] == "MISS" for line in rows)
        lines.append(f"{sum(line[4] == 'PASS' for line in rows)} PASS, {missed} MISS")
        return [line.rstrip() for line in lines]

    def series(self):
        """By store and family: [(size, milliseconds)], the geometric mean of the p50 of its questions."""
        out = {}
        for where, steps in self.figures.items():
            store, size = where.split()
            lines = out.setdefault(store, {})
            for family, questions in self.families(steps.get("lists", [])).items():
                mean = math.exp(statistics.fmean(math.log(max(each["p50_ms"], 1e-3)) for each in questions))
                lines.setdefault(family, []).append((int(size), mean))
            if "serve" in steps:
                lines.setdefault("start to ready", []).append((int(size), steps["serve"]["ready_s"] * 1000))
            for phase in steps.get("upsert", []):
                if phase["phase"] == "all new":
                    ours = phase["product"]["client_cpu_s"] + phase["product"]["server_cpu_s"]
                    lines.setdefault("insert one (CPU)", []).append((int(size), ours / phase["written"] * 1000))
        return {store: {name: sorted(points) for name, points in lines.items()} for store, lines in out.items()}


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown processor")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("size", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--build", required=True)
    parser.add_argument("--maestro", required=True)
    parser.add_argument("--out", default="build/bench")
    parser.add_argument("--work", default=tempfile.gettempdir(), help="where the databases go meanwhile")
    parser.add_argument("--stores", default="sqlite,postgres")
    parser.add_argument("--sizes", help="instead of 10000,100000,N")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=8, help="of wrk")
    parser.add_argument("--mix-seconds", type=int, default=60)
    parser.add_argument("--steps", default=",".join(STEPS), help="some of them only")
    parser.add_argument("--continue", dest="carry_on", action="store_true", help="keep the figures that an earlier call has saved in --out")
    options = parser.parse_args()
    sizes = [int(each) for each in options.sizes.split(",")] if options.sizes else sorted({10_000, 100_000, options.size})
    options.steps = options.steps.split(",")
    options.middle = sizes[len(sizes) // 2]
    options.maestro, options.build = os.path.abspath(options.maestro), os.path.abspath(options.build)
    options.work = tempfile.mkdtemp(prefix="maestro-million-", dir=options.work)
    os.chmod(options.work, 0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # servers and folders go then, too
    battery = Battery(options)
    battery.results["machine"] = {"what": machine(), "load": os.getloadavg()}
    print(f"{machine()}; load {os.getloadavg()[0]:.1f}; sizes {sizes}; {shutil.disk_usage(options.work).free / 2**30:.0f} GiB free", flush=True)
    try:
        for size in sizes:
            for store in options.stores.split(","):
                battery.measure(store, size)
    finally:
        shutil.rmtree(options.work, ignore_errors=True)
        battery.save()
    lines = [machine(), *(f"{store}: {words}" for store, words in battery.results["durability"].items()), *battery.table()]
    print("\n".join(lines))
    with open(os.path.join(options.out, "million.txt"), "w") as file:
        file.write("\n".join(lines) + "\n")
    with open(os.path.join(options.out, "million.svg"), "w") as file:
        file.write(draw(battery.series()))
    print(f"saved in {options.out}: million.json, million.txt, million.svg")


if __name__ == "__main__":
    main()
