"""Twelve payloads that want to be SQL, in every text of every route (bodies, queries, paths), by every role that
may call it: nobody gets a server's error, nobody waits, no row of another tenant moves, no role, table or right is
there that was not before, and what is kept is kept as the text it was. Generated from api/openapi.yaml.
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
        """(where, path, body) with a payload in each text."""
        body = wishes.wish(self.stack.contract, method, template)
        operation = self.stack.contract.operation(method, template)
        request = self.stack.contract.deref(operation.get("requestBody")) or {"content": {}}
        schema = request["content"].get("application/json", {}).get("schema")
        places = sorted(set(self.texts(schema, body)), key=str) if schema else []
        queries = [p["name"] for p in map(self.stack.contract.deref, operation.get("parameters", []))
                   if p["in"] == "query"]
        for number, payload in enumerate(PAYLOADS):
            for place in places:
                yield f"body {place}", path, self.put(body, place, payload)
            for name in queries:
                yield f"query {name}", f"{path}?{name}={urllib.parse.quote(payload)}", body
            if "{" in template and number % 4 == 0:
                yield "path", "/".join(urllib.parse.quote(payload, safe="") if part.startswith("{") else part
                                       for part in template.split("/")), body

    def test_no_payload_becomes_a_statement(self):
        begun, count, wrong = time.monotonic(), 0, []
        shape, rows = self.shape(), self.rows_of_the_other()
        for method, template in matrix.routes():
            if template in matrix.ENDS_ITSELF or template in ("/v1/register", "/v1/login"):
                continue
            path = self.ids.of(template, "pat" if template.startswith("/v1/platform") else "olivia") or \
                template.replace("{", "").replace("}", "")
            roles = rights.may(method, template)
            # Whoever may not is refused before a word is read; he says each payload once.
            may = [who for who in PEOPLE if roles == rights.ANYBODY or matrix.PEOPLE[who] and matrix.PEOPLE[who] in roles]
            for who in PEOPLE:
                wished = list(self.calls(method, template, path))
                for where, wish_path, body in wished if who in may else wished[:1]:
                    started = time.monotonic()
                    reply = self.web.ask(method, wish_path, who, body, template)
                    count += 1
                    took = time.monotonic() - started
                    if reply.status >= 500 or took > SLEEP_S:
                        wrong.append(f"{method} {template} {where} by {who}: {reply.status} in {took:.1f} s {body}")
        print(f"{count} calls in {time.monotonic() - begun:.0f} s", file=sys.stderr)
        self.assertEqual(wrong, [], "\n".join(wrong[:20]))
        self.assertEqual(self.rows_of_the_other(), rows)
        now = self.shape()
        self.assertEqual(shape - now, set())
        self.assertEqual({x for x in now - shape if not re.search("t_[0-9a-f]{16}", x)}, set())
        self.assertGreater(count, 5000)


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
