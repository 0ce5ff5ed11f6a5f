"""Messages leave: to a real mail server under TLS, to robots, webhooks and a text message provider, each in its own
format; what fails for now is tried again, what fails for good is given up, and the log says why."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from loop import Case  # noqa: E402
from receivers import HttpReceiver, MailServer  # noqa: E402
from stack import BUILD, Stack, until  # noqa: E402

PASSWORD = "canary-71c0-mail-password"
SECRET = "canary-5d21-robot-secret"
HOOK = base64.b64encode(b"a webhook's secret, 24+ bytes").decode()


def setUpModule():
    global mail, web  # pylint: disable=global-variable-undefined
    Case.stack = Stack(processes=("api", "egress", "lifecycle"))
    mail = MailServer(Case.stack.folder, "bot", PASSWORD)
    web = HttpReceiver()
    for purpose in ("mail", "chat"):
        made = Case.stack.api("POST", "/v1/platform/open-networks", {
            "purpose": purpose, "network": "127.0.0.0/8", "comment": "the tests' own"}, "pat")
        assert made.status == 201, made.body
    for name, value in (("mail", {"username": "bot", "password": PASSWORD}), ("wrong", {"username": "bot", "password": "no"}),
                        ("key", "wecom-key-canary-1"), ("robot", {"token": "tok-canary-2", "secret": SECRET}),
                        ("hook", "whsec_" + HOOK), ("sms", "sms-token-canary-3")):
        made = Case.stack.api("POST", "/v1/platform/credentials", {"name": name, "value": value}, "pat")
        assert made.status == 201, made.body


def tearDownModule():
    mail.stop()
    web.stop()
    Case.stack.stop()


class Channels(Case):
    def smtp(self, **changes):
        return {"host": "127.0.0.1", "port": mail.port, "from": "gov@vendor.example", "from_name": "执行治理",
                "ca": mail.certificate.read_text(), **changes}

    def put(self, name, kind, settings, credential=None, status=200):
        body = {"kind": kind, "settings": settings, **({"credential": credential} if credential else {})}
        return self.ok(self.api("PUT", f"/v1/platform/channels/{name}", body, "pat"), status)

    def send(self, channel, endpoint, locale="en"):
        reply = self.api("POST", f"/v1/platform/channels/{channel}/test", {"endpoint": endpoint, "locale": locale}, "pat")
        return self.ok(reply, 202)["delivery"]

    def delivery(self, one):
        return self.ok(self.api("GET", f"/v1/platform/deliveries/{one}", token="pat"))

    def until_state(self, one, *states):  # pylint: disable=arguments-differ
        def look():
            shown = self.delivery(one)
            return shown["state"] in states and shown
        return until(look, 30, f"delivery {one} being {states}")

    def again_now(self, one):
        self.stack.sql(f"update outbox set next_at = now() where id = '{one}' and state = 'retry'")

    # --- mail ---

    def test_a_letter_arrives_under_tls_with_its_words_and_a_stable_id(self):
        self.put("email", "smtp", self.smtp(), "mail")
        shown = self.until_state(self.send("email", "bills@acme.example", "zh-CN"), "sent")
        letter = mail.to("bills@acme.example")[-1]
        self.assertTrue(letter.tls)
        self.assertIn(("bot", True), mail.logins)
        self.assertEqual(letter.message["Subject"], "测试消息")
        self.assertIn("pat@people.example", letter.text)
        self.assertEqual(letter.message["From"].addresses[0].display_name, "执行治理")
        message_id = self.stack.sql(f"select message_id from outbox where id = '{shown['id']}'")[0][0]
        self.assertEqual(letter.message["Message-ID"], f"<{message_id}@vendor.example>")
        self.assertEqual([(a["outcome"], a["code"]) for a in shown["log"]], [("sent", 250)])
        self.assertRegex(shown["log"][0]["body_sha256"], "^[0-9a-f]{64}$")

    def test_an_unknown_recipient_is_given_up_and_a_busy_server_is_tried_again(self):
        self.put("email", "smtp", self.smtp(), "mail")
        mail.reply["nobody@acme.example"] = "550 5.1.1 no such user here"
        dead = self.until_state(self.send("email", "nobody@acme.example"), "dead")
        self.assertEqual((dead["log"][0]["code"], dead["log"][0]["provider_code"]), (550, "5.1.1"))
        self.assertIn("no such user", dead["reason"])
        mail.reply["busy@acme.example"] = "451 4.7.1 try later"
        one = self.send("email", "busy@acme.example")
        waiting = self.until_state(one, "retry")
        self.assertEqual((waiting["log"][0]["code"], waiting["log"][0]["provider_code"]), (451, "4.7.1"))
        del mail.reply["busy@acme.example"]
        self.again_now(one)
        self.assertEqual([a["outcome"] for a in self.until_state(one, "sent")["log"]], ["retry", "sent"])
        del mail.reply["nobody@acme.example"]
        self.ok(self.api("POST", f"/v1/platform/deliveries/{dead['id']}/send-again", {}, "pat"))
        self.until_state(dead["id"], "sent")
        self.refused(self.api("POST", f"/v1/platform/deliveries/{dead['id']}/send-again", {}, "pat"), 409, "conflict")

    def test_a_server_that_is_away_or_not_the_right_one_gets_no_password(self):
        self.put("away", "smtp", self.smtp(port=1), "mail")
        self.until_state(self.send("away", "a@acme.example"), "retry")
        self.put("untrusted", "smtp", {k: v for k, v in self.smtp().items() if k != "ca"}, "mail")
        before = len(mail.logins)
        shown = self.until_state(self.send("untrusted", "a@acme.example"), "retry")
        self.assertIn("certificate", shown["reason"])
        self.assertEqual(len(mail.logins), before)
        self.put("refused", "smtp", self.smtp(), "wrong")
        shown = self.until_state(self.send("refused", "a@acme.example"), "retry")
        self.assertEqual(shown["log"][0]["code"], 535, shown)
        self.put("plain", "smtp", self.smtp(security="none"), "mail")
        shown = self.until_state(self.send("plain", "a@acme.example"), "retry")
        self.assertIn("only sent under TLS", shown["reason"])
        self.assertEqual(mail.to("a@acme.example"), [])

    # --- robots ---

    def robot(self, kind, answer, credential, endpoint="-"):
        path = f"/{kind}"
        web.answers[path if kind != "feishu" else "/feishu/tok-canary-2"] = answer
        self.put(f"{kind}_team", kind, {"url": f"http://127.0.0.1:{web.port}{path}"}, credential)
        return self.send(f"{kind}_team", endpoint, "zh-CN")

    def test_wecom_gets_its_key_and_a_text(self):
        shown = self.until_state(self.robot("wecom", (200, {"errcode": 0, "errmsg": "ok"}), "key", "13800138000"), "sent")
        asked = web.of("/wecom")[-1]
        self.assertEqual(asked.path, "/wecom?key=wecom-key-canary-1")
        self.assertEqual(asked.json["msgtype"], "text")
        self.assertEqual(asked.json["text"]["mentioned_mobile_list"], ["13800138000"])
        self.assertIn("测试消息", asked.json["text"]["content"])
        self.assertEqual(shown["log"][0]["provider_code"], "0")
        busy = self.until_state(self.robot("wecom", (200, {"errcode": 45009, "errmsg": "freq"}), "key"), "retry")
        self.assertEqual(busy["log"][0]["provider_code"], "45009")
        dead = self.until_state(self.robot("wecom", (200, {"errcode": 93000, "errmsg": "bad key wecom-key-canary-1"}), "key"), "dead")
        self.assertNotIn("canary", json.dumps(dead))

    def test_feishu_is_signed_and_what_is_sent_is_data(self):
        self.until_state(self.robot("feishu", (200, {"code": 0, "msg": "success"}), "robot"), "sent")
        asked = web.of("/feishu/tok-canary-2")[-1].json
        expected = base64.b64encode(hmac.new(f"{asked['timestamp']}\n{SECRET}".encode(), b"", hashlib.sha256).digest())
        self.assertEqual(asked["sign"], expected.decode())
        self.assertEqual((asked["msg_type"], asked["content"]["post"]["zh_cn"]["title"]), ("post", "测试消息"))
        dead = self.until_state(self.robot("feishu", (200, {"code": 19021, "msg": "sign match fail"}), "robot"), "dead")
        self.assertEqual(dead["reason"], "sign match fail")

    def test_dingtalk_is_signed_in_its_address(self):
        self.until_state(self.robot("dingtalk", (200, {"errcode": 0, "errmsg": "ok"}), "robot", "13900139000"), "sent")
        asked = web.of("/dingtalk")[-1]
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(asked.path).query)
        said = f"{query['timestamp'][0]}\n{SECRET}".encode()
        expected = base64.b64encode(hmac.new(SECRET.encode(), said, hashlib.sha256).digest()).decode()
        self.assertEqual((query["access_token"], query["sign"]), (["tok-canary-2"], [expected]))
        self.assertEqual(asked.json["at"], {"atMobiles": ["13900139000"]})
        self.assertIn("@13900139000", asked.json["text"]["content"])
        busy = self.until_state(self.robot("dingtalk", (200, {"errcode": 130101, "errmsg": "too fast"}), "robot"), "retry")
        self.assertEqual(busy["log"][0]["provider_code"], "130101")

    # --- webhook and text message ---

    def test_a_webhook_is_signed_anew_under_the_same_id(self):
        web.answers["/hook"] = [(429, {}), (200, {})]
        self.put("hook", "webhook", {"url": f"http://127.0.0.1:{web.port}/hook"}, "hook")
        one = self.send("hook", "-")
        self.until_state(one, "retry")
        wait = self.stack.sql(f"select round(extract(epoch from next_at - now())) from outbox where id = '{one}'")[0][0]
        self.assertLessEqual(int(wait), 7)  # what Retry-After wished
        self.again_now(one)
        self.until_state(one, "sent")
        first, second = web.of("/hook")
        self.assertEqual(first.headers["webhook-id"], second.headers["webhook-id"])
        for asked in (first, second):
            said = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
            expected = base64.b64encode(hmac.new(base64.b64decode(HOOK), said, hashlib.sha256).digest()).decode()
            self.assertEqual(asked.headers["webhook-signature"], "v1," + expected)
        self.assertEqual(second.json["type"], "channel.test")

    def test_what_may_have_arrived_is_sent_once_more_and_then_a_person_looks(self):
        web.answers["/dead-line"] = (None, None)
        self.put("dead_line", "webhook", {"url": f"http://127.0.0.1:{web.port}/dead-line"}, "hook")
        one = self.send("dead_line", "-")
        self.until_state(one, "retry")
        self.again_now(one)
        shown = self.until_state(one, "unknown")
        self.assertEqual([a["outcome"] for a in shown["log"]], ["unknown", "unknown"])

    def test_a_channel_that_does_not_answer_leaves_places_for_the_others(self):
        web.answers["/stuck"] = stuck = threading.Event()
        other = HttpReceiver()
        for name, port in (("stuck", web.port), ("well", other.port)):
            self.put(name, "webhook", {"url": f"http://127.0.0.1:{port}/{name}"}, "hook")
        try:
            for _ in range(40):  # more than are sent at once
                self.send("stuck", "-")
            until(lambda: len(web.of("/stuck")) >= 8, 30, "the first that are not answered")
            self.until_state(self.send("well", "-"), "sent")
            # None of the stuck ones had to time out first.
            before = self.stack.sql("select count(*) from delivery_result r join outbox o on o.id = r.outbox_id, (select min(w.ended_at) as at "
                                    "from delivery_result w join outbox x on x.id = w.outbox_id where x.channel = 'well') well "
                                    "where o.channel = 'stuck' and r.ended_at < well.at")
            self.assertEqual(int(before[0][0]), 0)
        finally:
            stuck.set()
            other.stop()
        until(lambda: not self.stack.sql("select 1 from outbox where channel = 'stuck' and state not in ('sent', 'retry', 'unknown')"), 60, "all of them")

    def test_a_webhook_that_is_gone_is_switched_off_until_somebody_switches_it_on(self):
        def channel(name):
            return self.ok(self.api("GET", f"/v1/platform/channels/{name}", token="pat"))

        where = {"url": f"http://127.0.0.1:{web.port}/gone"}
        web.answers["/gone"] = (410, {})
        self.assertIsNone(self.put("gone_hook", "webhook", where, "hook")["gone_at"])
        self.until_state(self.send("gone_hook", "-"), "dead")
        off = channel("gone_hook")
        self.assertEqual((off["enabled"], off["gone_at"] is not None), (False, True))
        told = self.stack.sql("select count(*) from outbox where event = 'channel.gone' and payload ->> 'channel' = 'gone_hook' "
                              "and endpoint = 'pat@people.example'")
        self.assertEqual(int(told[0][0]), 1)
        self.assertEqual(len(self.stack.sql("select 1 from platform_audit where action = 'channel.gone' and subject = 'gone_hook'")), 1)
        self.until_state(self.send("gone_hook", "-"), "sent")  # into the file that the tests have for what has no channel
        self.assertEqual(len(web.of("/gone")), 1)
        web.answers["/gone"] = (200, {})
        self.assertEqual([self.put("gone_hook", "webhook", where, "hook")[k] for k in ("enabled", "gone_at")], [True, None])
        self.until_state(self.send("gone_hook", "-"), "sent")
        self.assertEqual(len(web.of("/gone")), 2)
        # Of a robot it is an answer like any other.
        self.until_state(self.robot("wecom", (410, {}), "key"), "dead")
        self.assertTrue(channel("wecom_team")["enabled"])

    def test_waiting_is_no_attempt_and_sending_again_by_hand_begins_anew(self):
        def once_more(one, n, *states):
            self.again_now(one)
            return until(lambda: (shown := self.delivery(one))["attempts"] == n and shown["state"] in states and shown, 30,
                         f"attempt {n} of {one} having ended as {states}")

        web.answers["/patient"] = (503, {})
        self.put("patient", "webhook", {"url": f"http://127.0.0.1:{web.port}/patient"}, "hook")
        self.stack.end("egress")
        try:
            one = self.send("patient", "-")
            for n in range(1, 11):
                shown = once_more(one, n, "retry")
        finally:
            self.stack.start("egress")
        self.assertIsNone(shown["log"][-1]["code"])
        for n in range(11, 20):
            self.assertEqual(once_more(one, n, "retry")["log"][-1]["code"], 503)
        self.assertIn("given up after 10 attempts", once_more(one, 20, "dead")["reason"])
        self.ok(self.api("POST", f"/v1/platform/deliveries/{one}/send-again", {}, "pat"))
        self.assertEqual(once_more(one, 21, "retry", "dead")["state"], "retry")
        web.answers["/patient"] = (200, {})
        once_more(one, 22, "sent")

    def test_a_text_message_goes_to_the_provider_with_its_number(self):
        web.answers["/sms"] = (202, {"id": "provider-7"})
        self.put("sms", "sms", {"url": f"http://127.0.0.1:{web.port}/sms", "template": "T1"}, "sms")
        shown = self.until_state(self.send("sms", "+8613800138000"), "sent")
        asked = web.of("/sms")[-1]
        self.assertEqual(asked.headers["authorization"], "Bearer sms-token-canary-3")
        self.assertEqual((asked.json["to"], asked.json["template"]), ("+8613800138000", "T1"))
        self.assertEqual(shown["log"][0]["provider_code"], "provider-7")

    # --- rules ---

    def test_a_private_address_that_nobody_opened_is_not_called(self):
        self.put("inside", "webhook", {"url": "http://169.254.169.254/hook"}, "hook")
        dead = self.until_state(self.send("inside", "-"), "dead")
        self.assertIn("only public ones are called", dead["reason"])

    def test_a_message_without_a_channel_or_a_field_is_not_sent_and_says_so(self):
        self.stack.sql("insert into outbox (action_key, event, channel, endpoint, payload, message_id, next_at) values "
                       "('gap', 'payment.received', 'email', 'gap@acme.example', '{\"order_no\": \"O-1\"}', 'm-gap', now())")
        self.put("email", "smtp", self.smtp(), "mail")
        one = self.stack.sql("select id from outbox where action_key = 'gap'")[0][0]
        dead = self.until_state(one, "dead")
        self.assertIn('needs the field "amount"', dead["reason"])
        self.assertEqual(mail.to("gap@acme.example"), [])

    def test_bad_settings_are_refused_with_a_remedy(self):
        for kind, settings, credential in (
                ("smtp", {"host": "h"}, None), ("smtp", {"host": "a b", "from": "a@b.example"}, None),
                ("smtp", {"host": "h", "from": "a@b.example\r\nBcc: x"}, None), ("smtp", {"host": "h", "from": "a@b.example", "x": 1}, None),
                ("webhook", {}, None), ("webhook", {"url": "ftp://x/"}, None), ("wecom", {"url": "https://x/?key=secret"}, None),
                ("webhook", {"url": "https://x.example/"}, "nobody"), ("pigeon", {}, None)):
            body = {"kind": kind, "settings": settings, **({"credential": credential} if credential else {})}
            with self.subTest(body):
                self.refused(self.api("PUT", "/v1/platform/channels/bad", body, "pat"), 422, "invalid_input")
        self.refused(self.api("GET", "/v1/platform/channels/bad", token="pat"), 404, "not_found")
        self.refused(self.api("PUT", "/v1/platform/channels/Bad", {"kind": "wecom"}, "pat"), 422, "invalid_input")
        self.put("kept", "wecom", {})
        self.refused(self.api("PUT", "/v1/platform/channels/kept", {"kind": "feishu"}, "pat"), 409, "conflict")
        self.refused(self.api("POST", "/v1/platform/channels/kept/test", {"endpoint": "a\nb"}, "pat"), 422, "invalid_input")
        self.refused(self.api("GET", "/v1/platform/channels", token="olivia"), 404, "not_found")
        self.assertEqual(self.api("DELETE", "/v1/platform/channels/kept", token="pat").status, 204)
        self.put("uses", "wecom", {}, "key")
        key = [c for c in self.ok(self.api("GET", "/v1/platform/credentials", token="pat"))["items"] if c["name"] == "key"][0]
        self.refused(self.api("DELETE", f"/v1/platform/credentials/{key['id']}", token="pat"), 409, "conflict")

    def test_the_command_line_sets_up_and_tests(self):
        def cli(*words):
            done = subprocess.run([BUILD / "bin/execgov", *words, "--json"], capture_output=True, timeout=60, check=False,
                                  env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                                       "EXECGOV_TOKEN": self.stack.tokens["pat"], "EXECGOV_CONFIG_DIR": str(self.stack.folder / "cli")})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return json.loads(done.stdout)
        made = cli("channel", "set", "by_hand", "smtp", "host=127.0.0.1", f"port={mail.port}", "from=gov@vendor.example",
                   f"ca=@{mail.certificate}", "--credential", "mail")
        self.assertEqual((made["settings"]["port"], made["credential"]), (mail.port, "mail"))
        one = cli("channel", "test", "by_hand", "hand@acme.example")["delivery"]
        self.until_state(one, "sent")
        self.assertEqual(cli("deliveries", "show", one)["state"], "sent")
        self.assertIn(one, [d["id"] for d in cli("deliveries", "ls")["items"]])

    def test_no_secret_is_in_a_row_or_a_log(self):
        self.put("email", "smtp", self.smtp(), "mail")
        self.until_state(self.send("email", "quiet@acme.example"), "sent")
        rows = self.stack.sql("select row_to_json(o) from outbox o union all select row_to_json(r) from delivery_result r "
                              "union all select row_to_json(c) from channel c")
        text = json.dumps(rows) + "".join(self.stack.log(name) for name in ("api", "egress", "lifecycle"))
        self.assertNotIn("canary", text)


if __name__ == "__main__":
    import unittest
    unittest.main()
