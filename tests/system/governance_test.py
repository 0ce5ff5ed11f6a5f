"""What holds whoever asks and however: limits of tokens, masks, one answer, one end. Through the real programs."""
import concurrent.futures
import hashlib
import io
import json
import pathlib
import sys
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from stack import Stack, until  # noqa: E402

MAIN = """import json, sys
print(json.dumps({"keys": sorted(json.load(sys.stdin))}))
"""
MASK = "••••"
WEATHER = ["what is the weather like", "tell me the weather", "weather forecast please", "will it rain",
           "is it going to be sunny", "forecast for the weekend"]
INVOICE = ["send the invoice", "bill the customer", "make out an invoice", "invoice for the order",
           "charge the customer with a bill", "issue a bill"]


def manifest(name, title, examples, properties, required=(), **action):
    return {"name": name, "title": {"en": title, "zh": title}, "description": {"en": title, "zh": title},
            "examples": examples, "runtime": "base",
            "actions": [{"name": "main", "title": {"en": title, "zh": title}, "entry": "main.py", "risk": "low",
                         "input": {"type": "object", "additionalProperties": False, "required": list(required),
                                   "properties": properties}, **action}]}


SKILLS = [
    manifest("weather", "Weather forecast", WEATHER, {}),
    manifest("invoice", "Invoice the customer", INVOICE,
             {"customer": {"type": "string", "title": "Customer", "enum": ["anton", "berta"]}}, ["customer"]),
    manifest("secretive", "Keeps a key", ["keep the key safe"],
             {"who": {"type": "string"}, "key": {"type": "string", "writeOnly": True}}),
    manifest("purge", "Purge everything", ["purge everything now"], {}, risk="high",
             effects=[{"en": "everything goes", "zh": "全部删除"}]),
]


def setUpModule():
    global stack
    stack = Stack(("api", "scheduler", "egress", "worker"))
    for skill in SKILLS:
        publish(skill)


def tearDownModule():
    stack.stop()


def publish(skill):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("main.py", MAIN)
        archive.writestr("README.md", skill["title"]["en"])
        archive.writestr("skill.json", json.dumps(skill))
    name = skill["name"]
    body = (f'--BB\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n'
            '--BB\r\nContent-Disposition: form-data; name="package"; filename="p.zip"\r\n\r\n').encode()
    reply = stack.api("POST", "/v1/skills", body + out.getvalue() + b"\r\n--BB--\r\n", "adam",
                      {"Content-Type": "multipart/form-data; boundary=BB", "Prefer": "wait=30"})
    assert reply.status in (200, 201) and reply.json["state"] == "in_review", reply.body
    path = f"/v1/skills/{name}/versions/{reply.json['version']}"
    for what, given in (("review", {"decision": "approve"}), ("publish", {})):
        done = stack.api("POST", f"{path}/{what}", given, "olivia")
        assert done.status == 200, done.body


def rows(text):
    return stack.sql(text.replace("{t}", stack.tenants["Harbour Hardware"]["schema"]))


def ask(text, token="oscar", **headers):
    return stack.api("POST", "/v1/requests", {"text": text}, token, {"Prefer": "wait=30", **headers})


def run(skill, token="oscar", wait=30, **wish):
    return stack.api("POST", "/v1/runs", {"skill": skill, **wish}, token, {"Prefer": f"wait={wait}"})


def runs_of(skill):
    return int(rows(f"select count(*) from {{t}}.job where kind = 'run' and payload ->> 'skill' = '{skill}'")[0][0])


class Case(unittest.TestCase):
    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body)
        return reply.json

    def refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.code), (status, code), reply.body)


class TokenWithSkills(Case):
    def setUp(self):
        made = stack.api("POST", "/v1/tokens", {"name": "weather only", "scopes": ["runs:write", "runs:read"],
                                                "skills": ["weather"]}, "oscar")
        self.token = self.ok(made, 201)["token"]

    def test_words_reach_no_other_skill(self):
        self.assertEqual(self.ok(ask(WEATHER[0]))["state"], "succeeded")
        self.assertEqual(self.ok(ask(WEATHER[0], self.token))["state"], "succeeded")
        before = runs_of("invoice")
        shown = self.ok(ask(INVOICE[0] + " customer=anton", self.token))
        self.assertIn(shown["state"], ("failed", "abstained", "needs_answer"))
        self.assertNotIn("invoice", [c["skill"] for c in (shown["intent"] or {}).get("candidates", [])])
        self.assertEqual(runs_of("invoice"), before)

    def test_names_reach_no_other_skill(self):
        self.refused(run("invoice", self.token, input={"customer": "anton"}), 404, "not_found")

    def test_a_rerun_reaches_no_other_skill(self):
        done = self.ok(run("invoice", input={"customer": "anton"}))
        self.refused(stack.api("POST", f"/v1/runs/{done['id']}/rerun", None, self.token), 404, "not_found")

    def test_an_answer_reaches_no_other_skill(self):
        asked = self.ok(ask(INVOICE[0]))
        self.assertEqual(asked["state"], "needs_answer", asked)
        self.refused(stack.api("POST", f"/v1/requests/{asked['id']}/answer", {"inputs": {"customer": "anton"}},
                               self.token), 403, "forbidden")
        self.ok(stack.api("POST", f"/v1/requests/{asked['id']}/cancel", {}, "oscar"))


class Sensitive(Case):
    def test_inputs_are_masked_in_runs_requests_and_events(self):
        done = self.ok(run("secretive", input={"who": "me", "key": "open sesame"}))
        self.assertEqual(done["result"], {"keys": ["key", "who"]})
        self.assertEqual(done["input"], {"who": "me", "key": MASK})
        rerun = self.ok(stack.api("POST", f"/v1/runs/{done['id']}/rerun", None, "oscar", {"Prefer": "wait=30"}))
        again = self.ok(stack.api("GET", f"/v1/runs/{rerun['id']}", token="oscar", headers={"Prefer": "wait=30"}))
        self.assertEqual((again["state"], again["input"]["key"]), ("succeeded", MASK))
        said = self.ok(ask("keep the key safe, key=abracadabra"))
        self.assertEqual(said["state"], "needs_answer")  # it is not taken out of words
        self.ok(stack.api("POST", f"/v1/requests/{said['id']}/cancel", {}, "oscar"))
        for path in (f"/v1/runs/{done['id']}", f"/v1/runs/{rerun['id']}", "/v1/runs",
                     f"/v1/runs/{rerun['id']}/events", f"/v1/requests/{again['request_id']}"):
            with self.subTest(path):
                shown = stack.api("GET", path, token="vera")
                self.assertEqual(shown.status, 200, shown.body)
                self.assertNotIn("sesame", shown.body.decode())
        # The words themselves are the person's own.
        events = stack.api("GET", f"/v1/requests/{said['id']}/events", token="oscar").body.decode()
        self.assertIn("event", events)
        self.assertNotIn("abracadabra", events)


class OneAnswer(Case):
    def test_of_two_answers_at_once_one_counts(self):
        before = runs_of("invoice")
        for _ in range(5):
            asked = self.ok(ask(INVOICE[0]))
            self.assertEqual(asked["state"], "needs_answer", asked)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                replies = list(pool.map(lambda who: stack.api(
                    "POST", f"/v1/requests/{asked['id']}/answer", {"inputs": {"customer": who}}, "oscar"),
                    ("anton", "berta")))
            self.assertEqual(sorted(r.status // 100 for r in replies), [2, 4], [r.body for r in replies])
            until(lambda: stack.api("GET", f"/v1/requests/{asked['id']}", token="oscar").json["state"]
                  == "succeeded", what="the end of the request")
        self.assertEqual(runs_of("invoice"), before + 5)

    def test_a_repeat_with_the_same_key_shows_the_first(self):
        asked = self.ok(ask(INVOICE[0]))
        answer = lambda: stack.api("POST", f"/v1/requests/{asked['id']}/answer",  # noqa: E731
                                   {"inputs": {"customer": "anton"}}, "oscar",
                                   {"Idempotency-Key": "answer-" + asked["id"], "Prefer": "wait=30"})
        first, second = self.ok(answer()), answer()
        self.assertEqual(self.ok(second)["run"]["id"], first["run"]["id"])
        self.assertEqual(second.headers["Idempotency-Replayed"], "true")


class OneEnd(Case):
    def decide(self, request, what, body, key, token="olivia"):
        return stack.api("POST", f"/v1/requests/{request}/{what}", body, token, {"Idempotency-Key": key})

    def test_confirming_twice_with_one_key_runs_once(self):
        for what in ("confirm", "reject"):
            with self.subTest(what):
                shown = self.ok(run("purge"))
                self.assertEqual(shown["state"], "awaiting_confirmation")
                waiting = stack.api("GET", f"/v1/requests/{shown['request_id']}", token="olivia").json
                body = {"digest": waiting["confirmation"]["digest"], "comment": "well"}
                key = f"{what}-{shown['id']}"
                self.refused(self.decide(shown["id"], what, {**body, "digest": "0" * 64}, key), 409, "plan_stale")
                self.ok(self.decide(shown["id"], what, body, key))
                again = self.decide(shown["id"], what, body, key)
                self.ok(again)
                self.assertEqual(again.headers["Idempotency-Replayed"], "true")
                self.refused(self.decide(shown["id"], what, body, key + "-new"), 409, "already_decided")

    def test_cancelling_twice_with_one_key_is_one_cancel(self):
        for make in (lambda: run("weather", wait=0, delay_ms=3_600_000), lambda: ask(INVOICE[0]), lambda: run("purge")):
            shown = make().json
            path = f"/v1/requests/{shown.get('request_id') or shown['id']}/cancel"
            again = None
            for _ in range(2):
                again = stack.api("POST", path, {}, "oscar", {"Idempotency-Key": "cancel-" + shown["id"]})
                self.assertEqual(self.ok(again)["state"], "cancelled")
            self.assertEqual(again.headers["Idempotency-Replayed"], "true")
            self.refused(stack.api("POST", path, {}, "oscar"), 409, "already_done")

    def test_an_intent_that_is_cancelled_while_it_runs_ends(self):
        # What a person would have to hit within a millisecond: the claim itself is cancelled.
        rows("create function {t}.test_cancel() returns trigger language plpgsql as $$ begin "
             "if new.state = 'running' then new.cancel_requested := true; end if; return new; end $$")
        rows("create trigger test_cancel before update on {t}.job_live for each row execute function {t}.test_cancel()")
        try:
            shown = ask(WEATHER[0]).json
        finally:
            rows("drop trigger test_cancel on {t}.job_live")
            rows("drop function {t}.test_cancel()")
        self.assertEqual(shown["state"], "cancelled")
        self.assertEqual(rows(f"select count(*) from {{t}}.job_live l join {{t}}.job j on j.id = l.job_id "
                              f"where j.request_id = '{shown['id']}'"), [["0"]])


class HighRisk(Case):
    def test_a_high_risk_job_that_came_in_as_low_does_not_run(self):
        """The guard of the database believes the row; the worker believes the manifest."""
        done = self.ok(run("weather"))
        rows("insert into {t}.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms, "
             "created_by) select i.id, 'run', 'py', 'normal', i.id, jsonb_build_object('skill', 'purge', 'action', "
             "'main', 'version', 1, 'version_digest', (select v.digest from {t}.skill_version v join {t}.skill s "
             "on s.id = v.skill_id where s.name = 'purge')), 'low', 1, 10000, j.created_by "
             "from (values ('01990000-0000-7000-8000-000000000001'::uuid)) i (id), {t}.job j "
             f"where j.id = '{done['id']}'")
        rows("insert into {t}.job_live (job_id, state) values ('01990000-0000-7000-8000-000000000001', 'ready')")
        shown = stack.api("GET", "/v1/runs/01990000-0000-7000-8000-000000000001", token="olivia",
                          headers={"Prefer": "wait=40"}).json
        self.assertEqual((shown["state"], shown["error"]["code"]), ("failed", "confirmation_required"))

    def test_a_rerun_waits_for_a_person_again(self):
        shown = self.ok(run("purge"))
        digest = stack.api("GET", f"/v1/requests/{shown['id']}", token="olivia").json["confirmation"]["digest"]
        self.ok(stack.api("POST", f"/v1/requests/{shown['id']}/confirm", {"digest": digest}, "olivia",
                          {"Prefer": "wait=30"}))
        again = stack.api("POST", f"/v1/runs/{shown['id']}/rerun", None, "oscar", {"Prefer": "wait=30"})
        self.assertEqual(self.ok(again)["state"], "awaiting_confirmation")


def plan_of(request):
    return json.loads(rows(f"select body from {{t}}.plan where request_id = '{request}'")[0][0])


def digest_of(plan):
    """As core/model/plan/digest.c says that another program can make it."""
    steps = [{"action": f"{s['skill']}/{s['action']}", "files": sorted([f["path"], f["sha256"]] for f in s["files"]),
              "input": s["input"], "runtime": s["runtime_digest"], "version": s["version_digest"],
              "resources": sorted([r["name"], r["method"], r["path"], r["credential_version"]] for r in s["resources"]),
              **({"platform": s["platform_digest"]} if "platform_digest" in s else {})} for s in plan["steps"]]
    form = {"plan": 1, "tenant": plan["tenant"], "requester": plan["requester"], "policy": plan["policy_version"],
            "risk": plan["risk"], "expires": plan["confirmation"]["expires_at_us"], "steps": steps}
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class WhatWasConfirmed(Case):
    """What people see is the plan's body; what the queue carries lies beside it. A confirmation is of the first, and the
    run is refused where the second says anything else."""
    @classmethod
    def setUpClass(cls):
        publish(manifest("exact", "Does exactly that", ["do exactly that"],
                         {"count": {"type": "integer"}, "paper": {"type": "string", "format": "file"}}, ["count", "paper"],
                         risk="high"))

    def asked(self):
        file = self.ok(stack.api("POST", "/v1/files?name=a.txt", b"paper", "oscar", {"Content-Type": "text/plain"}), 201)
        return self.ok(run("exact", input={"count": 1, "paper": file["id"]}))["request_id"]

    def ended(self, request):
        """After somebody else has confirmed what the database says was shown."""
        digest = rows(f"select digest from {{t}}.confirmation where request_id = '{request}'")[0][0]
        reply = stack.api("POST", f"/v1/requests/{request}/confirm", {"digest": digest}, "olivia")
        if reply.status != 200:
            return reply.code
        shown = self.ok(stack.api("GET", f"/v1/runs/{request}", token="olivia", headers={"Prefer": "wait=40"}))
        self.assertEqual(shown["error"] is None, shown["state"] == "succeeded", shown)
        return shown["error"]["code"] if shown["error"] else shown["state"]

    def changed(self, column, path, value):
        request = self.asked()
        changed = rows(f"update {{t}}.plan set {column} = jsonb_set({column}, '{path}', '{json.dumps(value)}') "
                       f"where request_id = '{request}' and {column} #> '{path}' is distinct from '{json.dumps(value)}'::jsonb "
                       "returning 1")
        self.assertEqual(changed, [["1"]], path)
        return self.ended(request)

    def test_as_it_was_shown_it_runs(self):
        request = self.asked()
        plan = plan_of(request)
        self.assertEqual(digest_of(plan), plan["digest"])
        self.assertEqual(self.ended(request), "succeeded")

    def test_anything_else_in_the_queue_is_refused(self):
        other = self.ok(stack.api("POST", "/v1/files?name=b.txt", b"other", "oscar", {"Content-Type": "text/plain"}), 201)
        for path, value in (("{input,count}", 2), ("{input,more}", True), ("{skill}", "purge"), ("{action}", "other"),
                            ("{version}", 2), ("{version_digest}", "a" * 64), ("{runtime_digest}", "a" * 64),
                            ("{platform_digest}", "a" * 64), ("{files}", []), ("{files,0,id}", other["id"]),
                            ("{files,0,sha256}", other["sha256"]), ("{files,0,name}", "c.txt"),
                            ("{credentials}", {"partner": 1})):
            with self.subTest(payload=path):
                self.assertEqual(self.changed("payload", path, value), "plan_stale")

    def test_a_plan_that_is_not_its_digest_is_refused(self):
        for path, value in (("{tenant}", "01990000-0000-7000-8000-000000000001"), ("{policy_version}", 99), ("{risk}", "low"),
                            ("{requester}", "01990000-0000-7000-8000-000000000001"), ("{confirmation,expires_at_us}", 1),
                            ("{steps,0,input,count}", 2), ("{steps,0,action}", "other"),
                            ("{steps,0,version_digest}", "a" * 64), ("{steps,0,runtime_digest}", "a" * 64),
                            ("{steps,0,platform_digest}", "a" * 64), ("{steps,0,files,0,sha256}", "a" * 64),
                            ("{steps,0,files}", []),
                            ("{steps,0,resources}", [{"name": "x", "method": "GET", "path": "/", "credential_version": 0}])):
            with self.subTest(body=path):
                self.assertEqual(self.changed("body", path, value), "plan_stale")


class WhatCountsAtTheStart(Case):
    """A run is planned now and starts later: what was taken away in between is not done any more."""
    def later(self, token="oscar"):
        return self.ok(run("fickle", token=token, wait=0, delay_ms=2000), 202)["id"]

    def ended(self, run_id):
        shown = self.ok(stack.api("GET", f"/v1/runs/{run_id}", token="olivia", headers={"Prefer": "wait=40"}))
        return shown["state"], shown["error"] and shown["error"]["code"]

    @classmethod
    def setUpClass(cls):
        publish(manifest("fickle", "Changes its mind", ["change your mind"], {}))

    def test_a_skill_that_was_switched_off(self):
        waiting = self.later()
        self.ok(stack.api("PATCH", "/v1/skills/fickle", {"enabled": False}, "olivia"))
        self.assertEqual(self.ended(waiting), ("failed", "skill_disabled"))
        self.ok(stack.api("PATCH", "/v1/skills/fickle", {"enabled": True}, "olivia"))
        self.assertEqual(self.ended(self.later()), ("succeeded", None))

    def test_a_binding_that_was_taken_away(self):
        waiting, of_an_admin = self.later(), self.later("adam")
        self.ok(stack.api("PUT", "/v1/skills/fickle/bindings", [{"role": "admin"}], "olivia"))
        self.assertEqual(self.ended(waiting), ("failed", "forbidden"))
        self.assertEqual(self.ended(of_an_admin), ("succeeded", None))
        self.ok(stack.api("PUT", "/v1/skills/fickle/bindings", [], "olivia"))

    def confirmed_purge(self, planned_on=None):
        """How one ended, and the platform's tree that its plan named. `planned_on`: as if that had been there then."""
        request = self.ok(run("purge"))["request_id"]
        plan = stack.api("GET", f"/v1/requests/{request}", token="olivia").json["plan"]
        if planned_on:
            rows("update {t}.plan set payload = jsonb_set(payload, '{platform_digest}', "
                 f"'\"{planned_on}\"'), body = jsonb_set(body, '{{steps,0,platform_digest}}', '\"{planned_on}\"') "
                 f"where request_id = '{request}'")
            digest = digest_of(plan_of(request))
            rows(f"update {{t}}.plan set digest = '{digest}' where request_id = '{request}'")
            rows(f"update {{t}}.confirmation set digest = '{digest}' where request_id = '{request}'")
            plan = stack.api("GET", f"/v1/requests/{request}", token="olivia").json["plan"]
            self.assertEqual(plan["digest"], digest)
        self.ok(stack.api("POST", f"/v1/requests/{request}/confirm", {"digest": plan["digest"]}, "olivia"))
        return self.ended(request), plan["steps"][0].get("platform_digest")

    def test_what_was_confirmed_does_not_start_on_another_runtime_of_the_platform(self):
        """An upgrade of the machine in between: what people saw is what runs, or nothing."""
        ended, digest = self.confirmed_purge()
        self.assertEqual(ended, ("succeeded", None))
        self.assertRegex(digest, "^[0-9a-f]{64}$")
        ended, _ = self.confirmed_purge(planned_on="a" * 64)
        self.assertEqual(ended, ("failed", "plan_stale"))
        # The worker has learned that it does not know its sandbox's trees any more; the next start tells it.
        self.assertEqual(self.confirmed_purge(), (("succeeded", None), None))
        self.assertEqual(self.confirmed_purge(), (("succeeded", None), digest))

    def test_a_person_who_may_not_run_any_more(self):
        waiting = self.later()
        who = next(m["id"] for m in stack.api("GET", "/v1/members", token="olivia").json["items"]
                   if m["name"] == "Oscar")
        rows(f"update public.membership set role = 'viewer' where user_id = '{who}'")
        try:
            self.assertEqual(self.ended(waiting), ("failed", "forbidden"))
        finally:
            rows(f"update public.membership set role = 'operator' where user_id = '{who}'")

    def test_an_older_version_runs_until_it_is_withdrawn(self):
        publish(manifest("fickle", "Changes its mind again", ["change your mind"], {}))
        self.assertEqual(self.ok(run("fickle", version=1))["version"], 1)
        waiting = self.ok(run("fickle", wait=0, delay_ms=2000, version=1), 202)["id"]
        self.ok(stack.api("POST", "/v1/skills/fickle/versions/1/yank", {"comment": "wrong"}, "olivia"))
        self.assertEqual(self.ended(waiting), ("failed", "version_yanked"))
        self.refused(run("fickle", version=1), 409, "version_yanked")


class Lists(Case):
    def test_what_lies_behind_thousands_is_found(self):
        """Six thousand runs by hand that succeeded lie before the only one that failed."""
        made = self.ok(run("weather"))
        rows("insert into {t}.job (id, kind, lane, class, request_id, payload, risk, max_attempts, timeout_ms, created_by) "
             "select i.id, 'run', 'py', 'normal', i.id, j.payload, 'low', 1, 1000, j.created_by from {t}.job j, "
             "(select ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id "
             f"from generate_series(1, 6001) n) i where j.id = '{made['id']}'")
        rows("insert into {t}.job_outcome (job_id, state, code) select id, case when id::text like '%0001' and id::text "
             "like '%-000000000001' then 'failed' else 'succeeded' end, 'script_failed' from {t}.job "
             "where id::text like '01980000-%'")
        first = "01980000-0000-7000-8000-000000000001"
        for listed in ("runs", "requests"):
            got = self.ok(stack.api("GET", f"/v1/{listed}?state=failed&limit=50&until=2100-01-01T00:00:00Z", token="olivia"))
            self.assertIn(first, [one["id"] for one in got["items"]])
        seen, cursor = [], ""
        while cursor is not None:
            page = self.ok(stack.api("GET", f"/v1/runs?skill=weather&limit=200{cursor}", token="olivia"))
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]
        self.assertEqual(seen, sorted(set(seen), reverse=True))
        self.assertEqual(len(seen), runs_of("weather"))
        nobody = self.ok(stack.api("GET", "/v1/runs?skill=nothing-like-it", token="olivia"))
        self.assertEqual((nobody["items"], nobody["next_cursor"]), ([], None))


if __name__ == "__main__":
    unittest.main()
