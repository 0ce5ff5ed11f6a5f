"""Calls of HTTP resources: from scripts, as an action, refused, lost, and never with the secret in sight."""
import json
import pathlib
import socket
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import skills  # noqa: E402
from caller import CALLER, action, with_httpx  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from partner import TOKEN, Partner  # noqa: E402
from partner_calls import Calls  # noqa: E402
from stack import Stack, until  # noqa: E402


def setUpModule():
    Case.stack = Stack(processes=("api", "scheduler", "egress", "worker"))
    Case.partner = Partner(Case.stack)
    Case.partner.also("partner-oauth", {"client_id": "execgov", "client_secret": TOKEN}, auth={
        "style": "oauth2", "token_url": f"http://127.0.0.1:{Case.partner.port}/oauth/token"})
    Case.partner.also("partner-wrong", "not-the-token")
    skills.publish(Case.stack, [(TENANT, "caller", CALLER),
                                (TENANT, "partner-orders", skills.example("partner-orders")),
                                (TENANT, "partner-payout", skills.example("partner-payout"))])


def tearDownModule():
    Case.stack.stop()


class Scripts(Calls):
    def test_unchanged_scripts_reach_a_granted_address(self):
        for what in ("urllib", "requests", "client"):
            with self.subTest(what):
                result = self.good(self.call(what, path="/orders/1"))
                self.assertEqual((result["status"], result["body"]["sku"]), (200, "LAMP-1"))

    def test_a_warm_run_calls_what_it_was_granted_and_one_granted_nothing_cannot(self):
        def warm(action, **given):
            for _ in range(40):  # the first of them have their interpreter made
                run = self.call(action=action, **given)
                if run["start"] == "warm":
                    return run
            self.fail("no run started warm: " + str(run["start"]))
        for what in ("urllib", "requests", "client"):
            with self.subTest(what):
                self.assertEqual(self.good(warm("run", what=what, path="/orders/1"))["body"]["sku"], "LAMP-1")
        self.failed(warm("nothing", what="urllib", path="/orders/1"), "ExecGovRefused", "may call nothing",
                    code="address_refused")

    def test_httpx_unchanged_too(self):
        package = with_httpx()
        if not package:
            self.skipTest("python3-httpx is not installed (deploy/packages.dev)")
        skills.publish(self.stack, [(TENANT, "caller-httpx", package)])
        for what in ("httpx", "httpx-async"):
            result = self.good(self.call(what, path="/orders/1", skill="caller-httpx"))
            self.assertEqual((result["status"], result["body"]["sku"]), (200, "LAMP-1"))
        made = self.good(self.call("httpx", action="write", skill="caller-httpx", method="POST", path="/orders",
                                   json={"sku": "LAMP-1", "quantity": 2}))
        self.assertEqual((made["status"], made["body"]["quantity"]), (201, 2))
        run = self.call("httpx", path="/customers", skill="caller-httpx")
        self.failed(run, "ExecGovRefused", "main.py:", code="address_refused")
        self.assertEqual(self.refusals(run), ["address_refused"])

    def test_a_chain_of_redirects_leads_nowhere_that_is_not_granted(self):
        canary = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(canary.close)
        self.partner.change(operations=self.partner.definition["operations"] + [
            {"name": "moved", "method": "GET", "path": "/moved", "parameters": {
                "hops": {"type": "integer"}, "to": {"type": "string"}}}])
        inside = f"http://127.0.0.1:{canary.getsockname()[1]}/latest/meta-data"
        for to in (inside, "http://169.254.169.254/latest", f"http://localhost:{canary.getsockname()[1]}/", "file:///etc/passwd"):
            path = "/moved?" + urllib.parse.urlencode({"hops": 3, "to": to})
            for what in ("requests", "urllib"):
                with self.subTest(f"{what} {to}"):
                    before = len(self.partner.asked())
                    run = self.call(what, path=path)
                    self.assertEqual(run["state"], "failed", run["result"])
                    self.assertEqual(len(self.partner.asked()) - before, 4, "the hops themselves are granted")
                    if to.startswith("http"):
                        self.failed(run, "ExecGovRefused", code="address_refused")
        canary.settimeout(0)
        with self.assertRaises(BlockingIOError):
            canary.accept()

    def test_the_platforms_own_function_takes_parameters(self):
        result = self.good(self.call("http", operation="partner.orders_list", parameters={"status": "paid"}))
        self.assertEqual([o["id"] for o in result["body"]], [2])

    def test_oauth2_gets_a_token_once_and_uses_it(self):
        before = len(self.partner.asked())
        for _ in range(2):
            result = self.good(self.call("http", action="oauth", operation="partner-oauth.orders_get",
                                         parameters={"id": 2}))
            self.assertEqual(result["body"]["sku"], "DESK-4")
        paths = [a["path"] for a in self.partner.asked()[before:]]
        self.assertEqual(paths.count("/oauth/token"), 1, paths)

    def test_a_wrong_credential_is_the_partners_answer(self):
        result = self.good(self.call("http", action="oauth", operation="partner-wrong.orders_list"))
        self.assertEqual(result["status"], 401)

    def test_an_error_of_the_partner_is_the_scripts_to_see(self):
        self.assertEqual(self.good(self.call("requests", path="/orders/99"))["status"], 404)

    def test_another_address_is_refused_with_host_line_and_whom_to_ask(self):
        for what, path in (("urllib", "/../admin"), ("requests", "/customers"), ("client", "/payouts")):
            run = self.call(what, path=path)
            self.failed(run, "ExecGovRefused", "main.py:", "administrator", code="address_refused")
            self.assertEqual(self.refusals(run), ["address_refused"])
        body = {"skill": "caller", "action": "run", "input": {"what": "requests", "base": "https://evil.example", "path": "/"}}
        run = self.ok(self.api("POST", "/v1/runs", body, wait=60))
        self.failed(run, "ExecGovRefused", "evil.example", "main.py:", code="address_refused")
        self.assertEqual(self.refusals(run), ["address_refused"])

    def test_a_run_that_goes_on_asking_is_not_looked_at_any_more(self):
        """Beyond a hundred refusals: no row, no statement, and a pause before each answer; then one row with the sum."""
        rows = lambda run: self.stack.sql(  # noqa: E731
            f"select detail ->> 'unseen' from {self.schema}.audit_event where action = 'resource.refused' "
            f"and subject = '{run['id']}' order by id")
        before = len(self.stack.sql("select from public.http_call"))
        run = self.call("refused", times=112)
        said = self.good(run)["said"]
        self.assertEqual(len(said), 112)
        self.assertEqual(len(set(said[:100])), 1)
        self.assertNotIn("no further one", said[99])
        for words in said[100:]:
            self.assertIn("no further one", words)
        until(lambda: len(rows(run)) == 101, 20, "the row with the sum")
        self.assertEqual(rows(run), [[""]] * 100 + [["12"]])
        self.assertEqual(len(self.stack.sql("select from public.http_call")), before)
        self.assertEqual(self.good(self.call("requests", path="/orders/1"))["status"], 200, "the next run is another one")

    def test_a_plain_socket_goes_nowhere(self):
        run = self.call("socket")
        self.failed(run, "ExecGovRefused", "169.254.169.254", "main.py:", code="address_refused")
        self.assertEqual(self.refusals(run), ["address_refused"], "although nobody outside of it was asked")

    def test_a_module_that_is_not_there_is_named_with_what_helps_and_audited(self):
        """Cold and warm, in both languages: as the run's error, in its log, and once in the audit."""
        for number in range(3):
            for module, helps in (("pandas", '"data" has it'), ("no_such_module", "wheels/")):
                run = self.call("import", action="nothing", module=module)
                self.assertEqual((run["state"], run["error"]["code"]), ("failed", "script_failed"), run)
                self.assertIn(f'"{module}" is not in runtime "base"', run["error"]["message"])
                self.assertIn(helps, run["error"]["message"])
                self.assertIn(f"ModuleNotFoundError: No module named '{module}'", self.log_of(run["id"]))
                self.assertRegex(self.log_of(run["id"]), r"(?m)^execgov: /work/main\.py:\d+: ")
                self.assertIn(run["error"]["message"] + "\n", self.log_of(run["id"]))
                shown = self.ok(self.api("GET", f"/v1/runs/{run['id']}", Accept_Language="zh-CN"))
                self.assertIn(shown["error"]["message"] + "\n", self.log_of(run["id"]))
                self.assertIn(f"没有模块“{module}”", shown["error"]["message"])
                rows = self.stack.sql(f"select detail ->> 'said' from {self.schema}.audit_event where action = "
                                      f"'run.module_missing' and subject = '{run['id']}'")
                self.assertEqual(rows, [[run["error"]["message"]]])

    def test_what_a_script_does_without_is_in_its_log_and_audited_too(self):
        """Cold and warm. Libraries that look for what may be there are not meant: json was found, openpyxl asks for
        lxml by itself."""
        asked = {"modules": ["json", "openpyxl", "pandas", "no_such_module", "no_such_module"], "hosts": ["10.0.0.1"]}
        manifest = json.loads(CALLER["skill.json"]) | {"name": "caller-anew"}
        skills.publish(self.stack, [(TENANT, "caller-anew", CALLER | {"skill.json": json.dumps(manifest)})])
        seen = set()  # the first start of a version is cold
        for _ in range(40):
            run = self.call("without", action="nothing", skill="caller-anew", **asked)
            self.assertEqual(self.good(run), {"got": ["json", "openpyxl"]})
            seen.add(run["start"])
            log = self.log_of(run["id"])
            self.assertNotIn("::", log)
            rows = self.stack.sql(f"select action, detail ->> 'said', detail ->> 'went_on' from {self.schema}.audit_event "
                                  f"where action in ('run.module_missing', 'resource.refused') and subject = '{run['id']}' "
                                  "order by id")
            self.assertEqual([(action, went_on) for action, _, went_on in rows], [
                ("run.module_missing", "true"), ("run.module_missing", "true"), ("resource.refused", "true")], rows)
            for word, (_, said, _) in zip(('"pandas" is not in runtime "base"', '"no_such_module" is not', "10.0.0.1: scripts "
                                           "have no network"), rows):
                self.assertIn(word, said)
                self.assertIn(said + "\n", log)
            for word in ("没有模块“pandas”", "没有模块“no_such_module”", "脚本的调用被拒绝：10.0.0.1"):
                self.assertIn(word, log)
            if seen == {"cold", "warm"}:
                return
        self.fail(f"runs started only {seen}")

    def test_an_action_that_names_no_resource_may_call_nothing(self):
        self.failed(self.call("urllib", action="nothing", path="/orders"), "ExecGovRefused", "may call nothing", code="address_refused")

    def test_what_is_not_granted_or_not_allowed_is_not_even_planned(self):
        for name, status, code in (("other", 403, "not_granted"), ("pay", 403, "write_not_whitelisted")):
            body = {"skill": "caller", "action": name, "input": {"what": "http", "base": "x"}}
            self.refused(self.nothing_changes(lambda b=body: self.api("POST", "/v1/runs", b)), status, code)

    def test_a_resource_that_the_action_does_not_name_is_refused_to_its_script(self):
        run = self.call("http", operation="weather.now")
        self.failed(run, "ExecGovRefused", "weather", code="not_granted")
        self.assertEqual(self.refusals(run), ["not_granted"])

    def test_a_write_has_to_be_named_by_the_action(self):
        before = len(self.partner.asked())
        run = self.call("http", operation="partner.orders_create", json={"sku": "A-1"})
        self.failed(run, "ExecGovRefused", "partner.orders_create", code="write_not_whitelisted")
        self.assertEqual(self.refusals(run), ["write_not_whitelisted"])
        self.assertEqual(len(self.partner.asked()), before)

    def test_a_write_that_is_not_whitelisted_is_refused_before_anything_is_sent(self):
        before = len(self.partner.asked())
        run = self.call("http", action="write", operation="partner.payouts_create", json={"amount": 1})
        self.failed(run, "ExecGovRefused", code="write_not_whitelisted")
        for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "PUT"}):
            run = self.call("requests", action="write", path="/orders/1", headers=headers)
            self.failed(run, "ExecGovRefused", code="write_not_whitelisted")
            self.assertEqual(self.refusals(run), ["write_not_whitelisted"])
        for method in ("PUT", "PATCH", "DELETE"):
            self.failed(self.call("requests", action="write", method=method, path="/orders/1"), "ExecGovRefused",
                        code="write_not_whitelisted")
        self.assertEqual(len(self.partner.asked()), before)

    def test_slow_broken_garbage_and_large_answers_are_typed_failures(self):
        reads = [{"name": name, "method": "GET", "path": f"/{name}", "parameters": {
            "ms": {"type": "integer"}, "bytes": {"type": "integer"}}} for name in ("slow", "broken", "garbage", "large")]
        self.partner.change(operations=self.partner.definition["operations"] + reads, timeout_ms=700, attempts=1)
        self.failed(self.call("http", operation="partner.slow", parameters={"ms": 5000}), "ExecGovUnavailable",
                    code="resource_unavailable")
        self.failed(self.call("http", operation="partner.garbage"), "ExecGovUnavailable", code="resource_unavailable")
        self.failed(self.call("http", operation="partner.large", parameters={"bytes": 300000}), "larger than", code="resource_failed")
        self.assertEqual(self.good(self.call("http", operation="partner.broken"))["status"], 500)


class Writes(Calls):
    def effects(self, run):
        return self.stack.sql(f"select step, state, detail from {self.schema}.effect where job_id = '{run['id']}' order by 1")

    def test_a_write_leaves_an_effect_and_carries_its_key(self):
        run = self.call("twice", action="write")
        orders = self.good(run)
        self.assertNotEqual(orders[0]["id"], orders[1]["id"])
        effects = self.effects(run)
        self.assertEqual([e[1] for e in effects], ["done", "done"])
        keys = [a["key"] for a in self.partner.asked() if a["key"] and a["key"].startswith(run["id"])]
        self.assertEqual(sorted(keys), [f"{run['id']}:{e[0]}" for e in effects])
        self.assertEqual(json.loads(effects[0][2])["operation"], "orders_create")

    def test_a_lost_answer_is_unknown_and_not_sent_again_blindly(self):
        run = self.call("http", action="write", operation="partner.orders_create", json={"sku": "VANISH"})
        self.failed(run, "ExecGovOutcomeUnknown", code="outcome_unknown")
        self.assertEqual([e[1] for e in self.effects(run)], ["unknown"])

    def test_an_action_that_is_one_call_waits_for_a_person_and_is_made_once(self):
        before = len(self.partner.asked())
        body = {"skill": "partner-orders", "action": "place", "input": {"sku": "LAMP-1", "quantity": 3}}
        run = self.ok(self.api("POST", "/v1/runs", body, wait=30))
        self.assertEqual(run["state"], "awaiting_confirmation")
        self.assertEqual(len(self.partner.asked()), before)
        request = self.request_of(run["request_id"])
        resources = request["plan"]["steps"][0]["resources"]
        self.assertEqual([(r["name"], r["method"], r["path"]) for r in resources], [("partner", "POST", "/orders")])
        self.ok(self.api("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": request["plan"]["digest"]}, "arun"))
        ended = self.until_state(run["id"], "succeeded", "failed")
        self.assertEqual((ended["state"], ended["result"]["status"], ended["result"]["body"]["sku"]),
                         ("succeeded", 201, "LAMP-1"), ended)
        self.assertEqual((ended["isolation"], ended["start"]), (None, None))  # no script ran
        self.assertEqual([a["method"] for a in self.partner.until_asked(before + 1)[before:]], ["POST"])
        self.assertEqual([e[1] for e in self.effects(run)], ["done"])

    def test_a_changed_credential_makes_an_open_plan_stale(self):
        body = {"skill": "partner-orders", "action": "place", "input": {"sku": "LAMP-1"}}
        run = self.ok(self.api("POST", "/v1/runs", body, wait=30))
        digest = self.request_of(run["request_id"])["plan"]["digest"]
        items = self.ok(self.api("GET", "/v1/platform/credentials?q=partner", token="pat"))["items"]
        partner = next(item["id"] for item in items if item["name"] == "partner")
        self.ok(self.api("POST", f"/v1/platform/credentials/{partner}/rotate", {"value": TOKEN}, "pat"))
        self.ok(self.api("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": digest}, "arun"))
        ended = self.until_state(run["id"], "succeeded", "failed")
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "plan_stale"), ended)


class Later(Calls):
    """What may be repeated waits in the queue, where it holds no slot."""

    def look(self, order, wait=0):
        return self.ok(self.api("POST", "/v1/runs", {"skill": "caller", "action": "look", "input": {"id": order}},
                                wait=wait), 200 if wait else 202)

    def given_back(self, runs):
        names = ", ".join(f"'{run['id']}'" for run in runs)
        return [(action, json.loads(detail)) for action, detail in self.stack.sql(
            f"select action, detail from {self.schema}.audit_event where subject in ({names}) and action in "
            "('job.released', 'job.retry') order by id")]

    def test_a_partner_that_says_when_is_asked_then(self):
        """Its Retry-After is when the run is due again, whether it is busy or has had enough of us."""
        for status in (503, 429):
            with self.subTest(status):
                run = self.look(status)
                due = until(lambda run=run: self.stack.sql(
                    f"select extract(epoch from l.run_at - e.at) from {self.schema}.job_live l join {self.schema}.audit_event e "
                    f"on e.subject = l.job_id::text and e.action = 'job.retry' where l.job_id = '{run['id']}' and l.state = "
                    "'delayed'"), what="its being put off")
                self.assertGreaterEqual(float(due[0][0]), 11.9)
                ended = self.until_state(run["id"], "succeeded", "failed")
                self.assertEqual((ended["state"], ended["attempt"], ended["result"]["body"]), ("succeeded", 2, {"busy": False}),
                                 ended)
                [(how, detail)] = self.given_back([run])
                self.assertEqual((how, detail["code"]), ("job.retry", "resource_unavailable"))
                self.assertGreaterEqual(detail["delay_ms"], 12000)

    def test_beyond_the_rate_a_call_goes_back_at_no_cost(self):
        self.partner.change(rate_per_minute=6)  # one, then one in ten seconds: longer than a call waits for its turn
        try:
            runs = [self.look(1) for _ in range(3)]
            for run in runs:
                ended = self.until_state(run["id"], "succeeded", "failed")
                self.assertEqual((ended["state"], ended["attempt"]), ("succeeded", 1), ended)
        finally:
            self.partner.change(rate_per_minute=600)
        self.assertEqual({(how, detail["code"]) for how, detail in self.given_back(runs)}, {("job.released", "rate_limited")})

    def test_what_a_resource_allows_all_tenants_together_is_counted_over_all(self):
        """Each tenant by itself is far below its rate; who comes second goes back, and comes again."""
        skills.publish(self.stack, [("Lakeside Books", "caller", CALLER)])
        self.partner.change(rate_per_minute_all=6, calls_at_once=1)
        try:
            body = {"skill": "caller", "action": "look", "input": {"id": 1}}
            runs = {who: self.ok(self.api("POST", "/v1/runs", body, who, 0), 202)["id"] for who in ("oscar", "lin")}
            ended = {who: self.until_state(run, "succeeded", "failed", token=who) for who, run in runs.items()}
        finally:
            self.partner.change(rate_per_minute_all=0, calls_at_once=0)
        self.assertEqual({run["state"] for run in ended.values()}, {"succeeded"}, ended)
        back = [row for tenant in ("Harbour Hardware", "Lakeside Books") for row in self.stack.sql(
            f"select action, detail ->> 'code' from {self.stack.tenants[tenant]['schema']}.audit_event where subject in "
            f"('{runs['oscar']}', '{runs['lin']}') and action in ('job.released', 'job.retry')")]
        self.assertTrue(back, "both were called at once")
        self.assertEqual({tuple(row) for row in back}, {("job.released", "rate_limited")})
        self.assertEqual(self.stack.sql("select count(*) from public.http_call_open"), [["0"]], "every call gives its turn back")


class Withdrawn(Calls):
    def test_a_grant_that_was_taken_away_after_the_plan_keeps_the_run_from_starting(self):
        body = {"skill": "caller", "action": "run", "input": {"what": "urllib", "base": self.partner.base, "path": "/orders/1"}}
        self.stack.end("worker")
        try:
            run = self.ok(self.api("POST", "/v1/runs", body, wait=0), 202)
            self.partner.withdraw()
            before = len(self.partner.asked())
            self.stack.start("worker")
            ended = self.until_state(run["id"], "succeeded", "failed")
        finally:
            self.partner.grant()
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "not_granted"), ended)
        self.assertEqual((ended["start"], ended["isolation"], self.log_of(run["id"])), (None, None, ""), "a script ran")
        # A slow route that nobody waits for any more says what it was asked when it is through.
        self.assertEqual([a for a in self.partner.asked()[before:] if a["path"].endswith("/orders/1")], [])
        self.assertEqual(self.stack.sql(f"select detail ->> 'code' from {self.schema}.audit_event where subject = '{run['id']}' "
                                        "and action = 'job.failed'"), [["not_granted"]])
        self.good(self.call("urllib", path="/orders/1"))


class Risks(Calls):
    def test_an_operation_that_became_of_high_risk_is_not_called_unconfirmed(self):
        body = {"skill": "caller", "action": "run", "input": {"what": "urllib", "base": self.partner.base, "path": "/orders/1"}}
        operations = self.partner.definition["operations"]
        self.stack.end("worker")
        try:
            run = self.ok(self.api("POST", "/v1/runs", body, wait=0), 202)
            self.partner.change(operations=[o | {"risk": "high"} if o["name"] == "orders_get" else o for o in operations])
            before = len(self.partner.asked())
            self.stack.start("worker")
            ended = self.until_state(run["id"], "succeeded", "failed")
            self.failed(ended, "run it again", code="plan_stale")
            self.assertEqual(len(self.partner.asked()), before)
            again = self.ok(self.api("POST", "/v1/runs", body, wait=30))
            self.assertEqual(again["state"], "awaiting_confirmation")
        finally:
            self.partner.change(operations=operations)

    def test_a_plan_that_cannot_show_every_call_is_none(self):
        many = [{"name": f"read_{n}", "method": "GET", "path": f"/read/{n}"} for n in range(200)]
        names = [f"many-{n}" for n in range(10)]
        for name in names:
            self.partner.also(name, "nothing-secret", operations=many, probe=None)
        wide = dict(CALLER)
        wide["skill.json"] = json.dumps({"name": "wide", "actions": [
            action("all", *names, "partner.orders_create"), action("most", *names)]})
        skills.publish(self.stack, [(TENANT, "wide", wide)])
        given = {"what": "http", "base": "", "operation": "partner.orders_create", "json": {"sku": "LAMP-1"}}
        reply = self.api("POST", "/v1/runs", {"skill": "wide", "action": "all", "input": given, "mode": "plan"})
        self.assertEqual(self.refused(reply, 422, "invalid_input")["errors"][0]["code"], "too_many")
        self.ok(self.api("POST", "/v1/runs", {"skill": "wide", "action": "most", "input": given, "mode": "plan"}, wait=30))


class Examples(Calls):
    def test_the_example_that_reads_does_and_the_payout_is_refused(self):
        skill = skills.example("partner-orders")
        skill["main.py"] = skill["main.py"].replace(b"http://127.0.0.1:8090/v1", self.partner.base.encode())
        skills.publish(self.stack, [(TENANT, "partner-here", skill)])
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "partner-here", "action": "list",
                                                    "input": {"status": "paid"}}, wait=60))
        self.assertEqual(self.good(run)["pieces"], {"DESK-4": 1})
        before = len(self.partner.asked())
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "partner-payout", "input": {"amount_minor": 5}}, wait=60))
        self.failed(run, "ExecGovRefused", "not allowed", code="write_not_whitelisted")
        self.assertEqual(self.refusals(run), ["write_not_whitelisted"])
        self.assertEqual(len(self.partner.asked()), before)


class Secrets(Calls):
    def test_the_secret_is_nowhere_and_an_echo_of_it_is_masked(self):
        self.partner.change(operations=self.partner.definition["operations"] + [
            {"name": "echo", "method": "GET", "path": "/echo"}], timeout_ms=3000)
        result = self.good(self.call("http", operation="partner.echo"))
        self.assertEqual(result["body"]["Authorization"], "Bearer ••••")
        dump = self.stack.call([sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))[-1], "-h",
                                self.stack.folder / "postgres", "-U", "postgres", "execgov"])
        self.assertNotIn(TOKEN.encode(), dump)
        self.assertNotIn(TOKEN.encode().hex().encode(), dump)
        for name in ("api", "worker", "egress", "scheduler", "sandboxd"):
            self.assertNotIn(TOKEN, self.stack.log(name))
        for path in (self.stack.folder / "files").rglob("*"):
            if path.is_file():
                self.assertNotIn(TOKEN.encode(), path.read_bytes())

    def test_calls_are_in_the_tenants_ledger(self):
        self.good(self.call("urllib", path="/orders"))
        items = self.ok(self.api("GET", "/v1/http-resources", token="olivia"))["items"]
        call = next(r for r in items if r["name"] == "partner")["recent_calls"][0]
        self.assertEqual((call["method"], call["path"], call["status"]), ("GET", "/orders", 200))

    def test_calls_older_than_a_month_leave_the_ledger(self):
        self.good(self.call("urllib", path="/orders"))
        before = int(self.stack.sql("select count(*) from public.http_call")[0][0])
        self.stack.sql("update public.http_call set at = now() - interval '31 days' where id = (select min(id) from "
                       "public.http_call)")
        self.stack.end("egress")  # it looks when it begins, and every hour
        self.stack.start("egress")
        until(lambda: int(self.stack.sql("select count(*) from public.http_call")[0][0]) == before - 1, what="the old call going")

    def test_without_egress_a_run_that_calls_fails_and_others_go_on(self):
        self.stack.end("egress")
        try:
            run = self.call("urllib", action="nothing", path="/orders")
            self.failed(run, "may call nothing")
            body = {"skill": "caller", "action": "run", "input": {"what": "urllib", "base": self.partner.base, "path": "/orders"}}
            run = self.ok(self.api("POST", "/v1/runs", body, wait=30))
            self.assertEqual((run["state"], run["error"]["code"]), ("failed", "egress_unavailable"))
        finally:
            self.stack.start("egress")
        until(lambda: self.call("urllib", path="/orders")["state"] == "succeeded", what="calls going on")


if __name__ == "__main__":
    unittest.main()
