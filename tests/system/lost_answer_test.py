"""A statement is committed and its answer never comes: what a worker does that cannot know."""
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import fault_proxy  # noqa: E402
import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402


def setUpModule():
    """The worker alone is behind the proxy: no answer but its own can be lost."""
    stack = stacks.Stack(("api", "scheduler", "sandboxd"))
    Case.stack = loop.Case.stack = stack
    Case.proxy = fault_proxy.FaultProxy(str(stack.folder / "postgres/.s.PGSQL.5432"))
    stack.settings["worker"] = {"pg": f"hostaddr=127.0.0.1 port={Case.proxy.port} dbname=execgov"}
    stack.start("worker")
    skills.publish(stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    Case.stack.stop()
    Case.proxy.stop()


class Case(loop.Case):
    def setUp(self):
        self.before = self.proxy.swallowed

    def lose(self, job):
        """The next answer that tells the worker of this job."""
        self.proxy.swallow(1, job.encode())

    def lost(self):
        return self.proxy.swallowed - self.before

    def ended(self, job):
        return self.stack.sql(f"select state, attempt, crash_count from {self.schema}.job_outcome where job_id = '{job}'")

    def whys(self, job):
        return [row[0] for row in self.stack.sql(
            f"select detail ->> 'why' from {self.schema}.audit_event where subject = '{job}' and action = 'job.released'")]

    def slots(self):
        out = self.stack.call(["redis-cli", "-s", self.stack.folder / "redis.sock", "eval",
                               "local n = 0 for _, k in ipairs(redis.call('keys', '{s00}:live:*')) do "
                               "n = n + redis.call('hlen', k) end return n", 0])
        return int(out)


class Claim(Case):
    def test_is_undone_costs_no_attempt_and_the_run_ends_once(self):
        body = {"skill": "probe", "action": "run", "input": {"value": "lost"}, "delay_ms": 2000}
        run = self.ok(self.api("POST", "/v1/runs", body), 202)["id"]
        self.lose(run)
        stacks.until(lambda: self.ended(run), 90, "its end")
        self.assertEqual(self.lost(), 1)
        self.assertEqual(self.whys(run), ["claim_lost"])
        self.assertEqual(loop.trail(self.stack, self.schema, [run])[run],
                         ["job.accepted", "job.due", "job.claimed", "job.released", "job.claimed", "job.succeeded"])
        self.assertEqual(self.ended(run), [["succeeded", "1", "0"]])
        self.assertEqual(loop.faults(self.stack, self.schema, [run]), [])
        self.assertEqual(self.run_of(run)["result"]["value"], "lost")
        stacks.until(lambda: self.slots() == 0, 60, "no slot's being held")


if __name__ == "__main__":
    unittest.main()
