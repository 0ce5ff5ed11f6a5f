"""What was accepted ends exactly once, whoever dies in between: API, worker, scheduler, sandbox, Redis,
PostgreSQL. At the end of every test PostgreSQL is asked (loop.faults)."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import chaos  # noqa: E402
import chaos_after  # noqa: E402
import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

PROCESSES = ("api", "scheduler", "sandboxd", "worker")


def setUpModule():
    loop.Case.stack = stacks.Stack(PROCESSES)
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE), (loop.TENANT, "ledger", chaos.SKILL)])


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    def setUp(self):
        self.accepted = []

    def tearDown(self):
        for name in ("postgres", "redis", *PROCESSES):
            if name not in self.stack.running:
                self.begin(name)

    def begin(self, name):
        start = {"postgres": self.stack.start_postgres, "redis": self.stack.start_redis}
        start.get(name, lambda: self.stack.start(name))()

    def kill(self, name):
        self.stack.end(name, signal.SIGKILL)

    def submit(self, **given):
        run = self.run_probe(wait=0, **given)
        self.accepted.append(run["id"])
        return run

    def running(self, seconds):
        """A run whose script has begun, and goes on for so long."""
        run = self.submit(what="sleep", seconds=seconds)
        stacks.until(lambda: "begun sleep" in self.log_of(run["id"]), what="the script's first words")
        return run

    def all_ended(self, *states):
        """Everything accepted ends, once, in one of these states."""
        names = ", ".join(f"'{run}'" for run in self.accepted)
        stacks.until(lambda: self.count("job_outcome", f"job_id in ({names})") >= len(self.accepted), 90,
                     f"the end of {len(self.accepted)} runs")
        found = self.stack.sql(f"select distinct state from {self.schema}.job_outcome where job_id in ({names})")
        self.assertEqual({row[0] for row in found}, set(states or ("succeeded",)))
        self.assertEqual(loop.faults(self.stack, self.schema, self.accepted), [])

    def claims_of(self, run):
        return loop.trail(self.stack, self.schema, [run["id"]])[run["id"]].count("job.claimed")


class Api(Case):
    def test_killed_right_after_its_202_nothing_is_lost(self):
        """The answer's first line is all we wait for; then the process is gone."""
        body = json.dumps({"skill": "probe", "action": "run", "input": {"value": "kept"}})
        for _ in range(3):
            connection = http.client.HTTPConnection("127.0.0.1", self.stack.ports["api"], timeout=60)
            connection.request("POST", "/v1/runs", body, {
                "Content-Type": "application/json", "Authorization": f"Bearer {self.stack.tokens['oscar']}"})
            response = connection.getresponse()
            self.kill("api")
            self.assertEqual(response.status, 202)
            self.accepted.append(json.loads(response.read())["id"])
            connection.close()
            self.begin("api")
        self.all_ended()

    def test_killed_while_many_submit_what_it_answered_is_done(self):
        """Those that got no answer may or may not be there; those that got one are, once."""
        key = [skills.new_id() for _ in range(24)]
        answered = threading.Event()

        def submit(i):
            try:
                if i == 12:
                    self.assertTrue(answered.wait(60))
                    self.kill("api")
                    return None
                reply = self.api("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {}},
                                 Idempotency_Key=key[i])
                answered.set()
                return reply
            except (OSError, http.client.HTTPException):
                return None
        replies = loop.at_once(len(key), submit)
        self.begin("api")
        body = {"skill": "probe", "action": "run", "input": {}}
        for i, reply in enumerate(replies):
            again = self.ok(self.api("POST", "/v1/runs", body, wait=60, Idempotency_Key=key[i]))
            if reply is not None and reply.status == 202:
                self.assertEqual(again["id"], reply.json["id"], "the same key is the same run")
            self.accepted.append(again["id"])
        self.all_ended()


class Worker(Case):
    def test_killed_in_the_middle_of_a_run_it_ends_once(self):
        run = self.running(3)
        self.kill("worker")
        self.begin("worker")
        self.all_ended()
        self.assertEqual(self.claims_of(run), 2)
        self.assertIn("job.reclaimed", loop.trail(self.stack, self.schema, [run["id"]])[run["id"]])

    def test_asked_to_stop_it_gives_back_what_cannot_end_in_time(self):
        self.stack.end("worker")
        self.stack.settings["worker"] = {"drain_s": 1}
        self.begin("worker")
        run = self.running(5)
        self.assertEqual(self.stack.end("worker"), 3)
        del self.stack.settings["worker"]
        self.assertIn("job.released", loop.trail(self.stack, self.schema, [run["id"]])[run["id"]])
        self.begin("worker")
        self.all_ended()
        self.assertEqual(self.claims_of(run), 2)
        self.assertEqual(self.run_of(run["id"])["attempt"], 1, "what was given back was no attempt")

    def test_asked_to_stop_it_ends_what_can_end_and_exits_with_0(self):
        run = self.running(1)
        self.assertEqual(self.stack.end("worker"), 0)
        self.begin("worker")
        self.all_ended()
        self.assertEqual(self.run_of(run["id"])["attempt"], 1)


class Sandbox(Case):
    def test_killed_in_the_middle_of_a_run_it_is_tried_again(self):
        run = self.running(3)
        self.kill("sandboxd")
        (self.stack.folder / "sandbox.sock").unlink(missing_ok=True)
        self.begin("sandboxd")
        self.all_ended()
        self.assertGreaterEqual(self.claims_of(run), 2)
        crashes = self.stack.sql(f"select crash_count from {self.schema}.job_outcome where job_id = '{run['id']}'")
        self.assertEqual(crashes, [["1"]], "it counts, so that a script that kills its sandbox ends")

    def test_away_a_run_waits_for_it_and_other_work_goes_on(self):
        self.kill("sandboxd")
        run = self.submit(action="burn", value="patience")
        self.assertEqual(self.ask("order me a pizza with extra cheese")["state"], "abstained")
        self.assertEqual(self.run_of(run["id"])["state"], "queued")

        def codes():
            return {b["code"] for b in self.ok(self.api("GET", f"/v1/runs/{run['id']}/why"))["blockers"]}
        stacks.until(lambda: codes() == {"no_worker"}, 20, "the worker without a sandbox being no worker for it")
        self.assertLessEqual(self.claims_of(run), 1, "it waits in the queue, where it costs nothing")
        (self.stack.folder / "sandbox.sock").unlink(missing_ok=True)
        self.begin("sandboxd")
        self.all_ended()
        self.assertEqual(self.run_of(run["id"])["attempt"], 1, "what could not start was no attempt")


class Redis(Case):
    def redis(self, *words):
        subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", *words], check=True, capture_output=True)

    def test_emptied_in_the_middle_of_everything_nothing_is_lost(self):
        self.running(3)
        for _ in range(5):
            self.submit(what="sleep", seconds=0.2)
        self.redis("flushall")
        for _ in range(5):
            self.submit()
        self.all_ended()

    def test_away_submissions_are_accepted_and_run_when_it_is_back(self):
        self.stack.end("redis")
        for _ in range(3):
            self.submit()
        request = self.ask("order me a pizza with extra cheese", wait=0)
        self.begin("redis")
        self.all_ended()
        self.assertEqual(self.request_of(request["id"], wait=60)["state"], "abstained")

    def test_away_what_is_cancelled_is_gone_a_second_after_the_next_heartbeat(self):
        """A worker that runs something has one every two seconds. Judged by the middle one of five, of which three that agree
        are enough."""
        took, most = [], 3
        while max(late := sum(each > most for each in took), len(took) - late) < 3:
            took.append(self.cancelled_without_redis(f"without-redis-{os.getpid()}-{len(took)}"))
        print(f"cancelled without Redis, the last process was gone after {took} s", file=sys.stderr)
        self.assertLess(late, 3, took)
        self.all_ended("cancelled")

    def cancelled_without_redis(self, marker):
        """The seconds from the cancel to the end of the run's last process."""
        body = {"skill": "ledger", "action": "run", "input": {"value": "cancelled", "child": marker, "seconds": 60}}
        run = self.ok(self.api("POST", "/v1/runs", body), 202)["id"]
        self.accepted.append(run)
        stacks.until(lambda: chaos_after.process_alive(marker), what="the script's child")
        self.stack.end("redis")
        try:
            began = time.monotonic()
            self.ok(self.api("POST", f"/v1/runs/{run}/cancel", {}))
            stacks.until(lambda: not chaos_after.process_alive(marker), 30, "its end")
            return round(time.monotonic() - began, 2)
        finally:
            self.begin("redis")


class Postgres(Case):
    def test_away_it_is_503_and_comes_back_by_itself(self):
        self.stack.end("postgres", signal.SIGINT)
        for method, path, body in (("GET", "/v1/runs", None), ("POST", "/v1/runs", {"skill": "probe", "action": "run"})):
            reply = self.api(method, path, body)
            self.refused(reply, 503, "store_unavailable")
            self.assertGreater(int(reply.headers["Retry-After"]), 0)
        self.assertEqual(self.api("GET", "/livez", token=None).status, 200)
        self.assertEqual(self.api("GET", "/readyz", token=None).status, 503)
        self.begin("postgres")
        stacks.until(lambda: self.api("GET", "/v1/me").status == 200, what="the API's recovery")
        self.submit()
        self.all_ended()

    def test_restarted_in_the_middle_of_a_run_it_ends_once(self):
        run = self.running(3)
        self.stack.end("postgres", signal.SIGINT)
        self.begin("postgres")
        self.all_ended()
        self.assertEqual(self.claims_of(run), 1, "nobody died: it is the same attempt")

    def test_crashed_in_the_middle_of_submissions_what_was_accepted_is_done(self):
        """Several times: sometimes the worker is about to claim, sometimes about to say that a start failed."""
        answered = threading.Event()

        def submit(i):
            if i == 8:
                self.assertTrue(answered.wait(60))
                self.stack.end("postgres", signal.SIGQUIT)
                return None
            reply = self.api("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {}})
            if reply.status == 202:
                answered.set()
            return reply
        for _ in range(5):
            answered.clear()
            replies = [reply for reply in loop.at_once(16, submit) if reply]
            self.begin("postgres")
            self.assertLessEqual({reply.status for reply in replies}, {202, 503, 504})
            self.accepted += [reply.json["id"] for reply in replies if reply.status == 202]
            stacks.until(lambda: self.api("GET", "/v1/me").status == 200, what="the API's recovery")
        self.submit()
        self.all_ended()


class Several(Case):
    def term(self, name):
        """The last term this scheduler took the lead for; 0: never."""
        took = [json.loads(line)["term"] for line in self.stack.log(name).splitlines() if '"leader.took"' in line]
        return max(took, default=0)

    def test_two_of_each_share_and_the_other_leads_when_the_leader_dies(self):
        self.stack.start("scheduler-2")
        self.stack.start("worker-2")
        try:
            for _ in range(10):
                self.submit(what="sleep", seconds=0.3)
            leader, other = sorted(("scheduler", "scheduler-2"), key=self.term, reverse=True)
            term = self.term(leader)
            self.kill(leader)
            body = {"skill": "probe", "action": "run", "input": {}, "delay_ms": 500}
            self.accepted.append(self.ok(self.api("POST", "/v1/runs", body), 202)["id"])
            stacks.until(lambda: self.term(other) > term, what="another leader")
            self.all_ended()
            names = ", ".join(f"'{run}'" for run in self.accepted)
            workers = self.stack.sql(f"select distinct worker from {self.schema}.job_outcome where job_id in ({names})")
            self.assertEqual(len(workers), 2, "both had work")
        finally:
            for name in ("scheduler-2", "worker-2"):
                if name in self.stack.running:
                    self.stack.end(name)


if __name__ == "__main__":
    unittest.main()
