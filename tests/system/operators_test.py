"""What operators see and change: queues, workers, limits, dead letters, jobs; and why a run does not start."""
import json
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import time
import unittest
import urllib.request

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

ROUTES = (
    ("GET", "/v1/platform/queues"), ("GET", "/v1/platform/workers"), ("POST", "/v1/platform/workers/{id}/drain"),
    ("GET", "/v1/platform/dead-letters"), ("GET", "/v1/platform/dead-letters/{id}"),
    ("POST", "/v1/platform/dead-letters/{id}/redrive"), ("POST", "/v1/platform/dead-letters/{id}/discard"),
    ("POST", "/v1/platform/dead-letters/redrive"), ("GET", "/v1/platform/limits"),
    ("GET", "/v1/platform/limits/{id}"), ("PATCH", "/v1/platform/limits/{id}"), ("GET", "/v1/platform/jobs/{id}"),
)


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE), (loop.TENANT, "other", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    @property
    def tenant(self):
        return self.stack.tenants[loop.TENANT]["id"]

    def platform(self, method, path, body=None, **headers):
        return self.api(method, "/v1/platform" + path, body, token="pat", **headers)

    def limits(self, **change):
        return self.ok(self.platform("PATCH", f"/limits/{self.tenant}", change))

    def submit(self, skill="probe", **given):
        """A run that is accepted; options of the run itself begin with an underscore."""
        options = {name[1:]: value for name, value in given.items() if name[0] == "_"}
        inputs = {name: value for name, value in given.items() if name[0] != "_"}
        return self.ok(self.api("POST", "/v1/runs", {"skill": skill, "action": "run", "input": inputs, **options}),
                       202)["id"]

    def why(self, run):
        return {b["code"]: b for b in self.ok(self.api("GET", f"/v1/runs/{run}/why"))["blockers"]}

    def until_why(self, run, code):
        """The blocker, and it is the only one; each says what helps."""
        seen = []

        def look():
            found = self.why(run)
            seen[:] = found
            return found if set(found) == {code} else None
        try:
            found = stacks.until(look, 20, f"{code} being why run {run} waits")
        except AssertionError as error:
            raise AssertionError(f"{error}; it was {seen}") from None
        self.assertTrue(found[code]["message"] and found[code]["remedy"])
        return found[code]

    def running(self, seconds, **given):
        run = self.submit(what="sleep", seconds=seconds, **given)
        self.until_state(run, "running")
        return run

    def ends(self, *runs):
        for run in runs:
            self.assertEqual(self.until_state(run, *loop.ENDED)["state"], "succeeded")

    def metric(self, process, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.ports[process]}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        self.assertIsNotNone(found, f"{process} has no metric {name}")
        return float(found[1])


class Whose(Case):
    def test_a_tenants_token_finds_none_of_it(self):
        for method, path in ROUTES:
            for token in ("olivia", "oscar", "lin"):
                with self.subTest(f"{method} {path} {token}"):
                    path_now = path.replace("{id}", self.tenant)
                    self.refused(self.api(method, path_now, {} if method != "GET" else None, token), 404, "not_found")


class Limits(Case):
    def tearDown(self):
        self.limits(weight=1, concurrency=16, rate_per_s=0, paused=False,
                    skills=[{"skill": "probe"}, {"skill": "other"}])

    def test_of_a_tenant_says_n_of_m_and_who_holds_them(self):
        self.limits(concurrency=1)
        first = self.running(2)
        second = self.submit()
        self.assertIn(first, self.until_why(second, "concurrency_limit")["message"])
        self.ends(first, second)
        self.assertEqual(self.why(second), {}, "what has ended has no blocker")

    def test_of_a_skill_hold_that_skill_alone(self):
        self.limits(skills=[{"skill": "probe", "slots": 1}])
        first = self.running(2)
        second, other = self.submit(), self.submit("other")
        self.ends(other)
        self.assertIn(first, self.until_why(second, "skill_limit")["message"])
        self.ends(first, second)

    def test_of_a_concurrency_key_is_one(self):
        first = self.running(2, _concurrency_key="the ledger")
        second = self.submit(_concurrency_key="the ledger")
        self.assertIn(first, self.until_why(second, "concurrency_key")["message"])
        self.ends(first, second)
        at = dict(self.stack.sql(f"select job_id, started_at from {self.schema}.job_outcome"))
        end = dict(self.stack.sql(f"select job_id, ended_at from {self.schema}.job_outcome"))
        self.assertGreaterEqual(at[second], end[first])

    def test_a_pause_of_a_tenant_or_a_skill_outlives_a_lost_queue(self):
        self.limits(paused=True, comment="moving house", skills=[{"skill": "other", "paused": True}])
        run = self.submit()
        self.assertIn("moving house", self.until_why(run, "tenant_paused")["message"])
        def rebuilds():
            return self.stack.log("scheduler").count('"queue.rebuilt"')
        before = rebuilds()
        subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", "flushall"], check=True,
                       capture_output=True)
        stacks.until(lambda: rebuilds() > before, what="the rebuild")
        self.assertEqual(self.run_of(run)["state"], "queued")
        self.limits(paused=False)
        self.ends(run)
        run = self.submit("other")
        self.until_why(run, "skill_paused")
        self.limits(skills=[{"skill": "other"}])
        self.ends(run)
        self.assertEqual(self.metric("scheduler", "execgov_queue_rebuilds_total"), rebuilds())

    def test_a_rate_spaces_the_starts(self):
        self.limits(skills=[{"skill": "probe", "rate_per_s": 1}])
        runs = [self.submit() for _ in range(3)]
        self.ends(*runs)
        names = ", ".join(f"'{run}'" for run in runs)
        spread = self.stack.sql(f"select extract(epoch from max(started_at) - min(started_at)) "
                                f"from {self.schema}.job_outcome where job_id in ({names})")
        self.assertGreater(float(spread[0][0]), 1.5)

    def test_bad_changes_are_refused_by_name_and_change_nothing(self):
        before = self.ok(self.platform("GET", f"/limits/{self.tenant}"))
        for body in ({}, {"weight": 0}, {"weight": "much"}, {"rate_per_s": -1}, {"rate_per_s": "1"}, {"paused": True},
                     {"paused": 1}, {"skills": [1]}, {"skills": [{"skill": "probe", "slots": -1}]}, {"more": 1}):
            with self.subTest(body):
                self.refused(self.platform("PATCH", f"/limits/{self.tenant}", body), 422, "invalid_input")
        self.assertEqual(self.ok(self.platform("GET", f"/limits/{self.tenant}")), before)
        self.refused(self.platform("PATCH", f"/limits/{skills.new_id()}", {"weight": 2}), 404, "not_found")

    def test_a_change_is_in_both_audits(self):
        self.limits(weight=7)
        self.assertEqual(self.ok(self.platform("GET", f"/limits/{self.tenant}"))["weight"], 7)
        ours = self.ok(self.platform("GET", "/audit?kind=operation"))["items"]
        theirs = self.ok(self.api("GET", "/v1/audit?kind=operation", token="audrey"))["items"]
        for items in (ours, theirs):
            self.assertIn("limits.changed", [item["action"] for item in items])


class Queues(Case):
    def test_show_depth_age_and_whose_and_the_metrics_say_the_same(self):
        drift = self.metric("scheduler", "execgov_limit_drift_total")
        self.limits(concurrency=1)
        runs = [self.submit(what="sleep", seconds=60) for _ in range(4)]

        def look():
            items = self.ok(self.platform("GET", f"/queues?tenant={self.tenant}"))["items"]
            # A worker that has just begun the first asks for more, and only then it shows that the limit is reached.
            return next((i for i in items if i["lane"] == "py" and i["class"] == "interactive" and i["depth"] == 3
                         and i["tenants"][0]["at_limit"]), None)
        item = stacks.until(look, what="three waiting at the limit")
        self.assertEqual(item["tenants"][0]["name"], loop.TENANT)
        self.assertEqual(item["tenants"][0]["running"], 1)
        self.assertGreaterEqual(item["tenants"][0]["oldest_age_ms"], 0)
        self.assertEqual(self.ok(self.platform("GET", f"/queues?tenant={skills.new_id()}"))["items"], [])
        stacks.until(lambda: self.metric("scheduler", 'execgov_queue_busy_slots{lane="py"}') == 1, 20, "the gauge")
        stacks.until(lambda: self.metric("scheduler", 'execgov_queue_ready{lane="py",class="interactive"}') == 3, 20)
        self.metric("scheduler", 'execgov_queue_oldest_ready_seconds{lane="py",class="interactive"}')
        self.assertEqual(self.metric("scheduler", "execgov_limit_drift_total"), drift)
        for run in reversed(runs):
            self.ok(self.api("POST", f"/v1/runs/{run}/cancel"))
        self.limits(concurrency=16)
        self.ends(self.submit())
        self.assertGreaterEqual(self.metric("worker", 'execgov_job_schedule_to_start_seconds_count{lane="py"}'), 2)
        self.assertEqual(self.metric("worker", "execgov_stale_completions_total"), 0)

    def test_a_slot_that_nobody_holds_is_freed_and_counted(self):
        """As if a worker had died between the commit of an end and telling the queue: all that is left is a slot."""
        run = self.submit()
        self.ends(run)
        slots = f"{{s00}}:live:py:{self.schema}"
        self.redis("hset", slots, run, "7 l interactive 1 1 run probe.run somebody 0")
        self.redis("hset", "{s00}:busy:py", self.schema, self.redis("hlen", slots))
        self.redis("hset", "{s00}:idx", run, "l7")
        before = self.metric("scheduler", "execgov_limit_drift_total")
        self.submit(_delay_ms=600_000)  # the tenant is one that is visited
        stacks.until(lambda: self.redis("hexists", slots, run) == "0", 60, "the slot's being freed")
        stacks.until(lambda: self.metric("scheduler", "execgov_limit_drift_total") == before + 1, 10, "its being counted")
        self.assertEqual(self.redis("hexists", "{s00}:idx", run), "0")

    def redis(self, *words):
        done = subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", *map(str, words)], capture_output=True,
                              check=True)
        return done.stdout.decode().strip()

    def test_without_a_worker_it_says_so_until_one_comes(self):
        self.stack.end("worker")
        try:
            run = self.submit()
            self.until_why(run, "no_worker")
        finally:
            self.stack.start("worker")
        self.ends(run)

    def test_a_skill_at_its_rate_says_when_the_next_may_start(self):
        self.limits(skills=[{"skill": "probe", "rate_per_s": 0.1}])
        first = self.submit()
        self.ends(first)
        second = self.submit()
        self.assertIn("0.1", self.until_why(second, "skill_rate")["message"])
        self.limits(skills=[{"skill": "probe"}])
        self.ends(second)

    def test_a_tenant_at_its_rate_says_when_the_next_may_start(self):
        self.limits(rate_per_s=0.05)
        try:
            first = self.submit()
            self.ends(first)
            second = self.submit("other")
            self.assertIn("the tenant may start 0.05 times a second", self.until_why(second, "rate_limit")["message"])
        finally:
            self.limits(rate_per_s=0)
        self.ends(second)

    def test_a_suspended_tenant_is_told_so_until_it_is_resumed(self):
        self.limits(paused=True, comment="to catch it")
        run = self.submit()
        self.ok(self.platform("POST", f"/tenants/{self.tenant}/suspend", {"comment": "unpaid"}))
        try:
            blockers = stacks.until(lambda: len(found := self.why(run)) == 2 and found, 20, "both being why it waits")
            self.assertEqual(set(blockers), {"tenant_suspended", "tenant_paused"})
            self.limits(paused=False)
            self.assertIn("operators resume it", self.until_why(run, "tenant_suspended")["remedy"])
            self.assertEqual(self.run_of(run)["state"], "held")
        finally:
            self.ok(self.platform("POST", f"/tenants/{self.tenant}/resume", {"comment": "paid"}))
            self.limits(paused=False)
        self.ends(run)

    def test_plans_are_made_while_all_slots_of_runs_are_in_use(self):
        busy = [self.running(120) for _ in range(stacks.SLOTS)]
        danger = self.run_probe("danger")
        self.assertEqual(self.request_of(danger["request_id"], wait=30)["state"], "awaiting_confirmation")
        self.assertGreater(self.count("job", f"request_id = '{danger['request_id']}' and lane = 'ctl' and id in (select job_id "
                                             f"from {self.schema}.job_outcome where state = 'succeeded')"), 0)
        self.assertEqual({self.run_of(run)["state"] for run in busy}, {"running"})
        for run in (*busy, danger["id"]):
            self.ok(self.api("POST", f"/v1/runs/{run}/cancel"))
        for run in busy:
            self.until_state(run, "cancelled")

    def test_what_is_for_later_was_asked_for_or_failed_or_came_back(self):
        run = self.submit(_delay_ms=600_000)
        self.assertIn("was asked to start", self.until_why(run, "delayed")["message"])
        self.stack.sql(f"update {self.schema}.job_live set fence = 2 where job_id = '{run}'")
        self.assertIn("gave it back", self.until_why(run, "retry_wait")["message"])
        self.stack.sql(f"update {self.schema}.job_live set attempt = 1 where job_id = '{run}'")
        self.assertIn("attempt 1", self.until_why(run, "retry_wait")["message"])
        self.ok(self.api("POST", f"/v1/runs/{run}/cancel"))
        self.assertEqual(self.why(run), {})

    def test_when_all_slots_are_in_use_it_waits_its_turn(self):
        busy = [self.running(6) for _ in range(stacks.SLOTS)]
        run = self.submit()
        self.until_why(run, "waits_turn")
        self.ends(*busy, run)

    def test_top_draws_without_clearing_and_q_ends_it(self):
        env, runs = self.terminal(), self.three_waiting()
        master, slave = pty.openpty()
        with subprocess.Popen([stacks.BUILD / "bin/execgov", "queue", "top"], stdin=slave, stdout=slave, stderr=slave,
                              env=env, close_fds=True) as process:
            os.close(slave)
            seen = b""
            deadline = time.monotonic() + 30
            while (seen.count(b"\x1b[H") < 2 or not self.row_of(seen.decode(errors="replace"))) and time.monotonic() < deadline:
                if select.select([master], [], [], 1)[0]:
                    seen += os.read(master, 65536)
            os.write(master, b"q")
            self.assertEqual(process.wait(20), 0)
        os.close(master)
        self.assertGreaterEqual(seen.count(b"\x1b[H"), 2, seen)
        self.assertNotIn(b"\x1b[2J", seen)
        self.assertTrue(self.row_of(seen.decode()), seen)
        self.all_cancelled(runs)

    def test_ls_lists_what_waits_by_lane_class_and_tenant(self):
        runs = self.three_waiting()
        said = subprocess.run([stacks.BUILD / "bin/execgov", "queue", "ls"], capture_output=True, check=True, env=self.terminal())
        self.assertTrue(self.row_of(said.stdout.decode()), said.stdout)
        self.assertRegex(said.stdout.decode(), r"py +interactive +\(all\) +3 ")
        self.all_cancelled(runs)

    def terminal(self):
        home = self.stack.folder / "cli-home"
        home.mkdir(exist_ok=True)
        return {**os.environ, "HOME": str(home), "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                "EXECGOV_TOKEN": self.stack.tokens["pat"], "TERM": "xterm", "LANG": "C.UTF-8"}

    def three_waiting(self):
        """One that runs at the tenant's limit, and three behind it."""
        self.limits(concurrency=1)
        self.addCleanup(self.limits, concurrency=16)
        runs = [self.running(120), *(self.submit() for _ in range(3))]

        def look():
            items = self.ok(self.platform("GET", f"/queues?tenant={self.tenant}"))["items"]
            return any(i["lane"] == "py" and i["depth"] == 3 and i["tenants"][0]["at_limit"] for i in items)
        stacks.until(look, what="three waiting at the limit")
        return runs

    @staticmethod
    def row_of(text):
        return re.search(rf"py +interactive +{loop.TENANT} +3 +\S+ (s|min) +1 +at a limit", text)

    def all_cancelled(self, runs):
        for run in reversed(runs):
            self.ok(self.api("POST", f"/v1/runs/{run}/cancel"))
        self.limits(concurrency=16)
        for run in runs:
            self.until_state(run, "cancelled")


class DeadLetters(Case):
    def bury(self, code="poison"):
        """A run that the platform gave up, as its rows say."""
        self.limits(paused=True, comment="to catch it")
        run = self.submit(value="again")
        self.stack.sql(f"with gone as (delete from {self.schema}.job_live where job_id = '{run}' returning job_id) "
                       f"insert into {self.schema}.job_outcome (job_id, state, code, crash_count) "
                       f"select job_id, 'dead', '{code}', 3 from gone")
        self.limits(paused=False)
        return run

    def listed(self, run):
        items = self.ok(self.platform("GET", "/dead-letters?state=open"))["items"]
        return next((item for item in items if item["id"] == run), None)

    def test_is_listed_without_its_payload_and_done_again_once(self):
        run = self.bury()
        item = stacks.until(lambda: self.listed(run), 60, "the dead letter being listed")
        self.assertEqual((item["code"], item["state"], item["skill"]), ("poison", "open", "probe"))
        self.assertNotIn("again", json.dumps(self.ok(self.platform("GET", f"/dead-letters/{run}"))))
        new = self.ok(self.platform("POST", f"/dead-letters/{run}/redrive", {"comment": "the host is mended"}), 201)
        self.assertEqual(new["redrive_of"], run)
        self.ends(new["id"])
        self.assertEqual(self.run_of(new["id"])["input"]["value"], "again")
        self.refused(self.platform("POST", f"/dead-letters/{run}/redrive?tenant={self.tenant}", {}), 409, "already_done")
        old = self.ok(self.platform("GET", f"/dead-letters/{run}?tenant={self.tenant}"))
        self.assertEqual((old["state"], old["redriven_as"]), ("redriven", new["id"]))
        job = self.ok(self.platform("GET", f"/jobs/{new['id']}?tenant={self.tenant}"))
        self.assertEqual(job["timeline"][0]["redrive_of"], run)

    def test_those_of_ever_so_many_tenants_are_listed(self):
        """More than are asked at once: page by page none is missing, newest first, and each one is found."""
        names = [f"Buried {n}" for n in range(28)]
        self.stack.seed_more({"tenants": [{"name": name, "kind": "team", "users": []} for name in names]})
        jobs = {}
        for n, name in enumerate(names):
            schema, jobs[name] = self.stack.tenants[name]["schema"], f"01900000-0000-7000-8000-{n:012}"
            self.stack.sql(
                f"insert into {schema}.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms) values "
                f"('{jobs[name]}', 'task', 'ctl', 'bulk', '{jobs[name]}', '{{}}', 1, 1000); "
                f"insert into {schema}.job_outcome (job_id, state, code) values ('{jobs[name]}', 'dead', 'poison'); "
                f"insert into public.dead_letter_tenant (tenant_id, open) values ('{self.stack.tenants[name]['id']}', 1)")
        listed, cursor = [], ""
        while cursor is not None:
            page = self.ok(self.platform("GET", f"/dead-letters?state=open&limit=9{cursor and '&cursor=' + cursor}"))
            listed += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        self.assertEqual([job for job in listed if job in jobs.values()], sorted(jobs.values(), reverse=True))
        self.assertEqual(len(listed), len(set(listed)))
        for name in (names[0], names[-1]):
            one = self.ok(self.platform("GET", f"/dead-letters/{jobs[name]}"))
            self.assertEqual(one["tenant"]["name"], name)
        self.stack.sql("delete from public.dead_letter_tenant where tenant_id in (select id from public.tenant where name "
                       "like 'Buried %')")

    def test_many_are_done_again_at_a_pace(self):
        runs = [self.bury("internal") for _ in range(3)]
        answer = self.ok(self.platform("POST", "/dead-letters/redrive", {"tenant": self.tenant, "per_minute": 60}))
        self.assertEqual({r["redrive_of"] for r in answer["redriven"]}, set(runs))
        new = [r["id"] for r in answer["redriven"]]
        self.ends(*new)
        names = ", ".join(f"'{run}'" for run in new)
        spread = self.stack.sql(f"select extract(epoch from max(started_at) - min(started_at)) "
                                f"from {self.schema}.job_outcome where job_id in ({names})")
        self.assertGreater(float(spread[0][0]), 1.0)

    def test_is_put_away_with_a_reason_and_then_left_alone(self):
        run = self.bury("outcome_unknown")
        where = f"/dead-letters/{run}/discard?tenant={self.tenant}"
        self.refused(self.platform("POST", where, {}), 422, "invalid_input")
        self.assertEqual(self.ok(self.platform("POST", where, {"comment": "asked the bank"}))["state"], "discarded")
        self.refused(self.platform("POST", f"/dead-letters/{run}/redrive?tenant={self.tenant}", {}), 409, "already_done")
        self.refused(self.platform("POST", where.replace(run, skills.new_id()), {"comment": "x"}), 404, "not_found")


class Jobs(Case):
    def test_shows_the_way_it_came_and_no_payload(self):
        run = self.submit(value="a secret thing")
        self.ends(run)
        job = self.ok(self.api("GET", f"/v1/jobs/{run}", token="oscar"))
        self.assertEqual([t["action"] for t in job["timeline"]], ["job.accepted", "job.claimed", "job.succeeded"])
        self.assertEqual(job["state"], "succeeded")
        self.assertTrue(job["worker"]["host"])
        self.assertIsNotNone(job["log_age_ms"])
        self.assertNotIn("a secret thing", json.dumps(job))
        self.refused(self.api("GET", f"/v1/jobs/{run}", token="lin"), 404, "not_found")
        self.refused(self.platform("GET", f"/jobs/{run}"), 422, "invalid_input")

    def test_of_a_later_version_is_left_to_others_and_never_fails(self):
        self.limits(paused=True, comment="to change it")
        run, other = self.submit(), self.submit("other")
        self.stack.sql(f"alter table {self.schema}.job disable trigger user; update {self.schema}.job "
                       f"set payload = payload || '{{\"format\": 99}}' where id = '{run}'; "
                       f"alter table {self.schema}.job enable trigger user")
        self.limits(paused=False)
        self.ends(other)
        stacks.until(lambda: loop.trail(self.stack, self.schema, [run])[run].count("job.released") >= 2, 30,
                     "its being given back")
        job = self.ok(self.api("GET", f"/v1/jobs/{run}"))
        self.assertIn(job["state"], ("ready", "delayed", "running"))
        self.stack.sql(f"update {self.schema}.job set payload = payload - 'format' where id = '{run}'")
        self.ends(run)
        self.assertEqual(self.run_of(run)["attempt"], 1, "what could not be read was no attempt")


class Workers(Case):
    def test_one_that_serves_some_lanes_leaves_the_others(self):
        self.stack.end("worker")
        self.stack.settings["worker"] = {"lanes": "sh"}
        try:
            self.stack.start("worker")
            mine = self.stack.running["worker"].pid
            worker = stacks.until(lambda: next((w for w in self.ok(self.platform("GET", "/workers"))["items"] if w["pid"] == mine), None), 30,
                                  "its being listed")
            self.assertEqual(sorted(worker["lanes"]), ["ctl", "sh"])
            run = self.submit()
            self.assertIn("--lanes py", self.until_why(run, "no_worker")["remedy"])
            # Its slots for plans are its own whatever it serves: it works, and leaves the script.
            danger = self.run_probe("danger")
            self.assertEqual(self.request_of(danger["request_id"], wait=30)["state"], "awaiting_confirmation")
            self.ok(self.api("POST", f"/v1/runs/{danger['id']}/cancel"))
            self.assertEqual(self.run_of(run)["state"], "queued")
            self.stack.end("worker")
        finally:
            del self.stack.settings["worker"]
            if "worker" in self.stack.running:
                self.stack.end("worker")
            self.stack.start("worker")
        self.ends(run)

    def test_one_that_is_asked_to_drain_finishes_and_ends(self):
        self.stack.start("worker-2")
        mine = self.stack.running["worker-2"].pid
        worker = stacks.until(lambda: next((w for w in self.ok(self.platform("GET", "/workers"))["items"]
                                            if w["pid"] == mine and w["state"] == "live"), None), what="worker-2")
        self.assertIn("py", worker["lanes"])
        self.assertEqual(self.ok(self.platform("POST", f"/workers/{worker['id']}/drain"))["state"], "draining")
        process = self.stack.running.pop("worker-2")
        self.assertEqual(process.wait(30), 0)
        self.refused(self.platform("POST", f"/workers/{worker['id']}/drain"), 409, "already_done")
        self.refused(self.platform("POST", f"/workers/{skills.new_id()}/drain"), 404, "not_found")
        run = self.submit()
        self.ends(run)


if __name__ == "__main__":
    unittest.main()
