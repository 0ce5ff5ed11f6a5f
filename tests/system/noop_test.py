"""Runs that cost little: what is remembered and written together between a POST and its commit must not be
seen, nor by another tenant. The noop executor is on, so that runs end without a sandbox."""
import contextlib
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import concurrent.futures  # noqa: E402
import json  # noqa: E402

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

NOOP = {
    "README.md": "# Nothing\n\nDoes nothing.\n",
    "main.py": "pass\n",
    "skill.json": json.dumps({"executor": "noop", "idempotent": True, "input": {
        "type": "object", "additionalProperties": False,
        "properties": {"word": {"type": "string", "default": "none"}, "sleep_ms": {"type": "integer", "minimum": 0}, "pin": {"type": "string", "x-sensitive": True}}}}),
}


NEIGHBOUR = "Lakeside Books"
FLOOD = 20


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "egress", "worker"), settings={"worker": {"noop": "on"}})
    skills.publish(loop.Case.stack, [(loop.TENANT, "noop", NOOP), (loop.TENANT, "other", NOOP), (NEIGHBOUR, "noop", NOOP)])


def tearDownModule():
    loop.Case.stack.stop()


class Noop(loop.Case):
    @property
    def schema(self):
        return self.stack.tenants[loop.TENANT]["schema"]

    def run_noop(self, token="oscar", wait=None, skill="noop", **body):
        return self.api("POST", "/v1/runs", {"skill": skill, **body}, token, wait)

    def rows(self, table, ids, column="id"):
        names = ", ".join(f"'{one}'" for one in ids)
        return int(self.stack.sql(f"select count(*) from {self.schema}.{table} where {column} in ({names})")[0][0])

    def assert_each_ended_once(self, ids):
        stacks.until(lambda: self.rows("job_outcome", ids, "job_id") == len(ids), what="every run's end")
        self.assertEqual(self.rows("job_live", ids, "job_id"), 0)
        for action in ("job.accepted", "job.claimed", "job.succeeded"):
            found = self.stack.sql(
                f"select count(distinct subject), count(*) from {self.schema}.audit_event "
                f"where action = '{action}' and subject in ({', '.join(repr(one) for one in ids)})")[0]
            self.assertEqual([int(n) for n in found], [len(ids)] * 2, action)

    def test_the_answer_is_what_is_stored(self):
        self.stack.end("worker")
        try:
            run = self.ok(self.run_noop(input={"word": "x", "pin": "never shown"}), 202)
            self.assertEqual(run, self.run_of(run["id"]))
            self.assertNotIn("never shown", json.dumps(run))
        finally:
            self.stack.start("worker")
        self.assertEqual(self.run_of(run["id"], wait=20)["state"], "succeeded")

    def test_before_it_is_planned_a_run_without_an_action_has_none(self):
        """The contract says so, too: every answer here is held against it."""
        self.stack.end("worker")
        try:
            run = self.ok(self.run_noop(mode="plan"), 202)
            self.assertIsNone(run["action"])
        finally:
            self.stack.start("worker")
        stacks.until(lambda: self.run_of(run["id"])["action"] == "run", what="its plan")

    def test_one_that_sleeps_holds_its_slot_for_so_long_and_others_end_meanwhile(self):
        slow = self.ok(self.run_noop(input={"sleep_ms": 1500}), 202)["id"]
        quick = self.ok(self.run_noop(), 202)["id"]
        self.assert_each_ended_once([slow, quick])
        rows = self.stack.sql(f"select job_id, extract(epoch from ended_at - started_at) from {self.schema}.job_outcome "
                              f"where job_id in ('{slow}', '{quick}') order by ended_at")
        self.assertEqual([job for job, _ in rows], [quick, slow])
        self.assertGreaterEqual(float(rows[1][1]), 1.5)

    def test_many_at_once_each_end_once_with_their_audit(self):
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            replies = list(pool.map(lambda _: self.run_noop(), range(300)))
        self.assert_each_ended_once([self.ok(reply, 202)["id"] for reply in replies])

    @contextlib.contextmanager
    def locked(self, job):
        """Nobody claims it meanwhile."""
        words = [stacks.postgres_program("psql"), "-XqAt", "-h", self.stack.folder / "postgres", "-U", "postgres", "-d", "execgov"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as session:
            session.stdin.write(f"begin; select 'locked' from {self.schema}.job_live where job_id = '{job}' for update;\n".encode())
            session.stdin.flush()
            self.assertEqual(session.stdout.readline(), b"locked\n")
            try:
                yield
            finally:
                session.stdin.close()

    def ended_beside_a_claim_that_waits(self):
        """Did a neighbour's run end before the claim of the flood it was taken with had an answer? That has to wait for a lock,
        and is refused after ten seconds. They log in as different roles, so that neither waits for the other's connection."""
        theirs = self.stack.tenants[NEIGHBOUR]["schema"]
        self.stack.end("worker")
        flood = [item["id"] for item in self.ok(self.api("POST", "/v1/runs/batch", {"runs": [{"skill": "noop"}] * FLOOD}), 202)["items"]]
        beside = self.ok(self.run_noop("lin"), 202)["id"]
        said = len(self.stack.log("worker"))
        with self.locked(flood[0]):
            self.stack.start("worker")
            ended = stacks.until(lambda: self.stack.sql(f"select ended_at from {theirs}.job_outcome where job_id = '{beside}'"),
                                 what="the neighbour's end")[0][0]
            refused = [line for line in self.stack.log("worker")[said:].splitlines() if '"claim.failed"' in line]
        stacks.until(lambda: self.rows("job_outcome", flood, "job_id") == FLOOD, what="the flood's end")
        return not refused or self.stack.sql(
            f"select timestamptz '{ended}' < timestamptz '{json.loads(refused[0])['time']}'") == [["t"]]

    def test_nobodys_run_waits_for_the_claim_of_anothers(self):
        """On a machine so busy that ten seconds did not do it is tried again."""
        self.assertEqual(*self.stack.sql("select count(distinct stripe), count(*) from public.tenant")[0])
        self.assertTrue(any(self.ended_beside_a_claim_that_waits() for _ in range(3)))

    def test_a_key_makes_one_run_also_among_others(self):
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            replies = list(pool.map(
                lambda i: self.api("POST", "/v1/runs", {"skill": "noop"}, Idempotency_Key=f"same-{i % 4}"), range(64)))
        self.assertEqual({reply.status for reply in replies}, {202}, "a repeat gets the first answer")
        ids = [reply.json["id"] for reply in replies]
        self.assertEqual(len(set(ids)), 4)
        self.assert_each_ended_once(sorted(set(ids)))

    def test_a_skill_that_was_switched_off_does_not_run(self):
        self.ok(self.run_noop(skill="other"), 202)
        # Behind the API's back, as another process would do it.
        self.stack.sql(f"update {self.schema}.skill set enabled = false where name = 'other'")
        try:
            self.refused(self.run_noop(skill="other"), 409, "skill_disabled")
            items = self.ok(self.api("POST", "/v1/runs/batch", {"runs": [
                {"skill": "other"}, {"skill": "noop"}]}), 202)["items"]
            self.assertEqual([item.get("error", {}).get("code") for item in items], ["skill_disabled", None])
        finally:
            self.stack.sql(f"update {self.schema}.skill set enabled = true where name = 'other'")
        self.ok(self.run_noop(skill="other"), 202)

    def test_a_revoked_token_stops_at_once(self):
        made = self.ok(self.api("POST", "/v1/tokens", {"name": "short", "scopes": ["runs:write"]}), 201)
        self.ok(self.run_noop(token=made["token"]), 202)
        self.assertEqual(self.api("DELETE", f"/v1/tokens/{made['id']}").status, 204)
        self.refused(self.run_noop(token=made["token"]), 401, "unauthenticated")

    def test_a_token_revoked_elsewhere_stops_within_seconds(self):
        made = self.ok(self.api("POST", "/v1/tokens", {"name": "far", "scopes": ["runs:write"]}), 201)
        self.ok(self.run_noop(token=made["token"]), 202)
        self.stack.sql(f"update public.api_token set revoked_at = now() where id = '{made['id']}'")
        stacks.until(lambda: self.run_noop(token=made["token"]).status == 401, 5, "the token's end")

    def test_a_thousand_in_one_call(self):
        runs = [{"skill": "noop"}] * 1000
        runs[7] = {"skill": "nothing"}
        runs[8] = {"skill": "noop", "input": {"word": 5}}
        items = self.ok(self.api("POST", "/v1/runs/batch", {"runs": runs}, Idempotency_Key="thousand"), 202)["items"]
        self.assertEqual([i for i, item in enumerate(items) if "error" in item], [7, 8])
        self.assertEqual(items[8]["error"]["errors"][0]["path"], "/input/word")
        ids = [item["id"] for item in items if "id" in item]
        accepted = self.stack.sql(f"select count(distinct created_at) from {self.schema}.job where id in "
                                  f"({', '.join(repr(one) for one in ids)})")[0][0]
        self.assertEqual(accepted, "1", "not one transaction")
        again = self.ok(self.api("POST", "/v1/runs/batch", {"runs": runs}, Idempotency_Key="thousand"), 202)
        self.assertEqual(again["items"], items)
        self.assert_each_ended_once(ids)

    def test_each_of_many_in_one_call_is_stored_as_if_it_came_alone(self):
        """The first of a skill is planned, those like it follow it: nothing of one may be seen in another."""
        bodies = [{}, {"input": {"word": "a"}}, {"input": {"word": "quote \" and \\"}}, {"input": {"pin": "sealed"}},
                  {"class": "bulk"}, {"concurrency_key": "k"}, {"timezone": "Europe/Berlin"}, {"version": 1},
                  {"action": "run", "input": {}}, {"skill": "other", "input": {"word": "b"}}, {"input": {"word": "a"}}]
        bodies = [{"skill": "noop", **body} for body in bodies]
        self.stack.end("worker")
        try:
            alone = [self.ok(self.api("POST", "/v1/runs", body, "oscar"), 202)["id"] for body in bodies]
            items = self.ok(self.api("POST", "/v1/runs/batch", {"runs": bodies * 3}, "oscar"), 202)["items"]
            stored = {row[0]: row[1:] for row in self.stack.sql(
                "select id, lane, class, risk, max_attempts, timeout_ms, created_by, "
                "payload #- '{input,pin}' #- '{language}', payload #> '{input,pin}' is not null, "
                f"case when payload #> '{{input,pin}}' is null then plan_digest end from {self.schema}.job")}
        finally:
            self.stack.start("worker")
        for at, item in enumerate(items):
            self.assertEqual(stored[item["id"]], stored[alone[at % len(bodies)]], bodies[at % len(bodies)])
        pins = {stored[item["id"]][-2] for item in items[3::len(bodies)]}
        self.assertEqual(pins, {"t"}, "the sealed value is there")
        self.assert_each_ended_once([item["id"] for item in items])

    def test_of_many_what_needs_a_person_waits_for_one(self):
        """A rule of the tenant may ask for it by skill; what is like it does not slip through."""
        self.stack.sql(f"insert into {self.schema}.setting (key, value) values ('confirmation', "
                       """'{"rules": [{"name": "other", "when": {"skill": "other"}, "required": true}]}')""")
        try:
            items = self.ok(self.api("POST", "/v1/runs/batch", {
                "runs": [{"skill": "noop"}, {"skill": "other"}] * 20}, "oscar"), 202)["items"]
            self.assert_each_ended_once([item["id"] for item in items[0::2]])
            for item in items[1::2]:
                self.assertEqual(self.request_of(item["request_id"], wait=20)["state"], "awaiting_confirmation")
        finally:
            self.stack.sql(f"delete from {self.schema}.setting where key = 'confirmation'")


if __name__ == "__main__":
    unittest.main()
