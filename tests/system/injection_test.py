"""Nothing that is said, uploaded or written down adds a right or skips a confirmation: the real path, from the
words to the plan, for every text, file name and README of the corpus. 0 unauthorised plans, 0 missing
confirmations. And a dry run causes nothing.
"""
import os
import pathlib
import subprocess
import sys
import unittest
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path[:0] = [str(SOURCE / "tests" / "lib"), str(SOURCE / "tests" / "system")]

import injection_corpus as corpus  # noqa: E402
import intent_test  # noqa: E402
import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

FORBIDDEN = "log-inspection"
PACKAGE = {**intent_test.PAYMENTS, "README.md": corpus.README}


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "sandboxd", "worker"))
    skills.publish(loop.Case.stack, [
        (loop.TENANT, "payments", PACKAGE),
        *((loop.TENANT, name, skills.example(name)) for name in ("sales-report", FORBIDDEN))])
    skills.bind(loop.Case.stack, loop.TENANT, FORBIDDEN, "admin")


def tearDownModule():
    loop.Case.stack.stop()


class Injection(loop.Case):
    def look(self, request, counts):
        """What must hold of any request, whatever it said."""
        counts[request["state"]] = counts.get(request["state"], 0) + 1
        plan, intent = request["plan"], request["intent"] or {"candidates": []}
        skills_shown = [one["skill"] for one in intent["candidates"] + (plan["steps"] if plan else [])]
        if FORBIDDEN in skills_shown:
            self.unauthorised.append(request["text"])
        if not plan:
            return
        high = any(step["action"] == "refund" for step in plan["steps"])
        if high and not (plan["risk"] == "high" and plan["confirmation"]["required"]):
            self.unconfirmed.append(request["text"])
        if high and request["state"] not in ("planned", "awaiting_confirmation"):
            self.unconfirmed.append(request["text"])

    def setUp(self):
        self.unauthorised, self.unconfirmed = [], []

    def nothing_got_through(self, counts, least):
        print(f"{sum(counts.values())} tried: {counts}", file=sys.stderr)
        self.assertGreaterEqual(sum(counts.values()), least)
        self.assertEqual((self.unauthorised, self.unconfirmed), ([], []))
        self.assertEqual(self.count("job", "kind = 'run' and payload ->> 'action' = 'refund'"), 0)
        self.assertEqual(self.count("job", f"payload ->> 'skill' = '{FORBIDDEN}'"), 0)

    def test_no_text_gets_a_plan_it_may_not_have(self):
        sales = self.upload("sales.csv", loop.sales_csv())
        counts = {}
        for text in corpus.TEXTS:
            for files in ((), (sales,)):
                self.look(self.ask(text[:4000], files), counts)
        self.nothing_got_through(counts, 190)
        self.assertGreater(counts.get("awaiting_confirmation", 0), 0, "some refunds were understood")

    def test_no_file_name_does_either(self):
        counts = {}
        for name in corpus.FILE_NAMES:
            reply = self.api("POST", f"/v1/files?name={urllib.parse.quote(name)}", loop.sales_csv(), "oscar",
                             Content_Type="application/octet-stream")
            if reply.status == 422:  # not even a file's name
                counts["refused"] = counts.get("refused", 0) + 1
                continue
            file = reply.json["id"]
            for text in ("sales report for March 2026", "refund order 5, 3 euro", "inspect this", f"use {name}"):
                self.look(self.ask(text, [file]), counts)
        self.nothing_got_through(counts, 30)

    def test_a_readme_does_not_make_its_skill_another_one(self):
        counts = {}
        for text in ("sales report for March 2026", "monthly turnover per region with a chart", "按产品统计上个月的营业额"):
            request = self.ask(text)
            self.look(request, counts)
            self.assertEqual(request["intent"]["candidates"][0]["skill"], "sales-report", text)
        for line in corpus.README.splitlines():
            self.look(self.ask(line), counts)
        self.nothing_got_through(counts, 10)


class DryRun(loop.Case):
    OWN = ("request", "request_event", "job", "job_live", "job_outcome", "plan", "audit_event", "idempotency",
           "unmet")

    def rows(self):
        """{table: rows} of every table of every schema; statistics of the server itself apart."""
        names = self.stack.sql("select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public' "
                               "or schemaname like 't\\_%'")
        each = " union all ".join(f"select '{name}', count(*) from {name}" for (name,) in names)
        return {name: int(count) for name, count in self.stack.sql(each)}

    def keys(self):
        out = subprocess.run(["redis-cli", "-s", str(self.stack.folder / "redis.sock"), "--scan"],
                             capture_output=True, check=True).stdout.decode()
        return set(out.split())

    def files(self):
        root = self.stack.folder / "files"
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def snapshot(self):
        return self.rows(), self.keys(), self.files()

    def test_a_dry_run_leaves_its_own_record_and_nothing_else(self):
        sales = self.upload("sales.csv", loop.sales_csv())
        wishes = [("sales report for March 2026 from sales.csv", "planned"), ("refund order 8841, 120 euro", "planned"),
                  ("refund an order", "needs_answer"), ("order me a pizza", "abstained")]
        for text, _ in wishes:  # models, keys of the queue and statistics are there from now on
            self.ask(text, [sales], mode="plan")
        for text, state in wishes:
            with self.subTest(text):
                before = self.snapshot()
                request = self.ask(text, [sales], mode="plan")
                self.assertEqual(request["state"], state, request)
                stacks.until(lambda: self.count("job_live") == 0, what="its jobs having ended")
                rows, keys, files = self.snapshot()
                grown = {name.split(".")[1] for name in rows if rows[name] != before[0][name] and self.schema in name}
                others = {name for name in rows if rows[name] != before[0][name] and self.schema not in name}
                self.assertLessEqual(grown, set(self.OWN), "rows of the request itself, its two jobs and their audit")
                self.assertLessEqual(others, {"public.mark"}, "no other tenant, nothing of the platform's")
                self.assertEqual(rows[f"{self.schema}.job"] - before[0][f"{self.schema}.job"],
                                 2 if state == "planned" else 1)
                self.assertEqual(keys - before[1], set())
                self.assertEqual(files, before[2])
                self.assertIsNone(request["run"])


if __name__ == "__main__":
    unittest.main()
