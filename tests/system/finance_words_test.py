"""What the command line shows to people of finance: sums as on the paper, what an approval is about, and what helps with a mistake."""
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

import stack as stacks  # noqa: E402

MAPPING = '{"encoding": "gb18030", "columns": {"date": "交易日期", "amount": "收入金额", "reference": "流水号", "memo": "附言"}}'
CALENDAR = "country: CN\nyear: 2031\nsource: nobody\ncitation: made up\nholidays:\n  - { date: %s, name: A feast }\n"


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api", "lifecycle"))
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        run(f"people role {person}@people.example platform_finance", token="pat")
        stack.tokens[name] = stack.api("POST", "/v1/login", {"email": f"{person}@people.example", "password": stack.passwords[person],
                                                             "tenant": "platform"}).json["token"]
    write("mapping.json", MAPPING)
    run("payment format set bank mapping.json")


def tearDownModule():
    stack.stop()


def run(command, *words, token="fay", status=0, lang="C.UTF-8"):
    """What it printed, its errors behind it."""
    done = subprocess.run([stacks.BUILD / "bin/execgov", *shlex.split(command), *map(str, words)], capture_output=True, timeout=120,
                          check=False, cwd=stack.folder, env={
                              **os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": lang, "LC_ALL": lang,
                              "EXECGOV_TOKEN": stack.tokens[token], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
    assert done.returncode == status, (command, words, done.returncode, done.stdout, done.stderr)
    return done.stdout.decode() + done.stderr.decode()


def write(name, text, encoding="utf-8"):
    (stack.folder / name).write_bytes(text.encode(encoding))


def field(text, name):
    return next(line.split()[1] for line in text.splitlines() if line.split()[:1] == [name])


class Case(unittest.TestCase):
    def has(self, text, *words):
        for word in words:
            self.assertIn(word, text)

    def order(self, name, edition="team-yearly"):
        customer = field(run("customer create", name), "id")
        return field(run(f"order create {edition} --customer {customer} --tenant-name X"), "no")

    def pay(self, order, amount):
        """In full; somebody else approves where that is wanted."""
        said = run(f"order confirm {order} {amount} --reference {uuid.uuid4().hex} --on 2026-11-26")
        if "somebody else" in said:
            run(f"order approve {said.split('order approve ')[1].split()[0]}", token="fred")

    def row(self, approval):
        """One row of `order approvals`, of the approval that a command asked for."""
        self.assertIn("somebody else has to approve this", approval)
        name = approval.split("order approve ")[1].split()[0]
        return next(line for line in run("order approvals", token="fred").splitlines() if line.startswith(name)), name


class Approvals(Case):
    def test_whoever_approves_sees_what_the_paper_says(self):
        order, reference = self.order("Acme Ltd"), uuid.uuid4().hex
        _, rule = self.row(run('order rule four_eyes_min CNY 1000 --comment "why"'))
        run(f"order approve {rule}", token="fred")
        row, name = self.row(run(f"order confirm {order} 2990.00 --reference {reference} --on 2026-11-26 --evidence {'ab' * 32}"))
        self.has(row, "2990.00 CNY", order, "Acme Ltd", reference, "2026-11-26", "ab" * 32)
        said = run(f"order approve {name}", status=4)
        self.has(said, "another person of finance decides")
        self.assertNotIn("confirmations", said)
        run(f"order approve {name}", token="fred")
        row, _ = self.row(run(f'order refund {order} 10.50 --reference R --comment "why" --then keep'))
        self.has(row, "10.50 CNY", order, "Acme Ltd", "keep")

    def test_money_that_goes_back_has_its_sum(self):
        customer = field(run("customer create \"Pays Too Much\""), "id")
        order = field(run(f"order create team-monthly --customer {customer} --tenant-name X"), "no")
        run(f"order confirm {order} 350.00 --reference {uuid.uuid4().hex} --on 2026-11-26")
        payment = next(line.split()[-1] for line in run("payment ls --state credit").splitlines() if line.startswith("350.00"))
        row, approval = self.row(run(f'payment return {payment} --reference back --comment "too much"'))
        self.has(row, "51.00 CNY", order, "Pays Too Much")
        again = f'payment return {payment} --reference again --comment "too much"'
        self.has(run(again, status=4), "it goes back once", approval, "execgov order approvals")
        self.has(run(again, status=4, lang="zh_CN.UTF-8"), "只退回一次", approval)
        run(f"order approve {approval}", token="fred")
        self.has(next(line for line in run("order approvals --state executed").splitlines() if line.startswith(approval)), "51.00 CNY")
        shown = run(f"customer show {customer}").splitlines()
        self.has(next(line for line in shown if "payment.received" in line), "350.00 CNY", order)
        self.has(next(line for line in shown if "payment.returned" in line), "51.00 CNY", order)

    def test_parts_that_settle_an_order_together_have_its_sum(self):
        order = self.order("Pays Twice")
        _, rule = self.row(run('order rule four_eyes_min CNY 2000 --comment "why"'))
        run(f"order approve {rule}", token="fred")
        for amount in ("1500.00", "1490.00"):
            self.pay(order, amount)
        parts = " ".join(line.split()[-1] for line in run("payment ls --state unapplied").splitlines() if order in line)
        row, _ = self.row(run(f"payment apply {order} {parts}"))
        self.has(row, "2990.00 CNY", order, "Pays Twice")

    def test_money_that_waits_says_what_helps(self):
        order = self.order("Pays Too Little", "team-monthly")
        run(f"order confirm {order} 100.00 --reference {uuid.uuid4().hex} --on 2026-11-26")
        payment = next(line.split()[-1] for line in run("payment ls --state unapplied").splitlines() if line.startswith("100.00"))
        self.has(run("task ls"), f"execgov payment apply ORDER {payment}")
        self.has(run("task ls", lang="zh_CN.UTF-8"), f"execgov payment apply 订单 {payment}")

    def test_a_rule_waits_for_somebody_else_too(self):
        row, _ = self.row(run('order rule four_eyes_min JPY 100000 --comment "why"'))
        self.has(row, "money.rule", "four_eyes_min")

    def test_a_reference_waits_once(self):
        order = self.order("Asks Twice")
        asked = f"order refund {order} 10.00 --reference TWICE --comment why --then "
        self.pay(order, "2990.00")
        _, first = self.row(run(asked + "keep"))
        said = run(asked + "shorten", status=4)
        self.has(said, "waits for approval already", first, "execgov order approvals")
        self.has(run(asked + "shorten", status=4, lang="zh_CN.UTF-8"), "等待审批", first)
        self.assertEqual(self.row(run(asked + "keep"))[1], first, "the same again is the same request")
        run(f'order reject {first} --comment "no"', token="fred")
        _, second = self.row(run(asked + "shutdown"))
        self.assertIn("executed", run(f"order approve {second}", token="fred"))

    def test_what_is_overtaken_ends(self):
        """Approved, and then its act failed: the right one under the same reference is asked for, and ends it."""
        order = self.order("Overtaken")
        self.pay(order, "2990.00")
        asked = f"order refund {order} 10.00 --reference OVER --comment why --then "
        _, first = self.row(run(asked + "keep"))
        stack.sql(f"update approval_request set state = 'approved' where id = '{first}'")
        _, second = self.row(run(asked + "shorten"))
        run(f"order approve {second}", token="fred")
        self.assertEqual(stack.sql(f"select state from approval_request where id = '{first}'"), [["withdrawn"]])
        self.assertEqual(stack.sql("select detail ->> 'by' from platform_audit where action = 'approval.withdrawn' and subject = "
                                   f"'{first}'"), [[second]])


class Payments(Case):
    def test_one_payment_shows_whose_it_is_and_whose_hands_it_went_through(self):
        customer = field(run('customer create "Shown Once"'), "id")
        order = field(run(f"order create team-monthly --customer {customer} --tenant-name X"), "no")
        run(f"order report {order} --reference said-so", token="fred")
        run(f"order confirm {order} 350.00 --reference shown-1 --on 2026-11-26 --evidence {'cd' * 32}")
        payment = next(line.split()[-1] for line in run("payment ls").splitlines() if "shown-1" in line)
        _, approval = self.row(run(f'payment return {payment} --reference shown-back --comment "too much"'))
        run(f"order approve {approval}", token="fred")
        stack.sql("select payment_dispute_told('manual:bank', '{\"kind\": \"disputed\", \"txn\": \"shown-1\", \"refund\": \"dp_shown\"}')")
        shown = json.loads(run(f"payment show {payment} --json"))
        self.assertEqual([(a["order_no"], a["customer"], a["amount"]["amount_minor"]) for a in shown["applications"]], [(order, "Shown Once", 29900)])
        self.assertEqual((shown["state"], shown["returned"]["amount_minor"], shown["credit"]["amount_minor"]), ("applied", 5100, 0))
        self.assertEqual([(r["reference"], r["reason"], r["order_no"], r["by"]) for r in shown["returns"]],
                         [("shown-back", "too much", None, "fiona@people.example")])
        self.assertEqual([(d["reference"], d["state"]) for d in shown["disputes"]], [("dp_shown", "open")])
        self.assertEqual((shown["reported"]["by"], shown["reported"]["reference"]), ("vera@people.example", "said-so"))
        self.assertEqual((shown["confirmed"]["by"], shown["confirmed"]["approved_by"]), ("fiona@people.example", []))
        self.has(run(f"payment show {payment}"), "Shown Once", order, "350.00 CNY", "51.00 CNY", "manual:bank", "shown-1", "2026-11-26", "cd" * 32,
                 "shown-back", "dp_shown", "reported by", "confirmed by  fiona@people.example", "open")
        self.has(run(f"payment show {payment}", lang="zh_CN.UTF-8"), "客户", "已入账", "确认到账", "争议", "未结", "退款流水号")
        self.has(run(f"payment show {uuid.uuid4()}", status=2), "nothing with this id")
        # what a dispute came to: its last word counts, also after the money's return was recorded
        for kind, dispute, state in (("dispute_lost", "dp_shown", "lost"), ("dispute_lost", "shown-back", "lost"), ("dispute_won", "shown-back", "won"),
                                     ("disputed", "dp_ended", "open")):
            says = json.dumps({"kind": kind, "txn": "shown-1", "refund": dispute})
            stack.sql(f"select payment_dispute_told('manual:bank', '{says}')")
            told = {d["reference"]: d for d in json.loads(run(f"payment show {payment} --json"))["disputes"]}
            self.assertEqual(told[dispute]["state"], state, (kind, dispute))
        run(f"task done {told['dp_ended']['task']} \"not ours\"")
        told = {d["reference"]: d["state"] for d in json.loads(run(f"payment show {payment} --json"))["disputes"]}
        self.assertEqual(told, {"dp_shown": "lost", "shown-back": "won", "dp_ended": "closed"})

    def test_a_payment_that_needed_somebody_else_names_him(self):
        order = self.order("Shown Approved")
        _, rule = self.row(run('order rule four_eyes_min CNY 1000 --comment "why"'))
        run(f"order approve {rule}", token="fred")
        _, approval = self.row(run(f"order confirm {order} 2990.00 --reference shown-2 --on 2026-11-26"))
        run(f"order approve {approval}", token="fred")
        payment = next(line.split()[-1] for line in run("payment ls").splitlines() if "shown-2" in line)
        self.has(run(f"payment show {payment}"), "confirmed by  fiona@people.example", "approved by   vera@people.example")
        _, refund = self.row(run(f'order refund {order} 10.00 --reference shown-3 --comment "why" --then keep'))
        run(f"order approve {refund}", token="fred")
        back = json.loads(run(f"payment show {payment} --json"))["returns"]
        self.assertEqual([(b["order_no"], b["amount"]["amount_minor"]) for b in back], [(order, 1000)])
        # what a provider told, of an order nobody knows
        stack.sql("select payment_unmatched('prov', '{\"txn\": \"shown-4\", \"order_no\": \"no-such\", \"amount_minor\": 500, \"currency\": \"CNY\", "
                  "\"occurred_at\": \"2026-11-26T00:00:00Z\"}')")
        payment = next(line.split()[-1] for line in run("payment ls --state unapplied").splitlines() if "shown-4" in line)
        self.has(run(f"payment show {payment}"), "confirmed by  its provider", "unapplied", "payment_unmatched")


class Chinese(Case):
    def test_what_lists_say_of_states_and_kinds_is_chinese_and_json_keeps_the_codes(self):
        zh, customer = {"lang": "zh_CN.UTF-8"}, field(run('customer create "Chinese Words"'), "id")
        order = field(run(f"order create team-monthly --customer {customer} --tenant-name X"), "no")
        self.has(run(f"order ls --customer {customer}", **zh), "待付款", "新购")
        self.has(run(f"order ls --customer {customer}"), "pending_payment", "new")
        self.assertEqual([o["state"] for o in json.loads(run("order ls --json", **zh))["items"] if o["no"] == order], ["pending_payment"])
        self.has(run(f"order ls --state 待付款 --customer {customer}", **zh), order)
        run(f"order confirm {order} 100.00 --reference {uuid.uuid4().hex} --on 2026-11-26")
        self.has(run("payment ls --state 待处理", **zh), "待处理", "付款不足")
        self.has(run("task ls", **zh), "付款不足")
        run(f"order confirm {order} 299.00 --reference {uuid.uuid4().hex} --on 2026-11-26")
        self.has(run(f"order show {order}", **zh), "生效中", "已入账")
        self.has(run("subscription ls", **zh), "生效中")
        self.has(run("customer ls Chinese", **zh), "公司", "生效中")
        self.row(run(f'order refund {order} 10.00 --reference {uuid.uuid4().hex} --comment "why" --then keep'))
        self.has(run("order approvals", token="fred", **zh), "订单退款", "待审批")
        self.has(run("edition ls", **zh), "团队版", "个人版", "年")
        said = run(f"customer show {customer}", **zh)
        self.has(said, "订单：已付款", "待办：付款不足", "订单：已开通", "审批：")
        self.assertNotIn("须审批", said)
        months = run("period ls", **zh)
        self.has(months, "未结")
        self.assertNotIn("未裁决", months, "a month is no dispute")

    def test_every_state_and_kind_of_the_database_has_its_word(self):
        sql = "".join(p.read_text(encoding="utf-8") for p in sorted((SOURCE / "sql/migrations/public").glob("*.sql")))
        words = (SOURCE / "cli/command/money/money_word.c").read_text(encoding="utf-8")
        codes = set(re.findall(r"finance_task_add\(\s*'([a-z_]+[a-z])'", sql)) | {"payment_disputed", "subscription_set_aside"}
        for name in ("edition_kind", "customer_kind", "hold_kind", "orders_kind", "orders_state", "payment_event_status", "approval_request_state",
                     "reconciliation_line_kind", "invoice_kind", "invoice_fapiao_status", "tenant_state", "subscription_state"):
            found = re.findall(name + r"_known\s*check \([a-z]+ in \(([^)]*)\)", sql)
            self.assertTrue(found, name)
            codes |= set(re.findall("'([a-z_]+)'", " ".join(found)))
        self.assertEqual(sorted(code for code in codes if f'{{ "{code}", "' not in words), [])


class Previews(Case):
    def test_a_preview_names_customers(self):
        order = self.order("Named In Previews", "team-monthly")
        self.pay(order, "299.00")
        stacks.until(lambda: "active" in run(f"order show {order}"), what="the tenant")
        ahead = stack.sql("select to_char(lifecycle_now() + interval '40 days', 'YYYY-MM-DD\"T\"00:00:00\"Z\"')")[0][0]
        self.has(run(f"lifecycle scan --as-of {ahead}"), "customer_name", "Named In Previews")
        write("policy.yaml", "windows: [T-20, T-5, T0, G-HALF, G-1, SHUTDOWN, R-7]\n")
        self.has(run("reminder-policy set monthly --file policy.yaml --dry-run"), "CUSTOMER", "Named In Previews")


class Slots(Case):
    def test_bought_slots_are_shown(self):
        self.assertNotIn("slots for skills", run("billing show", token="olivia"), "no limit, nothing to say")
        stack.sql(f"update quota_account set base = 20 where tenant_id = '{stack.tenants['Lakeside Books']['id']}'")
        order = field(run("billing order slot-pack-10", token="lin"), "no")
        self.pay(order, "99.00")
        self.has(run("billing show", token="lin"), "of 30 are used (20 of the edition)", order)
        self.has(run("billing show", token="lin", lang="zh_CN.UTF-8"), "共 30（其中版本自带 20）", order)


class Hints(Case):
    """Whoever sits at a terminal is told commands and choices, no routes."""
    def test_what_is_not_there_is_listed_by_a_command(self):
        nobody = str(uuid.uuid4())
        for command, hint in ((f"customer set {nobody} --locale en", "execgov customer ls"), ("reminder-policy show none-such", "execgov reminder-policy ls")):
            for lang in ("C.UTF-8", "zh_CN.UTF-8"):
                said = run(command, status=2, lang=lang)
                self.has(said, hint)
                self.assertNotIn("GET ", said)

    def test_a_wrong_choice_lists_the_right_ones(self):
        for lang in ("C.UTF-8", "zh_CN.UTF-8"):
            self.has(run("order ls --state wrong", status=2, lang=lang), "wrong", "draft, pending_payment, ")
        self.has(run("customer create --help"), "company (the default) or person")
        first = field(run('customer create "Entered Twice"'), "id")
        self.has(run('customer create "Entered Twice"', status=4), first, "execgov customer show", "--same-name")
        self.assertNotEqual(field(run('customer create "Entered Twice" --same-name'), "id"), first)


class Subscriptions(Case):
    @classmethod
    def setUpClass(cls):
        """A team that pays by the month, and takes the year's edition next."""
        cls.customer = field(run('customer create "Takes The Year"'), "id")
        cls.order = field(run(f"order create team-monthly --customer {cls.customer} --tenant {stack.tenants['Harbour Hardware']['id']}"), "no")
        run(f"order confirm {cls.order} 299.00 --reference year-1 --on 2026-11-26")
        cls.subscription = next(line for line in run("subscription ls").splitlines() if line.startswith("Takes The Year")).split()[-1]
        run(f"subscription edition {cls.subscription} team-yearly")

    def test_an_edition_that_comes_with_the_next_period_is_shown_before_it_comes(self):
        shown = run(f"subscription show {self.subscription}")
        until = field(shown, "paid_until")
        self.assertEqual(field(shown, "edition"), "team-monthly")
        self.assertRegex(shown, f"next_edition +team-yearly, from {until}\n")
        self.assertRegex(run(f"subscription show {self.subscription}", lang="zh_CN.UTF-8"), f"next_edition +team-yearly，自 {until} 起\n")
        self.assertRegex(run("billing show", token="olivia"), f"next_edition +team-yearly, from {until}\n")
        due = next(line for line in run(f"report renewals-due --from {until} --to {until}").splitlines() if "Takes The Year" in line)
        self.has(due, "team-yearly", "2990.00")
        self.assertNotIn("team-monthly", due)

    def test_the_timeline_has_what_people_did_to_a_subscription_and_who_approved(self):
        for act in ("cancel", "continue"):
            run(f"subscription {act} {self.subscription}")
        run(f"subscription edition {self.subscription} team-yearly")
        run(f"subscription timezone {self.subscription} Europe/Berlin")
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9)).isoformat(timespec="seconds")
        run(f'subscription hold {self.subscription} --until {until} --comment "they asked"')
        _, approval = self.row(run(f'order refund {self.order} 10.50 --reference R --comment "was slow" --then keep'))
        run(f'order approve {approval} --comment "looked at it"', token="fred")
        _, approval = self.row(run(f'order refund {self.order} 20.50 --reference S --comment "once more" --then keep'))
        run(f"order reject {approval} --comment no", token="fred")
        shown = run(f"customer show {self.customer}").splitlines()
        for what, words in (("subscription.ends_with_period", ("fiona@",)), ("subscription.goes_on", ("fiona@",)),
                            ("subscription.edition_chosen", ("fiona@", "team-yearly")),
                            ("subscription.timezone_changed", ("fiona@", "Asia/Shanghai", "Europe/Berlin")),
                            ("hold.courtesy", ("fiona@", "they asked")), ("approval.requested", (self.order, "fiona@", "order.refund", "10.50 CNY", "was slow")),
                            ("approval.approved", (self.order, "vera@", "order.refund", "10.50 CNY", "looked at it")),
                            ("approval.rejected", (self.order, "vera@", "order.refund", "20.50 CNY"))):
            with self.subTest(what):
                lines = [line for line in shown if f" {what} " in line]
                self.assertTrue(any(all(word in line for word in words) for line in lines), (lines, shown))
        # a hold has a line already
        self.assertNotIn("hold.added", "\n".join(shown))

    def test_a_list_of_payments_says_whose_for_what_and_when_and_an_order_its_payments(self):
        row = next(line for line in run("payment ls").splitlines() if "year-1" in line)
        self.has(row, "299.00 CNY", "applied", self.order, "Takes The Year", "2026-11-26")
        shown = run(f"order show {self.order}")
        self.has(next(line for line in shown.splitlines() if "year-1" in line), "299.00 CNY", "applied", "2026-11-26")
        self.assertRegex(shown, r"edition +team-monthly \(version 1\)\n")
        self.assertRegex(shown, r"unit price +299.00 CNY\n")
        self.assertRegex(shown, r"tax rate +6 %\n")
        self.assertEqual(shown.count("team-monthly"), 1, shown)
        self.assertNotIn("{", shown)
        # what came and settled nothing is a payment of the order too
        order = Case.order(self, "Pays Half", "team-monthly")
        run(f"order confirm {order} 100.00 --reference half-1 --on 2026-11-25")
        self.has(next(line for line in run(f"order show {order}").splitlines() if "half-1" in line), "100.00 CNY", "unapplied", "2026-11-25")


class Mistakes(Case):
    def test_evidence_is_a_digest_and_no_file(self):
        self.has(run("order confirm 20261126-000001 299.00 --reference R --on 2026-11-26 --evidence slip.pdf", status=2), "sha256sum FILE")

    def test_a_statement_is_in_the_bank_s_words(self):
        header = "交易日期,流水号,收入金额,附言\n"
        write("good.csv", header + "2026-11-26,R1,299.00,x\n", "gb18030")
        shown = run("payment statement bank good.csv")
        self.has(shown, " 299.00 ")
        self.assertNotIn("29900", shown)
        self.has(run(f"payment statement bank good.csv --apply {'0' * 64}", status=4), "without --apply")
        digest = shown.split("digest: ")[1].split()[0]
        run(f"payment statement bank good.csv --apply {digest}")
        task = run("task ls")
        self.has(task, " 299.00 ", "who says: x", '--reference "R1" --on 2026-11-26')
        self.assertNotIn("29900", task)
        write("date.csv", header + "26.11.2026,R1,299.00,x\n", "gb18030")
        self.has(run("payment statement bank date.csv", status=2), "line 2", "26.11.2026", "YYYY-MM-DD")
        write("utf8.csv", header + "2026-11-26,R1,299.00,x\n")
        self.has(run("payment statement bank utf8.csv", status=2), "UTF-8", '"encoding": "auto"')
        write("empty.csv", "")
        self.has(run("payment statement bank empty.csv", status=2), "empty.csv is empty")
        write("binary.csv", "invoice\0")
        self.has(run("invoice import binary.csv", status=2), "UTF-8 / GB18030")

    def test_a_sum_that_is_refused_is_written_as_on_the_paper_and_says_how_much_may_be(self):
        order, other = self.order("Sums", "team-monthly"), self.order("Sums Too", "team-monthly")
        run(f"order confirm {order} 299.00 --reference sums-1 --on 2026-11-26")
        for lang in ("C.UTF-8", "zh_CN.UTF-8"):
            said = run(f"order confirm {other} 200.00 --reference sums-1 --on 2026-11-26", status=4, lang=lang)
            self.has(said, "299.00 CNY", order)
            self.assertNotIn("29900", said)
        _, approval = self.row(run(f'order refund {order} 100.50 --reference R --comment "why" --then keep'))
        run(f"order approve {approval}", token="fred")
        self.has(run(f'order refund {order} 299.00 --reference S --comment "why" --then keep', status=4), "at most 198.50 CNY")
        self.has(run(f'order refund {order} 299.00 --reference S --comment "why" --then keep', status=4, lang="zh_CN.UTF-8"),
                 "最多可退 198.50 CNY")
        for minor, currency, text in ((5000, "JPY", "5000 JPY"), (1, "CNY", "0.01 CNY"), (-150, "CNY", "-1.50 CNY"), (1234567, "KWD", "1234.567 KWD")):
            self.assertEqual(stack.sql(f"select public.money_text({minor}, '{currency}')"), [[text]])

    def test_a_table_of_workdays_names_its_days(self):
        write("good.yaml", CALENDAR % '"2031-01-01"')
        self.has(run("calendar import good.yaml --dry-run"), "A feast")
        write("bad.yaml", CALENDAR % '"1.1.2031"')
        self.has(run("calendar import bad.yaml --dry-run", status=2), "/holidays/0", "line 6")
        for name, table, line in (("monday.yaml", CALENDAR % '"2031-01-01"' + "workdays:\n  - 2031-01-04\n\n  # a slip of the pen\n  - 2031-01-06\n", 11),
                                  ("monday.json", '{"country": "CN", "year": 2031, "source": "nobody", "citation": "made up",\n'
                                                  '"holidays": [], "workdays": [\n"2031-01-04", "2031-01-06"]}', 3)):
            write(name, table)
            self.has(run(f"calendar import {name}", status=2), f"line {line}", "2031-01-06", "Monday")
            self.has(run(f"calendar import {name}", status=2, lang="zh_CN.UTF-8"), f"第 {line} 行", "2031-01-06", "周一")

    def test_the_chinese_report_of_invoices_has_the_columns_that_an_import_reads(self):
        head = run("report invoices", lang="zh_CN.UTF-8").split("\r\n")[0].split(",")
        for column in ("账单编号", "发票号码", "发票代码", "开票日期"):
            self.assertEqual(head.count(column), 1, head)
        self.assertEqual(head.index("账单编号"), run("report invoices").split("\r\n")[0].split(",").index("Number"))

    def test_a_preview_of_a_scan_ends_with_its_digest(self):
        shown = run("lifecycle scan --quiet").splitlines()
        self.assertRegex(shown[-1], "^digest: [0-9a-f]{64}$")


if __name__ == "__main__":
    unittest.main()
