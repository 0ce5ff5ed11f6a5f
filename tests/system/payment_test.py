"""Payment providers tell over HTTP what happened; each fault has its rule, and none has an effect it should not."""
import concurrent.futures
import hashlib
import os
import pathlib
import sys
import time
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import payers  # noqa: E402
import stack as stacks  # noqa: E402

PRICE = 29900  # team-monthly, as seeded
PROVIDERS = {"stripe": payers.Stripe, "partner": payers.Standard, "wechat": payers.WeChatPay, "ali": payers.Alipay}


def setUpModule():
    global stack, providers  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("egress", "api", "scheduler"))
    user = stack.sql("select id from app_user where email = 'fiona@people.example'")[0][0]
    stack.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, token="pat")
    reply = stack.api("POST", "/v1/login", {"email": "fiona@people.example", "password": stack.passwords["fiona"],
                                            "tenant": "platform"})
    stack.tokens["fay"] = reply.json["token"]
    providers = {code: kind() for code, kind in PROVIDERS.items()}
    for code, provider in providers.items():
        made = stack.api("POST", "/v1/platform/credentials", {"name": f"pay-{code}", "value": provider.credential}, token="pat")
        assert made.status == 201, made.body
        body = {"kind": provider.kind, "title": code, "credential": f"pay-{code}"}
        body |= {name: getattr(provider, name) for name in ("merchant", "app") if getattr(provider, name)}
        put = stack.api("PUT", f"/v1/platform/payment-providers/{code}", body, token="pat")
        assert put.status == 200, put.body


def tearDownModule():
    stack.stop()


def unique():
    return uuid.uuid4().hex[:20]


class Case(unittest.TestCase):
    maxDiff = 4000

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json if "json" in reply.headers["Content-Type"] else reply.body

    def order(self, edition="team-monthly"):
        customer = self.ok(stack.api("POST", "/v1/platform/customers", {"kind": "company", "name": "Acme " + unique()},
                                     token="fay"), 201)
        return self.ok(stack.api("POST", "/v1/platform/orders", {"edition": edition, "customer_id": customer["id"],
                                                                 "tenant_name": "Acme"}, token="fay"), 201)

    def send(self, code, notice):
        body, headers = notice
        return stack.api("POST", f"/v1/platform/payments/webhooks/{code}", body, headers=headers)

    def told(self, code, order_no, amount, status=200, **more):
        """The notice was answered as it should; what became of the event."""
        event = unique()
        more = {"txn": unique(), "event": event, **more}
        self.ok(self.send(code, providers[code].tell(order_no, amount, **more)), status)
        if status == 200:
            return self.outcome(code, more["event"])
        return None

    def outcome(self, code, event):
        return stacks.until(lambda: [row for row in stack.sql(
            f"select outcome from payment_event where provider = '{code}' and event_id = '{event}' and status <> 'received'")],
            what=f"event {event} being applied")[0][0]

    def state(self, order):
        return self.ok(stack.api("GET", f"/v1/platform/orders/{order['id']}", token="fay"))["state"]

    def tasks(self, **wanted):
        items = self.ok(stack.api("GET", "/v1/platform/finance-tasks?limit=200", token="fay"))["items"]
        return [task["kind"] for task in items if all(task[name] == value for name, value in wanted.items())]

    def check(self):
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])


class Named(Case):
    def post(self, path, body=None, status=200):
        return self.ok(stack.api("POST", path, body or {}, token="fay"), status)

    def missing(self, reply):
        self.assertEqual((reply.status, reply.code), (404, "not_found"), reply.body)

    def test_an_order_is_named_by_its_number_as_by_its_id(self):
        customer = self.post("/v1/platform/customers", {"kind": "company", "name": "Acme " + unique()}, 201)
        draft = self.post("/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"], "tenant_name": "By its number",
                                                  "draft": True}, 201)
        at, paid = "/v1/platform/orders/" + draft["no"], {"method": "bank", "currency": "CNY", "received_on": "2026-11-26"}
        self.assertEqual(self.ok(stack.api("GET", at, token="fay"))["id"], draft["id"])
        self.assertEqual(self.post(at + "/publish")["state"], "pending_payment")
        self.assertEqual(self.post(at + "/report-payment")["state"], "payment_reported")
        half = self.post(at + "/confirm-payment", {**paid, "reference": unique(), "amount_minor": PRICE - 1})
        rest = self.post(f"/v1/platform/orders/{draft['id']}/confirm-payment", {**paid, "reference": unique(), "amount_minor": 1})
        self.assertEqual((half["result"], rest["result"]), ("partial", "partial"))
        parts = {"payment_ids": [half["payment_id"], rest["payment_id"]]}
        settled = self.post("/v1/platform/payments/apply", {"order_id": draft["no"], **parts})
        self.assertEqual((settled["result"], settled["order"]["id"]), ("settled", draft["id"]))
        self.assertEqual(self.post(at + "/activate")["order"]["state"], "active")
        self.assertEqual(stack.api("POST", at + "/cancel", {}, token="fay").code, "order_transition_invalid")
        refund = {"amount_minor": 100, "reference": unique(), "reason": "x", "choice": "keep"}
        asked = self.post(at + "/refund", refund, 202)["approval"]
        again = self.post(f"/v1/platform/orders/{draft['id']}/refund", refund, 202)["approval"]
        self.assertEqual((asked["params"]["order"], again["params"]), (draft["id"], asked["params"]), "it is one refund")
        for name in ("20990101-000001", "2099", "x", "%27", "%E5%8D%95", "0" * 60, "-"):
            self.missing(stack.api("GET", "/v1/platform/orders/" + name, token="fay"))
            self.missing(stack.api("POST", f"/v1/platform/orders/{name}/confirm-payment",
                                   {**paid, "reference": unique(), "amount_minor": PRICE}, token="fay"))
        self.missing(stack.api("POST", "/v1/platform/payments/apply", {"order_id": "20990101-000001", **parts}, token="fay"))


class Paid(Case):
    def test_each_provider_pays_an_order(self):
        for code, provider in providers.items():
            with self.subTest(code):
                order = self.order()
                self.assertEqual(self.told(code, order["no"], PRICE), "settled")
                stacks.until(lambda order=order: self.state(order) == "active", what="the order being active")
                row = stack.sql(f"select p.provider, p.method, p.amount_minor, p.currency from payment p where "
                                f"p.claimed_order = '{order['id']}'")
                self.assertEqual(row, [[code, code, str(PRICE), "CNY"]])
                body, headers = provider.tell(order["no"], PRICE, txn=unique())
                answer = stack.api("POST", f"/v1/platform/payments/webhooks/{code}", body, headers=headers)
                self.assertEqual(answer.body, {"ali": b"success"}.get(code, answer.body))
        self.check()

    def test_a_crowd_of_notices_is_kept_whole_and_each_once(self):
        """Those that come while a commit is on its way travel together: also the same one twice, and one id with other bytes."""
        order, events, changed = self.order(), [unique() for _ in range(60)], unique()
        notices = [providers["stripe"].tell("no-such-order", 100 + i, txn=unique(), event=event) for i, event in enumerate(events)]
        twice = providers["stripe"].tell(order["no"], PRICE, txn=unique(), event=unique())
        others = [providers["stripe"].tell("no-such-order", amount, txn="one", event=changed) for amount in (1, 2)]
        rows = int(stack.sql("select count(*) from payment_event")[0][0])
        with concurrent.futures.ThreadPoolExecutor(24) as crowd:
            replies = list(crowd.map(lambda notice: self.send("stripe", notice), [*notices, *[twice] * 12, *others, *notices]))
        self.assertEqual({reply.status for reply in replies}, {200})
        self.assertEqual(int(stack.sql("select count(*) from payment_event")[0][0]), rows + len(events) + 2)
        stored = dict(stack.sql(f"select event_id, sha256 from payment_event where event_id = any (array{events})"))
        self.assertEqual(stored, {event: hashlib.sha256(body if isinstance(body, bytes) else body.encode()).hexdigest()
                                  for event, (body, _) in zip(events, notices)}, "each its own bytes")
        self.assertEqual(stack.sql(f"select count(*) from finance_task where kind = 'event_changed' and ref like 'stripe:{changed}:%'"), [["1"]])
        stacks.until(lambda: self.state(order) == "active", what="the order being active")
        self.assertEqual(stack.sql(f"select count(*) from payment where claimed_order = '{order['id']}'"), [["1"]])
        self.check()

    def test_the_same_event_again_has_no_effect_and_the_same_answer(self):
        order, event = self.order(), unique()
        notice = providers["stripe"].tell(order["no"], PRICE, txn=unique(), event=event)
        first = self.send("stripe", notice)
        self.assertEqual(self.outcome("stripe", event), "settled")
        before = stack.sql("select (select count(*) from payment), (select count(*) from ledger_txn), "
                           "(select count(*) from payment_event), (select count(*) from finance_task)")
        for _ in range(20):
            again = self.send("stripe", notice)
            self.assertEqual((again.status, again.body), (first.status, first.body))
        self.assertEqual(stack.sql("select (select count(*) from payment), (select count(*) from ledger_txn), "
                                   "(select count(*) from payment_event), (select count(*) from finance_task)"), before)
        # Another event of the same payment: told before.
        txn = stack.sql(f"select provider_txn from payment where claimed_order = '{order['id']}'")[0][0]
        self.assertEqual(self.told("stripe", order["no"], PRICE, txn=txn), "duplicate")
        # The same id with other bytes, signed: kept as a task, without effect.
        other = self.order()
        self.ok(self.send("stripe", providers["stripe"].tell(other["no"], PRICE, txn=unique(), event=event)))
        self.assertIn("event_changed", self.tasks())
        self.assertEqual(self.state(other), "pending_payment")
        self.check()


class Refused(Case):
    def test_what_is_forged_late_or_early_is_refused_and_not_kept(self):
        order = self.order()
        before = stack.sql("select count(*) from payment_event")
        for code, provider in providers.items():
            body, headers = provider.tell(order["no"], PRICE, txn=unique())
            late = (3600 if code != "ali" else 27 * 3600)
            with self.subTest(code):
                forged = stack.api("POST", f"/v1/platform/payments/webhooks/{code}", body.replace(b"29900", b"19900")
                                   .replace(b"299.00", b"199.00") if code != "wechat" else body + b" ", headers=headers)
                self.assertEqual((forged.status, forged.code), (401, "unauthenticated"))
                for moment in (time.time() - late, time.time() + 600):
                    reply = self.send(code, provider.tell(order["no"], PRICE, txn=unique(), at=moment))
                    self.assertEqual((reply.status, reply.code), (401, "unauthenticated"))
                bare = stack.api("POST", f"/v1/platform/payments/webhooks/{code}", body,
                                 headers={"Content-Type": headers["Content-Type"]})
                self.assertEqual(bare.status, 401 if code != "ali" else 200)
        self.assertEqual(int(stack.sql("select count(*) from payment_event")[0][0]), int(before[0][0]) + 1)  # Alipay's bare one is whole
        unknown = stack.api("POST", "/v1/platform/payments/webhooks/nobody", b"{}", headers={"Content-Type": "application/json"})
        self.assertEqual((unknown.status, unknown.code), (404, "not_found"))
        large = stack.api("POST", "/v1/platform/payments/webhooks/stripe", b"x" * (256 * 1024 + 1),
                          headers={"Content-Type": "application/json"})
        self.assertEqual((large.status, large.code), (413, "body_too_large"))
        empty = stack.api("POST", "/v1/platform/payments/webhooks/stripe", b"", headers={"Content-Type": "application/json"})
        self.assertEqual(empty.status, 400)

    def test_a_provider_is_named_by_an_administrator_and_keeps_its_kind(self):
        path = "/v1/platform/payment-providers/stripe"
        body = {"kind": "stripe", "title": "Stripe", "credential": "pay-stripe"}
        self.assertEqual(stack.api("PUT", path, body, token="fay").code, "forbidden")
        self.assertEqual(stack.api("PUT", path, body, token="olivia").code, "not_found")
        self.assertEqual(stack.api("PUT", path, {**body, "kind": "alipay"}, token="pat").code, "conflict")
        self.assertEqual(stack.api("PUT", path, {**body, "credential": "gone"}, token="pat").code, "invalid_input")
        self.assertEqual(stack.api("PUT", path.upper().replace("/V1/PLATFORM/PAYMENT-PROVIDERS", "/v1/platform/payment-providers"),
                                   body, token="pat").code, "invalid_input")
        listed = self.ok(stack.api("GET", "/v1/platform/payment-providers", token="fay"))["items"]
        self.assertEqual([item["code"] for item in listed], sorted(PROVIDERS))
        # Switched off it is refused, a second later at most; and heard again.
        def code():
            return self.send("stripe", providers["stripe"].tell("no-such-order", 100, txn=unique())).code
        self.assertIsNone(code())
        self.ok(stack.api("PUT", path, {**body, "enabled": False}, token="pat"))
        stacks.until(lambda: code() == "not_found", what="its being refused")
        self.ok(stack.api("PUT", path, {**body, "enabled": True}, token="pat"))
        self.assertIsNone(code())
        used = stack.sql("select id from credential where name = 'pay-stripe'")[0][0]
        self.assertEqual(stack.api("DELETE", f"/v1/platform/credentials/{used}", token="pat").code, "conflict")


class Odd(Case):
    """Signed by the provider, and still not simply a payment of an order."""

    def test_wrong_amounts_and_currencies(self):
        order = self.order()
        self.assertEqual(self.told("partner", order["no"], PRICE - 1), "partial")
        self.assertEqual(self.told("partner", order["no"], PRICE, currency="USD"), "currency")
        self.assertEqual(self.told("partner", order["no"], PRICE, currency="QQQ"), "currency_unknown")
        self.assertEqual(self.state(order), "pending_payment")
        self.assertEqual(sorted(self.tasks(order_id=order["id"])), ["payment_currency", "payment_partial"])
        self.assertEqual(self.told("partner", order["no"], PRICE + 5), "settled")  # the excess is the customer's credit
        credit = stack.sql(f"select sum(amount_minor) from ledger_entry where account = 'CUSTOMER_CREDIT:{order['customer_id']}'")
        self.assertEqual(credit, [["-5"]])
        self.assertEqual(self.told("partner", order["no"], PRICE), "paid_before")
        self.check()

    def test_unknown_orders_other_merchants_and_cancelled_orders(self):
        txn = unique()
        self.assertEqual(self.told("partner", "no-such-order", PRICE, txn=txn), "unknown_order")
        kept = stack.sql(f"select id, claimed_order from payment where provider_txn = '{txn}'")
        self.assertEqual([row[1] for row in kept], [""])
        self.assertEqual(self.tasks(payment_id=kept[0][0]), ["payment_unmatched"])
        order = self.order()
        self.assertEqual(self.told("partner", order["no"], PRICE, merchant="somebody-else"), "merchant")
        self.assertEqual(stack.sql(f"select count(*) from payment where claimed_order = '{order['id']}'"), [["0"]])
        self.ok(stack.api("POST", f"/v1/platform/orders/{order['id']}/cancel", {}, token="fay"))
        self.assertEqual(self.told("partner", order["no"], PRICE), "late")
        self.assertEqual(self.state(order), "cancelled")
        # A payment that is known with another amount.
        self.assertEqual(self.told("partner", "no-such-order", PRICE - 1, txn=txn), "unknown_order")
        order = self.order()
        txn = unique()
        self.assertEqual(self.told("partner", order["no"], PRICE, txn=txn), "settled")
        self.assertEqual(self.told("partner", order["no"], PRICE + 1, txn=txn), "conflict")
        self.assertIn("payment_conflict", self.tasks())
        self.check()

    def test_events_out_of_order(self):
        order, txn = self.order(), unique()
        early = unique()
        self.ok(self.send("partner", providers["partner"].tell(order["no"], 100, txn=txn, event=early, what="refunded", refund="r1")))
        self.assertEqual(self.told("partner", order["no"], PRICE, txn=txn, what="expired"), "expired")
        self.assertEqual(self.told("partner", order["no"], PRICE, txn=txn), "settled")
        self.assertEqual(self.told("partner", order["no"], PRICE, txn=txn, what="failed"), "failed")
        self.assertIn(self.state(order), ("activating", "active"))
        # The refund that came first waits for its payment, and is a task then.
        self.assertEqual(stack.sql(f"select status from payment_event where event_id = '{early}'"), [["received"]])
        stack.sql(f"update payment_event set next_at = now() where event_id = '{early}'")
        self.assertEqual(self.told("partner", order["no"], PRICE, txn=txn), "duplicate")  # wakes the inbox
        self.assertEqual(self.outcome("partner", early), "refund_told")
        # One whose payment never comes is a task after a day.
        lost = unique()
        self.ok(self.send("partner", providers["partner"].tell("x", 5, txn=unique(), event=lost, what="refunded", refund="r9")))
        stacks.until(lambda: stack.sql(f"select 1 from payment_event where event_id = '{lost}' and outcome is not null"), what="a look")
        stack.sql(f"update payment_event set next_at = now(), received_at = now() - interval '2 days' where event_id = '{lost}'")
        self.told("partner", order["no"], PRICE, txn=txn)
        self.assertEqual(self.outcome("partner", lost), "refund_unmatched")
        self.check()

    def test_refunds_are_told_and_take_nothing_by_themselves(self):
        for code in providers:
            order, txn, reference = self.order(), unique(), unique()
            self.assertEqual(self.told(code, order["no"], PRICE, txn=txn), "settled")
            self.assertEqual(self.told(code, order["no"], 100, txn=txn, what="refunded", refund=reference), "refund_told")
            self.assertEqual(self.told(code, order["no"], PRICE + 1, txn=txn, what="refunded", refund=unique()), "refund_above_paid")
            payment = stack.sql(f"select id from payment where provider_txn = '{txn}'")[0][0]
            self.assertEqual(sorted(self.tasks(payment_id=payment)), ["refund_above_paid", "refund_by_provider"])
            refunded = self.ok(stack.api("GET", f"/v1/platform/orders/{order['id']}", token="fay"))["refunded"]
            self.assertEqual(refunded["amount_minor"], 0)
        # One that was recorded here under the same reference is known.
        self.returned(payment, order, 100, "known")
        self.assertEqual(self.told(code, order["no"], 100, txn=txn, what="refunded", refund="known"), "refund_known")


    def test_stripe_names_an_account_only_where_it_is_a_connected_one(self):
        path = "/v1/platform/payment-providers/stripe"
        body = {"kind": "stripe", "title": "stripe", "credential": "pay-stripe"}
        self.addCleanup(stack.api, "PUT", path, body, token="pat")
        self.ok(stack.api("PUT", path, {**body, "merchant": "acct_ours"}, token="pat"))
        order = self.order()
        self.assertEqual(self.told("stripe", order["no"], PRICE), "settled")  # as Stripe tells of payments to ourselves
        self.assertEqual(self.told("stripe", self.order()["no"], PRICE, account="acct_ours"), "settled")
        other = self.order()
        self.assertEqual(self.told("stripe", other["no"], PRICE, account="acct_theirs"), "merchant")
        self.assertEqual(self.state(other), "pending_payment")
        self.check()

    def disputed(self, dispute):
        """(done, outcome, remedy) of the dispute's task."""
        return stack.sql("select done_at is not null, outcome, detail #>> '{remedy,en}' from finance_task "
                         f"where kind = 'payment_disputed' and ref = 'stripe:{dispute}'")

    def test_a_dispute_is_a_task_until_it_is_won_or_recorded(self):
        order, txn, won, lost = self.order(), unique(), "dp_" + unique(), "dp_" + unique()
        self.assertEqual(self.told("stripe", order["no"], PRICE, txn=txn), "settled")

        def tell(dispute, status, amount=PRICE):
            return self.told("stripe", order["no"], amount, txn=txn, what="disputed", refund=dispute, said=status)
        self.assertEqual(tell(won, "needs_response"), "disputed")
        payment = stack.sql(f"select id from payment where provider_txn = '{txn}'")[0][0]
        self.assertEqual(self.tasks(payment_id=payment, order_id=order["id"]), ["payment_disputed"])
        self.assertIn("--kind dispute", self.disputed(won)[0][2])
        self.assertEqual((tell(won, "under_review"), self.tasks(payment_id=payment)), ("disputed", ["payment_disputed"]))
        self.assertEqual((tell(won, "won"), self.disputed(won)[0][:2]), ("dispute_won", ["t", "won"]))
        self.assertEqual((tell(won, "needs_response"), self.disputed(won)[0][:2]), ("disputed", ["t", "won"]), "its beginning came late")
        # Lost: what to record; recorded, it is over.
        self.assertEqual(tell(lost, "needs_response", 100), "disputed")
        self.assertEqual(tell(lost, "lost", 100), "dispute_lost")
        self.assertEqual(self.disputed(lost)[0][0], "f")
        self.assertIn(f"execgov order refund {order['no']} AMOUNT --reference {lost}", self.disputed(lost)[0][2])
        self.returned(payment, order, 100, lost)
        self.assertEqual(self.disputed(lost)[0][:2], ["t", "recorded"])
        # One of a payment that we do not have is somebody's task all the same.
        strange = "dp_" + unique()
        self.assertEqual(self.told("stripe", "x", 5, txn=unique(), what="disputed", refund=strange), "disputed")
        self.assertEqual(self.disputed(strange)[0][0], "f")
        self.check()

    def test_recording_a_refund_that_was_told_ends_its_task(self):
        order, txn, reference = self.order(), unique(), unique()
        self.assertEqual(self.told("stripe", order["no"], PRICE, txn=txn), "settled")
        self.assertEqual(self.told("stripe", order["no"], 100, txn=txn, what="refunded", refund=reference), "refund_told")
        payment = stack.sql(f"select id from payment where provider_txn = '{txn}'")[0][0]
        self.assertEqual(self.tasks(payment_id=payment), ["refund_by_provider"])
        self.returned(payment, order, 100, reference + "x")
        self.assertEqual(self.tasks(payment_id=payment), ["refund_by_provider"], "another refund is not this one")
        self.returned(payment, order, 100, reference)
        self.assertEqual(self.tasks(payment_id=payment), [])

    def returned(self, payment, order, amount, reference):
        """As order_refund writes it, whose two people are another test's."""
        stack.sql(f"with r as (insert into payment_return (id, payment_id, order_id, amount_minor, reference, reason) values "
                  f"(gen_random_uuid(), '{payment}', '{order['id']}', {amount}, '{reference}', 'test')) "
                  f"update orders set refunded_minor = refunded_minor + {amount} where id = '{order['id']}'")


class Without(Case):
    def test_without_egress_nothing_is_believed_and_the_provider_tries_again(self):
        order, event = self.order(), unique()
        stack.end("egress")
        notice = providers["stripe"].tell(order["no"], PRICE, txn=unique(), event=event)
        reply = self.send("stripe", notice)
        self.assertEqual((reply.status, reply.code), (503, "egress_unavailable"))
        stack.start("egress")
        self.ok(self.send("stripe", notice))
        self.assertEqual(self.outcome("stripe", event), "settled")

    def test_what_an_api_process_left_behind_the_lifecycle_applies_before_it_scans(self):
        order, event = self.order(), unique()
        says = (f'{{"kind": "settled", "event": "{event}", "type": "t", "txn": "{unique()}", "order_no": "{order["no"]}", '
                f'"amount_minor": {PRICE}, "currency": "CNY", "occurred_at": "2026-11-26T00:00:00Z", "merchant": "acct-1"}}')
        stack.end("api")
        stack.sql(f"select payment_event_add('partner', '{event}', 'x', repeat('0', 64), '{says}')")
        stack.start("lifecycle")
        self.assertEqual(self.outcome("partner", event), "settled")
        stack.start("api")
        stacks.until(lambda: self.state(order) == "active", what="the order being active")
        stack.end("lifecycle")

    def test_the_bytes_of_old_events_go_however_many_there_are_and_the_events_stay(self):
        stack.sql("insert into payment_event (provider, event_id, raw, sha256, verified, status, received_at) select 'partner', 'old-' || n, "
                  "'x', repeat('0', 64), true, 'done', now() - interval '401 days' from generate_series(1, 1100) n")
        stack.start("lifecycle")
        try:
            stacks.until(lambda: not stack.sql("select 1 from payment_event where event_id like 'old-%' and raw is not null limit 1"),
                         what="the bytes being gone")
        finally:
            stack.end("lifecycle")
        self.assertEqual(int(stack.sql("select count(*) from payment_event where event_id like 'old-%'")[0][0]), 1100)


if __name__ == "__main__":
    unittest.main()
