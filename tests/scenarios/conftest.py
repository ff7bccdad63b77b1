"""Runs the tables of this folder: each row of a .yaml file is one test. README.md says how a row is written."""
import copy
import json
import pathlib
import re
import sys
import time

import pytest
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import harness  # noqa: E402
from documented import Documented  # noqa: E402

SECRET = "a-secret-of-the-scenario-tests-0123456789"
ROW_KEYS = {"name", "do", "as", "body", "form", "raw", "type", "headers", "want", "is", "has", "text", "match", "lacks", "head",
            "lacks_head", "keep", "writes", "cases", "base", "refuse", "accept", "token", "path", "errors", "about", "repeat"}
MISSING = object()


class RowError(Exception):
    pass


# ---- values ----

def find(value, path):
    """The value at a dotted path; "" is the whole, a number is an index. MISSING when there is none."""
    for part in filter(None, str(path).split(".")):
        if isinstance(value, list) and part.lstrip("-").isdigit() and -len(value) <= int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, dict) and part.replace("/", ".") in value:
            value = value[part.replace("/", ".")]  # a key with dots is written with slashes
        else:
            return MISSING
    return value


def fill(value, variables):
    """Replaces ${name} in texts; a text that is one placeholder becomes the value itself."""
    if isinstance(value, dict):
        return {fill(key, variables): fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    if not isinstance(value, str):
        return value

    def get(name):
        if name not in variables:
            raise RowError(f"nothing was kept as {name}: has an earlier row failed?")
        return variables[name]

    whole = re.fullmatch(r"\$\{([\w.]+)\}", value)
    if whole:
        return get(whole[1])
    return re.sub(r"\$\{([\w.]+)\}", lambda match: str(get(match[1])), value)


def differences(expected, actual, path="", exact=False):
    """What is not as expected. Objects may have more keys unless exact; lists have the same length."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        out = []
        for key, item in expected.items():
            if key not in actual:
                out.append(f"{path}.{key} is missing")
            else:
                out += differences(item, actual[key], f"{path}.{key}", exact)
        if exact:
            out += [f"{path}.{key} is not expected" for key in actual if key not in expected]
        return out
    if isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            return [f"{path} has {len(actual)} elements instead of {len(expected)}"]
        return [line for i, (a, b) in enumerate(zip(expected, actual)) for line in differences(a, b, f"{path}.{i}", exact)]
    same = type(expected) is type(actual) or (not isinstance(expected, bool) and not isinstance(actual, bool)
                                              and isinstance(expected, (int, float)) and isinstance(actual, (int, float)))
    return [] if same and expected == actual else [f"{path or 'the body'} is {actual!r} instead of {expected!r}"]


def moment(value):
    """"+60" and "-60" in the claims of a token are seconds from now."""
    return int(time.time()) + int(value) if isinstance(value, str) and re.fullmatch(r"[+-]\d+", value) else value


# ---- tables ----

def expand(row):
    """A row with cases becomes one row a case."""
    unknown = set(row) - ROW_KEYS
    if unknown:
        raise RowError(f"row {row.get('name')}: no such key: {', '.join(sorted(unknown))}")
    if "refuse" in row:
        # cases: [change of the base, path of the violation, its type, its message]
        for change, path, kind, message in row["cases"]:
            path = path if isinstance(path, list) else [path]
            body = merged(row.get("base", {}), change)
            yield {"name": f"{row['name']}: {json.dumps(change)[:90]}", "do": row["refuse"], "as": row.get("as"), "body": body, "want": 422,
                   "writes": 0, "has": {"err": {"name": "ValidatorError", "errors": [{"message": message, "path": path, "type": kind}]}}}
    elif "accept" in row:
        # cases: [change of the base, subset of the answer]
        for change, answer in row["cases"]:
            yield {"name": f"{row['name']}: {json.dumps(change)[:90]}", "do": row["accept"], "as": row.get("as"),
                   "body": merged(row.get("base", {}), change), "want": row["want"], "has": answer, "lacks": row.get("lacks", [])}
    elif "cases" in row:
        # cases: values for ${case.<key>}, or other keys of the row itself
        for number, case in enumerate(row["cases"]):
            one = {**{key: item for key, item in row.items() if key != "cases"}, **{k: v for k, v in case.items() if k in ROW_KEYS}}
            values = {f"case.{key}": value for key, value in case.items()}
            one["name"] = f"{row['name']}: {case.get('name', next(iter(case.values()), number))!s:.90}"
            yield {**one, "_case": values}
    else:
        yield row


def merged(base, change):
    body = copy.deepcopy(base)
    for key, value in change.items():
        if value == "(absent)":
            body.pop(key, None)
        else:
            body[key] = value
    return body


class Table(pytest.File):
    def collect(self):
        table = yaml.safe_load(self.path.read_text())
        self.variables = {}
        self.actors = table.get("actors", [])
        self.environment = table.get("environment")
        self.tokens = table.get("tokens", {})
        self.texts = table.get("texts", {})
        self.server = None
        names = set()
        for row in table["rows"]:
            for one in expand(row):
                name = one["name"]
                while name in names:
                    name += "'"
                names.add(name)
                yield Row.from_parent(self, name=name.replace("\n", " "), row=one)

    def setup(self):
        if self.environment is None:
            if not hasattr(self.session, "maestro"):
                self.session.maestro = start({})
                # The first account of an instance administers it: none of the actors shall.
                self.session.administrator = self.session.maestro.account("administrator", "administrator@example.com")
            self.server = self.session.maestro
        else:
            self.server = start(self.environment)
        stem = self.path.stem.replace("_", "-")
        for name in self.actors:
            person = self.server.account(name, f"{name}.{stem}@example.com")
            for key in ("id", "email", "token", "password", "name"):
                self.variables[f"{name}.{key}"] = getattr(person, key)
        if self.environment is None:
            self.variables["administrator.token"] = self.session.administrator.token
        self.variables |= {"table": stem, "secret": SECRET, "url": self.server.url, "nobody.id": "5f00000000000000000000ff"}
        for name, token in self.tokens.items():
            claims = {key: moment(value) for key, value in fill(token["claims"], self.variables).items()}
            self.variables[f"token.{name}"] = harness.sign(token.get("secret", SECRET), claims, token.get("header"))
        for name, text in self.texts.items():
            self.variables[name] = text["prefix"] + text["fill"] * text["times"] + text["suffix"]

    def teardown(self):
        if self.environment is not None and self.server is not None:
            self.server.stop()
            self.server.__exit__()


def start(environment):
    return harness.Maestro(environment={"MAESTRO_SECRETJWT": SECRET, "MAESTRO_WORKERS": "1", **environment})


class Row(pytest.Item):
    def __init__(self, *, row, **more):
        super().__init__(**more)
        self.row = row

    def runtest(self):
        table = self.parent
        assert table.server.alive(), f"the server ended:\n{table.server.output()[-3000:]}"
        variables = {**table.variables, **fill(self.row.get("_case", {}), table.variables)}
        row = {key: fill(value, variables) for key, value in self.row.items() if key not in ("_case", "keep", "about")}
        method, path = row["do"].split(" ", 1)
        token = row.get("token")
        if token is None and row.get("as"):
            token = variables[f"{row['as']}.token"]
        before = table.server.history_rows()
        for _ in range(row.get("repeat", 1)):
            answer = table.server.client.request(method, path, row.get("body"), form=row.get("form"), raw=row.get("raw"), type=row.get("type"),
                                                 headers=row.get("headers"), token=token)
        written = table.server.history_rows() - before
        problems = self.judge(row, method, answer, written) + self.documented().problems(method, path, answer)
        if problems:
            raise RowError("\n".join([f"{method} {path} answered {answer.status}: {answer.text[:1500]}"] + problems))
        for name, where in self.row.get("keep", {}).items():
            if where.startswith("header "):
                value = answer.headers.get(where[7:])
                match = re.search(r"[0-9a-f]{24}", value or "")
                value = match[0] if match else value
            else:
                value = find(answer.json, where)
            if value is MISSING or value is None:
                raise RowError(f"the answer has no {where}: {answer}")
            table.variables[name] = value

    def documented(self):
        if not hasattr(self.session, "documented"):
            self.session.documented = Documented(self.parent.server.client.request("GET", "/openapi.json").json)
        return self.session.documented

    @staticmethod
    def judge(row, method, answer, written):
        problems = []
        wanted = row.get("want", 200)
        if answer.status not in (wanted if isinstance(wanted, list) else [wanted]):
            problems.append(f"status {answer.status} instead of {wanted}")
        # Whatever is refused or only read writes nothing; a row may say otherwise.
        silent = answer.status >= 400 or method in ("GET", "HEAD", "OPTIONS")
        allowed = row.get("writes", 0 if silent else None)
        at_least = re.fullmatch(r"(\d+)\+", str(allowed))
        if written < int(at_least[1]) if at_least else allowed is not None and written != allowed:
            problems.append(f"{written} history rows were written instead of {allowed}")
        if answer.headers.get("Access-Control-Allow-Origin") != "*":
            problems.append("no CORS headers")
        for name, value in row.get("head", {}).items():
            got = answer.headers.get(name)
            if got is None or not re.search(value, got):
                problems.append(f"header {name} is {got!r} instead of {value!r}")
        problems += [f"header {name} is {answer.headers[name]!r} instead of absent" for name in row.get("lacks_head", []) if name in answer.headers]
        if "text" in row and answer.text != row["text"]:
            problems.append(f"the body is {answer.text[:200]!r} instead of {row['text']!r}")
        needs_json = any(key in row for key in ("is", "has", "match", "lacks", "errors"))
        if needs_json:
            try:
                body = answer.json
            except ValueError:
                return problems + ["the body is no JSON"]
            if "is" in row:
                problems += differences(row["is"], body, exact=True)
            if "has" in row:
                problems += differences(row["has"], body)
            if "errors" in row:
                problems += differences({"err": row["errors"]}, body)
            for path, pattern in row.get("match", {}).items():
                value = find(body, path)
                shown = value if isinstance(value, str) else json.dumps(value) if value is not MISSING else None
                if shown is None or not re.search(pattern, shown):
                    problems.append(f"{path} is {shown!r}, which does not match {pattern!r}")
            problems += [f"{path} is there" for path in row.get("lacks", []) if find(body, path) is not MISSING]
        return problems

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, RowError):
            return f"{self.path.name}: {self.name}\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, f"{self.path.stem}: {self.name}"


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".yaml":
        return Table.from_parent(parent, path=file_path)
    return None


def pytest_sessionfinish(session):
    server = getattr(session, "maestro", None)
    if server is not None:
        status = server.stop()
        log = server.output()
        server.__exit__()
        # What a sanitizer found, it tells at the end.
        if status != 0:
            print(f"\nthe server ended with status {status}:\n{log[-5000:]}")
            session.exitstatus = 1
