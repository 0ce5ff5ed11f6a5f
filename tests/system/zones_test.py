"""In whose time zone a script runs: the request's or the schedule's, else the person's, the tenant's, the platform's."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import skills  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from stack import Stack, person  # noqa: E402

WIDER = "Wider Than Its Platform"
PLACES = {"request": "Asia/Tokyo", "schedule": "Pacific/Auckland", "person": "America/New_York", "tenant": "Europe/Berlin",
          "platform": "Africa/Nairobi"}
PACKAGE = {"README.md": "# Zone\n\nSays in which zone it runs.\n",
           "main.py": "import json, os, time\nprint(json.dumps({'zone': os.environ['TZ'], 'minutes': -time.timezone // 60}))\n",
           "skill.json": json.dumps({"name": "zone", "actions": [
               {"name": "run", "entry": "main.py", "input": {"type": "object"}, "idempotent": True}]})}


def setUpModule():
    stack = Case.stack = Stack(processes=("api", "scheduler", "worker"))
    unittest.addModuleCleanup(stack.stop)
    stack.sql(f"update public.platform_setting set value = '\"{PLACES['platform']}\"' where key = 'timezone'")
    stack.seed_more({"tenants": [{"name": WIDER, "kind": "team", "users": [person("nora", "owner")]}]})
    skills.publish(stack, [(TENANT, "zone", PACKAGE), (WIDER, "zone", PACKAGE)])


class Zones(Case):
    def said(self, where, minutes, run):
        """It ran there, whatever the interpreter was started with."""
        self.assertEqual((run["state"], run["result"]), ("succeeded", {"zone": PLACES[where], "minutes": minutes}), run)

    def run_here(self, token, **given):
        return self.ok(self.api("POST", "/v1/runs", {"skill": "zone", "action": "run", "input": {}, **given}, token, 60))

    def test_the_nearest_that_says_one_decides(self):
        """Each in turn has something to say on top of those before it; the last is the first that counts."""
        self.said("platform", 180, self.run_here("nora"))
        self.ok(self.api("PATCH", "/v1/settings", {"timezone": PLACES["tenant"]}, "olivia"))
        self.said("tenant", 60, self.run_here("oscar"))
        self.ok(self.api("PATCH", "/v1/me", {"timezone": PLACES["person"]}, "oscar"))
        self.said("person", -300, self.run_here("oscar"))
        self.said("tenant", 60, self.run_here("olivia"))
        self.said("request", 540, self.run_here("oscar", timezone=PLACES["request"]))
        made = self.ok(self.api("POST", "/v1/schedules", {
            "name": "zone", "cron": "0 9 * * mon", "skill": "zone", "action": "run", "input": {},
            "timezone": PLACES["schedule"]}), 201)
        request = self.ok(self.api("POST", f"/v1/schedules/{made['id']}/fire", wait=60))
        [run] = self.stack.sql(f"select id from {self.schema}.job where request_id = '{request['id']}' and kind = 'run'")
        self.said("schedule", 720, self.until_state(run[0], "succeeded", "failed"))


if __name__ == "__main__":
    unittest.main()
