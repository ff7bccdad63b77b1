#!/usr/bin/env python3
"""A PostgreSQL server of Debian's in a temporary folder, for tests and figures.

Without arguments: prints the server's address and serves until its standard input ends.
-- COMMAND: runs a command with the address in MAESTRO_TEST_POSTGRES, ends with its status.
--durable: with fsync, as in production (for figures; tests need not survive a power cut).
"""
import argparse
import glob
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def programs():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not found:
        sys.exit("PostgreSQL is not installed; ./dev setup installs it")
    return pathlib.Path(found[-1])


class Server:
    """Listens on a socket in its own folder, nowhere else; the folder goes with it."""

    def __init__(self, durable=False):
        self.folder = tempfile.mkdtemp(prefix="maestro-pg-")
        # The server refuses to run as root.
        self.prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.prefix:
            shutil.chown(self.folder, "postgres", "postgres")
        self.data = f"{self.folder}/data"
        self.run(programs() / "initdb", "-D", self.data, "-U", "maestro", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        settings = {
            "listen_addresses": "''", "unix_socket_directories": f"'{self.folder}'", "max_connections": "200",
            "shared_buffers": "'256MB'", "max_wal_size": "'4GB'", "log_min_messages": "fatal",
        }
        if not durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        else:
            settings |= {"shared_buffers": "'2GB'", "work_mem": "'64MB'", "maintenance_work_mem": "'512MB'",
                         "effective_cache_size": "'8GB'", "random_page_cost": "1.1"}
        extra = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self.run(programs() / "pg_ctl", "-D", self.data, "-l", f"{self.folder}/log", "-w", "-t", "60", "-o", extra, "start")
        self.url = f"postgresql://maestro@/postgres?host={self.folder}"

    def run(self, *command):
        done = subprocess.run([*self.prefix, *map(str, command)], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{command[0]} failed:\n{done.stdout}")

    def stop(self):
        subprocess.run([*self.prefix, str(programs() / "pg_ctl"), "-D", self.data, "-m", "immediate", "stop"], cwd="/",
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--durable", action="store_true")
    parser.add_argument("command", nargs="*")
    options = parser.parse_args()
    server = Server(options.durable)
    try:
        if options.command:
            return subprocess.run(options.command, env={**os.environ, "MAESTRO_TEST_POSTGRES": server.url}, check=False).returncode
        print(server.url, flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
