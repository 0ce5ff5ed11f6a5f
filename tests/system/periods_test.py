"""Closing months, years of workdays, and the digest of the morning."""
import concurrent.futures
import datetime
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

PRICE, NET, TAX = 29900, 28208, 1692
ZONE = "Asia/Shanghai"


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api",))
    stack.sql("update scan_clock set test_allowed = true")
    stack.sql(f"update platform_setting set value = '\"{ZONE}\"' where key = 'timezone'")
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        email = f"{person}@people.example"
        user = stack.sql(f"select id from app_user where email = '{email}'")[0][0]
        stack.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, token="pat")
        reply = stack.api("POST", "/v1/login", {"email": email, "password": stack.passwords[person], "tenant": "platform"})
        stack.tokens[name] = reply.json["token"]


def tearDownModule():
    stack.stop()


def cli(*words, status=0, text=None):
    done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words)], capture_output=True, timeout=300, check=False, input=text,
                          env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8",
                               "EXECGOV_TOKEN": stack.tokens["fay"], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    return done.stdout.decode()


def one(text):
    return stack.sql(text)[0][0]


def clock_to(local):
    """Put the test clock at this local time of ZONE. Its years lie far ahead, so that they do whenever this is run."""
    stack.sql(f"update scan_clock set test_offset = (timestamp '{local}' at time zone '{ZONE}') - clock_timestamp()")


def month(day):
    return str(day)[:7]


class Case(unittest.TestCase):
    maxDiff = 6000

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def post(self, path, body=None, token="fay"):
        return stack.api("POST", path, body if body is not None else {}, token=token)

    def get(self, path, token="fay"):
        return self.ok(stack.api("GET", path, token=token))

    def order(self, name="Acme", **more):
        customer = self.ok(self.post("/v1/platform/customers", {"kind": "company", "name": name, "contacts": ["b@acme.example"]}), 201)
        return self.ok(self.post("/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"],
                                                         **({} if "tenant_id" in more else {"tenant_name": "A"}), **more}), 201)

    def pay(self, order, amount=PRICE):
        return self.ok(self.post(f"/v1/platform/orders/{order['id']}/confirm-payment", {
            "method": "bank", "reference": uuid.uuid4().hex, "amount_minor": amount, "currency": "CNY", "received_on": "2038-01-10"}))


class Closing(Case):
    def revenue(self):
        return int(one("select coalesce(-sum(amount_minor), 0) from ledger_entry where account = 'REVENUE'"))

    def checks(self, which):
        shown = self.get(f"/v1/platform/periods/{which}")
        return {check["name"]: check["open"] for check in shown["checks"] if check["open"]}

    def test_a_month_is_checked_closed_frozen_and_reopened_by_two(self):
        clock_to("2038-01-10 12:00")
        paid = self.order("Pays")
        self.pay(paid)
        part = self.order("Partly")
        self.pay(part, 100)
        self.assertEqual(self.checks("2038-01")["month_over"], 1)
        self.assertEqual(self.post("/v1/platform/periods/2038-01/close", {}).code, "conflict", "it is not over")
        clock_to("2038-02-03 12:00")
        found = self.checks("2038-01")
        self.assertEqual({name: found[name] for name in ("unapplied_payments", "open_tasks", "scans")},
                         {"unapplied_payments": 1, "open_tasks": 1, "scans": 1})
        self.assertNotIn("month_over", found)
        # Weeks without a scan that were caught up with are told, and are nothing that is open.
        notes = {check["name"]: check for check in self.get("/v1/platform/periods/2038-01")["checks"]}["scan_gaps"]
        self.assertEqual((notes["open"], notes["must"], notes["examples"]), (0, False, []))
        stack.sql("insert into public.scan_gap values ('2038-01-12 10:00Z', '2038-01-15 08:30Z'), ('2037-12-01Z', '2037-12-02Z'), "
                  "('2038-02-01Z', '2038-02-02Z')")
        notes = {check["name"]: check for check in self.get("/v1/platform/periods/2038-01")["checks"]}["scan_gaps"]
        self.assertEqual((notes["open"], notes["examples"]), (0, ["none from 2038-01-12T10:00:00.000000Z to 2038-01-15T08:30:00.000000Z"]))
        self.assertIn("none from 2038-01-12", cli("period", "check", "2038-01", status=1))
        self.assertEqual(one("select count(*) from ledger_month"), "0", "looking closes nothing")

        # What is open refuses, unless it is accepted by name and with a word.
        refused = self.post("/v1/platform/periods/2038-01/close", {"accept": ["scans", "open_tasks"], "comment": "known"})
        self.assertEqual(refused.code, "conflict")
        self.assertIn("unapplied_payments", refused.json["detail"])
        for body in ({"accept": ["nothing"], "comment": "x"}, {"accept": ["scans"]}, {"accept": "scans"}):
            self.assertEqual(self.post("/v1/platform/periods/2038-01/close", body).code, "invalid_input", body)
        for which in ("2038-13", "2038", "2038-1", "27-01"):
            self.assertEqual(stack.api("GET", f"/v1/platform/periods/{which}", token="fay").code, "invalid_input", which)
        for token, status in (("pat", 403), ("olivia", 404)):
            self.assertEqual(self.post("/v1/platform/periods/2038-01/close", {}, token=token).status, status)
        self.assertEqual(one("select count(*) from ledger_txn where kind = 'recognise'"), "0")

        accept = sorted(found)
        closed = self.ok(self.post("/v1/platform/periods/2038-01/close", {"accept": accept, "comment": "the rest is known"}))
        self.assertEqual((closed["state"], closed["closed_by"]), ("closed", "fiona@people.example"))
        record = closed["history"][-1]
        self.assertEqual((record["act"], sorted(record["accepted"]), record["comment"]), ("closed", accept, "the rest is known"))
        # 22 of the 31 days from the 10th of January to the 10th of February are of January.
        earned = round(NET * 22 / 31)
        self.assertEqual(record["recognised"], [{"currency": "CNY", "orders": 1, "amount_minor": earned}])
        self.assertEqual(self.revenue(), earned)
        self.assertEqual(one("select max(posted_on) from ledger_txn where kind = 'recognise'"), "2038-01-31")
        self.assertEqual(self.post("/v1/platform/periods/2038-01/close", {}).code, "already_done")
        self.check_frozen()
        self.check_reopening(paid, earned, accept)

    def check_frozen(self):
        """Nothing is dated in the month any more, whoever posts; what is of today goes on."""
        for day, code in (("2038-01-31", "GV000"), ("2038-01-01", "GV000"), ("2038-02-01", None)):
            text = (f"do $$ begin perform public.ledger_post_on('{day}', '{uuid.uuid4()}', 'test', null, array['CASH:x', 'AR:x'], "
                    "array[5, -5]::bigint[], 'CNY'); exception when sqlstate 'GV000' then raise 'closed'; end $$")
            if code:
                with self.assertRaisesRegex(AssertionError, "closed"):
                    stack.sql(text)
            else:
                stack.sql(text)
                stack.sql("select public.ledger_post_on('2038-02-01', gen_random_uuid()::text, 'test', null, "
                          "array['CASH:x', 'AR:x'], array[-5, 5]::bigint[], 'CNY')")
        with self.assertRaisesRegex(AssertionError, "is closed"):
            stack.sql("insert into public.ledger_txn (idem_key, kind, posted_on) values ('direct', 'test', '2038-01-15')")
        for table in ("ledger_month", "ledger_closing"):
            with self.assertRaisesRegex(AssertionError, "permission denied"):
                stack.sql(f"set role execgov_platform; delete from public.{table}")
        # Revenue that no order stands behind is found.
        self.assertNotIn("deferred_revenue", self.checks("2038-02"))
        stack.sql("select public.ledger_post_on('2038-02-01', 'odd', 'test', null, array['CASH:x', 'DEFERRED_REVENUE'], "
                  "array[5, -5]::bigint[], 'CNY')")
        self.assertEqual(self.checks("2038-02")["deferred_revenue"], 1)
        stack.sql("select public.ledger_reverse('odd back', 'odd')")
        self.assertNotIn("deferred_revenue", self.checks("2038-02"))
        self.pay(self.order("Pays in February"))
        self.assertEqual(one("select max(posted_on) from ledger_txn where kind = 'settle'"), "2038-02-03")

    def check_reopening(self, paid, earned, accept):
        wanted = self.ok(self.post("/v1/platform/periods/2038-01/reopen", {"reason": "a refund was forgotten"}), 202)["approval"]["id"]
        self.assertEqual(self.get("/v1/platform/periods/2038-01")["state"], "closed", "asking opens nothing")
        self.assertEqual(self.post(f"/v1/platform/approvals/{wanted}/approve").code, "self_confirmation")
        done = self.ok(self.post(f"/v1/platform/approvals/{wanted}/approve", token="fred"))
        self.assertEqual((done["state"], done["result"]["state"]), ("executed", "open"))
        self.assertEqual(self.post("/v1/platform/periods/2038-01/reopen", {"reason": "again"}).code, "conflict")
        # The customer is given some of it back and is cut short: the next closing posts what that changes.
        refund = self.ok(self.post(f"/v1/platform/orders/{paid['id']}/refund", {
            "amount_minor": 1000, "reference": "R", "reason": "sorry", "choice": "shorten"}), 202)["approval"]["id"]
        self.ok(self.post(f"/v1/platform/approvals/{refund}/approve", token="fred"))
        again = json.loads(cli("period", "close", "2038-01", "--accept", ",".join(accept), "--comment", "now", "--json"))
        self.assertEqual([h["act"] for h in again["history"]], ["closed", "reopened", "closed"])
        self.assertEqual((again["history"][1]["by"], again["history"][1]["approval"]), ("fiona@people.example", wanted))
        self.assertEqual(again["history"][2]["recognised"], [], "until the end of January nothing has changed")
        self.assertEqual(self.revenue(), earned)
        clock_to("2038-03-01 00:00:05")
        self.assertEqual(self.checks("2038-02").get("earlier_months"), None)
        february = json.loads(cli("period", "close", "2038-02", "--accept", ",".join(sorted(self.checks("2038-02"))), "--comment",
                                  "known", "--json"))
        # The first was cut short and is all earned; the other began on the 3rd of February and is earned for 26 of 28 days.
        self.assertEqual(self.revenue(), NET + round(NET * 26 / 28))
        self.assertEqual(february["state"], "closed")
        self.assertEqual(self.post("/v1/platform/periods/2038-01/reopen", {"reason": "too late"}).code, "conflict")
        accounts = {a["account"]: a for a in self.get("/v1/platform/periods/2038-02")["accounts"]}
        self.assertEqual(accounts["REVENUE"]["credit_minor"], self.revenue() - earned)
        self.check_race()
        self.assertIn("2038-02", cli("period", "ls"))
        self.assertIn("the month is over", cli("period", "check", "2038-04", status=1))
        self.assertEqual(stack.sql("select action from platform_audit where action like 'period.%' order by id"),
                         [["period.closed"], ["period.reopened"], ["period.closed"], ["period.closed"], ["period.closed"]])


    def check_race(self):
        """A posting that is under way when the month is closed is in it; one that comes behind it is refused."""
        clock_to("2038-04-02 12:00")
        accept = sorted(self.checks("2038-03"))
        psql = [stacks.postgres_program("psql"), "-XqAt", "-h", str(stack.folder / "postgres"), "-U", "postgres", "-d", "execgov"]
        with subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as slow, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            slow.stdin.write("begin; select public.ledger_post_on('2038-03-31', 'slow', 'test', null, array['CASH:x', 'AR:x'], "
                             "array[7, -7]::bigint[], 'CNY') is not null;\n")
            slow.stdin.flush()
            self.assertEqual(slow.stdout.readline().strip(), "t")
            closing = pool.submit(self.post, "/v1/platform/periods/2038-03/close", {"accept": accept, "comment": "race"})
            stacks.until(lambda: one("select count(*) from pg_locks where locktype = 'advisory' and not granted") == "1",
                         what="the closing waiting for the posting")
            self.assertFalse(closing.done())
            # It owes itself back before the end: the receivables are to be the open orders.
            slow.stdin.write("select public.ledger_reverse('slow back', 'slow') is not null; commit;\n")
            slow.stdin.close()
            closed = self.ok(closing.result())
        cash = next(a for a in closed["accounts"] if a["account"] == "CASH")
        self.assertGreaterEqual(cash["debit_minor"], 7)
        with self.assertRaisesRegex(AssertionError, "is closed"):
            stack.sql("select public.ledger_post_on('2038-03-31', 'behind', 'test', null, array['CASH:x', 'AR:x'], "
                      "array[7, -7]::bigint[], 'CNY')")


TABLE = {"country": "CN", "year": 2038, "source": "made up for this test", "citation": "tests/system/periods_test.py, no real holidays",
         "holidays": [{"date": "2038-03-10", "name": "Made-up day"}, "2038-03-11", "2038-03-12"], "workdays": ["2038-03-14"]}


class Calendars(Case):
    def held_until(self):
        """A customer says on Tuesday the 9th that he has paid: kept off for three workdays, and the day is over then."""
        tenant = stack.sql("select id from tenant where kind = 'team' and not exists (select from subscription s where s.tenant_id = tenant.id) limit 1")
        order = self.order("Reports " + uuid.uuid4().hex[:6], **({"tenant_id": tenant[0][0]} if tenant else {}))
        self.ok(self.post(f"/v1/platform/orders/{order['id']}/report-payment", {"reference": "said"}))
        return one(f"select (until_at at time zone '{ZONE}')::date from hold where order_id = '{order['id']}'")

    def test_a_year_is_imported_with_its_source_and_counts_from_then_on(self):
        clock_to("2038-03-09 10:00")
        warned = self.get("/v1/platform/lifecycle/check")["warnings"]
        self.assertEqual([(w["code"], w["country"], w["year"]) for w in warned], [("calendar_missing", "CN", "2038")])
        self.assertEqual(self.held_until(), "2038-03-13", "weekdays: Wednesday, Thursday, Friday")
        path = stack.folder / "made-up.yaml"
        path.write_text(json.dumps(TABLE), encoding="utf-8")
        seen = json.loads(cli("calendar", "import", path, "--dry-run", "--json"))
        self.assertEqual((seen["dry_run"], seen["changed"], len(seen["added"]), seen["removed"]), (True, True, 4, []))
        self.assertEqual(one("select count(*) from business_calendar"), "0", "a dry run changes nothing")
        self.assertIn("weekdays count", cli("calendar", "show", 2038) + subprocess.run(
            [stacks.BUILD / "bin/execgov", "calendar", "show", "2038"], capture_output=True, check=True, env={
                **os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8",
                "EXECGOV_TOKEN": stack.tokens["fay"], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")}).stderr.decode())
        cli("calendar", "import", path)
        self.assertIn("Made-up day", cli("calendar", "show", 2038))
        # Wednesday to Friday off, Sunday the 14th works: Sunday, Monday, Tuesday.
        self.assertEqual(self.held_until(), "2038-03-17")
        self.assertEqual(self.get("/v1/platform/lifecycle/check")["warnings"], [])
        preview = self.ok(self.post("/v1/platform/lifecycle/scans", {"dry_run": True, "as_of": "2038-12-10T00:00:00Z"}))
        self.assertEqual([w["year"] for w in preview["warnings"]], ["2039"], "a month ahead is another year")
        again = json.loads(cli("calendar", "import", path, "--json"))
        self.assertEqual((again["changed"], again["replaces"], again["added"], again["removed"]), (False, True, [], []))
        changed = self.ok(self.post("/v1/platform/calendars", {**TABLE, "workdays": []}))
        self.assertEqual((changed["added"], changed["removed"]), ([], [{"date": "2038-03-14", "works": True}]))
        self.assertEqual(self.get("/v1/platform/calendars?year=2038&country=CN")["items"][0]["source"], "made up for this test")
        self.assertEqual(one("select count(*) from platform_audit where action = 'calendar.imported'"), "2")

    def test_a_table_without_a_source_or_with_strange_days_is_refused_whole(self):
        before = stack.sql("select count(*), max(sha256) from business_calendar_year")
        for change in ({"source": ""}, {"citation": ""}, {"holidays": []}, {"holidays": ["2026-03-10"]}, {"holidays": ["2038-02-29"]},
                       {"holidays": ["2038-03-10", {"date": "2038-03-10"}]}, {"workdays": ["2038-03-10"]}, {"country": "cn"},
                       {"country": "CHN"}, {"year": 1999}, {"holidays": [5]}, {"extra": 1}):
            body = {**TABLE, **change}
            if change == {"holidays": []}:
                body["workdays"] = []
            self.assertEqual(self.post("/v1/platform/calendars", body).code, "invalid_input", change)
        # 8 March 2038 is a Monday: as a make-up workday it is a slip of the pen. A source that lists every day has its Mondays.
        refused = self.post("/v1/platform/calendars", {**TABLE, "workdays": ["2038-03-14", "2038-03-08"], "dry_run": True}).json["errors"][0]
        self.assertEqual((refused["path"], refused["code"]), ("/workdays/1", "weekday"))
        self.assertTrue("2038-03-08" in refused["message"] and "Monday" in refused["message"], refused)
        year = [datetime.date(2038, 1, 1) + datetime.timedelta(n) for n in range(365)]
        listed = {works: [str(day) for day in year if (day.weekday() < 5) == works] for works in (True, False)}
        whole = {**TABLE, "holidays": listed[False], "workdays": listed[True], "dry_run": True}
        self.ok(self.post("/v1/platform/calendars", whole))
        self.assertEqual(self.post("/v1/platform/calendars", {**whole, "holidays": listed[False][1:]}).code, "invalid_input")
        self.ok(self.post("/v1/platform/calendars", {**TABLE, "holidays": ["2038-03-13"], "dry_run": True}))  # a Saturday
        self.assertEqual(self.post("/v1/platform/calendars", TABLE, token="olivia").status, 404)
        self.assertEqual(stack.sql("select count(*), max(sha256) from business_calendar_year"), before)


class Digest(Case):
    def told(self):
        return {row[0]: json.loads(row[1]) for row in stack.sql(
            "select u.email || ' ' || (o.payload ->> 'day'), o.payload from outbox o join app_user u on u.id = o.user_id "
            "where o.event = 'finance.digest' and o.created_at > now() - interval '1 hour'")}

    def due(self, people=2):
        """As many processes as there might be, at once; how many digests were written."""
        with concurrent.futures.ThreadPoolExecutor(people * 3) as pool:
            return sum(int(row) for row in pool.map(lambda _: one("select public.finance_digest_due()"), range(people * 3)))

    def test_everybody_of_finance_is_told_once_at_nine_of_his_own_morning(self):
        stack.sql("delete from finance_digest")
        stack.sql("update app_user set timezone = 'America/New_York' where email = 'vera@people.example'")
        clock_to("2038-03-13 08:59:50")
        before = len(self.told())
        # In New York it is the evening of the 12th: that morning was not told yet, and is.
        self.assertEqual(self.due(), 1)
        clock_to("2038-03-13 09:00:01")
        self.assertEqual(self.due(), 1)
        self.assertEqual(self.due(), 0, "once, however many look")
        self.assertEqual(len(self.told()), before + 2)
        # Days on which New York's clock goes forward (14 March) and back (7 November 2038): nine is nine.
        for local, writes in (("2038-03-14 20:59:50", 1), ("2038-03-14 21:00:10", 1), ("2038-03-15 08:00:00", 0),
                              ("2038-11-07 12:00:00", 1), ("2038-11-07 21:59:50", 0), ("2038-11-07 22:00:10", 1)):
            clock_to(local)
            self.assertEqual((self.due(), self.due()), (writes, 0), local)
        days = sorted(key for key in self.told() if key.startswith("vera"))
        self.assertEqual(days[-2:], ["vera@people.example 2038-03-14", "vera@people.example 2038-11-07"])

    def test_it_says_what_was_what_comes_and_what_waits(self):
        stack.sql("delete from finance_digest")
        clock_to("2038-12-01 12:00")
        order = self.order("Digest & Co")
        self.pay(order)
        subscription = order["subscription_id"]
        stack.sql(f"update subscription set state = 'grace', shutdown_due_at = timestamp '2038-12-03 00:00' at time zone '{ZONE}' "
                  f"where id = '{subscription}'")
        clock_to("2038-12-02 09:00:30")
        self.due()
        shown = self.told()["fiona@people.example 2038-12-02"]
        self.assertEqual((shown["orders"], shown["money"], shown["tomorrow_count"]), (1, "CNY 299.00", 1))
        self.assertEqual(shown["tomorrow"], [f"2038-12-03 00:00  Digest & Co  {subscription}"])
        waiting = int(one("select count(*) from finance_task where done_at is null"))
        self.assertEqual((shown["tasks"], shown["no_calendar"]), (waiting, "CN 2038, CN 2039") if "2038" in shown["no_calendar"] else
                         (waiting, "CN 2039"))
        # On hold it is not to be shut down; a quiet day is told too.
        self.ok(self.post(f"/v1/platform/subscriptions/{subscription}/holds", {
            "kind": "courtesy", "until": "2038-12-20T00:00:00+08:00", "reason": "asked"}))
        clock_to("2038-12-05 09:30")
        self.assertGreaterEqual(self.due(), 1)
        quiet = self.told()["fiona@people.example 2038-12-05"]
        self.assertEqual((quiet["orders"], quiet["tomorrow_count"], quiet.get("tomorrow"), quiet["shutdowns"]), (0, 0, None, 0))
        # And it can be put into words, in both languages (the lifecycle does it when it sends).
        self.assertLessEqual({"day", "yesterday", "orders", "reminders", "graces", "shutdowns", "ends_7", "shutdowns_7", "tasks",
                              "approvals", "renewals_30", "touches_30", "tomorrow_count"}, set(quiet))


if __name__ == "__main__":
    unittest.main()
