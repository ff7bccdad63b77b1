"""A forgotten password, through a real mail server."""
import html
import json
import re
import threading
import time

import harness
import pytest
from harness.mail_sink import Sink

PAGE = "https://client.example#/auth/changepass"


@pytest.fixture
def sink():
    started = []

    def make(mode="plain"):
        started.append(Sink(mode))
        return started[-1]

    yield make
    for one in started:
        one.stop()


def ask(maestro, address, page=PAGE):
    return maestro.client.post("/users/forgot", {"email": address, "callback_url": page})


def token_of(mail):
    return re.search(r"token=([\w.-]+)", mail["message"].get_body(("plain",)).get_content())[1]


def change(maestro, token, password):
    return maestro.client.put("/users/forgot/change", {"token": token, "password": password, "verypassword": password, "callback_url": PAGE})


def log_in(maestro, person, password):
    return maestro.client.post("/users/auth", {"email": person.email, "password": password}).status


def test_a_person_gets_back_in(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings())
    alice, bob = maestro.account("alice"), maestro.account("bob")
    assert ask(maestro, alice.email.upper()).status == 204
    mail = mails.mail()
    assert (mail["from"], mail["to"]) == ("maestro@example.com", [alice.email])
    message = mail["message"]
    assert message["Subject"] == "Maestro Server - Recovery Password"
    assert (message["From"], message["To"]) == ("maestro@example.com", alice.email)
    assert message["Date"].datetime and message["Message-ID"] and not message.defects
    plain, rich = message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()
    link = re.search(r"https://\S+", plain)[0]
    assert link.startswith(f"{PAGE}?token=")
    assert f'href="{html.escape(link)}"' in rich and "Create a new password" in rich
    token = token_of(mail)
    assert "_id" not in token and alice.email not in json.dumps(harness.claims(token)) and harness.claims(token)["exp"] <= time.time() + 3601

    changed = change(maestro, token, "a new one")
    assert (changed.status, changed.body) == (204, b"")
    assert log_in(maestro, alice, "a new one") == 200
    assert log_in(maestro, alice, alice.password) == 400
    # Whoever was signed in with the old password is out; other people are not.
    assert alice.get("/me").status == 401
    assert bob.get("/me").status == 200
    # Once and no more, also when another mail is on its way.
    again = change(maestro, token, "yet another")
    assert again.status == 409 and again.json["err"] | {"request_id": 0} == {"name": "ConflictError", "errors": {}, "request_id": 0}
    assert log_in(maestro, alice, "a new one") == 200
    assert token not in maestro.output()


def test_of_two_tokens_and_two_changes_at_once_one_counts(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings())
    alice = maestro.account("alice")
    tokens = []
    for _ in range(2):
        assert ask(maestro, alice.email).status == 204
        tokens.append(token_of(mails.mail()))
    assert tokens[0] != tokens[1]
    statuses = []
    threads = [threading.Thread(target=lambda token=token, number=number: statuses.append(change(maestro, token, f"new-{number}").status))
               for number, token in enumerate(tokens * 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [204, 409, 409, 409]


def test_a_token_ends_with_what_it_was_made_for(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings())
    alice, bob = maestro.account("alice"), maestro.account("bob")
    assert ask(maestro, alice.email).status == 204
    token = token_of(mails.mail())
    assert alice.patch("/users/auth/pass", {"email": alice.email, "password": alice.password, "newpass": "changed"}).status == 201
    assert change(maestro, token, "a new one").status == 409
    assert ask(maestro, bob.email).status == 204
    token = token_of(mails.mail())
    assert bob.patch("/me", {"email": "robert@example.com"}).status == 202
    assert change(maestro, token, "a new one").status == 409
    assert ask(maestro, "robert@example.com").status == 204
    token = token_of(mails.mail())
    assert bob.delete("/me").status == 204
    assert change(maestro, token, "a new one").status == 400


def test_a_token_is_no_session_and_no_upload(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings())
    alice = maestro.account("alice")
    assert ask(maestro, alice.email).status == 204
    token = token_of(mails.mail())
    assert maestro.client.as_(token).get("/me").status == 401
    assert alice.put(f"/users/upload?ext=png&folder=users&name=a&token={token}", raw="x").status == 400


def test_the_link_is_put_together_as_clients_read_it(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings(API_URL="http://maestro.example"))
    alice = maestro.account("alice")
    for page, start in (("https://client.example/reset?lang=en&x=%22%3E", "https://client.example/reset?lang=en&x=%22%3E&token="),
                        ("https://client.example/#/a?b=c", "https://client.example/#/a?b=c&token="), ("http://maestro.example", "http://maestro.example?token="),
                        (f"{maestro.url}/ui/recover", f"{maestro.url}/ui/recover?token=")):
        assert ask(maestro, alice.email, page).status == 204
        mail = mails.mail()
        assert start in mail["message"].get_body(("plain",)).get_content()
        assert f'href="{html.escape(start)}' in mail["message"].get_body(("html",)).get_content()
    assert ask(maestro, alice.email, "https://evil.example/").status == 422
    assert not mails.lines


def test_an_address_cannot_carry_a_second_one(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings())
    for address in ("x@example.com>\r\nRCPT TO:<victim@example.com", "x@example.com,victim@example.com", "x@example.com\nBcc: victim@example.com"):
        made = maestro.client.post("/users", {"name": "x", "email": address, "password": "correct horse"})
        answer = ask(maestro, address)
        assert answer.status == (500 if made.status == 201 else answer.status) and answer.status >= 400
        assert "victim" not in answer.text or answer.status == 422
    assert not mails.lines


@pytest.mark.parametrize("mode, more, tls, user", [
    ("plain", {}, False, None),
    ("starttls", {}, True, None),
    ("starttls", {"SMTP_IGNORE": "true"}, False, None),
    ("starttls", {"SMTP_IGNORE": "false", "SMTP_USETLS": "false"}, True, None),
    ("tls", {"SMTP_USETLS": "true"}, True, None),
    ("tls", {"SMTP_USETSL": "true"}, True, None),
    ("full", {"SMTP_USERNAME": "maestro", "SMTP_PASSWORD": "mail-password"}, True, "maestro"),
])
def test_every_kind_of_mail_server(server, sink, mode, more, tls, user):
    mails = sink(mode)
    maestro = server(environment=mails.settings(SSL_CERT_FILE=mails.ca, **more))
    alice = maestro.account("alice")
    assert ask(maestro, alice.email).status == 204
    mail = mails.mail()
    assert (mail["tls"], mail["user"]) == (tls, user)


@pytest.mark.parametrize("mode, more", [
    ("starttls", {"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"}),  # a certificate that nobody vouches for
    ("tls", {"SMTP_USETLS": "true", "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"}),
    ("full", {"SMTP_USERNAME": "maestro", "SMTP_PASSWORD": "not-the-mail-password"}),
    ("plain", {"SMTP_USERNAME": "maestro", "SMTP_PASSWORD": "mail-password"}),  # a password is not sent in the clear
    ("full", {}),
    ("plain", {"SMTP_USETLS": "true"}),
])
def test_a_mail_that_does_not_leave_is_told_without_a_reason(server, sink, mode, more):
    mails = sink(mode)
    maestro = server(environment=mails.settings(**{"SSL_CERT_FILE": mails.ca or "", **more}))
    alice = maestro.account("alice")
    answer = ask(maestro, alice.email)
    assert answer.status == 500 and "127.0.0.1" not in answer.text and "mail-password" not in answer.text
    assert "a mail was not sent" in maestro.output() and "mail-password" not in maestro.output()
    assert not mails.lines


def test_a_refused_mail_and_a_server_that_is_gone(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings())
    refused = maestro.account("refused", "refused@example.com")
    assert ask(maestro, refused.email).status == 500
    assert log_in(maestro, refused, refused.password) == 200
    gone = server(environment={**mails.settings(), "SMTP_PORT": str(harness.free_port())})
    alice = gone.account("alice")
    assert ask(gone, alice.email).status == 500


def test_a_mail_server_that_says_nothing_holds_nobody_else(server, sink):
    mails = sink("silent")
    maestro = server(environment=mails.settings(MAESTRO_HTTP_THREADS="1", MAESTRO_STOP_GRACE="1"))
    alice = maestro.account("alice")
    answers = []

    def ask_and_note():
        try:
            answers.append(ask(maestro, alice.email).status)
        except OSError:
            answers.append(None)  # cut when the server stopped

    threads = [threading.Thread(target=ask_and_note) for _ in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    for _ in range(5):
        assert alice.get("/me").status == 200
        assert log_in(maestro, alice, alice.password) == 200
    assert time.monotonic() - began < 10, "other requests waited for the mail"
    # Stopping does not wait for the mail server either.
    assert maestro.stop(10) == 0
    for thread in threads:
        thread.join()
    assert set(answers) <= {500, 503, None}


@pytest.mark.parametrize("more, reason", [
    ({}, "SMTP_HOST, SMTP_PORT and SMTP_SENDER are not set"),
    ({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "25"}, "SMTP_SENDER"),
    ({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "mail", "SMTP_SENDER": "a@b.example"}, "SMTP_PORT"),
    ({"SMTP_PORT": "25", "SMTP_SENDER": "a@b.example"}, "SMTP_HOST"),
    ({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "25", "SMTP_SENDER": "nobody"}, "SMTP_SENDER"),
])
def test_mail_is_off_until_all_of_it_is_said(server, more, reason):
    maestro = server(environment=more)
    off = [json.loads(line) for line in maestro.output().splitlines() if '"mail is off"' in line]
    assert len(off) == 1 and reason in off[0]["reason"]
    alice = maestro.account("alice")
    answer = ask(maestro, alice.email, maestro.url)
    assert (answer.status, answer.json) == (500, {"err": "Maestro: SMTP is not connected, maestro is not able to send any email."})


def test_settings_in_quotes_are_read_as_the_manual_writes_them(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings(SMTP_SENDER="'maestro@example.com'"))
    alice = maestro.account("alice")
    assert ask(maestro, alice.email).status == 204
    assert mails.mail()["from"] == "maestro@example.com"


def test_asking_and_guessing_are_limited_like_logins(server, sink):
    mails = sink()
    maestro = server(environment=mails.settings(MAESTRO_RATE_LIMITS="on", MAESTRO_TRUST_PROXY="true"))
    alice = maestro.account("alice")

    def ask_from(peer, address):
        return maestro.client.post("/users/forgot", {"email": address, "callback_url": PAGE}, headers={"X-Forwarded-For": peer})

    # Many addresses from one machine; one address from many machines.
    assert [ask_from("192.0.2.1", f"nobody{number}@example.com").status for number in range(11)] == [400] * 10 + [429]
    statuses = [ask_from(f"198.51.100.{number}", alice.email) for number in range(11)]
    assert [answer.status for answer in statuses] == [204] * 10 + [429]
    assert int(statuses[-1].headers["Retry-After"]) > 0
    for _ in range(10):
        mails.mail()
    assert not mails.lines
    guesses = [change(maestro, f"guess-{number}", "a new one").status for number in range(11)]
    assert guesses == [409] * 10 + [429]
    assert log_in(maestro, alice, alice.password) == 200
