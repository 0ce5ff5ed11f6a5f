"""What the database does to the rows of one run: it refuses its log, for good or for a while, or does not answer while
the run reads what it is about. The run ends once, says what happened, or goes on as if nothing had been."""
import contextlib
import json
import os
import pathlib
import subprocess
import sys
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


if __name__ == "__main__":
    unittest.main()
