"""Warm starts through the whole loop: asked for, made while a person thinks, and shown in the run."""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

ASKS_MAX = 60


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "sandboxd", "worker"), stacks.PEOPLE)
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Warm(loop.Case):
    def warm(self, token="oscar", skill="probe"):
        return self.api("POST", f"/v1/skills/{skill}/warm", {}, token)

    def interpreter_ready(self):
        program, socket = stacks.BUILD / "bin/execgov-sandboxd", self.stack.folder / "sandbox.sock"

        def ready():
            told = subprocess.run([program, "--doctor", "--json", "--socket", socket], capture_output=True)
            return json.loads(told.stdout)["warm"]["ready"] > 0
        stacks.until(ready, 20)

    def start_of_next(self, within_s=20):
        """Runs until one starts warm: the interpreter is made beside the first of them."""
        until = time.time() + within_s
        while time.time() < until:
            run = self.run_probe()
            self.assertEqual(run["state"], "succeeded", run)
            if run["start"] == "warm":
                break
        return run["start"]

    def test_a_run_says_how_it_started_and_warm_ones_come_after_asking(self):
        self.assertEqual(self.ok(self.warm(), 202), {"asked": True})
        self.assertEqual(self.ok(self.warm(), 202), {"asked": True})
        self.assertEqual(self.start_of_next(), "warm")

    def test_a_run_that_waited_for_a_person_starts_warm(self):
        run = self.run_probe("danger")
        self.assertEqual(run["state"], "awaiting_confirmation", run)
        self.assertIsNone(run["start"])
        self.interpreter_ready()  # a person reads the plan
        self.ok(self.api("POST", f"/v1/requests/{run['request_id']}/confirm",
                         {"digest": run["plan"]["digest"]}, "arun", 30))
        self.assertEqual(self.run_of(run["id"], wait=30)["start"], "warm")

    def test_only_who_may_run_it_may_ask(self):
        self.refused(self.warm("vera"), 403, "forbidden")
        self.refused(self.warm(skill="nonesuch"), 404, "not_found")

    def test_z_asking_is_bounded(self):
        for _ in range(4 * ASKS_MAX):  # it refills by one a second meanwhile
            reply = self.warm()
            if reply.status == 429:
                break
        self.refused(reply, 429, "rate_limited")
        self.assertGreater(int(reply.headers["Retry-After"]), 0)


if __name__ == "__main__":
    unittest.main()
