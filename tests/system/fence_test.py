"""A worker that stood still, or was far too slow, for so long that it was taken for dead: it drops what it held,
comes back under a new name and goes on working. What it held is done once, by whoever has it then."""
import json
import os
import pathlib
import signal
import sys
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

NOOP = {
    "README.md": "# Nothing\n\nDoes nothing.\n",
    "main.py": "pass\n",
    "skill.json": json.dumps({"executor": "noop", "idempotent": True, "input": {"type": "object"}}),
}
BATCH = 1000
DEAD_S = 60  # 25 s without a sign of life, and the scheduler's round


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"), settings={"worker": {"noop": "on"}})
    skills.publish(loop.Case.stack, [(loop.TENANT, "noop", NOOP), (loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Fence(loop.Case):
    def setUp(self):
        self.accepted = []
        self.worker = self.stack.running["worker"]

    def tearDown(self):
        self.signal(signal.SIGCONT)

    def signal(self, which):
        self.worker.send_signal(which)

    def submit_noops(self, count):
        for _ in range(count // BATCH):
            answer = self.ok(self.api("POST", "/v1/runs/batch", {"runs": [{"skill": "noop"}] * BATCH}), 202)
            self.accepted += [item["id"] for item in answer["items"]]

    def submit_script(self, seconds):
        run = self.run_probe(wait=0, what="sleep", seconds=seconds)["id"]
        self.accepted.append(run)
        return run

    def lives(self):
        """id and state of each life of the worker's process, the oldest first."""
        return self.stack.sql(f"select id, state from public.worker where pid = {self.worker.pid} order by started_at")

    def held(self, worker):
        return self.count("job_live", f"state = 'running' and worker = '{worker}'")

    def declared_dead(self, worker):
        return any(life == [worker, "dead"] for life in self.lives())

    def comes_back_after(self, life, seconds=30):
        """Under another name."""
        stacks.until(lambda: self.lives()[-1][0] != life and self.lives()[-1][1] == "active", seconds,
                     "a new life of the worker")

    def all_ended(self, seconds):
        """Everything there ever was, once, with one end in its trail and fences that only grew."""
        stacks.until(lambda: self.count("job_live", "state <> 'delayed'") == 0, seconds, "the end of all jobs")
        self.assertEqual(self.count("job_outcome", "state not in ('succeeded', 'cancelled')"), 0)
        schema = self.schema
        missing = f"select id from {schema}.job j where not exists (select from {schema}.job_outcome o where o.job_id = j.id)"
        ends = (f"select subject from {schema}.audit_event where action in ('job.succeeded', 'job.failed', 'job.cancelled', "
                "'job.gave_up') group by 1 having count(*) > 1")
        fences = (f"select subject from (select subject, (detail ->> 'fence')::int as fence, lag((detail ->> 'fence')::int) "
                  f"over (partition by subject order by id) as before from {schema}.audit_event where detail ? 'fence') f "
                  "where fence <= before")
        for what, text in (("has not ended", missing), ("ended twice", ends), ("went back", fences)):
            self.assertEqual(self.stack.sql(text), [], what)
        self.assertEqual(loop.faults(self.stack, schema, self.accepted[-500:]), [])

    def test_stopped_with_jobs_in_hand_it_drops_them_and_comes_back_as_another(self):
        life = self.lives()[-1][0]
        self.submit_noops(3000)
        script = self.submit_script(15)
        stacks.until(lambda: "begun sleep" in self.log_of(script), what="the script's first words")
        self.signal(signal.SIGSTOP)
        self.assertEqual(self.count("job_live", f"job_id = '{script}' and worker = '{life}'"), 1, "in its hand")
        stacks.until(lambda: self.declared_dead(life), DEAD_S, "its being taken for dead")
        stacks.until(lambda: self.held(life) == 0, what="its jobs being taken away")
        self.signal(signal.SIGCONT)
        self.comes_back_after(life)
        self.assertIn("worker.declared_dead", self.stack.log("worker"))
        stacks.until(lambda: "job.stale" in self.stack.log("worker"), what="its late ends being refused")
        self.all_ended(90)

    def test_hardly_moving_it_goes_on_as_soon_as_it_may(self):
        """Silent for longer than it may be (17.5 s) and not yet for dead; then so slow that what it takes has often
        gone back to the queue before it is claimed."""
        script = self.submit_script(5)
        stacks.until(lambda: "begun sleep" in self.log_of(script), what="the script's first words")
        self.submit_noops(4000)
        for stopped_s in (18.5, 2.5, 2.5, 2.5, 4, 2.5, 16, 2.5):
            self.signal(signal.SIGSTOP)
            time.sleep(stopped_s)
            self.signal(signal.SIGCONT)
            time.sleep(0.05)
        self.all_ended(90)
        stacks.until(lambda: self.lives()[-1][1] == "active", what="its living")

    def test_whose_row_is_gone_it_enlists_again(self):
        """As after a restore of the database to a time before its start: nobody would notice its death."""
        life = self.lives()[-1][0]
        script = self.submit_script(30)
        stacks.until(lambda: "begun sleep" in self.log_of(script), what="the script's first words")
        self.stack.sql(f"delete from public.worker where id = '{life}'")
        self.comes_back_after(life)
        self.assertEqual(self.count("job_live", f"job_id = '{script}' and worker = '{life}'"), 0, "it is dropped")
        self.ok(self.api("POST", f"/v1/runs/{script}/cancel", {}))
        self.accepted.remove(script)
        self.submit_noops(1000)
        self.all_ended(60)


if __name__ == "__main__":
    unittest.main()
