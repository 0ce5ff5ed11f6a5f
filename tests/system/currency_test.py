"""Money without decimals and with three of them: sold, paid, credited, refunded, in a statement; and from which sum on it needs a second
person, which finance sets by itself, with one."""
import base64
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

# What a month costs, as people write it and in minor units; what is too much; what is given back; their tax is 10 %.
CASES = {"JPY": ("12000", 12000, "12500", 500, "1100", 1100), "KWD": ("24.750", 24750, "24.755", 5, "1.005", 1005)}
MAPPING = {"date_format": "YYYY-MM-DD", "columns": {"date": "date", "amount": "amount", "reference": "ref", "memo": "memo", "currency": "cur"}}


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api", "scheduler", "lifecycle"))
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        email = f"{person}@people.example"
        user = stack.sql(f"select id from app_user where email = '{email}'")[0][0]
        stack.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, token="pat")
        reply = stack.api("POST", "/v1/login", {"email": email, "password": stack.passwords[person], "tenant": "platform"})
        stack.tokens[name] = reply.json["token"]


def tearDownModule():
    stack.stop()


class Currencies(unittest.TestCase):
    maxDiff = 4000

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def cli(self, *words, token="fay", status=0):
        """What it printed as JSON, or why it did not."""
        done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words), "--json"], capture_output=True, timeout=60, check=False,
                              env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8",
                                   "EXECGOV_TOKEN": stack.tokens[token], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
        self.assertEqual(done.returncode, status, (done.stdout, done.stderr))
        return json.loads(done.stdout) if status == 0 else done.stderr.decode()

    def confirm(self, order, amount, currency):
        return self.cli("order", "confirm", order["id"], amount, "--currency", currency, "--reference", uuid.uuid4().hex, "--on", day())

    def approved(self, answer):
        self.assertEqual(answer["result"], "approval_wanted")
        return self.cli("order", "approve", answer["approval"]["id"], token="fred")["result"]

    def limits(self):
        return {rule["currency"]: rule["amount_minor"] for rule in self.cli("order", "rules")["four_eyes_min"]}

    def test_money_of_each_exponent_is_sold_paid_credited_and_refunded(self):
        for currency, (price, minor, much, excess, back, back_minor) in CASES.items():
            with self.subTest(currency):
                self.walk(currency, price, minor, much, excess, back, back_minor)
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])

    def walk(self, currency, price, minor, much, excess, back, back_minor):  # pylint: disable=too-many-arguments,too-many-positional-arguments
        edition = f"team-{currency.lower()}"
        self.ok(stack.api("POST", "/v1/platform/editions", {
            "code": edition, "kind": "team", "title": {"en": edition, "zh": edition}, "price_minor": minor, "currency": currency,
            "interval_unit": "month", "interval_count": 1, "tax_bp": 1000, "tax_inclusive": True}, token="fay"), 201)
        customer = self.cli("customer", "create", f"Of {currency}", "--email", "bills@c.example")
        order = self.cli("order", "create", edition, "--customer", customer["id"], "--tenant-name", currency)
        self.assertEqual(order["amount"], {"amount_minor": minor, "currency": currency})
        # More digits than the currency has are nothing that could have come.
        self.cli("order", "confirm", order["id"], price + (".1" if currency == "JPY" else "1"), "--currency", currency, "--reference", "x",
                 "--on", day(), status=2)
        # Without a limit of its own each sum needs a second person, and a statement can do nothing by itself.
        self.assertNotIn(currency, self.limits())
        wanted = self.confirm(order, much, currency)
        self.assertEqual(wanted["result"], "approval_wanted")
        self.assertEqual(self.line(order, price, currency)["verdict"], "approval")
        self.approved(self.cli("order", "rule", "four_eyes_min", currency, "100000", "--comment", "sold now"))
        self.assertEqual(self.limits()[currency], 100000 * (1 if currency == "JPY" else 1000))
        self.assertEqual(self.line(order, price, currency)["verdict"], "settled")
        # Paid by hand, too much: the rest is credit, and the next month is paid with it and what lacks.
        paid = self.confirm(order, much, currency)
        self.assertEqual(paid["result"], "settled")
        stacks.until(lambda: self.cli("order", "show", order["id"])["state"] == "active", what="the tenant")
        credit = [p for p in self.cli("payment", "ls", "--state", "credit")["items"] if p["id"] == paid["payment_id"]]
        self.assertEqual(credit[0]["credit"], {"amount_minor": excess, "currency": currency})
        subscription = self.cli("order", "show", order["id"])["subscription_id"]
        following = self.cli("order", "create", edition, "--customer", customer["id"], "--subscription", subscription)
        rest = self.line(following, amount(minor - excess, currency), currency, apply=True)
        self.assertEqual((rest["verdict"], rest["result"]), ("partial", "partial"))
        waits = [p["id"] for p in self.cli("payment", "ls", "--state", "unapplied")["items"] if p["order_id"] == following["id"]]
        self.cli("payment", "apply", following["id"], paid["payment_id"], status=4)
        self.assertEqual(self.cli("payment", "apply", following["id"], *waits, paid["payment_id"])["order"]["state"], "active")
        self.assertEqual(ledger(f"CUSTOMER_CREDIT:{customer['id']}", currency), 0)
        # A part of it goes back, with its tax.
        before = ledger("TAX_PAYABLE", currency), ledger("REFUNDS", currency)
        refund = self.cli("order", "refund", following["id"], back, "--currency", currency, "--reference", uuid.uuid4().hex, "--comment",
                          "asked", "--then", "keep")
        self.assertEqual(self.approved(refund)["refunded"], {"amount_minor": back_minor, "currency": currency})
        tax = share(order_tax(following), back_minor, minor)
        self.assertEqual((ledger("TAX_PAYABLE", currency) - before[0], ledger("REFUNDS", currency) - before[1]), (tax, back_minor - tax))
        # What came is what people can count.
        shown = self.cli("order", "rules")
        self.approved(self.cli("order", "rule", "four_eyes_min", currency, "--comment", "not any more"))
        self.assertNotIn(currency, self.limits())
        self.assertEqual(shown["brake"], {"least": 50, "percent": 2})

    def line(self, order, text, currency, apply=False):
        """What a line of a bank's file is, looked at, or applied."""
        self.ok(stack.api("PUT", "/v1/platform/statement-formats/abroad", {"title": "Abroad", "mapping": MAPPING}, token="fay"))
        content = f"date,amount,ref,memo,cur\n{day()},{text},{uuid.uuid4().hex},{order['no']},{currency}\n".encode()
        body = {"format": "abroad", "file_name": "b.csv", "content": base64.b64encode(content).decode(), "dry_run": True}
        seen = self.ok(stack.api("POST", "/v1/platform/payments/statements", body, token="fay"))
        if apply:
            seen = self.ok(stack.api("POST", "/v1/platform/payments/statements", {**body, "dry_run": False, "digest": seen["digest"]}, token="fay"))
        return seen["items"][0]

    def test_a_sale_does_not_begin_in_the_past(self):
        self.assertIn("/sold_from", self.cli("edition", "version", "team-monthly", "--price", "1.00", "--since", "2026-01-01T00:00:00Z", status=2))

    def test_one_person_alone_in_an_emergency(self):
        customer = self.cli("customer", "create", "Urgent", "--email", "bills@c.example")
        order = self.cli("order", "create", "team-monthly", "--customer", customer["id"], "--tenant-name", "Urgent")
        self.confirm(order, "299.00", "CNY")
        stacks.until(lambda: self.cli("order", "show", order["id"])["state"] == "active", what="the tenant")
        wanted = self.cli("order", "refund", order["id"], "1.00", "--reference", uuid.uuid4().hex, "--comment", "asked", "--then", "keep")
        approval = wanted["approval"]["id"]
        self.assertIsNone(wanted["approval"]["emergency"])
        self.assertIn("--comment", self.cli("order", "emergency", approval, status=2))
        self.cli("order", "review", approval, "--comment", "x", token="fred", status=4)
        done = self.cli("order", "emergency", approval, "--comment", "nobody answers")
        self.assertEqual(done["result"]["refunded"]["amount_minor"], 100)
        self.assertEqual((done["state"], done["emergency"]["by"], done["emergency"]["reviewed_by"]), ("executed", "fiona@people.example", None))
        self.assertEqual(stack.sql("select distinct detail ->> 'emergency_by' from platform_audit where detail ->> 'approval' = "
                                   f"'{approval}'"), [["fiona@people.example"]])
        task = next(t["id"] for t in self.cli("task", "ls")["items"] if (t["kind"], t["ref"]) == ("emergency_review", approval))
        for person in ("fay", "fred"):  # only a review ends it
            self.assertIn("order review", self.cli("task", "done", task, "seen to", token=person, status=4))
        self.cli("order", "review", approval, "--comment", "it was right", status=4)  # not by oneself
        seen = self.cli("order", "review", approval, "--comment", "it was right", token="fred")["emergency"]
        self.assertEqual((seen["reviewed_by"], seen["review"]), ("vera@people.example", "it was right"))
        self.assertNotIn(approval, [t["ref"] for t in self.cli("task", "ls")["items"]])
        rule = self.cli("order", "rule", "brake", "least", "70", "--comment", "more")
        self.assertIn("never decided by one person", self.cli("order", "emergency", rule["approval"]["id"], "--comment", "x", status=4))
        self.cli("order", "reject", rule["approval"]["id"], token="fred")

    def test_where_money_goes_is_said_by_two_people(self):
        said = ("invoice", "account", "MAIN", "--title", "Vendor Ltd", "--pay-to", "Our Bank, 6222 0001", "--comment", "the first one")
        self.assertIn("--pay-to", self.cli(*said[:5], "--comment", "why", status=2))
        account = {"title": "x", "pay_to": "mine", "reason": "x"}
        for path, body, status in (("MAIN", {"title": "Vendor Ltd", "pay_to": "mine"}, 422), ("NONE/account", account, 404),
                                   ("none/account", account, 404), ("MAIN/account", {**account, "reason": ""}, 422)):
            self.assertEqual(stack.api("PUT", f"/v1/platform/sellers/{path}", body, token="fay").status, status, path)
        wanted = self.cli(*said)
        approval = wanted["approval"]["id"]
        self.assertEqual(wanted["approval"]["params"]["details"], "Our Bank, 6222 0001")
        self.cli("order", "approve", approval, status=4)  # not by oneself
        self.assertIn("never decided by one person", self.cli("order", "emergency", approval, "--comment", "x", status=4))
        self.assertEqual(stack.sql("select count(*) from seller_account"), [["0"]])
        self.assertEqual(self.approved(wanted)["pay_to"], "Our Bank, 6222 0001")
        self.assertEqual(stack.sql("select detail -> 'before', detail #>> '{after,details}', detail ->> 'approved_by' from platform_audit where "
                                   "action = 'seller.account_set'"), [["null", "Our Bank, 6222 0001", '["vera@people.example"]']])

    def test_the_rules_are_told_to_people_whole(self):
        done = subprocess.run([stacks.BUILD / "bin/execgov", "order", "rules"], capture_output=True, timeout=60, check=True, text=True,
                              env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8",
                                   "EXECGOV_TOKEN": stack.tokens["fay"], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
        for said in ("four_eyes_min CNY", "5000.00 CNY", "brake least", "brake percent"):
            self.assertIn(said, done.stdout)

    def test_a_rule_that_does_not_fit_is_refused_and_nobody_sets_one_alone(self):
        for words, says in ((("four_eyes_min", "QQQ", "1"), "QQQ"), (("four_eyes_min", "JPY", "1.5"), ""), (("brake", "most", "1"), "least"),
                            (("brake", "percent", "101"), "100"), (("approvals_needed", "order.refund", "0"), "1 to 5"),
                            (("approvals_needed", "order.eat", "2"), "order.eat"), (("approvals_needed", "order.refund", "two"), "two"),
                            (("colour", "blue", "1"), "")):
            self.assertIn(says, self.cli("order", "rule", *words, "--comment", "why", status=2), words)
        self.assertIn("--comment", self.cli("order", "rule", "brake", "least", "60", status=2))
        # More people than there are would keep the rule from being taken back.
        self.assertIn("platform_finance", self.cli("order", "rule", "approvals_needed", "order.refund", "5", "--comment", "many", status=4))
        wanted = self.cli("order", "rule", "brake", "least", "60", "--comment", "grown")
        self.cli("order", "approve", wanted["approval"]["id"], status=4)  # not by oneself
        self.assertEqual(self.approved(wanted)["brake"], {"least": 60, "percent": 2})
        self.assertEqual(stack.sql("select value from platform_setting where key = 'brake'"), [['{"least": 60, "percent": 2}']])
        self.assertEqual(stack.sql("select detail -> 'before', detail -> 'after', detail ->> 'approved_by' from platform_audit where "
                                   "action = 'money_rule.set' and subject = 'brake/least'"), [["50", "60", '["vera@people.example"]']])
        self.approved(self.cli("order", "rule", "brake", "least", "50", "--comment", "as it was"))


def day():
    return stack.sql("select (lifecycle_now() at time zone platform_zone())::date")[0][0]


def amount(minor, currency):
    return str(minor) if currency == "JPY" else f"{minor // 1000}.{minor % 1000:03}"


def ledger(account, currency):
    return int(stack.sql(f"select coalesce(sum(amount_minor), 0) from ledger_entry where account = '{account}' and currency = '{currency}'")[0][0])


def order_tax(order):
    return int(stack.sql(f"select tax_minor from orders where id = '{order['id']}'")[0][0])


def share(tax, part, whole):
    """PostgreSQL's rounding of tax * part / whole, which no fraction of a half reaches here."""
    return (2 * tax * part + whole) // (2 * whole)


if __name__ == "__main__":
    unittest.main()
