"""Every command of docs/finance.md, typed as it stands there (but for the names in capitals, the dots and the dates), does what a page
for people who have never seen the system may promise: it works, or refuses for the reason that is expected here."""
import datetime
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import payers  # noqa: E402
import stack as stacks  # noqa: E402

PAGE = (SOURCE / "docs/finance.md").read_text(encoding="utf-8")
# What a customer types who wants his scripts in his new team: copy_test.py does it.
CUSTOMERS = ["-p team login --tenant ID", "whoami", "-p default skill copy --all --to team"]
TYPED = [" ".join(words.split()) for words in re.findall(r"`execgov ([^`]+)`", PAGE) if words != "…"]
PERSONAL = {"name": "Pia's own", "kind": "personal", "users": [stacks.person("pia", "owner")]}


def block(first):
    """The indented text of the page that begins like that."""
    lines = PAGE[PAGE.index("    " + first.lstrip()):].split("\n")
    end = next(i for i, line in enumerate(lines) if not line.startswith("    "))
    return "\n".join(line[4:] if line.startswith("    ") else line for line in lines[:end])


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("egress", "api", "lifecycle"), {**stacks.PEOPLE, "tenants": [*stacks.PEOPLE["tenants"], PERSONAL]})
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        run("people role", f"{person}@people.example", "platform_finance", token="pat")
        stack.tokens[name] = stack.api("POST", "/v1/login", {"email": f"{person}@people.example", "password": stack.passwords[person],
                                                             "tenant": "platform"}).json["token"]


def tearDownModule():
    stack.stop()


def run(command, *words, token="fay", text=None, status=(0,), plain=False):
    """What it printed; parsed where that is JSON."""
    line = [stacks.BUILD / "bin/execgov", *shlex.split(command), *map(str, words), *([] if plain else ["--json"])]
    done = subprocess.run(line, capture_output=True, timeout=180, check=False, input=(text or "").encode(), cwd=stack.folder, env={
        **os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8", "EXECGOV_TOKEN": stack.tokens[token],
        "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
    assert done.returncode in status, (command, words, done.returncode, done.stdout, done.stderr)
    try:
        return json.loads(done.stderr if done.returncode else done.stdout)
    except ValueError:
        return done.stdout.decode()


class Page(unittest.TestCase):
    """`self.at` is what stands for the names in capitals just then."""

    def setUp(self):
        self.left, self.at = list(TYPED), {}
        for command in CUSTOMERS:
            self.left.remove(command)

    def type(self, command, more="", **how):
        """One command of the page, with `more` behind it where the page leaves something open."""
        self.assertIn(command, self.left, "the page does not say so (any more)")
        self.left.remove(command)
        words = re.sub(r"\b[A-Z]{2,}(?:[@-][A-Z-]+)*\b", lambda name: self.at.get(name[0], name[0]), command)
        return run(f'{words.replace("…", "x")} {more}', **how)

    def order(self, name, *more):
        customer = run("customer create", name, "--email", "bills@c.example")
        return run("order create", *(more or ("team-monthly",)), "--customer", customer["id"], "--tenant-name", name)

    def pay(self, order, amount):
        return run("order confirm", order["id"], amount, "--reference", uuid.uuid4().hex, "--on", "2026-11-26")["payment_id"]

    def test_every_command_of_the_page_does_what_it_says(self):
        self.getting_in()
        self.a_new_customer()
        self.day_by_day()
        self.mistakes()
        self.rules_and_emergencies()
        self.files()
        self.changes()
        self.end()
        self.before()
        self.told()
        self.months()
        self.sold()
        self.reminded()
        self.invoiced()
        self.assertEqual(self.left, [], "a command of the page that this test does not type")

    def getting_in(self):
        self.at = {"YOU@EXAMPLE": "adam@people.example"}
        self.type("people role YOU@EXAMPLE platform_finance", token="pat")
        self.type("login --email YOU@EXAMPLE --tenant platform", "--password-stdin", text=stack.passwords["adam"] + "\n")

    def a_new_customer(self):
        """From nobody to a team that its owner finds; the names are those that the lists print."""
        made = self.type('customer create "Acme Ltd" --email bills@acme.example')
        self.assertEqual([c["id"] for c in self.type("customer ls Acme")["items"]], [made["id"]])
        self.at = {"CUSTOMER": made["id"], "ADDRESS": "olivia@people.example", "COLLEAGUE": "new@people.example"}
        order = self.type('order create team-monthly --customer CUSTOMER --tenant-name "Acme" --email ADDRESS')
        self.at["ORDER"] = order["no"]
        self.assertEqual(self.type("order publish ORDER")["state"], "pending_payment")
        self.pay(order, "299.00")
        shown = self.type("order show ORDER")
        self.assertIn((order["no"], order["id"]), [(one["no"], one["id"]) for one in self.type("order ls")["items"]])
        self.at |= {"SUBSCRIPTION": shown["subscription_id"], "TENANT": shown["tenant_id"]}
        self.assertIn(shown["subscription_id"], [one["id"] for one in self.type("subscription ls")["items"]])
        self.assertEqual(self.type("subscription show SUBSCRIPTION")["holds"], [])
        self.assertTrue(self.type("payment ls")["items"])
        self.assertIn("ORDER AMOUNT", self.type("order confirm --help", plain=True))
        self.type("login --email ADDRESS", "--password-stdin", text=stack.passwords["olivia"] + "\n")
        found = self.type("whoami", token="olivia")
        self.assertIn(("Acme", "owner"), [(t["name"], t["role"]) for t in found["tenants"]])
        self.type("members invite COLLEAGUE", token="olivia")

    def mistakes(self):
        """Money of one order was confirmed for another, and too much of it for a third."""
        wrong, right, much = (self.order(name) for name in ("Wrong", "Right", "Much"))
        run("order confirm", wrong["no"], "299.00", "--reference", "B-7", "--on", "2026-11-26")
        self.at = {"ORDER": wrong["no"], "BANKREF": "B-7"}
        asked = self.type('order refund ORDER 299.00 --reference BANKREF/undo --comment "confirmed by mistake" --then shutdown')
        self.assertEqual(run("order approve", asked["approval"]["id"], token="fred")["state"], "executed")
        self.assertEqual(run("order show", wrong["no"])["state"], "refunded")
        self.at["ORDER"] = right["no"]
        settled = self.type("order confirm ORDER 299.00 --reference BANKREF/2 --on 2026-11-26")
        self.assertEqual((settled["result"], settled["order"]["id"]), ("settled", right["id"]))
        self.at = {"PAYMENT": self.pay(much, "2990.00"), "BANKREF": "B-8"}
        self.assertEqual(self.type("payment show PAYMENT")["id"], self.at["PAYMENT"])
        asked = self.type('payment return PAYMENT --reference BANKREF/undo --comment "never came"')
        self.assertEqual(run("order approve", asked["approval"]["id"], token="fred")["state"], "executed")
        self.assertNotIn(self.at["PAYMENT"], [p["id"] for p in self.type("payment ls --state credit")["items"]])
        asked = run("order refund", right["no"], "1.00", "--reference", "typo", "--comment", "x", "--then", "keep")
        self.at = {"APPROVAL": asked["approval"]["id"]}
        self.assertIn(self.at["APPROVAL"], [one["id"] for one in self.type("order approvals")["items"]])
        self.assertEqual(self.type('order reject APPROVAL --comment "mistyped"', token="fred")["state"], "rejected")

    def rules_and_emergencies(self):
        for command in [one for one in self.left if one.startswith("order rule ")]:
            asked = self.type(command)
            self.assertEqual((asked["result"], asked["approval"]["action"]), ("approval_wanted", "money.rule"))
        asked = run("order refund", self.order_of(self.subscription), "1.00", "--reference", "R-E", "--comment", "x", "--then", "keep")
        self.at = {"APPROVAL": asked["approval"]["id"]}
        self.assertEqual(self.type('order emergency APPROVAL --comment "why"')["state"], "executed")
        self.assertEqual(self.type('order review APPROVAL --comment "what was found"', token="fred")["id"], self.at["APPROVAL"])

    def day_by_day(self):
        paid, parts, late, told = (self.order(name) for name in ("Pays", "Parts", "Late", "Told"))
        self.at = {"ORDER": paid["id"], "BANKREF": "B-1", "CUSTOMER": paid["customer_id"]}
        self.assertGreaterEqual(len(self.type("order ls --state pending_payment")["items"]), 4)
        done = self.type("order confirm ORDER 299.00 --reference BANKREF --on 2026-11-26")
        self.assertEqual(done["result"], "settled")
        subscription = self.subscription = done["order"]["subscription_id"]
        wanted = self.type(self.rename('order refund ORDER 100.00 --reference R --comment "why" --then keep|shorten|shutdown',
                                       "keep|shorten|shutdown", "keep"))
        self.type("order rules")
        self.type("order approvals")
        self.assertEqual(self.type("order approvals --state expired")["items"], [])
        self.at["APPROVAL"] = wanted["approval"]["id"]
        self.assertEqual(self.type("order approve APPROVAL", token="fred")["state"], "executed")
        self.assertEqual(self.type("customer show CUSTOMER")["id"], paid["customer_id"])

        halves = [self.pay(parts, amount) for amount in ("100.00", "199.00")]
        self.assertEqual(len(self.type("payment ls --state unapplied")["items"]), 2)
        self.at["ORDER"] = parts["id"]
        self.left[self.left.index("payment apply ORDER PAYMENT PAYMENT")] = "payment apply ORDER " + " ".join(halves)
        self.assertEqual(self.type("payment apply ORDER " + " ".join(halves))["result"], "settled")
        run("order cancel", late["id"], "--comment", "no")
        self.at["PAYMENT"] = self.pay(late, "299.00")
        self.assertEqual(self.type("payment return PAYMENT --reference … --comment …")["result"], "approval_wanted")
        self.type("payment ls --state credit")
        self.at["ORDER"] = told["id"]
        self.assertEqual(self.type("order report ORDER --reference …")["state"], "payment_reported")
        refused = self.type("order activate ORDER", status=(4,))
        self.assertEqual(refused["code"], "order_transition_invalid")  # it is not paid
        self.assertEqual(self.type('order cancel ORDER --comment "…"')["state"], "cancelled")
        slots = self.type("billing order slot-pack-10", token="pia")
        self.assertEqual(slots["kind"], "quota")
        self.at["ORDER"] = slots["id"]
        self.assertEqual(self.type("billing pay ORDER", token="pia")["state"], "pending_payment")
        shown = self.type("billing show", token="pia")["slots"]
        self.assertEqual((shown["limit"], shown["grants"]), (20, []))
        self.at["NAME"] = "Team"
        team = self.type("billing order team-monthly --tenant-name NAME", token="pia")
        run("billing cancel", team["id"], token="pia")
        for command in ("billing end", "billing continue"):
            self.type(command, token="pia", status=(2,))  # a personal account has no subscription

        self.at["SUBSCRIPTION"] = subscription
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=10)).strftime("%Y-%m-%dT00:00:00+08:00")
        held = self.rename('subscription hold SUBSCRIPTION --until 2026-12-10T00:00:00+08:00 --comment "…"', "2026-12-10T00:00:00+08:00", until)
        self.assertTrue(self.type(held)["hold_until"])
        self.at["HOLD"] = self.type("subscription show", subscription)["holds"][0]["id"]
        self.assertIsNone(self.type("subscription release SUBSCRIPTION HOLD")["hold_until"])
        self.assertTrue(self.type("subscription cancel SUBSCRIPTION")["cancel_at_period_end"])

    def rename(self, command, old, new):
        """The same command with a value of the day."""
        self.assertIn(command, self.left)
        changed = command.replace(old, new)
        self.left[self.left.index(command)] = changed
        return changed

    def provider_pays(self, code, provider):
        """What it signs by its own scheme pays the order that it names."""
        order = self.order(f"Pays by {code}")
        body, headers = provider.tell(order["no"], order["amount"]["amount_minor"], txn=uuid.uuid4().hex)
        reply = stack.api("POST", f"/v1/platform/payments/webhooks/{code}", body, headers=headers)
        self.assertLess(reply.status, 300, reply.body)
        stacks.until(lambda: [e for e in run("payment events")["items"] if (e["provider"], e["outcome"]) == (code, "settled")],
                     what=f"what {code} said being applied")
        self.assertIn(run("order show", order["id"])["state"], ("paid", "activating", "active"))

    def lost_dispute(self, stripe):
        """What its task says is typed, with the sum and what becomes of the period, and asks for the refund of that order."""
        order, txn = self.order("Takes it back"), uuid.uuid4().hex
        for what in ({}, {"what": "disputed", "refund": "dp_1", "said": "lost"}):
            body, headers = stripe.tell(order["no"], order["amount"]["amount_minor"], txn=txn, **what)
            self.assertLess(stack.api("POST", "/v1/platform/payments/webhooks/stripe", body, headers=headers).status, 300)
            stacks.until(lambda: run("order show", order["no"])["state"] in ("paid", "activating", "active"), what="the payment being applied")
        task = stacks.until(lambda: [t for t in run("task ls")["items"] if t["kind"] == "payment_disputed"], what="the task of the dispute")[0]
        says = re.search(r"\(execgov ([^)]+)\)", task["detail"]["remedy"]["en"])[1]
        self.assertIn(order["no"], says)
        wanted = run(says.replace("AMOUNT", "299.00").replace("--then …", "--then keep"))
        self.assertEqual((wanted["result"], wanted["approval"]["params"]["order"]), ("approval_wanted", order["id"]))
        self.assertIn(task["id"], [one["id"] for one in self.type("task ls")["items"]])

    def files(self):
        partner, stripe = payers.Standard(), payers.Stripe()
        self.at = {"NAME": "pay", "CODE": "partner", "KIND": partner.kind, "OUR-ACCOUNT-THERE": partner.merchant}
        self.type("credential create NAME --value-file -", token="pat", text=json.dumps(partner.credential))
        self.type("payment provider set CODE KIND --credential NAME --merchant OUR-ACCOUNT-THERE", token="pat")
        run("credential create pay-stripe --value-file -", token="pat", text=json.dumps(stripe.credential))
        run("payment provider set stripe stripe --credential pay-stripe", token="pat")  # "leave --merchant out"
        for code, provider in (("partner", partner), ("stripe", stripe)):
            self.provider_pays(code, provider)
        events = self.type("payment events")["items"]
        self.assertEqual({(e["provider"], e["outcome"]) for e in events}, {("partner", "settled"), ("stripe", "settled")})
        self.lost_dispute(stripe)
        mapping = json.loads(block('{"encoding"'))
        (stack.folder / "mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
        self.type("payment format set icbc mapping.json")
        run("payment format set wechat-format mapping.json")
        columns = mapping["columns"]
        lines = [",".join(columns.values()), ",".join({"date": "2026-11-26", "amount": "299.00", "reference": "REF-9"}.get(key, "x") for key in columns)]
        (stack.folder / "file.csv").write_bytes("\r\n".join([*lines, ""]).encode("gb18030"))
        preview = self.type("payment statement icbc file.csv")
        self.assertEqual(len(preview["items"]), 1)
        self.at["DIGEST"] = preview["digest"]
        self.assertFalse(self.type("payment statement icbc file.csv --apply DIGEST")["dry_run"])
        self.type(self.rename("payment reconcile wechat wechat-format file.csv", "reconcile wechat", "reconcile partner"))
        tasks = self.type("task ls")["items"]
        self.at["TASK"] = next(t["id"] for t in tasks if t["kind"] != "payment_reported")
        self.type('task done TASK "sent back to the bank"')
        self.type("task ls")

    def changes(self):
        self.at = {"S": self.subscription, "SUBSCRIPTION": self.subscription}
        self.left[self.left.index("order create team-yearly --subscription S")] = "order create team-yearly --subscription " + self.subscription
        self.assertEqual(self.type("order create team-yearly --subscription " + self.subscription)["kind"], "upgrade")
        self.type("subscription edition SUBSCRIPTION team-monthly")
        self.assertEqual(self.type("subscription timezone SUBSCRIPTION Europe/Berlin")["timezone"], "Europe/Berlin")
        self.at["ZONE"] = "Asia/Shanghai"
        self.assertEqual(self.type("subscription timezone SUBSCRIPTION ZONE")["timezone"], "Asia/Shanghai")
        self.type(self.rename("subscription override SUBSCRIPTION --until … --comment …", "--until …", "--until 2099-01-01T00:00:00Z"),
                  status=(4,))  # it is not shut down

        stack.sql(f"update subscription set quarantined_at = now() where id = '{self.subscription}'")
        self.assertIsNone(self.type("subscription retry SUBSCRIPTION")["quarantined_at"])
        run("subscription retry", self.subscription, status=(4,))  # scans look at it anyway

    def end(self):
        self.at |= {"FOLDER": str(stack.folder / "copy"), "TENANT": stack.tenants["Harbour Hardware"]["id"]}
        self.type("export FOLDER", token="olivia")
        self.type('subscription terminate SUBSCRIPTION --comment "why"', status=(4,))  # its data are to be kept
        self.at |= {"CUSTOMER": run("customer ls")["items"][0]["id"], "ADDRESS": "bills@customer.example"}
        self.assertEqual(self.type("customer contacts CUSTOMER --email ADDRESS")["contacts"], ["bills@customer.example"])
        yesterday = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).strftime("%Y-%m-%dT10:00:00Z")
        self.type(self.rename('subscription notice SUBSCRIPTION --at 2026-12-01T10:00:00+08:00 --how post --to "who" --reference "letter 17"',
                              "2026-12-01T10:00:00+08:00", yesterday), status=(4,))  # it is not shut down
        self.assertEqual(self.type("tenant show TENANT", token="pat")["state"], "kept")
        self.type('tenant drop TENANT --comment "why"', token="pat", status=(4,))
        wanted = run("order refund", self.order_of(self.subscription), "1.00", "--reference", "R2", "--comment", "x", "--then", "keep")
        self.at["APPROVAL"] = wanted["approval"]["id"]
        self.type("order approve APPROVAL", token="fred")
        self.type("tenant drop TENANT", token="pat", status=(2,))  # not decided yet: it wants to know why

    def order_of(self, subscription):
        return stack.sql(f"select order_id from subscription_period where subscription_id = '{subscription}' and n = 1")[0][0]

    def before(self):
        moment = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        preview = self.type(self.rename("lifecycle scan --as-of 2026-12-01T00:00:00+08:00", "2026-12-01T00:00:00+08:00", moment))
        self.type("lifecycle explain SUBSCRIPTION")
        self.type(self.rename('lifecycle simulate --pg "host=… user=postgres" --pays -5,3,12,never', "host=… user=postgres",
                              f"{stack.conninfo} user=postgres"), plain=True)
        self.type("lifecycle clock --days 30", status=(3,))  # no clock of a real database is moved
        for command in [one for one in self.left if one == "lifecycle check"]:
            self.assertEqual(self.type(command)["violations"], [])
        for command in [one for one in self.left if one == "lifecycle clock"]:
            self.assertIsNotNone(self.type(command)["scanned_at"])
        self.at["DIGEST"] = preview["preview_digest"] if "preview_digest" in preview else preview["digest"]
        self.type(self.rename("lifecycle scan --apply DIGEST --as-of … --accept-gap", "--as-of …", f"--as-of {moment}"))
        self.type(self.rename("lifecycle scan --apply DIGEST --as-of … --release-brake", "--as-of …", f"--as-of {moment}"), status=(0, 4))

    def told(self):
        stack.sql("update outbox set state = 'dead', ended_at = now() where id = (select id from outbox "
                  "order by id limit 1)")
        dead = self.type("deliveries ls --state dead")["items"]
        self.at["ID"] = dead[0]["id"]
        self.type("deliveries show ID")
        self.at["CUSTOMER"] = run("customer ls")["items"][0]["id"]
        self.assertEqual(self.type("customer set CUSTOMER --locale en")["locale"], "en")
        self.type("deliveries again ID", token="pat")
        stack.sql(f"update outbox set state = 'dead', ended_at = now() where id = '{dead[0]['id']}'")
        self.type("deliveries again ID", token="pat")
        self.maybe_arrived()
        self.type("channel ls")
        for command in [one for one in self.left if one == "deliveries ls"]:
            self.type(command)
        self.type("notifications set", "--quiet-hours 22:00-07:30")
        self.type("report ls")
        self.at["NAME"] = "orders"
        self.type("report NAME")

    def maybe_arrived(self):
        """A receipt whose sender died over it: sent again the first time, found with whom it is for the second."""
        receipt = stack.sql("select id from outbox where event = 'payment.received' order by id limit 1")[0][0]
        task = f"select id from finance_task where kind = 'receipt_unknown' and ref = '{receipt}' and done_at is null"
        state = f"select state from outbox where id = '{receipt}'"
        for act in (lambda: self.type("deliveries again ID", token="pat"), lambda: self.type('task done TASK "arrived"')):
            stack.sql(f"update outbox set state = 'unknown', ended_at = now() where id = '{receipt}'")
            self.at |= {"ID": receipt, "TASK": stack.sql(task)[0][0]}
            act()
            self.assertFalse(stack.sql(task))
            self.assertNotEqual(stack.sql(state)[0][0], "unknown")

    def months(self):
        now = datetime.date.today()
        gone = (now.replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")
        for command in [one for one in self.left if re.match(r"period (check|close|reopen) 2026-11", one)]:
            self.rename(command, "2026-11", gone)
        self.type(f"period check {gone}")
        self.type(f"period close {gone}")
        self.type(f'period close {gone} --accept open_tasks,messages --comment "known to the auditor"', status=(4,))  # it is closed
        self.type(f'period reopen {gone} --comment "why"')
        self.type("order approve", uuid.uuid4(), token="fred", status=(2,))  # there is no such approval
        (stack.folder / "calendar.yaml").write_text(block("country: CN"), encoding="utf-8")
        self.at = {"FILE": "calendar.yaml"}
        self.type("calendar import FILE --dry-run")
        run("calendar import calendar.yaml")
        self.type("calendar show 2027")

    def sold(self):
        terms = "\n".join(line.removeprefix("  ") for line in block("code: team-small").split("\n"))  # it stands in a list
        (stack.folder / "terms.yaml").write_text(terms, encoding="utf-8")
        self.type("edition ls")
        self.assertEqual(self.type("edition show team-monthly")["on_sale"], 1)
        self.assertEqual(self.type("edition create terms.yaml")["price"]["amount_minor"], 19900)
        self.assertEqual(self.type("edition version team-small --price 249.00")["ver"], 2)
        self.assertIsNotNone(self.type('edition end-sale team-small --comment "why"')["sold_to"])

    def reminded(self):
        text = "\n".join(line.removeprefix("  ") for line in block("windows: [T-20").split("\n"))
        (stack.folder / "policy.yaml").write_text(text, encoding="utf-8")
        self.type("reminder-policy ls")
        self.assertEqual(self.type("reminder-policy show standard")["ver"], 1)
        self.assertTrue(self.type('reminder-policy use monthly --edition team-small --comment "by the month"')["result"]["own"])
        run("reminder-policy set early --file policy.yaml --comment x")
        looked = self.type("reminder-policy set standard --file policy.yaml --dry-run")
        self.assertIsNone(looked["result"])
        self.assertEqual((looked["left_out"], looked["terms"]["shutdown_on_workday"]), (["shutdown_on_workday"], False))
        self.assertEqual(self.type('reminder-policy set standard --file policy.yaml --comment "fewer letters"')["result"]["ver"], 2)
        self.assertEqual(len(self.type("reminder-policy history standard")), 2)
        self.assertTrue(self.type('reminder-policy use early --edition team-yearly --comment "long notice"')["result"]["own"])
        self.at["SUBSCRIPTION"] = self.subscription
        self.assertTrue(self.type('reminder-policy use early --subscription SUBSCRIPTION --comment "asked for it"')["result"]["own"])

    def invoiced(self):
        stacks.until(lambda: run("invoice ls")["items"], what="the first numbers being given", seconds=90)
        number = run("invoice ls")["items"][-1]["no"]
        for command in [one for one in self.left if "MAIN-2026-000001" in one]:
            self.rename(command, "MAIN-2026-000001", number)
        self.type("invoice ls")
        self.assertEqual(self.type(f"invoice show {number}")["no"], number)
        self.type("billing invoices", token="olivia")
        self.type("invoice sellers")
        self.type('invoice seller MAIN --title "Our Company Ltd" --tax-no …')
        wanted = self.type('invoice account MAIN --title "Our Company Ltd" --pay-to "Our Bank, account …" --comment "why"')
        self.assertEqual(run("order approve", wanted["approval"]["id"], token="fred")["result"]["pay_to"], "Our Bank, account x")
        self.assertTrue(self.type("invoice seller EAST --title … --sells")["sells"])
        self.assertEqual(self.type(f"invoice fapiao {number} requested")["fapiao"]["status"], "requested")
        self.assertEqual(len(self.type("invoice ls --fapiao requested")["items"]), 1)
        self.assertEqual(self.type(f"invoice fapiao {number} issued --number 12345678901234567890 --on 2026-11-26")["fapiao"]["status"], "issued")
        text = block("invoice,number,code,issued_on").replace("MAIN-2026-000001", number)
        (stack.folder / "fapiao.csv").write_text("\n".join(line.strip() for line in text.split("\n")), encoding="utf-8")
        seen = self.type("invoice import fapiao.csv")
        self.assertEqual([line["verdict"] for line in seen["items"]], ["seen"])
        self.at["DIGEST"] = seen["digest"]
        self.assertEqual(self.type("invoice import fapiao.csv --apply DIGEST")["counts"], seen["counts"])


if __name__ == "__main__":
    unittest.main()
