"""Understanding, end to end: models in the background, corrections, follow-ups, and nobody else's business."""
import hashlib
import json
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

OTHER = "Lakeside Books"
SALES = "sales report for March 2026 from sales.csv"

PAYMENTS = {
    "README.md": "# Payments\n\nGives customers their money back.\n",
    "main.py": skills.PROBE_SCRIPT,
    "skill.json": json.dumps({
        "name": "payments",
        "title": {"en": "Payments", "zh": "付款"},
        "description": {"en": "Refunds an order.", "zh": "给订单退款。"},
        "actions": [
            {"name": "refund", "title": {"en": "Refund an order", "zh": "退款"}, "entry": "main.py", "risk": "high",
             "effects": ["money goes back to the customer"],
             "examples": ["refund order 8841, 120 euro, customer complained", "给订单 8841 退款 120 元"],
             "input": {"type": "object", "additionalProperties": False, "required": ["order", "amount"],
                       "properties": {
                           "order": {"type": "integer", "title": {"en": "Order number", "zh": "订单号"}},
                           "amount": {"type": "number", "title": {"en": "Amount", "zh": "金额"},
                                      "description": "In euro"},
                           "reason": {"type": "string", "maxLength": 200}}}},
            {"name": "status", "title": {"en": "Status of an order", "zh": "订单状态"}, "entry": "main.py",
             "examples": ["has order 8841 been paid", "订单 8841 付款了吗"],
             "input": {"type": "object", "additionalProperties": False,
                       "properties": {"order": {"type": "integer"}}}},
        ]}),
}


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "sandboxd", "worker"))
    skills.publish(loop.Case.stack, [
        (loop.TENANT, "payments", PAYMENTS), (OTHER, "probe", skills.PROBE),
        *((loop.TENANT, name, skills.example(name)) for name in ("sales-report", "cleanup", "log-inspection"))])


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    def models(self, tenant=loop.TENANT):
        """{file name: digest of its bytes} of a tenant's models."""
        folder = self.stack.folder / "files" / "models" / self.stack.tenants[tenant]["schema"]
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.model")}

    def builds(self, tenant=loop.TENANT):
        return self.count("job_outcome", "state = 'succeeded' and job_id in (select id from "
                          f"{self.stack.tenants[tenant]['schema']}.job where payload ->> 'task' = 'model_build')", tenant)

    def plan(self, text, files=(), token="oscar", **more):
        body = {"text": text, "mode": "plan", "files": list(files), **more}
        return self.ok(self.api("POST", "/v1/requests", body, token, 30))

    def unmet(self, text, token="adam"):
        listed = self.ok(self.api("GET", "/v1/unmet?limit=200", token=token))
        return next((item for item in listed["items"] if item["text"] == text), None)


class Models(Case):
    def test_a_change_of_a_skill_builds_the_model_in_the_background(self):
        before, builds = self.models(), self.builds()
        self.ok(self.api("PATCH", "/v1/skills/cleanup", {"examples": ["throw away what is old in archive.tar.gz"]}, "adam"))
        stacks.until(lambda: self.builds() > builds and self.models().keys() - before.keys(), what="a new model")
        plan = self.plan("throw away what is old")
        self.assertEqual(plan["intent"]["candidates"][0]["skill"], "cleanup")
        self.assertEqual(self.stack.log("worker").count("model.unwritten"), 0)

    def test_a_deleted_model_is_built_again_with_the_same_bytes(self):
        self.plan(SALES)
        folder = self.stack.folder / "files" / "models" / self.schema
        newest = max(folder.glob("*.model"), key=lambda path: path.stat().st_mtime_ns)
        bytes_before = newest.read_bytes()
        newest.unlink()
        self.stack.end("worker")
        self.stack.start("worker")
        self.plan(SALES)
        self.assertEqual(newest.read_bytes(), bytes_before)

    def test_a_torn_model_is_replaced(self):
        self.plan(SALES)
        folder = self.stack.folder / "files" / "models" / self.schema
        newest = max(folder.glob("*.model"), key=lambda path: path.stat().st_mtime_ns)
        whole = newest.read_bytes()
        self.stack.end("worker")
        newest.write_bytes(whole[: len(whole) // 2])
        self.stack.start("worker")
        self.assertEqual(self.plan(SALES)["intent"]["candidates"][0]["skill"], "sales-report")
        self.assertEqual(newest.read_bytes(), whole)


class Tenants(Case):
    TEXTS = (SALES, "用 sales.csv 出一份报表", "remove old files", "has order 17 been paid", "order me a pizza",
             "给订单 99 退款", "report")

    def answers(self):
        """Everything that the recogniser says to one tenant's texts."""
        return [{key: self.plan(text)["intent"][key] for key in ("candidates", "decision", "questions")}
                for text in self.TEXTS]

    def test_nothing_of_one_tenant_changes_with_the_skills_of_another(self):
        answers, models = self.answers(), self.models()
        self.assertTrue(models)
        ours = json.loads(skills.example("sales-report")["skill.json"])
        skills.publish(self.stack, [(OTHER, "sales-report", skills.example("sales-report")),
                                    (OTHER, "payments", PAYMENTS)])
        theirs = self.builds(OTHER)
        self.ok(self.api("PATCH", "/v1/skills/payments", {"examples": [*self.TEXTS, *ours["examples"]]}, "lin"))
        stacks.until(lambda: self.builds(OTHER) > theirs, what="the other tenant's model")
        self.assertTrue(self.models(OTHER))
        self.plan(SALES, token="lin")
        self.assertEqual((self.answers(), self.models()), (answers, models))
        self.stack.end("worker")
        self.stack.start("worker")
        self.assertEqual((self.answers(), self.models()), (answers, models))

    def test_what_one_tenant_could_not_get_no_other_sees(self):
        text = "water the plants of the Harbour office"
        self.assertEqual(self.ask(text)["state"], "abstained")
        item = self.unmet(text)
        self.assertEqual((item["kind"], item["state"], item["times"], item["meant"]), ("abstained", "open", 1, None))
        self.assertNotIn(text, json.dumps(self.ok(self.api("GET", "/v1/unmet", token="lin"))))
        self.refused(self.api("POST", f"/v1/unmet/{item['id']}/approve", {"skill": "probe"}, "lin"), 404, "not_found")
        for token in ("oscar", "vera"):
            self.refused(self.api("GET", "/v1/unmet", token=token), 403, "forbidden")


class Corrections(Case):
    def test_not_this_one_that_one_becomes_an_example_after_review(self):
        text = "sales report of the money that went back"
        request = self.plan(text)
        self.assertEqual(request["intent"]["candidates"][0]["skill"], "sales-report")
        meant = {"skill": "payments", "action": "status"}
        answered = self.ok(self.api("POST", f"/v1/requests/{request['id']}/answer",
                                    {"candidate": "payments/status"}, wait=30))
        self.assertEqual((answered["state"], answered["plan"]["steps"][0]["action"]), ("planned", "status"))
        item = self.unmet(text)
        self.assertEqual((item["kind"], item["meant"], item["state"]), ("corrected", meant, "open"))
        self.assertEqual(item["was"]["skill"], "sales-report")
        self.assertNotIn(text, self.ok(self.api("GET", "/v1/skills/payments", token="adam"))["examples"])
        self.refused(self.api("POST", f"/v1/unmet/{item['id']}/approve", {}, "oscar"), 403, "forbidden")
        approved = self.ok(self.api("POST", f"/v1/unmet/{item['id']}/approve", {}, "adam"))
        self.assertEqual((approved["state"], approved["decided_by"]["name"]), ("approved", "Adam"))
        self.assertIn(text, self.ok(self.api("GET", "/v1/skills/payments", token="adam"))["examples"])
        again = self.plan(text)["intent"]["candidates"][0]
        self.assertEqual({key: again[key] for key in meant}, meant)
        self.refused(self.api("POST", f"/v1/unmet/{item['id']}/reject", {}, "adam"), 409, "already_decided")

    def test_a_correction_changes_nothing_that_was_done(self):
        request = self.ask(SALES, [self.upload("sales.csv", loop.sales_csv())])
        self.assertEqual(request["state"], "succeeded")
        before = self.footprint()
        answered = self.ok(self.api("POST", f"/v1/requests/{request['id']}/answer", {"candidate": "cleanup"}))
        self.assertEqual((answered["state"], answered["correction"]["skill"]), ("succeeded", "cleanup"))
        self.assertEqual(self.footprint(), before)
        self.refused(self.api("POST", f"/v1/requests/{request['id']}/answer", {"candidate": "sales-report"}), 422,
                     "invalid_input")
        self.refused(self.api("POST", f"/v1/requests/{request['id']}/answer", {"candidate": "no-such"}), 422,
                     "invalid_input")
        self.refused(self.api("POST", f"/v1/requests/{request['id']}/answer", {"inputs": {"month": "2026-01"}}), 409,
                     "conflict")
        self.refused(self.api("POST", f"/v1/requests/{request['id']}/answer", {"candidate": "cleanup"}, "adam"), 404,
                     "not_found")

    def test_an_admin_says_what_an_abstained_request_meant(self):
        text = "pretty please do the thing with the turnover"
        first = self.plan(text)
        self.assertEqual(first["state"], "abstained", "this wording is understood by now: take another")
        self.plan(text.upper())
        item = self.unmet(text)
        self.assertEqual(item["times"], 2)
        self.refused(self.api("POST", f"/v1/unmet/{item['id']}/approve", {}, "adam"), 422, "invalid_input")
        self.refused(self.api("POST", f"/v1/unmet/{item['id']}/approve", {"skill": "nope"}, "adam"), 404, "not_found")
        self.ok(self.api("POST", f"/v1/unmet/{item['id']}/approve", {"skill": "sales-report"}, "adam"))
        self.assertEqual(self.plan(text)["intent"]["candidates"][0]["skill"], "sales-report")

    def test_the_list_pages_and_counts(self):
        texts = [f"feed the {animal} in the yard" for animal in ("goat", "hen", "mule")]
        for text in texts:
            self.assertEqual(self.plan(text)["state"], "abstained")
        rejected = self.unmet(texts[0])
        self.ok(self.api("POST", f"/v1/unmet/{rejected['id']}/reject", {}, "adam"))
        seen, path = [], "/v1/unmet?limit=1&state=open"
        while path:
            page = self.ok(self.api("GET", path, token="adam"))
            seen += [item["text"] for item in page["items"]]
            path = page["next_cursor"] and f"/v1/unmet?limit=1&state=open&cursor={page['next_cursor']}"
        self.assertEqual(len(seen), len(set(seen)))
        self.assertEqual(page["counts"]["open"], len(seen))
        self.assertLessEqual(set(texts[1:]), set(seen))
        self.assertNotIn(texts[0], seen)


class Demo(Case):
    """What somebody says who has just seen the examples, in both languages, without an endpoint."""
    NOW = "2026-11-21T03:00:00Z"
    QUESTIONS = [
        ("sales report for March 2026 from sales.csv", "sales-report", {"month": "2026-03"}),
        ("用 sales.csv 生成 2026年3月 的销售报表", "sales-report", {"month": "2026-03"}),
        ("how much did we sell last month?", "sales-report", {"month": "2026-10"}),
        ("上个月华东区的销售报表发我一份", "sales-report", {"month": "2026-10"}),
        ("which errors are in access.log?", "log-inspection", {}),
        ("access.log 里有哪些报错？", "log-inspection", {}),
        ("remove files older than 90 days from archive.tar.gz", "cleanup", {}),
        ("清理 archive.tar.gz 里超过90天的旧文件", "cleanup", {}),
        ("refund order 8841, 120 euro, customer complained", "payments", {"order": 8841, "amount": 120}),
        ("给订单 8841 退款 120 元", "payments", {"order": 8841, "amount": 120}),
    ]

    def test_every_question_is_understood_and_every_value_says_where_it_came_from(self):
        files = [self.upload(name, loop.sales_csv()) for name in ("sales.csv", "access.log", "archive.tar.gz")]
        for text, skill, wanted in self.QUESTIONS:
            with self.subTest(text):
                request = self.plan(text, files, token="adam", now=self.NOW)
                self.assertEqual(request["intent"]["candidates"][0]["skill"], skill)
                self.assertEqual(request["state"], "planned", request["intent"]["questions"])
                (step,) = request["plan"]["steps"]
                self.assertEqual({name: step["input"].get(name) for name in wanted}, wanted)
                said = {entry["path"][1:]: entry for entry in step["provenance"]}
                self.assertEqual(said.keys(), step["input"].keys())
                for name in wanted:
                    start, end = said[name]["span"]
                    self.assertTrue(text[start:end].strip(), f"{name} came from nowhere")
                self.assertEqual({check["name"] for check in request["plan"]["checks"] if check["ok"]},
                                 {"authorised", "version", "inputs", "files", "subscription", "quota"})

    def test_how_long_it_usually_takes_comes_from_what_ran(self):
        sales = self.upload("sales.csv", loop.sales_csv())
        self.assertEqual(self.ask(SALES, [sales])["state"], "succeeded")
        expected = self.plan(SALES, [sales])["plan"]["expected"]
        self.assertGreaterEqual(expected["runs"], 1)
        self.assertGreater(expected["usual_ms"], 0)
        self.assertGreaterEqual(expected["slow_ms"], expected["usual_ms"])

    def test_what_one_may_not_run_is_refused_and_not_redirected(self):
        skills.bind(self.stack, loop.TENANT, "payments", "admin")
        try:
            for text in ("refund order 8841, 120 euro, customer complained", "给订单 8841 退款 120 元"):
                request = self.plan(text)
                self.assertEqual((request["state"], request["plan"]), ("failed", None), request["intent"])
                self.assertEqual(request["error"]["code"], "forbidden")
                self.assertNotIn("payments", str(request))
        finally:
            self.ok(self.api("PUT", "/v1/skills/payments/bindings", [], "adam"))


class FollowUps(Case):
    def test_only_what_is_said_changes_and_the_rest_is_marked(self):
        sales = self.upload("sales.csv", loop.sales_csv())
        first = self.ask(SALES, [sales])
        self.assertEqual(first["state"], "succeeded")
        second = self.plan("and the same for April 2026", follow_up_of=first["id"])
        self.assertEqual((second["state"], second["follow_up_of"]), ("planned", first["id"]))
        step = second["plan"]["steps"][0]
        self.assertEqual((step["skill"], step["input"]), ("sales-report", {"file": sales, "month": "2026-04"}))
        self.assertEqual({entry["path"]: entry["source"] for entry in step["provenance"]},
                         {"/file": "previous", "/month": "typed"})
        chinese = self.plan("再来一份五月的", follow_up_of=first["id"], now="2026-11-21T03:00:00Z")
        self.assertEqual(chinese["plan"]["steps"][0]["input"], {"file": sales, "month": "2026-05"})

    def test_a_high_risk_follow_up_waits_and_shows_what_it_takes_over(self):
        first = self.ask("refund order 8841, 120 euro")
        self.assertEqual(first["state"], "awaiting_confirmation", first["intent"])
        second = self.ok(self.api("POST", "/v1/requests", {"text": "and order 9002 too", "follow_up_of": first["id"]},
                                  "oscar", 30))
        self.assertEqual(second["state"], "awaiting_confirmation", second)
        step = second["plan"]["steps"][0]
        self.assertEqual(step["input"], {"order": 9002, "amount": 120})
        self.assertEqual({entry["path"]: entry["source"] for entry in step["provenance"]}["/amount"], "previous")
        self.assertEqual(self.runs_of(second["id"]), 0)

    def runs_of(self, request_id):
        return self.count("job", f"kind = 'run' and request_id = '{request_id}'")

    def test_of_ones_own_and_readable_requests_only(self):
        first = self.plan(SALES)
        for token, wanted in (("lin", first["id"]), ("oscar", skills.new_id())):
            self.refused(self.api("POST", "/v1/requests", {"text": "again", "follow_up_of": wanted}, token), 404,
                         "not_found")

    def test_of_what_one_may_not_run_any_more_is_refused(self):
        first = self.plan("has order 5 been paid")
        self.assertEqual(first["state"], "planned", first)
        skills.bind(self.stack, loop.TENANT, "payments", "admin")
        try:
            second = self.plan("and order 6?", follow_up_of=first["id"])
            self.assertEqual((second["state"], second["error"]["code"]), ("failed", "forbidden"))
        finally:
            self.ok(self.api("PUT", "/v1/skills/payments/bindings", [], "adam"))


if __name__ == "__main__":
    unittest.main()
