"""What a start refuses, it refuses at once, with words that say what to change."""
import os
import pathlib
import socket
import stat
import subprocess

import pytest
from harness import ROOT, Maestro, binary, free_port, wait_for


def run(*arguments, environment=None, seconds=20):
    variables = {name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_") and name != "NODE_ENV"}
    return subprocess.run([binary("maestro", "MAESTRO_BINARY"), *arguments], env={**variables, **(environment or {})}, capture_output=True,
                          text=True, timeout=seconds)


def refused(tmp_path, *arguments, environment=None):
    """What `maestro serve` says when it does not start."""
    result = run("serve", "--data", str(tmp_path / "data"), "--port", str(free_port()), *arguments, environment=environment)
    assert result.returncode not in (0, -6, -11), result
    assert "terminate called" not in result.stderr
    assert result.stderr.strip(), "refused without a word"
    return result.stderr


@pytest.mark.parametrize("name,value,words", [
    ("MAESTRO_PORT", "eighty", ["port", "eighty", "MAESTRO_PORT", "number"]),
    ("MAESTRO_PORT", "99999", ["port", "65535"]),
    ("MAESTRO_WORKERS", "0", ["workers", "1"]),
    ("MAESTRO_REGISTRATION", "perhaps", ["registration", "open or closed"]),
    ("MAESTRO_RATE_LIMITS", "perhaps", ["rate-limits", "true or false"]),
    ("MAESTRO_ROLES", "api,gardener", ["gardener"]),
    ("MAESTRO_LOG_LEVEL", "loud", ["log-level"]),
    ("MAESTRO_EGRESS_ALLOW", "10.0.0.0/99", ["10.0.0.0/99"]),
    ("MAESTRO_STORE", "mongodb://localhost/maestro", ["MongoDB", "import"]),
    ("MAESTRO_STORE", "postgresql://localhost/maestro", ["PostgreSQL"]),
    ("MAESTRO_STORE", "nonsense", ["sqlite:PATH"]),
    ("MAESTRO_HOST", "999.1.1.1", ["999.1.1.1"]),
])
def test_a_bad_setting_is_named(tmp_path, name, value, words):
    said = refused(tmp_path, environment={name: value})  if name != "MAESTRO_PORT" else run(
        "serve", "--data", str(tmp_path / "data"), environment={name: value}).stderr
    assert all(word in said for word in words), said


def test_an_unknown_flag_or_command_is_named(tmp_path):
    assert "--colour" in run("serve", "--colour", "red").stdout + run("serve", "--colour", "red").stderr
    assert run("dance").returncode != 0
    assert run().returncode != 0


def test_a_bad_line_of_the_settings_file_is_named(tmp_path):
    file = tmp_path / "maestro.conf"
    file.write_text("# settings\nport = 1234\ncolour = red\n")
    said = refused(tmp_path, "--config", str(file))
    assert f"{file}:3" in said and "colour" in said
    file.write_text("port 1234\n")
    assert f"{file}:1" in refused(tmp_path, "--config", str(file))
    assert "missing.conf" in refused(tmp_path, "--config", str(tmp_path / "missing.conf"))


def test_settings_come_from_flag_environment_and_file(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "maestro.conf").write_text("workers = 7\nhttp-threads = 9\n")
    shown = run("config", "--data", str(data), "--workers", "3", environment={"MAESTRO_HTTP_THREADS": "5", "MAESTRO_SECRETJWT": "not-to-be-shown-anywhere"}).stdout
    rows = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert "3" in rows["workers"] and "flag" in rows["workers"]
    assert "5" in rows["http-threads"] and "MAESTRO_HTTP_THREADS" in rows["http-threads"]
    assert "not-to-be-shown" not in shown


def write_pack(folder, text):
    (folder / "aws").mkdir(parents=True)
    pack = folder / "aws" / "ec2_instances.yaml"
    pack.write_text(text)
    return pack


PACK = (ROOT / "packs/aws/ec2_instances.yaml").read_text()


@pytest.mark.parametrize("change,line,words", [
    (("entity: servers", "entity: serfs"), "entity: serfs", ["serfs"]),
    (("  ipv4_private: PrivateIpAddress", "  ipv4_privat: PrivateIpAddress"), "  ipv4_privat:", ["ipv4_privat"]),
    (("shape: ec2", "shape: ec9"), "shape: ec9", ["ec9"]),
    (("every: 5 minutes", "every: often"), "every: often", ["every"]),
    (("os_base: true", "os_bass: true"), "os_bass: true", ["os_bass"]),
    (("scope: region", "scope: galaxy"), "scope: galaxy", ["scope"]),
    (("task: server-list", "tusk: server-list"), "tusk: server-list", ["tusk"]),
    (("key: InstanceId", "key: [InstanceId"), None, []),
    (("include: datacenter_vm", "include: nothing_here"), "include: nothing_here", ["nothing_here"]),
])
def test_a_bad_pack_is_told_with_file_line_and_column(tmp_path, change, line, words):
    assert change[0] in PACK, "the pack has changed: mend this test"
    text = PACK.replace(change[0], change[1], 1)
    write_pack(tmp_path / "packs", text)
    said = refused(tmp_path, "--packs", str(tmp_path / "packs"))
    assert "aws/ec2_instances.yaml:" in said, said
    if line is not None:
        number = next(number for number, one in enumerate(text.splitlines(), 1) if line.strip() in one)
        assert f"ec2_instances.yaml:{number}:" in said, said
    assert all(word in said for word in words), said


def test_a_pack_folder_that_is_not_there_is_named(tmp_path):
    assert "no-such-folder" in refused(tmp_path, "--packs", str(tmp_path / "no-such-folder"))


def test_a_good_pack_of_ones_own_is_used(tmp_path, server, clouds):
    write_pack(tmp_path / "packs", PACK.replace("label: EC2 instances", "label: Our instances"))
    maestro = server(None, arguments=["--packs", str(tmp_path / "packs")])
    person = maestro.account("alice")
    assert "Our instances" in person.get("/meta/providers").text


def test_a_port_in_use_is_told(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run("serve", "--data", str(tmp_path / "data"), "--port", str(port))
    assert result.returncode != 0 and str(port) in result.stderr and "in use" in result.stderr


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("serve", "--data", str(tmp_path / "file" / "data"), "--port", str(free_port()))
    assert result.returncode != 0 and "file/data" in result.stderr


@pytest.mark.parametrize("path", ["/proc/maestro", "/sys/maestro"])
def test_a_folder_that_cannot_be_written_is_told(path):
    result = run("serve", "--data", path, "--port", str(free_port()))
    assert result.returncode != 0 and path in result.stderr


def test_a_database_that_is_none_is_told(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "maestro.db").write_bytes(b"this is no database" * 1000)
    said = refused(tmp_path)
    assert "maestro.db" in said


def test_a_second_process_on_the_same_data_is_refused(server, tmp_path):
    maestro = server(data=tmp_path / "data")
    said = refused(tmp_path)
    assert "in use" in said and "maestro.db" in said
    assert maestro.client.get("/health/ready").status == 200


def test_secrets_are_made_once_and_kept_from_others(server, tmp_path):
    data = tmp_path / "data"
    maestro = server(data=data)
    token = maestro.account("alice").token
    assert stat.S_IMODE((data / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert maestro.stop() == 0
    again = server(data=data)
    assert again.client.as_(token).get("/me").status == 200
    assert again.stop() == 0
    (data / "secrets.json").chmod(0o644)
    assert "secrets.json" in refused(tmp_path)


@pytest.mark.parametrize("variable,value", [
    ("MAESTRO_SECRETJWT", "defaultSecretKey"),
    ("MAESTRO_SECRETJWT_PRIVATE", "defaultSecretKeyPrivate"),
    ("MAESTRO_NOAUTH", "defaultSecretNoAuthToken"),
    ("MAESTRO_SECRETJWT", "short"),
    ("MAESTRO_SECRET_ENCRYPTION", "short"),
])
@pytest.mark.parametrize("production", [{"NODE_ENV": "production"}, {"MAESTRO_HOST": "0.0.0.0"}])
def test_production_refuses_default_and_short_secrets(tmp_path, variable, value, production):
    said = refused(tmp_path, environment={variable: value, **production})
    assert variable in said and "production" in said
    assert value not in said or value == "short"


def test_production_starts_with_secrets_of_its_own(server):
    maestro = server(environment={"NODE_ENV": "production"})
    assert maestro.client.get("/health/ready").status == 200


def test_another_encryption_key_is_refused(server, tmp_path):
    data = tmp_path / "data"
    maestro = server(data=data, environment={"MAESTRO_SECRET_ENCRYPTION": "one-key-of-more-than-thirty-two-bytes"})
    maestro.stop()
    said = refused(tmp_path, environment={"MAESTRO_SECRET_ENCRYPTION": "another-key-of-more-than-thirty-two-bytes"})
    assert "MAESTRO_SECRET_ENCRYPTION" in said


@pytest.mark.parametrize("catalog", ["routes", "entities", "packs", "jobs", "settings", "roles"])
def test_catalogs_are_printed(catalog):
    result = run("list", catalog)
    assert result.returncode == 0 and len(result.stdout.splitlines()) >= 2


def test_the_version_is_printed():
    assert run("--version").stdout.startswith("maestro ")


def test_a_start_is_quick(server, tmp_path):
    import time
    began = time.monotonic()
    server(data=tmp_path / "data")
    assert time.monotonic() - began < 5
