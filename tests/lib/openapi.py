"""openapi.py - holds what the server answers against api/openapi.yaml.

    contract = Contract.load()
    contract.check_response("GET", "/v1/runs/0190…", 200, body, "application/json")

`body` is the parsed JSON, or bytes/str of any other type. Every fault is listed in one ContractError
(an AssertionError), each with a JSON Pointer into the body. Responses may carry more than the
document names; requests (check_request) may not. Problems are also held against the table of error
codes: the code must exist and must belong to that status.

The validator knows the keywords the document uses and refuses a document that uses another, so that
no part of the contract goes unchecked in silence. Local references only.
"""
import datetime
import functools
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("EXECGOV_SOURCE") or pathlib.Path(__file__).resolve().parents[2])
sys.path.insert(0, str(ROOT / "cmake"))

import openapi_to_json  # noqa: E402  (the converter the build uses, so that both read alike)

ANNOTATIONS = {"description", "title", "default", "example", "examples", "deprecated", "readOnly",
               "writeOnly", "contentMediaType", "summary"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


class ContractError(AssertionError):
    """What was answered is not what the document promises."""


def has_type(value, name):
    if name == "integer":
        return not isinstance(value, bool) and (
            isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def same(a, b):
    """Equality as JSON knows it: true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b


def date_time_valid(text):
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text):
        return False
    try:
        datetime.datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


FORMATS = {
    "uuid": lambda s: re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", s),
    "date-time": date_time_valid,
    "email": lambda s: re.fullmatch(r"[^@\s]+@[^@\s]+", s),
    "uri": lambda s: re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", s),
}


def pointer(path, name):
    return f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}"


class Validator:
    """One keyword a method; each yields (pointer, what is wrong)."""

    def __init__(self, document):
        self.document = document

    def faults(self, schema, value, path=""):
        for keyword, rule in schema.items():
            if keyword in ANNOTATIONS:
                continue
            check = getattr(self, "check_" + keyword.replace("$", ""), None)
            if check is None:
                raise ValueError(f"the document uses {keyword!r}, which tests/lib/openapi.py does not know")
            yield from check(rule, value, path, schema)

    def matches(self, schema, value):
        return next(self.faults(schema, value), None) is None

    def check_ref(self, rule, value, path, _):
        yield from self.faults(openapi_to_json.resolve(self.document, rule), value, path)

    def check_type(self, rule, value, path, _):
        names = [rule] if isinstance(rule, str) else rule
        if not any(has_type(value, name) for name in names):
            yield path, f"is {type(value).__name__}, not {' or '.join(names)}"

    def check_enum(self, rule, value, path, _):
        if not any(same(value, choice) for choice in rule):
            yield path, f"{value!r} is none of {rule}"

    def check_const(self, rule, value, path, _):
        if not same(value, rule):
            yield path, f"{value!r} is not {rule!r}"

    def check_required(self, rule, value, path, _):
        if isinstance(value, dict):
            for name in rule:
                if name not in value:
                    yield path, f"{name!r} is missing"

    def check_properties(self, rule, value, path, _):
        if isinstance(value, dict):
            for name, schema in rule.items():
                if name in value:
                    yield from self.faults(schema, value[name], pointer(path, name))

    def check_additionalProperties(self, rule, value, path, schema):
        if isinstance(value, dict):
            for name in value.keys() - schema.get("properties", {}).keys():
                if rule is False:
                    yield pointer(path, name), "is not a field here"
                elif isinstance(rule, dict):
                    yield from self.faults(rule, value[name], pointer(path, name))

    def check_items(self, rule, value, path, _):
        if isinstance(value, list):
            for i, item in enumerate(value):
                yield from self.faults(rule, item, pointer(path, i))

    def check_uniqueItems(self, rule, value, path, _):
        if rule and isinstance(value, list):
            if any(same(a, b) for i, a in enumerate(value) for b in value[:i]):
                yield path, "has an element twice"

    def check_pattern(self, rule, value, path, _):
        if isinstance(value, str) and not re.search(rule, value):
            yield path, f"{value!r} does not match {rule}"

    def check_format(self, rule, value, path, _):
        if isinstance(value, str) and not FORMATS[rule](value):
            yield path, f"{value!r} is not a {rule}"

    def check_minimum(self, rule, value, path, _):
        if has_type(value, "number") and value < rule:
            yield path, f"{value} is less than {rule}"

    def check_maximum(self, rule, value, path, _):
        if has_type(value, "number") and value > rule:
            yield path, f"{value} is more than {rule}"

    @staticmethod
    def _size(kind, least, rule, value, path):
        if isinstance(value, kind) and (len(value) < rule if least else len(value) > rule):
            yield path, f"has {len(value)} elements or characters, {'least' if least else 'most'} is {rule}"

    def check_minLength(self, rule, value, path, _):
        yield from self._size(str, True, rule, value, path)

    def check_maxLength(self, rule, value, path, _):
        yield from self._size(str, False, rule, value, path)

    def check_minItems(self, rule, value, path, _):
        yield from self._size(list, True, rule, value, path)

    def check_maxItems(self, rule, value, path, _):
        yield from self._size(list, False, rule, value, path)

    def check_minProperties(self, rule, value, path, _):
        yield from self._size(dict, True, rule, value, path)

    def check_allOf(self, rule, value, path, _):
        for schema in rule:
            yield from self.faults(schema, value, path)

    def check_anyOf(self, rule, value, path, _):
        if not any(self.matches(schema, value) for schema in rule):
            yield path, "fits none of anyOf"

    def check_oneOf(self, rule, value, path, _):
        fitting = sum(self.matches(schema, value) for schema in rule)
        if fitting == 0:
            # The alternative of the right type says what is wrong; `or null` says nothing.
            named = [list(self.faults(schema, value, path)) for schema in rule]
            yield min(named, key=lambda faults: (faults[0][0] == path and "not" in faults[0][1], len(faults)))[0]
        elif fitting > 1:
            yield path, f"fits {fitting} of oneOf"

    def check_not(self, rule, value, path, _):
        if self.matches(rule, value):
            yield path, "fits what it must not"


@functools.lru_cache(maxsize=None)
def code_table():
    """wire code -> HTTP status, from core/base/err_codes.def."""
    text = (ROOT / "core/base/err_codes.def").read_text(encoding="utf-8")
    rows = re.findall(r'^ERR\(\w+, "(\w+)", (\d+),', text, re.MULTILINE)
    return {code: int(status) for code, status in rows}


class Contract:
    """The document, ready to be asked."""

    def __init__(self, document):
        self.document = document
        self.validator = Validator(document)
        self.routes = []
        for template, item in document["paths"].items():
            pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(template))
            self.routes.append((template.count("{"), re.compile(pattern), template, item))
        self.routes.sort(key=lambda route: (route[0], route[2]))

    @classmethod
    @functools.lru_cache(maxsize=None)
    def load(cls):
        return cls(openapi_to_json.load(ROOT / "api" / "openapi.yaml"))

    def path_item(self, path):
        """(template, item) of the most literal route that fits, or (None, None)."""
        path = path.split("?")[0]
        for _, pattern, template, item in self.routes:
            if pattern.fullmatch(path):
                return template, item
        return None, None

    def operation(self, method, path):
        _, item = self.path_item(path)
        method = method.lower()
        if item is not None and method == "head" and "head" not in item:
            method = "get"
        return item.get(method) if item is not None else None

    def deref(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = openapi_to_json.resolve(self.document, node["$ref"])
        return node

    def _response(self, method, path, status):
        """The response object promised there; ContractError if that status is not."""
        problem = {"$ref": "#/components/responses/Problem"}
        operation = self.operation(method, path)
        if operation is None:
            if status < 400:
                raise ContractError(f"{method} {path} is not in the document and was answered {status}")
            return self.deref(problem)
        responses = operation["responses"]
        chosen = responses.get(str(status)) or responses.get("default")
        # What the connection itself refuses (431, 503 while draining) can happen anywhere.
        if chosen is None and status >= 400:
            chosen = problem
        if chosen is None:
            raise ContractError(f"{method} {path}: {status} is not promised, only {sorted(responses)}")
        return self.deref(chosen)

    @staticmethod
    def _media(content, media_type):
        media_type = (media_type or "").split(";")[0].strip().lower()
        return content.get(media_type) or content.get("*/*")

    def check_response(self, method, path, status, body, media_type="application/json"):
        """Raise ContractError unless the document promises this answer."""
        where = f"{method} {path} -> {status}"
        content = self._response(method, path, status).get("content")
        if not content or method.upper() == "HEAD" or status == 304:
            if body not in (None, b"", ""):
                raise ContractError(f"{where}: there must be no body, but there is {body!r:.200}")
            return
        entry = self._media(content, media_type)
        if entry is None:
            raise ContractError(f"{where}: {media_type} is not promised, only {sorted(content)}")
        if isinstance(body, bytes):
            if "json" in media_type and body.strip() == b"":
                raise ContractError(f"{where}: {media_type}, and no JSON")
            return  # bytes of a file: nothing more is promised
        found = list(self.validator.faults(entry["schema"], body))
        if media_type.split(";")[0].strip() == "application/problem+json" and not found:
            found += self._problem_faults(status, body)
        if found:
            lines = "".join(f"\n  {path or '/'}: {what}" for path, what in found)
            raise ContractError(f"{where}:{lines}")

    @staticmethod
    def _problem_faults(status, body):
        if body["status"] != status:
            yield "/status", f"says {body['status']}, the answer was {status}"
        if code_table().get(body["code"]) is None:
            yield "/code", f"{body['code']!r} is not in core/base/err_codes.def"
        elif code_table()[body["code"]] != status:
            yield "/code", f"{body['code']!r} belongs to {code_table()[body['code']]}, the answer was {status}"

    def check_request(self, method, path, body, media_type="application/json"):
        """Raise ContractError unless the document allows this body there."""
        operation = self.operation(method, path)
        if operation is None:
            raise ContractError(f"{method} {path} is not in the document")
        request = self.deref(operation.get("requestBody"))
        if request is None:
            if body in (None, {}, ""):
                return
            raise ContractError(f"{method} {path} takes no body")
        entry = self._media(request["content"], media_type)
        if entry is None:
            raise ContractError(f"{method} {path} does not take {media_type}")
        found = list(self.validator.faults(entry["schema"], body))
        if found:
            lines = "".join(f"\n  {path or '/'}: {what}" for path, what in found)
            raise ContractError(f"{method} {path}:{lines}")
