"""partner_calls.py - runs of the skill `caller` that call the partner, and what became of them."""
import json

from loop import Case


class Calls(Case):
    def call(self, what, action="run", skill="caller", **given):
        body = {"skill": skill, "action": action, "input": {"what": what, "base": self.partner.base, **given}}
        run = self.ok(self.api("POST", "/v1/runs", body, wait=60))
        if run["state"] == "awaiting_confirmation":  # an operation of high risk makes the action one
            self.assertEqual(action, "write")
            digest = self.request_of(run["request_id"])["plan"]["digest"]
            self.ok(self.api("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": digest}, "arun"))
            run = self.until_state(run["id"], "succeeded", "failed")
        return run

    def good(self, run):
        self.assertEqual(run["state"], "succeeded", json.dumps(run.get("error")) + self.log_of(run["id"]))
        return run["result"]

    def failed(self, run, *words, code=None):
        """`code`: the run's own error, with a reason in the log's words."""
        self.assertEqual(run["state"], "failed", run)
        log = self.log_of(run["id"])
        if code:
            self.assertEqual(run["error"]["code"], code, run["error"])
            self.assertTrue(run["error"]["message"])
            self.assertIn(run["error"]["message"].split(" (at ")[0], log)
        for word in words:
            self.assertIn(word, log)
        return log

    def refusals(self, run):
        rows = self.stack.sql(f"select detail from {self.schema}.audit_event where action = 'resource.refused' "
                              f"and subject = '{run['id']}'")
        return [json.loads(row[0])["code"] for row in rows]
