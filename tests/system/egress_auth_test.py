"""What a partner sees of a call: each style of authentication, tokens, a grant's own credential, pages that may be
read; and when it is left alone: an expired grant, a breaker that is open, a redirect off the list."""
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import skills  # noqa: E402
from caller import CALLER, action  # noqa: E402
from desk import Desk  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from stack import Stack, until  # noqa: E402

NAMES = ("s-basic", "s-pair", "s-header", "s-query", "s-hmac", "s-key", "s-oauth", "s-grant", "s-ends", "s-breaks", "web")
OTHER = "Lakeside Books"


def setUpModule():
    stack = Case.stack = Stack(processes=("api", "scheduler", "egress", "worker"))
    unittest.addModuleCleanup(stack.stop)
    desk = Case.desk = Desk(stack)
    unittest.addModuleCleanup(desk.stop)
    desk.resource("s-basic", {"style": "basic"}, "harbour:pass-4711-word")
    desk.resource("s-pair", {"style": "basic"}, {"username": "harbour", "password": "pass:with:colons-99"})
    desk.resource("s-header", {"style": "header", "name": "X-Api-Key"}, "header-key-5512-abc")
    desk.resource("s-query", {"style": "query", "name": "api key"}, "query+key/6613=&abc")
    desk.resource("s-hmac", {"style": "hmac"}, "hmac-key-7714-abcdef")
    desk.resource("s-key", {"style": "hmac"}, {"key_id": "key-1", "secret": "hmac-key-8815-abcdef"})
    desk.resource("s-oauth", {"style": "oauth2", "token_url": f"{desk.base}/token", "scope": "orders read"},
                  {"client_id": "har:bour", "client_secret": "client-secret-9916"})
    desk.resource("s-grant", {"style": "bearer"}, "everybodys-token-1017")
    desk.resource("s-ends", {"style": "none"})
    desk.resource("s-breaks", {"style": "none"})
    desk.resource("web", {"style": "none"}, kind="web-read", base_url="", operations=[], pages=[f"{desk.base}/news/*", f"{desk.base}/docs/**"])
    package = dict(CALLER)
    package["skill.json"] = json.dumps({"name": "caller", "actions": [
        *(action(name, name, f"{name}.send") for name in NAMES if name != "web"), action("web", "web"),
        {"name": "one", "executor": "http", "call": "s-breaks.read", "timeout_s": 60, "input": {"type": "object"}}]})
    skills.publish(stack, [(TENANT, "caller", package), (OTHER, "caller", package)])


class Calls(Case):
    def setUp(self):
        self.desk.answer = lambda seen: (200, {"path": seen.path}, {})
        del self.desk.seen[:]

    def call(self, name, operation="read", token="oscar", **given):
        return self.ok(self.api("POST", "/v1/runs", {"skill": "caller", "action": name, "input": {
            "what": "http", "base": self.desk.base, "operation": f"{name}.{operation}", **given}}, token, 60))

    def seen_of(self, name, operation="read", token="oscar", **given):
        """The one request that this call became."""
        before = len(self.desk.seen)
        run = self.call(name, operation, token, **given)
        self.assertEqual(run["state"], "succeeded", run["error"])
        [seen] = self.desk.seen[before:]
        return seen


class Styles(Calls):
    def test_basic_as_a_text_and_as_a_pair(self):
        for name, plain in (("s-basic", b"harbour:pass-4711-word"), ("s-pair", b"harbour:pass:with:colons-99")):
            self.assertEqual(self.seen_of(name).headers["authorization"], "Basic " + base64.b64encode(plain).decode())

    def test_a_header_and_a_query_parameter_of_that_name(self):
        seen = self.seen_of("s-header")
        self.assertEqual((seen.headers["x-api-key"], seen.path), ("header-key-5512-abc", "/read"))
        self.assertNotIn("authorization", seen.headers)
        seen = self.seen_of("s-query", parameters={"q": "a b&c"})
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(seen.path).query)
        self.assertEqual(query, [("q", "a b&c"), ("api key", "query+key/6613=&abc")])

    def test_a_signature_over_time_method_address_and_body(self):
        for name, secret, key_id in (("s-hmac", b"hmac-key-7714-abcdef", None), ("s-key", b"hmac-key-8815-abcdef", "key-1")):
            for operation, given in (("read", {"parameters": {"q": "x y"}}), ("send", {"json": {"amount": "十"}})):
                with self.subTest(f"{name}.{operation}"):
                    seen = self.seen_of(name, operation, **given)
                    time, mac = (part.partition("=")[2] for part in seen.headers["x-signature"].split(","))
                    said = f"{time}.{seen.method}.{self.desk.base}{seen.path}.".encode() + seen.body
                    self.assertEqual(mac, hmac.new(secret, said, hashlib.sha256).hexdigest())
                    self.assertLess(abs(int(time) - datetime.datetime.now().timestamp()), 60)
                    self.assertEqual(seen.headers.get("x-key-id"), key_id)
                    self.assertEqual(json.loads(seen.body) if given.get("json") else None, given.get("json"))


class Tokens(Calls):
    """OAuth2 client credentials: the desk counts what it gave, and honours the last only."""

    def setUp(self):
        super().setUp()
        self.given, self.expires, self.forgotten = 0, 3600, False
        self.desk.answer = self.answer
        self.desk.rotate("s-oauth", {"client_id": "har:bour", "client_secret": "client-secret-9916"})  # no token is left

    def answer(self, seen):
        if seen.path == "/token":
            self.given, self.forgotten = self.given + 1, False
            return 200, {"access_token": f"access-{id(self)}-{self.given}", "expires_in": self.expires}, {}
        good = seen.headers.get("authorization") == f"Bearer access-{id(self)}-{self.given}" and not self.forgotten
        return (200 if good else 401), {}, {}

    def status(self):
        run = self.call("s-oauth")
        self.assertEqual(run["state"], "succeeded", run["error"])
        return run["result"]["status"]

    def test_the_client_says_who_it_is_and_what_it_wants(self):
        self.assertEqual(self.status(), 200)
        asked = next(seen for seen in self.desk.seen if seen.path == "/token")
        self.assertEqual(dict(urllib.parse.parse_qsl(asked.body.decode())),
                         {"grant_type": "client_credentials", "scope": "orders read"})
        self.assertEqual(asked.headers["authorization"], "Basic " + base64.b64encode(b"har%3Abour:client-secret-9916").decode())

    def test_a_token_is_kept_until_shortly_before_it_expires(self):
        self.expires = 4  # half of it, where it is short
        self.assertEqual([self.status(), self.given], [200, 1])
        until(lambda: self.status() == 200 and self.given == 2, 30, "a second token")
        self.expires = 3600
        until(lambda: self.status() == 200 and self.given == 3, 30, "a third token, for an hour")
        self.assertEqual([self.status(), self.status(), self.given], [200, 200, 3])

    def test_a_token_that_expires_at_once_is_used_once(self):
        self.expires = 0
        self.assertEqual([self.status(), self.status(), self.given], [200, 200, 2])

    def test_a_token_that_the_partner_does_not_honour_is_dropped(self):
        self.assertEqual([self.status(), self.given], [200, 1])
        self.forgotten = True
        self.assertEqual([self.status(), self.given], [401, 1])
        self.assertEqual([self.status(), self.given], [200, 2])

    def test_a_new_credential_asks_for_a_token_of_its_own(self):
        self.assertEqual([self.status(), self.given], [200, 1])
        self.stack.canary.watch("the rotated secret", "client-secret-0001")
        self.desk.rotate("s-oauth", {"client_id": "har:bour", "client_secret": "client-secret-0001"})
        self.assertEqual([self.status(), self.given], [200, 2])
        asked = [seen for seen in self.desk.seen if seen.path == "/token"][-1]
        self.assertEqual(asked.headers["authorization"], "Basic " + base64.b64encode(b"har%3Abour:client-secret-0001").decode())


class Grants(Calls):
    def test_a_tenant_whose_grant_has_a_credential_of_its_own_is_seen_with_it(self):
        self.desk.credential("harbours", "harbours-token-1118")
        self.desk.ok("POST", f"/v1/platform/http-resources/{self.desk.ids['s-grant']}/grants", {
            "tenants": [self.stack.tenants[TENANT]["id"]], "credential": "harbours"})
        self.assertEqual(self.seen_of("s-grant").headers["authorization"], "Bearer harbours-token-1118")
        self.assertEqual(self.seen_of("s-grant", token="lin").headers["authorization"], "Bearer everybodys-token-1017")

    def test_a_grant_that_expires_between_plan_and_call_is_none(self):
        self.assertEqual(self.call("s-ends")["state"], "succeeded")
        self.stack.end("worker")
        try:
            body = {"skill": "caller", "action": "s-ends", "input": {"what": "http", "base": "", "operation": "s-ends.read"}}
            run = self.ok(self.api("POST", "/v1/runs", body, wait=0), 202)
            before = len(self.desk.seen)
            self.stack.sql("update public.http_grant set expires_at = now() - interval '1 second' where resource_id = "
                           f"'{self.desk.ids['s-ends']}'")
        finally:
            self.stack.start("worker")
        ended = self.until_state(run["id"], "succeeded", "failed")
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "not_granted"), ended)
        self.assertEqual(len(self.desk.seen), before)
        self.refused(self.api("POST", "/v1/runs", body), 403, "not_granted")


class Breaker(Calls):
    def test_five_failures_in_a_row_and_the_partner_is_left_alone_until_one_call_tries(self):
        self.desk.answer = lambda seen: (500, {}, {})
        for number in range(5):
            run = self.call("s-breaks")
            self.assertEqual((run["state"], run["result"]["status"], len(self.desk.seen)), ("succeeded", 500, number + 1))
        self.desk.answer = lambda seen: (200, {"well": True}, {})
        run = self.call("s-breaks")  # it would be answered well, and is not sent
        self.assertEqual((run["state"], run["error"]["code"]), ("failed", "resource_unavailable"), run)
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "caller", "action": "one", "input": {}}, wait=60))
        self.assertEqual((run["state"], run["error"]["code"]), ("failed", "resource_unavailable"), run)
        self.assertEqual(len(self.desk.seen), 5)
        self.assertEqual(self.seen_of("s-breaks", token="lin").path, "/read", "another tenant's calls go on")
        until(lambda: self.call("s-breaks")["state"] == "succeeded", 30, "a call that tries")
        self.assertEqual(len(self.desk.seen), 7)
        self.assertEqual(self.call("s-breaks")["result"], {"status": 200, "body": {"well": True}})


class Pages(Calls):
    """`web-read`: what is on the list, with its query, and nothing else."""

    def read(self, what, path):
        return self.call("web", what=what, path=path)

    def test_pages_of_the_list_are_read_with_their_query(self):
        for what in ("urllib", "requests"):
            for path in ("/news/today?page=2&q=a%20b", "/docs/a/b/c"):
                with self.subTest(f"{what} {path}"):
                    run = self.read(what, path)
                    self.assertEqual((run["state"], run["result"]), ("succeeded", {"status": 200, "body": {"path": path}}), run)

    def test_anything_off_the_list_is_refused_before_it_is_sent(self):
        for path in ("/news/a/b", "/news", "/other", "/news/../other", "/news/%2e%2e/other", "/docs/..%2fother"):
            with self.subTest(path):
                run = self.read("urllib", path)
                self.assertEqual((run["state"], run["error"]["code"]), ("failed", "address_refused"), run)
        run = self.call("web", what="requests", method="POST", path="/news/today", json={})
        self.assertEqual((run["state"], run["error"]["code"]), ("failed", "write_not_whitelisted"), run)
        self.assertEqual(self.desk.seen, [])

    def test_a_redirect_is_followed_on_the_list_and_not_off_it(self):
        self.desk.answer = lambda seen: ((302, {}, {"Location": seen.path.partition("to=")[2]}) if "to=" in seen.path
                                         else (200, {"path": seen.path}, {}))
        for what in ("urllib", "requests"):
            run = self.read(what, "/news/moved?to=/docs/there")
            self.assertEqual((run["state"], run["result"]), ("succeeded", {"status": 200, "body": {"path": "/docs/there"}}), run)
            before = len(self.desk.seen)
            run = self.read(what, "/news/moved?to=/secret")
            self.assertEqual((run["state"], run["error"]["code"]), ("failed", "address_refused"), run)
            self.assertEqual([seen.path for seen in self.desk.seen[before:]], ["/news/moved?to=/secret"])

    def test_its_rate_is_kept(self):
        definition = self.desk.ok("GET", f"/v1/platform/http-resources/{self.desk.ids['web']}")["definition"]
        definition.pop("base_url", None)
        put = {"name": "web", "definition": definition | {"rate_per_minute": 1}}
        self.desk.ok("PUT", f"/v1/platform/http-resources/{self.desk.ids['web']}", put)
        try:
            codes = [run["error"] and run["error"]["code"] for run in (self.read("urllib", "/news/x") for _ in range(3))]
        finally:
            put["definition"]["rate_per_minute"] = 600
            self.desk.ok("PUT", f"/v1/platform/http-resources/{self.desk.ids['web']}", put)
        self.assertIn("rate_limited", codes)
        self.assertEqual(len(self.desk.seen), codes.count(None))

    def test_an_action_that_is_one_call_cannot_name_a_page(self):
        """It names an operation, and a list of pages has none."""
        package = CALLER | {"skill.json": json.dumps({"name": "pager", "actions": [
            {"name": "one", "executor": "http", "call": "web.read", "timeout_s": 60, "input": {"type": "object"}}]})}
        skills.publish(self.stack, [(TENANT, "pager", package)])
        problem = self.refused(self.api("POST", "/v1/runs", {"skill": "pager", "action": "one", "input": {}}), 403, "write_not_whitelisted")
        self.assertIn("web.read", problem["detail"])


if __name__ == "__main__":
    unittest.main()
