#!/usr/bin/env python3
"""A mail server for tests (Debian's python3-aiosmtpd) that keeps what it takes.

Modes: plain (no TLS), starttls (offers it), tls (from the first byte), full (starttls and a login that must be made), silent
(accepts connections and says nothing). Prints one line of JSON when it is ready: {"port", "ca"}, then one for each mail:
{"from", "to", "data", "tls", "user"}. Ends with its standard input or by a signal.
"""
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = b"maestro", b"mail-password"


def say(value):
    print(json.dumps(value), flush=True)


def certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=mail.test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return cert, context


class Keep:
    async def handle_DATA(self, server, session, envelope):  # noqa: N802: aiosmtpd's name
        if any("refused" in address for address in envelope.rcpt_tos):
            return "554 No such mailbox"
        say({"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode("ascii"),
             "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
             "user": session.auth_data.decode() if session.authenticated else None})
        return "250 Taken"


def authenticate(_server, _session, _envelope, _mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER, PASSWORD)
    return AuthResult(success=good, handled=good, auth_data=data.login if good else None)


class Sink(Controller):
    def __init__(self, mode, context):
        self.mode, self.context = mode, context
        super().__init__(Keep(), hostname="127.0.0.1", port=free_port(), ssl_context=context if mode == "tls" else None)

    def factory(self):
        login = {"authenticator": authenticate, "auth_required": True} if self.mode == "full" else {}
        return SMTP(self.handler, hostname="mail.test", tls_context=self.context if self.mode in ("starttls", "full") else None, **login)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(mode):
    if mode == "silent":
        with socket.create_server(("127.0.0.1", 0)) as listener:
            say({"port": listener.getsockname()[1], "ca": ""})
            sys.stdin.read()
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="maestro-smtp-"))
    try:
        ca, context = certificate(folder)
        sink = Sink(mode, context)
        sink.start()
        say({"port": sink.port, "ca": str(ca)})
        sys.stdin.read()
        sink.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
