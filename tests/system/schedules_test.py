"""Schedules through the real programs: made, shown, refused, fired by the clock and by hand, asked for ahead, taken
over when their owner leaves, imported from a crontab."""
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402
from stack import until  # noqa: E402

SECONDS = 150  # a slot every minute, twenty seconds until an idle scheduler looks, and a busy machine
MONTH = {"$fire": "-1 month", "format": "%Y-%m"}


def setUpModule():
    stack = stacks.Stack(("api", "scheduler", "scheduler-2", "worker"))
    loop.Case.stack = stack
    skills.publish(stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    numbers = iter(range(1000))

    def make(self, token="oscar", status=201, **given):
        body = {"name": f"schedule {next(self.numbers)}", "cron": "0 9 * * mon-fri", "skill": "probe",
                "input": {"value": MONTH}, **given}
        return self.ok(self.api("POST", "/v1/schedules", body, token), status)

    def get(self, schedule, token="oscar"):
        return self.ok(self.api("GET", f"/v1/schedules/{schedule['id']}", token=token))

    def patch(self, schedule, token="oscar", **change):
        return self.api("PATCH", f"/v1/schedules/{schedule['id']}", change, token)

    def firings(self, schedule, token="vera"):
        return self.ok(self.api("GET", f"/v1/schedules/{schedule['id']}/firings", token=token))["items"]

    def come_due(self, schedule):
        """Its slot was a minute ago."""
        self.stack.sql(f"update {self.schema}.schedule set next_at = date_trunc('minute', now()) - interval '1 minute', "
                       f"due_at = now(), cron = '* * * * *' where id = '{schedule['id']}'")
        self.stack.sql(f"insert into public.mark select id, date_trunc('minute', now()) from public.tenant "
                       f"where schema = '{self.schema}' on conflict do nothing")

    def until_firing(self, schedule, *states):
        def look():
            return next((f for f in self.firings(schedule) if f["state"] in states), None)
        return until(look, SECONDS, f"a firing that is {' or '.join(states)}")


class Clock(Case):
    def test_low_risk_fires_by_the_clock_and_high_risk_when_it_was_confirmed_ahead(self):
        low = self.make(cron="* * * * *", timezone="Asia/Tokyo")
        high = self.make(cron="* * * * *", action="danger", input={"value": MONTH}, lead_s=60)
        self.assertTrue(high["needs_confirmation"])
        asked = self.until_firing(high, "asked")
        request = until(lambda: self.waiting(asked["request_id"]), SECONDS, "the confirmation")
        self.assertEqual(request["plan"]["confirmation"]["expires_at"], asked["fire_at"])
        self.refused(self.api("POST", f"/v1/requests/{request['id']}/confirm", {"digest": request["plan"]["digest"]},
                              "oscar"), 403, "forbidden")
        done = self.api("POST", f"/v1/requests/{request['id']}/confirm", {"digest": request["plan"]["digest"]}, "arun")
        self.assertEqual(done.status, 200, done.body)
        run_id = done.json["run"]["id"]

        fired = self.until_firing(low, "fired")
        run = self.until_state(fired["request_id"], "succeeded", seconds=SECONDS)
        slot = datetime.datetime.fromisoformat(fired["local"])
        last_month = slot.replace(day=1) - datetime.timedelta(days=1)
        self.assertEqual(run["result"]["value"], last_month.strftime("%Y-%m"))
        self.assertTrue(fired["local"].endswith("+09:00"))
        self.assertEqual(self.request_of(fired["request_id"])["source"], "schedule")
        self.assertEqual(run["created_by"]["name"], "Oscar")

        danger = self.until_state(run_id, "succeeded", "failed", seconds=SECONDS)
        self.assertEqual(danger["state"], "succeeded", danger)
        # Confirmed ahead, and not run before its time.
        self.assertGreaterEqual(danger["timings"]["started"], asked["fire_at"])
        until(lambda: any(f["fire_at"] == asked["fire_at"] and f["state"] == "fired" for f in self.firings(high)),
              SECONDS, "the history telling of it")
        # The next one: nobody confirms.
        self.assertEqual(self.until_firing(high, "skipped")["reason"], "expired")
        for schedule in (low, high):
            self.ok(self.patch(schedule, enabled=False))
        self.assertEqual(self.count("request r", "source = 'schedule' and (select count(*) from "
                                    f"{self.schema}.schedule_firing f where f.request_id = r.id) <> 1"), 0,
                         "a request belongs to one slot")
        self.assertEqual(self.stack.sql(
            f"select f.schedule_id, f.fire_at, count(j.id) from {self.schema}.schedule_firing f left join {self.schema}.job j "
            "on j.request_id = f.request_id and j.kind = 'run' where f.state = 'fired' group by 1, 2 having count(j.id) <> 1"),
            [], "a slot that fired is one run")

    def test_the_first_slot_is_in_time_although_the_platform_was_idle(self):
        """The leader sleeps for twenty seconds where nothing is to be done; it is woken."""
        until(lambda: 50 <= datetime.datetime.now().second <= 56, 60, "the end of a minute")
        made = self.make(cron="* * * * *")
        fired = self.until_firing(made, "fired")
        self.ok(self.patch(made, enabled=False))
        late = self.stack.sql(f"select extract(epoch from decided_at - fire_at) from {self.schema}.schedule_firing "
                              f"where schedule_id = '{made['id']}' and request_id = '{fired['request_id']}'")
        self.assertLess(float(late[0][0]), 3)

    def test_what_was_confirmed_for_a_moment_long_past_does_not_begin(self):
        """Held up, by whatever, for more than an hour. It is delayed when it is confirmed; its time is put back then."""
        made = self.make(cron="0 9 1 * *", action="danger", lead_s=2592000)
        self.come_due_ahead(made)
        asked = self.until_firing(made, "asked")
        request = until(lambda: self.waiting(asked["request_id"]), SECONDS, "the confirmation")
        run = self.ok(self.api("POST", f"/v1/requests/{request['id']}/confirm", {"digest": request["plan"]["digest"]},
                               "arun"))["run"]
        past = "to_jsonb((extract(epoch from now() - interval '61 minutes') * 1000000)::bigint)"
        self.stack.sql(f"set session_replication_role = replica; update {self.schema}.job set payload = "
                       f"jsonb_set(payload, '{{run_at_us}}', {past}) where id = '{run['id']}'")
        self.stack.sql(f"update {self.schema}.job_live set run_at = now() where job_id = '{run['id']}'")
        self.come_due_ahead(self.make(cron="0 9 1 * *"))  # a visit promotes it
        ended = self.until_state(run["id"], *loop.ENDED, seconds=SECONDS)
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "expired"))
        self.ok(self.patch(made, enabled=False))

    def waiting(self, request_id):
        request = self.request_of(request_id)
        return request["state"] == "awaiting_confirmation" and request

    def test_a_pause_gives_up_what_was_asked_for(self):
        made = self.make(cron="0 9 1 * *", action="danger", lead_s=2592000)
        self.come_due_ahead(made)
        asked = self.until_firing(made, "asked")
        until(lambda: self.waiting(asked["request_id"]), SECONDS, "the confirmation")
        self.assertEqual(self.get(made)["asked_request_id"], asked["request_id"])
        self.ok(self.patch(made, enabled=False))
        self.assertEqual(self.request_of(asked["request_id"])["state"], "cancelled")
        self.assertEqual(self.firings(made)[0]["reason"], "cancelled")

    def come_due_ahead(self, schedule):
        self.stack.sql(f"update {self.schema}.schedule set due_at = now() where id = '{schedule['id']}'")
        self.stack.sql(f"insert into public.mark select id, date_trunc('minute', now()) from public.tenant "
                       f"where schema = '{self.schema}' on conflict do nothing")

    def test_by_hand_runs_now_in_ones_own_name(self):
        made = self.make(token="olivia")
        request = self.ok(self.api("POST", f"/v1/schedules/{made['id']}/fire", token="oscar", wait=30))
        self.assertEqual((request["state"], request["source"]), ("succeeded", "schedule"))
        firing = self.firings(made)[0]
        self.assertEqual((firing["state"], firing["by"]["name"], firing["request_id"]),
                         ("fired", "Oscar", request["id"]))
        self.assertEqual(self.get(made)["next_fire_at"], made["next_fire_at"])


class People(Case):
    def test_who_leaves_leaves_it_paused_and_who_resumes_it_owns_it(self):
        made = self.make(token="adam")
        member = self.ok(self.api("GET", "/v1/members?q=adam", token="olivia"))["items"][0]
        self.assertEqual(self.api("DELETE", f"/v1/members/{member['id']}", token="olivia").status, 204)
        self.assertEqual(self.get(made)["state"], "owner_left")
        self.come_due(made)
        self.assertEqual(self.until_firing(made, "refused")["reason"], "owner_left")
        paused = self.get(made)
        self.assertEqual((paused["enabled"], paused["state"]), (False, "owner_left"))
        self.assertIn("no longer a member", paused["state_detail"])
        self.assertEqual(self.count("audit_event", "action = 'schedule.paused'"), 1)
        self.refused(self.patch(made, "oscar", enabled=True), 403, "forbidden")
        resumed = self.ok(self.patch(made, "olivia", enabled=True))
        self.assertEqual((resumed["state"], resumed["owner"]["name"]), ("active", "Olivia"))

    def test_who_may_what(self):
        made = self.make(token="olivia")
        self.refused(self.patch(made, "oscar", name="mine now"), 403, "forbidden")
        self.refused(self.api("DELETE", f"/v1/schedules/{made['id']}", token="oscar"), 403, "forbidden")
        self.refused(self.api("POST", "/v1/schedules", {"name": "x", "cron": "@daily", "skill": "probe"}, "vera"), 403,
                     "forbidden")
        self.get(made, "vera")
        self.refused(self.api("GET", f"/v1/schedules/{made['id']}", token="lin"), 404, "not_found")
        self.assertEqual(self.ok(self.api("GET", "/v1/schedules", token="lin"))["items"], [])

    def test_a_pause_by_another_keeps_the_owner_and_a_change_takes_over(self):
        made = self.make(token="oscar")
        self.assertEqual(self.ok(self.patch(made, "olivia", enabled=False))["owner"]["name"], "Oscar")
        self.assertEqual(self.ok(self.patch(made, "olivia", enabled=True))["owner"]["name"], "Olivia")


class Editing(Case):
    def test_what_was_made_is_shown_listed_changed_and_deleted(self):
        made = self.make(timezone="Europe/Berlin", name="morning")
        self.assertIn("T09:00:00+0", made["next_fire_local"])
        self.assertEqual(self.get(made)["owner"]["name"], "Oscar")
        reply = self.api("GET", f"/v1/schedules/{made['id']}", token="oscar")
        changed = self.api("PATCH", f"/v1/schedules/{made['id']}", {"cron": "30 7 * * *"}, If_Match=reply.headers["ETag"])
        self.assertIn("T07:30:00+0", self.ok(changed)["next_fire_local"])
        self.refused(self.api("PATCH", f"/v1/schedules/{made['id']}", {"name": "x"}, If_Match=reply.headers["ETag"]),
                     412, "precondition_failed")
        self.assertIn("morning", [s["name"] for s in self.ok(self.api("GET", "/v1/schedules?skill=probe"))["items"]])
        self.assertEqual(self.api("DELETE", f"/v1/schedules/{made['id']}").status, 204)
        self.refused(self.api("GET", f"/v1/schedules/{made['id']}"), 404, "not_found")

    def test_a_token_for_other_skills_leaves_it_alone(self):
        made = self.make()
        token = self.ok(self.api("POST", "/v1/tokens", {"name": "ci", "skills": ["another"], "scopes": [
            "schedules:read", "schedules:write"]}), 201)["token"]
        for change in ({"name": "mine now"}, {"enabled": False}, {"catch_up": "skip"}):
            self.refused(self.patch(made, token, **change), 403, "forbidden")
        self.refused(self.api("DELETE", f"/v1/schedules/{made['id']}", token=token), 403, "forbidden")
        self.assertEqual(self.get(made)["name"], made["name"])

    def test_the_same_key_makes_it_once(self):
        body = {"name": "once", "cron": "@daily", "skill": "probe"}
        first = self.api("POST", "/v1/schedules", body, Idempotency_Key="one")
        again = self.api("POST", "/v1/schedules", body, Idempotency_Key="one")
        self.assertEqual(self.ok(first, 201)["id"], self.ok(again, 201)["id"])
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.refused(self.api("POST", "/v1/schedules", body), 409, "conflict")

    def test_previews_are_local_and_computed(self):
        made = self.make(timezone="Europe/Berlin")
        items = self.ok(self.api("GET", f"/v1/schedules/{made['id']}/preview?n=3"))["items"]
        self.assertEqual(len(items), 3)
        self.assertEqual(items[0]["fire_at"], made["next_fire_at"])
        rule = {"cron": "0 0 1 * *", "timezone": "Asia/Shanghai", "input": {"m": MONTH}, "n": 12}
        for item in self.ok(self.api("POST", "/v1/schedules/preview", rule, "vera"))["items"]:
            month = datetime.datetime.fromisoformat(item["local"]) - datetime.timedelta(days=1)
            self.assertEqual(item["input"], {"m": month.strftime("%Y-%m")})

    def test_what_cannot_be_is_refused_with_its_place_and_changes_nothing(self):
        made = self.make()
        for given, status, code, path, says in (
                ({"cron": "0 25 * * *"}, 422, "invalid_input", "/cron", "field 2 (hour), character 3"),
                ({"cron": "0 0 31 2 *"}, 422, "invalid_input", "/cron", "never fires"),
                ({"cron": ""}, 422, "invalid_input", "/cron", "field 1 (minute)"),
                ({"timezone": "Mars/Phobos"}, 422, "invalid_input", "/timezone", "is not a time zone"),
                ({"catch_up": "maybe"}, 422, "invalid_input", "/catch_up", ""),
                ({"lead_s": 1}, 422, "invalid_input", "/lead_s", ""),
                ({"skill": "nowhere"}, 404, "not_found", None, "there is no skill"),
                ({"action": "nothing"}, 404, "not_found", None, "has no action"),
                ({"input": {"value": 7}}, 422, "invalid_input", "/input/value", ""),
                ({"input": {"value": {"$fire": "sometime"}}}, 422, "invalid_input", "/input/value/$fire", "sometime"),
                ({"input": {"value": {"$fire": "", "format": "%Q"}}}, 422, "invalid_input", "/input/value/format", "%Q"),
                ({"colour": "red"}, 422, "invalid_input", "/colour", "")):
            body = {"name": "never made", "cron": "@daily", "skill": "probe", **given}
            for method, target, sent in (("POST", "/v1/schedules", body),
                                         ("PATCH", f"/v1/schedules/{made['id']}", given)):
                with self.subTest(method=method, given=given):
                    problem = self.refused(self.api(method, target, sent), status, code)
                    if path:
                        self.assertIn(path, [e["path"] for e in problem["errors"]])
                    self.assertIn(says, problem["detail"])
            with self.subTest(chinese=given):
                problem = self.api("POST", "/v1/schedules", body, Accept_Language="zh-CN").json
                self.assertFalse(problem["detail"].isascii(), problem)
        self.assertEqual(self.get(made), made)
        self.assertEqual(self.count("schedule", "name = 'never made'"), 0)


CRONTAB = """# monthly things
MAILTO=ops@harbour.example
CRON_TZ=Europe/Berlin
5 6 1 * * root /opt/probe.py --value "$(date -d '-1 month' +\\%Y-\\%m)" >> /var/log/probe.log 2>&1
@daily root /opt/backup.sh
*/70 * * * * root probe
@reboot root probe
"""


class Import(Case):
    def execgov(self, *words):
        env = {"EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}", "PATH": os.environ["PATH"],
               "LANG": "C.UTF-8", "EXECGOV_TOKEN": self.stack.tokens["oscar"], "HOME": str(self.stack.folder)}
        done = subprocess.run([stacks.BUILD / "bin/execgov", "--json", *words], env=env, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_crontab_becomes_schedules_once(self):
        with tempfile.NamedTemporaryFile("w", suffix=".cron") as file:
            file.write(CRONTAB)
            file.flush()
            words = ("schedule", "import", file.name, "--system")
            dry = self.execgov(*words, "--dry-run")["items"]
            self.assertEqual([(i["line"], i["verdict"]) for i in dry],
                             [(2, "setting"), (3, "setting"), (4, "found"), (5, "to_be_made"), (6, "not_possible"),
                              (7, "not_possible")])
            self.assertIn("field 1 (minute)", dry[4]["why"])
            self.assertEqual(self.count("schedule", "name like 'probe (5 6%'"), 0)
            self.assertEqual(self.execgov(*words)["items"][2]["verdict"], "made")
            self.assertEqual(self.execgov(*words)["items"][2]["verdict"], "there")
        made = [s for s in self.execgov("schedule", "ls")["items"] if s["name"].startswith("probe (5 6")]
        self.assertEqual([(s["timezone"], s["input"]) for s in made], [("Europe/Berlin", {"value": MONTH})])
        self.assertEqual(len(self.execgov("schedule", "preview", made[0]["name"], "--limit", "4")["items"]), 4)

    def test_nouns_and_verbs(self):
        made = self.execgov("schedule", "add", "0 9 * * 1-5", "probe/run", "value=x", "--name", "by hand",
                            "--timezone", "Asia/Tokyo", "--catch-up", "skip")
        self.assertEqual((made["action"], made["catch_up"]), ("run", "skip"))
        self.assertEqual(self.execgov("schedule", "pause", "by hand")["state"], "paused")
        self.assertEqual(self.execgov("schedule", "resume", "by hand")["state"], "active")
        self.assertEqual(self.execgov("schedule", "fire", "by hand", "--wait")["state"], "succeeded")
        self.assertEqual(self.execgov("schedule", "firings", "by hand")["items"][0]["state"], "fired")
        self.execgov("schedule", "show", "by hand")


if __name__ == "__main__":
    unittest.main()
