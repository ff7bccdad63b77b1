"""Uploads through the real program: into a folder, and into an S3 service with the keys and addresses of its settings."""
import http.client
import json
import os
import pathlib
import subprocess
import threading
import urllib.parse

import harness
import pytest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PEER_SECRET, SHARED_WORD = "a-private-secret-of-the-tests-0123456789", "a-shared-word-of-the-tests-0123456789"
PEER = {"MAESTRO_SECRETJWT_PRIVATE": PEER_SECRET, "MAESTRO_NOAUTH": SHARED_WORD}


@pytest.fixture(scope="module")
def s3():
    """OpenStack Swift with its S3 API and three buckets."""
    service = harness.ROOT / "tests" / "services" / "s3_server.py"
    with subprocess.Popen(["/usr/bin/python3", service, "everything", "pictures", "documents"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield json.loads(process.stdout.readline())
        process.stdin.close()


def s3_settings(s3, **more):
    return {"MAESTRO_UPLOAD_TYPE": "S3", "AWS_S3_BUCKET_NAME": "everything", "AWS_ACCESS_KEY_ID": s3["access"],
            "AWS_SECRET_ACCESS_KEY": s3["secret"], "AWS_ENDPOINT": s3["endpoint"], **PEER, **more}


def peer(maestro):
    return maestro.client.as_(harness.sign(PEER_SECRET, {"app": "server-app", "version": "0.6.1", "noauth": SHARED_WORD}))


def send(url, headers, body):
    """What a client of the original does with a signed request: exactly these headers, the raw bytes."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.request("PUT", f"{parts.path}?{parts.query}", body, headers)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def upload(person, entity, name, mime, body):
    signed = person.get(f"/{entity}/upload?filetype={urllib.parse.quote(mime)}&filename={urllib.parse.quote(name)}")
    assert signed.status == 200, signed
    url = signed.json["signedRequest"]
    return signed.json, send("http:" + url if url.startswith("//") else url, signed.json["headers"], body)


def test_an_avatar_is_uploaded_kept_and_shown_as_clients_of_the_original_do_it(server):
    maestro = server(environment=PEER)
    alice = maestro.account("alice")
    signed, (status, body) = upload(alice, "users", "Me & You.v2.PNG", "image/png", PNG)
    assert (status, body) == (200, b"")
    assert signed["signedRequest"].startswith(f"//127.0.0.1:{maestro.port}/users/upload?ext=png&folder=users&name=Me%20%26%20You.v2.PNG&token=")
    assert signed["filename"] == f"users/{alice.id}/me-you.png"
    assert alice.patch("/me", {"avatar": signed["filename"]}).status == 202
    assert alice.get("/me").json["avatar"] == signed["filename"]
    shown = maestro.client.get(f"/static/{signed['filename']}")
    assert (shown.status, shown.body, shown.headers["Content-Type"]) == (200, PNG, "image/png")
    # Images and the rest live apart, as MAESTRO_TMP, LOCAL_DIR and PRIVATE_LOCAL_DIR say.
    assert (maestro.data / "files/public/static" / signed["filename"]).read_bytes() == PNG
    signed, (status, _) = upload(alice, "teams", "facts.json", "application/json", b'{"host": "a"}')
    assert status == 200
    assert (maestro.data / "files/_private" / signed["filename"]).read_bytes() == b'{"host": "a"}'
    assert peer(maestro).get(f"/teams/upload/file/?filename={signed['filename']}").json == {"host": "a"}
    assert maestro.client.get(f"/static/{signed['filename']}").status == 404


def test_folders_are_those_of_the_settings(server, tmp_path):
    maestro = server(environment={"MAESTRO_TMP": str(tmp_path), "LOCAL_DIR": "/pictures/", "PRIVATE_LOCAL_DIR": "rest"})
    alice = maestro.account("alice")
    for mime, name, body, folder in (("image/png", "a.png", PNG, "pictures"), ("text/plain", "a.txt", b"words", "rest")):
        signed, (status, _) = upload(alice, "projects", name, mime, body)
        assert status == 200
        assert (tmp_path / folder / signed["filename"]).read_bytes() == body


def test_a_file_that_is_not_there_or_broken_ends_nothing(server):
    maestro = server(environment=PEER)
    alice = maestro.account("alice")
    service = peer(maestro)
    for entity in ("users", "teams"):
        for name in ("users/none.json", "none.json", "../package.json", "%00.json", "a" * 5000 + ".json"):
            assert service.get(f"/{entity}/upload/file/?filename={name}").status == 404
            assert maestro.client.get(f"/{entity}/upload/file/?filename={name}").status == 401
    signed, (status, _) = upload(alice, "users", "broken.json", "application/json", b'{"a":')
    assert status == 200
    answer = service.get(f"/users/upload/file/?filename={signed['filename']}")
    assert answer.status == 422 and str(maestro.data) not in answer.text
    signed, (status, _) = upload(alice, "users", "latin.csv", "text/csv", b"caf\xe9;1\n")
    assert service.get(f"/users/upload/file/?filename={signed['filename']}").json == "caf\ufffd;1\n"
    assert maestro.alive()


def test_no_link_leads_out_of_the_folder(server):
    maestro = server(environment=PEER)
    alice = maestro.account("alice")
    (maestro.data / "files/public/static/users").mkdir(parents=True, exist_ok=True)
    os.symlink(maestro.data / "secrets.json", maestro.data / "files/public/static/users/secrets.png")
    os.symlink(maestro.data, maestro.data / "files/_private/users")
    assert maestro.client.get("/static/users/secrets.png").status == 404
    assert peer(maestro).get("/users/upload/file/?filename=users/secrets.json").status == 404
    signed, (status, body) = upload(alice, "users", "a.json", "application/json", b"{}")
    assert status == 503 and str(maestro.data).encode() not in body
    assert not (maestro.data / alice.id).exists()


def test_what_an_administrator_put_there_is_never_a_page(server):
    maestro = server()
    folder = maestro.data / "files/public/static"
    for name in ("page.html", "drawing.svg", "script.js", "noending", "fake.png.html"):
        (folder / name).write_text("<script>alert(1)</script>")
        shown = maestro.client.get(f"/static/{name}")
        assert (shown.status, shown.headers["Content-Type"], shown.headers["Content-Disposition"]) == (200, "application/octet-stream", "attachment"), name
        assert "sandbox" in shown.headers["Content-Security-Policy"] and shown.headers["X-Content-Type-Options"] == "nosniff"
    (folder / "index.html").write_text("mine")
    assert maestro.client.get("/static/").text != "mine"


def test_large_files_are_sent_whole_and_in_parts(server):
    maestro = server()
    data = os.urandom(3_000_000)
    (maestro.data / "files/public/static/big.png").write_bytes(data)
    assert maestro.client.get("/static/big.png").body == data
    for text, wanted in (("bytes=100-1999999", data[100:2_000_000]), ("bytes=-1000000", data[-1_000_000:]), ("bytes=2999999-", data[-1:])):
        part = maestro.client.get("/static/big.png", headers={"Range": text})
        assert (part.status, part.body) == (206, wanted)
    head = maestro.client.request("HEAD", "/static/big.png")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "3000000")
    first = maestro.client.get("/static/big.png", headers={"Range": "bytes=0-9"})
    for name, value in (("If-None-Match", first.headers["ETag"]), ("If-Modified-Since", first.headers["Last-Modified"])):
        assert maestro.client.get("/static/big.png", headers={name: value}).status == 304
    rest = maestro.client.get("/static/big.png", headers={"Range": "bytes=10-", "If-Range": first.headers["ETag"]})
    assert first.body + rest.body == data


def test_only_a_signed_upload_may_be_large(server):
    maestro = server(environment={"MAESTRO_UPLOAD_MAXSIZE": "3000000"})
    alice = maestro.account("alice")
    big = PNG[:8] + bytes(2_900_000)
    assert upload(alice, "users", "a.png", "image/png", big)[1][0] == 200
    _, (status, body) = upload(alice, "users", "b.png", "image/png", PNG[:8] + bytes(3_000_000))
    assert status == 422 and json.loads(body)["err"]["name"] == "ValidatorError"
    # Every other request, this route without a token included, keeps the limit of MAESTRO_MAX_BODY.
    for method, path in (("PUT", "/users/upload?ext=png&folder=users&name=a"), ("PUT", "/users/upload?ext=png&folder=users&name=a&token=x.y.z"),
                         ("POST", "/servers"), ("PATCH", "/me")):
        try:
            answer = alice.request(method, path, raw=bytes(1_500_000), type="application/json")
            assert answer.status == 422, (path, answer)
            assert "larger" in answer.text or "large" in answer.text, answer
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused while the body was on its way
    assert maestro.client.get(f"/static/users/{alice.id}/b.png").status == 404


def test_many_uploads_of_one_name_leave_one_whole_file(server):
    maestro = server()
    alice = maestro.account("alice")
    bodies = [PNG + bytes([letter]) * 200_000 for letter in range(8)]
    threads = [threading.Thread(target=upload, args=(alice, "users", "a.png", "image/png", body)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert maestro.client.get(f"/static/users/{alice.id}/a.png").body in bodies
    assert [path.name for path in (maestro.data / f"files/public/static/users/{alice.id}").iterdir()] == ["a.png"]


# ---- S3 ----

def test_files_go_to_s3_from_the_client_itself(server, s3):
    maestro = server(environment=s3_settings(s3))
    alice = maestro.account("alice")
    signed, (status, body) = upload(alice, "users", "My Pic.v2.png", "image/png", PNG)
    assert status == 200, body
    name = f"users/{alice.id}/my-pic.png"
    assert signed["filename"] == name
    assert signed["headers"] == {"Content-type": "image/png"}
    assert signed["url"] == f"{s3['endpoint']}/everything/{name}"
    assert signed["signedRequest"].startswith(f"{s3['endpoint']}/everything/{name}?")
    assert "X-Amz-Expires=60&" in signed["signedRequest"] and "x-amz-acl=public-read" in signed["signedRequest"]
    # The web UI shows it from here, and may send there.
    page = maestro.client.get("/ui/", headers={"Accept": "text/html"})
    assert f"connect-src 'self' {s3['endpoint']};" in page.headers["Content-Security-Policy"]
    shown = maestro.client.get(f"/static/{name}", headers={"Range": "bytes=0-7"})
    assert (shown.status, shown.body, shown.headers["Content-Type"]) == (206, PNG[:8], "image/png")
    assert maestro.client.get("/static/users/none.png").status == 404


def test_one_bucket_for_all_shows_nobody_what_is_private(server, s3):
    import boto3
    from botocore.config import Config
    client = boto3.client("s3", endpoint_url=s3["endpoint"], aws_access_key_id=s3["access"], aws_secret_access_key=s3["secret"],
                          region_name=s3["region"], config=Config(s3={"addressing_style": "path"}))
    maestro = server(environment=s3_settings(s3))
    alice = maestro.account("alice")
    signed, (status, _) = upload(alice, "users", "facts.json", "application/json", b"{}")
    assert status == 200
    assert peer(maestro).get(f"/users/upload/file/?filename={signed['filename']}").json == {}
    for key in ("backup.sql", "picture.png", f"users/{alice.id}/deeper/picture.png", f"others/{alice.id}/picture.png", f"users/{alice.id}/a.svg"):
        client.put_object(Bucket="everything", Key=key, Body=b"not for everybody")
    for key in (signed["filename"], "backup.sql", "picture.png", f"users/{alice.id}/deeper/picture.png", f"others/{alice.id}/picture.png",
                f"users/{alice.id}/a.svg"):
        assert maestro.client.get(f"/static/{key}").status == 404, key


def test_peers_read_from_the_private_bucket(server, s3):
    maestro = server(environment=s3_settings(s3, AWS_S3_PUBLIC_BUCKET_NAME="'pictures'", AWS_S3_PRIVATE_BUCKET_NAME="documents"))
    alice = maestro.account("alice")
    signed, (status, _) = upload(alice, "teams", "facts.json", "application/json", b'{"a": [1, 2]}')
    assert status == 200
    assert f"/documents/teams/{alice.id}/facts.json?" in signed["signedRequest"] and "acl" not in signed["signedRequest"]
    assert peer(maestro).get(f"/users/upload/file/?filename=/{signed['filename']}/").json == {"a": [1, 2]}
    picture, (status, _) = upload(alice, "users", "a.png", "image/png", PNG)
    assert status == 200 and "/pictures/" in picture["signedRequest"]
    assert peer(maestro).get(f"/users/upload/file/?filename={picture['filename']}").status == 404
    assert maestro.client.get(f"/static/{signed['filename']}").status == 404
    for name in ("../documents/x.json", "teams/../x.json", "none.json"):
        assert peer(maestro).get(f"/users/upload/file/?filename={name}").status == 404


def test_a_signed_url_is_for_its_type_and_place_alone(server, s3):
    maestro = server(environment=s3_settings(s3))
    alice = maestro.account("alice")
    signed = alice.get("/users/upload?filetype=image/png&filename=a.png").json
    for url, headers in ((signed["signedRequest"], {"Content-type": "text/html"}),
                         (signed["signedRequest"].replace("a.png", "b.png"), signed["headers"]),
                         (signed["signedRequest"].replace("public-read", "public-read-write"), signed["headers"]),
                         (signed["signedRequest"].replace("Expires=60", "Expires=6000"), signed["headers"])):
        assert send(url, headers, PNG)[0] == 403, url
    # Nothing is taken here in that mode.
    assert alice.put(f"/users/upload?ext=png&folder=users&name=a", raw=PNG, type="application/octet-stream").status == 400


@pytest.mark.parametrize("variable", ["AWS_S3_BUCKET_NAME", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_s3_without_its_variables_says_which_one_is_missing(server, s3, variable):
    maestro = server(environment=s3_settings(s3, **{variable: ""}))
    alice = maestro.account("alice")
    for answer in (alice.get("/users/upload?filetype=image/png&filename=a"), alice.put("/users/upload?ext=png&folder=users&name=a", raw=PNG),
                   peer(maestro).get("/teams/upload/file/?filename=a.json")):
        assert answer.status == 422
        assert answer.json["err"]["errors"][0] | {"context": None} == {"message": f'"{variable}" is required', "path": [variable],
                                                                       "type": "any.required", "context": None}
    assert variable in maestro.output()


def test_a_storage_that_is_gone_or_refuses_is_told_without_its_words(server, s3):
    maestro = server(environment=s3_settings(s3, AWS_SECRET_ACCESS_KEY="another-secret"))
    answer = peer(maestro).get("/users/upload/file/?filename=users/a.json")
    assert answer.status == 503 and "Signature" not in answer.text and s3["endpoint"] not in answer.text
    gone = server(environment=s3_settings(s3, AWS_ENDPOINT="http://127.0.0.1:1"))
    assert gone.client.get(f"/static/users/{'5f' * 12}/a.png").status == 503
    assert "another-secret" not in maestro.output() and s3["secret"] not in gone.output()


def test_a_wrong_kind_of_storage_is_refused_at_the_start(server, tmp_path):
    for variable, value in (("MAESTRO_UPLOAD_TYPE", "ftp"), ("MAESTRO_UPLOAD_MAXSIZE", "many"), ("SMTP_USETLS", "maybe")):
        maestro = server(environment={variable: value}, wait=False)
        assert maestro.wait() != 0
        assert value in maestro.output()
    alias = server(environment={"UPLOAD_TYPE": "S3"})
    assert "AWS_S3_BUCKET_NAME is not set" in alias.output()


def test_the_service_is_a_real_one():
    """The S3 of these tests is Debian's Swift, which checks every signature itself."""
    assert pathlib.Path("/usr/lib/python3/dist-packages/swift/common/middleware/s3api/s3request.py").exists()
