#!/usr/bin/env python3
"""openapi_to_json.py IN.yaml OUT.json - the document as the server answers it.

Resolves YAML's merge keys and anchors (OpenAPI tools do not all know them), drops top-level x-
helpers, and refuses what would only show up later: an unresolvable local $ref, a duplicate key, an
operation without operationId or with one used twice, and a path whose parameters are not declared.
"""
import json
import re
import sys

import yaml


class Loader(yaml.SafeLoader):
    """YAML as JSON's model: times stay text, and a key given twice is an error."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            name = self.construct_object(key, deep=True)
            if name in seen:
                raise SystemExit(f"{key.start_mark}: the key {name!r} is given twice")
            seen.add(name)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

METHODS = ("get", "put", "post", "patch", "delete", "head", "options")


def load(path):
    with open(path, encoding="utf-8") as file:
        document = yaml.load(file, Loader)
    return {name: value for name, value in document.items() if not name.startswith("x-")}


def resolve(document, ref):
    """The node a local reference points at; KeyError if there is none."""
    if not ref.startswith("#/"):
        raise KeyError(ref)
    node = document
    for part in ref[2:].split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def faults(document):
    """Every fault of the document, in words."""
    for ref in sorted(set(references(document))):
        try:
            resolve(document, ref)
        except (KeyError, TypeError):
            yield f"$ref {ref} points nowhere"
    used = {}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            name = operation.get("operationId")
            if not name or name in used:
                yield f"{method} {path}: operationId {name!r} is missing or used by {used.get(name)}"
            used[name] = f"{method} {path}"
            declared = set()
            for parameter in item.get("parameters", []) + operation.get("parameters", []):
                try:
                    parameter = resolve(document, parameter["$ref"]) if "$ref" in parameter else parameter
                except (KeyError, TypeError):
                    continue
                if parameter["in"] == "path":
                    declared.add(parameter["name"])
            if declared != set(re.findall(r"{([^}]+)}", path)):
                yield f"{method} {path}: the path's parameters and the declared ones differ"


def main():
    source, target = sys.argv[1:]
    document = load(source)
    found = list(faults(document))
    if found:
        raise SystemExit("\n".join(f"{source}: {fault}" for fault in found))
    with open(target, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    main()
