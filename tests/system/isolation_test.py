"""Every route of api/openapi.yaml, by every role, with an id of one's own tenant, of another's, of what was deleted
in either, of nothing, and with none at all: who may not is told so and nothing changes, who may gets through, and of the other
tenant there is never a word. Generated from the document: a new route is in it by being there. What is right
comes from tests/lib/rights.py, not from the server.

An id is found where a person finds it, in the list above it; PLANTS brings what is not there by itself.
"""
import base64
import collections
import datetime
import http.client
import json
import pathlib
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import openapi  # noqa: E402
import rights  # noqa: E402
import skills  # noqa: E402
import wishes  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from stack import Reply, Stack, until  # noqa: E402

OTHER = "Lakeside Books"
MARK = "lakeside-only"  # in whatever the other tenant has
PEOPLE = {"olivia": "o", "adam": "a", "oscar": "p", "arun": "v", "fiona": "f", "audrey": "u", "vera": "w",
          "pat": "A", "fay": "F", "uma": "U", "token of olivia": "o", None: ""}
MALFORMED = ("no-id", "'; drop table job; --")
RANDOM = "0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01"
# A log-out and a new password end the session that asks: people_test.py.
ENDS_ITSELF = ("/v1/logout", "/v1/password")
# The list that an id is in, where that is not the path above it.
LISTS = {"/v1/platform/jobs": "/v1/platform/dead-letters"}
KEYS = {"name": "name", "month": "month", "host": "host", "code": "code", "version": "version", "artifact": "name"}
# Well formed, by a key that nobody trusts.
SIGNATURE = "\n".join(("untrusted comment: -", base64.b64encode(b"ED" + bytes(72)).decode(), "trusted comment: -",
                       base64.b64encode(bytes(64)).decode(), ""))
# Where the smallest body of the contract says nothing that could be done.
BODIES = {
    ("PATCH", "/v1/skills/{name}"): {"title": "x"},
    ("PUT", "/v1/skills/{name}/bindings"): [{"role": "operator"}],
    ("POST", "/v1/runs"): {"skill": "probe"},
    ("POST", "/v1/exports"): {"manifest_sha256": "0" * 64, "records": 0, "files": 0, "bytes": 0},
    ("POST", "/v1/members"): {"email": "one@people.example", "role": "viewer"},
    ("PATCH", "/v1/members/{id}"): {"role": "auditor"},
    ("PATCH", "/v1/platform/customers/{id}"): {"note": "x"},
    **{("PUT", f"/v1/platform/{path}/reminder-policy"): {"policy": None, "reason": "x"} for path in ("editions/{code}", "subscriptions/{id}")},
    ("POST", "/v1/requests/{id}/answer"): {"inputs": {"a": 1}},
    ("POST", "/v1/platform/http-resources/{id}/dry-run"): {"operation": "a"},
    ("POST", "/v1/platform/http-resources/{id}/grants"): {"everybody": True},
    ("POST", "/v1/skills/{name}/versions/{version}/sign"): {"signature": SIGNATURE},
}
# What is no month is told so: a month has no owner.
SPELLED = {"{month}": (422, "invalid_input")}
HEADERS = {("PATCH", "/v1/uploads/{id}"): {"Upload-Offset": "0"}}
QUERIES = {"/v1/platform/jobs/{id}": lambda: f"?tenant={Case.stack.tenants[TENANT]['id']}"}
# A decision that is refused is itself kept.
KEPT = {("POST", f"/v1/requests/{{id}}/{act}"): "audit_event" for act in ("confirm", "reject")}
# What is named by whoever makes it: there, no name is missing.
MAKES = [("PUT", f"/v1/platform/{noun}") for noun in ("channels/{name}", "payment-providers/{code}",
                                                      "statement-formats/{code}", "reminder-policies/{code}",
                                                      "sellers/{code}")]
# A file of a page belongs to nobody, and no list has its name.
NOBODYS = ("/open/{file}",)
# Whose body names something that nobody has.
NAMES_NOTHING = ("/v1/platform/dead-letters/redrive", "/v1/platform/payments/apply")
# What an act may use up, and who makes another one.
PLANTED = {"/v1/schedules": ("oscar", "probe"), "/v1/tokens": ("olivia",), "/v1/uploads": ("oscar",),
           "/v1/callback-hosts": ("olivia",), "/v1/members": ("olivia",)}
# What can be deleted, who makes one and deletes it again (in each tenant, and on the platform). Files go by
# retention: one that went is looked for, too.
DELETED = {"/v1/schedules": (("oscar", "probe"), ("lin", MARK)), "/v1/tokens": (("olivia",), ("lin",)),
           "/v1/members": (("olivia",), ("lin",)), "/v1/delegations": (("olivia", "adam"), ("lin", "lea")),
           "/v1/uploads": (("oscar",), ("lin",)), "/v1/callback-hosts": (("olivia",), ("lin",)),
           "/v1/files": (("oscar",), ("lin",)),
           **{f"/v1/platform/{noun}": (("pat",),) for noun in ("credentials", "http-resources", "channels", "open-networks")}}
# Rows that every call may write: when a session was last used, the beats of the daemons, sums of statistics.
RESTLESS = ("session", "api_token", "worker", "mark", "login_failure", "login_good", "scan_clock", "usage_day")


class Web:
    """One connection that is kept, for some thousand calls; answers are held against the document once a kind."""

    def __init__(self, stack):
        self.stack, self.connection, self.seen, self.calls = stack, None, set(), 0

    def ask(self, method, path, token, body=None, template=None, more=None):
        """`body`: JSON, or bytes whose Content-Type is in `more`, the further headers."""
        headers = {"Authorization": f"Bearer {self.stack.tokens[token]}"} if token else {}
        headers |= HEADERS.get((method, template), {})
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        headers |= more or {}
        self.calls += 1
        for attempt in (1, 2):
            try:
                self.connection = self.connection or self.stack.connect()
                self.connection.request(method, path, data, headers)
                response = self.connection.getresponse()
                break
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.connection = None  # an upload that is refused ends its connection
                if attempt == 2:
                    raise
        stream = response.headers.get("Content-Type", "").startswith("text/event-stream")
        answer = Reply(response.status, response.headers, b"" if stream else response.read())
        if stream:
            self.connection.close()
            self.connection = None
        kind = (method, template, answer.status)
        if not stream and kind not in self.seen:
            self.seen.add(kind)
            media = answer.headers.get("Content-Type", "")
            shown = answer.json if answer.body and "json" in media else answer.body
            self.stack.contract.check_response(method, path, answer.status, shown, media)
        return answer


def setUpModule():
    stack = Case.stack = Stack(("api", "scheduler", "egress", "worker"),
                               settings={"api": {"rate_attempts_per_minute": "0"}})
    unittest.addModuleCleanup(stack.stop)
    for person, name, role in (("arun", "fay", "platform_finance"), ("vera", "uma", "platform_auditor")):
        email = f"{person}@people.example"
        user = stack.sql(f"select id from app_user where email = '{email}'")[0][0]
        skills.done(stack.api("POST", f"/v1/platform/users/{user}/roles", {"role": role}, "pat"))
        stack.tokens[name] = skills.done(stack.api("POST", "/v1/login", {
            "email": email, "password": stack.passwords[person], "tenant": "platform"}))["token"]
    every = stack.contract.document["components"]["schemas"]["Scope"]["enum"]
    skills.api_token(stack, "olivia", [scope for scope in every if scope != "platform:read"])
    plant_work()
    for name in ("worker", "sandboxd", "scheduler"):
        stack.end(name)  # from here on nothing moves by itself


def must(reply, *statuses):
    assert reply.status in (statuses or (200, 201, 202)), reply.body
    return reply.json


def soon():
    week = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)
    return week.strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def plant_work():
    """What only work brings about, in both tenants: skills, runs with a file, requests that wait, unmet ones."""
    stack = Case.stack
    stack.work = {}
    for tenant, skill, who, decider in ((TENANT, "probe", "oscar", "olivia"), (OTHER, MARK, "lin", "lin")):
        unmet = must(stack.api("POST", "/v1/requests", {"text": "bake me a cake"}, who, {"Prefer": "wait=60"}))
        assert unmet["state"] == "abstained", unmet
        order = must(stack.api("POST", "/v1/orders", {"edition": "team-monthly"}, decider))
        stack.sql(f"select ledger_post('settle:' || id, 'settle', id::text, array['CASH:bank', 'AR:' || customer_id], array[amount_minor, "
                  f"-amount_minor], currency) from orders where id = '{order['id']}'")  # all that an invoice is made of
        stack.sql("select invoice_number(10)")
        package = {"README.md": f"# {skill}\n\nPrints {skill}.\n", "main.py": f"open('{skill}.txt', 'w').write('x')\n",
                   "skill.json": json.dumps({"name": skill, "description": skill, "actions": [
                       {"name": "run", "title": skill, "entry": "main.py", "input": {"type": "object"}},
                       {"name": "danger", "title": skill, "entry": "main.py", "risk": "high", "effects": [skill],
                        "input": {"type": "object"}}]})}
        skills.publish(stack, [(tenant, skill, package)])
        run = must(stack.api("POST", "/v1/runs", {"skill": skill, "action": "run"}, who, {"Prefer": "wait=60"}))
        assert run["state"] == "succeeded" and run["artifacts"], run
        waiting = must(stack.api("POST", "/v1/runs", {"skill": skill, "action": "danger"}, who, {"Prefer": "wait=60"}))
        stack.work[decider] = {"/v1/runs": run["id"], "/v1/jobs": run["id"], "/v1/requests": waiting["request_id"]}
        user = {"olivia": "adam", "lin": "lea"}[decider]
        schema = stack.tenants[tenant]["schema"]
        ids = dict(stack.sql("select split_part(email, '@', 1), id from app_user"))
        stack.work["pat"] = {"/v1/platform/users": ids["fiona"]}
        plant("/v1/schedules", who, skill)
        plant("/v1/tokens", decider)
        stack.work[decider]["/v1/uploads"] = plant("/v1/uploads", who)
        must(stack.api("POST", f"/v1/files?name={skill}.txt", b"x", who, {"Content-Type": "text/plain"}))
        plant("/v1/delegations", decider, ids[user])
        plant("/v1/callback-hosts", decider)
        stack.sql(f"insert into {schema}.delivery (id, url, subject, payload, next_at) values ('{skills.new_id()}', "
                  f"'https://{MARK if who == 'lin' else 'own'}.example/', '{waiting['request_id']}', '{{}}', null)")


def plant(collection, who, *what):
    """One more of it, by `who`; its id."""
    stack, number = Case.stack, skills.new_id()[-6:]
    mark = MARK if who in ("lin", "lea") else "own"
    body = {
        "/v1/schedules": lambda: {"name": f"{mark} {number}", "cron": "0 3 * * *", "skill": what[0], "action": "run",
                                  "enabled": False},
        "/v1/tokens": lambda: {"name": f"{mark} {number}", "scopes": ["runs:read"]},
        "/v1/uploads": lambda: {"name": f"{mark}-{number}.bin", "size": 10},
        "/v1/delegations": lambda: {"to": what[0], "until_at": soon(), "reason": mark},
        "/v1/callback-hosts": lambda: {"host": f"{mark}-{number}.example"},
        "/v1/members": lambda: {"email": f"{mark}-{number}@people.example", "role": "viewer"},
        "/v1/platform/credentials": lambda: {"name": f"gone-{number}", "value": "x"},
        "/v1/platform/open-networks": lambda: {"purpose": "resource", "network": "10.77.0.0/16", "comment": "gone"},
        "/v1/platform/http-resources": lambda: {"name": f"gone-{number}", "definition": {
            "base_url": "https://gone.example/", "operations": [{"name": "read", "method": "GET", "path": "/a"}]}},
    }[collection]()
    made = must(stack.api("POST", collection, body, who))
    return made.get("id") or made.get("host") or made["member"]["id"]


def gone_again(collection, who, *what):
    """The id of one of it that was made and deleted."""
    stack = Case.stack
    if collection == "/v1/files":
        made = must(stack.api("POST", f"{collection}?name=gone.txt", b"x", who, {"Content-Type": "text/plain"}))["id"]
        schema = stack.tenants[OTHER if who == "lin" else TENANT]["schema"]
        assert stack.sql(f"update {schema}.file set deleted_at = now() where id = '{made}' returning id") == [[made]]
        return made
    if collection == "/v1/platform/channels":
        made = f"gone_{skills.new_id()[-6:]}"
        must(stack.api("PUT", f"{collection}/{made}", {"kind": "webhook", "settings": {"url": "https://gone.example/"}}, who))
    else:
        what = [user_id(one) if collection == "/v1/delegations" else one for one in what]
        made = plant(collection, who, *what)
    reply = stack.api("DELETE", f"{collection}/{made}", token=who)
    assert reply.status == 204, reply.body
    if collection == "/v1/delegations":
        plant(collection, who, *what)  # the list still has the ended one, and whoever looks for any takes the first
    return made


def user_id(person):
    return Case.stack.sql(f"select id from app_user where email = '{person}@people.example'")[0][0]


def collection_of(template):
    """("/v1/skills/{name}/versions", "version"): the list of the last parameter, and its name."""
    head, _, rest = template.rpartition("/{")
    return head, rest.split("}")[0]


class Ids:
    """Ids for the parameters of a path, as `whose` (a person) finds them."""

    def __init__(self, web):
        self.web, self.found = web, {}

    def of(self, template, whose):
        """The path with the first id of each list put in; None where a list has none."""
        key = (template, whose)
        if key not in self.found:
            self.found[key] = self.look(template, whose)
        return self.found[key]

    def look(self, template, whose):
        if "{" not in template:
            return template
        cut = template.rindex("}") + 1
        collection, parameter = collection_of(template[:cut])
        known = Case.stack.work.get(whose, {}).get(collection)
        above = self.of(LISTS.get(collection, collection), whose)
        if above is None:
            return None
        if known is None:
            known = self.first(above, parameter, whose)
        base = self.of(collection, whose)
        return known and f"{base}/{urllib.parse.quote(str(known), safe='')}{template[cut:]}"

    def first(self, path, parameter, whose):
        if path.endswith("/artifacts"):
            items = self.web.ask("GET", path.removesuffix("/artifacts"), whose).json["artifacts"]
        else:
            reply = self.web.ask("GET", path, whose)
            is_list = reply.status == 200 and reply.body.startswith(b"{")  # /open is a page, and no list of its files
            items = reply.json.get("items", []) if is_list else []
        found = [one.get(KEYS.get(parameter, "id")) or one["tenant"]["id"] for one in items[:1]]
        return found[0] if found else None


def routes():
    """(method, template) of the whole document."""
    return [(method.upper(), template) for template, item in Case.stack.contract.document["paths"].items()
            for method in ("get", "post", "put", "patch", "delete") if method in item]


class Matrix(Case):
    @classmethod
    def setUpClass(cls):
        cls.web = Web(cls.stack)
        cls.ids = Ids(cls.web)
        cls.deleted = {collection: [gone_again(collection, *maker) for maker in makers]
                       for collection, makers in DELETED.items()}
        cls.bodies = {route: wishes.wish(cls.stack.contract, *route) for route in routes()} | BODIES
        tables = cls.stack.sql("select format('%I.%I', schemaname, tablename) from pg_tables where "
                               "schemaname = 'public' or schemaname like 't\\_%'")
        cls.digest = " union all ".join(
            f"select '{name}', md5(coalesce(string_agg(r::text, '|' order by r::text), '')) from {name} r"
            for (name,) in tables if name.split(".")[1] not in RESTLESS)

    def rows(self):
        return dict(self.stack.sql(self.digest))

    def verdict(self, who, method, template):
        """(status, code) of whoever may not, whatever the id is; None: he may."""
        letter, roles = PEOPLE[who], rights.may(method, template)
        if roles == rights.ANYBODY:
            return None
        if who is None:
            return 401, "unauthenticated"
        platform, tenant = letter in rights.PLATFORM, letter in rights.TENANT
        if template.startswith("/v1/platform") and tenant:
            return 404, "not_found"
        if letter not in roles:
            return 403, "forbidden"
        if who.startswith("token") and not rights.token_may(method, template):
            return 403, "session_required"
        return (403, "forbidden") if platform and not template.startswith("/v1/platform") and \
            roles != rights.LOGGED_IN else None

    def cell(self, who, method, template, path, wanted, case):
        """One call that must be refused like that, without a word of the other tenant."""
        reply = self.web.ask(method, path + self.query(template), who, self.bodies[method, template], template)
        said = reply.body.decode(errors="replace").replace(path, "")
        for word in path.split("/")[3:]:  # what one sent oneself is no news
            said = said.replace(urllib.parse.unquote(word), "")
        if (reply.status, reply.code) != wanted:
            self.fault(f"{method} {template}, {case}: {reply.status} {reply.code}, not {wanted}", who, said)
        elif who not in ("pat", "fay", "uma") and any(word in said for word in self.theirs):
            self.fault(f"{method} {template}, {case}: speaks of the other tenant", who, said)

    @staticmethod
    def query(template):
        return QUERIES.get(template, str)()

    def fault(self, what, who, said=""):
        self.wrong.setdefault(what, [said[:400]]).append(str(who))

    def setUp(self):
        self.wrong = {}
        self.theirs = [MARK, self.stack.tenants[OTHER]["id"], self.stack.tenants[OTHER]["schema"], "lin@people.example"]

    def test_refusals_are_exact_and_change_nothing(self):
        """Roles that may not, ids of the other tenant, of nothing and malformed ones."""
        begun, cells = time.monotonic(), collections.Counter()
        before = self.rows()
        for method, template in routes():
            if template in NOBODYS:
                continue
            own = self.ids.of(template, "pat" if template.startswith("/v1/platform") else "olivia")
            other = None if template.startswith("/v1/platform") else self.ids.of(template, "lin")
            if "{" in template and not template.startswith("/v1/platform") and not (own and other):
                self.fault(f"{template}: the list above it has no id of own and other: plant one", "nobody")
                continue
            for who in PEOPLE:
                for case, path, wanted in self.cases(who, method, template, own, other):
                    self.cell(who, method, template, path, wanted, case)
                    cells[case] += 1
            now = self.rows()
            changed = [name for name in now if now[name] != before.get(name)
                       and name.split(".")[1] != KEPT.get((method, template))]
            if changed:
                self.fault(f"{method} {template} changed {changed}", "somebody")
            before = now
        print(f"{sum(cells.values())} refusals in {time.monotonic() - begun:.0f} s: {dict(cells)}", file=sys.stderr)
        self.none_is_wrong()
        self.assertGreater(cells["deleted"], 100)
        self.assertGreater(min(cells["other"], cells["gone"], cells["malformed"], cells["may not"]), 200)

    def test_rights_let_everybody_through_who_has_them(self):
        """With an id of one's own: whatever comes of it, it is not "not you" and not "no such thing"."""
        begun, tried = time.monotonic(), 0
        # Acts on skills come last: without a version there is no schedule, and no run.
        def last(route):
            return route[0] != "GET", route[1].startswith("/v1/skills"), route[1].endswith("yank")
        for method, template in sorted(routes(), key=last):
            if template in ENDS_ITSELF + NAMES_NOTHING or rights.may(method, template) == rights.ANYBODY:
                continue
            for who in PEOPLE:
                if self.verdict(who, method, template):
                    continue
                path = self.own_path(method, template)
                if path is None:
                    continue
                reply = self.web.ask(method, path + self.query(template), who, self.bodies[method, template], template)
                said = reply.body.decode(errors="replace")
                tried += 1
                colleague = rights.personal(PEOPLE[who], method, template)
                if colleague and (reply.status, reply.code) != colleague:
                    self.fault(f"{method} {template}: {reply.status}, and it is somebody else's", who, said)
                elif not colleague and (reply.status in (401, 403, 404, 405) or reply.status >= 500
                                     or (method == "GET" and reply.status != 200)):
                    self.fault(f"{method} {template}: {reply.status} {reply.code}", who, said)
                elif who not in ("pat", "fay", "uma") and any(word in said for word in self.theirs):
                    self.fault(f"{method} {template}: speaks of the other tenant", who, said)
        print(f"{tried} calls let through in {time.monotonic() - begun:.0f} s", file=sys.stderr)
        self.none_is_wrong()
        self.assertGreater(tried, 500)

    def own_path(self, method, template):
        """A path to something of one's own; to something new where the call may use it up."""
        if template.startswith("/v1/platform"):
            return self.ids.of(template, "pat")
        collection = template.partition("/{")[0]
        if method != "GET" and "{" in template and collection in PLANTED:
            new = plant(collection, *PLANTED[collection])
            return f"{collection}/{new}{template.partition('}')[2]}"
        return self.ids.of(template, "olivia")

    def none_is_wrong(self):
        if self.wrong:
            self.fail("\n" + "\n".join(f"{what}: {by}\n    {said}" for what, (said, *by) in self.wrong.items()))

    def cases(self, who, method, template, own, other):
        """(case, path, (status, code)) of every way in which this call must be refused."""
        barred = self.verdict(who, method, template)
        cut = template.rpartition("/{")
        base = self.ids.of(cut[0], "pat" if template.startswith("/v1/platform") else "olivia") if cut[1] else None
        tail = cut[2].partition("}")[2]
        gone = base and f"{base}/{RANDOM}{tail}"
        wrong = [f"{base}/{urllib.parse.quote(text, safe='')}{tail}" for text in MALFORMED] if base else []
        if barred:
            yield "may not", own or gone or template, barred
            inside = rights.decided_by_the_database(template) and PEOPLE[who] in rights.TENANT and who
            for path in (other, gone, *wrong):
                if path:
                    yield "may not", path, (404, "not_found") if inside and path in wrong else barred
        elif cut[1] and rights.may(method, template) != rights.ANYBODY and (method, template) not in MAKES:
            missing = SPELLED.get("{" + cut[2].partition("}")[0] + "}", (404, "not_found"))
            if other and PEOPLE[who] in rights.TENANT:
                yield "other", other, missing
            # What was deleted is as if it had never been, to its own tenant and to the other.
            deleted = self.deleted.get(template.partition("/{")[0], ()) if template.count("{") == 1 else ()
            for one in deleted:
                yield "deleted", f"{cut[0]}/{one}{tail}", missing
            for path in (gone, *wrong):
                if path:
                    yield "gone" if path == gone else "malformed", path, missing


if __name__ == "__main__":
    unittest.main()
