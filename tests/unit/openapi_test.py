"""The contract checker must be able to fail, and the document must be sound."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import openapi  # noqa: E402
import openapi_to_json  # noqa: E402

ID = "0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01"
NOW = "2026-11-21T03:08:15.000001Z"


def problem(**changes):
    body = {"type": "/docs/errors#not_found", "title": "x", "status": 404, "code": "not_found",
            "detail": "x", "instance": "/v1/me", "request_id": ID, "errors": []}
    body.update(changes)
    return body


class Keywords(unittest.TestCase):
    """Each keyword accepts what it should and refuses what it should."""

    CASES = [
        ({"type": "string"}, ["", "a"], [1, None, True]),
        ({"type": "integer"}, [1, 2.0], [True, 1.5, "1"]),
        ({"type": "number"}, [1, 1.5], [True, "1"]),
        ({"type": ["string", "null"]}, [None, "a"], [0]),
        ({"type": "boolean"}, [True], [1, "true"]),
        ({"enum": ["a", 1]}, ["a", 1], ["b", True]),
        ({"const": True}, [True], [1]),
        ({"required": ["a"]}, [{"a": 1}, "not an object"], [{}]),
        ({"properties": {"a": {"type": "string"}}}, [{}, {"a": "x", "b": 1}], [{"a": 1}]),
        ({"properties": {"a": {}}, "additionalProperties": False}, [{"a": 1}], [{"b": 1}]),
        ({"additionalProperties": {"type": "string"}}, [{"a": "x"}], [{"a": 1}]),
        ({"items": {"type": "string"}}, [["a"], []], [["a", 1]]),
        ({"uniqueItems": True}, [[1, True]], [[1, 1], [{"a": 1}, {"a": 1}]]),
        ({"pattern": "^a"}, ["ab", 1], ["ba"]),
        ({"format": "uuid"}, [ID], [ID[:-1]]),
        ({"format": "date-time"}, [NOW, "2026-11-21T03:08:15+08:00"], ["2026-13-21T03:08:15Z", "today"]),
        ({"format": "email"}, ["a@b"], ["a", "a b@c"]),
        ({"format": "uri"}, ["https://a/b"], ["a/b"]),
        ({"minimum": 1, "maximum": 3}, [1, 3, "x"], [0, 4]),
        ({"minLength": 1, "maxLength": 2}, ["é", "éé"], ["", "abc"]),
        ({"minItems": 1, "maxItems": 2}, [[1]], [[], [1, 2, 3]]),
        ({"minProperties": 1}, [{"a": 1}], [{}]),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1], [0, 3]),
        ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, ["a", 5], [1]),
        ({"oneOf": [{"minimum": 1}, {"maximum": 3}]}, [0, 4], [2]),
        ({"not": {"required": ["a"]}}, [{}], [{"a": 1}]),
        ({"$ref": "#/x"}, ["a"], [1]),
    ]

    def test_each_keyword_accepts_and_refuses(self):
        validator = openapi.Validator({"x": {"type": "string"}})
        for schema, good, bad in self.CASES:
            for value in good:
                self.assertTrue(validator.matches(schema, value), f"{schema} should take {value!r}")
            for value in bad:
                self.assertFalse(validator.matches(schema, value), f"{schema} should refuse {value!r}")

    def test_every_keyword_method_has_a_case(self):
        named = {"check_" + key.replace("$", "") for schema, _, _ in self.CASES for key in schema}
        there = {name for name in dir(openapi.Validator) if name.startswith("check_")}
        self.assertEqual(there, named)

    def test_unknown_keyword_is_not_ignored(self):
        with self.assertRaises(ValueError):
            list(openapi.Validator({}).faults({"minContains": 1}, []))

    def test_faults_name_where(self):
        schema = {"properties": {"a/b": {"items": {"type": "string"}}}}
        self.assertEqual(list(openapi.Validator({}).faults(schema, {"a/b": ["x", 1]}))[0][0], "/a~1b/1")

    def test_one_of_says_what_is_wrong_inside_the_fitting_alternative(self):
        schema = {"oneOf": [{"type": "null"}, {"type": "object", "required": ["a"]}]}
        self.assertIn("'a' is missing", list(openapi.Validator({}).faults(schema, {}))[0][1])


class Responses(unittest.TestCase):
    def setUp(self):
        self.contract = openapi.Contract.load()

    def refuse(self, *answer):
        with self.assertRaises(openapi.ContractError):
            self.contract.check_response(*answer)

    def test_a_promised_answer_passes_and_more_fields_do_not_hurt(self):
        self.contract.check_response("GET", "/version", 200,
                                     {"name": "execgov", "version": "1", "api": "v1", "more": 1})

    def test_a_wrong_body_fails(self):
        self.refuse("GET", "/version", 200, {"name": "execgov", "version": 1, "api": "v1"})
        self.refuse("GET", "/v1/runs?limit=1", 200, {"items": []})

    def test_a_status_that_is_not_promised_fails(self):
        self.refuse("POST", "/v1/logout", 200, {})
        self.refuse("GET", "/v1/nothing", 200, {})

    def test_a_body_where_none_is_promised_fails(self):
        self.contract.check_response("POST", "/v1/logout", 204, b"", None)
        self.refuse("POST", "/v1/logout", 204, {"ok": True})

    def test_a_literal_segment_wins_over_a_parameter(self):
        self.assertEqual(self.contract.path_item("/v1/runs/batch")[0], "/v1/runs/batch")
        self.assertEqual(self.contract.path_item(f"/v1/runs/{ID}")[0], "/v1/runs/{id}")

    def test_problems_are_held_against_the_table_of_codes(self):
        kind = "application/problem+json"
        self.contract.check_response("GET", "/v1/me", 404, problem(), kind)
        self.contract.check_response("GET", "/v1/nothing", 404, problem(), kind)
        self.refuse("GET", "/v1/me", 404, problem(code="no_such_code"), kind)
        self.refuse("GET", "/v1/me", 404, problem(code="conflict"), kind)
        self.refuse("GET", "/v1/me", 404, problem(status=400), kind)
        self.refuse("GET", "/v1/me", 404, {"error": "no"}, kind)

    def test_an_error_that_is_not_a_problem_fails(self):
        self.refuse("GET", "/v1/me", 500, {"error": "x"}, "application/json")
        self.refuse("GET", "/v1/me", 502, "<html>", "text/html")

    def test_bytes_of_a_file_pass(self):
        self.contract.check_response("GET", f"/v1/runs/{ID}/artifacts/a.csv", 200, b"a,b", "text/csv")

    def test_requests_are_exact(self):
        self.contract.check_request("POST", "/v1/runs", {"skill": "echo"})
        for body in ({"skill": "echo", "colour": 1}, {}, {"skill": "Echo"}, {"skill": "echo", "delay_ms": -1}):
            with self.assertRaises(openapi.ContractError):
                self.contract.check_request("POST", "/v1/runs", body)


class Document(unittest.TestCase):
    def setUp(self):
        self.contract = openapi.Contract.load()
        self.document = self.contract.document

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in openapi_to_json.METHODS:
                if method in item:
                    yield path, method, item[method]

    def test_it_has_no_faults(self):
        self.assertEqual(list(openapi_to_json.faults(self.document)), [])

    def test_every_schema_uses_known_keywords_only(self):
        # Validating against every schema walks every keyword that applies at the top; the recursion
        # below reaches the rest.
        def walk(schema, where):
            for keyword, rule in schema.items():
                if keyword in openapi.ANNOTATIONS:
                    continue
                name = "check_" + keyword.replace("$", "")
                self.assertTrue(hasattr(openapi.Validator, name), f"{where}: {keyword}")
                if keyword == "properties":
                    for field, inner in rule.items():
                        walk(inner, f"{where}/{field}")
                elif keyword in ("items", "not", "additionalProperties") and isinstance(rule, dict):
                    walk(rule, where)
                elif keyword in ("allOf", "anyOf", "oneOf"):
                    for inner in rule:
                        walk(inner, where)
                elif keyword == "format":
                    self.assertIn(rule, openapi.FORMATS)

        for name, schema in self.document["components"]["schemas"].items():
            walk(schema, name)

    def test_request_bodies_refuse_unknown_fields(self):
        def exact(schema):
            schema = self.contract.deref(schema)
            if "oneOf" in schema and schema.get("type") != "object":
                return all(exact(inner) for inner in schema["oneOf"])
            return schema.get("type") != "object" or schema.get("additionalProperties") is False

        for path, method, operation in self.operations():
            request = operation.get("requestBody")
            for entry in (request or {}).get("content", {}).values():
                self.assertTrue(exact(entry["schema"]), f"{method} {path}")

    def test_examples_are_valid(self):
        for path, method, operation in self.operations():
            for kind, entry in operation.get("requestBody", {}).get("content", {}).items():
                values = [entry["example"]] if "example" in entry else []
                values += [one["value"] for one in entry.get("examples", {}).values()]
                for value in values:
                    self.contract.check_request(method, path, value, kind)
        for name, response in self.document["components"]["responses"].items():
            for kind, entry in response.get("content", {}).items():
                if kind.endswith("json") and "example" in entry:
                    self.assertEqual(list(self.contract.validator.faults(entry["schema"], entry["example"])),
                                     [], name)

    def test_every_operation_under_v1_names_its_errors(self):
        for path, method, operation in self.operations():
            if path.startswith("/v1/"):
                for status in ("400", "401", "404", "500", "503", "default"):
                    self.assertIn(status, operation["responses"], f"{method} {path}")

    def test_every_list_has_the_same_shape(self):
        for name, schema in self.document["components"]["schemas"].items():
            if name.endswith("List"):
                self.assertEqual(schema["required"], ["items", "next_cursor"], name)

    def test_no_schema_is_unused(self):
        used = set(openapi_to_json.references(self.document))
        for name in self.document["components"]["schemas"]:
            if name != "Event":  # the data of a stream, which a schema reference cannot say
                self.assertIn(f"#/components/schemas/{name}", used)


class Converter(unittest.TestCase):
    def load(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            return openapi_to_json.load(file.name)

    def test_a_key_given_twice_is_refused(self):
        with self.assertRaises(SystemExit):
            self.load("a: {b: 1, b: 2}\n")

    def test_times_stay_text_and_helpers_are_dropped(self):
        self.assertEqual(self.load("x-help: 1\na: 2026-11-21T03:08:15Z\n"), {"a": "2026-11-21T03:08:15Z"})

    def test_faults_are_named(self):
        document = {"paths": {"/a/{id}": {"get": {"operationId": "x", "responses": {"$ref": "#/no"}}},
                              "/b": {"get": {"operationId": "x"}, "post": {}}}}
        found = "\n".join(openapi_to_json.faults(document))
        for word in ("#/no", "get /a/{id}", "get /b: operationId 'x'", "post /b: operationId None"):
            self.assertIn(word, found)


if __name__ == "__main__":
    unittest.main()
