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
    # The scheduler opens the queue, and what egress publishes the secrets of callbacks are sealed to.
    stack = stacks.Stack(("api", "scheduler", "egress"))


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

    def test_who_logs_in_is_not_refused_over_the_cookie_of_an_old_session(self):
        reply = login("oscar", cookie=True)
        token = self.ok(reply)["token"]
        cookie = {"Cookie": reply.headers.get_all("Set-Cookie")[0].split(";")[0]}
        self.assertEqual(stack.api("POST", "/v1/logout", token=token).status, 204)
        self.refused(stack.api("GET", "/v1/me", headers=cookie), 401, "unauthenticated")
        again = stack.api("POST", "/v1/login", {"email": email("oscar"), "password": stack.passwords["oscar"]}, headers=cookie)
        self.assertEqual(again.status, 200, again.body)

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


def registration(mode):
    stack.sql(f"update platform_setting set value = '\"{mode}\"' where key = 'registration'")


class Register(Case):
    def register(self, name, password="a strange horse indeed", **more):
        return stack.api("POST", "/v1/register", {"email": email(name), "name": name, "password": password, **more})

    def test_without_an_invitation_it_is_closed(self):
        self.refused(self.register("nina"), 403, "registration_closed")

    def test_when_open_one_gets_a_tenant_of_ones_own(self):
        registration("open")
        self.addCleanup(registration, "invite")
        session = self.ok(self.register("nora", tenant_name="Nora's", locale="zh-CN", timezone="Asia/Shanghai"), 201)
        self.assertEqual((session["tenant"]["name"], session["tenants"][0]["role"]), ("Nora's", "owner"))
        self.ok(login("nora", "a strange horse indeed"))
        self.refused(self.register("nora"), 409, "conflict")
        registration("off")
        self.refused(self.register("nils"), 403, "registration_closed")

    def test_a_password_has_to_be_hard_to_guess(self):
        registration("open")
        self.addCleanup(registration, "invite")
        for password in ("short", "password123", "P@ssw0rd", "aaaaaaaaaaaa", email("nick").upper(), "x" * 201):
            with self.subTest(password):
                problem = self.refused(self.register("nick", password), 422, "invalid_input")
                self.assertEqual(problem["errors"][0]["path"], "/password")

    def test_an_invitation_leads_into_the_tenant_once(self):
        invited = self.ok(stack.api("POST", "/v1/members", {"email": email("ines"), "role": "operator"},
                                    token="adam"), 201)
        token = invited["invitation"]["token"]
        self.assertEqual(invited["member"]["state"], "invited")
        view = self.ok(stack.api("POST", "/v1/invitations/inspect", {"invitation": token}))
        self.assertEqual((view["tenant"], view["role"], view["invited_by"]), ("Harbour Hardware", "operator", "Adam"))
        self.refused(self.register("somebody", invitation=token), 403, "forbidden")
        self.refused(self.register("ines", invitation=token, tenant_name="x"), 422, "invalid_input")
        session = self.ok(self.register("ines", invitation=token), 201)
        self.assertEqual(session["tenants"][0]["role"], "operator")
        self.refused(self.register("ines", invitation=token), 410, "expired")
        self.refused(stack.api("POST", "/v1/invitations/inspect", {"invitation": token}), 410, "expired")
        self.refused(stack.api("POST", "/v1/invitations/inspect", {"invitation": "egi_none"}), 404, "not_found")

    def test_somebody_who_is_a_user_accepts_and_is_in_both_tenants(self):
        invited = self.ok(stack.api("POST", "/v1/members", {"email": email("lea"), "role": "viewer"},
                                    token="olivia"), 201)
        body = {"invitation": invited["invitation"]["token"]}
        self.refused(stack.api("POST", "/v1/invitations/accept", body), 401, "unauthenticated")
        self.refused(stack.api("POST", "/v1/invitations/accept", body, token="lin"), 403, "forbidden")
        session = self.ok(stack.api("POST", "/v1/invitations/accept", body, token="lea"), 201)
        self.assertEqual([t["role"] for t in session["tenants"]], ["viewer", "approver"])
        self.refused(stack.api("POST", "/v1/invitations/accept", body, token="lea"), 410, "expired")
        lea = session["user"]["id"]
        self.refused(stack.api("POST", f"/v1/members/{lea}/reset-link", token="olivia"), 403, "forbidden")
        self.assertEqual(stack.api("DELETE", f"/v1/members/{lea}", token="olivia").status, 204)
        self.refused(stack.api("GET", "/v1/me", token=session["token"]), 401, "unauthenticated")
        self.ok(stack.api("GET", "/v1/me", token="lea"))


class Password(Case):
    def test_a_change_ends_the_other_sessions_and_keeps_this_one(self):
        one, other = (self.ok(login("audrey"))["token"] for _ in range(2))
        change = {"current": "wrong horse", "password": "another strange horse"}
        self.refused(stack.api("POST", "/v1/password", change, token=one), 422, "invalid_input")
        change["current"] = stack.passwords["audrey"]
        self.assertEqual(stack.api("POST", "/v1/password", change, token=one).status, 204)
        self.ok(stack.api("GET", "/v1/me", token=one))
        self.refused(stack.api("GET", "/v1/me", token=other), 401, "unauthenticated")
        self.refused(login("audrey"), 401, "unauthenticated")
        self.ok(login("audrey", "another strange horse"))

    def test_a_reset_link_works_once_and_ends_all_sessions(self):
        session = self.ok(login("arun"))
        arun = session["user"]["id"]
        self.refused(stack.api("POST", f"/v1/members/{arun}/reset-link", token="vera"), 403, "forbidden")
        link = self.ok(stack.api("POST", f"/v1/members/{arun}/reset-link", token="adam"), 201)
        self.assertIn("/reset#" + link["token"], link["url"])
        body = {"token": link["token"], "password": "another strange horse"}
        self.assertEqual(stack.api("POST", "/v1/password/reset", body).status, 204)
        self.refused(stack.api("POST", "/v1/password/reset", body), 410, "expired")
        self.refused(stack.api("GET", "/v1/me", token=session["token"]), 401, "unauthenticated")
        self.ok(login("arun", "another strange horse"))

    def test_a_link_opens_nothing_that_its_tenant_did_not_own(self):
        def made(name):
            link = self.ok(stack.api("POST", "/v1/members", {"email": email(name), "role": "operator"}, "adam"), 201)["invitation"]
            session = self.ok(stack.api("POST", "/v1/register", {"email": email(name), "name": name, "invitation": link["token"],
                                                                 "password": "a strange horse indeed"}), 201)
            reset = self.ok(stack.api("POST", f"/v1/members/{session['user']['id']}/reset-link", token="adam"), 201)
            return session, {"token": reset["token"], "password": "another strange horse"}
        session, body = made("mia")
        invited = self.ok(stack.api("POST", "/v1/members", {"email": email("mia"), "role": "viewer"}, "lin"), 201)
        self.ok(stack.api("POST", "/v1/invitations/accept", {"invitation": invited["invitation"]["token"]}, session["token"]), 201)
        self.refused(stack.api("POST", "/v1/password/reset", body), 410, "expired")
        session, body = made("moe")
        stack.sql("insert into membership (tenant_id, user_id, role) values "
                  f"('{stack.tenants['Lakeside Books']['id']}', '{session['user']['id']}', 'viewer')")
        self.refused(stack.api("POST", "/v1/password/reset", body), 410, "expired")
        self.ok(login("moe", "a strange horse indeed"))
        session, body = made("max")
        stack.sql(f"insert into platform_role (user_id, role) values ('{session['user']['id']}', 'platform_finance')")
        self.addCleanup(stack.sql, f"delete from platform_role where user_id = '{session['user']['id']}'")
        self.refused(stack.api("POST", "/v1/password/reset", body), 410, "expired")
        session, body = made("mel")
        self.assertEqual(stack.api("DELETE", f"/v1/members/{session['user']['id']}", token="adam").status, 204)
        self.refused(stack.api("POST", "/v1/password/reset", body), 410, "expired")

    def test_who_made_the_link_is_known_and_tokens_end_with_the_password(self):
        ci = {"name": "ci", "scopes": ["runs:read"]}
        leo = self.ok(login("leo"))
        token = self.ok(stack.api("POST", "/v1/tokens", ci, leo["token"]), 201)["token"]
        self.ok(stack.api("GET", "/v1/runs", token=token))
        link = self.ok(stack.api("POST", f"/v1/members/{leo['user']['id']}/reset-link", token="lin"), 201)["token"]
        body = {"token": link, "password": stack.passwords["leo"] + " again"}
        self.assertEqual(stack.api("POST", "/v1/password/reset", body).status, 204)
        self.refused(stack.api("GET", "/v1/runs", token=token), 401, "unauthenticated")
        row = next(r for r in self.ok(stack.api("GET", "/v1/audit?kind=login", token="lin"))["items"]
                   if r["action"] == "password.reset")
        lin = self.ok(stack.api("GET", "/v1/me", token="lin"))["user"]["id"]
        self.assertEqual((row["actor"]["id"], row["detail"]["link_made_by"]), (leo["user"]["id"], lin))
        self.assertEqual(stack.sql(f"select password_set_by from app_user where id = '{leo['user']['id']}'"), [[lin]])
        # a change with the old password keeps that, and ends tokens if asked
        leo = self.ok(login("leo", body["password"]))
        token = self.ok(stack.api("POST", "/v1/tokens", ci, leo["token"]), 201)["token"]
        change = {"current": body["password"], "password": "a strange horse of mine"}
        self.assertEqual(stack.api("POST", "/v1/password", change, leo["token"]).status, 204)
        self.ok(stack.api("GET", "/v1/runs", token=token))
        change = {"current": change["password"], "password": stack.passwords["leo"], "revoke_tokens": True}
        self.assertEqual(stack.api("POST", "/v1/password", change, leo["token"]).status, 204)
        self.refused(stack.api("GET", "/v1/runs", token=token), 401, "unauthenticated")
        self.assertEqual(stack.sql(f"select password_set_by from app_user where id = '{leo['user']['id']}'"), [[lin]])

    def test_an_admin_does_not_become_owner_by_resetting_his_password(self):
        olivia = self.ok(stack.api("GET", "/v1/me", token="olivia"))["user"]["id"]
        self.refused(stack.api("POST", f"/v1/members/{olivia}/reset-link", token="adam"), 403, "forbidden")


class Tokens(Case):
    def create(self, who, **body):
        return stack.api("POST", "/v1/tokens", {"name": "ci", "scopes": ["runs:read"], **body}, token=who)

    def test_an_api_token_can_do_what_its_scopes_say_and_no_more(self):
        made = self.ok(self.create("olivia", skills=["sales-report"]), 201)
        self.assertEqual((made["kind"], made["scopes"], made["skills"]), ("api", ["runs:read"], ["sales-report"]))
        self.ok(stack.api("GET", "/v1/runs", token=made["token"]))
        self.refused(stack.api("GET", "/v1/members", token=made["token"]), 403, "forbidden")
        self.refused(self.create(made["token"]), 403, "session_required")
        listed = self.ok(stack.api("GET", "/v1/tokens?kind=api", token="olivia"))["items"]
        self.assertEqual([t["id"] for t in listed], [made["id"]])
        self.assertNotIn("token", listed[0])
        self.assertEqual(stack.api("DELETE", f"/v1/tokens/{made['id']}", token="olivia").status, 204)
        self.refused(stack.api("GET", "/v1/runs", token=made["token"]), 401, "unauthenticated")
        self.refused(stack.api("DELETE", f"/v1/tokens/{made['id']}", token="olivia"), 404, "not_found")

    def test_what_does_not_fit_is_named(self):
        for body, path in (({"scopes": []}, "/scopes"), ({"scopes": ["everything"]}, "/scopes/0"),
                           ({"scopes": [1]}, "/scopes/0"), ({"scopes": ["runs:read"] * 2}, "/scopes/1"),
                           ({"skills": ["No Slug"]}, "/skills/0"), ({"name": " "}, "/name"),
                           ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at")):
            with self.subTest(path):
                problem = self.refused(self.create("olivia", **body), 422, "invalid_input")
                self.assertEqual(problem["errors"][0]["path"], path)

    def test_a_repeat_does_not_make_a_second_token(self):
        body, key = {"name": "once", "scopes": ["runs:read"]}, {"Idempotency-Key": "k1"}
        self.ok(stack.api("POST", "/v1/tokens", body, "oscar", key), 201)
        self.refused(stack.api("POST", "/v1/tokens", body, "oscar", key), 409, "already_done")
        self.refused(stack.api("POST", "/v1/tokens", {**body, "name": "x"}, "oscar", key), 409, "idempotency_mismatch")
        listed = self.ok(stack.api("GET", "/v1/tokens?kind=api", token="oscar"))["items"]
        self.assertEqual([t["name"] for t in listed].count("once"), 1)

    def test_only_an_admin_revokes_somebody_elses(self):
        made = self.ok(self.create("oscar", name="mine"), 201)
        self.refused(stack.api("DELETE", f"/v1/tokens/{made['id']}", token="vera"), 404, "not_found")
        self.refused(stack.api("DELETE", f"/v1/tokens/{made['id']}", token="lin"), 404, "not_found")
        self.assertEqual(stack.api("DELETE", f"/v1/tokens/{made['id']}", token="adam").status, 204)


class Members(Case):
    def find(self, name, token="olivia"):
        items = self.ok(stack.api("GET", f"/v1/members?q={email(name)}", token=token))["items"]
        self.assertEqual(len(items), 1, items)
        return items[0]

    def test_pages_reach_everybody_once(self):
        seen, cursor = [], ""
        while cursor is not None:
            page = self.ok(stack.api("GET", f"/v1/members?limit=2&cursor={cursor}", token="audrey"))
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertGreaterEqual(len(seen), 7)
        self.assertEqual(seen, sorted(seen, reverse=True))

    def test_a_role_changes_with_the_next_call(self):
        fiona = self.find("fiona")
        url = f"/v1/members/{fiona['id']}"
        reply = stack.api("GET", url, token="olivia")
        tag = {"If-Match": reply.headers["ETag"]}
        self.ok(stack.api("PATCH", url, {"role": "viewer"}, "adam", tag))
        self.refused(stack.api("PATCH", url, {"role": "finance"}, "adam", tag), 412, "precondition_failed")
        self.assertEqual(self.ok(stack.api("GET", "/v1/me", token="fiona"))["roles"], ["viewer"])
        self.ok(stack.api("PATCH", url, {"role": "finance"}, "adam"))

    def test_only_an_owner_makes_owners_and_the_last_one_stays(self):
        oscar, olivia = self.find("oscar"), self.find("olivia")
        self.refused(stack.api("PATCH", f"/v1/members/{oscar['id']}", {"role": "owner"}, "adam"), 403, "forbidden")
        self.refused(stack.api("PATCH", f"/v1/members/{olivia['id']}", {"role": "viewer"}, "adam"), 403, "forbidden")
        self.refused(stack.api("POST", "/v1/members", {"email": email("omar"), "role": "owner"}, "adam"),
                     403, "forbidden")
        self.refused(stack.api("DELETE", f"/v1/members/{olivia['id']}", token="olivia"), 409, "conflict")
        self.refused(stack.api("PATCH", f"/v1/members/{olivia['id']}", {"role": "admin"}, "olivia"), 409, "conflict")
        self.refused(stack.api("PATCH", f"/v1/members/{oscar['id']}", {"role": "king"}, "olivia"), 422, "invalid_input")

    def test_an_invitation_is_renewed_and_withdrawn(self):
        body = {"email": email("iris"), "role": "viewer"}
        invited = self.ok(stack.api("POST", "/v1/members", body, "adam"), 201)
        self.refused(stack.api("POST", "/v1/members", body, "adam"), 409, "conflict")
        self.refused(stack.api("POST", "/v1/members", {**body, "email": email("vera").upper()}, "adam"), 409, "conflict")
        url = f"/v1/members/{invited['member']['id']}"
        link = self.ok(stack.api("POST", url + "/invitation", token="adam"), 201)
        self.refused(stack.api("POST", "/v1/invitations/inspect", {"invitation": invited["invitation"]["token"]}),
                     404, "not_found")
        self.ok(stack.api("POST", "/v1/invitations/inspect", {"invitation": link["token"]}))
        self.assertEqual(stack.api("DELETE", url, token="adam").status, 204)
        self.refused(stack.api("POST", "/v1/invitations/inspect", {"invitation": link["token"]}), 410, "expired")
        self.refused(stack.api("GET", url, token="adam"), 404, "not_found")

    def test_another_tenants_people_are_not_there(self):
        vera = self.find("vera")
        for method, body in (("GET", None), ("PATCH", {"role": "admin"}), ("DELETE", None)):
            self.refused(stack.api(method, f"/v1/members/{vera['id']}", body, "lin"), 404, "not_found")
        self.refused(stack.api("GET", "/v1/members", token="vera"), 403, "forbidden")


class Settings(Case):
    def test_they_are_changed_one_by_one_and_counted(self):
        reply = stack.api("GET", "/v1/settings", token="lin")
        self.assertEqual(self.ok(reply)["confirm_expires_s"], 86400)
        tag = {"If-Match": reply.headers["ETag"]}
        changed = self.ok(stack.api("PATCH", "/v1/settings", {
            "name": "Lakeside 书店", "timezone": "Europe/Berlin", "confirm_people": 2}, "lin", tag))
        self.assertEqual([changed[key] for key in ("name", "timezone", "confirm_people", "confirm_expires_s")],
                         ["Lakeside 书店", "Europe/Berlin", 2, 86400])
        self.refused(stack.api("PATCH", "/v1/settings", {"locale": "zh-CN"}, "lin", tag), 412, "precondition_failed")
        self.ok(stack.api("PATCH", "/v1/settings", {"name": "Lakeside Books", "file_retention_days": 7}, "lin"))
        self.assertEqual(self.ok(stack.api("GET", "/v1/settings", token="lin"))["confirm_people"], 2)
        for body in ({}, {"confirm_people": 9}, {"timezone": "x"}, {"colour": "red"}):
            self.refused(stack.api("PATCH", "/v1/settings", body, "lin"), 422, "invalid_input")
        self.refused(stack.api("PATCH", "/v1/settings", {"confirm_people": 1}, "lea"), 403, "forbidden")


class Callbacks(Case):
    def test_a_host_is_allowed_with_a_secret_that_is_shown_once(self):
        made = self.ok(stack.api("POST", "/v1/callback-hosts", {"host": "Hooks.Example.com"}, "adam"), 201)
        self.assertEqual((made["host"], len(made["secret"])), ("hooks.example.com", 6 + 44))
        self.refused(stack.api("POST", "/v1/callback-hosts", {"host": "hooks.example.com"}, "adam"), 409, "conflict")
        listed = self.ok(stack.api("GET", "/v1/callback-hosts", token="adam"))["items"]
        self.assertEqual([(h["host"], h["created_by"]["name"], "secret" in h) for h in listed],
                         [("hooks.example.com", "Adam", False)])
        turned = self.ok(stack.api("POST", "/v1/callback-hosts/hooks.example.com/rotate", token="adam"))
        self.assertNotEqual(turned["secret"], made["secret"])
        schema = stack.tenants["Harbour Hardware"]["schema"]
        self.assertEqual(stack.sql(f"select secret is null, sealed is not null from {schema}.callback_host"), [["t", "t"]])
        stack.sql(f"insert into {schema}.delivery (id, url, subject, payload) values "
                  "(gen_random_uuid(), 'https://hooks.example.com/x', gen_random_uuid(), '{\"type\": \"run.failed\"}')")
        delivery = self.ok(stack.api("GET", "/v1/deliveries?state=pending", token="adam"))["items"][0]
        self.assertEqual(delivery["event"], "run.failed")
        url = f"/v1/deliveries/{delivery['id']}"
        self.refused(stack.api("POST", url + "/redeliver", token="adam"), 409, "conflict")
        self.assertEqual(stack.api("DELETE", "/v1/callback-hosts/hooks.example.com", token="adam").status, 204)
        self.refused(stack.api("DELETE", "/v1/callback-hosts/hooks.example.com", token="adam"), 404, "not_found")
        self.assertEqual(self.ok(stack.api("GET", url, token="adam"))["state"], "failed")
        self.assertEqual(self.ok(stack.api("POST", url + "/redeliver", token="adam"), 202)["state"], "pending")
        self.refused(stack.api("GET", url, token="lin"), 404, "not_found")

    def test_what_is_no_public_name_is_refused(self):
        for host, status, code in (
                ("127.0.0.1", 403, "address_refused"), ("[::1]", 403, "address_refused"),
                ("localhost", 403, "address_refused"), ("db.internal", 403, "address_refused"),
                ("example.com:8080", 403, "address_refused"), ("hooks", 422, "invalid_input"),
                ("https//x.y", 422, "invalid_input"), ("a..b", 422, "invalid_input"), ("-a.com", 422, "invalid_input")):
            with self.subTest(host):
                self.refused(stack.api("POST", "/v1/callback-hosts", {"host": host}, "adam"), status, code)


class Platform(Case):
    def test_a_tenants_people_find_nothing_there(self):
        for path in ("tenants", "users", "audit", "workers", "queues"):
            self.refused(stack.api("GET", f"/v1/platform/{path}", token="olivia"), 404, "not_found")
            stacks.until(lambda: stack.api("GET", f"/v1/platform/{path}", token="pat").status == 200, what=path)
        self.refused(stack.api("GET", "/v1/members", token="pat"), 403, "forbidden")

    def test_a_tenant_is_made_and_its_owner_invited(self):
        body, key = {"name": "Hill Bakery", "owner_email": email("hanna"), "locale": "zh-CN"}, {"Idempotency-Key": "t"}
        made = self.ok(stack.api("POST", "/v1/platform/tenants", body, "pat", key), 201)
        self.assertEqual((made["tenant"]["name"], made["tenant"]["members"]), ("Hill Bakery", 0))
        self.refused(stack.api("POST", "/v1/platform/tenants", body, "pat", key), 409, "already_done")
        found = self.ok(stack.api("GET", "/v1/platform/tenants?q=bakery", token="pat"))["items"]
        self.assertEqual([t["id"] for t in found], [made["tenant"]["id"]])
        session = self.ok(stack.api("POST", "/v1/register", {
            "email": email("hanna"), "name": "Hanna", "password": "a strange horse indeed",
            "invitation": made["invitation"]["token"]}), 201)
        self.assertEqual(session["tenants"][0]["role"], "owner")

    def test_a_suspended_tenant_reads_and_does_nothing_else(self):
        url = f"/v1/platform/tenants/{stack.tenants['Lakeside Books']['id']}"
        self.refused(stack.api("POST", url + "/suspend", {}, "pat"), 422, "invalid_input")
        tenant = self.ok(stack.api("POST", url + "/suspend", {"comment": "unpaid"}, "pat"))
        self.addCleanup(stack.api, "POST", url + "/resume", token="pat")
        self.assertEqual((tenant["state"], tenant["suspended_reason"]), ("suspended", "unpaid"))
        self.refused(stack.api("POST", url + "/suspend", {"comment": "again"}, "pat"), 409, "already_done")
        self.ok(stack.api("GET", "/v1/members", token="lin"))
        self.ok(login("lin"))
        self.refused(stack.api("PATCH", "/v1/settings", {"confirm_people": 1}, "lin"), 403, "tenant_suspended")
        self.ok(stack.api("POST", url + "/resume", {"comment": "paid"}, "pat"))
        self.ok(stack.api("PATCH", "/v1/settings", {"confirm_people": 1}, "lin"))
        for trail, who in (("/v1/platform/audit?kind=tenant", "pat"), ("/v1/audit?kind=tenant", "lin")):
            actions = [row["action"] for row in self.ok(stack.api("GET", trail, token=who))["items"]]
            self.assertEqual([a for a in actions if "owner" not in a and "created" not in a][:2],
                             ["tenant.resumed", "tenant.suspended"])

    def test_people_are_found_invited_and_given_links(self):
        found = self.ok(stack.api("GET", "/v1/platform/users?q=leo@", token="pat"))["items"]
        self.assertEqual([u["email"] for u in found], [email("leo")])
        link = self.ok(stack.api("POST", f"/v1/platform/users/{found[0]['id']}/reset-link", token="pat"), 201)
        self.assertEqual(stack.api("POST", "/v1/password/reset", {
            "token": link["token"], "password": "another strange horse"}).status, 204)
        self.ok(login("leo", "another strange horse"))
        link = self.ok(stack.api("POST", "/v1/platform/invitations", {"email": email("jo")}, "pat"), 201)
        session = self.ok(stack.api("POST", "/v1/register", {
            "email": email("jo"), "name": "Jo", "password": "a strange horse indeed", "tenant_name": "Jo's",
            "invitation": link["token"]}), 201)
        self.assertEqual(session["tenant"]["name"], "Jo's")


if __name__ == "__main__":
    unittest.main()
