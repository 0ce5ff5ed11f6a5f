"""People, tenants and the platform, over HTTP, against the real API, PostgreSQL and Redis."""
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import stack as stacks  # noqa: E402


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack()


def tearDownModule():
    stack.stop()


def email(name):
    return f"{name}@people.example"


def login(name, password=None, **more):
    return stack.api("POST", "/v1/login", {"email": email(name),
                                           "password": password or stack.passwords.get(name, "no"), **more})


class Case(unittest.TestCase):
    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body)
        return reply.json

    def refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.code), (status, code), reply.body)
        return reply.json


class Login(Case):
    def test_a_login_gives_a_session_in_the_own_tenant(self):
        session = self.ok(login("olivia"))
        self.assertEqual(session["tenant"]["name"], "Harbour Hardware")
        self.assertEqual([t["role"] for t in session["tenants"]], ["owner"])
        me = self.ok(stack.api("GET", "/v1/me", token=session["token"]))
        self.assertEqual((me["user"]["email"], me["roles"]), (email("olivia"), ["owner"]))
        self.assertTrue(me["token"]["current"])

    def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(self):
        wrong = self.refused(login("vera", "not the horse"), 401, "unauthenticated")
        unknown = self.refused(login("nobody-at-all", "not the horse"), 401, "unauthenticated")
        for problem in (wrong, unknown):
            del problem["request_id"]
        self.assertEqual(wrong, unknown)

    def test_guessing_is_slowed_down_and_a_block_does_not_look_at_the_password(self):
        for _ in range(20):
            reply = login("fiona", "a guess")
            if reply.status == 429:
                break
        self.refused(reply, 429, "rate_limited")
        self.assertGreaterEqual(int(reply.headers["Retry-After"]), 1)
        self.refused(login("fiona"), 429, "rate_limited")
        stacks.until(lambda: login("fiona").status == 200, what="the end of the wait")
        self.assertEqual(stack.sql("select count(*) from login_attempt where subject = 'fiona@people.example'"),
                         [["0"]])

    def test_every_attempt_is_in_the_audit_of_its_tenant(self):
        login("adam", "wrong")
        login("adam")
        schema = stack.tenants["Harbour Hardware"]["schema"]
        rows = stack.sql(f"select action from {schema}.audit_event where kind = 'login' and subject = "
                         f"(select id::text from app_user where email = '{email('adam')}') order by id")
        self.assertEqual([row[0] for row in rows], ["login.failed", "login.succeeded"])
        login("stranger", "wrong")
        self.assertEqual(stack.sql("select action, detail ->> 'email' from platform_audit where "
                                   f"detail ->> 'email' = '{email('stranger')}'"),
                         [["login.failed", email("stranger")]])

    def test_the_platform_is_chosen_by_name_and_only_by_its_people(self):
        session = self.ok(login("pat", tenant="platform"))
        self.assertIsNone(session["tenant"])
        self.assertEqual(self.ok(stack.api("GET", "/v1/me", token=session["token"]))["roles"], ["platform_admin"])
        self.refused(login("olivia", tenant="platform"), 403, "forbidden")

    def test_another_tenant_is_refused_to_whoever_is_not_in_it(self):
        self.refused(login("olivia", tenant=stack.tenants["Lakeside Books"]["id"]), 403, "forbidden")
        self.refused(login("olivia", tenant="Lakeside"), 422, "invalid_input")
        self.ok(login("olivia", tenant=stack.tenants["Harbour Hardware"]["id"]))

    def test_logging_out_ends_the_token(self):
        token = self.ok(login("oscar"))["token"]
        self.assertEqual(stack.api("POST", "/v1/logout", token=token).status, 204)
        self.refused(stack.api("GET", "/v1/me", token=token), 401, "unauthenticated")

    def test_a_browser_acts_only_with_the_csrf_header(self):
        reply = login("oscar", cookie=True)
        session = self.ok(reply)
        cookies = reply.headers.get_all("Set-Cookie")
        self.assertEqual(len(cookies), 2)
        self.assertIn("HttpOnly", cookies[0])
        self.assertIn("SameSite=Strict", cookies[0])
        cookie = {"Cookie": cookies[0].split(";")[0]}
        self.ok(stack.api("GET", "/v1/me", headers=cookie))
        self.refused(stack.api("POST", "/v1/logout", headers=cookie), 403, "csrf_failed")
        wrong = {**cookie, "X-CSRF-Token": "egc_wrong"}
        self.refused(stack.api("POST", "/v1/logout", headers=wrong), 403, "csrf_failed")
        right = {**cookie, "X-CSRF-Token": session["csrf_token"]}
        self.assertEqual(stack.api("POST", "/v1/logout", headers=right).status, 204)

    def test_an_old_session_is_no_session(self):
        token = self.ok(login("lea"))["token"]
        stack.sql("update session set expires_at = now() where token_hash = sha256(convert_to"
                  f"('{token}', 'UTF8'))")
        self.refused(stack.api("GET", "/v1/me", token=token), 401, "unauthenticated")


class Me(Case):
    def test_name_language_and_time_zone_are_ones_own(self):
        me = self.ok(stack.api("PATCH", "/v1/me", {"name": "维拉", "locale": "zh-CN", "timezone": "Asia/Tokyo"},
                               token="vera"))
        self.assertEqual([me["user"][key] for key in ("name", "locale", "timezone")],
                         ["维拉", "zh-CN", "Asia/Tokyo"])
        problem = self.refused(stack.api("PATCH", "/v1/me", {"timezone": "Mars/Olympus"}, token="vera"),
                               422, "invalid_input")
        self.assertIn("时区", problem["detail"])
        self.refused(stack.api("PATCH", "/v1/me", {}, token="vera"), 422, "invalid_input")

    def test_permissions_follow_the_role(self):
        owner = self.ok(stack.api("GET", "/v1/me", token="olivia"))["permissions"]
        viewer = self.ok(stack.api("GET", "/v1/me", token="vera"))["permissions"]
        self.assertIn("members.manage", owner)
        self.assertIn("runs.read_own", viewer)
        self.assertNotIn("run", viewer)


if __name__ == "__main__":
    unittest.main()
