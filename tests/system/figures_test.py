"""What operators judge by, made to say something: the signal to start workers, entries that were forged or came twice, ends
that came too late, a dead letter that three dead workers earned; and the same through the command line."""
import json
import os
import pathlib
import re
import signal
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

OLDEST = 'execgov_queue_oldest_ready_seconds{lane="py",class="interactive"}'


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    def metric(self, process, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.ports[process]}/metrics", timeout=10) as answer:
            found = re.search(rf"^{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
        self.assertIsNotNone(found, f"{process} has no metric {name}")
        return float(found[1])

    def redis(self, *words):
        return subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", *map(str, words)], capture_output=True,
                              check=True, text=True).stdout.strip()

    def submit(self, **given):
        return self.run_probe(wait=0, **given)["id"]

    def begun(self, run, times=1):
        stacks.until(lambda: self.log_of(run).count("begun") >= times, what="the script's first words")

    def ends(self, *runs):
        for run in runs:
            self.until_state(run, "succeeded")

    @property
    def tenant(self):
        return self.stack.tenants[loop.TENANT]["id"]


class Figures(Case):
    def test_the_signal_to_start_workers_grows_until_one_comes(self):
        self.stack.end("worker")
        run = self.submit()
        first = stacks.until(lambda: self.metric("scheduler", OLDEST), 30, "the oldest one's age")
        stacks.until(lambda: self.metric("scheduler", OLDEST) > first + 2, 30, "its growing")
        self.stack.start("worker")
        self.ends(run)
        stacks.until(lambda: self.metric("scheduler", OLDEST) == 0, 20, "nothing waiting any more")  # an idle scheduler rests 30

    def shares(self):
        """Who holds the lane of scripts, as the leader says."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.stack.ports['scheduler']}/metrics", timeout=10) as answer:
            found = re.findall(r'^execgov_tenant_busy_slots\{lane="py",tenant="(\w+)"\} (\S+)$', answer.read().decode(),
                               re.MULTILINE)
        return {tenant: float(slots) for tenant, slots in found}

    def test_whose_work_holds_a_lane_is_shown(self):
        before = self.shares().get(self.schema, 0)
        run = self.submit(what="sleep", seconds=12)
        self.begun(run)
        stacks.until(lambda: self.shares().get(self.schema, 0) > before, 30, "its tenant's share")
        self.assertLess(self.shares()["other"], 0.01, "nobody else is there")
        self.ends(run)

    def entry(self, job, fence):
        """An entry as the queue keeps them, put there behind its back."""
        self.redis("hset", "{s00}:idx", job, f"q{fence}")
        self.redis("rpush", f"{{s00}}:q:py:interactive:{self.schema}", f"{job} {fence} 100 run probe.run {int(time.time() * 1000)}")
        self.redis("zadd", "{s00}:ring:py:interactive", 0, self.schema)
        self.redis("rpush", "{s00}:bell:py", "1")

    def test_an_entry_that_was_forged_or_comes_twice_is_refused_and_counted(self):
        run = self.submit()
        self.ends(run)
        for job, what in ((skills.new_id(), "one of no job"), (run, "one of a job that has ended")):
            with self.subTest(what):
                before = self.metric("worker", "execgov_claims_refused_total")
                rows = self.count("job"), self.count("job_outcome"), self.count("audit_event", f"subject = '{job}'")
                self.entry(job, 1)
                stacks.until(lambda: self.metric("worker", "execgov_claims_refused_total") == before + 1, 40,
                             "its being refused")
                self.assertEqual((self.count("job"), self.count("job_outcome"),
                                  self.count("audit_event", f"subject = '{job}'")), rows)
        self.assertEqual(self.redis("hlen", f"{{s00}}:live:py:{self.schema}"), "0", "it holds no slot")
        self.ends(self.submit())

    def test_that_cannot_renew_says_so_and_its_late_end_is_refused(self):
        """A worker that stands still until its job is another's."""
        self.stack.start("worker-2")
        try:
            before = self.metric("scheduler", "execgov_jobs_reclaimed_total")
            run = self.submit(what="sleep", seconds=3)
            self.begun(run)
            holder = self.holder(run)
            other = next(name for name in ("worker", "worker-2") if name != holder)
            process = self.stack.running[holder]
            process.send_signal(signal.SIGSTOP)
            try:
                self.begun(run, 2)
            finally:
                process.send_signal(signal.SIGCONT)
            self.ends(run)
            stacks.until(lambda: self.metric(holder, "execgov_stale_completions_total") > 0, 30, "its end being refused")
            self.assertEqual(self.metric(other, "execgov_stale_completions_total"), 0)
            self.assertGreater(self.metric("scheduler", "execgov_jobs_reclaimed_total"), before)
            self.assertEqual(loop.faults(self.stack, self.schema, [run]), [])
        finally:
            self.stack.end("worker-2")

    def holder(self, run):
        pid = int(self.stack.sql(f"select w.pid from {self.schema}.job_live l join public.worker w on w.id = l.worker where "
                                 f"l.job_id = '{run}'")[0][0])
        return next(name for name, process in self.stack.running.items() if process.pid == pid)

    def test_a_worker_that_cannot_renew_is_fenced_until_it_can(self):
        run = self.submit(what="sleep", seconds=40)
        self.begun(run)
        self.stack.end("postgres", signal.SIGINT)
        try:
            stacks.until(lambda: self.metric("worker", "execgov_worker_fenced") == 1, 40, "the worker's fencing itself")
        finally:
            self.stack.start_postgres()
        stacks.until(lambda: self.metric("worker", "execgov_worker_fenced") == 0, 40, "its going on")
        stacks.until(lambda: self.api("POST", f"/v1/runs/{run}/cancel").status == 200, 30, "the run's being cancelled")
        self.until_state(run, "cancelled")
        self.ends(self.submit())


class CommandLine(Case):
    def execgov(self, *words, person="pat", code=0):
        done = subprocess.run([stacks.BUILD / "bin/execgov", *words], capture_output=True, text=True, timeout=120, check=False,
                              stdin=subprocess.DEVNULL, start_new_session=True, env={
                                  "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}", "PATH": os.environ["PATH"],
                                  "LANG": "en_US.UTF-8", "HOME": str(self.stack.folder), "EXECGOV_TOKEN": self.stack.tokens[person],
                                  "EXECGOV_CONFIG_DIR": str(self.stack.folder / "cli")})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def said(self, *words, **how):
        return json.loads(self.execgov(*words, "--json", **how))

    def test_workers_are_listed_with_where_what_and_how_many(self):
        worker = next(w for w in self.said("worker", "ls")["items"] if w["pid"] == self.stack.running["worker"].pid)
        table = self.execgov("worker", "ls")
        line = next(line for line in table.splitlines() if worker["host"] in line and "live" in line)
        self.assertIn(worker["version"], line)
        self.assertIn("py", line)
        self.assertRegex(line, rf"\b\d+/{stacks.SLOTS + 4}\b")  # of runs, and the four of ctl
        self.assertRegex(line, r"\bL[0-4]\b")

    def test_machines_that_differ_in_what_scripts_run_on_are_named(self):
        """A plan that people confirmed on one of them is refused on the other: which, has to be seen."""
        mine = next(w for w in self.said("worker", "ls")["items"] if w["pid"] == self.stack.running["worker"].pid)
        digest = mine["platform"]["base"]
        self.assertRegex(digest, "^[0-9a-f]{64}$")
        self.assertIn(f"base {digest[:8]}", self.execgov("worker", "ls"))
        self.assertNotIn("differ", self.execgov("worker", "ls"))
        other = "f" * 64
        for host, tree in (("alike", digest), ("elsewhere", other)):
            self.stack.sql("insert into public.worker (id, host, pid, version, lanes, slots, isolation_level, run_slots, platform) "
                           f"select gen_random_uuid(), '{host}', 1, version, lanes, slots, isolation_level, run_slots, "
                           f"'{json.dumps({'base': tree})}' from public.worker where id = '{mine['id']}'")
        self.addCleanup(self.stack.sql, "delete from public.worker where host in ('alike', 'elsewhere')")
        for words in (("worker", "ls"), ("doctor",)):
            said = self.execgov(*words)
            line = next(line for line in said.splitlines() if "plan_stale" in line)
            self.assertRegex(line, "base: .*ffffffff on elsewhere")
            self.assertRegex(line, f"{digest[:8]} on .*alike")
        self.stack.sql("update public.worker set state = 'dead' where host = 'elsewhere'")
        self.assertNotIn("differ", self.execgov("worker", "ls"))

    def test_a_job_that_runs_is_shown_with_its_way_and_its_lease(self):
        run = self.submit(what="sleep", seconds=4)
        self.begun(run)
        job = self.said("job", "show", run, person="oscar")
        self.assertEqual([t["action"] for t in job["timeline"]], ["job.accepted", "job.claimed"])
        self.assertEqual((job["state"], job["fence"]), ("running", 2))
        self.assertLess(job["worker"]["lease_age_ms"], 25000)
        text = self.execgov("job", "show", run, person="oscar")
        for word in ("job.accepted", "job.claimed", "running", job["worker"]["host"]):
            self.assertIn(word, text)
        self.ends(run)

    def test_a_job_is_shown_with_the_last_step_of_its_request(self):
        run = self.run_probe("danger")
        request = self.request_of(run["request_id"], wait=30)
        self.ok(self.api("POST", f"/v1/requests/{request['id']}/confirm", {"digest": request["plan"]["digest"]}, "arun"))
        self.ends(run["id"])
        last = self.stack.sql(f"select kind from {self.schema}.request_event where request_id = '{request['id']}' "
                              "order by seq desc limit 1")[0][0]
        self.assertEqual(self.said("job", "show", run["id"], person="oscar")["step"], last)
        self.assertRegex(self.execgov("job", "show", run["id"], person="oscar"), rf"(?m)^ *step:? +{last}$")

    def test_limits_are_set_paused_and_listed(self):
        self.execgov("limits", "set", self.tenant, "--weight", "3", "--concurrency", "7")
        self.execgov("limits", "pause", self.tenant, "--comment", "moving house")
        try:
            mine = next(t for t in self.said("limits", "ls")["items"] if t["tenant"]["id"] == self.tenant)
            self.assertEqual((mine["weight"], mine["concurrency"], mine["paused"], mine["paused_reason"]),
                             (3, 7, True, "moving house"))
            self.assertIn(loop.TENANT, self.execgov("limits", "ls"))
        finally:
            self.execgov("limits", "resume", self.tenant)
            self.execgov("limits", "set", self.tenant, "--weight", "1", "--concurrency", "16")
        self.ends(self.submit())

    def test_three_dead_workers_earn_a_dead_letter_that_is_listed_and_done_again(self):
        """Each is killed in the middle of it. That they are dead is believed at once: their last sign of life is made old."""
        run = self.submit(what="sleep", seconds=6)
        for death in range(1, 4):
            self.begun(run, death)
            worker = self.stack.sql(f"select worker from {self.schema}.job_live where job_id = '{run}'")[0][0]
            self.stack.end("worker", signal.SIGKILL)
            self.stack.sql(f"update public.worker set heartbeat_at = now() - interval '1 hour' where id = '{worker}'")
            self.stack.start("worker")
        ended = self.until_state(run, "failed")
        self.assertEqual(ended["error"]["code"], "poison")
        actions = loop.trail(self.stack, self.schema, [run])[run]
        self.assertEqual((actions.count("job.claimed"), actions.count("job.reclaimed"), actions[-1]), (3, 2, "job.gave_up"))

        stacks.until(lambda: run in self.execgov("dead-letter", "ls"), 60, "the dead letter being listed")
        shown = self.said("dead-letter", "show", run)
        self.assertEqual((shown["code"], shown["crash_count"], shown["state"]), ("poison", 3, "open"))
        new = self.said("dead-letter", "redrive", run, "--comment", "the machine is mended")["id"]
        self.ends(new)
        self.assertEqual(self.said("dead-letter", "show", run, "--tenant", self.tenant)["redriven_as"], new)
        self.assertNotIn(run, self.execgov("dead-letter", "ls"))


if __name__ == "__main__":
    unittest.main()
