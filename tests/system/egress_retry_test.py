"""A call that may be repeated and cannot be made now waits in the queue, where it holds no slot: until the resource's
Retry-After, or until its rate lets it."""
import json
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import skills  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from partner import Partner  # noqa: E402
from stack import Stack  # noqa: E402

CALLER = {
    "README.md": "# Caller\n\nIs one call.\n",
    "main.py": "pass\n",
    "skill.json": json.dumps({"name": "caller", "actions": [
        {"name": "look", "executor": "http", "call": "partner.orders_get", "idempotent": True, "timeout_s": 60,
         "input": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}}]}),
}


def setUpModule():
    Later.stack = Case.stack = Stack(processes=("api", "scheduler", "egress", "worker"))
    Later.partner = Partner(Case.stack)
    skills.publish(Case.stack, [(TENANT, "caller", CALLER)])


def tearDownModule():
    Case.stack.stop()


class Later(Case):
    stack = partner = None

    def look(self, order, wait=0):
        return self.ok(self.api("POST", "/v1/runs", {"skill": "caller", "action": "look", "input": {"id": order}},
                                wait=wait), 200 if wait else 202)

    def given_back(self, runs):
        names = ", ".join(f"'{run['id']}'" for run in runs)
        return [(action, json.loads(detail)) for action, detail in self.stack.sql(
            f"select action, detail from {self.schema}.audit_event where subject in ({names}) and action in "
            "('job.released', 'job.retry') order by id")]

    def test_a_partner_that_says_when_is_asked_then(self):
        run = self.look(503)
        ended = self.until_state(run["id"], "succeeded", "failed")
        self.assertEqual((ended["state"], ended["attempt"], ended["result"]["body"]), ("succeeded", 2, {"busy": False}), ended)
        [(how, detail)] = self.given_back([run])
        self.assertEqual((how, detail["code"]), ("job.retry", "resource_unavailable"))
        self.assertGreaterEqual(detail["delay_ms"], 12000)

    def test_beyond_the_rate_a_call_goes_back_at_no_cost(self):
        self.partner.change(rate_per_minute=20)  # two in a row, then one in three seconds
        try:
            runs = [self.look(1) for _ in range(6)]
            for run in runs:
                ended = self.until_state(run["id"], "succeeded", "failed")
                self.assertEqual((ended["state"], ended["attempt"]), ("succeeded", 1), ended)
        finally:
            self.partner.change(rate_per_minute=600)
        self.assertEqual({(how, detail["code"]) for how, detail in self.given_back(runs)}, {("job.released", "rate_limited")})


if __name__ == "__main__":
    unittest.main()
