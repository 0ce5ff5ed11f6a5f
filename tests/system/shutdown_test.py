"""What a shutdown does to the work and the people of a tenant, row by row of the table in docs/finance.md, and coming back."""
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


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "sandboxd", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Shutdown(loop.Case):
    @property
    def tenant(self):
        return self.stack.tenants[loop.TENANT]["id"]

    def shut(self):
        """As the scan's statement does it; the scan itself is in money_test.py."""
        self.stack.sql(f"select tenant_block_set('{self.tenant}', 'billing', 3::smallint, 'subscription_expired', null, null)")
        self.addCleanup(self.pay)
        # what the API remembers of a session is a few seconds old at most
        stacks.until(lambda: self.api("POST", "/v1/runs", {"skill": "probe"}).status == 403, what="the shutdown being known")

    def pay(self):
        """What a payment releases, in its transaction."""
        self.stack.sql(f"select tenant_block_release('{self.tenant}', 'billing', null, null)")
        stacks.until(lambda: self.api("POST", "/v1/runs", {"skill": "nothing-here"}).status == 404, what="the payment being known")

    def later(self, by):
        self.stack.sql(f"update tenant_block set from_at = from_at - interval '{by}' where tenant_id = '{self.tenant}' and released_at is null")
        self.look()

    def look(self):
        """The visit that the clock would bring (every tenant has one in 15 minutes)."""
        self.stack.sql(f"insert into mark (tenant_id, minute) values ('{self.tenant}', date_trunc('minute', now(), 'UTC') - interval '1 minute') "
                       "on conflict do nothing")

    def begun(self, run):
        self.until_state(run["id"], "running")
        return run

    def outcome(self, run):
        return self.stack.sql(f"select state, code, error ->> 'code' from {self.schema}.job_outcome where job_id = '{run['id']}'")

    def test_new_work_is_refused_with_the_reason_and_the_way_back(self):
        run = self.run_probe(value="before")
        upload = self.upload("before.txt", b"kept")
        token = self.ok(self.api("POST", "/v1/tokens", {"name": "agent", "scopes": ["runs:read", "runs:write"]}, "oscar"), 201)["token"]
        self.shut()
        for method, path, body in (("POST", "/v1/runs", {"skill": "probe"}), ("POST", "/v1/requests", {"text": "probe"}),
                                   ("POST", "/v1/runs/batch", {"runs": [{"skill": "probe"}]}),
                                   ("POST", "/v1/schedules", {"name": "n", "cron": "0 3 * * *", "skill": "probe"}),
                                   ("POST", f"/v1/runs/{run['id']}/cancel", {}), ("PATCH", "/v1/settings", {"confirm_people": 1})):
            for who in ("oscar", token):
                with self.subTest((path, who)):
                    problem = self.refused(self.api(method, path, body, who), 403, "tenant_suspended")
                    self.assertEqual(problem["errors"][0]["code"], "subscription_expired")
                    self.assertIn("/v1/subscription", problem["detail"])
        # reading, downloading, logging in and paying go on, with a session and with a key
        for who in ("oscar", token):
            self.assertEqual(self.run_of(run["id"], token=who)["result"]["value"], "before")
        self.assertEqual(self.api("GET", f"/v1/files/{upload}").body, b"kept")
        self.ok(self.stack.api("POST", "/v1/login", {"email": "oscar@people.example", "password": self.stack.passwords["oscar"]}))
        self.ok(self.api("GET", "/v1/subscription", token="olivia"))
        self.ok(self.api("POST", "/v1/orders", {"edition": "team-monthly"}, "olivia"), 201)

    def test_the_command_line_says_the_same_in_both_languages(self):
        self.shut()
        for language, word in (("en_US.UTF-8", "subscription ended"), ("zh_CN.UTF-8", "订阅")):
            done = subprocess.run([stacks.BUILD / "bin/execgov", "run", "probe"], capture_output=True, timeout=60, check=False,
                                  env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                                       "EXECGOV_TOKEN": self.stack.tokens["oscar"], "LANG": language, "LC_ALL": language,
                                       "EXECGOV_CONFIG_DIR": str(self.stack.folder / "cli")})
            self.assertEqual(done.returncode, 4, done)
            self.assertIn(word, done.stderr.decode())
            self.assertIn("tenant_suspended", done.stderr.decode())

    def test_what_waits_is_held_and_goes_on_in_its_order(self):
        busy = [self.begun(self.run_probe(what="sleep", seconds=8, wait=0)) for _ in range(stacks.SLOTS)]
        waiting = [self.run_probe(value=str(n), wait=0) for n in range(4)]
        self.shut()
        for run in busy:  # what runs has its time, and keeps its result
            self.assertEqual(self.until_state(run["id"], "succeeded")["result"]["what"], "sleep")
        self.assertEqual({self.run_of(run["id"])["state"] for run in waiting}, {"held"})
        # nothing left to look after: the scheduler does not come by each second
        stacks.until(lambda: self.stack.sql(f"select count(*) from mark where tenant_id = '{self.tenant}' and minute < date_trunc('minute', now(), "
                                            "'UTC')") == [["0"]], 90, "the tenant being left alone")
        self.assertEqual({self.run_of(run["id"])["state"] for run in waiting}, {"held"})
        self.pay()
        for run in waiting:
            self.until_state(run["id"], "succeeded")
        started = self.stack.sql(f"select job_id from {self.schema}.job_outcome where job_id in "
                                 f"({', '.join(repr(run['id']) for run in waiting)}) order by started_at")
        self.assertEqual({row[0] for row in started[:2]}, {run["id"] for run in waiting[:2]})

    def test_what_waited_for_three_days_is_cancelled_and_says_why(self):
        busy = [self.begun(self.run_probe(what="sleep", seconds=8, wait=0)) for _ in range(stacks.SLOTS)]
        waiting = self.run_probe(wait=0)
        self.shut()
        self.later("71 hours")
        for run in busy:
            self.until_state(run["id"], "succeeded", "cancelled")
        self.assertEqual(self.run_of(waiting["id"])["state"], "held")
        self.later("1 hour")
        ended = self.until_state(waiting["id"], "cancelled")
        self.assertEqual((ended["error"]["code"], self.outcome(waiting)), ("tenant_suspended", [["cancelled", "tenant_suspended", "tenant_suspended"]]))
        self.assertIn("longer than work is kept", ended["error"]["message"])
        self.assertEqual(self.stack.sql(f"select actor_kind from {self.schema}.audit_event where action = 'job.cancelled' and subject = "
                                        f"'{waiting['id']}' and detail ->> 'why' = 'tenant_suspended'"), [["system"]])
        self.pay()
        self.until_state(self.run_probe(wait=0)["id"], "succeeded")
        self.assertEqual(self.run_of(waiting["id"])["state"], "cancelled", "it has ended once")

    def test_what_runs_is_cancelled_after_half_an_hour(self):
        run = self.begun(self.run_probe(what="sleep", seconds=100, wait=0))
        self.shut()
        self.later("29 minutes")
        self.assertEqual(self.run_of(run["id"])["state"], "running")
        began = time.monotonic()
        self.later("1 minute")
        ended = self.until_state(run["id"], "cancelled")
        self.assertLess(time.monotonic() - began, 45)
        self.assertEqual(self.outcome(run), [["cancelled", "tenant_suspended", "tenant_suspended"]])
        self.assertIn("while it ran", ended["error"]["message"])
        self.assertIn("begun sleep", "".join(line["text"] for line in self.ok(self.api("GET", f"/v1/runs/{run['id']}/log"))["items"]))

    def test_an_administrator_who_suspends_ends_nothing(self):
        run = self.begun(self.run_probe(what="sleep", seconds=8, wait=0))
        self.ok(self.api("POST", f"/v1/platform/tenants/{self.tenant}/suspend", {"comment": "a look"}, "pat"))
        self.addCleanup(lambda: self.api("POST", f"/v1/platform/tenants/{self.tenant}/resume", {}, "pat"))
        self.later("100 hours")
        self.assertEqual(self.until_state(run["id"], "succeeded")["result"]["what"], "sleep")

    def test_a_confirmation_is_frozen_and_ends_by_its_own_clock(self):
        run = self.run_probe("danger")
        digest = run["plan"]["digest"]
        self.shut()
        self.refused(self.api("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": digest}, "arun"), 403, "tenant_suspended")
        self.assertEqual(self.run_of(run["id"])["state"], "awaiting_confirmation")
        self.stack.sql(f"update {self.schema}.confirmation set expires_at = now() where request_id = '{run['request_id']}'")
        self.look()
        self.until_state(run["id"], "expired")
        self.pay()
        self.refused(self.api("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": digest}, "arun"), 410, "expired")


if __name__ == "__main__":
    unittest.main()
