"""Invoices through the running daemons: numbered within a tick, seen by finance and by the tenant, taken back by credit notes."""
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

PERSONAL = {"name": "Pia's own", "kind": "personal", "users": [stacks.person("pia", "owner")]}
NUMBER = "12345678901234567890"


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api", "scheduler", "lifecycle"), {**stacks.PEOPLE, "tenants": [*stacks.PEOPLE["tenants"], PERSONAL]},
                         settings={"lifecycle": {"tick_s": 1}})
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        email = f"{person}@people.example"
        Case().cli("people", "role", email, "platform_finance", token="pat")
        reply = stack.api("POST", "/v1/login", {"email": email, "password": stack.passwords[person], "tenant": "platform"})
        stack.tokens[name] = reply.json["token"]


def tearDownModule():
    stack.stop()


class Case(unittest.TestCase):
    maxDiff = 4000

    def get(self, path, token="fay"):
        reply = stack.api("GET", path, token=token)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.json

    def cli(self, *words, token="fay", status=0, language="C.UTF-8"):
        """What it printed as JSON, or what it said when it refused."""
        done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words), "--json"], capture_output=True, timeout=60, check=False,
                              env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": language,
                                   "EXECGOV_TOKEN": stack.tokens[token], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")})
        self.assertEqual(done.returncode, status, (done.stdout, done.stderr))
        return json.loads(done.stdout) if status == 0 else done.stderr.decode()

    def confirm(self, order, amount):
        self.cli("order", "confirm", order["id"], amount, "--reference", uuid.uuid4().hex, "--on", "2026-11-26", "--evidence", "a" * 64)

    def sold(self, name):
        customer = self.cli("customer", "create", name)
        order = self.cli("order", "create", "team-monthly", "--customer", customer["id"], "--tenant-name", name)
        self.confirm(order, "299.00")
        return order

    def invoices(self, order, count):
        """All of an order, once there are so many: the oldest first."""
        path = f"/v1/platform/invoices?order_id={order['id']}"
        stacks.until(lambda: len(self.get(path)["items"]) >= count, what="the numbers being given")
        return self.get(path)["items"][::-1]


class Invoices(Case):
    def test_a_settled_order_is_invoiced_and_a_refund_takes_it_back(self):
        order = self.sold("Billed")
        invoice = self.invoices(order, 1)[0]
        self.assertEqual((invoice["kind"], invoice["amount"], invoice["order_no"], invoice["customer"], invoice["of"], invoice["fapiao"]["status"]),
                         ("invoice", {"amount_minor": 29900, "currency": "CNY"}, order["no"], "Billed", None, "none"))
        self.assertRegex(invoice["no"], r"^MAIN-20\d\d-\d{6}$")
        self.assertEqual(self.cli("invoice", "show", invoice["no"]), self.cli("invoice", "show", invoice["id"]))
        asked = self.cli("order", "refund", order["id"], "100.00", "--reference", uuid.uuid4().hex, "--comment", "late", "--then", "keep")
        self.cli("order", "approve", asked["approval"]["id"], token="fred")
        invoice, note = self.invoices(order, 2)
        self.assertEqual((note["kind"], note["amount"]["amount_minor"], note["of"]["no"]), ("credit_note", 10000, invoice["no"]))
        self.assertEqual(invoice["credited"]["amount_minor"], 10000)
        what = [(e["what"], e["subject"]) for e in self.cli("customer", "show", order["customer_id"])["timeline"]]
        self.assertIn(("invoice.issued", invoice["no"]), what)
        self.assertIn(("invoice.credited", note["no"]), what)
        rows = {r["no"]: r for r in self.get("/v1/platform/reports/invoices")["items"]}
        self.assertEqual((rows[invoice["no"]]["amount"]["amount_minor"], rows[note["no"]]["amount"]["amount_minor"], rows[note["no"]]["of"]),
                         (29900, -10000, invoice["no"]))
        self.assertEqual(self.get("/v1/platform/lifecycle/check")["violations"], [])

    def test_the_fapiao_is_said_by_finance_and_a_change_needs_a_reason(self):
        no = self.invoices(self.sold("Fapiao"), 1)[0]["no"]
        self.assertIn("number", self.cli("invoice", "fapiao", no, "issued", status=2))
        self.assertIn("8 digits", self.cli("invoice", "fapiao", no, "issued", "--number", "123", "--on", "2026-11-26", status=2))
        self.assertIn("代码", self.cli("invoice", "fapiao", no, "issued", "--number", "12345678", "--on", "2026-11-26", status=2,
                                     language="zh_CN.UTF-8"))
        self.assertIn("only one that is issued", self.cli("invoice", "fapiao", no, "requested", "--number", NUMBER, status=2))
        self.assertIn("still to come", self.cli("invoice", "fapiao", no, "issued", "--number", NUMBER, "--on", "2999-01-01", status=2))
        self.cli("invoice", "fapiao", no, "sent", status=2)
        self.cli("invoice", "fapiao", "MAIN-1999-000001", "requested", status=2)
        self.cli("invoice", "fapiao", no, "requested", token="pat", status=3)
        self.assertEqual(self.cli("invoice", "fapiao", no, "requested")["fapiao"]["status"], "requested")
        self.assertIn(no, [i["no"] for i in self.cli("invoice", "ls", "--fapiao", "requested")["items"]])
        issued = self.cli("invoice", "fapiao", no, "issued", "--number", NUMBER, "--on", "2026-11-26")["fapiao"]
        self.assertEqual((issued["status"], issued["number"], issued["code"], issued["issued_on"]), ("issued", NUMBER, None, "2026-11-26"))
        changed = ("invoice", "fapiao", no, "issued", "--number", "12345678", "--code", "0123456789", "--on", "2026-11-26")
        self.assertIn("say why", self.cli(*changed, status=2))
        self.assertEqual(self.cli(*changed, "--comment", "the paper one was sent")["fapiao"]["code"], "0123456789")
        audit = stack.sql("select detail #>> '{before,number}', detail #>> '{after,number}', detail ->> 'reason' from platform_audit where "
                          f"action = 'invoice.fapiao_set' and detail ->> 'no' = '{no}' order by id desc limit 1")
        self.assertEqual(audit, [[NUMBER, "12345678", "the paper one was sent"]])

    def test_a_file_of_fapiao_is_looked_at_and_then_written_whole(self):
        nos = [self.invoices(self.sold(f"File {n}"), 1)[0]["no"] for n in range(4)]
        self.cli("invoice", "fapiao", nos[1], "issued", "--number", "20" + "0" * 18, "--on", "2026-11-25")
        self.cli("invoice", "fapiao", nos[2], "issued", "--number", "22" + "0" * 18, "--on", "2026-11-25")
        file = stack.folder / "fapiao.csv"
        head = "发票号码,账单编号,发票代码,开票日期,备注\n"

        def rows(*lines):
            file.write_text(head + "".join(f"{number},{no},{code},{day},x\n" for number, no, code, day in lines), encoding="gb18030")
        rows(("21" + "0" * 18, nos[0], "", "2026-11-26"), ("20" + "0" * 18, nos[1], "", "2026-11-25"),
             ("23" + "0" * 18, nos[2], "", "2026-11-26"), ("22" + "0" * 18, nos[3], "", "2026-11-26"),
             ("24" + "0" * 18, "MAIN-1999-000001", "", "2026-11-26"))
        seen = self.cli("invoice", "import", file)
        self.assertEqual([line["verdict"] for line in seen["items"]], ["new", "seen", "conflict", "taken", "no_invoice"])
        self.assertEqual((seen["dry_run"], seen["counts"]["lines"], seen["counts"]["new"]), (True, 5, 1))
        self.assertEqual(self.fapiao(nos[0]), ("none", None))
        self.assertIn("look again", self.cli("invoice", "import", file, "--apply", "0" * 64, status=4))
        self.cli("invoice", "import", file, token="pat", status=3)
        self.assertFalse(self.cli("invoice", "import", file, "--apply", seen["digest"])["dry_run"])
        self.assertEqual([self.fapiao(no)[1] for no in nos], ["21" + "0" * 18, "20" + "0" * 18, "22" + "0" * 18, None])
        # What was shown was another state of things.
        self.assertIn("look again", self.cli("invoice", "import", file, "--apply", seen["digest"], status=4))
        self.assertEqual(stack.sql("select detail #>> '{counts,new}' from platform_audit where action = 'fapiao.imported'"), [["1"]])
        for line, says in ((("123", nos[3], "", "2026-11-26"), "line 3: a fapiao's number has 8 digits"), (("", nos[3], "", "2026-11-26"), "line 3"),
                           (("12345678", nos[3], "", "2026-11-26"), "line 3: a number of 8 digits has a code"),
                           (("25" + "0" * 18, "", "", "2026-11-26"), "line 3: which invoice"), (("25" + "0" * 18, nos[3], "", "tomorrow"), "line 3")):
            rows(("26" + "0" * 18, nos[3], "", "2026-11-26"), line)
            self.assertIn(says, self.cli("invoice", "import", file, status=2), line)
        file.write_text("a,b\n1,2\n", encoding="utf-8")
        self.assertIn("first row names the columns", self.cli("invoice", "import", file, status=2))
        self.assertEqual(self.fapiao(nos[3]), ("none", None))

    def fapiao(self, no):
        shown = self.get(f"/v1/platform/invoices/{no}")["fapiao"]
        return shown["status"], shown.get("number")

    def test_a_tenant_sees_its_own_and_no_other(self):
        order = self.cli("billing", "order", "team-monthly", "--tenant-name", "Pia and friends", token="pia")
        self.confirm(order, "299.00")
        no = self.invoices(order, 1)[0]["no"]
        team = stack.sql("select id from tenant where name = 'Pia and friends'")[0][0]
        token = stack.api("POST", "/v1/login", {"email": "pia@people.example", "password": stack.passwords["pia"], "tenant": team}).json["token"]
        self.assertEqual([i["no"] for i in self.get("/v1/invoices", token)["items"]], [no])
        self.assertEqual(self.get(f"/v1/invoices/{no}", token)["order_no"], order["no"])
        stack.tokens["team"] = token
        self.assertEqual([i["no"] for i in self.cli("billing", "invoices", token="team")["items"]], [no])
        self.assertEqual(self.get("/v1/invoices", "olivia")["items"], [])
        self.assertEqual(stack.api("GET", f"/v1/invoices/{no}", token="olivia").status, 404)
        self.assertEqual(stack.api("GET", "/v1/invoices", token="oscar").status, 403)
        self.assertEqual(stack.api("GET", "/v1/platform/invoices", token="olivia").status, 404)

    def test_another_entity_sells_from_now_on(self):
        self.assertEqual([s["code"] for s in self.cli("invoice", "sellers")["items"] if s["sells"]], ["MAIN"])
        self.assertIn("--title", self.cli("invoice", "seller", "EAST", status=2))
        self.assertIn("capital letters", self.cli("invoice", "seller", "east", "--title", "East", status=2))
        self.assertFalse(self.cli("invoice", "seller", "EAST", "--title", "East Ltd", "--tax-no", "91310000X")["sells"])
        self.assertTrue(self.cli("invoice", "seller", "EAST", "--title", "East Ltd", "--tax-no", "91310000X", "--sells")["sells"])
        invoice = self.invoices(self.sold("Eastern"), 1)[0]
        self.assertRegex(invoice["no"], r"^EAST-20\d\d-000001$")
        self.assertEqual(invoice["seller"], {"code": "EAST", "title": "East Ltd", "tax_no": "91310000X"})
        refused = stack.api("PUT", "/v1/platform/sellers/EAST", {"title": "East", "sells": False}, token="fay")
        self.assertEqual((refused.status, refused.code), (409, "conflict"))
        self.assertTrue(self.cli("invoice", "seller", "MAIN", "--title", "Main Ltd", "--sells")["sells"])


if __name__ == "__main__":
    unittest.main()
