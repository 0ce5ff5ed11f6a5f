"""wishes.py - the smallest body that the contract allows a route, made from its schema.

    wish(contract, "POST", "/v1/schedules")  ->  {"name": "a", "cron": …}; None where there is no JSON body

What is optional is left out. It says something that is well formed, not something that makes sense.
"""
import re

import openapi

TEXTS = ("a", "abc", "0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01", "2026-11-26T08:00:00.000000Z", "2026-11-26",
         "one@people.example", "https://one.example/", "CNY", "1", "0" * 64, "* * * * *", "UTC", "10.0.0.0/8",
         "a strange horse", "/a", "egs_" + "a" * 43, "YQ==")


def merged(contract, schema):
    """`schema` with its reference, allOf and first alternative taken in."""
    schema = contract.deref(schema)
    for part in [*schema.get("allOf", []), *schema.get("anyOf", [])[:1], *schema.get("oneOf", [])[:1]]:
        part = merged(contract, part)
        schema = {**part, **schema, "properties": {**part.get("properties", {}), **schema.get("properties", {})},
                  "required": [*part.get("required", []), *schema.get("required", [])]}
    return schema


def value(contract, schema):
    schema = merged(contract, schema)
    for keyword in ("const", "default", "example"):
        if keyword in schema:
            return schema[keyword]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if schema.get("properties") else "string")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "object":
        return {name: value(contract, schema["properties"][name]) for name in schema.get("required", [])
                if name in schema.get("properties", {})}
    if kind == "array":
        return [value(contract, schema["items"]) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), 1) if schema.get("maximum", 1) >= 1 else schema["maximum"]
    if kind == "string":
        return text(schema)
    return {"boolean": True, "null": None}[kind]


def text(schema):
    def good(one):
        return (schema.get("minLength", 0) <= len(one) <= schema.get("maxLength", 10**6)
                and (schema.get("format") not in openapi.FORMATS or openapi.FORMATS[schema["format"]](one))
                and re.search(schema.get("pattern", ""), one))
    found = next((one for one in (*TEXTS, "a" * schema.get("minLength", 0)) if good(one)), None)
    if found is None:
        raise ValueError(f"tests/lib/wishes.py has no text for {schema}: add one")
    return found


def wish(contract, method, path):
    request = contract.deref(contract.operation(method, path).get("requestBody"))
    entry = (request or {}).get("content", {}).get("application/json")
    return value(contract, entry["schema"]) if entry else None
