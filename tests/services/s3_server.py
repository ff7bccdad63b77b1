#!/usr/bin/env python3
"""An S3 service for tests: OpenStack Swift with its S3 API (Debian's python3-swift), in one process, on a folder that goes away.

It is no mock: signatures, dates, ranges and preconditions are checked by Swift's own code. Prints one line of JSON when it is
ready: {"endpoint", "region", "access", "secret"}; ends with its standard input or by a signal. Arguments: buckets to make.
"""
import base64
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile

import eventlet

eventlet.monkey_patch()

from eventlet import wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.storage_policy import POLICIES  # noqa: E402

ACCESS, SECRET, REGION = "test:tester", "a-secret-of-the-s3-tests", "us-east-1"


class Quiet:
    """What eventlet would log of each request."""

    def write(self, *_):
        pass

    def flush(self):
        pass


def make_rings(folder, ports):
    """One device each, on the ports of the three storage servers."""
    for name, port in ports.items():
        builder = RingBuilder(2, 1, 1)
        builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0, "ip": "127.0.0.1", "port": port, "device": "disk", "meta": "",
                         "replication_ip": "127.0.0.1", "replication_port": port})
        builder.rebalance()
        builder.get_ring().save(str(folder / f"{name}.ring.gz"))


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="maestro-s3-"))
    try:
        serve(folder, sys.argv[1:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serve(folder, buckets):
    from swift.common import utils
    utils.HASH_PATH_PREFIX, utils.HASH_PATH_SUFFIX = b"maestro", b"tests"
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_prefix = maestro\nswift_hash_path_suffix = tests\n")
    (folder / "disk").mkdir()
    sockets = {name: eventlet.listen(("127.0.0.1", 0)) for name in ("account", "container", "object", "proxy")}
    port_of = {name: sock.getsockname()[1] for name, sock in sockets.items()}
    make_rings(folder, {name: port_of[name] for name in ("account", "container", "object")})
    common = {"swift_dir": str(folder), "devices": str(folder), "mount_check": "false", "bind_ip": "127.0.0.1", "log_level": "CRITICAL"}

    from swift.account.server import AccountController
    from swift.common.middleware import catch_errors, listing_formats, tempauth
    from swift.common.middleware.s3api import s3api
    from swift.container.server import ContainerController
    from swift.obj.mem_server import ObjectController
    from swift.proxy import server as proxy_server

    for policy in POLICIES:
        policy.object_ring = None
    apps = {
        "account": AccountController(common),
        "container": ContainerController(common),
        "object": ObjectController(common),  # in memory: no extended attributes needed
    }

    proxy = proxy_server.Application({**common, "account_autocreate": "true", "allow_account_management": "true"},
                                     account_ring=None, container_ring=None)
    auth = tempauth.filter_factory({"user_test_tester": f"{SECRET} .admin", "auth_prefix": "/auth/"})
    s3 = s3api.filter_factory({"location": REGION, "s3_acl": "false", "auth_pipeline_check": "false", "dns_compliant_bucket_names": "false",
                               "allow_multipart_uploads": "false", "force_swift_request_proxy_log": "false"})
    formats = listing_formats.filter_factory({})
    apps["proxy"] = catch_errors.filter_factory({})(MemoryCache(s3(auth(formats(proxy)))))
    for name, app in apps.items():
        eventlet.spawn(wsgi.server, sockets[name], app, Quiet(), log_output=False)

    endpoint = f"http://127.0.0.1:{port_of['proxy']}"
    make_buckets(endpoint, buckets)
    print(json.dumps({"endpoint": endpoint, "region": REGION, "access": ACCESS, "secret": SECRET}), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while eventlet.tpool.execute(os.read, 0, 1):
        pass


class MemoryCache:
    """The cache that tempauth wants in the environment of a request."""

    def __init__(self, app):
        self.app, self.values = app, {}

    def __call__(self, environment, start_response):
        environment["swift.cache"] = self
        return self.app(environment, start_response)

    def get(self, key, *_, **__):
        return self.values.get(key)

    def set(self, key, value, *_, **__):
        self.values[key] = value

    def delete(self, key, *_, **__):
        self.values.pop(key, None)

    def incr(self, key, delta=1, *_, **__):
        self.values[key] = self.values.get(key, 0) + delta
        return self.values[key]


def make_buckets(endpoint, buckets):
    import boto3
    from botocore.config import Config
    client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=ACCESS, aws_secret_access_key=SECRET, region_name=REGION,
                          config=Config(s3={"addressing_style": "path"}))
    for bucket in buckets:
        client.create_bucket(Bucket=bucket)


if __name__ == "__main__":
    main()
