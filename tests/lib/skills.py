"""skills - packages for tests, and putting one into a running Stack until it is published.

    stack = Stack(("api", "scheduler", "sandboxd", "worker"))
    skills.publish(stack, [("Harbour Hardware", "probe", skills.PROBE),
                           ("Harbour Hardware", "cleanup", skills.example("cleanup"))])

A package is {path: bytes or text}. Its check is the real one: a worker unpacks it in the sandbox.
"""
import io
import json
import os
import tarfile
import time
import uuid

import openapi

# One script that does on request what scripts do. `burn` and `danger` are `run` under other rules.
PROBE_SCRIPT = '''import json
import os
import subprocess
import sys
import time

given = json.load(sys.stdin)
what = given.get("what", "echo")
print("begun", what, flush=True)
if what == "sleep":
    for tick in range(int(given.get("seconds", 1) * 10)):
        print("::progress", min(tick, 100), "waiting", file=sys.stderr, flush=True)
        time.sleep(0.1)
elif what == "loop":
    while True:
        pass
elif what == "flood":
    while True:
        print("x" * 1000)
elif what == "fork":
    while True:
        os.fork()
elif what == "exit":
    print("something is wrong", file=sys.stderr)
    sys.exit(7)
elif what == "signal":
    os.kill(os.getpid(), 11)
elif what == "disk":
    with open("big", "wb") as out:
        for _ in range(1024):
            out.write(b"x" * 1048576)
elif what == "memory":
    kept = []
    while True:
        kept.append(bytearray(b"x" * 1048576))
elif what == "broken":
    with open(os.environ["EXECGOV_RESULT"], "w") as out:
        out.write('{"half": ')
elif what == "torn":  # in pieces that end within a character, and within a line
    for piece in ("e6b5", "8be8af95", b" x".hex(), b"::progress 5 is text\\n".hex(), "ff"):
        os.write(2, bytes.fromhex(piece))
        time.sleep(0.3)
elif what == "silent":
    sys.exit(0)
if what != "broken":
    with open(os.environ["EXECGOV_RESULT"], "w") as out:
        json.dump({"what": what, "value": given.get("value")}, out)
'''

PROBE_INPUT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "what": {"type": "string", "maxLength": 20, "default": "echo"},
        "seconds": {"type": "number", "minimum": 0, "maximum": 120},
        "value": {"type": "string", "maxLength": 100},
    },
}


def probe_action(name, **more):
    return {"name": name, "title": name.capitalize(), "entry": "main.py", "input": PROBE_INPUT, **more}


PROBE = {
    "README.md": "# Probe\n\nDoes what a test tells it to.\n",
    "main.py": PROBE_SCRIPT,
    "skill.json": json.dumps({
        "name": "probe",
        "description": "Does what a test tells it to.",
        "actions": [
            probe_action("run", idempotent=True),
            probe_action("danger", risk="high", effects=["nothing that could be undone"]),
            probe_action("burn", timeout_s=2, memory_mb=64),
            probe_action("promise", output={"type": "object", "required": ["promised"]}),
        ]}),
}


def example(name):
    """The package in examples/<name>."""
    folder = openapi.ROOT / "examples" / name
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def archive(package):
    """A .tar.gz of it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for path, content in package.items():
            content = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def new_id():
    """A UUIDv7."""
    random = os.urandom(10)
    return str(uuid.UUID(bytes=int(time.time() * 1000).to_bytes(6, "big") + bytes([0x70 | random[0] & 15])
                         + random[1:2] + bytes([0x80 | random[2] & 63]) + random[3:]))


def publish(stack, wanted):
    """Upload, approve and publish, as the tenant's first person, for (tenant, name, package) each."""
    for tenant, name, package in wanted:
        owner = first_person(stack, tenant)
        made = upload(stack, owner, name, package)
        assert (made.status, made.json.get("state")) == (201, "in_review"), f"{name}: {made.body.decode()}"
        version = f"/v1/skills/{name}/versions/{made.json['version']}"
        done(stack.api("POST", f"{version}/review", {"decision": "approve"}, owner))
        done(stack.api("POST", f"{version}/publish", {}, owner))


def upload(stack, token, name, package, wait=60):
    """POST /v1/skills; `package` as above, or bytes of an archive."""
    content = package if isinstance(package, bytes) else archive(package)
    boundary = "a-boundary-that-no-archive-has"
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n--{boundary}\r\n'
            f'Content-Disposition: form-data; name="package"; filename="{name}.tar.gz"\r\n'
            "Content-Type: application/gzip\r\n\r\n").encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return stack.api("POST", "/v1/skills", body, token, {
        "Content-Type": f"multipart/form-data; boundary={boundary}", "Prefer": f"wait={wait}"})


def first_person(stack, tenant):
    return stack.tenants[tenant]["users"][0]["email"].split("@")[0]


def done(reply):
    assert reply.status in (200, 201), reply.body.decode()
    return reply.json


def bind(stack, tenant, skill, role):
    """From now on only this role may run it."""
    done(stack.api("PUT", f"/v1/skills/{skill}/bindings", [{"role": role}], first_person(stack, tenant)))


def api_token(stack, person, scopes):
    """A token for programs that acts as `person`; stack.tokens knows it as 'token of <person>'."""
    made = done(stack.api("POST", "/v1/tokens", {"name": "test", "scopes": scopes}, person))
    stack.tokens[f"token of {person}"] = made["token"]
