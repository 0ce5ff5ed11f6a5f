"""Reports, held against what the test did and against reckoning of its own; closing of months; one customer's timeline."""
import base64
import concurrent.futures
import csv
import datetime
import decimal
import hashlib
import io
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

PRICE, YEAR, SLOTS = 29900, 299000, 9900
ZONE = "Asia/Shanghai"
NAMES = ("orders", "payments", "unapplied", "ageing", "deferred-revenue", "renewals-due", "reminders", "shutdowns",
         "reconciliation", "invoices", "touches")
PERSONAL = {"name": "Pia's own", "kind": "personal", "users": [stacks.person("pia", "owner")]}  # has a limit of slots
FORMULAS = ("=HYPERLINK(\"http://evil.example\")", "+1+1", "-2+3", "@SUM(A1)", "＝1+1", "Comma, \"quoted\"")


def setUpModule():
    global stack, world  # pylint: disable=global-variable-undefined
    people = {**stacks.PEOPLE, "tenants": [*stacks.PEOPLE["tenants"], PERSONAL]}
    stack = stacks.Stack(("egress", "api", "scheduler", "lifecycle"), people)
    stack.sql("update scan_clock set test_allowed = true")
    stack.sql(f"update platform_setting set value = '\"{ZONE}\"' where key = 'timezone'")
    # Tomorrow morning, so that no midnight comes while the world is made.
    stack.sql(f"update scan_clock set last_at = lifecycle_now(), test_offset = ((clock_timestamp() at time zone '{ZONE}')::date + time '10:00' "
              f"+ interval '1 day') at time zone '{ZONE}' - clock_timestamp()")
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        email = f"{person}@people.example"
        user = stack.sql(f"select id from app_user where email = '{email}'")[0][0]
        stack.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, token="pat")
        reply = stack.api("POST", "/v1/login", {"email": email, "password": stack.passwords[person], "tenant": "platform"})
        stack.tokens[name] = reply.json["token"]
    world = World()


def tearDownModule():
    stack.stop()


def cli(*words, status=0, language="C.UTF-8"):
    done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words)], capture_output=True, timeout=300, check=False,
                          env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": language,
                               "EXECGOV_TOKEN": stack.tokens["fay"], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout


def ok(reply, status=200):
    assert reply.status == status, reply.body.decode(errors="replace")
    return reply.json


def post(path, body=None, token="fay", status=200):
    return ok(stack.api("POST", path, body if body is not None else {}, token=token), status)


def get(path, token="fay"):
    return ok(stack.api("GET", path, token=token))


def today():
    return datetime.date.fromisoformat(stack.sql(f"select (lifecycle_now() at time zone '{ZONE}')::date")[0][0])


def months_on(day, count):
    """So many months later, counted from this day; the last of the month where there is no such day."""
    month = day.month - 1 + count
    first = datetime.date(day.year + month // 12, month % 12 + 1, 1)
    after = datetime.date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + datetime.timedelta(days=day.day - 1), after - datetime.timedelta(days=1))


def halves_up(amount, part, whole):
    return int((decimal.Decimal(amount) * part / whole).quantize(decimal.Decimal(1), rounding=decimal.ROUND_HALF_UP))


def net_of(amount):
    """Without the 6 % that are in it."""
    return amount - round(decimal.Decimal(amount) * 600 / 10600)


class World:
    """Everything that was bought and paid, as the test did it. `lines`: {order no: (paid on, start, end, net)}"""

    def __init__(self):
        self.lines, self.payments, self.orders, self.created = {}, [], [], today()
        self.partner = payers.Standard()
        post("/v1/platform/credentials", {"name": "pay", "value": self.partner.credential}, token="pat", status=201)
        ok(stack.api("PUT", "/v1/platform/payment-providers/partner", {"kind": "standard", "title": "P", "credential": "pay"},
                     token="pat"))
        for name in FORMULAS:
            self.pay_by_hand(self.order(name))
        self.plain = self.order("Plain")
        self.pay_by_hand(self.plain)
        self.over = self.order("Overpays")
        self.pay_by_hand(self.over, PRICE + 250)
        self.owing = self.order("Owes")
        self.part = self.order("Partly")
        self.hand(self.part, 10000)
        late = self.order("Late")
        post(f"/v1/platform/orders/{late['id']}/cancel")
        self.hand(late, PRICE)
        # One that settled nothing and went back.
        self.back = self.order("Back")
        post(f"/v1/platform/orders/{self.back['id']}/cancel")
        self.hand(self.back, PRICE)
        stack.sql("insert into payment_return (id, payment_id, amount_minor, reference, reason, recorded_at) select gen_random_uuid(), id, "
                  f"amount_minor, 'B-1', 'late', lifecycle_now() from payment where claimed_order = '{self.back['id']}'")
        self.alone, self.helped = self.order("Alone"), self.order("Helped")
        for one in (self.alone, self.helped):
            self.pay_by_hand(one)
        self.slots = post("/v1/platform/orders", {"edition": "slot-pack-10", "tenant_id": stack.tenants[PERSONAL["name"]]["id"],
                                                  "customer_id": self.customer("Harbour")}, status=201)
        self.hand(self.slots, SLOTS)
        self.lines[self.slots["no"]] = (today(), None, None, net_of(SLOTS))
        # Ten days on, one goes from month to year.
        cli("lifecycle", "clock", "--days", 10)
        self.upgrade = post("/v1/platform/orders", {"edition": "team-yearly", "subscription_id": self.plain["subscription_id"]},
                            status=201)
        self.hand(self.upgrade, self.upgrade["amount"]["amount_minor"])
        self.changed = today()
        # The renewals are drafted and published by themselves; one is told by a provider, one confirmed by hand.
        self.messages_left()
        cli("lifecycle", "clock", "--days", 14)
        self.renewals = {}
        for one in (self.alone, self.helped):
            subscription = get(f"/v1/platform/subscriptions/{one['subscription_id']}")
            self.renewals[one["no"]] = get(f"/v1/platform/orders/{subscription['renewal_order']}")
        told, by_hand = self.renewals[self.alone["no"]], self.renewals[self.helped["no"]]
        body, headers = self.partner.tell(told["no"], PRICE, txn=uuid.uuid4().hex)
        assert stack.api("POST", "/v1/platform/payments/webhooks/partner", body, headers=headers).status == 200
        stacks.until(lambda: get(f"/v1/platform/orders/{told['id']}")["state"] == "active", what="the renewal being active")
        self.payments.append((told["no"], PRICE))
        self.hand(by_hand, PRICE)
        for one, order in ((self.alone, told), (self.helped, by_hand)):
            start, end = self.lines[one["no"]][2], months_on(self.created, 2)
            self.lines[order["no"]] = (today(), start, end, net_of(PRICE))
        # Everybody else is shut down.
        self.messages_left()
        cli("lifecycle", "clock", "--days", 16)
        self.messages_left()

    @staticmethod
    def messages_left():
        """Before the clock goes on: a reminder that waits meanwhile is too late."""
        stacks.until(lambda: stack.sql("select count(*) from outbox where event like 'subscription.%' and next_at <= lifecycle_now() "
                                       "and state in ('pending', 'retry', 'sending')") == [["0"]], what="messages having left")

    def customer(self, name):
        made = post("/v1/platform/customers", {"kind": "company", "name": name, "contacts": ["bills@acme.example"]}, status=201)
        return made["id"]

    def order(self, name):
        made = post("/v1/platform/orders", {"edition": "team-monthly", "customer_id": self.customer(name), "tenant_name": "T"},
                    status=201)
        self.orders.append(made)
        return made

    def hand(self, order, amount):
        post(f"/v1/platform/orders/{order['id']}/confirm-payment", {
            "method": "bank", "reference": uuid.uuid4().hex, "amount_minor": amount, "currency": "CNY",
            "received_on": str(today())})
        self.payments.append((order["no"], amount))

    def pay_by_hand(self, order, amount=PRICE):
        self.hand(order, amount)
        self.lines[order["no"]] = (today(), today(), months_on(today(), 1), net_of(PRICE))

    def earned(self, day):
        """{order no: (net, moved, recognised, deferred)} at the end of a day, by the test's own reckoning."""
        lines, moved = {}, 0
        for no, (paid, start, end, net) in self.lines.items():
            if paid > day:
                continue
            used = halves_up(net, max(0, min((day - start).days + 1, (end - start).days)), (end - start).days) if start else net
            if no == self.plain["no"] and self.changed <= day:
                used = halves_up(net, (self.changed - start).days, (end - start).days)
                moved = net - used
                lines[no] = (net, -moved, used, 0)
            else:
                lines[no] = (net, 0, used, net - used)
        if self.changed <= day:
            net = self.upgrade["amount"]["amount_minor"] - self.upgrade["tax"]["amount_minor"]
            end = months_on(self.changed, 12)
            used = halves_up(net + moved, min((day - self.changed).days + 1, (end - self.changed).days), (end - self.changed).days)
            lines[self.upgrade["no"]] = (net, moved, used, net + moved - used)
        return lines


def report(name, **query):
    words = "&".join(f"{key}={value}" for key, value in query.items())
    return get(f"/v1/platform/reports/{name}?{words}")


def minor(item, column):
    return item[column]["amount_minor"]


class Case(unittest.TestCase):
    maxDiff = 6000

    def span(self):
        return {"from": str(world.created), "to": str(today())}


class Figures(Case):
    def test_orders_are_all_that_were_made(self):
        shown = report("orders", **self.span())
        by_no = {item["order_no"]: item for item in shown["items"]}
        for order in world.orders:
            self.assertEqual((minor(by_no[order["no"]], "amount"), by_no[order["no"]]["kind"]), (PRICE, "new"))
            paid = world.lines.get(order["no"])
            self.assertEqual(by_no[order["no"]]["paid_on"], str(paid[0]) if paid else None)
        rows = stack.sql("select count(*), sum(amount_minor), sum(tax_minor) from orders")[0]
        self.assertEqual([shown["rows"], shown["sums"]["CNY"]["amount"], shown["sums"]["CNY"]["tax"]], list(map(int, rows)))
        day = report("orders", **{"from": str(world.changed), "to": str(world.changed)})
        self.assertIn(world.upgrade["no"], [item["order_no"] for item in day["items"]])
        self.assertNotIn(world.plain["no"], [item["order_no"] for item in day["items"]])

    def test_applied_credit_and_unapplied_are_what_came(self):
        # The provider says that its payment came on the 26th (payers.py).
        shown = report("payments", **{"from": "2026-11-26", "to": str(today())})
        self.assertEqual(sorted((item["order_no"], minor(item, "amount")) for item in shown["items"]), sorted(world.payments))
        for item in shown["items"]:
            self.assertEqual(minor(item, "applied") + minor(item, "credit") + minor(item, "unapplied"),
                             minor(item, "amount") - minor(item, "returned"), item)
        sums = shown["sums"]["CNY"]
        self.assertEqual((sums["credit"], sums["unapplied"], sums["returned"]), (250, 10000 + PRICE, PRICE))
        self.assertEqual(sums["amount"], sum(amount for _, amount in world.payments))
        waiting = report("unapplied", as_of=str(today()))
        self.assertEqual(sorted((item["customer"], item["task"], minor(item, "amount")) for item in waiting["items"]),
                         [("Late", "payment_late", PRICE), ("Partly", "payment_partial", 10000)])
        self.assertEqual(waiting["sums"]["CNY"]["amount"], sums["unapplied"])
        self.assertEqual({item["days"] for item in waiting["items"]}, {(today() - world.created).days})
        before = report("unapplied", as_of=str(world.created - datetime.timedelta(days=1)))
        self.assertEqual((before["rows"], before["sums"]), (0, {}))

    def test_what_is_owed_is_in_the_column_of_its_age(self):
        first = report("ageing", as_of=str(world.created))
        self.assertEqual({(i["customer"], minor(i, "days_0_30"), i["days"]) for i in first["items"]},
                         {("Owes", PRICE, 0), ("Partly", PRICE, 0)})
        # Renewals stay payable for long: nobody paid that of Overpays.
        subscription = get(f"/v1/platform/subscriptions/{world.over['subscription_id']}")
        order = get(f"/v1/platform/orders/{subscription['renewal_order']}")
        since = datetime.date.fromisoformat(stack.sql(
            f"select (min(at) at time zone '{ZONE}')::date from order_event where order_id = '{order['id']}' and event = 'published'")[0][0])
        for days, column in ((0, "days_0_30"), (30, "days_0_30"), (31, "days_31_60"), (60, "days_31_60"), (61, "days_61_90"),
                             (90, "days_61_90"), (91, "days_over_90")):
            shown = report("ageing", as_of=str(since + datetime.timedelta(days=days)))
            owing = next(item for item in shown["items"] if item["order_no"] == order["no"])
            self.assertEqual((owing["days"], minor(owing, column), minor(owing, "amount")), (days, PRICE, PRICE))
            self.assertEqual(sum(shown["sums"]["CNY"][name] for name in shown["sums"]["CNY"] if name.startswith("days_")),
                             shown["sums"]["CNY"]["amount"])
        before = report("ageing", as_of=str(since - datetime.timedelta(days=1)))
        self.assertNotIn(order["no"], [item["order_no"] for item in before["items"]])

    def test_recognised_and_deferred_are_what_was_paid_on_every_day(self):
        for ahead in (-1, 0, 1, 9, 10, 11, 24, 30, 31, 35, 59, 60, 100, 364, 365, 374, 375, 376, 800):
            day = world.created + datetime.timedelta(days=ahead)
            shown, expected = report("deferred-revenue", as_of=str(day)), world.earned(day)
            with self.subTest(day=str(day)):
                self.assertEqual({i["order_no"]: (minor(i, "net"), minor(i, "moved"), minor(i, "recognised"), minor(i, "deferred"))
                                  for i in shown["items"]}, expected)
                sums = shown["sums"].get("CNY", {"net": 0, "moved": 0, "recognised": 0, "deferred": 0})
                self.assertEqual(sums["recognised"] + sums["deferred"], sums["net"])
                self.assertEqual(sums["moved"], 0)

    def test_renewals_reminders_and_shutdowns_are_what_the_scans_did(self):
        due = report("renewals-due", **{"from": str(world.created), "to": str(today() + datetime.timedelta(days=400))})
        self.assertEqual({item["customer"]: item["paid_until"] for item in due["items"]}, {
            "Plain": str(months_on(world.changed, 12)),
            "Alone": str(months_on(world.created, 2)), "Helped": str(months_on(world.created, 2))})
        shut = report("shutdowns", **self.span())
        expected = {*FORMULAS, "Overpays"}
        self.assertEqual({item["customer"] for item in shut["items"]}, expected)
        for item in shut["items"]:
            self.assertEqual((item["from_state"], item["to_state"], item["cause"], item["by"], item["paid_until"], item["back_at"]),
                             ("grace", "shutdown", "scan", None, str(months_on(world.created, 1)), None))
            self.assertLess(item["final_notice_at"], item["at"])
        # As if one customer had paid while his reminder waited.
        stack.sql("update outbox set state = 'suppressed', reason = 'paid_meanwhile' where id = (select id from outbox "
                  "where event = 'subscription.reminder' order by id limit 1)")
        told = report("reminders", **self.span())
        states = {row[0]: int(row[1]) for row in stack.sql(
            "select state, count(*) from outbox where event like 'subscription.%' group by 1")}
        shown = {}
        for item in told["items"]:
            if item["state"]:
                shown[item["state"]] = shown.get(item["state"], 0) + 1
        self.assertEqual(shown, states)
        # The clock leaps by weeks here: others may have been too late.
        reasons = [row[0] for row in stack.sql("select reason from outbox where event like 'subscription.%' and state = 'suppressed'")]
        self.assertEqual(sorted(i["reason"] for i in told["items"] if i["state"] == "suppressed"), sorted(reasons))
        self.assertIn("paid_meanwhile", reasons)
        decided = int(stack.sql("select count(*) from lifecycle_action where action in ('remind', 'grace', 'shutdown', 'cancel')")[0][0])
        self.assertEqual(told["rows"], decided, "one receiver each")
        self.assertEqual(sorted({item["customer"] for item in told["items"] if item["window"] == "G-1"}), sorted(expected))

    def reconcile(self, *rows):
        text = "交易时间,微信订单号,商户订单号,订单金额\n" + "".join(f"`2026-11-26 10:00:00,`{txn},`x,`{amount}\n" for txn, amount in rows)
        return post("/v1/platform/payments/reconciliations", {
            "provider": "partner", "format": "settled", "file_name": f"{len(rows)}.csv",
            "content": base64.b64encode((text + "总交易单数\n`9\n").encode()).decode()})

    def test_lines_of_settlement_files_and_their_tasks_are_reported(self):
        ok(stack.api("PUT", "/v1/platform/statement-formats/settled", {"title": "S", "mapping": {
            "columns": {"date": "交易时间", "amount": "订单金额", "reference": "微信订单号", "order": "商户订单号"},
            "footer": "总交易单数"}}, token="fay"))
        txn = stack.sql("select provider_txn from payment where provider = 'partner'")[0][0]
        self.reconcile(("strange-1", "5.00"))
        span = {"from": "2026-11-26", "to": "2026-11-26"}

        def seen():
            return {(i["txn"], i["result"]): (minor(i, "amount"), i["task"], i["outcome"], i["by"], i["file"])
                    for i in report("reconciliation", **span)["items"]}
        self.assertEqual(seen(), {(txn, "missing_there"): (PRICE, "open", None, None, None),
                                  ("strange-1", "missing_here"): (500, "open", None, None, "1.csv")})
        task = next(t for t in get("/v1/platform/finance-tasks?limit=200")["items"] if t["ref"] == "partner:payment:strange-1")
        post(f"/v1/platform/finance-tasks/{task['id']}/done", {"outcome": "not ours"})
        self.reconcile((txn, "299.00"), ("other-2", "7.00"))
        self.assertEqual(seen(), {
            (txn, "matched"): (PRICE, None, None, None, "2.csv"), (txn, "missing_there"): (PRICE, "done", "matched", "fiona@people.example", None),
            ("strange-1", "missing_here"): (500, "done", "not ours", "fiona@people.example", "1.csv"),
            ("other-2", "missing_here"): (700, "open", None, None, "2.csv")})
        self.assertEqual(report("reconciliation", **span)["sums"], {"CNY": {"amount": 2 * PRICE + 1200}})
        self.assertEqual(report("reconciliation", **{"from": "2026-11-27", "to": "2026-12-31"})["rows"], 0)

    def test_a_renewal_that_a_provider_told_was_touched_by_nobody(self):
        shown = report("touches", **self.span())
        seen = {item["customer"]: (item["touches"], item["acts"], item["providers"]) for item in shown["items"]}
        self.assertEqual(seen, {"Alone": (0, None, "partner"), "Helped": (1, "order.paid", "manual:bank")})
        self.assertEqual(shown["totals"], {"touches": 1})


class Files(Case):
    def raw(self, name, language="en", **query):
        words = "&".join(f"{key}={value}" for key, value in {"format": "csv", **query}.items())
        reply = stack.api("GET", f"/v1/platform/reports/{name}?{words}", token="fay", headers={"Accept-Language": language})
        self.assertEqual((reply.status, reply.headers["Content-Type"]), (200, "text/csv; charset=utf-8"), reply.body)
        return reply

    def test_every_report_is_whole_in_both_forms(self):
        for name in NAMES:
            with self.subTest(name):
                span = {"as_of": str(today())} if name in ("unapplied", "ageing", "deferred-revenue") else self.span()
                shown, reply = report(name, **span), self.raw(name, **span)
                text = reply.body.decode()
                self.assertIn(f'filename="{name}-', reply.headers["Content-Disposition"])
                body = text[:text.index("# rows ")]
                rows = list(csv.reader(io.StringIO(text, newline="")))
                columns = len(rows[0])
                self.assertTrue(all(len(row) == columns for row in rows), "as many fields in every line")
                self.assertTrue(text.endswith("\r\n"))
                self.assertEqual(rows[-1][0], "# sha256 " + hashlib.sha256(body.encode()).hexdigest())
                records = list(csv.reader(io.StringIO(body, newline="")))[1:]
                footer = [row[0] for row in rows[len(records) + 1:]]
                self.assertEqual(footer[0], f"# rows {len(records)}")
                self.assertEqual(len(records), shown["rows"])
                for row in rows[len(records) + 1:]:
                    if row[0].startswith("# sum CNY"):
                        self.sums_match(rows[0], row, records)
                lines = json_lines(name, span)
                self.assertEqual(shown["sha256"], hashlib.sha256(lines).hexdigest())

    def sums_match(self, headings, row, records):
        for i, cell in enumerate(row[1:], 1):
            if cell:
                self.assertEqual(decimal.Decimal(cell), sum(decimal.Decimal(record[i]) for record in records), headings[i])

    def test_no_cell_is_a_formula(self):
        shown = self.raw("orders", **self.span()).body.decode()
        cells = {cell for row in csv.reader(io.StringIO(shown, newline="")) for cell in row}
        for name in FORMULAS[:5]:
            self.assertIn("'" + name, cells)
            self.assertNotIn(name, cells)
        for name in FORMULAS[5:]:
            self.assertIn(name, cells)
        self.assertIn("299.00", cells)

    def test_headings_and_the_mark_are_the_readers(self):
        chinese, english = self.raw("orders", "zh-CN").body, self.raw("orders").body
        self.assertTrue(chinese.startswith(b"\xef\xbb\xbf" + "订单号,创建时间".encode()), chinese[:60])
        self.assertTrue(english.startswith(b"Order,Created"), english[:60])
        self.assertTrue(self.raw("orders", bom="true").body.startswith(b"\xef\xbb\xbfOrder"))
        self.assertTrue(self.raw("orders", "zh-CN", bom="false").body.startswith("订单号".encode()))

    def test_bad_input_is_refused_with_a_remedy(self):
        for path, status, code in (("nothing", 404, "not_found"), ("orders?from=2026-02-30", 422, "invalid_input"),
                                   ("orders?from=2027-01-02&to=2027-01-01", 422, "invalid_input"),
                                   ("orders?from=2001-01-02&to=2027-01-01", 422, "invalid_input"),
                                   ("orders?as_of=2027-01-01", 422, "invalid_input"), ("ageing?from=2027-01-01", 422, "invalid_input"),
                                   ("orders?format=xls", 422, "invalid_input"), ("orders?currency=QQQ", 422, "invalid_input"),
                                   ("orders?timezone=Mars/Olympus", 422, "invalid_input")):
            reply = stack.api("GET", f"/v1/platform/reports/{path}", token="fay")
            self.assertEqual((reply.status, reply.code), (status, code), reply.body)
        for token, status in (("olivia", 404), ("fiona", 404), ("pat", 200)):
            self.assertEqual(stack.api("GET", "/v1/platform/reports/orders", token=token).status, status, token)

    def test_a_currency_and_a_zone_narrow_it(self):
        self.assertEqual(report("orders", currency="USD", **self.span())["rows"], 0)
        everything = report("orders", currency="CNY", **self.span())["rows"]
        self.assertEqual(everything, report("orders", **self.span())["rows"])
        counted = sum(report("orders", timezone="Pacific/Kiritimati", **{"from": str(d), "to": str(d)})["rows"] for d in (
            world.created + datetime.timedelta(days=n) for n in range(-1, (today() - world.created).days + 3)))
        self.assertEqual(counted, everything, "each order is of one day")

    def test_reading_a_report_is_in_the_audit(self):
        shown = report("shutdowns", **self.span())
        rows = stack.sql("select detail ->> 'sha256' from platform_audit where action = 'report.read' and subject = 'shutdowns'")
        self.assertIn([shown["sha256"]], rows)


class Large(Case):
    ROWS = 30000

    def test_many_rows_are_whole_and_the_sums_exact(self):
        """More than any buffer on the way holds; read by two at once, and a third has to wait or is served."""
        stack.sql(f"""insert into payment (id, provider, provider_txn, method, amount_minor, currency, received_at)
            select gen_random_uuid(), 'bulk', 'bulk-' || n, 'bulk', n, 'JPY', timestamptz '2001-02-03 04:05:06Z' from generate_series(1, {self.ROWS}) n""")
        path = "/v1/platform/reports/payments?from=2001-02-03&to=2001-02-03&format=csv"
        text = stack.api("GET", path, token="fay").body.decode()
        body = text[:text.index("# rows ")]
        records = list(csv.reader(io.StringIO(body, newline="")))[1:]
        self.assertEqual(len({row[3] for row in records}), self.ROWS)
        self.assertGreater(len(body), 2 * 1024 * 1024)
        total = self.ROWS * (self.ROWS + 1) // 2
        self.assertIn(f"# sum JPY,,,,,,,{total},0,0,{total},0,,\r\n", text)
        self.assertTrue(text.endswith("# sha256 " + hashlib.sha256(body.encode()).hexdigest() + "," * 13 + "\r\n"))
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(lambda _: stack.api("GET", path, token="fay"), range(5)))
        self.assertLessEqual({(a.status, a.code) for a in answers}, {(200, None), (503, "overloaded")})
        self.assertEqual({a.body.decode() for a in answers if a.status == 200}, {text})
        self.assertIn(200, [a.status for a in answers])
        self.assertEqual(stack.api("GET", path, token="fay").status, 200, "whoever was refused comes back")
        stacks.until(lambda: stack.sql("select count(*) from pg_stat_activity where application_name = 'execgov-api report'") == [["0"]],
                     what="its connections having gone")


def json_lines(name, span):
    """What the digest of the JSON is of, taken from the text as it came."""
    words = "&".join(f"{key}={value}" for key, value in span.items())
    text = stack.api("GET", f"/v1/platform/reports/{name}?{words}", token="fay").body.decode()
    inside = text[text.index('"items":[') + len('"items":['):text.index('\n],"rows":')]
    return "".join(line.removesuffix(",") + "\n" for line in inside.split("\n") if line).encode()


class CommandLine(Case):
    def test_a_report_is_a_file_or_the_screen(self):
        path = stack.folder / "orders.csv"
        cli("report", "orders", "--from", world.created, "--to", today(), "--output", path)
        text = path.read_bytes()
        self.assertEqual(text, b"\xef\xbb\xbf" + cli("report", "orders", "--from", world.created, "--to", today()))
        cli("report", "orders", "--output", path, status=4)
        self.assertEqual(path.read_bytes(), text)
        cli("report", "orders", "--output", path, "--force", language="zh_CN.UTF-8")
        self.assertTrue(path.read_bytes().startswith(b"\xef\xbb\xbf"))
        self.assertEqual(json.loads(cli("report", "ageing", "--as-of", world.created, "--json"))["rows"], 2)
        self.assertIn(b"deferred-revenue", cli("report", "ls"))
        cli("report", "orders", "--from", "soon", status=2)
        self.assertEqual([p.name for p in stack.folder.glob("orders.csv*")], ["orders.csv"])

    def test_a_customer_is_one_timeline_page_by_page(self):
        customer = world.helped["customer_id"]
        whole, path, cursor = [], f"/v1/platform/customers/{customer}/timeline?limit=3", ""
        while cursor is not None:
            page = get(path + (f"&cursor={cursor.replace('|', '%7C')}" if cursor else ""))
            whole += page["items"]
            cursor = page["next_cursor"]
        self.assertEqual(whole, get(f"/v1/platform/customers/{customer}")["timeline"])
        self.assertEqual([e["at"] for e in whole], sorted((e["at"] for e in whole), reverse=True))
        kinds = {event["what"] for event in whole}
        self.assertLessEqual({"order.created", "order.paid", "order.drafted", "payment.received", "period.paid", "subscription.active"},
                             kinds)
        who = {event["what"]: event["who"] for event in whole}
        self.assertEqual((who["order.paid"], who["order.drafted"]), ("fiona@people.example", None))
        shown = cli("customer", "show", customer, "--limit", 4).decode()
        self.assertEqual(sum("fiona@people.example" in line or "2026" in line or "2027" in line for line in shown.splitlines()) >= 4, True)
        shut = {e["what"] for e in get(f"/v1/platform/customers/{world.over['customer_id']}/timeline?limit=200")["items"]}
        self.assertLessEqual({"remind.done", "grace.done", "shutdown.done", "block.billing", "subscription.shutdown"}, shut)
        went_back = [e["subject"] for e in get(f"/v1/platform/customers/{world.back['customer_id']}")["timeline"] if e["what"] == "payment.returned"]
        self.assertEqual(went_back, ["B-1"])
        self.assertEqual(stack.api("GET", f"/v1/platform/customers/{customer}/timeline?cursor=x", token="fay").code, "invalid_input")
        self.assertEqual(stack.api("GET", f"/v1/platform/customers/{uuid.uuid4()}/timeline", token="fay").code, "not_found")


if __name__ == "__main__":
    unittest.main()
