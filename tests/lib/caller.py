"""caller.py - a skill that calls HTTP resources in every way a script can, as a test tells it."""
import json
import pathlib

SCRIPT = '''import json
import sys

given = json.load(sys.stdin)
base, what = given["base"], given["what"]
if what == "urllib":
    import urllib.request
    with urllib.request.urlopen(base + given["path"], timeout=20) as answer:
        print(json.dumps({"status": answer.status, "body": json.load(answer)}))
elif what == "requests":
    import requests
    answer = requests.request(given.get("method", "GET"), base + given["path"], json=given.get("json"),
                              headers=given.get("headers"), timeout=20)
    print(json.dumps({"status": answer.status_code, "body": answer.json()}))
elif what in ("httpx", "httpx-async"):
    import httpx
    sent = {"method": given.get("method", "GET"), "url": base + given["path"], "json": given.get("json")}
    if what == "httpx":
        with httpx.Client(timeout=20, follow_redirects=True) as client:
            answer = client.request(**sent)
    else:
        import asyncio

        async def ask():
            async with httpx.AsyncClient(timeout=20) as client:
                return await client.request(**sent)
        answer = asyncio.run(ask())
    answer.raise_for_status()
    print(json.dumps({"status": answer.status_code, "body": answer.json()}))
elif what == "client":
    import http.client
    import urllib.parse
    parts = urllib.parse.urlsplit(base + given["path"])
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    print(json.dumps({"status": answer.status, "body": json.loads(answer.read())}))
elif what == "http":
    import execgov
    answer = execgov.http(given["operation"], json=given.get("json"), **given.get("parameters", {}))
    print(json.dumps({"status": answer.status, "body": answer.json()}))
elif what == "twice":
    import execgov
    made = [execgov.http("partner.orders_create", json={"sku": "TWICE-1"}).json() for _ in range(2)]
    if given.get("then_fail"):
        raise SystemExit(3)
    print(json.dumps(made))
elif what == "import":
    __import__(given["module"])
elif what == "without":
    import importlib
    got = []
    for name in given["modules"]:
        try:
            importlib.import_module(name)
            got.append(name)
        except ImportError:
            pass
    for host in given.get("hosts", []):
        import execgov
        import socket
        try:
            socket.create_connection((host, 80))
        except execgov.ExecGovRefused:
            pass
    print(json.dumps({"got": got}))
elif what == "refused":
    import execgov
    said = []
    for _ in range(given["times"]):
        try:
            execgov.http("weather.today")
        except execgov.ExecGovRefused as refused:
            said.append(str(refused).partition(" (at ")[0])
    print(json.dumps({"said": said}))
elif what == "socket":
    import socket
    socket.create_connection(("169.254.169.254", 80))
'''

INPUT = {"type": "object", "properties": {"what": {"type": "string"}}}


def action(name, *resources, **more):
    return {"name": name, "entry": "main.py", "input": INPUT, "resources": list(resources), "timeout_s": 60, **more}


CALLER = {
    "README.md": "# Caller\n\nCalls what a test tells it to.\n",
    "main.py": SCRIPT,
    "skill.json": json.dumps({"name": "caller", "actions": [
        {"name": "look", "executor": "http", "call": "partner.orders_get", "idempotent": True, "timeout_s": 60,
         "input": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}},
        action("run", "partner"), action("write", "partner", "partner.orders_create"),
        action("nothing"), action("other", "weather"), action("oauth", "partner-oauth", "partner-wrong"), action("pay", "partner.payouts_create"),
    ]}),
}


def with_httpx():
    """The same skill that brings httpx along, as Debian has it; None where it is not installed."""
    found = {}
    for name in ("httpx", "httpcore", "h11", "anyio", "sniffio", "rfc3986", "typing_extensions.py"):
        place = pathlib.Path("/usr/lib/python3/dist-packages") / name
        if name in ("httpx", "httpcore") and not place.is_dir():
            return None
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            found[path.relative_to(place.parent).as_posix()] = path.read_bytes()
    manifest = json.loads(CALLER["skill.json"])
    manifest["name"] = "caller-httpx"
    return CALLER | found | {"skill.json": json.dumps(manifest)}
