"""The governed loop over HTTP: ask, plan, confirm, run, and what must not happen on the way."""
import os
import pathlib
import sys
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

SOLO = {"name": "Solo Studio", "kind": "team", "users": [stacks.person("sam", "owner")]}
PARALLEL = 50
CANCEL_S = 1.0


class Case(loop.Case):
    def danger(self, token="oscar", **given):
        """A high-risk request that waits."""
        run = self.run_probe("danger", token, **given)
        self.assertEqual(run["state"], "awaiting_confirmation")
        return run

    def confirm(self, run, token="arun", wait=30, digest=None):
        return self.api("POST", f"/v1/requests/{run['request_id']}/confirm",
                        {"digest": digest or run["plan"]["digest"]}, token, wait)

    def runs_of(self, request_id):
        return self.count("job", f"kind = 'run' and request_id = '{request_id}'")


def setUpModule():
    people = {**stacks.PEOPLE, "tenants": [*stacks.PEOPLE["tenants"], SOLO]}
    loop.Case.stack = stacks.Stack(("api", "scheduler", "sandboxd", "worker"), people)
    skills.publish(loop.Case.stack, [
        (loop.TENANT, "probe", skills.PROBE), (SOLO["name"], "probe", skills.PROBE),
        *((loop.TENANT, name, skills.example(name)) for name in ("sales-report", "cleanup", "log-inspection"))])
    skills.bind(loop.Case.stack, loop.TENANT, "log-inspection", "admin")


def tearDownModule():
    loop.Case.stack.stop()


class Words(Case):
    def report(self, text, **headers):
        sales = self.upload("sales.csv", loop.sales_csv())
        request = self.ask(text, [sales], **headers)
        self.assertEqual(request["state"], "succeeded", request)
        self.assertEqual(request["run"]["input"], {"file": sales, "month": "2026-03"})
        self.assertEqual(request["run"]["result"]["month"], "2026-03")
        self.assertEqual(request["run"]["isolation"][0], "L")
        return request

    def test_english_words_become_a_result_and_files(self):
        request = self.report("sales report for March 2026 from sales.csv")
        for artifact in request["run"]["artifacts"]:
            reply = self.api("GET", f"/v1/runs/{request['run']['id']}/artifacts/{artifact['name']}")
            self.assertEqual((reply.status, len(reply.body)), (200, artifact["size"]))
        self.assertGreaterEqual(len(request["run"]["artifacts"]), 2)

    def test_chinese_words_become_the_same(self):
        request = self.report("用 sales.csv 生成 2026年3月 的销售报表", Accept_Language="zh-CN")
        self.assertEqual(request["plan"]["steps"][0]["title"], "生成某月销售报表")

    def test_every_step_is_in_the_audit(self):
        request = self.report("sales report for March 2026 from sales.csv")
        jobs = [row[0] for row in self.stack.sql(
            f"select id from {self.schema}.job where request_id = '{request['id']}' order by created_at")]
        self.assertEqual(len(jobs), 3, "intent, plan, run")
        self.assertEqual(loop.faults(self.stack, self.schema, jobs), [])

    def test_what_no_skill_does_is_abstained_from(self):
        for text in ("order me a pizza with extra cheese", "今天天气怎么样？"):
            request = self.ask(text)
            self.assertEqual((request["state"], request["intent"]["decision"]), ("abstained", "abstain"))
            self.assertEqual((request["plan"], request["run"]), (None, None))

    def test_a_missing_parameter_is_asked_for_and_the_answer_finishes_it(self):
        request = self.ask("sales report for March 2026 from sales.csv")
        self.assertEqual(request["state"], "needs_answer", request)
        self.assertEqual([(q["kind"], q["name"]) for q in request["intent"]["questions"]], [("input", "file")])
        path = f"/v1/requests/{request['id']}/answer"
        sales = self.upload("sales.csv", loop.sales_csv())
        self.refused(self.api("POST", path, {"inputs": {"file": sales}}, "adam"), 404, "not_found")
        answered = self.ok(self.api("POST", path, {"inputs": {"file": sales}}, wait=30))
        self.assertEqual((answered["state"], answered["run"]["input"]["month"]), ("succeeded", "2026-03"), answered)
        self.refused(self.api("POST", path, {"inputs": {"file": sales}}), 409, "conflict")

    def test_an_answer_that_does_not_fit_is_asked_again(self):
        request = self.ask("sales report for March 2026 from sales.csv")
        path = f"/v1/requests/{request['id']}/answer"
        again = self.ok(self.api("POST", path, {"inputs": {"file": skills.new_id()}}, wait=30))
        self.assertEqual((again["state"], again["run"]), ("needs_answer", None), again)
        self.refused(self.api("POST", path, {"inputs": "file"}), 422, "invalid_input")
        self.refused(self.api("POST", path, {}), 422, "invalid_input")

    def test_a_forbidden_skill_is_refused_and_not_replaced_by_another(self):
        words = "inspect access.log and list the most frequent errors of the web server"
        request = self.ask(words)
        self.assertEqual((request["state"], request["error"]["code"], request["run"]), ("failed", "forbidden", None))
        self.assertNotIn("log-inspection", str(request["intent"]), "its name is not told")
        body = {"skill": "log-inspection", "action": "inspect", "input": {}}
        self.refused(self.nothing_changes(lambda: self.api("POST", "/v1/runs", body)), 403, "forbidden")
        self.assertEqual(self.ask(words, token="adam")["state"], "needs_answer")

    def test_a_waiting_question_can_be_cancelled(self):
        request = self.ask("sales report for March 2026 from sales.csv")
        path = f"/v1/requests/{request['id']}/cancel"
        self.assertEqual(self.ok(self.api("POST", path))["state"], "cancelled")
        self.refused(self.api("POST", path), 409, "already_done")


class ByHand(Case):
    def test_a_low_risk_run_is_done(self):
        run = self.run_probe(value="a word")
        self.assertEqual((run["state"], run["result"]), ("succeeded", {"what": "echo", "value": "a word"}))
        self.assertEqual((run["exit_code"], run["attempt"], run["error"]), (0, 1, None))
        self.assertEqual(self.request_of(run["request_id"])["state"], "succeeded")
        self.assertEqual(loop.faults(self.stack, self.schema, [run["id"]]), [])

    def test_a_run_that_failed_is_200_unless_http_is_asked_for(self):
        body = {"skill": "probe", "action": "run", "input": {"what": "exit"}}
        run = self.ok(self.api("POST", "/v1/runs", body, wait=30))
        self.assertEqual((run["state"], run["error"]["code"], run["exit_code"]), ("failed", "script_failed", 7))
        self.assertEqual(self.api("POST", "/v1/runs?fail=http", body, wait=30).status, 422)

    def test_mode_plan_causes_nothing(self):
        sales = self.upload("sales.csv", loop.sales_csv())
        before = self.footprint()
        request = self.ask("sales report for March 2026 from sales.csv", [sales], mode="plan")
        self.assertEqual((request["state"], request["run"]), ("planned", None), request)
        self.assertEqual(request["plan"]["steps"][0]["skill"], "sales-report")
        for action, risk in (("run", "low"), ("danger", "high")):
            run = self.run_probe(action, mode="plan")
            self.assertEqual((run["state"], run["plan"]["risk"]), ("planned", risk))
        self.assertEqual(self.footprint(), before)

    def test_a_delayed_run_waits_for_its_time(self):
        body = {"skill": "probe", "action": "run", "input": {}, "delay_ms": 1500}
        run = self.ok(self.api("POST", "/v1/runs", body), 202)
        self.assertEqual(self.stack.sql(f"select state from {self.schema}.job_live where job_id = '{run['id']}'"),
                         [["delayed"]])
        done = self.run_of(run["id"], wait=30)
        self.assertEqual(done["state"], "succeeded")
        waited, = self.stack.sql(f"select o.started_at - j.created_at >= interval '1.45 s' from {self.schema}.job j "
                                 f"join {self.schema}.job_outcome o on o.job_id = j.id where j.id = '{run['id']}'")
        self.assertEqual(waited, ["t"])

    def test_a_delayed_run_can_be_cancelled(self):
        body = {"skill": "probe", "action": "run", "input": {}, "delay_ms": 3_600_000}
        run = self.ok(self.api("POST", "/v1/runs", body), 202)
        self.assertEqual(self.ok(self.api("POST", f"/v1/runs/{run['id']}/cancel"))["state"], "cancelled")
        self.assertEqual(self.count("job_live", f"job_id = '{run['id']}'"), 0)

    def test_a_running_script_is_dead_within_a_second_of_its_cancelling(self):
        run = self.run_probe(what="sleep", seconds=60, wait=0)
        stacks.until(lambda: "begun sleep" in self.log_of(run["id"]), what="the script's first words")
        cancelled = self.ok(self.api("POST", f"/v1/runs/{run['id']}/cancel"))
        self.assertEqual(cancelled["state"], "cancelled")
        seconds, = self.stack.sql(
            f"select extract(epoch from o.ended_at - a.at) from {self.schema}.job_outcome o "
            f"join {self.schema}.audit_event a on a.subject = o.job_id::text and a.action = 'job.cancel_requested' "
            f"where o.job_id = '{run['id']}'")
        self.assertLess(float(seconds[0]), CANCEL_S)
        self.assertIn("begun sleep", self.log_of(run["id"]))
        self.refused(self.api("POST", f"/v1/runs/{run['id']}/cancel"), 409, "already_done")

    def test_prefer_wait_answers_when_it_has_ended_or_the_time_is_over(self):
        self.assertEqual(self.run_probe(wait=0)["attempt"] in (0, 1), True)
        begun = time.monotonic()
        run = self.run_probe(what="sleep", seconds=4, wait=1, status=202)
        self.assertLess(time.monotonic() - begun, 3.5)
        self.assertIn(run["state"], ("queued", "running"))
        self.assertEqual(self.run_of(run["id"], wait=30)["state"], "succeeded")


class HighRisk(Case):
    def test_it_waits_and_holds_nothing(self):
        run = self.danger()
        live = self.stack.sql(f"select j.kind, l.state from {self.schema}.job j join {self.schema}.job_live l "
                              f"on l.job_id = j.id where j.request_id = '{run['request_id']}'")
        self.assertEqual({tuple(row) for row in live}, {("confirm", "delayed")}, "its reminder and its end")
        self.assertEqual(self.runs_of(run["request_id"]), 0)
        shown = self.request_of(run["request_id"], "arun")["confirmation"]
        self.assertEqual((shown["state"], shown["may_decide"], shown["risk"]), ("waiting", True, "high"))
        self.assertEqual(sorted(p["name"] for p in shown["approvers"]), ["Adam", "Arun", "Olivia"])
        self.assertFalse(self.request_of(run["request_id"], "oscar")["confirmation"]["may_decide"])

    def test_the_asker_cannot_confirm(self):
        run = self.danger("olivia")
        self.refused(self.confirm(run, "olivia"), 403, "self_confirmation")
        self.assertEqual(self.runs_of(run["request_id"]), 0)

    def test_who_may_not_confirm_is_told_so(self):
        run = self.danger()
        for name in ("vera", "audrey"):
            self.refused(self.confirm(run, name), 403, "forbidden")
        self.assertEqual(self.runs_of(run["request_id"]), 0)

    def test_an_api_token_never_confirms(self):
        run = self.danger()
        skills.api_token(self.stack, "arun", ["runs:read", "runs:write"])
        self.refused(self.confirm(run, "token of arun"), 403, "session_required")
        self.assertEqual(self.runs_of(run["request_id"]), 0)

    def test_a_digest_that_was_not_shown_is_stale(self):
        run = self.danger()
        self.refused(self.confirm(run, digest="0" * 64), 409, "plan_stale")
        self.refused(self.confirm(run, digest="0" * 63), 422, "invalid_input")
        self.assertEqual(self.runs_of(run["request_id"]), 0)

    def test_another_person_confirms_and_it_runs_once(self):
        run = self.danger(value="carefully")
        done = self.ok(self.confirm(run))
        self.assertEqual((done["state"], done["run"]["id"]), ("succeeded", run["id"]), done)
        self.assertEqual(done["run"]["result"]["value"], "carefully")
        self.assertEqual(done["confirmation"]["decided_by"]["name"], "Arun")
        self.refused(self.confirm(run), 409, "already_decided")
        self.refused(self.confirm(run, "adam"), 409, "already_decided")
        self.assertEqual(self.runs_of(run["request_id"]), 1)
        self.assertEqual(loop.faults(self.stack, self.schema, [run["id"]]), [])

    def test_fifty_at_once_make_one_run(self):
        run = self.danger()
        names = ("arun", "adam", "olivia")
        replies = loop.at_once(PARALLEL, lambda i: self.confirm(run, names[i % 3], wait=0))
        self.assertEqual(sorted(reply.status for reply in replies), [200] + [409] * (PARALLEL - 1))
        self.assertEqual({reply.code for reply in replies if reply.status == 409}, {"already_decided"})
        self.assertEqual(self.run_of(run["id"], wait=30)["state"], "succeeded")
        self.assertEqual(self.runs_of(run["request_id"]), 1)
        self.assertEqual(loop.faults(self.stack, self.schema, [run["id"]]), [])

    def test_words_of_high_risk_wait_too(self):
        archive = self.upload("old.tar.gz", loop.old_archive())
        request = self.ask("remove files older than 365 days from old.tar.gz", [archive])
        self.assertEqual((request["state"], request["run"]), ("awaiting_confirmation", None), request)
        run = {"request_id": request["id"], "plan": request["plan"]}
        done = self.ok(self.confirm(run))
        self.assertEqual(done["state"], "succeeded", done)
        self.assertEqual((done["run"]["result"]["removed"], done["run"]["result"]["kept"]), (1, 1))

    def test_rejecting_needs_a_comment_and_ends_it(self):
        run = self.danger()
        path = f"/v1/requests/{run['request_id']}/reject"
        self.refused(self.api("POST", path, {}, "arun"), 422, "invalid_input")
        self.refused(self.api("POST", path, {"comment": ""}, "arun"), 422, "invalid_input")
        self.refused(self.api("POST", path, {"comment": "  "}, "arun"), 422, "invalid_input")
        rejected = self.ok(self.api("POST", path, {"comment": "not today"}, "arun"))
        self.assertEqual((rejected["state"], rejected["confirmation"]["comment"]), ("rejected", "not today"))
        self.refused(self.confirm(run), 409, "already_decided")
        self.assertEqual(self.runs_of(run["request_id"]), 0)

    def test_cancelled_while_it_waits_nobody_can_confirm_it(self):
        run = self.danger()
        self.assertEqual(self.ok(self.api("POST", f"/v1/runs/{run['id']}/cancel"))["state"], "cancelled")
        self.refused(self.confirm(run), 409, "already_decided")
        self.assertEqual(self.runs_of(run["request_id"]), 0)

    def test_where_nobody_else_is_there_it_is_refused_at_once(self):
        body = {"skill": "probe", "action": "danger", "input": {}}
        self.refused(self.api("POST", "/v1/runs", body, "sam"), 409, "no_eligible_approver")
        self.assertEqual(self.count("job", "kind <> 'task'", SOLO["name"]), 0)


class Rights(Case):
    def test_another_tenant_finds_nothing_anywhere(self):
        run, waiting = self.run_probe(), self.danger()
        file = self.upload("a.txt", b"secret")
        calls = [("GET", f"/v1/runs/{run['id']}", None), ("GET", f"/v1/requests/{run['request_id']}", None),
                 ("POST", f"/v1/runs/{waiting['id']}/cancel", None),
                 ("POST", f"/v1/requests/{waiting['request_id']}/cancel", None),
                 ("POST", f"/v1/requests/{waiting['request_id']}/confirm", {"digest": waiting["plan"]["digest"]}),
                 ("POST", f"/v1/requests/{waiting['request_id']}/reject", {"comment": "no"}),
                 ("POST", f"/v1/requests/{waiting['request_id']}/answer", {"inputs": {}}),
                 ("GET", f"/v1/files/{file}", None), ("GET", f"/v1/runs/{run['id']}/artifacts/a.txt", None),
                 ("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {}})]
        decisions = [call for call in calls if call[1].endswith(("/confirm", "/reject")) or call[0] == "GET"]
        for name, tried in (("lin", calls), ("lea", decisions)):
            for method, path, body in tried:
                with self.subTest(who=name, call=f"{method} {path}"):
                    self.refused(self.api(method, path, body, name), 404, "not_found")
            for path in ("/v1/runs", "/v1/requests", "/v1/files"):
                self.assertEqual(self.ok(self.api("GET", path, token=name))["items"], [])
        self.assertEqual(self.run_of(waiting["id"])["state"], "awaiting_confirmation")

    def test_who_may_not_run_gets_403(self):
        body = {"skill": "probe", "action": "run", "input": {}}
        for name in ("vera", "audrey", "arun", "fiona"):
            self.refused(self.nothing_changes(lambda n=name: self.api("POST", "/v1/runs", body, n)), 403, "forbidden")
            self.refused(self.nothing_changes(
                lambda n=name: self.api("POST", "/v1/requests", {"text": "sales report"}, n)), 403, "forbidden")

    def test_without_a_good_token_it_is_401(self):
        for token in (None, "egs_" + "x" * 43, "nonsense"):
            self.refused(self.api("GET", "/v1/runs", token=token), 401, "unauthenticated")


class Repeats(Case):
    BODY = {"skill": "probe", "action": "run", "input": {"value": "once"}}

    def test_the_same_key_and_body_get_the_same_run(self):
        key = skills.new_id()
        first = self.ok(self.api("POST", "/v1/runs", self.BODY, Idempotency_Key=key), 202)
        again = self.api("POST", "/v1/runs", self.BODY, wait=30, Idempotency_Key=key)
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.assertEqual((again.json["id"], again.json["state"]), (first["id"], "succeeded"))

    def test_the_same_key_with_another_body_is_refused(self):
        key = skills.new_id()
        self.ok(self.api("POST", "/v1/runs", self.BODY, wait=30, Idempotency_Key=key))
        other = {**self.BODY, "input": {"value": "twice"}}
        self.refused(self.nothing_changes(lambda: self.api("POST", "/v1/runs", other, Idempotency_Key=key)),
                     409, "idempotency_mismatch")

    def test_the_same_key_of_another_person_is_another_key(self):
        key = skills.new_id()
        mine = self.ok(self.api("POST", "/v1/runs", self.BODY, "oscar", Idempotency_Key=key), 202)
        his = self.ok(self.api("POST", "/v1/runs", self.BODY, "adam", Idempotency_Key=key), 202)
        self.assertNotEqual(mine["id"], his["id"])

    def test_duplicates_at_once_make_one_run(self):
        for path, body in (("/v1/runs", self.BODY), ("/v1/requests", {"text": "order me a pizza"})):
            key = skills.new_id()
            before = self.count("idempotency")
            replies = loop.at_once(20, lambda _, p=path, b=body, k=key: self.api("POST", p, b, Idempotency_Key=k))
            self.assertEqual({reply.status for reply in replies} - {200, 202}, set(), [r.body for r in replies])
            self.assertEqual(len({reply.json["id"] for reply in replies}), 1)
            self.assertEqual(sum("Idempotency-Replayed" not in reply.headers for reply in replies), 1)
            self.assertEqual(self.count("idempotency"), before + 1)


class Lists(Case):
    def pages(self, path, limit):
        items, cursor = [], ""
        while True:
            page = self.ok(self.api("GET", f"{path}limit={limit}" + (f"&cursor={cursor}" if cursor else "")))
            self.assertLessEqual(len(page["items"]), limit)
            items += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return items

    def test_pages_are_newest_first_without_gaps_or_repeats(self):
        made = [self.run_probe(value=str(i))["id"] for i in range(5)]
        for path in ("/v1/runs?", "/v1/requests?"):
            ids = [item["id"] for item in self.pages(path, 2)]
            self.assertEqual(ids, sorted(set(ids), reverse=True))
            self.assertEqual([i for i in ids if i in made], made[::-1])

    def test_filters_choose(self):
        mine = self.run_probe(what="exit", token="adam")
        since = mine["timings"]["accepted"]
        adam = mine["created_by"]["id"]
        for query in (f"created_by={adam}&state=failed", f"since={since}&skill=probe&state=failed,succeeded"):
            items = self.pages(f"/v1/runs?{query}&", 50)
            self.assertIn(mine["id"], [item["id"] for item in items])
            for item in items:
                self.assertIn(item["state"], ("failed", "succeeded"))
        self.assertEqual({i["created_by"]["id"] for i in self.pages(f"/v1/runs?created_by={adam}&", 50)}, {adam})
        self.assertEqual(self.pages(f"/v1/runs?until={since}&since={since}&skill=nowhere&", 50), [])
        self.assertNotIn(mine["id"], [i["id"] for i in self.pages("/v1/runs?state=succeeded&", 50)])

    def test_what_is_no_filter_is_named(self):
        for query in ("limit=0", "limit=201", "limit=x", "cursor=nonsense", "state=tired", "created_by=me",
                      "since=yesterday"):
            problem = self.refused(self.api("GET", f"/v1/runs?{query}"), 422, "invalid_input")
            self.assertIn(query.split("=")[0], problem["errors"][0]["path"])


class Language(Case):
    def test_errors_speak_the_language_that_was_asked_for(self):
        calls = [("GET", f"/v1/runs/{skills.new_id()}", None, "oscar", 404, "没有找到"),
                 ("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {"value": 1}}, "oscar", 422,
                  "输入不符合要求"),
                 ("POST", "/v1/runs", {"skill": "probe", "action": "run"}, "vera", 403, "您没有权限")]
        for method, path, body, who, status, title in calls:
            reply = self.api(method, path, body, who, Accept_Language="zh-CN,en;q=0.5")
            self.assertEqual((reply.status, reply.json["title"]), (status, title))
            self.assertRegex(reply.json["detail"], "[\u4e00-\u9fff]")
            for error in reply.json.get("errors", []):
                self.assertRegex(error["message"], "[\u4e00-\u9fff]")
            english = self.api(method, path, body, who, Accept_Language="en")
            self.assertEqual(english.json["code"], reply.json["code"])
            self.assertNotRegex(english.json["detail"], "[\u4e00-\u9fff]")

    def test_a_run_s_own_error_does_too(self):
        run = self.run_probe(what="exit")
        chinese = self.ok(self.api("GET", f"/v1/runs/{run['id']}", Accept_Language="zh-CN"))
        self.assertRegex(chinese["error"]["message"], "[\u4e00-\u9fff]")


if __name__ == "__main__":
    unittest.main()
