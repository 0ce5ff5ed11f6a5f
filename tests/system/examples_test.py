"""The example skills work as plain scripts, and their figures are right.

Every figure is computed a second time here, from the generated data and in another way than the script
does it (whole cents instead of decimals, awk-like splitting instead of one regular expression, the
tar's member list instead of find).
"""
import csv
import datetime
import fractions
import gzip
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import xml.etree.ElementTree

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

from skill_contract import expand_args, load_skill, run_action  # noqa: E402

EXAMPLES = SOURCE / "examples"
SKILLS = ["sales-report", "log-inspection", "file-stats", "cleanup", "customer-ledger"]
MADE = {"sales": ("make_sales.py", "sales.csv"), "log": ("make_access_log.py", "access.log"),
        "archive": ("make_archive.py", "exports.tar.gz"), "ledger": ("make_ledger.py", "客户台账.xlsx")}


def make(folder, script, name):
    path = pathlib.Path(folder, name)
    subprocess.run(["/usr/bin/python3", "-B", str(EXAMPLES / "data" / script), str(path)], check=True)
    return path


def setUpModule():
    global DATA, _folder
    _folder = tempfile.TemporaryDirectory(prefix="examples-")
    DATA = {key: make(_folder.name, *how) for key, how in MADE.items()}


def tearDownModule():
    _folder.cleanup()


def written(name, data):
    path = pathlib.Path(_folder.name, name)
    path.write_bytes(data)
    return path


class Data(unittest.TestCase):
    def test_the_same_bytes_every_time(self):
        for key, (script, name) in MADE.items():
            with tempfile.TemporaryDirectory() as folder:
                self.assertEqual(make(folder, script, name).read_bytes(), DATA[key].read_bytes(), key)

    def test_sales_are_ten_thousand_rows_or_more(self):
        with open(DATA["sales"], encoding="utf-8-sig", newline="") as file:
            self.assertGreaterEqual(sum(1 for _ in csv.reader(file)) - 1, 10_000)


class Manifests(unittest.TestCase):
    KEYWORDS = {"$schema", "type", "enum", "const", "properties", "required", "additionalProperties",
                "items", "prefixItems", "minimum", "maximum", "minLength", "maxLength", "minItems",
                "maxItems", "pattern", "format", "default", "title", "description", "x-synonyms",
                "x-accept", "x-max-mb", "x-as"}

    def check_schema(self, schema, where):
        self.assertEqual(set(schema) - self.KEYWORDS, set(), where)
        for name, rule in schema.get("properties", {}).items():
            self.check_schema(rule, f"{where}.{name}")

    def test_each_says_what_it_is_in_two_languages(self):
        for name in SKILLS:
            with self.subTest(name):
                skill = load_skill(EXAMPLES / name)
                self.assertEqual(skill["name"], name)
                for key in ("title", "description"):
                    self.assertRegex(skill[key]["zh"], r"[\u4e00-\u9fff]")
                    self.assertTrue(skill[key]["en"].isascii())
                chinese = [e for e in skill["examples"] if re.search(r"[\u4e00-\u9fff]", e)]
                self.assertGreaterEqual(len(chinese), 4)
                self.assertGreaterEqual(len(skill["examples"]) - len(chinese), 4)
                self.assertEqual(len(set(skill["examples"])), len(skill["examples"]))

    def test_schemas_use_known_keywords_and_args_name_inputs(self):
        for name in SKILLS:
            with self.subTest(name):
                for action in load_skill(EXAMPLES / name)["actions"]:
                    self.check_schema(action["input"], name)
                    self.check_schema(action["output"], name)
                    known = set(action["input"]["properties"])
                    self.assertLessEqual(set(action["input"]["required"]), known)
                    used = re.findall(r"\{\??(\w+)", " ".join(action.get("args", [])))
                    self.assertLessEqual(set(used), known)
                    self.assertTrue((EXAMPLES / name / action["entry"]).is_file())
                    self.assertIn(action["risk"], ("low", "high"))

    def test_only_cleanup_is_high_risk(self):
        risks = {name: load_skill(EXAMPLES / name)["actions"][0]["risk"] for name in SKILLS}
        self.assertEqual([name for name, risk in risks.items() if risk == "high"], ["cleanup"])

    def test_no_example_request_is_claimed_by_two_skills(self):
        every = [e for name in SKILLS for e in load_skill(EXAMPLES / name)["examples"]]
        self.assertEqual(len(every), len(set(every)))


def half_up(value):
    """A fraction of cents rounded half away from zero."""
    sign = -1 if value < 0 else 1
    return sign * int(abs(value) + fractions.Fraction(1, 2))


def sales_cents(month):
    """(cents by product, cents by region, lines, skipped rows of the whole file), by exact fractions."""
    products, regions, lines, skipped = {}, {}, 0, 0
    with open(DATA["sales"], encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if not (re.fullmatch(r"-?\d+", row["quantity"]) and row["unit_price"]
                    and re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"])):
                skipped += 1
                continue
            if not row["date"].startswith(month):
                continue
            cents = half_up(int(row["quantity"]) * fractions.Fraction(row["unit_price"])
                            * (100 - int(row["discount_percent"])))
            products[row["product"]] = products.get(row["product"], 0) + cents
            region = row["region"] or "(none)"
            regions[region] = regions.get(region, 0) + cents
            lines += 1
    return products, regions, lines, skipped


class SalesReport(unittest.TestCase):
    FOLDER = EXAMPLES / "sales-report"

    def run_month(self, month, file=None):
        return run_action(self.FOLDER, {"month": month}, {"file": file or DATA["sales"]})

    def test_figures_of_march(self):
        done = self.run_month("2026-03")
        self.assertEqual(done.exit_code, 0, done.stderr)
        products, regions, lines, skipped = sales_cents("2026-03")
        before = sum(sales_cents("2026-02")[0].values())
        total = sum(products.values())
        self.assertEqual(done.result["lines"], lines)
        self.assertEqual(done.result["skipped_rows"], skipped)
        self.assertGreater(skipped, 0)
        self.assertEqual(done.result["revenue"], f"{total / 100:.2f}")
        self.assertAlmostEqual(done.result["change_percent"], (total / before - 1) * 100, delta=0.051)
        self.assertEqual({p["name"]: p["revenue"] for p in done.result["products"]},
                         {name: f"{cents / 100:.2f}" for name, cents in products.items()})
        self.assertEqual({r["name"]: r["revenue"] for r in done.result["regions"]},
                         {name: f"{cents / 100:.2f}" for name, cents in regions.items()})
        self.assertEqual(done.progress(), sorted(done.progress()))
        self.assertEqual(done.progress()[-1], 100)

    def test_table_and_chart_hold_the_same_total(self):
        done = self.run_month("2026-03")
        self.assertEqual(sorted(done.artifacts), ["out/sales-2026-03.csv", "out/sales-2026-03.svg"])
        table = done.artifacts["out/sales-2026-03.csv"].decode("utf-8-sig")
        cents = sum(round(float(row["revenue"]) * 100) for row in csv.DictReader(io.StringIO(table)))
        self.assertEqual(f"{cents / 100:.2f}", done.result["revenue"])
        chart = xml.etree.ElementTree.fromstring(done.artifacts["out/sales-2026-03.svg"])
        bars = chart.findall(".//{*}rect/{*}title")
        self.assertEqual(len(bars), 31)
        days = sum(round(float(bar.text.split(": ")[1]) * 100) for bar in bars)
        self.assertEqual(days, cents)

    def test_january_compares_with_december(self):
        done = self.run_month("2026-01")
        before, now = (sum(sales_cents(m)[0].values()) for m in ("2025-12", "2026-01"))
        self.assertAlmostEqual(done.result["change_percent"], (now / before - 1) * 100, delta=0.051)

    def test_a_month_without_sales_fails_and_says_what_there_is(self):
        done = self.run_month("2031-01")
        self.assertEqual(done.exit_code, 1)
        self.assertIn("no sales in 2031-01: it covers 2025-01 to 2026-06", done.stderr)
        self.assertEqual(done.artifacts, {})

    def test_a_file_without_a_needed_column_fails_by_name(self):
        done = self.run_month("2026-03", written("other.csv", b"date,product,quantity\n"))
        self.assertEqual(done.exit_code, 1)
        self.assertIn("no column unit_price", done.stderr)

    def test_chinese_headers_are_understood(self):
        text = "日期,产品,数量,单价\n2026-03-01,键盘,2,10.005\n2026-03-02,键盘,-1,1\n"
        done = self.run_month("2026-03", written("明细.csv", text.encode()))
        self.assertEqual(done.exit_code, 0, done.stderr)
        self.assertEqual(done.result["revenue"], "19.01")
        self.assertEqual(done.result["returned_lines"], 1)
        self.assertIsNone(done.result["change_percent"])


def log_fields():
    """(status, folded path, milliseconds) of every real line, by splitting at quotes."""
    for line in DATA["log"].read_text(encoding="utf-8").splitlines():
        parts = line.split('"')
        if len(parts) != 7:
            continue
        path = parts[1].split(" ")[1].partition("?")[0]
        folded = "/".join(":n" if piece.isdigit() else piece for piece in path.split("/"))
        yield int(parts[2].split()[0]), folded, round(float(parts[6]) * 1000)


class LogInspection(unittest.TestCase):
    FOLDER = EXAMPLES / "log-inspection"

    def test_errors_and_slow_paths(self):
        done = run_action(self.FOLDER, {"top": 100, "slow_ms": 2000}, {"file": DATA["log"]})
        self.assertEqual(done.exit_code, 0, done.stderr)
        lines = list(log_fields())
        errors, slow = {}, {}
        for status, path, taken_ms in lines:
            if status >= 400:
                errors[status, path] = errors.get((status, path), 0) + 1
            if taken_ms > 2000:
                slow[path] = slow.get(path, 0) + 1
        self.assertEqual(done.result["totals"]["requests"], len(lines))
        self.assertEqual(done.result["totals"]["unreadable"],
                         DATA["log"].read_text(encoding="utf-8").count("-- log rotated --"))
        self.assertEqual(done.result["totals"]["5xx"], sum(1 for s, _, _ in lines if s >= 500))
        self.assertEqual({(e["status"], e["path"]): e["count"] for e in done.result["errors"]}, errors)
        self.assertEqual({s["path"]: s["slow"] for s in done.result["slow"]}, slow)
        self.assertEqual(done.result["errors"][0]["path"], "/api/payments")
        self.check_percentile(done.result["slow"][0], lines)

    def check_percentile(self, row, lines):
        """Nearest rank: at least 95 % are not slower, and fewer than 95 % are faster."""
        taken = [ms for _, path, ms in lines if path == row["path"]]
        self.assertGreaterEqual(sum(ms <= row["p95_ms"] for ms in taken), 0.95 * len(taken))
        self.assertLess(sum(ms < row["p95_ms"] for ms in taken), 0.95 * len(taken))
        self.assertEqual(row["max_ms"], max(taken))

    def test_top_cuts_the_list_but_not_the_file(self):
        done = run_action(self.FOLDER, {"top": 2}, {"file": DATA["log"]})
        self.assertEqual(len(done.result["errors"]), 2)
        table = list(csv.DictReader(io.StringIO(done.artifacts["out/errors.csv"].decode())))
        self.assertEqual(len(table), done.result["error_groups"])
        self.assertGreater(len(table), 2)
        self.assertIn("`/api/payments`", done.artifacts["out/report.md"].decode())

    def test_gzip_gives_the_same(self):
        packed = written("access.log.gz", gzip.compress(DATA["log"].read_bytes()))
        plain = run_action(self.FOLDER, {}, {"file": DATA["log"]})
        self.assertEqual(run_action(self.FOLDER, {}, {"file": packed}).result, plain.result)

    def test_a_file_that_is_no_log_fails(self):
        done = run_action(self.FOLDER, {}, {"file": written("no.log", b"hello\nworld\n")})
        self.assertEqual(done.exit_code, 1)
        self.assertIn("not one line", done.stderr)

    def test_without_seconds_there_is_no_slow_list(self):
        line = b'::1 - - [18/Mar/2026:00:00:00 +0000] "GET /a\\"b HTTP/1.1" 404 - "-" "x"\n'
        done = run_action(self.FOLDER, {}, {"file": written("plain.log", line)})
        self.assertEqual(done.result["slow"], [])
        self.assertEqual(done.result["errors"][0]["path"], '/a\\"b')


class FileStats(unittest.TestCase):
    FOLDER = EXAMPLES / "file-stats"
    TEXT = "To be, or not to be:\nthat is the question.\n你好 你好 café\n"

    def test_counts_agree_with_wc(self):
        path = written("notes.txt", self.TEXT.encode())
        done = run_action(self.FOLDER, {"top": 3, "ignore_case": True}, {"file": path})
        self.assertEqual(done.exit_code, 0, done.stderr)
        self.assertEqual(set(done.result), {"stdout"})
        counted = subprocess.run(["wc", "-l", "-m", "-c", str(path)], check=True, text=True,
                                 capture_output=True, env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"})
        lines, chars, size = counted.stdout.split()[:3]
        for wanted in (f"lines  {lines}\n", f"chars  {chars}\n", f"bytes  {size}\n"):
            self.assertIn(wanted, done.result["stdout"])
        listed = re.findall(r"^ +(\d+)  (\w+)$", done.result["stdout"], re.M)
        self.assertEqual(listed, [("2", "be"), ("2", "to"), ("2", "你好")])

    def test_a_flag_that_is_not_given_is_not_there(self):
        path = written("notes.txt", self.TEXT.encode())
        done = run_action(self.FOLDER, {"top": 9, "ignore_case": False}, {"file": path})
        self.assertIn("       1  To\n", done.result["stdout"])

    def test_values_stay_one_argument(self):
        template = load_skill(self.FOLDER)["actions"][0]["args"]
        given = {"top": 3, "min_length": 1, "file": "in/a b; rm -rf $HOME.txt"}
        self.assertEqual(expand_args(template, given),
                         ["--top", "3", "--min-length", "1", "in/a b; rm -rf $HOME.txt"])

    def test_a_wrong_encoding_fails(self):
        done = run_action(self.FOLDER, {}, {"file": written("latin.txt", b"caf\xe9\n")})
        self.assertEqual(done.exit_code, 1)
        self.assertIn("in/latin.txt", done.stderr)


class Cleanup(unittest.TestCase):
    FOLDER = EXAMPLES / "cleanup"

    def members(self, data):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            return {m.name.removeprefix("./"): (m.mtime, m.size) for m in archive if m.isfile()}

    def test_what_is_old_goes_and_what_is_not_stays(self):
        done = run_action(self.FOLDER, {"days": 365, "as_of": "2026-04-01"}, {"archive": DATA["archive"]})
        self.assertEqual(done.exit_code, 0, done.stderr)
        limit = datetime.datetime(2025, 4, 1, tzinfo=datetime.timezone.utc).timestamp()
        before = self.members(DATA["archive"].read_bytes())
        old = {name: at for name, at in before.items() if at[0] < limit}
        self.assertTrue(0 < len(old) < len(before))
        self.assertEqual(done.result, {
            "files": len(before), "removed": len(old), "kept": len(before) - len(old),
            "removed_bytes": sum(size for _, size in old.values()), "older_than": "2025-04-01"})
        self.assertEqual(sorted(done.artifacts), ["out/cleaned.tar.gz", "out/removed.tsv"])
        after = self.members(done.artifacts["out/cleaned.tar.gz"])
        self.assertEqual(after, {name: at for name, at in before.items() if name not in old})
        listed = [row.split("\t") for row in done.artifacts["out/removed.tsv"].decode().splitlines()]
        self.assertEqual({name: int(size) for _, size, name in listed},
                         {name: size for name, (_, size) in old.items()})

    def archive_of(self, *entries):
        """(name, seconds since 1970, type) packed as a .tar.gz"""
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as archive:
            for name, mtime, kind in entries:
                entry = tarfile.TarInfo(name)
                entry.mtime, entry.type = mtime, kind
                entry.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else ""
                archive.addfile(entry)
        return written("made.tar.gz", data.getvalue())

    def test_the_limit_is_midnight_in_the_time_zone_of_the_run(self):
        shanghai = datetime.timezone(datetime.timedelta(hours=8))
        midnight = int(datetime.datetime(2026, 3, 1, tzinfo=shanghai).timestamp())
        path = self.archive_of(("before", midnight - 1, tarfile.REGTYPE),
                               ("at", midnight, tarfile.REGTYPE))
        done = run_action(self.FOLDER, {"days": 31, "as_of": "2026-04-01"}, {"archive": path},
                          timezone="Asia/Shanghai")
        self.assertEqual(set(self.members(done.artifacts["out/cleaned.tar.gz"])), {"at"})

    def test_odd_names_survive(self):
        path = self.archive_of(("a b/-x$(id).txt", 2**31 - 2, tarfile.REGTYPE),
                               ("new\nline", 2**31 - 2, tarfile.REGTYPE), ("旧 文件", 1, tarfile.REGTYPE))
        done = run_action(self.FOLDER, {"days": 1}, {"archive": path})
        self.assertEqual(done.result["removed"], 1)
        self.assertEqual(set(self.members(done.artifacts["out/cleaned.tar.gz"])),
                         {"a b/-x$(id).txt", "new\nline"})

    def test_links_are_refused_and_nothing_is_written(self):
        path = self.archive_of(("old", 1, tarfile.REGTYPE), ("link", 1, tarfile.SYMTYPE))
        done = run_action(self.FOLDER, {"days": 1}, {"archive": path})
        self.assertEqual(done.exit_code, 1)
        self.assertIn("links or devices", done.stderr)
        self.assertEqual(done.artifacts, {})

    def test_something_else_than_an_archive_fails(self):
        done = run_action(self.FOLDER, {"days": 1}, {"archive": written("x.tar.gz", b"no archive")})
        self.assertEqual(done.exit_code, 1)
        self.assertIn("not a readable .tar.gz", done.stderr)


class CustomerLedger(unittest.TestCase):
    FOLDER = EXAMPLES / "customer-ledger"

    def setUp(self):
        try:
            import openpyxl
        except ImportError:
            self.fail("python3-openpyxl is missing: apt-get install python3-openpyxl")
        self.openpyxl = openpyxl

    def sheet(self, data, name):
        book = self.openpyxl.load_workbook(io.BytesIO(data))
        return [[cell.value for cell in row] for row in book[name].iter_rows(min_row=2)]

    def test_reminder_lists_who_is_due(self):
        done = run_action(self.FOLDER, {"as_of": "2026-04-01"}, {"ledger": DATA["ledger"]})
        self.assertEqual(done.exit_code, 0, done.stderr)
        self.assertEqual(list(done.artifacts), ["续费提醒.xlsx"])
        first, last = datetime.datetime(2026, 4, 1), datetime.datetime(2026, 5, 31)
        ledger = self.sheet(DATA["ledger"].read_bytes(), "客户台账")
        due = {row[0]: row[6] for row in ledger if row[7] == "正常" and first <= row[5] <= last}
        self.assertGreater(len(due), 0)
        listed = self.sheet(done.artifacts["续费提醒.xlsx"], "到期提醒")
        self.assertEqual({row[0]: row[6] for row in listed}, due)
        self.assertEqual([row[5] for row in listed], [(row[4] - first).days for row in listed])
        self.assertEqual(done.result["到期年费"], sum(due.values()))
        self.assertEqual(done.result["客户数"], 120)
        totals = self.sheet(done.artifacts["续费提醒.xlsx"], "汇总")
        self.assertEqual(sum(row[2] for row in totals), sum(row[6] for row in ledger))

    def test_the_uploaded_name_does_not_matter(self):
        other = written("2026年客户 (终).xlsx", DATA["ledger"].read_bytes())
        done = run_action(self.FOLDER, {"as_of": "2026-04-01", "days": 0}, {"ledger": other})
        self.assertEqual(done.exit_code, 0, done.stderr)

    def count_due(self, *days):
        """How many of the contracts that end on `days` are due from 2026-04-01 for 60 days."""
        book = self.openpyxl.Workbook()
        book.active.append(["客户编号", "客户名称", "到期日期", "年费（元）", "状态"])
        for number, day in enumerate(days):
            book.active.append([f"K{number}", "甲", day, 100, "正常"])
        data = io.BytesIO()
        book.save(data)
        done = run_action(self.FOLDER, {"as_of": "2026-04-01"},
                          {"ledger": written("made.xlsx", data.getvalue())})
        self.assertEqual(done.exit_code, 0, done.stderr)
        return done.result["到期客户"]

    def test_dates_as_text_are_read(self):
        self.assertEqual(self.count_due("2026-04-02", "2026/4/2", "2026年4月2日", "soon", None), 3)

    def test_both_ends_of_the_window_count(self):
        self.assertEqual(self.count_due("2026-04-01", "2026-05-31"), 2)
        self.assertEqual(self.count_due("2026-03-31", "2026-06-01"), 0)

    def test_a_missing_column_is_named(self):
        book = self.openpyxl.Workbook()
        book.active.append(["客户编号", "客户名称"])
        data = io.BytesIO()
        book.save(data)
        done = run_action(self.FOLDER, {}, {"ledger": written("m.xlsx", data.getvalue())})
        self.assertEqual(done.exit_code, 1)
        self.assertIn("到期日期、年费（元）、状态", done.stderr)


if __name__ == "__main__":
    unittest.main()
