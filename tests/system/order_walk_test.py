"""An order's ways through the platform's API and the command line: from a personal account to a team, a draft, another edition
now, money that comes for what was given up, and money that goes back."""
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

MONTH, YEAR = 29900, 299000
PERSONAL = {"name": "Pia's own", "kind": "personal", "users": [stacks.person("pia", "owner")]}


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api", "scheduler", "lifecycle"), {**stacks.PEOPLE, "tenants": [*stacks.PEOPLE["tenants"], PERSONAL]})
    stack.sql("update scan_clock set test_allowed = true")
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        email = f"{person}@people.example"
        given = Case().cli("people", "role", email, "platform_finance", token="pat")
        assert given["platform_roles"] == ["platform_finance"], given
        reply = stack.api("POST", "/v1/login", {"email": email, "password": stack.passwords[person], "tenant": "platform"})
        stack.tokens[name] = reply.json["token"]


def tearDownModule():
    stack.stop()


class Case(unittest.TestCase):
    maxDiff = 4000

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.code), (status, code), reply.body.decode(errors="replace"))
        return reply.json

    def post(self, path, body=None, token="fay"):
        return stack.api("POST", path, body or {}, token=token)

    def get(self, path, token="fay"):
        return self.ok(stack.api("GET", path, token=token))

    def cli(self, *words, token="fay", status=0, lang="C.UTF-8"):
        """What it printed as JSON."""
        done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words), "--json"], capture_output=True, timeout=60, check=False,
                              env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": lang,
                                   "EXECGOV_TOKEN": stack.tokens[token], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
        self.assertEqual(done.returncode, status, (done.stdout, done.stderr))
        return json.loads(done.stdout) if status == 0 else done.stderr.decode()

    def said(self, *words, token):
        """What it printed for people."""
        done = subprocess.run([stacks.BUILD / "bin/execgov", *words], capture_output=True, text=True, timeout=60, check=True,
                              env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LC_ALL": "C.UTF-8",
                                   "EXECGOV_TOKEN": stack.tokens.get(token, token), "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
        return done.stdout + done.stderr

    def confirm(self, order, amount):
        return self.cli("order", "confirm", order["id"], amount, "--reference", uuid.uuid4().hex, "--on", "2026-11-26",
                        "--evidence", "a" * 64)

    def bought(self, edition="team-monthly", amount="299.00"):
        customer = self.cli("customer", "create", f"C {uuid.uuid4().hex[:6]}", "--email", "bills@c.example")
        order = self.cli("order", "create", edition, "--customer", customer["id"], "--tenant-name", customer["name"])
        self.assertEqual(self.confirm(order, amount)["order"]["state"], "active")
        return self.cli("order", "show", order["id"])

    def approved(self, answer):
        self.assertEqual(answer["result"], "approval_wanted")
        self.cli("order", "approve", answer["approval"]["id"], status=4)  # not by oneself
        return self.cli("order", "approve", answer["approval"]["id"], token="fred")["result"]

    def check(self):
        self.assertEqual(self.get("/v1/platform/lifecycle/check")["violations"], [])


class Walks(Case):
    def test_from_a_personal_account_to_a_team_of_ones_own(self):
        self.assertEqual({q["name"]: q["limit"] for q in self.get("/v1/me", "pia")["quotas"]}["skills"], 20, "the free edition's slots")
        self.assertIn("team-monthly", [e["code"] for e in self.cli("billing", "offers", token="pia")["items"]])
        self.refused(self.post("/v1/orders", {"edition": "team-monthly"}, "pia"), 422, "invalid_input")
        order = self.cli("billing", "order", "team-monthly", "--tenant-name", "Pia and friends", token="pia")
        self.assertEqual((order["kind"], order["state"]), ("upgrade", "pending_payment"))
        # One at a time: who thinks that his order was lost is told which it is, and a repeat of it is the same order.
        days = stack.sql(f"select round(extract(epoch from expires_at - created_at) / 86400) from orders where id = '{order['id']}'")
        self.assertEqual(days, [["7"]])
        told = self.cli("billing", "order", "team-yearly", "--tenant-name", "Pia once more", token="pia", status=4)
        self.assertTrue(order["no"] in told and order["id"] in told, told)
        self.cli("billing", "cancel", order["id"], token="pia")
        body, key = {"edition": "team-monthly", "tenant_name": "Pia and friends"}, {"Idempotency-Key": uuid.uuid4().hex}
        order, again = (self.ok(stack.api("POST", "/v1/orders", body, token="pia", headers=key), 201) for _ in range(2))
        self.assertEqual(order["id"], again["id"])
        self.assertEqual(stack.sql("select count(*) from subscription s join customer c on c.id = s.customer_id join app_user u on u.id = "
                                   "c.user_id where u.email = 'pia@people.example'"), [["2"]], "of what was refused nothing is left")
        self.cli("billing", "report", order["id"], "--reference", "sent today", token="pia")
        self.assertEqual([o["state"] for o in self.cli("billing", "orders", token="pia")["items"]], ["payment_reported", "cancelled"])
        self.assertEqual(self.confirm(order, "299.00")["order"]["state"], "active")
        # It begins empty: the receipt and whoami say how her scripts come into it; of another order nothing is said of that.
        self.assertEqual(stack.sql(f"select distinct payload ->> 'own' from outbox where event = 'payment.received' and payload ->> 'order_no' = "
                                   f"'{order['no']}'"), [["Pia's own"]])
        self.assertEqual(stack.sql("select count(*) from outbox where event = 'payment.received' and payload ->> 'own' is not null and "
                                   "payload ->> 'tenant' <> 'Pia and friends'"), [["0"]])
        self.assertRegex(self.said("whoami", token="pia"), r"also in +Pia and friends \([0-9a-f-]{36}\)")
        mine = {t["name"]: t["role"] for t in self.get("/v1/me", "pia")["tenants"]}
        self.assertEqual(mine, {"Pia's own": "owner", "Pia and friends": "owner"})
        self.assertEqual(stack.sql("select name, kind from tenant where name like 'Pia%' order by name"),
                         [["Pia and friends", "team"], ["Pia's own", "personal"]])
        # a second payment for it makes no second team: it waits for a person
        self.assertEqual(self.confirm(order, "299.00")["result"], "paid_before")
        self.assertEqual(stack.sql("select count(*) from tenant where name = 'Pia and friends'"), [["1"]])
        team = stack.sql("select id from tenant where name = 'Pia and friends'")[0][0]
        token = self.ok(stack.api("POST", "/v1/login", {"email": "pia@people.example", "password": stack.passwords["pia"],
                                                        "tenant": team}))["token"]
        limits = {q["name"]: q["limit"] for q in self.get("/v1/me", token)["quotas"]}
        self.assertEqual((limits["concurrent_runs"], limits["skills"]), (16, None), "the edition's limits")
        self.assertIn("skill copy --all --to", self.said("billing", "pay", order["id"], token=token))  # it is the team's order now
        # Inside of the team a name has nothing to name: it is refused and not dropped, and nothing is ordered.
        orders, stack.tokens["the team"] = stack.sql("select count(*), max(no) from orders"), token
        said = self.cli("billing", "order", "team-yearly", "--tenant-name", "Pia's second", token="the team", status=2)
        self.assertTrue("tenant_name" in said and "personal account" in said, said)
        self.assertIn("tenant_name", self.cli("billing", "order", "slot-pack-10", "--tenant-name", "Slots", token="pia", status=2))
        self.assertIn("tenant_name", self.cli("order", "create", "team-monthly", "--customer", self.get(
            f"/v1/platform/orders/{order['id']}")["customer_id"], "--tenant", team, "--tenant-name", "X", status=2))
        self.assertEqual(stack.sql("select count(*), max(no) from orders"), orders)
        self.check()

    def test_a_draft_is_published_reported_and_given_up(self):
        customer = self.cli("customer", "create", "Drafts")
        body = {"edition": "team-monthly", "customer_id": customer["id"], "tenant_name": "Drafts", "draft": True}
        order = self.ok(self.post("/v1/platform/orders", body), 201)
        self.assertEqual(order["state"], "draft")
        self.assertEqual(self.confirm(order, "299.00")["result"], "draft")
        self.assertIn("the order is draft", self.cli("order", "report", order["id"], status=4))
        self.assertEqual(self.cli("order", "publish", order["id"])["state"], "pending_payment")
        self.assertIn("apply it, or give it back", self.cli("order", "cancel", order["id"], status=4))  # money for it waits
        waiting = [p for p in self.cli("payment", "ls", "--state", "unapplied")["items"] if p["order_id"] == order["id"]]
        self.assertEqual(self.cli("payment", "apply", order["id"], waiting[0]["id"])["order"]["state"], "active")
        self.check()

    def test_holds_are_listed_and_taken_back_and_the_wish_to_end_too(self):
        subscription = self.bought()["subscription_id"]
        until = stack.sql("select utc_text(lifecycle_now() + interval '20 days')")[0][0]
        self.assertIn("--until", self.cli("subscription", "hold", subscription, status=2))
        shown = self.cli("subscription", "hold", subscription, "--until", until, "--comment", "asked for time")
        self.assertEqual(shown["hold_until"], until)
        hold = self.cli("subscription", "show", subscription)["holds"][0]
        self.assertEqual((hold["reason"], hold["released_at"]), ("asked for time", None))
        self.assertIsNone(self.cli("subscription", "release", subscription, hold["id"])["hold_until"])
        self.assertIn("no such hold", self.cli("subscription", "release", subscription, hold["id"], status=2))
        far = stack.sql("select utc_text(lifecycle_now() + interval '91 days')")[0][0]
        for lang, words in (("C.UTF-8", "at most 90 days"), ("zh_CN.UTF-8", "90 天以内")):
            self.assertIn(words, self.cli("subscription", "hold", subscription, "--until", far, "--comment", "long", status=2, lang=lang))
        self.assertTrue(self.cli("subscription", "cancel", subscription)["cancel_at_period_end"])
        self.assertFalse(self.cli("subscription", "continue", subscription)["cancel_at_period_end"])
        self.cli("subscription", "terminate", subscription, "--comment", "too early", status=4)

    def test_an_owner_ends_with_the_period_and_goes_on_after_all(self):
        order = self.bought()
        self.refused(self.post("/v1/subscription/cancel", token="pia"), 404, "not_found")  # a personal account has none
        token = self.owner_of(order)
        self.assertTrue(self.ok(self.post("/v1/subscription/cancel", token=token))["subscription"]["cancel_at_period_end"])
        self.assertFalse(self.ok(self.post("/v1/subscription/continue", token=token))["subscription"]["cancel_at_period_end"])
        self.refused(self.post("/v1/subscription/cancel", token="oscar"), 403, "forbidden")
        # What is said to be paid and never comes: finance gives it up, the owner does not.
        renewal = self.ok(self.post("/v1/orders", {"edition": "team-monthly"}, token), 201)
        self.ok(self.post(f"/v1/orders/{renewal['id']}/report-payment", {"reference": "sent"}, token))
        self.refused(self.post(f"/v1/orders/{renewal['id']}/cancel", token=token), 409, "order_transition_invalid")
        self.assertIn("is said to be paid", self.cli("subscription", "edition", order["subscription_id"], "team-yearly", status=4))
        self.assertEqual(self.cli("order", "cancel", renewal["id"], "--comment", "nothing came")["state"], "cancelled")
        self.assertEqual([t for t in self.cli("task", "ls")["items"] if t["order_id"] == renewal["id"]], [])
        self.assertIsNone(self.cli("subscription", "show", order["subscription_id"])["hold_until"])
        self.check()

    def test_a_customer_who_moves_keeps_what_he_paid(self):
        subscription = self.bought()["subscription_id"]
        was = self.cli("subscription", "show", subscription)
        self.assertIn("no time zone", self.cli("subscription", "timezone", subscription, "Mars/Base", status=2))
        moved = self.cli("subscription", "timezone", subscription, "America/Sao_Paulo")
        self.assertEqual((moved["timezone"], moved["paid_until"], moved["paid_until_at"]),
                         ("America/Sao_Paulo", was["paid_until"], was["paid_until_at"]))
        self.confirm(self.cli("order", "create", "team-monthly", "--subscription", subscription), "299.00")
        self.assertEqual(stack.sql("select a.end_at = b.start_at, b.tz, b.end_at = b.end_date::timestamp at time zone b.tz from "
                                   "subscription_period a join subscription_period b on b.subscription_id = a.subscription_id and b.n = 2 "
                                   f"where a.n = 1 and a.subscription_id = '{subscription}'"), [["t", "America/Sao_Paulo", "t"]])
        self.check()

    def owner_of(self, order):
        """A session of an owner of what was bought."""
        stack.sql(f"insert into membership (tenant_id, user_id, role) select '{order['tenant_id']}', id, 'owner' from app_user where email = "
                  "'lea@people.example'")
        return self.ok(stack.api("POST", "/v1/login", {"email": "lea@people.example", "password": stack.passwords["lea"],
                                                       "tenant": order["tenant_id"]}))["token"]

    def test_roles_are_given_and_taken_by_an_administrator(self):
        self.assertIn("fiona@people.example", [p["email"] for p in self.cli("people", "ls", "fiona", token="pat")["items"]])
        self.cli("people", "role", "audrey@people.example", "platform_auditor", token="pat")
        self.assertEqual(self.cli("people", "unrole", "audrey@people.example", "platform_auditor", token="pat")["platform_roles"], [])
        self.assertIn("nobody has the address", self.cli("people", "role", "nobody@people.example", "platform_finance", token="pat", status=2))
        self.cli("people", "role", "audrey@people.example", "king", token="pat", status=2)
        self.cli("people", "role", "pat@people.example", "platform_finance", token="pat", status=3)

    def test_another_edition_now_is_credited_with_what_is_left(self):
        order = self.bought()
        change = self.cli("order", "create", "team-yearly", "--subscription", order["subscription_id"])
        self.assertEqual((change["kind"], change["amount"]["amount_minor"] + change["price"]["credit_minor"]), ("upgrade", YEAR))
        self.assertTrue(0 < change["price"]["credit_minor"] <= MONTH)
        amount = change["amount"]["amount_minor"]
        self.assertEqual(self.confirm(change, f"{amount // 100}.{amount % 100:02}")["order"]["state"], "active")
        shown = self.cli("subscription", "show", order["subscription_id"])
        self.assertEqual((shown["edition"], shown["period_no"], shown["state"]), ("team-yearly", 2, "active"))
        # Once more on the same day: what the first period handed on is in the second one's worth, and nothing is credited twice.
        edition = self.ok(self.post("/v1/platform/editions", {
            "code": "team-long", "kind": "team", "title": {"en": "Three years", "zh": "三年"}, "price_minor": 3 * YEAR,
            "currency": "CNY", "interval_unit": "year", "interval_count": 3}), 201)
        self.assertEqual(edition["code"], "team-long")
        again, spare = [self.cli("order", "create", "team-long", "--subscription", order["subscription_id"]) for _ in range(2)]
        self.assertEqual(again["price"]["credit_minor"], YEAR)
        self.assertEqual(again["amount"]["amount_minor"], 2 * YEAR)
        self.assertEqual(self.approved(self.confirm(again, "5980.00"))["order"]["state"], "active")
        self.assertEqual(self.cli("order", "show", spare["id"])["state"], "cancelled", "it was priced by the same rest")
        self.assertEqual(stack.sql(f"select coalesce(sum(amount_minor), 0) from ledger_entry where account = "
                                   f"'CUSTOMER_CREDIT:{order['customer_id']}'"), [["0"]])
        # from year to month there is nothing to pay now
        self.assertIn("next period", self.cli("order", "create", "team-monthly", "--subscription", order["subscription_id"], status=4))
        self.check()

    def test_money_for_what_was_given_up_is_applied_to_another_or_goes_back(self):
        customer = self.cli("customer", "create", "Late")
        first = self.cli("order", "create", "team-monthly", "--customer", customer["id"], "--tenant-name", "Late")
        self.cli("order", "cancel", first["id"], "--comment", "changed their mind")
        late = [self.confirm(first, "299.00") for _ in range(2)]
        self.assertEqual([p["result"] for p in late], ["late", "late"])
        self.assertEqual(self.cli("order", "show", first["id"])["state"], "cancelled")
        kinds = [t["kind"] for t in self.cli("task", "ls")["items"] if t["order_id"] == first["id"]]
        self.assertEqual(kinds, ["payment_late"] * 2)
        second = self.cli("order", "create", "team-monthly", "--customer", customer["id"], "--tenant-name", "Late")
        self.assertEqual(self.cli("payment", "apply", second["id"], late[0]["payment_id"])["order"]["state"], "active")
        words = ("payment", "return", late[1]["payment_id"], "--reference", "BACK-" + uuid.uuid4().hex, "--comment", "paid twice")
        self.assertIn("--reference", self.cli(*words[:3], status=2))
        returned = self.approved(self.cli(*words))
        self.assertEqual((returned["state"], returned["amount"]["amount_minor"]), ("returned", MONTH))
        self.assertEqual(self.cli(*words)["state"], "returned", "the same again has no second effect")
        self.assertIn("given back", self.cli(*words[:3], "--reference", "other", "--comment", "again", status=4))
        self.assertIn("refund the order", self.cli("payment", "return", late[0]["payment_id"], "--reference", "r", "--comment", "c", status=4))
        self.refused(self.post(f"/v1/platform/payments/{uuid.uuid4()}/return", {"reference": "r", "reason": "x"}), 404, "not_found")
        self.assertEqual([t for t in self.cli("task", "ls")["items"] if t["order_id"] == first["id"]], [])
        self.assertEqual(stack.sql("select coalesce(sum(e.amount_minor), 0) from ledger_entry e join ledger_txn t on t.id = e.txn where "
                                   f"e.account = 'UNAPPLIED' and t.ref in ('{late[0]['payment_id']}', '{late[1]['payment_id']}', "
                                   f"'{second['id']}')"), [["0"]])
        self.check()

    def test_what_came_too_much_goes_back_too(self):
        order = self.bought(amount="399.50")
        mine = [p for p in self.cli("payment", "ls", "--state", "credit")["items"] if p["order_id"] == order["id"]]
        self.assertEqual([(p["state"], p["credit"]["amount_minor"]) for p in mine], [("applied", 10050)])
        words = ("payment", "return", mine[0]["id"], "--reference", "BACK-" + uuid.uuid4().hex, "--comment", "paid too much")
        returned = self.approved(self.cli(*words))
        self.assertEqual((returned["state"], returned["amount"]["amount_minor"]), ("returned", 10050))
        self.assertEqual(self.cli(*words)["amount"]["amount_minor"], 10050, "the same again has no second effect")
        self.assertIn("refund the order", self.cli(*words[:3], "--reference", "other", "--comment", "again", status=4))
        self.assertNotIn(mine[0]["id"], [p["id"] for p in self.cli("payment", "ls", "--state", "credit")["items"]])
        self.assertEqual(stack.sql(f"select coalesce(sum(amount_minor), 0) from ledger_entry where account = "
                                   f"'CUSTOMER_CREDIT:{order['customer_id']}'"), [["0"]])
        self.assertEqual(self.cli("order", "show", order["id"])["state"], "active")
        self.check()

    def test_a_refund_says_what_becomes_of_the_subscription(self):
        for choice, state in (("keep", "active"), ("shutdown", "shutdown")):
            with self.subTest(choice):
                order = self.bought()
                asked = self.cli("order", "refund", order["id"], "100.00", "--reference", uuid.uuid4().hex, "--comment", "a gesture",
                                 "--then", choice)
                self.assertEqual(self.approved(asked)["refunded"]["amount_minor"], 10000)
                self.assertEqual(self.cli("subscription", "show", order["subscription_id"])["state"], state)
                self.assertIn("more than was paid", self.cli("order", "refund", order["id"], "299.00", "--reference", "x", "--comment",
                                                             "y", status=4))
        order = self.bought()
        until = self.cli("subscription", "show", order["subscription_id"])["paid_until"]
        self.approved(self.cli("order", "refund", order["id"], "299.00", "--reference", uuid.uuid4().hex, "--comment", "all of it",
                               "--then", "shorten"))
        shown = self.cli("subscription", "show", order["subscription_id"])
        self.assertLess(shown["paid_until"], until)
        self.assertEqual(self.cli("order", "show", order["id"])["state"], "refunded")
        # Who goes on is given a month for a month's price, from the day the other was cut.
        drafted = stacks.until(lambda: self.cli("subscription", "show", order["subscription_id"])["renewal_order"], what="the renewal's draft")
        renewal = self.cli("order", "publish", drafted)
        self.assertEqual(self.confirm(renewal, "299.00")["order"]["state"], "active")
        again = self.cli("subscription", "show", order["subscription_id"])
        self.assertEqual(stack.sql(f"select n, start_date, end_date from subscription_period where order_id = '{renewal['id']}'"),
                         [["2", shown["paid_until"], again["paid_until"]]])
        self.assertEqual(stack.sql(f"select (date '{shown['paid_until']}' + interval '1 month')::date"), [[again["paid_until"]]])
        self.check()

    def refunded(self, order, then, amount="299.00"):
        return self.approved(self.cli("order", "refund", order["id"], amount, "--reference", uuid.uuid4().hex, "--comment", "why", "--then",
                                      then))

    def test_a_renewal_paid_ahead_goes_back_without_the_running_period(self):
        first = self.bought()
        was = self.cli("subscription", "show", first["subscription_id"])["paid_until"]
        ahead = self.cli("order", "create", "team-monthly", "--subscription", first["subscription_id"])
        self.confirm(ahead, "299.00")
        told = self.cli("order", "refund", ahead["id"], "299.00", "--reference", "x", "--comment", "y", "--then", "shutdown", status=4)
        self.assertIn("choose shorten", told)
        self.assertIn(was, told)
        self.assertEqual(self.refunded(ahead, "shorten")["state"], "refunded")
        shown = self.cli("subscription", "show", first["subscription_id"])
        self.assertEqual((shown["state"], shown["paid_until"]), ("active", was))
        self.assertEqual(self.cli("order", "show", first["id"])["state"], "active")
        ahead = self.cli("order", "create", "team-monthly", "--subscription", first["subscription_id"])
        self.confirm(ahead, "299.00")
        # The running one goes back: what was paid behind it never begins, and is the customer's.
        self.refunded(first, "shorten")
        told = [t for t in self.cli("task", "ls")["items"] if t["order_id"] == ahead["id"]]
        self.assertEqual([(t["kind"], t["detail"]["amount_minor"]) for t in told], [("period_voided", MONTH)])
        self.assertIn("never began", self.cli("order", "refund", ahead["id"], "299.00", "--reference", "x", "--comment", "y", "--then",
                                              "keep", status=4))
        self.check()

    def test_what_was_given_back_is_no_credit_and_no_money_becomes_another(self):
        first = self.bought("team-yearly", "2990.00")
        change = self.cli("order", "create", "team-long-0", "--subscription", first["subscription_id"], status=4)
        for code, currency in (("team-long-0", "CNY"), ("team-dollar", "USD")):
            self.ok(self.post("/v1/platform/editions", {
                "code": code, "kind": "team", "title": {"en": code, "zh": code}, "price_minor": 3 * YEAR, "currency": currency,
                "interval_unit": "year", "interval_count": 3}), 201)
        change = self.cli("order", "create", "team-long-0", "--subscription", first["subscription_id"])
        self.assertEqual(change["price"]["credit_minor"], YEAR)
        self.refunded(first, "keep", "990.00")
        self.assertEqual(self.cli("order", "show", change["id"])["state"], "cancelled", "it was priced by what is given back")
        change = self.cli("order", "create", "team-long-0", "--subscription", first["subscription_id"])
        self.assertEqual((change["price"]["credit_minor"], change["amount"]["amount_minor"]), (200000, 3 * YEAR - 200000))
        self.refunded(first, "keep", "2000.00")
        change = self.cli("order", "create", "team-long-0", "--subscription", first["subscription_id"])
        self.assertEqual(change["price"]["credit_minor"], 0)
        told = self.cli("order", "create", "team-dollar", "--subscription", first["subscription_id"], status=4)
        self.assertTrue("paid in CNY" in told and "sold in USD" in told, told)
        self.assertIn("one period", self.cli("order", "create", "team-monthly", "--customer", first["customer_id"], "--tenant-name", "T",
                                             "--quantity", 12, status=2))
        self.check()


if __name__ == "__main__":
    unittest.main()
