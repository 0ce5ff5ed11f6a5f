"""Bank statements and settlement files: looked at first, applied by the digest, each line once; differences are tasks."""
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

import payers  # noqa: E402
import stack as stacks  # noqa: E402

PRICE = 29900
MAPPING = {"encoding": "auto", "date_format": "YYYY-MM-DD", "footer": "合计",
           "columns": {"date": "交易日期", "amount": "收入", "reference": "流水号", "payer": "对方户名", "memo": "附言"}}
SETTLED = {"columns": {"date": "交易时间", "amount": "订单金额", "reference": "微信订单号", "order": "商户订单号"},
           "footer": "总交易单数"}


def setUpModule():
    global stack, partner  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("egress", "api", "scheduler"))
    user = stack.sql("select id from app_user where email = 'fiona@people.example'")[0][0]
    stack.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, token="pat")
    reply = stack.api("POST", "/v1/login", {"email": "fiona@people.example", "password": stack.passwords["fiona"],
                                            "tenant": "platform"})
    stack.tokens["fay"] = reply.json["token"]
    partner = payers.Standard()
    stack.api("POST", "/v1/platform/credentials", {"name": "pay", "value": partner.credential}, token="pat")
    stack.api("PUT", "/v1/platform/payment-providers/partner", {"kind": "standard", "title": "P", "credential": "pay"}, token="pat")
    for code, mapping in (("icbc", MAPPING), ("wechat", SETTLED)):
        reply = stack.api("PUT", f"/v1/platform/statement-formats/{code}", {"title": code, "mapping": mapping}, token="fay")
        assert reply.status == 200, reply.body
    # Above what one person may confirm.
    reply = stack.api("POST", "/v1/platform/editions", {
        "code": "team-large", "kind": "team", "title": {"en": "Large", "zh": "大型"}, "price_minor": 20 * PRICE, "currency": "CNY",
        "interval_unit": "month", "interval_count": 1}, token="fay")
    assert reply.status == 201, reply.body


def tearDownModule():
    stack.stop()


def unique():
    return uuid.uuid4().hex[:16]


def day(ago):
    """A day that is past in the platform's zone, wherever that is."""
    return stack.sql(f"select (lifecycle_now() at time zone platform_zone())::date - {ago}")[0][0]


def file_of(*lines, encoding="gb18030"):
    text = "某银行\n交易日期,流水号,收入,对方户名,附言\n" + "".join(",".join(line) + "\n" for line in lines) + "合计,,,,\n"
    return text.encode(encoding)


class Case(unittest.TestCase):
    maxDiff = 4000

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def order(self, **more):
        customer = self.ok(stack.api("POST", "/v1/platform/customers", {"kind": "company", "name": "A " + unique()}, token="fay"), 201)
        return self.ok(stack.api("POST", "/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"],
                                                                 "tenant_name": "A", **more}, token="fay"), 201)

    def statement(self, content, digest=None, format="icbc", token="fay"):  # pylint: disable=redefined-builtin
        body = {"format": format, "file_name": "bank.csv", "content": base64.b64encode(content).decode(), "dry_run": not digest}
        if digest:
            body["digest"] = digest
        return stack.api("POST", "/v1/platform/payments/statements", body, token=token)

    def apply(self, content):
        return self.ok(self.statement(content, self.ok(self.statement(content))["digest"]))

    def confirm(self, order, amount, reference):
        return self.ok(stack.api("POST", f"/v1/platform/orders/{order['id']}/confirm-payment", {
            "method": "bank", "reference": reference, "amount_minor": amount, "currency": "CNY", "received_on": day(2)}, token="fay"))

    def tasks(self):
        return {task["ref"]: task for task in
                self.ok(stack.api("GET", "/v1/platform/finance-tasks?limit=200", token="fay"))["items"]}

    def state(self, order):
        return self.ok(stack.api("GET", f"/v1/platform/orders/{order['id']}", token="fay"))["state"]


class Statements(Case):
    def test_a_statement_is_looked_at_applied_and_applied_again_without_effect(self):
        good, short, big, late = self.order(), self.order(), self.order(edition="team-large"), self.order()
        self.ok(stack.api("POST", f"/v1/platform/orders/{late['id']}/cancel", {}, token="fay"))
        refs = [unique() for _ in range(6)]
        content = file_of((day(2), refs[0], "299.00", "甲公司", f"订单{good['no']}"),
                          (day(2), refs[1], "298.00", "乙公司", short["no"]),
                          (day(2), refs[2], '"5,980.00"', "丙公司", big["no"]),
                          (day(2), refs[3], "299", "丁公司", late["no"]),
                          (day(1), refs[4], "12.00", "戊公司", "不知道是什么"),
                          (day(1), refs[5], "", "己公司", "付出"),
                          (day(1), refs[4], "12.00", "戊公司", "又一次"))
        counted = "select (select count(*) from payment), (select count(*) from finance_task), (select count(*) from statement_import)"
        before = stack.sql(counted)
        seen = self.ok(self.statement(content))
        self.assertEqual(stack.sql(counted), before, "a dry run changes nothing")
        self.assertEqual([item["verdict"] for item in seen["items"]],
                         ["settled", "partial", "approval", "late", "no_order", "repeated"])
        self.assertEqual((seen["counts"]["lines"], seen["counts"]["without_amount"]), (6, 1))
        self.assertEqual(self.statement(content, "0" * 64).code, "plan_stale")
        self.assertEqual(self.statement(content + b"\n", seen["digest"]).code, "plan_stale", "another file has another digest")
        done = self.ok(self.statement(content, seen["digest"]))
        self.assertEqual([item.get("result") for item in done["items"]], ["settled", "partial", "task", "late", "task", None])
        stacks.until(lambda: self.state(good) == "active", what="the order being active")
        self.assertEqual([self.state(o) for o in (short, big, late)], ["pending_payment", "pending_payment", "cancelled"])
        tasks = self.tasks()
        self.assertEqual((tasks[f"icbc:{refs[2]}"]["kind"], tasks[f"icbc:{refs[4]}"]["kind"]),
                         ("statement_approval", "statement_no_order"))
        # Again: everything was seen, or is a task already.
        self.assertEqual(self.statement(content, seen["digest"]).code, "plan_stale")
        again = self.ok(self.statement(content))
        self.assertEqual([item["verdict"] for item in again["items"]], ["seen", "seen", "approval", "seen", "no_order", "repeated"])
        after = stack.sql("select (select count(*) from payment), (select count(*) from finance_task)")
        self.ok(self.statement(content, again["digest"]))
        self.assertEqual(stack.sql("select (select count(*) from payment), (select count(*) from finance_task)"), after)
        # The same reference confirmed by hand is the same payment.
        hand = self.ok(stack.api("POST", f"/v1/platform/orders/{good['id']}/confirm-payment", {
            "method": "bank", "reference": refs[0], "amount_minor": PRICE, "currency": "CNY", "received_on": day(2)}, token="fay"))
        self.assertEqual(hand["result"], "duplicate")
        task = tasks[f"icbc:{refs[4]}"]["id"]
        ended = self.ok(stack.api("POST", f"/v1/platform/finance-tasks/{task}/done", {"outcome": "sent back"}, token="fay"))
        self.assertEqual(ended["outcome"], "sent back")
        self.assertEqual(stack.api("POST", f"/v1/platform/finance-tasks/{task}/done", {"outcome": "x"}, token="fay").code, "not_found")
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])

    def test_money_for_a_subscription_that_is_terminated_is_kept_whichever_way_it_comes(self):
        first = self.order()
        self.ok(stack.api("POST", f"/v1/platform/orders/{first['id']}/confirm-payment", {
            "method": "bank", "reference": unique(), "amount_minor": PRICE, "currency": "CNY", "received_on": day(1)}, token="fay"))
        stacks.until(lambda: self.state(first) == "active", what="the tenant")
        renewal = self.ok(stack.api("POST", "/v1/platform/orders", {
            "edition": "team-monthly", "customer_id": first["customer_id"], "subscription_id": first["subscription_id"]}, token="fay"), 201)
        # As public.subscription_terminate leaves it, three months later.
        stack.sql("update subscription set state = 'terminated', next_action_at = null, version = version + 1 "
                  f"where id = '{first['subscription_id']}'")
        refs = {(way, order["id"]): unique() for way in ("hook", "hand", "file") for order in (renewal, first)}
        self.assertEqual((self.state(first), self.state(renewal)), ("active", "pending_payment"))
        for order, result in ((renewal, "late"), (first, "paid_before")):
            txn = refs["hook", order["id"]]
            body, headers = partner.tell(order["no"], PRICE, txn=txn, event=unique())
            self.ok(stack.api("POST", "/v1/platform/payments/webhooks/partner", body, headers=headers))
            stacks.until(lambda: stack.sql(f"select 1 from payment_event where detail ->> 'txn' = '{txn}' and done_at is not null"),
                         what="the event")
            self.assertEqual(stack.sql(f"select outcome from payment_event where detail ->> 'txn' = '{txn}'"), [[result]])
            hand = self.ok(stack.api("POST", f"/v1/platform/orders/{order['id']}/confirm-payment", {
                "method": "bank", "reference": refs["hand", order["id"]], "amount_minor": PRICE, "currency": "CNY",
                "received_on": day(1)}, token="fay"))
            self.assertEqual(hand["result"], result)
            content = file_of((day(1), refs["file", order["id"]], "299.00", "甲公司", order["no"]))
            seen = self.ok(self.statement(content))
            self.assertEqual(seen["items"][0]["verdict"], result)
            self.assertEqual(self.ok(self.statement(content, seen["digest"]))["items"][0]["result"], result)
        for (way, order), ref in refs.items():
            with self.subTest(way=way, order=order):
                kept = stack.sql("select p.amount_minor, (select -sum(e.amount_minor) from ledger_entry e join ledger_txn t on "
                                 "t.id = e.txn where t.idem_key = 'receive:' || p.id and e.account = 'UNAPPLIED'), (select count(*) "
                                 f"from finance_task f where f.payment_id = p.id) from payment p where p.provider_txn = '{ref}'")
                self.assertEqual(kept, [[str(PRICE), str(PRICE), "1"]])
        self.assertEqual((self.state(first), self.state(renewal)), ("active", "pending_payment"))
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])

    def test_a_serial_that_comes_again_for_other_money_is_not_seen(self):
        """Banks begin their serials anew, and two banks are one method: a new customer's payment is never passed over."""
        first, second, ref = self.order(), self.order(), unique()
        self.apply(file_of((day(9), ref, "299.00", "甲公司", first["no"])))
        self.assertEqual(self.state(first) in ("activating", "active"), True)
        for line, verdict in (((day(9), ref, "299.00", "甲公司", first["no"]), "seen"),
                              ((day(8), ref, "299.00", "甲公司", first["no"]), "seen"),  # booked there a day later
                              ((day(9), ref, "299.00", "甲公司", ""), "seen"),
                              ((day(2), ref, "299.00", "乙公司", second["no"]), "conflict"),
                              ((day(9), ref, "299.00", "乙公司", second["no"]), "conflict"),
                              ((day(2), ref, "299.00", "乙公司", ""), "conflict"),
                              ((day(9), ref, "298.00", "甲公司", first["no"]), "conflict")):
            self.assertEqual(self.ok(self.statement(file_of(line)))["items"][0]["verdict"], verdict, line)
        self.apply(file_of((day(2), ref, "299.00", "乙公司", second["no"])))
        task = self.tasks()[f"icbc:{ref}"]
        self.assertEqual((task["kind"], task["order_id"]), ("statement_conflict", second["id"]))
        # As the task says: by hand, with the day in the reference.
        again = f"{ref} {day(2)}"
        self.assertIn(again, task["detail"]["remedy"]["en"])
        self.assertIn(f"icbc:{ref}", self.tasks())
        self.confirm(self.order(), PRICE, f"{ref} {day(3)}")  # another day's
        self.assertIn(f"icbc:{ref}", self.tasks(), "that is not this money")
        self.confirm(second, PRICE, again)
        self.assertIn(self.state(second), ("activating", "active"))
        self.assertNotIn(f"icbc:{ref}", self.tasks(), "it ended with its payment")
        for line, verdict in (((day(2), ref, "299.00", "乙公司", second["no"]), "seen"),
                              ((day(2), ref, "299.00", "乙公司", ""), "seen"),
                              ((day(2), ref, "298.00", "乙公司", second["no"]), "conflict"),
                              ((day(1), ref, "299.00", "乙公司", ""), "conflict"),
                              ((day(9), ref, "299.00", "甲公司", first["no"]), "seen")):
            self.assertEqual(self.ok(self.statement(file_of(line)))["items"][0]["verdict"], verdict, line)
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])

    def test_a_line_for_two_orders_is_a_task_and_its_parts_are_the_line(self):
        orders, ref = [self.order(), self.order()], unique()
        line = file_of((day(3), ref, "598.00", "甲公司", f"{orders[0]['no']} {orders[1]['no']}"))
        done = self.apply(line)
        self.assertEqual((done["items"][0]["verdict"], done["items"][0]["result"]), ("two_orders", "task"))
        task = self.tasks()[f"icbc:{ref}"]
        for no in (orders[0]["no"], orders[1]["no"], f"{ref}/1"):
            self.assertIn(no, task["detail"]["remedy"]["zh-CN"])
        self.assertEqual([self.state(order) for order in orders], ["pending_payment"] * 2)
        self.confirm(orders[0], PRICE, f"{ref}/1")
        self.assertEqual(self.ok(self.statement(line))["items"][0]["verdict"], "conflict", "half of it is not it")
        self.confirm(orders[1], PRICE, f"{ref}/2")
        self.assertEqual(self.ok(self.statement(line))["items"][0]["verdict"], "seen")
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])

    def test_a_task_of_a_line_ends_with_its_payment_and_one_that_a_person_ended_stays_ended(self):
        orders, alone, parts, wrong, back = [self.order(), self.order(), self.order()], *(unique() for _ in range(4))
        lines = file_of((day(2), alone, "299.00", "甲公司", "?"), (day(2), wrong, "5.00", "乙公司", "?"), (day(2), back, "7.00", "丙公司", "?"),
                        (day(2), parts, "598.00", "丁公司", f"{orders[1]['no']} {orders[2]['no']}"))
        self.assertEqual([item["result"] for item in self.apply(lines)["items"]], ["task"] * 4)
        opened = self.tasks()

        def ended(ref):
            return stack.sql("select done_at is not null, done_by is not null, outcome, payment_id from finance_task "
                             f"where id = '{opened[f'icbc:{ref}']['id']}'")[0]
        paid = self.confirm(orders[0], PRICE, alone)["payment_id"]
        self.assertEqual(ended(alone), ["t", "t", f"paid: payment {paid}, order {orders[0]['no']}", paid])
        self.confirm(orders[1], PRICE, f"{parts}/1")
        self.assertEqual(ended(parts)[0], "f", "half of it is not it")
        paid = self.confirm(orders[2], PRICE, f"{parts}/2")["payment_id"]
        self.assertEqual(ended(parts)[2:], [f"paid: payment {paid}, order {orders[2]['no']}", paid])
        self.confirm(orders[0], 400, wrong)
        self.assertEqual(ended(wrong)[0], "f", "another amount is another payment")
        self.ok(stack.api("POST", f"/v1/platform/finance-tasks/{opened[f'icbc:{back}']['id']}/done", {"outcome": "sent back"}, token="fay"))
        self.assertEqual([(item["verdict"], item.get("result")) for item in self.apply(lines)["items"]],
                         [("seen", None), ("conflict", "task"), ("no_order", "task_done"), ("seen", None)])
        self.assertEqual(ended(back)[2], "sent back")

    def test_a_day_is_the_day_of_the_platforms_zone(self):
        before = stack.sql("select platform_zone()")[0][0]
        zone = "update platform_setting set value = '\"{}\"' where key = 'timezone'"
        self.addCleanup(stack.sql, zone.format(before))
        for name in ("America/Los_Angeles", "Pacific/Auckland"):
            stack.sql(zone.format(name))
            order, hand, line = self.order(), unique(), unique()
            self.ok(stack.api("POST", f"/v1/platform/orders/{order['id']}/confirm-payment", {
                "method": "bank", "reference": hand, "amount_minor": 1, "currency": "CNY", "received_on": day(3)}, token="fay"))
            content = file_of((day(3), line, "0.02", "甲公司", order["no"]))
            self.ok(self.statement(content, self.ok(self.statement(content))["digest"]))
            for ago, there in ((2, False), (3, True), (4, False)):
                report = self.ok(stack.api("GET", f"/v1/platform/reports/payments?from={day(ago)}&to={day(ago)}&format=json", token="fay"))
                self.assertEqual([ref in json.dumps(report) for ref in (hand, line)], [there, there], (name, ago))
            refused = self.statement(file_of((day(-1), unique(), "0.02", "甲公司", order["no"])))
            self.assertEqual((refused.status, refused.code, refused.json["errors"][0]["code"]), (422, "invalid_input", "future"))
            self.assertIn("line 3", refused.json["detail"])

    def test_what_cannot_be_read_is_refused_whole(self):
        order, ref = self.order(), unique()
        good = (day(2), ref, "299.00", "甲", order["no"])
        for content in (file_of(good, ("2026-13-25", unique(), "1.00", "", "")), file_of(good, (day(2), "", "1.00", "", "")),
                        file_of(good, (day(2), unique(), "1.005", "", "")), b"\xff\xff\xff\xff", b"a,b\n1,2\n",
                        file_of(good).replace(b"\n", b"\0", 1)):
            reply = self.statement(content)
            self.assertEqual((reply.status, reply.code), (422, "invalid_input"), reply.body)
        self.assertEqual(self.statement(file_of(good), format="nobank").code, "invalid_input")
        self.assertEqual(self.statement(file_of(good), token="olivia").code, "not_found")
        body = {"format": "icbc", "file_name": "x", "content": "***", "dry_run": True}
        self.assertEqual(stack.api("POST", "/v1/platform/payments/statements", body, token="fay").code, "invalid_input")
        body = {"format": "icbc", "file_name": "x", "content": "YQ==", "dry_run": False}
        self.assertEqual(stack.api("POST", "/v1/platform/payments/statements", body, token="fay").code, "invalid_input")
        self.assertEqual(stack.sql(f"select count(*) from payment where provider_txn = '{ref}'"), [["0"]])
        self.assertEqual(self.ok(self.statement(file_of(good, encoding="utf-8")))["items"][0]["verdict"], "settled")

    def test_the_command_line_does_all_of_it(self):
        order, ref = self.order(), unique()
        path = stack.folder / "statement.csv"
        path.write_bytes(file_of((day(2), ref, "299.00", "甲公司", order["no"])))

        def cli(*words, status=0):
            done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words)], capture_output=True, timeout=60, check=False,
                                  env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8",
                                       "EXECGOV_TOKEN": stack.tokens["fay"], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            return done.stdout.decode()
        mapping = stack.folder / "mapping.json"
        mapping.write_text(json.dumps(MAPPING), encoding="utf-8")
        cli("payment", "format", "set", "cmb", mapping, "--title", "CMB")
        self.assertIn("cmb", cli("payment", "format", "ls"))
        self.assertIn("settled", cli("payment", "statement", "cmb", path))
        digest = json.loads(cli("payment", "statement", "cmb", path, "--json"))["digest"]
        cli("payment", "statement", "cmb", path, "--apply", digest)
        self.assertIn(self.state(order), ("activating", "active"))
        self.assertIn("partner", cli("payment", "provider", "ls"))
        cli("payment", "events")
        cli("task", "ls")


class Reconciliations(Case):
    def pay(self, amount=PRICE):
        """A payment the provider told us of today."""
        order, txn, event = self.order(), unique(), unique()
        body, headers = partner.tell(order["no"], amount, txn=txn, event=event)
        self.ok(stack.api("POST", "/v1/platform/payments/webhooks/partner", body, headers=headers))
        stacks.until(lambda: stack.sql(f"select 1 from payment where provider_txn = '{txn}'"), what="the payment")
        return txn

    def file(self, *rows):
        text = "﻿交易时间,微信订单号,商户订单号,订单金额\n" + "".join(f"`2026-11-26 10:00:00,`{txn},`{no},`{amount}\n"
                                                                     for txn, no, amount in rows) + "总交易单数\n`9\n"
        return text.encode()

    def reconcile(self, content, **more):
        return self.ok(stack.api("POST", "/v1/platform/payments/reconciliations", {
            "provider": "partner", "format": "wechat", "file_name": "settled.csv", "content": base64.b64encode(content).decode(),
            **more}, token="fay"))

    def test_every_difference_is_a_task_once_and_ends_with_a_better_file(self):
        same, other, gone = self.pay(), self.pay(), self.pay()
        strange = unique()
        content = self.file((same, "x", "299.00"), (other, "x", "298.00"), (strange, "x", "5.00"))
        before = stack.sql("select count(*) from finance_task where kind like 'reconcile%'")
        looked = self.reconcile(content, dry_run=True)
        self.assertEqual({item["txn"]: item["result"] for item in looked["items"] if item["txn"] in (same, other, gone, strange)},
                         {other: "amount_diff", strange: "missing_here", gone: "missing_there"})
        self.assertEqual(stack.sql("select count(*) from finance_task where kind like 'reconcile%'"), before)
        for _ in range(2):  # the same file again changes nothing
            kept = self.reconcile(content)
            self.assertEqual(kept["counts"]["matched"], 1)
            mine = {ref.split(":")[2]: task["kind"] for ref, task in self.tasks().items() if ref.startswith("partner:payment:")}
            self.assertEqual({txn: mine.get(txn) for txn in (same, other, gone, strange)},
                             {same: None, other: "reconcile_amount_diff", gone: "reconcile_missing_there",
                              strange: "reconcile_missing_here"})
        self.reconcile(self.file((same, "x", "299.00"), (other, "x", "299.00"), (gone, "x", "299.00")))
        left = [ref for ref in self.tasks() if ref.split(":")[-1] in (same, other, gone)]
        self.assertEqual(left, [])
        refund = self.reconcile(self.file((same, "x", "-1.00")))
        self.assertIn(("refund", "missing_here"), [(item["kind"], item["result"]) for item in refund["items"]])

    def test_a_refund_that_was_never_made_there_is_found(self):
        never, partly = self.pay(), self.pay()
        payment = {txn: stack.sql(f"select id, claimed_order from payment where provider_txn = '{txn}'")[0] for txn in (never, partly)}
        for txn, amount in ((never, 100), (partly, 200), (partly, 300)):
            stack.sql("with r as (insert into payment_return (id, payment_id, order_id, amount_minor, reference, reason, recorded_at) values "
                      f"(gen_random_uuid(), '{payment[txn][0]}', '{payment[txn][1]}', {amount}, '{unique()}', 'test', lifecycle_now())) "
                      f"update orders set refunded_minor = refunded_minor + {amount} where id = '{payment[txn][1]}'")
        today = day(0)
        both = ((never, "x", "299.00"), (partly, "x", "299.00"))

        def refunds(*rows):
            kept = self.reconcile(self.file(*both, *rows), day=today)
            return {item["txn"]: item["result"] for item in kept["items"] if item["kind"] == "refund" and item["txn"] in (never, partly)}
        self.assertEqual(refunds((partly, "x", "-2.00")), {never: "missing_there"}, "a part is not a difference")
        self.assertEqual(self.tasks()[f"partner:refund:{never}"]["kind"], "reconcile_missing_there")
        self.assertEqual(refunds((partly, "x", "-4.00")), {never: "missing_there", partly: "amount_diff"})
        self.assertEqual(refunds((partly, "x", "-5.00"), (never, "x", "-1.00")), {})
        self.assertEqual([ref for ref in self.tasks() if ref.split(":")[-1] in (never, partly)], [])

    def test_a_file_that_does_not_come_is_a_task(self):
        self.pay()
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/finance-tasks?limit=200", token="fay")) and
                         stack.sql("select reconciliation_due()"), [["0"]], "no file ever came")
        empty = self.file()
        reply = stack.api("POST", "/v1/platform/payments/reconciliations", {
            "provider": "partner", "format": "wechat", "file_name": "x", "content": base64.b64encode(empty).decode()}, token="fay")
        self.assertEqual((reply.status, reply.code), (422, "invalid_input"))
        self.reconcile(empty, day="2020-01-01")
        self.assertEqual(stack.sql("select reconciliation_due()"), [["1"]])
        day = stack.sql("select (now() at time zone (select value #>> '{}' from platform_setting where key = 'timezone'))::date - 2")[0][0]
        self.assertEqual(self.tasks()[f"partner:{day}"]["kind"], "reconcile_no_file")
        self.reconcile(empty, day=day)
        self.assertNotIn(f"partner:{day}", self.tasks())
        self.assertEqual(stack.sql("select reconciliation_due()"), [["0"]])


if __name__ == "__main__":
    unittest.main()
