"""What is sold, and when customers are reminded, as people decide it: new editions and versions, the end of a sale, policies of
reminders, through the command line and the platform's API."""
import json
import os
import pathlib
import subprocess
import sys
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import stack as stacks  # noqa: E402

TEAM = """
code: {code}
kind: team
title: {{en: Small team, zh: 小团队}}
price_minor: 19900
currency: CNY
interval_unit: month
interval_count: 1
tax_bp: 600
limits: {{concurrency: 4}}
grace_days: 9
"""


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api",))
    given = Case().cli("people", "role", "fiona@people.example", "platform_finance", token="pat")
    assert given["platform_roles"] == ["platform_finance"], given
    reply = stack.api("POST", "/v1/login", {"email": "fiona@people.example", "password": stack.passwords["fiona"], "tenant": "platform"})
    stack.tokens["fay"] = reply.json["token"]


def tearDownModule():
    stack.stop()


class Case(unittest.TestCase):
    maxDiff = 4000

    def cli(self, *words, token="fay", status=0, language="C.UTF-8", text=None):
        """What it printed as JSON, or what it said when it refused."""
        done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words), "--json"], capture_output=True, timeout=60, check=False,
                              input=text.encode() if text else None,
                              env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": language,
                                   "EXECGOV_TOKEN": stack.tokens[token], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
        self.assertEqual(done.returncode, status, (done.stdout, done.stderr))
        return json.loads(done.stdout) if status == 0 else done.stderr.decode()

    def made(self):
        code = "team-" + uuid.uuid4().hex[:8]
        return self.cli("edition", "create", "-", text=TEAM.format(code=code))


class Catalogue(Case):
    def test_an_edition_is_made_shown_and_ordered(self):
        edition = self.made()
        code = edition["code"]
        self.assertEqual((edition["ver"], edition["price"], edition["grace_days"]), (1, {"amount_minor": 19900, "currency": "CNY"}, 9))
        shown = self.cli("edition", "show", code)
        self.assertEqual((shown["on_sale"], shown["kind"], [v["ver"] for v in shown["versions"]]), (1, "team", [1]))
        self.assertIn(code, [e["code"] for e in self.cli("edition", "ls", "--on-sale")["items"]])
        customer = self.cli("customer", "create", "Buyer")
        order = self.cli("order", "create", code, "--customer", customer["id"], "--tenant-name", "Buyer")
        self.assertEqual((order["edition"], order["edition_version"], order["amount"]["amount_minor"]), (code, 1, 19900))
        self.assertEqual(self.cli("edition", "show", code)["versions"][0]["open_orders"], 1)
        # the same code again, a kind that does not fit, nobody of finance
        self.cli("edition", "create", "-", text=TEAM.format(code=code), status=4)
        self.assertIn("interval", self.cli("edition", "create", "-", text=TEAM.format(code="team-x").replace("team\ntitle", "slots\ntitle"),
                                           status=2))
        self.assertIn("policy", self.cli("edition", "create", "-", text=TEAM.format(code="team-y") + "policy: nowhere\n", status=2))
        self.cli("edition", "create", "-", text=TEAM.format(code="team-z"), token="olivia", status=2)
        self.cli("edition", "show", "no-such-edition", status=2)

    def test_limits_that_no_tenant_can_have_are_refused_before_anybody_pays(self):
        def edition(limits):
            return stack.api("POST", "/v1/platform/editions", {
                "code": "e" + uuid.uuid4().hex[:12], "kind": "team", "title": {"en": "L", "zh": "限"}, "price_minor": 100, "currency": "CNY",
                "interval_unit": "month", "interval_count": 1, "limits": limits}, token="fay")
        for name, value in (("slots", -1), ("slots", 2 ** 31), ("slots", "many"), ("slots", 1.5), ("concurrency", 10001), ("concurrency", -1),
                            ("store_bytes", -1), ("store_bytes", 2 ** 63 - 1), ("store_bytes", [])):
            with self.subTest(f"{name} {value}"):
                reply = edition({name: value})
                self.assertEqual((reply.status, reply.code), (422, "invalid_input"), reply.body)
                self.assertEqual([e["path"] for e in reply.json["errors"]], ["/limits/" + name])
        for limits in ({"slots": 0, "concurrency": 0, "store_bytes": 0}, {"slots": None, "concurrency": 10000}, {}):
            self.assertEqual(edition(limits).status, 201)
        self.assertEqual(edition(None).json["limits"], {})

    def test_a_new_price_is_a_new_version_and_what_was_ordered_keeps_its_own(self):
        code = self.made()["code"]
        customer = self.cli("customer", "create", "Early")
        before = self.cli("order", "create", code, "--customer", customer["id"], "--tenant-name", "Early")
        self.assertIn("--price", self.cli("edition", "version", code, status=2))
        self.cli("edition", "version", code, "--price", "1.234", status=2)
        new = self.cli("edition", "version", code, "--price", "249.00")
        self.assertEqual((new["ver"], new["price"]["amount_minor"], new["grace_days"], new["limits"], new["tax_bp"], new["interval"]),
                         (2, 24900, 9, {"concurrency": 4}, 600, {"unit": "month", "count": 1}))
        versions = {v["ver"]: v for v in self.cli("edition", "show", code)["versions"]}
        self.assertIsNotNone(versions[1]["sold_to"])
        self.assertEqual((versions[1]["open_orders"], versions[2]["open_orders"]), (1, 0))
        after = self.cli("order", "create", code, "--customer", customer["id"], "--tenant-name", "Later")
        self.assertEqual(after["amount"]["amount_minor"], 24900)
        self.assertEqual(self.cli("order", "show", before["id"])["amount"]["amount_minor"], 19900)
        # more than the price, from a file; and one that is only announced
        third = self.cli("edition", "version", code, "-", "--since", "2999-01-01T00:00:00Z", text="grace_days: 14\n")
        self.assertEqual((third["ver"], third["grace_days"], third["price"]["amount_minor"]), (3, 14, 24900))
        self.assertEqual(self.cli("edition", "show", code)["on_sale"], 2)

    def test_a_sale_is_ended_by_a_person_who_says_why(self):
        code = self.made()["code"]
        path = f"/v1/platform/editions/{code}/versions/1/end-sale"
        self.assertIn("--comment", self.cli("edition", "end-sale", code, status=2))
        self.assertEqual(stack.api("POST", path, {"reason": "x"}, token="olivia").status, 404)
        self.assertEqual(stack.api("POST", path, {}, token="fay").status, 422)
        self.assertEqual(stack.api("POST", path.replace("/1/", "/0x1/"), {"reason": "x"}, token="fay").status, 404)
        self.assertIn("no such version", self.cli("edition", "end-sale", code, "7", "--comment", "x", status=2))
        self.assertIn("lies in the past", self.cli("edition", "end-sale", code, "--until", "2001-01-01T00:00:00Z", "--comment", "x", status=4))
        later = self.cli("edition", "end-sale", code, "--until", "2998-01-01T00:00:00Z", "--comment", "old")
        self.assertEqual(later["sold_to"], "2998-01-01T00:00:00.000000Z" if "." in later["sold_to"] else "2998-01-01T00:00:00Z")
        self.assertIn("brought forward", self.cli("edition", "end-sale", code, "--until", "2999-01-01T00:00:00Z", "--comment", "x", status=4))
        ended = self.cli("edition", "end-sale", code, "1", "--comment", "nobody wants it")
        self.assertIsNotNone(ended["sold_to"])
        self.assertIn("新版次", self.cli("edition", "end-sale", code, "1", "--comment", "x", status=4, language="zh_CN.UTF-8"))
        self.assertIn("on sale", self.cli("edition", "end-sale", code, "--comment", "x", status=4))
        self.assertIsNone(self.cli("edition", "show", code)["on_sale"])
        self.assertNotIn(code, [e["code"] for e in self.cli("edition", "ls", "--on-sale")["items"]])
        customer = self.cli("customer", "create", "Late")
        refused = stack.api("POST", "/v1/platform/orders", {"edition": code, "customer_id": customer["id"], "tenant_name": "Late"}, token="fay")
        self.assertEqual((refused.status, refused.code), (409, "not_on_sale"), refused.body)
        audit = stack.sql("select detail ->> 'reason' from platform_audit where action = 'edition.sale_ended' and subject = "
                          f"'{code}' order by id")
        self.assertEqual(audit, [["old"], ["nobody wants it"]])
        # the free edition is everybody's; a new version puts one on sale again
        self.assertIn("new version", self.cli("edition", "end-sale", "personal-free", "--comment", "x", status=4))
        self.assertEqual(self.cli("edition", "version", code, "--price", "99.00")["ver"], 2)
        self.assertEqual(self.cli("edition", "show", code)["on_sale"], 2)

WINDOWS = "[T-20, T-5, T0, G-HALF, G-1, SHUTDOWN, R-7]"


class Reminders(Case):
    def set(self, code, text, *more, **how):
        (stack.folder / "policy.yaml").write_text(text, encoding="utf-8")
        return self.cli("reminder-policy", "set", code, "--file", stack.folder / "policy.yaml", *more, **how)

    def bought(self):
        customer = self.cli("customer", "create", "Reminded")
        order = self.cli("order", "create", "team-yearly", "--customer", customer["id"], "--tenant-name", "Reminded")
        self.cli("order", "confirm", order["id"], "2990.00", "--reference", uuid.uuid4().hex, "--on", "2026-11-26", "--evidence", "a" * 64)
        return self.cli("order", "show", order["id"])["subscription_id"]

    def test_a_policy_is_made_looked_at_first_and_has_a_history(self):
        standard = self.cli("reminder-policy", "show", "standard")
        self.assertEqual(standard["windows"], ["T-30", "T-15", "T-7", "T-3", "T-1", "T0", "G-HALF", "G-1", "SHUTDOWN", "R-7"])
        self.assertIn("team-yearly", standard["editions"])
        text = f"windows: {WINDOWS}\nsend_from: 10\n"
        looked = self.set("seldom", text, "--dry-run")
        self.assertEqual((looked["dry_run"], looked["result"], looked["forecast"]["subscriptions"]), (True, None, 0))
        self.assertNotIn("seldom", [p["code"] for p in self.cli("reminder-policy", "ls")["items"]])
        self.assertIn("say why", self.set("seldom", text, status=2))
        made = self.set("seldom", text, "--comment", "fewer letters")["result"]
        self.assertEqual((made["ver"], made["windows"][:2], made["send_from"], made["send_to"], made["prefill_days"]), (1, ["T-20", "T-5"], 10, 18, 30))
        self.assertEqual(self.set("seldom", text, "--comment", "again")["result"]["ver"], 1, "the same terms are the version that is there")
        self.assertEqual(self.set("seldom", text + "send_to: 12\n", "--comment", "mornings")["result"]["ver"], 2)
        history = self.cli("reminder-policy", "history", "seldom")
        self.assertEqual([(v["ver"], v["reason"], v["set_by"]) for v in history],
                         [(2, "mornings", "fiona@people.example"), (1, "fewer letters", "fiona@people.example")])

    def test_a_policy_that_cannot_be_is_refused_with_what_is_wrong(self):
        for text, words in ((f"windows: {WINDOWS.replace('G-1, ', '')}\n", "G-1 cannot be removed"),
                            (f"windows: {WINDOWS.replace(', R-7', '')}\n", "R-7 cannot be removed"),
                            (f"windows: {WINDOWS.replace('T-20, T-5', 'T-5, T-20')}\n", "in the order in which they come"),
                            (f"windows: {WINDOWS.replace('T-20', 'T-200')}\n", "at most 120"),
                            (f"windows: {WINDOWS.replace('T-20', 'T-x')}\n", "is no window"),
                            (f"windows: {WINDOWS}\nsend_from: 18\n", "send_to"),
                            (f"windows: {WINDOWS}\ncalendar: cn\n", "calendar"),
                            (f"windows: {WINDOWS}\nprefill_days: 0\n", "prefill_days"),
                            (f"windows: {WINDOWS}\nbefore: 3\n", "before"),
                            ("send_from: 9\n", "windows")):
            with self.subTest(words):
                self.assertIn(words, self.set("wrong", text, "--comment", "x", status=2))
        self.assertIn("不可移除", self.set("wrong", f"windows: {WINDOWS.replace('G-1, ', '')}\n", "--comment", "x", status=2,
                                       language="zh_CN.UTF-8"))
        self.assertIn("small letters", self.set("WRONG", f"windows: {WINDOWS}\n", "--comment", "x", status=2))
        self.assertIn("there is no reminder policy", self.cli("reminder-policy", "show", "wrong", status=2))
        self.set("wrong", f"windows: {WINDOWS}\n", "--comment", "x", token="olivia", status=2)
        self.assertEqual(stack.sql("select count(*) from lifecycle_policy where code ilike 'wrong'"), [["0"]])

    def test_an_edition_and_a_customer_have_one_of_their_own(self):
        self.set("early", f"windows: {WINDOWS.replace('T-20', 'T-90')}\n", "--comment", "yearly ones")
        subscription = self.bought()
        policy = (f"select coalesce(s.policy, e.policy, v.policy) from subscription s join edition_version v on v.id = s.edition_version left join "
                  f"edition_reminder e on e.edition = v.edition where s.id = '{subscription}'")
        self.assertIn("whose it is", self.cli("reminder-policy", "use", "early", status=2))
        self.assertIn("no reminder policy", self.cli("reminder-policy", "use", "nowhere", "--subscription", subscription, "--comment", "x", status=2))
        self.cli("reminder-policy", "use", "early", "--subscription", uuid.uuid4(), "--dry-run", status=2)
        self.cli("reminder-policy", "use", "early", "--edition", "no-such", "--comment", "x", status=2)
        looked = self.cli("reminder-policy", "use", "early", "--edition", "team-yearly", "--dry-run")
        self.assertEqual((looked["result"], looked["forecast"]["subscriptions"]), (None, 1))
        self.assertEqual(stack.sql(policy), [["standard"]])
        shown = lambda code: {(v["policy"], v["reminder_policy"]) for v in self.cli("edition", "show", code)["versions"]}
        self.assertEqual((shown("team-monthly"), shown("team-yearly")), ({("standard", "monthly")}, {("standard", "standard")}))
        used = self.cli("reminder-policy", "use", "early", "--edition", "team-yearly", "--comment", "long notice")["result"]
        self.assertEqual(shown("team-yearly"), {("standard", "early")})
        self.assertEqual(used, {"edition": "team-yearly", "policy": "early", "own": True})
        self.assertEqual(stack.sql(policy), [["early"]])
        own = self.cli("reminder-policy", "use", "standard", "--subscription", subscription, "--comment", "asked for it")["result"]
        self.assertEqual((own["policy"], own["own"]), ("standard", True))
        self.assertEqual(stack.sql(policy), [["standard"]])
        self.assertIn(subscription, self.cli("reminder-policy", "show", "standard")["subscriptions"])
        missing = stack.api("PUT", f"/v1/platform/subscriptions/{subscription}/reminder-policy", {"reason": "x"}, token="fay")
        self.assertEqual((missing.status, missing.code), (422, "invalid_input"))
        none = self.cli("reminder-policy", "use", "-", "--subscription", subscription, "--comment", "as the others")["result"]
        self.assertEqual((none["policy"], none["own"]), ("early", False))
        self.assertEqual(self.cli("reminder-policy", "use", "-", "--edition", "team-yearly", "--comment", "back")["result"]["policy"], "standard")
        said = stack.sql("select subject_kind, detail ->> 'policy', detail ->> 'reason' from platform_audit where action = 'reminder_policy.used' order by id")
        self.assertEqual(said, [["edition", "early", "long notice"], ["subscription", "standard", "asked for it"],
                                ["subscription", "", "as the others"], ["edition", "", "back"]])


if __name__ == "__main__":
    unittest.main()
