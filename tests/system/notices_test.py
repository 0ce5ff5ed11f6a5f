"""Whoever has to know is told, in his own language, on his own channels and not at night; a link decides nothing.
A real mail server takes what is sent."""
import datetime
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import urllib.request
import zipfile
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from loop import TENANT, Case  # noqa: E402
from receivers import HttpReceiver, MailServer  # noqa: E402
from stack import BUILD, Stack, until  # noqa: E402

MAIL_SECONDS_MAX = 5
SKILLS = {
    "purge": ({"risk": "high", "effects": [{"en": "everything goes", "zh": "全部删除"}]}, "print('{}')\n"),
    "broken": ({"risk": "low"}, "import sys\nsys.exit(3)\n"),
}


def package(name, more, code):
    title = {"en": name, "zh": "技能"}
    manifest = {"name": name, "title": title, "description": title, "actions": [
        {"name": "main", "title": title, "entry": "main.py", "input": {"type": "object", "properties": {}}, **more}]}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("main.py", code)
        archive.writestr("README.md", "A skill.")
        archive.writestr("skill.json", json.dumps(manifest))
    return (b'--BB\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + name.encode() + b'\r\n'
            b'--BB\r\nContent-Disposition: form-data; name="package"; filename="p.zip"\r\n\r\n'
            + out.getvalue() + b"\r\n--BB--\r\n")


def setUpModule():
    global mail, web  # pylint: disable=global-variable-undefined
    Case.stack = stack = Stack(("api", "scheduler", "egress", "worker", "lifecycle"),
                               settings={"lifecycle": {"public_url": "https://gov.example", "deliver_s": 60}})
    mail, web = MailServer(stack.folder), HttpReceiver()
    for purpose in ("mail", "chat"):
        assert stack.api("POST", "/v1/platform/open-networks", {"purpose": purpose, "network": "127.0.0.0/8", "comment": "tests"},
                         "pat").status == 201
    assert stack.api("POST", "/v1/platform/credentials", {"name": "key", "value": "k-1"}, "pat").status == 201
    for name, kind, settings, credential in (
            ("email", "smtp", {"host": "127.0.0.1", "port": mail.port, "from": "gov@vendor.example", "ca": mail.certificate.read_text()}, None),
            ("team", "wecom", {"url": f"http://127.0.0.1:{web.port}/wecom"}, "key")):
        made = stack.api("PUT", f"/v1/platform/channels/{name}", {
            "kind": kind, "settings": settings, **({"credential": credential} if credential else {})}, "pat")
        assert made.status == 200, made.body
    web.answers["/wecom"] = (200, {"errcode": 0, "errmsg": "ok"})
    for name, (more, code) in SKILLS.items():
        reply = stack.api("POST", "/v1/skills", package(name, more, code), "adam",
                          {"Content-Type": "multipart/form-data; boundary=BB", "Prefer": "wait=60"})
        assert reply.status in (200, 201) and reply.json["state"] == "in_review", reply.body
        for what, given in (("review", {"decision": "approve"}), ("publish", {})):
            done = stack.api("POST", f"/v1/skills/{name}/versions/{reply.json['version']}/{what}", given, "olivia")
            assert done.status == 200, done.body


def tearDownModule():
    mail.stop()
    web.stop()
    Case.stack.stop()


class Notices(Case):
    def setUp(self):
        for who in ("arun", "oscar", "olivia", "adam"):
            self.settings(who)

    def settings(self, who, **given):
        return self.ok(self.api("PUT", "/v1/channels", given, who))

    def letters(self, who, subject):
        return [one for one in mail.to(f"{who}@people.example") if re.search(subject, one.message["Subject"])]

    def until_letter(self, who, subject, more_than=0, seconds=30):
        return until(lambda: self.letters(who, subject)[more_than:], seconds, f"a letter to {who} about {subject}")[-1]

    def purge(self, who="oscar"):
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "purge", "input": {}}, who, 30))
        return self.request_of(run["request_id"], who)

    def rows(self, where):
        return self.stack.sql(f"select event, channel, endpoint, state, extract(epoch from next_at - now()) from outbox where {where}")

    # --- confirmations ---

    def test_the_approvers_mail_comes_within_five_seconds_and_decides_nothing(self):
        known = {who: len(self.letters(who, "purge/main")) for who in ("arun", "olivia", "adam", "oscar")}
        request = self.purge()
        asked = self.stack.sql(f"select extract(epoch from created_at) from {self.schema}.confirmation "
                               f"where request_id = '{request['id']}'")[0][0]
        letter = self.until_letter("arun", "purge/main", known["arun"])
        took = letter.at - float(asked)
        self.assertLess(took, MAIL_SECONDS_MAX)
        print(f"\nplan to the approver's mail server: {took * 1000:.0f} ms", file=sys.stderr)
        for who in ("olivia", "adam"):
            self.until_letter(who, "purge/main", known[who])
        self.assertEqual(len(self.letters("oscar", "purge/main")), known["oscar"])
        link = re.search(r"https://gov\.example(/\S+)", letter.text)[1]
        self.assertEqual(link, f"/open#/requests/{request['id']}?tenant={self.stack.tenants[TENANT]['id']}")
        self.assertIn(b"<main", self.stack.api("GET", "/open").body)
        link = f"/v1/requests/{request['id']}"  # what the page asks for (tests/system/open_test.py)
        self.assertEqual(self.stack.api("GET", link).status, 401)
        for token in ("arun", "oscar"):
            self.assertEqual(self.ok(self.api("GET", link, token=token))["state"], "awaiting_confirmation")
        self.ok(self.api("POST", f"/v1/requests/{request['id']}/reject", {"digest": request["plan"]["digest"], "comment": "not\ntoday"}, "arun"))
        told = self.until_letter("oscar", "Refused|已拒绝")
        self.assertIn("not today", told.text)

    def test_a_reminder_and_an_escalation_reach_who_may_decide(self):
        request = self.purge()
        confirmation = self.stack.sql(f"select id from {self.schema}.confirmation where request_id = '{request['id']}'")[0][0]
        for state, subject in (("reminded", "Still waiting|仍待确认"), ("escalated", "Passed on|已升级")):
            self.stack.sql(f"select {self.schema}.request_event_add_{self.schema}('{request['id']}', 'confirmation', "
                           f"jsonb_build_object('confirmation_id', '{confirmation}', 'state', '{state}'))")
            self.wake()
            self.until_letter("arun", subject)
            self.assertEqual(self.letters("oscar", subject), [])
        self.ok(self.api("POST", f"/v1/requests/{request['id']}/confirm", {"digest": request["plan"]["digest"]}, "arun"))
        self.until_letter("oscar", "Confirmed|已确认")

    def wake(self):
        """What a commit of the API or a worker tells listeners."""
        subprocess.run(["redis-cli", "-s", str(self.stack.folder / "redis.sock"), "publish", f"ev:{self.schema}", ""],
                       check=True, capture_output=True)

    def test_quiet_hours_hold_the_rest_and_a_confirmation_only_if_asked_to(self):
        now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8)))  # the tenant's zone
        quiet = {"quiet_from": (now - datetime.timedelta(hours=1)).strftime("%H:%M"),
                 "quiet_to": (now + datetime.timedelta(hours=2)).strftime("%H:%M")}
        self.settings("arun", **quiet)
        known = len(self.letters("arun", "purge/main"))
        self.purge()
        self.until_letter("arun", "purge/main", known)
        self.settings("arun", **quiet, break_quiet=False)
        request = self.purge()
        held = self.rows(f"endpoint = 'arun@people.example' and payload ->> 'request' = '{request['id']}'")
        self.assertEqual([row[3] for row in held], ["pending"])
        self.assertTrue(6600 < float(held[0][4]) <= 7260, held)

    def test_a_chosen_robot_is_used_instead_of_mail_and_a_group_is_told_once(self):
        for who in ("arun", "olivia"):
            self.settings(who, addresses=[{"channel": "team", "endpoint": "-"}])
        known, before = len(self.letters("arun", "purge/main")), len(web.of("/wecom"))
        request = self.purge()
        until(lambda: web.of("/wecom")[before:], 30, "the robot's message")
        self.until_letter("adam", "purge/main")
        self.assertIn(f"https://gov.example/open#/requests/{request['id']}?tenant=", web.of("/wecom")[-1].json["text"]["content"])
        self.assertEqual(len(self.rows(f"channel = 'team' and payload ->> 'request' = '{request['id']}'")), 1)
        self.assertEqual(len(self.letters("arun", "purge/main")), known)

    # --- approvals of money ---

    def test_whoever_may_approve_is_told_of_money_that_waits_and_who_asked_of_the_decision(self):
        user = self.stack.sql("select id from app_user where email = 'oscar@people.example'")[0][0]
        self.ok(self.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, "pat"))
        token, decider = (self.ok(self.stack.api("POST", "/v1/login", {
            "email": f"{who}@people.example", "password": self.stack.passwords[who], "tenant": "platform"}))["token"] for who in ("oscar", "pat"))
        try:
            customer = self.ok(self.stack.api("POST", "/v1/platform/customers", {"kind": "company", "name": "Approved", "contacts": ["b@c.example"]}, token), 201)
            order = self.ok(self.stack.api("POST", "/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"], "tenant_name": "Approved"}, token), 201)
            self.ok(self.stack.api("POST", f"/v1/platform/orders/{order['id']}/confirm-payment", {
                "amount_minor": 29900, "currency": "CNY", "method": "bank", "reference": "N-1", "received_on": "2026-11-20"}, token))
            asked = self.ok(self.stack.api("POST", f"/v1/platform/orders/{order['id']}/refund", {
                "amount_minor": 12300, "reference": "N-2", "reason": "a gesture", "choice": "keep"}, token), 202)["approval"]
            self.wake()
            letter = self.until_letter("pat", "To be approved: order.refund|待审批：Oscar 申请 order.refund")
            for words in ("CNY 123.00", order["no"], "a gesture", "https://gov.example/open#/platform/approvals"):
                self.assertIn(words, letter.text)
            self.ok(self.stack.api("POST", f"/v1/platform/approvals/{asked['id']}/reject", {"comment": "too much"}, decider))
            self.wake()
            self.assertIn("too much", self.until_letter("oscar", "Refused: order.refund|已拒绝：order.refund").text)
            told = {event: {row[0] for row in self.stack.sql(
                "select u.email from outbox o join app_user u on u.id = o.user_id where o.payload ->> 'approval' = "
                f"'{asked['id']}' and o.event = 'approval.{event}'")} for event in ("waiting", "decided")}
            eligible = {row[0] for row in self.stack.sql("select u.email from platform_role r join app_user u on u.id = r.user_id")}
            self.assertIn("oscar@people.example", eligible)
            self.assertEqual(told, {"waiting": eligible - {"oscar@people.example"}, "decided": {"oscar@people.example"}})
        finally:
            self.stack.sql(f"delete from platform_role where user_id = '{user}'")

    # --- the other producers ---

    def test_a_failed_run_tells_its_owner_once_an_hour_in_his_language(self):
        self.ok(self.api("PATCH", "/v1/me", {"locale": "zh-CN"}, "oscar"))
        for _ in range(2):
            run = self.ok(self.api("POST", "/v1/runs", {"skill": "broken", "input": {}}, "oscar", 30))
            self.assertEqual(run["state"], "failed")
        letter = self.until_letter("oscar", "运行失败：broken/main")
        self.assertIn("https://gov.example/open#/runs/", letter.text)
        hours = self.stack.sql("select count(distinct action_key), count(*) from outbox where event = 'run.failed'")[0]
        self.assertEqual(hours[0], hours[1])
        self.assertIn(int(hours[1]), (1, 2))  # two only if the hour turned in between
        self.settings("oscar", muted=["run."])
        self.stack.sql("delete from outbox o where event = 'run.failed' and not exists (select from delivery_attempt a where a.outbox_id = o.id)")
        self.stack.sql("update outbox set action_key = action_key || ':before' where event = 'run.failed'")
        self.ok(self.api("POST", "/v1/runs", {"skill": "broken", "input": {}}, "oscar", 30))
        self.assertEqual(self.rows("event = 'run.failed' and action_key not like '%:before'"), [])

    def test_a_review_that_waits_is_told_to_those_who_review(self):
        self.assertTrue(self.until_letter("olivia", "To be reviewed|待审核"))
        self.assertTrue(self.until_letter("adam", "To be reviewed|待审核"))
        self.assertEqual(self.letters("oscar", "To be reviewed|待审核"), [])

    def test_a_skipped_slot_a_quota_and_a_credential_are_told(self):
        made = self.ok(self.api("POST", "/v1/schedules", {"name": "nightly", "cron": "0 3 * * *", "skill": "broken"}, "oscar"), 201)
        self.stack.sql(f"insert into {self.schema}.schedule_firing (schedule_id, fire_at, state, reason) values "
                       f"('{made['id']}', now(), 'skipped', 'overlap')")
        tenant = self.stack.tenants[TENANT]["id"]
        self.stack.sql(f"update quota_account set base = used + 5 where tenant_id = '{tenant}' and resource = 'skills'")
        for _ in range(5):
            self.assertEqual(self.stack.sql(f"select quota_take('{tenant}', 'skills')"), [["t"]])
        soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        made = self.ok(self.api("POST", "/v1/platform/credentials", {"name": "ends", "value": "v", "expires_at": soon}, "pat"), 201)
        self.assertEqual(made["expires_at"][:19] + "Z", soon)
        self.stack.sql("select notice_due()")
        self.wake()
        self.until_letter("oscar", "nightly")
        self.until_letter("olivia", "80 ?%")
        self.until_letter("olivia", "100 ?%")
        self.until_letter("pat", "Expires soon: ends|即将过期：ends")
        counted = self.stack.sql("select count(*) from outbox")
        self.stack.sql("select notice_due()")
        self.assertEqual(self.stack.sql("select count(*) from outbox"), counted)

    # --- a person's settings ---

    def ticked(self, name):
        """Two more scans of this process: the second began behind what is now."""
        def count():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.ports[name]}/metrics", timeout=10) as answer:
                return int(re.search(r"^execgov_lifecycle_ticks_total (\d+)", answer.read().decode(), re.M)[1])
        begun = count()
        until(lambda: count() >= begun + 2, 30, f"{name} scanning")

    def test_finance_has_its_digest_in_the_morning_and_once_with_two_schedulers_of_it(self):
        # A zone in which nine o'clock is over and midnight is hours away.
        hour = datetime.datetime.now(datetime.timezone.utc).hour
        zone = "UTC" if 9 <= hour < 21 else "Etc/GMT-12"
        self.stack.sql(f"update app_user set timezone = '{zone}', locale = 'en' where email = 'fiona@people.example'")
        user = self.stack.sql("select id from app_user where email = 'fiona@people.example'")[0][0]
        self.stack.start("lifecycle-2")
        self.ok(self.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, "pat"))
        hers = "event = 'finance.digest' and endpoint = 'fiona@people.example'"
        until(lambda: self.rows(hers), what="the digest being written")
        self.wake()
        letter = self.until_letter("fiona", "Finance on", seconds=60)
        day = datetime.datetime.now(zoneinfo.ZoneInfo(zone)).date()
        self.assertIn(str(day), letter.message["Subject"])
        for words in ("The next seven days: 0 periods end", "Waiting: ", "No table of workdays is known for CN ", "(goal: 0)"):
            self.assertIn(words, letter.text)
        for name in ("lifecycle", "lifecycle-2"):
            self.ticked(name)
        for name in ("lifecycle", "lifecycle-2"):  # begun again, it knows what was told
            self.stack.end(name)
        self.stack.start("lifecycle")
        self.ticked("lifecycle")
        self.assertEqual(len(self.rows(hers)), 1)
        self.assertEqual(len(self.letters("fiona", "Finance on")), 1)

    def test_bad_settings_are_refused_and_change_nothing(self):
        self.settings("vera", quiet_from="22:00", quiet_to="07:00", muted=["run.failed"])
        for body in ({"quiet_from": "22:00"}, {"quiet_from": "25:00", "quiet_to": "07:00"}, {"quiet_from": "22:00", "quiet_to": "22:00"},
                     {"muted": ["Run"]}, {"addresses": [{"channel": "pigeon", "endpoint": "x"}]},
                     {"addresses": [{"channel": "team", "endpoint": "a\nb"}]}, {"colour": 1}):
            with self.subTest(body):
                self.refused(self.api("PUT", "/v1/channels", body, "vera"), 422, "invalid_input")
        shown = self.ok(self.api("GET", "/v1/channels", token="vera"))
        self.assertEqual((shown["quiet_from"], shown["quiet_to"], shown["muted"]), ("22:00", "07:00", ["run.failed"]))
        token = self.ok(self.api("POST", "/v1/tokens", {"name": "t", "scopes": ["runs:read"]}, "vera"), 201)["token"]
        self.refused(self.stack.api("PUT", "/v1/channels", {}, token), 403, "session_required")

    def test_an_address_on_a_channel_may_change(self):
        for endpoint in ("robot-1", "robot-2"):
            shown = self.settings("vera", addresses=[{"channel": "team", "endpoint": endpoint}])
            self.assertEqual(shown["addresses"], [{"channel": "team", "endpoint": endpoint}])
        self.assertEqual(self.settings("vera", addresses=[])["addresses"], [])

    def test_a_mail_channel_writes_to_ones_own_address_whatever_was_given(self):
        shown = self.settings("vera", addresses=[{"channel": "email", "endpoint": "somebody@else.example"}])
        self.assertEqual(shown["addresses"], [{"channel": "email", "endpoint": "vera@people.example"}])

    def test_the_command_line_sets_tests_and_lists(self):
        def cli(*words):
            done = subprocess.run([BUILD / "bin/execgov", *words, "--json"], capture_output=True, timeout=60, check=False,
                                  env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                                       "EXECGOV_TOKEN": self.stack.tokens["fiona"], "EXECGOV_CONFIG_DIR": str(self.stack.folder / "cli")})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return json.loads(done.stdout)
        shown = cli("notifications", "set", "team=13800138000", "email", "--quiet-hours", "23:00-06:30", "--mute", "quota.")
        self.assertEqual((shown["quiet_to"], [a["channel"] for a in shown["addresses"]]), ("06:30", ["email", "team"]))
        self.assertEqual(cli("notifications", "test")["messages"], 2)
        self.wake()
        self.until_letter("fiona", "test message|测试消息")
        until(lambda: {"sent"} == {one["state"] for one in cli("notifications", "ls")["items"]}, 30, "both being sent")

    def test_a_mail_server_that_is_away_delays_and_loses_nothing(self):
        mail.stop()
        try:
            request = self.purge()
            where = f"endpoint = 'arun@people.example' and payload ->> 'request' = '{request['id']}'"
            until(lambda: self.rows(where)[0][3] == "retry", 30, "a failed attempt")
        finally:
            mail.start()
        known = len(self.letters("arun", "purge/main"))
        self.stack.sql(f"update outbox set next_at = now() where {where}")
        self.wake()
        self.until_letter("arun", "purge/main", known)
        self.assertEqual(self.rows(where)[0][3], "sent")


if __name__ == "__main__":
    unittest.main()
