"""Twelve payloads that want to be SQL, in every text of every route (bodies, parts of forms, queries, paths, keys and
ETags in headers), by every role that may call it: nobody gets a server's error, nobody waits, nobody is shown more
than before, no row of another tenant moves, no role, table or right is there that was not before, and what is kept
is kept as the text it was. Generated from api/openapi.yaml.
"""
import json
import pathlib
import re
import sys
import time
import unittest
import urllib.parse

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / "lib"), str(pathlib.Path(__file__).resolve().parent)]

import isolation_test as matrix  # noqa: E402
import rights  # noqa: E402
import wishes  # noqa: E402
from loop import Case, TENANT  # noqa: E402

SLEEP_S = 3
PAYLOADS = (
    "' or '1'='1",
    "'; drop table public.tenant; --",
    "'; insert into public.platform_role (user_id, role) select id, 'platform_admin' from public.app_user; --",
    f"'||pg_sleep({SLEEP_S})||'",
    f"1; select pg_sleep({SLEEP_S})",
    "') union select email, password_hash from public.app_user --",
    "$$; reset role; set role execgov_platform; --",
    "'; select set_config('role', 'gov_owner', false); --",
    "\\'; create table public.injected (i integer); --",
    "{{t}}.job; delete from {{t}}.job",
    "%' escape '!' or true --",
    "E'\\\\047 or 1=1' /* */ ; do $x$ begin raise exception 'run'; end $x$; --",
)
# Who is tried: one of each role, and none.
PEOPLE = [who for who in matrix.PEOPLE if who != "token of olivia"]
SHAPE = """select x from (
    select 'c ' || oid::regclass::text || ' ' || relkind::text || coalesce(relacl::text, '') as x from pg_class
        where relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
    union all select 'f ' || oid::regprocedure::text || coalesce(proacl::text, '') from pg_proc
    union all select 'r ' || rolname || rolsuper::text || rolcanlogin::text from pg_roles
    union all select 'm ' || roleid::regrole::text || ' ' || member::regrole::text from pg_auth_members
    union all select 'p ' || user_id::text || role from public.platform_role
    union all select 'u ' || user_id::text || tenant_id::text || role from public.membership) all_of_it"""


def setUpModule():
    matrix.setUpModule()


class Sweep(Case):
    @classmethod
    def setUpClass(cls):
        cls.web = matrix.Web(cls.stack)
        cls.ids = matrix.Ids(cls.web)
        cls.other = cls.stack.tenants[matrix.OTHER]["schema"]

    def rows_of_the_other(self):
        tables = [name for (name,) in self.stack.sql(
            f"select tablename from pg_tables where schemaname = '{self.other}' order by 1")]
        each = " || ".join(f"(select md5(coalesce(string_agg(r::text, '|' order by r::text), '')) from {self.other}.{t} r)"
                           for t in tables)
        return self.stack.sql(f"select {each}")

    def shape(self):
        """Tables, functions, roles and rights; a new tenant, which a name may make, adds its own."""
        return {line for (line,) in self.stack.sql(SHAPE)}

    def texts(self, schema, value, path=()):
        """Where in `value`, which fits `schema`, a text may stand: paths of keys; also where none stands yet."""
        schema = wishes.merged(self.stack.contract, schema)
        kinds = schema.get("type", "string" if not schema.get("properties") else "object")
        if "string" in kinds and not {"enum", "const"} & schema.keys():
            yield path
        for name, inner in schema.get("properties", {}).items():
            yield from self.texts(inner, None, (*path, name))
        if "array" in kinds and isinstance(schema.get("items"), dict) and len(path) < 4:
            yield from self.texts(schema["items"], None, (*path, 0))

    @staticmethod
    def put(body, path, text):
        """A copy of `body` with `text` there."""
        copy = json.loads(json.dumps(body))
        if not path:
            return text
        at = copy
        for key, after in zip(path, (*path[1:], None)):
            fill = text if after is None else [] if after == 0 else {}
            if isinstance(at, list):
                if not at:
                    at.append(fill)
                elif after is None or not isinstance(at[0], (dict, list)):
                    at[0] = fill
                at = at[0]
            else:
                if after is None or not isinstance(at.get(key), (dict, list)):
                    at[key] = fill
                at = at[key]
        return copy

    def calls(self, method, template, path):
        """(where, payload, path, body, headers) with a payload in each text."""
        body = matrix.BODIES.get((method, template), wishes.wish(self.stack.contract, method, template))
        operation = self.stack.contract.operation(method, template)
        request = self.stack.contract.deref(operation.get("requestBody")) or {"content": {}}
        schema = request["content"].get("application/json", {}).get("schema")
        places = sorted(set(self.texts(schema, body)), key=str) if schema else []
        given = [(p["in"], p["name"]) for p in map(self.stack.contract.deref, operation.get("parameters", []))]
        nothing = re.sub(r"[^/]+$", matrix.RANDOM, path) if template.endswith("}") else \
            "/".join(matrix.RANDOM if part == "{id}" else at for part, at in zip(template.split("/"), path.split("/")))
        for number, payload in enumerate(PAYLOADS):
            for place in places:
                yield f"body {place}", payload, path, self.put(body, place, payload), {}
            for name in (name for where, name in given if where == "query"):
                yield f"query {name}", payload, f"{path}?{name}={urllib.parse.quote(payload)}", body, {}
            if "{" in template and number % 4 == 0:
                yield "path", payload, "/".join(urllib.parse.quote(payload, safe="") if part.startswith("{") else part
                                                for part in template.split("/")), body, {}
            if ("header", "Idempotency-Key") in given:  # of a call that changes nothing of what the others need
                yield "key", payload, nothing, body, {"Idempotency-Key": payload.replace(" ", "/**/")}
            if ("header", "If-Match") in given:
                yield "ETag", payload, path, body, {"If-Match": f'"{payload[:90]}"'}
            if "multipart/form-data" in request["content"]:
                for parts in self.forms(payload):
                    yield "form", payload, path, parts, {
                        "Content-Type": "multipart/form-data; boundary=BB", "Prefer": "wait=0"}

    @staticmethod
    def forms(payload):
        """A form with it as a value, as a file's name, and as the name of a part."""
        quoted = payload.replace("\\", "\\\\").replace('"', '\\"')
        for name, value, part, file in (("name", payload, "package", "a.zip"), ("name", "abc", "package", quoted),
                                        ("name", "abc", "file", quoted), (quoted, "abc", quoted, "a.zip")):
            yield (f'--BB\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--BB\r\nContent-Disposition: '
                   f'form-data; name="{part}"; filename="{file}"\r\n\r\nx\r\n--BB--\r\n').encode()

    def shown(self, who, where, payload, reply, path, template):
        """What this answer says that it must not; None: nothing."""
        said = reply.body.decode(errors="replace")
        if "$argon2id" in said:
            return "a password's hash"
        if matrix.PEOPLE.get(who, "") not in rights.PLATFORM or not who:
            words = [word for word in self.theirs if word in said]
            if words:
                return f"words of the other tenant: {words}"
        if not who and any(email in said for email in self.emails):
            return "somebody's e-mail"
        if where == "path" and reply.status < 300:
            return "something under a name that nothing has"
        items = reply.json.get("items") if reply.status == 200 and isinstance(reply.json, dict) else None
        if where == "query cursor" and items:  # a name may be where to go on
            whole = self.web.ask("GET", path, who, None, template).json["items"]
            return None if all(item in whole for item in items) else "what is not in the whole list"
        if where.startswith("query") and items and json.dumps(payload)[1:-1] not in json.dumps(items):
            return f"{len(items)} things of which none is what was asked for"
        return None

    def leaver(self, who, template):
        """Whoever logs out does it with a session of his own."""
        if template == "/v1/logout" and who:
            matrix.PEOPLE["leaver"] = matrix.PEOPLE[who]
            person, tenant = {"fay": ("arun", "platform"), "uma": ("vera", "platform"), "pat": ("pat", None)}.get(
                who, (who, TENANT))
            self.stack.tokens["leaver"] = matrix.must(self.stack.api("POST", "/v1/login", {
                "email": f"{person}@people.example", "password": self.stack.passwords[person],
                **({"tenant": tenant} if tenant == "platform" else {})}))["token"]
            return "leaver"
        return who

    def test_no_payload_becomes_a_statement(self):
        begun, count, wrong, places = time.monotonic(), 0, [], set()
        shape, rows = self.shape(), self.rows_of_the_other()
        self.theirs = [matrix.MARK, self.stack.tenants[matrix.OTHER]["id"], self.other,
                       *(f"{name}@people.example" for name in ("lin", "lea", "leo"))]
        self.emails = [email for (email,) in self.stack.sql("select email from public.app_user")]
        for method, template in matrix.routes():
            path = self.ids.of(template, "pat" if template.startswith("/v1/platform") else "olivia") or \
                template.replace("{", "").replace("}", "")
            roles = rights.may(method, template)
            # Whoever may not is refused before a word is read; he says each payload once.
            may = [who for who in PEOPLE if roles == rights.ANYBODY or matrix.PEOPLE[who] and matrix.PEOPLE[who] in roles]
            for who in PEOPLE:
                wished = list(self.calls(method, template, path))
                for where, payload, wish_path, body, headers in wished if who in may else wished[:1]:
                    speaker, started = self.leaver(who, template), time.monotonic()
                    reply = self.web.ask(method, wish_path, speaker, body, template, headers)
                    count += 1
                    took = time.monotonic() - started
                    places.add(where.split()[0])
                    if reply.status >= 500 or took > SLEEP_S:
                        wrong.append(f"{method} {template} {where} by {who}: {reply.status} in {took:.1f} s {body}")
                    shown = self.shown(who, where, payload, reply, path, template)
                    if shown:
                        wrong.append(f"{method} {template} {where} {payload} by {who}: {reply.status}, shows {shown}")
        print(f"{count} calls in {time.monotonic() - begun:.0f} s", file=sys.stderr)
        self.assertEqual(wrong, [], "\n".join(wrong[:20]))
        self.assertEqual(self.rows_of_the_other(), rows)
        now = self.shape()
        self.assertEqual(shape - now, set())
        self.assertEqual({x for x in now - shape if not re.search("t_[0-9a-f]{16}", x)}, set())
        self.assertEqual(places, {"body", "query", "path", "key", "ETag", "form"})
        self.assertGreater(count, 8000)


class Kept(Case):
    def test_the_payloads_bite_where_values_are_pasted(self):
        """So that the sweep can fail: pasted into a statement, one creates a table and one makes it wait."""
        self.stack.sql("create database bait template template0", "postgres")
        self.stack.sql(f"select '{PAYLOADS[8]}'", "bait")
        self.assertEqual(self.stack.sql("select count(*) from public.injected", "bait"), [["0"]])
        begun = time.monotonic()
        self.stack.sql(f"select '{PAYLOADS[3]}'", "bait")
        self.assertGreater(time.monotonic() - begun, SLEEP_S)
        self.stack.sql("drop database bait", "postgres")

    def test_what_is_kept_is_the_text_it_was(self):
        """Each payload as words, as a schedule's name and as a value, read back and searched for."""
        for number, payload in enumerate(PAYLOADS):
            with self.subTest(payload):
                request = self.ok(self.api("POST", "/v1/requests", {"text": payload}), 202)
                self.assertEqual(self.request_of(request["id"])["text"], payload)
                made = self.ok(self.api("POST", "/v1/schedules", {
                    "name": payload[:100], "cron": "0 3 * * *", "skill": "probe", "action": "run", "enabled": False,
                    "input": {"value": payload}}), 201)
                shown = self.ok(self.api("GET", f"/v1/schedules/{made['id']}"))
                self.assertEqual((shown["name"], shown["input"]), (payload[:100], {"value": payload}))
                self.assertEqual(self.count("request", f"id = '{request['id']}'", TENANT), 1, number)


if __name__ == "__main__":
    unittest.main()
