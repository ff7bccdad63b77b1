"""Whether an answer is what the API documentation (/openapi.json) says of its route."""
import re

import jsonschema


class Documented:
    def __init__(self, document):
        self.resolver = jsonschema.RefResolver.from_schema(document)
        self.paths = []
        for path, methods in document["paths"].items():
            pattern = "/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))
            literals = sum(not part.startswith("{") for part in path.split("/"))
            self.paths.append((literals, re.compile(pattern + "/?", re.IGNORECASE), methods))
        # /servers/count is not /servers/{id}.
        self.paths.sort(key=lambda entry: -entry[0])
        self.validators = {}

    def problems(self, method, path, answer):
        operation = self.operation(method.lower(), path.split("?")[0])
        if answer.text == '{"error":"resource not found"}':
            return []  # no route: a word that is reserved below an entity, say
        if operation is None or answer.status in (304, 408, 414, 431, 503):
            return []
        responses = operation["responses"]
        described = responses.get(str(answer.status))
        if described is None:
            if answer.status < 400:
                return [f"the documentation knows no status {answer.status}, only {', '.join(responses)}"]
            described = responses["default"]
        content = described.get("content", {}).get("application/json")
        if content is None or not answer.headers.get("Content-Type", "").startswith("application/json") or answer.text == "":
            return []
        return [f"the documentation says otherwise at {'.'.join(map(str, error.absolute_path)) or 'the top'}: {error.message[:300]}"
                for error in list(self.validator(content["schema"]).iter_errors(answer.json))[:3]]

    def operation(self, method, path):
        for _, pattern, methods in self.paths:
            if method in methods and pattern.fullmatch(path):
                return methods[method]
        return None

    def validator(self, schema):
        key = str(schema)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        return self.validators[key]
