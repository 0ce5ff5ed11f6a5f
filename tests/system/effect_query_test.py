"""A write whose answer was lost is asked about where the resource says how: it ends done, or not done and sent again, or
as a person's, and the run says nothing else meanwhile."""
import json
import pathlib
import signal
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import skills  # noqa: E402
from caller import CALLER  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from partner import TOKEN, Partner  # noqa: E402
from stack import Stack, until  # noqa: E402


def setUpModule():
    Case.stack = Stack(processes=("api", "scheduler", "egress", "worker"))
    Case.partner = Partner(Case.stack, timeout_ms=3000)
    skills.publish(Case.stack, [(TENANT, "caller", CALLER),
                                (TENANT, "partner-orders", skills.example("partner-orders"))])


def tearDownModule():
    Case.stack.stop()


class Asked(Case):
    def setUp(self):
        self.asks(settle_s=1)

    def asks(self, attempts=1, **changes):
        plain = [{k: v for k, v in o.items() if k != "query"} for o in self.partner.definition["operations"]]
        self.partner.definition["operations"] = plain
        self.partner.change(operations=self.partner.ask_about_orders(**changes), attempts=attempts)
        self.before = len(self.partner.asked())

    def order(self, sku, skill="partner-orders", action="place"):
        given = {"sku": sku} if skill == "partner-orders" else {
            "what": "http", "base": "", "operation": "partner.orders_create", "json": {"sku": sku}}
        run = self.ok(self.api("POST", "/v1/runs", {"skill": skill, "action": action, "input": given}, wait=30))
        self.assertEqual(run["state"], "awaiting_confirmation", run)
        digest = self.request_of(run["request_id"])["plan"]["digest"]
        self.ok(self.api("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": digest}, "arun"))
        return run

    def ended(self, run, state="succeeded", seconds=90):
        ended = self.until_state(run["id"], "succeeded", "failed", seconds=seconds)
        self.assertEqual(ended["state"], state, json.dumps(ended.get("error")) + self.log_of(run["id"]))
        return ended

    def effects(self, run):
        return [(state, json.loads(detail)) for state, detail in self.stack.sql(
            f"select state, detail from {self.schema}.effect where job_id = '{run['id']}'")]

    def audited(self, run):
        return [(action, json.loads(detail).get("state")) for action, detail in self.stack.sql(
            f"select action, detail from {self.schema}.audit_event where subject = '{run['id']}' "
            "and action like 'effect.%' order by id")]

    def posts(self):
        return [a for a in self.partner.asked()[self.before:] if a["method"] == "POST"]

    def orders(self, sku):
        """As the partner keeps them, which is what really happened."""
        asked = urllib.request.Request(self.partner.base + "/orders", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return [o for o in json.load(answer) if o["sku"] == sku]

    def made_once(self, sku, before):
        self.assertEqual(len(self.orders(sku)) - before, 1, self.orders(sku))


class Answers(Asked):
    def test_one_that_happened_is_done_with_what_the_other_side_says_of_it(self):
        before = len(self.orders("VANISH"))
        run = self.order("VANISH")
        ended = self.ended(run)
        self.assertEqual((ended["attempt"], ended["result"]["found"], ended["result"]["body"][0]["sku"]), (1, True, "VANISH"))
        [(state, detail)] = self.effects(run)
        self.assertEqual((state, detail["found"], detail["asked_status"]), ("done", True, 200))
        self.assertEqual(self.audited(run), [("effect.started", None), ("effect.asked", "done")])
        self.assertEqual(len(self.posts()), 1)
        self.made_once("VANISH", before)
        calls = next(r for r in self.ok(self.api("GET", "/v1/http-resources"))["items"] if r["name"] == "partner")["recent_calls"]
        self.assertIn("orders_list", [c["operation"] for c in calls[:2]])

    def test_a_script_waits_for_the_answer_and_goes_on(self):
        before = len(self.orders("VANISH"))
        run = self.order("VANISH", "caller", "write")
        self.assertEqual(self.ended(run)["result"]["status"], 200)
        self.assertEqual(len(self.posts()), 1)
        self.made_once("VANISH", before)

    def test_one_that_did_not_happen_is_sent_again(self):
        self.asks(settle_s=1, attempts=2)
        run = self.order("LOST")
        ended = self.ended(run)
        self.assertEqual((ended["attempt"], ended["result"]["status"], ended["result"]["body"]["sku"]), (1, 201, "LOST"), ended)
        self.assertEqual([state for state, _ in self.effects(run)], ["done"])
        audited = self.audited(run)
        self.assertEqual(audited[0], ("effect.started", None))
        self.assertIn(("effect.done", None), audited)
        self.made_once("LOST", 0)

    def test_one_that_is_done_late_is_not_sent_again(self):
        """The first answers are "no such order"; believed too early, there would be two."""
        self.asks(settle_s=4)
        before = len(self.orders("LATE"))
        run = self.order("LATE")
        self.assertTrue(self.ended(run)["result"]["found"])
        self.assertEqual(len(self.posts()), 1)
        self.made_once("LATE", before)


class Silence(Asked):
    def test_a_run_waits_in_the_queue_for_a_partner_that_is_away(self):
        partner = self.stack.running["partner"]
        before = len(self.orders("SLOW"))
        run = self.order("SLOW")
        until(lambda: len(self.orders("SLOW")) > before, what="the order being made")
        partner.send_signal(signal.SIGSTOP)
        try:
            def given_back():
                return self.stack.sql(f"select detail ->> 'code' from {self.schema}.audit_event where subject = '{run['id']}' "
                                      "and action = 'job.released'")
            until(given_back, seconds=60, what="the run going back")
            self.assertEqual(given_back()[0], ["outcome_unknown"])
            self.assertEqual([state for state, _ in self.effects(run)], ["unknown"])
            self.assertNotIn(self.ok(self.api("GET", f"/v1/runs/{run['id']}"))["state"], ("failed", "succeeded"))
        finally:
            partner.send_signal(signal.SIGCONT)
        ended = self.ended(run)
        self.assertTrue(ended["result"]["found"])
        self.assertEqual(ended["attempt"], 1)
        self.made_once("SLOW", before)

    def test_after_its_time_it_is_a_persons(self):
        self.asks(within_s=10)
        partner = self.stack.running["partner"]
        before = len(self.orders("SLOW"))
        run = self.order("SLOW")
        until(lambda: len(self.orders("SLOW")) > before, what="the order being made")
        partner.send_signal(signal.SIGSTOP)
        try:
            ended = self.ended(run, "failed")
        finally:
            partner.send_signal(signal.SIGCONT)
        self.assertEqual(ended["error"]["code"], "outcome_unknown")
        self.assertEqual([state for state, _ in self.effects(run)], ["unknown"])
        items = self.ok(self.api("GET", f"/v1/platform/dead-letters?tenant={self.stack.tenants[TENANT]['id']}", token="pat"))["items"]
        [letter] = [item for item in items if item["id"] == run["id"]]
        [effect] = letter["effects"]
        self.assertEqual((effect["resource"], effect["operation"], effect["state"]), ("partner", "orders_create", "unknown"))
        self.assertGreater(effect["asked"], 0)


class Deaths(Asked):
    def kill_under(self, sku):
        run = self.order(sku)
        until(self.is_started(run), what="the order being sent")
        self.stack.end("egress", signal.SIGKILL)
        self.stack.start("egress")
        return run

    def is_started(self, run):
        return lambda: any(state == "started" for state, _ in self.effects(run))

    def test_egress_killed_under_a_write_that_happened(self):
        before = len(self.orders("SLOW"))
        run = self.kill_under("SLOW")
        ended = self.ended(run)
        self.assertLessEqual(len(self.orders("SLOW")) - before, 1)
        self.made_once("SLOW", before)
        self.assertEqual([state for state, _ in self.effects(run)], ["done"])
        self.assertEqual(ended["attempt"], 1)

    def test_egress_killed_under_a_write_that_did_not_happen(self):
        run = self.kill_under("LOSTSLOW")
        self.ended(run)
        self.made_once("LOSTSLOW", 0)
        self.assertEqual([state for state, _ in self.effects(run)], ["done"])

    def test_egress_and_worker_killed_under_a_scripts_write(self):
        before = len(self.orders("SLOW"))
        run = self.order("SLOW", "caller", "write")
        until(self.is_started(run), what="the order being sent")
        for name in ("egress", "worker"):
            self.stack.end(name, signal.SIGKILL)
        for name in ("egress", "worker"):
            self.stack.start(name)
        self.ended(run)
        self.made_once("SLOW", before)


if __name__ == "__main__":
    unittest.main()
