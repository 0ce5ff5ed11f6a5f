"""What the database does to the rows of one run: it refuses its log, for good or for a while, or does not answer while
the run reads what it is about, or lets it be claimed and cancelled before its worker knows. The run ends once, says what
happened, or goes on as if nothing had been."""
import contextlib
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

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

SCRIPT = """import json, sys, time
print("first")
time.sleep(json.load(sys.stdin)["seconds"])
print(json.dumps({"said": "last"}))
"""
SKILL = {"main.py": SCRIPT, "README.md": "# Speaks\n\nSays two lines.\n", "skill.json": json.dumps({
    "name": "speaks", "description": "Says two lines.", "actions": [{"name": "run", "input": {
        "type": "object", "properties": {"seconds": {"type": "number", "default": 0}}}}]})}
CANCEL_S = 1.0
STAGED_S = 0.8  # after a heartbeat; the next comes after two seconds, and a try that took longer says nothing
TRIES = 3
SLOW_S = 1  # the log is written every 150 ms: its first line goes alone, while the script runs
WHOLE = 'first\n{"said": "last"}\n'


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "speaks", SKILL)])


def tearDownModule():
    loop.Case.stack.stop()


class RunFaults(loop.Case):
    def speak(self, seconds, wait):
        return self.ok(self.api("POST", "/v1/runs", {"skill": "speaks", "input": {"seconds": seconds}}, wait=wait),
                       200 if wait else 202)

    def said(self, event):
        """How often the worker logged it."""
        return self.stack.log("worker").count(f'"event":"{event}"')

    def until_said(self, event, before):
        stacks.until(lambda: self.said(event) > before, what=event)

    @contextlib.contextmanager
    def log_refused(self):
        """Inside, no row enters the tenant's run_log, for a reason that no waiting mends."""
        table = f"{self.schema}.run_log"
        self.stack.sql("create or replace function public.test_refuse() returns trigger language plpgsql as "
                       "$$begin raise exception 'the log is refused' using errcode = '23514'; end$$")
        self.stack.sql(f"create trigger test_refuse before insert on {table} for each row "
                       "execute function public.test_refuse()")
        try:
            yield
        finally:
            self.stack.sql(f"drop trigger if exists test_refuse on {table}")

    def assert_ended_once(self, run):
        self.assertEqual(self.count("job_outcome", f"job_id = '{run}'"), 1)
        self.assertEqual(self.count("job_live", f"job_id = '{run}'"), 0)

    def assert_lost(self, seconds):
        before = self.said("run_log.lost")
        with self.log_refused():
            run = self.speak(seconds, wait=60)
        self.assertEqual((run["state"], run["error"]["code"], run["result"]), ("failed", "log_lost", None), run)
        self.assertGreater(self.said("run_log.lost"), before)
        self.assert_ended_once(run["id"])
        after = self.speak(0, wait=30)
        self.assertEqual((after["state"], self.log_of(after["id"])), ("succeeded", WHOLE))

    def test_a_log_that_is_refused_for_ever_ends_its_run(self):
        self.assert_lost(0)

    def test_a_log_that_is_refused_while_the_script_runs_ends_its_run(self):
        self.assert_lost(SLOW_S)

    def test_a_log_that_was_refused_for_a_while_is_whole(self):
        for seconds in (0, SLOW_S):
            before = self.said("run_log.retry")
            with self.log_refused():
                run = self.speak(seconds, wait=0)
                self.until_said("run_log.retry", before)
            run = self.until_state(run["id"], *loop.ENDED)
            self.assertEqual((run["state"], run["result"]), ("succeeded", {"said": "last"}), run)
            self.assertEqual(self.log_of(run["id"]), WHOLE)
            self.assert_ended_once(run["id"])

    def test_a_run_that_could_not_read_what_it_is_about_is_tried_again_and_burns_no_attempt(self):
        """Of what it reads, the API reads all but the number of its last line of output."""
        before = self.said("job.retry")
        with subprocess.Popen([self.stack.program("psql"), "-Xq", "-h", self.stack.folder / "postgres", "-U", "postgres",
                               "-d", "execgov"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as psql:
            psql.stdin.write(f"begin; lock table {self.schema}.run_log;\n".encode())
            psql.stdin.flush()
            stacks.until(lambda: self.stack.sql(
                "select 1 from pg_locks where mode = 'AccessExclusiveLock' and granted and "
                f"relation = '{self.schema}.run_log'::regclass"), what="the lock")
            run = self.speak(0, wait=0)
            self.until_said("job.retry", before)
            psql.stdin.write(b"rollback;\n")
            psql.stdin.close()
        run = self.until_state(run["id"], *loop.ENDED)
        self.assertEqual((run["state"], run["attempt"]), ("succeeded", 1), run)
        self.assert_ended_once(run["id"])

    @contextlib.contextmanager
    def frozen(self):
        """Inside, the worker does nothing."""
        worker = self.stack.running["worker"].pid
        os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(worker, signal.SIGCONT)

    @contextlib.contextmanager
    def locked(self, run):
        """Inside, nobody can claim it: whoever tries waits, and whoever tries to cancel it then waits behind. Gives what
        ends that."""
        with subprocess.Popen([self.stack.program("psql"), "-Xq", "-h", self.stack.folder / "postgres", "-U", "postgres",
                               "-d", "execgov"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as psql:
            row = f"from {self.schema}.job_live where job_id = '{run}' for update"
            psql.stdin.write(f"begin; select 1 {row};\n".encode())
            psql.stdin.flush()
            try:
                stacks.until(lambda: not self.stack.sql(f"select 1 {row} skip locked"), what="the lock")
                yield psql.stdin.close
            finally:
                psql.stdin.close()

    def beaten(self):
        return self.stack.sql("select max(heartbeat_at) from public.worker")[0][0]

    def cancelled_while_claimed(self):
        """A run whose claim is committed, and which is cancelled, before its worker reads the answer: how long that worker
        then took to kill it. None: the machine was so slow that it says nothing."""
        self.speak(0, wait=30)  # for five seconds from now on it beats every two, and not when it begins something
        last = self.beaten()
        stacks.until(lambda: self.beaten() != last, what="a heartbeat")
        began = time.monotonic()
        with contextlib.ExitStack() as lock:
            with self.frozen():
                run = self.speak(60, wait=0)["id"]
                unlock = lock.enter_context(self.locked(run))
            stacks.until(lambda: self.stack.sql("select 1 from pg_stat_activity where wait_event_type = 'Lock' and "
                                                "application_name = 'execgov-worker'"), 20, "a claim that waits")
            with self.frozen():
                unlock()
                asking = threading.Thread(target=self.api, args=("POST", f"/v1/runs/{run}/cancel"))  # it waits for the end
                asking.start()
                stacks.until(lambda: self.count("job_live", f"job_id = '{run}' and cancel_requested") or
                             self.count("job_outcome", f"job_id = '{run}'"), what="its mark")
                woken = time.time()
            staged_s = time.monotonic() - began
            asking.join()
        self.assertEqual(self.until_state(run, *loop.ENDED)["state"], "cancelled")
        self.assert_ended_once(run)
        seconds, = self.stack.sql(f"select extract(epoch from ended_at) - {woken} from {self.schema}.job_outcome "
                                  f"where job_id = '{run}'")
        return float(seconds[0]) if staged_s < STAGED_S else None

    def test_a_cancel_between_a_claim_and_its_answer_is_heard_at_once(self):
        """A busy machine may spoil a try, in that it comes too late to say anything; where it spoils all, that is said."""
        late = []
        for _ in range(TRIES):
            took = self.cancelled_while_claimed()
            if took is not None and took < CANCEL_S:
                return
            late += [took] if took is not None else []
        if not late:
            self.skipTest("the machine was too busy for a try to be judged")
        self.assertEqual(late, [], "it waits for the next heartbeat")


if __name__ == "__main__":
    unittest.main()
