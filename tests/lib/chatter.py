"""chatter.py - a stack with a skill that prints what it is told to, its event streams, and callbacks that may be called.

    stack = chatter.begin()
    with chatter.Stream("/v1/events") as stream: for last, kind, data in stream: ...
    stack.stop()
"""
import hashlib
import io
import json
import os
import tarfile
import time
import uuid

import stack as stacks

TENANT = "Harbour Hardware"
stack = None  # what `begin` made
SECRET = b"a secret of the receiver's own.."

MAIN = '''
import json, sys, time
given = json.load(sys.stdin)
for i in range(given["lines"]):
    print("line", i, "x" * given["width"], flush=True)
    print("::progress", 100 * (i + 1) // given["lines"], "line", i, file=sys.stderr, flush=True)
    time.sleep(given["pause_ms"] / 1000)
if given["fail"]:
    sys.exit(3)
print(json.dumps({"said": given["lines"]}))
'''
INPUT = {"type": "object", "additionalProperties": False, "properties": {
    "lines": {"type": "integer", "minimum": 0, "maximum": 100000, "default": 3},
    "width": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0},
    "pause_ms": {"type": "integer", "minimum": 0, "maximum": 60000, "default": 0},
    "fail": {"type": "boolean", "default": False}}}
MANIFEST = {
    "name": "chatter", "title": {"en": "Chatter", "zh": "闲聊"},
    "description": {"en": "Prints lines.", "zh": "打印若干行。"},
    "examples": ["say some lines", "print chatter", "说几行话"],
    "runtime": "base",
    "actions": [
        {"name": "say", "title": {"en": "Say", "zh": "说"}, "entry": "main.py", "risk": "low",
         "timeout_s": 120, "memory_mb": 128, "idempotent": True, "effects": [], "input": INPUT},
        {"name": "shout", "title": {"en": "Shout", "zh": "喊"}, "entry": "main.py", "risk": "high",
         "timeout_s": 120, "memory_mb": 128, "idempotent": False,
         "effects": [{"en": "wakes everybody", "zh": "吵醒所有人"}], "input": INPUT}]}


def package():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in (("skill.json", json.dumps(MANIFEST)), ("main.py", MAIN), ("README.md", "# Chatter\n")):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def new_id():
    raw = int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10)
    return str(uuid.UUID(bytes=raw[:6] + bytes([0x70 | raw[6] & 15]) + raw[7:8]
                         + bytes([0x80 | raw[8] & 63]) + raw[9:]))


def publish():
    """The skill, by the rows that uploading, checking, reviewing and publishing write."""
    schema, tenant = stack.tenants[TENANT]["schema"], stack.tenants[TENANT]["id"]
    owner = stack.sql("select user_id from public.membership where role = 'owner' "
                      f"and tenant_id = '{tenant}'")[0][0]
    data, file, skill, version, job = package(), new_id(), new_id(), new_id(), new_id()
    digest = hashlib.sha256(data).hexdigest()
    folder = stack.folder / "files" / file[-2:]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(data)
    payload = json.dumps({"task": "package_check", "arguments": {"version": version}})
    for statement in (
            "insert into {t}.file (id, kind, name, size, sha256, media_type, created_by) values "
            f"('{file}', 'package', 'chatter.tar.gz', {len(data)}, '{digest}', 'application/gzip', '{owner}')",
            f"insert into {{t}}.skill (id, name, owner) values ('{skill}', 'chatter', '{owner}')",
            "insert into {t}.skill_version (id, skill_id, number, digest, state, package_file, uploaded_by) "
            f"values ('{version}', '{skill}', 1, '{digest}', 'checking', '{file}', '{owner}')",
            "insert into {t}.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms, created_by)"
            f" values ('{job}', 'task', 'ctl', 'normal', '{job}', '{payload}', 5, 60000, '{owner}')",
            f"insert into {{t}}.job_live (job_id, state) values ('{job}', 'ready')",
            "insert into public.mark (tenant_id, minute) values "
            f"('{tenant}', date_trunc('minute', now(), 'UTC')) on conflict do nothing"):
        stack.sql(statement.replace("{t}", schema))
    state = stacks.until(lambda: next((row[0] for row in stack.sql(
        f"select state from {schema}.skill_version where id = '{version}' and state <> 'checking'")), None))
    assert state == "in_review", stack.sql(f"select findings from {schema}.skill_version where id = '{version}'")
    stack.sql(f"update {schema}.skill_version set state = 'published' where id = '{version}'")
    stack.sql(f"update {schema}.skill set published_version = '{version}' where id = '{skill}'")
    stack.sql(f"insert into {schema}.callback_host (host, secret, created_by) values "
              f"('127.0.0.1', decode('{SECRET.hex()}', 'hex'), '{owner}'), "
              f"('localhost', decode('{SECRET.hex()}', 'hex'), '{owner}')")


def begin():
    global stack  # pylint: disable=global-statement
    stack = stacks.Stack(processes=("api", "scheduler", "egress", "worker"),
                         settings={"egress": {"callback_allow_private": "loopback"}})
    try:
        publish()
    except BaseException:
        stack.stop()
        raise
    return stack


class Stream:
    """An open event stream; iterating gives (id, event, data)."""

    def __init__(self, path, token="oscar", last=None, accept="text/event-stream"):
        headers = {"Authorization": f"Bearer {stack.tokens.get(token, token)}", "Accept": accept}
        if last:
            headers["Last-Event-ID"] = last
        self.connection = stack.connect()
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()
        self.status = self.response.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()
        self.connection.close()

    def __iter__(self):
        message = {}
        for line in self.response:
            line = line.decode().rstrip("\n")
            if line:
                field, _, value = line.partition(": ")
                message[field] = value
                continue
            if "data" in message:
                data = json.loads(message["data"])
                faults = list(stack.contract.validator.faults({"$ref": "#/components/schemas/Event"}, data))
                assert not faults and data["kind"] == message["event"], (message, faults)
                yield message["id"], message["event"], data
            message = {}


def all_of(path, **how):
    with Stream(path, **how) as stream:
        return list(stream)
