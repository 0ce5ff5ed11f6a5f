"""execgov-lifecycle dies with kill -9 over payments, orders, scans and messages: nothing is lost, no payment or receipt comes
twice, a reminder at most once more under the same id. When its ticks fail, its figures say so."""
import collections
import http.server
import pathlib
import re
import signal
import sys
import threading
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import payers  # noqa: E402
from stack import Stack, until  # noqa: E402

ROUNDS, SUBSCRIPTIONS, PAYMENTS, EXPIRING = 4, 25, 15, 5  # the last three are new in each round
BOTH = ("lifecycle", "lifecycle-2")
SECONDS = 180  # for what takes a few on an idle machine
LAG, FAILURES = "execgov_lifecycle_lag_seconds", "execgov_lifecycle_tick_failures_total"
SUCCESS = "execgov_lifecycle_last_success_timestamp_seconds"


class Counter:
    """Counts what comes by its webhook-id, and answers only while its gate is open."""

    def __init__(self):
        self.ids, self.gate = [], threading.Event()
        counter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                self.rfile.read(int(self.headers["Content-Length"]))
                counter.ids.append(self.headers["webhook-id"])
                counter.gate.wait()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


def setUpModule():
    global stack, counter  # pylint: disable=global-variable-undefined
    stack, counter = Stack(("egress", "api")), Counter()
    partner = payers.Standard()

    def made(method, path, body):
        reply = stack.api(method, path, body, "pat")
        assert reply.status in (200, 201), reply.body
    made("POST", "/v1/platform/open-networks", {"purpose": "chat", "network": "127.0.0.0/8", "comment": "the tests' own"})
    made("POST", "/v1/platform/credentials", {"name": "hook", "value": "whsec_" + "c2VjcmV0IG9mIGEgd2ViaG9vaywgMjQrIGJ5dGVz"})
    for name in ("hook_a", "hook_b"):  # a webhook has one receiver
        made("PUT", f"/v1/platform/channels/{name}", {"kind": "webhook", "credential": "hook",
                                                      "settings": {"url": f"http://127.0.0.1:{counter.port}/{name}"}})
    made("POST", "/v1/platform/credentials", {"name": "partner", "value": partner.credential})
    made("PUT", "/v1/platform/payment-providers/partner", {"kind": "standard", "title": "partner", "credential": "partner",
                                                           "merchant": partner.merchant})
    customers()


def tearDownModule():
    counter.stop()
    stack.stop()


def customers():
    """Of each kind as many as all rounds need, with two contacts each: whose period ends, who pays for slots, who never pays."""
    stack.sql("insert into customer (id, kind, name) select gen_random_uuid(), 'company', what || n from (values "
              f"('ends', {ROUNDS * SUBSCRIPTIONS}), ('pays', {ROUNDS * PAYMENTS}), ('idle', {ROUNDS * EXPIRING})) k (what, many), "
              "generate_series(0, many - 1) n")
    stack.sql("insert into customer_contact (customer_id, channel, endpoint) select id, k, '-' from customer, (values ('hook_a'), ('hook_b')) h (k) "
              "where name ~ '^(ends|pays)'")
    stack.sql("insert into subscription (id, customer_id, edition_version, state, tz, anchor_date, anchor_no, period_no, paid_from_at, "
              "paid_until_date, paid_until_at, next_action_at) select gen_random_uuid(), c.id, v.id, 'active', 'Asia/Shanghai', d.day - 365, "
              "1, 1, now() - interval '353 days', d.day, d.day::timestamp at time zone 'Asia/Shanghai', now() + interval '1 day' from "
              "customer c, edition_version v, (select (now() at time zone 'Asia/Shanghai')::date + 12 as day) d where v.edition = 'team-yearly' "
              "and c.name like 'ends%'")
    stack.sql(f"select order_create(gen_random_uuid(), 'quota', c.id, null, '{stack.tenants['Harbour Hardware']['id']}', v.id, 1, false, 9900, 560, "
              "'{}', '{}', now() + interval '30 days', null, null, null) from customer c, edition_version v where v.edition = 'slot-pack-10' "
              "and c.name ~ '^(pays|idle)'")


def of_round(what, many, n):
    return f"c.name ~ '^{what}' and substr(c.name, 5)::integer between {n * many} and {(n + 1) * many - 1}"


def work_comes(n):
    """What is due in one round: scans, payments that were told and are not applied, orders whose time is over."""
    stack.sql(f"update subscription s set next_action_at = now() from customer c where c.id = s.customer_id and {of_round('ends', SUBSCRIPTIONS, n)}")
    stack.sql(f"update orders o set expires_at = now() from customer c where c.id = o.customer_id and {of_round('idle', EXPIRING, n)}")
    stack.sql("select payment_event_add('partner', 'told-' || o.no, 'x', repeat('0', 64), jsonb_build_object('kind', 'settled', 'event', "
              "'told-' || o.no, 'type', 't', 'txn', 'txn-' || o.no, 'order_no', o.no, 'amount_minor', 9900, 'currency', 'CNY', 'occurred_at', "
              f"'2026-11-26T00:00:00Z', 'merchant', 'acct-1')) from orders o join customer c on c.id = o.customer_id where {of_round('pays', PAYMENTS, n)}")


def office_hours():
    """Reminders that wait for the morning leave now."""
    stack.sql("update outbox set next_at = now() where channel like 'hook%' and state = 'pending' and next_at > now()")
    return True


def count(what):
    return int(stack.sql(f"select count(*) from {what}")[0][0])


def arrived(more):
    return lambda: office_hours() and len(counter.ids) >= more


class Killed(unittest.TestCase):
    def killed_in_a_round(self, n):
        """How many messages both processes died over: one while nobody answers, the other in the middle of the rest."""
        counter.gate.clear()
        for name in BOTH:
            stack.start(name)
        work_comes(n)
        before = len(counter.ids)
        until(arrived(before + 8), SECONDS, "some messages")
        first, second = BOTH if n % 2 else BOTH[::-1]
        self.assertEqual(stack.end(first, signal.SIGKILL), -signal.SIGKILL)
        counter.gate.set()
        until(arrived(before + 16), SECONDS, "more messages")
        self.assertEqual(stack.end(second, signal.SIGKILL), -signal.SIGKILL)
        # Both are dead, and so is what they held: two minutes of a lease, one of a payment.
        struck = count("outbox where state = 'sending'")
        stack.sql("update outbox set lease_until = now() where state = 'sending'")
        stack.sql("update payment_event set next_at = now() where status = 'received'")
        return struck

    def test_no_message_is_lost_and_none_that_may_come_once_comes_twice(self):
        struck = sum(self.killed_in_a_round(n) for n in range(ROUNDS))
        for name in BOTH:
            stack.start(name)
        until(lambda: count("payment_event where status = 'received'") == 0, SECONDS, "every payment being applied")
        until(lambda: office_hours() and count("outbox where channel like 'hook%'") == 2 * ROUNDS * (SUBSCRIPTIONS + PAYMENTS) and not count(
            "outbox where channel like 'hook%' and state in ('pending', 'retry', 'sending')"), SECONDS, "every message having ended")
        until(lambda: not count("orders where state = 'pending_payment' and expires_at <= now()"), SECONDS, "every order having ended")
        self.assertGreater(struck, 0)
        self.messages()
        self.money()
        for name in BOTH:
            self.assertEqual(stack.end(name), 0)

    def messages(self):
        came = collections.Counter(counter.ids)
        rows = stack.sql("select message_id, event, state, resends, attempts from outbox where channel like 'hook%'")
        self.assertLessEqual(set(came), {row[0] for row in rows})
        unknown = 0
        for message, event, state, resends, attempts in rows:
            with self.subTest(message=message, event=event, state=state, resends=resends):
                self.assertIn(state, ("sent", "unknown"))
                if state == "sent":
                    self.assertGreaterEqual(came[message], 1)
                if event == "payment.received":
                    self.assertLessEqual(came[message], 1)
                    self.assertEqual((resends, attempts), ("0", "1"))
                    unknown += state == "unknown"
                else:
                    self.assertLessEqual(came[message], 2)
                    self.assertLessEqual(int(resends), 1)
                    self.assertTrue(state == "sent" or resends == "1")
        self.assertEqual(count("finance_task f join outbox o on o.id::text = f.ref where f.kind = 'receipt_unknown' and f.done_at is null "
                               "and o.state = 'unknown' and o.event = 'payment.received'"), unknown)
        print(f"{len(rows)} messages, {sum(came.values())} came, {sum(n > 1 for n in came.values())} of them twice, {unknown} receipts unknown",
              file=sys.stderr)

    def money(self):
        whole = ROUNDS * PAYMENTS
        self.assertEqual(count("payment where provider = 'partner'"), whole)
        self.assertEqual(count("orders o join customer c on c.id = o.customer_id where c.name like 'pays%' and o.state = 'active'"), whole)
        self.assertEqual(stack.sql("select count(*), sum(delta) from quota_grant"), [[str(whole), str(10 * whole)]])
        self.assertEqual(count("outbox where event = 'payment.received'"), 2 * whole)
        ends = ROUNDS * SUBSCRIPTIONS
        self.assertEqual(stack.sql("select count(*), count(distinct subscription_id) from orders where kind = 'renewal'"), [[str(ends), str(ends)]])
        self.assertEqual(count("lifecycle_action where action = 'remind' and status = 'done'"), ends)
        self.assertEqual(stack.sql("select count(*), count(distinct order_id) from order_event where to_state = 'expired'"),
                         [[str(ROUNDS * EXPIRING)] * 2])


class Ticks(unittest.TestCase):
    @staticmethod
    def figures():
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.ports['lifecycle']}/metrics", timeout=10) as answer:
            return {name: float(value) for name, value in re.findall(r"^(execgov_lifecycle\S+) (\S+)$", answer.read().decode(), re.MULTILINE)}

    @staticmethod
    def of(phase):
        return f'execgov_lifecycle_phase_last_success_timestamp_seconds{{phase="{phase}"}}'

    def until(self, condition, what):
        def look():
            shown = self.figures()
            return condition(shown) and shown
        return until(look, SECONDS, what)

    def test_the_lag_grows_while_ticks_fail(self):
        stack.start("lifecycle")
        try:
            self.until(lambda m: m[SUCCESS] > 0 and m[LAG] == 0, "a tick without anything late")
            # Each scan fails, and something has been due for two hours.
            stack.sql("revoke execute on function policy_wake(integer) from execgov_lifecycle")
            stack.sql("update subscription set next_action_at = now() - interval '2 hours' where id = (select min(id::text)::uuid from subscription)")
            first = self.until(lambda m: m[LAG] >= 7200, "the lag being shown")
            again = self.until(lambda m: m[FAILURES] >= first[FAILURES] + 2 and m[LAG] > first[LAG], "its growing while ticks fail")
            self.assertEqual(again[SUCCESS], first[SUCCESS])
            self.assertEqual(again[self.of("scan")], first[self.of("scan")])
            self.assertGreater(again[self.of("inbox")], first[self.of("scan")])
        finally:
            stack.sql("grant execute on function policy_wake(integer) to execgov_lifecycle")
        well = self.until(lambda m: m[LAG] == 0 and m[SUCCESS] > again[SUCCESS], "a tick that ends well")
        self.assertGreater(well[self.of("scan")], again[self.of("scan")])
        self.assertEqual(stack.end("lifecycle"), 0)


if __name__ == "__main__":
    unittest.main()
