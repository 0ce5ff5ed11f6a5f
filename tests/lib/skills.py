"""skills - packages for tests, and putting one into a running Stack until it is published.

    stack = Stack(("api", "sandboxd", "worker"))
    skills.publish(stack, [("Harbour Hardware", "probe", skills.PROBE),
                           ("Harbour Hardware", "cleanup", skills.example("cleanup"))])

A package is {path: bytes or text}. Its check is the real one: a worker unpacks it in the sandbox.
"""
import hashlib
import io
import json
import os
import tarfile
import time
import uuid

import openapi
from stack import until

FILE_MODE = 0o444

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
    """Upload, have it checked, publish, for (tenant, name, package) each. The one place that knows how a
    skill comes in. A scheduler that does not run yet is started: it finds all rows at once."""
    inserted = [(stack.tenants[tenant]["schema"], name, insert(stack, stack.tenants[tenant], name, archive(package)))
                for tenant, name, package in wanted]
    if "scheduler" not in stack.running:
        stack.start("scheduler")
    for schema, name, version in inserted:
        def state(schema=schema, version=version):
            found = stack.sql(f"select state from {schema}.skill_version where id = '{version}'")[0][0]
            return found != "checking" and found
        found = until(state, what=f"the check of {name}")
        if found != "in_review":
            findings = stack.sql(f"select findings from {schema}.skill_version where id = '{version}'")
            raise AssertionError(f"{name} is {found}: {findings}\n{stack.log('worker')[-2000:]}")
        stack.sql(f"update {schema}.skill_version set state = 'published', published_at = now() "
                  f"where id = '{version}'")
        stack.sql(f"update {schema}.skill set published_version = '{version}' where name = '{name}'")


def insert(stack, tenant, name, content):
    """The rows of an upload: file, skill, version, and the job that checks it."""
    schema, file_id, skill, version, job = tenant["schema"], new_id(), new_id(), new_id(), new_id()
    owner = user_id(stack, tenant["users"][0]["email"])
    digest = hashlib.sha256(content).hexdigest()
    path = stack.folder / "files" / file_id[-2:] / file_id
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(FILE_MODE)
    payload = json.dumps({"task": "package_check", "arguments": {"version": version}})
    stack.sql(f"""
        begin;
        insert into {schema}.file (id, kind, name, size, sha256, media_type, created_by)
        values ('{file_id}', 'package', '{name}.tar.gz', {len(content)}, '{digest}', 'application/gzip', '{owner}');
        insert into {schema}.skill (id, name, owner) values ('{skill}', '{name}', '{owner}');
        insert into {schema}.skill_version (id, skill_id, number, digest, state, package_file, uploaded_by)
        values ('{version}', '{skill}', 1, '{digest}', 'checking', '{file_id}', '{owner}');
        insert into {schema}.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms, created_by)
        values ('{job}', 'task', 'ctl', 'normal', '{job}', '{payload}', 5, 60000, '{owner}');
        insert into {schema}.job_live (job_id, state) values ('{job}', 'ready');
        insert into public.mark (tenant_id, minute)
        values ('{tenant["id"]}', date_trunc('minute', now(), 'UTC')) on conflict do nothing;
        commit""")
    return version


def user_id(stack, email):
    return stack.sql(f"select id from public.app_user where email = '{email}'")[0][0]


def bind(stack, tenant, skill, role):
    """From now on only this role may run it."""
    schema = stack.tenants[tenant]["schema"]
    stack.sql(f"insert into {schema}.skill_binding (skill_id, subject_kind, subject) "
              f"select id, 'role', '{role}' from {schema}.skill where name = '{skill}'")


def api_token(stack, tenant, person, scopes):
    """A token for programs that acts as `person`; stack.tokens knows it as 'token of <person>'."""
    token = f"ega_{uuid.uuid4().hex}"
    owner = user_id(stack, f"{person}@people.example")
    stack.sql(f"insert into public.api_token (id, token_hash, name, user_id, tenant_id, scopes) values "
              f"('{new_id()}', sha256('{token}'), 'test', '{owner}', '{stack.tenants[tenant]['id']}', "
              f"array[{', '.join(repr(scope) for scope in scopes)}])")
    stack.tokens[f"token of {person}"] = token
    return token
