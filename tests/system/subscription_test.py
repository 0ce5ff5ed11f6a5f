"""Another edition with the next period, an override of a shutdown, the clock of a test database, and a simulated year."""
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

PRICE = 29900
YEAR = 299000


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


def cli(*words, status=0):
    done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words)], capture_output=True, timeout=300, check=False,
                          env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8",
                               "EXECGOV_TOKEN": stack.tokens["fay"], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout.decode()


class Case(unittest.TestCase):
    maxDiff = 4000

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def post(self, path, body=None, token="fay"):
        return stack.api("POST", path, body or {}, token=token)

    def subscription(self, tenant):
        customer = self.ok(self.post("/v1/platform/customers", {"kind": "company", "name": tenant}), 201)
        order = self.ok(self.post("/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"],
                                                          "tenant_id": stack.tenants[tenant]["id"]}), 201)
        self.pay(order, PRICE)
        return order["subscription_id"]

    def pay(self, order, amount):
        body = {"method": "bank", "reference": uuid.uuid4().hex, "amount_minor": amount, "currency": "CNY", "received_on": stack.sql("select (lifecycle_now() at time zone platform_zone())::date")[0][0]}
        return self.ok(self.post(f"/v1/platform/orders/{order['id']}/confirm-payment", body))

    def show(self, subscription):
        return self.ok(stack.api("GET", f"/v1/platform/subscriptions/{subscription}", token="fay"))


class Changes(Case):
    def test_the_clock_edition_and_override_as_finance_uses_them(self):
        first, second = self.subscription("Harbour Hardware"), self.subscription("Lakeside Books")
        self.assertEqual(self.post("/v1/platform/lifecycle/clock", {"seconds": 60}).code, "forbidden", "not a test database")
        stack.sql("update scan_clock set test_allowed = true")
        for body in ({"seconds": 0}, {"seconds": -5}, {}):
            self.assertEqual(self.post("/v1/platform/lifecycle/clock", body).code, "invalid_input")

        # Another edition with the next period: the paid one stays, the renewal has the new price and interval.
        self.assertEqual(self.post(f"/v1/platform/subscriptions/{first}/edition", {"edition": "nothing"}).code, "not_on_sale")
        until = self.show(first)["paid_until"]
        changed = self.ok(self.post(f"/v1/platform/subscriptions/{first}/edition", {"edition": "team-yearly"}))
        self.assertEqual((changed["edition"], changed["paid_until"]), ("team-monthly", until))
        cli("lifecycle", "clock", "--days", 25)
        order = self.ok(stack.api("GET", f"/v1/platform/orders/{self.show(first)['renewal_order']}", token="fay"))
        self.assertEqual((order["edition"], order["amount"]["amount_minor"], order["state"]), ("team-yearly", YEAR, "pending_payment"))
        self.pay(order, YEAR)
        after = self.show(first)
        self.assertEqual((after["edition"], after["paid_until"][:4], after["paid_until"][5:]),
                         ("team-yearly", str(int(until[:4]) + 1), until[5:]))

        # The other does not pay, is shut down, goes on with two people's word, and is shut down again.
        self.assertEqual(self.post(f"/v1/platform/subscriptions/{second}/override", {
            "until": "2027-01-01T00:00:00Z", "reason": "x"}).code, "conflict")
        cli("lifecycle", "clock", "--days", 15)
        self.assertEqual(self.show(second)["state"], "shutdown")
        clock = json.loads(cli("lifecycle", "clock", "--json"))
        ahead = stack.sql("select utc_text(lifecycle_now() + interval '6 days')")[0][0]
        self.assertEqual((clock["due"], clock["test_allowed"]), (0, True))
        wanted = self.ok(self.post(f"/v1/platform/subscriptions/{second}/override", {"until": ahead, "reason": "pays next week"}), 202)
        approval = wanted["approval"]["id"]
        self.assertEqual(self.post(f"/v1/platform/approvals/{approval}/approve").code, "self_confirmation")
        done = self.ok(self.post(f"/v1/platform/approvals/{approval}/approve", token="fred"))
        self.assertEqual((done["state"], done["result"]["state"]), ("executed", "grace"))
        self.assertEqual(self.post("/v1/runs", {"skill": "echo", "input": {}}, token="lin").code, "not_found")  # it was looked for
        cli("lifecycle", "clock", "--days", 9)
        self.assertEqual(self.show(second)["state"], "shutdown")
        self.assertEqual(self.post("/v1/runs", {"skill": "echo", "input": {}}, token="lin").code, "tenant_suspended")
        # The second end was told for itself.
        self.assertEqual(stack.sql(f"select window_code from lifecycle_action where subscription_id = '{second}' and action <> 'prefill' and status = "
                                   "'done' and window_code ~ '^(G-1|SHUTDOWN)' order by as_of, window_code"),
                         [["G-1"], ["SHUTDOWN"], ["G-1/2"], ["SHUTDOWN/2"]])
        checked = self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))
        self.assertEqual((checked["ok"], checked["violations"]), (True, []))
        self.assertEqual([t["rule"] for t in checked["by_tests"]], ["I11", "I12"])
        for named in checked["by_tests"]:
            self.assertIn(f"cmocka_unit_test({named['test']})", (SOURCE / named["file"]).read_text(encoding="utf-8"))
        cli("lifecycle", "check")


class Simulated(Case):
    def test_a_year_is_a_timeline_and_leaves_nothing_behind(self):
        before = stack.sql("select count(*) from pg_database")
        text = cli("lifecycle", "simulate", "--pg", f"{stack.conninfo} user=postgres", "--from", "2027-01-31", "--to", "2028-01-31",
                   "--pays", "-5,3,12,never")
        lines = text.splitlines()
        self.assertEqual(lines[-1], "at the end everything holds that must (lifecycle check)")
        self.assertEqual(lines[:-1], sorted(lines[:-1], key=lambda line: line[:16]), "in the order it happened")
        for moment in ("2027-01-31 10:00  subscription: pending -> active, paid until 2027-02-28 (payment)",
                       "2027-02-23 10:00  subscription: active -> active, paid until 2027-03-31 (payment)",
                       "2027-03-31 00:00  subscription: active -> grace (scan)",
                       "2027-04-03 10:00  subscription: grace -> active, paid until 2027-04-30 (payment)",
                       "2027-05-07 00:00  subscription: grace -> shutdown (scan)",
                       "2027-05-12 10:00  subscription: shutdown -> active, paid until 2027-06-12 (payment)"):
            self.assertIn(moment, lines)
        self.assertTrue(any("task for finance: termination_proposed" in line for line in lines))
        self.assertEqual(stack.sql("select count(*) from pg_database"), before)
        for words in ((), ("--pg", "host=/nowhere user=x"), ("--pg", "x", "--from", "yesterday"), ("--pg", "x", "--pays", "soon"),
                      ("--pg", "host=/x", "--timezone", "Mars/Base")):
            cli("lifecycle", "simulate", *words, status=5 if "/nowhere" in " ".join(words) else 2)


class Wrong(Case):
    def test_a_clock_that_may_be_wrong_lets_no_order_expire(self):
        customer = self.ok(self.post("/v1/platform/customers", {"kind": "company", "name": "Clock", "contacts": ["c@acme.example"]}), 201)
        order = self.ok(self.post("/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"], "tenant_name": "Clock"}), 201)

        def state():
            return stack.sql(f"select state from orders where id = '{order['id']}'")[0][0]
        stack.sql("update scan_clock set test_allowed = true, last_at = lifecycle_now()")
        before = stack.log("lifecycle").count("scan.refused")
        stack.sql("select test_clock_advance('40 days')")  # it was payable for thirty
        stacks.until(lambda: stack.log("lifecycle").count("scan.refused") >= before + 3, what="two ticks to their end")
        self.assertEqual(state(), "pending_payment")
        stack.sql("update scan_clock set last_at = lifecycle_now()")  # somebody says that it is right
        stacks.until(lambda: state() == "expired", what="the order being expired")


if __name__ == "__main__":
    unittest.main()
