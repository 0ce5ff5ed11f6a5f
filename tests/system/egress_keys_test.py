"""The master keys of egress: wrong, missing, open to others, from the environment, and changed under calls."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import skills  # noqa: E402
from caller import CALLER, action  # noqa: E402
from loop import Case, TENANT  # noqa: E402
from partner import Partner  # noqa: E402
from stack import BUILD, Stack, until  # noqa: E402

KEYED = dict(CALLER)
KEYED["skill.json"] = json.dumps({"name": "caller", "actions": [
    action("run", "partner"), action("open", "partner-open"), action("nothing")]})


def setUpModule():
    Case.stack = Stack(processes=("api", "scheduler", "egress", "worker"))
    unittest.addModuleCleanup(Case.stack.stop)
    Case.partner = Partner(Case.stack)
    health = {"auth": {"style": "none"}, "base_url": f"http://127.0.0.1:{Case.partner.port}", "probe": None,
              "operations": [{"name": "health", "method": "GET", "path": "/health"}]}
    made = Case.partner.ok(Case.stack.api("POST", "/v1/platform/http-resources", {
        "name": "partner-open", "definition": Case.partner.definition | health}, "pat"))
    Case.partner.ok(Case.stack.api("POST", f"/v1/platform/http-resources/{made['id']}/grants", {"everybody": True}, "pat"))
    skills.publish(Case.stack, [(TENANT, "caller", KEYED), (TENANT, "probe", skills.PROBE)])


class Calls(Case):
    @property
    def file(self):
        return self.stack.folder / "egress.keys"

    def new_key(self, path):
        self.stack.call([BUILD / "bin/execgov-egress", "new-key", path])
        return path

    def call(self, act, operation):
        return self.ok(self.api("POST", "/v1/runs", {"skill": "caller", "action": act, "input": {
            "what": "http", "base": "", "operation": operation}}, wait=60))

    def partners(self):
        return self.call("run", "partner.orders_list")


class WithoutTheKey(Calls):
    def restart(self, **settings):
        self.stack.end("egress")
        self.stack.settings["egress"] = settings
        self.stack.start("egress")

    def tearDown(self):
        self.restart()
        self.assertEqual(self.partners()["state"], "succeeded", "with the right key it goes on")

    def only_what_needs_no_credential(self):
        before = len(self.partner.asked())
        run = self.partners()
        self.assertEqual((run["state"], run["error"]["code"]), ("failed", "credential_unavailable"), run)
        self.assertTrue(run["error"]["message"])
        self.assertEqual(len(self.partner.asked()), before, "nothing is sent without it")
        run = self.call("open", "partner-open.health")
        self.assertEqual((run["state"], run["result"]), ("succeeded", {"status": 200, "body": {"ok": True}}), run)
        self.assertEqual(self.run_probe()["state"], "succeeded")

    def test_a_wrong_key(self):
        self.restart(key_file=self.new_key(self.stack.folder / "wrong.keys"))
        self.only_what_needs_no_credential()

    def test_no_key_file(self):
        self.restart(key_file=self.stack.folder / "missing.keys")
        self.assertIn("keys.absent", self.stack.log("egress"))
        self.only_what_needs_no_credential()

    def test_a_key_file_that_others_can_read(self):
        self.file.chmod(0o644)
        try:
            self.restart()
            self.assertIn("chmod 600", self.stack.log("egress"))
            self.only_what_needs_no_credential()
        finally:
            self.file.chmod(0o600)

    def test_keys_of_the_environment(self):
        """The right ones do, the wrong ones do not."""
        for path, good in ((self.file, True), (self.new_key(self.stack.folder / "other.keys"), False)):
            os.environ["EXECGOV_KEYS"] = path.read_text("utf-8")
            try:
                self.restart(key_file="")
            finally:
                del os.environ["EXECGOV_KEYS"]
            if good:
                self.assertEqual(self.partners()["state"], "succeeded")
            else:
                self.only_what_needs_no_credential()


class Change(Calls):
    def hangup(self):
        """The file is read again, and its keys are published."""
        before = self.stack.log("egress").count('"keys.')
        self.stack.running["egress"].send_signal(signal.SIGHUP)
        until(lambda: self.stack.log("egress").count('"keys.') > before, what="the keys being read again")

    def keys(self):
        return {key["id"]: key for key in self.ok(self.api("GET", "/v1/platform/credential-keys", token="pat"))["items"]}

    def test_the_key_changes_under_calls_and_none_fails(self):
        egress, old = self.stack.running["egress"].pid, next(k for k, v in self.keys().items() if v["current"])
        first, done, ended = self.file.read_text("utf-8"), [], threading.Event()

        def go_on():
            while not ended.is_set():
                done.append(self.partners())
        callers = [threading.Thread(target=go_on) for _ in range(2)]
        for caller in callers:
            caller.start()

        def some_more():
            count = len(done)
            until(lambda: len(done) >= count + 4, what="calls going on")
        try:
            some_more()
            self.new_key(self.file)
            self.hangup()
            until(lambda: len(self.keys()) > 1, what="the new key being published")
            some_more()
            self.assertTrue(self.keys()[old]["current"], "not before it is asked for")
            self.ok(self.api("POST", "/v1/platform/credential-keys/rotate", {}, "pat"))
            until(lambda: self.keys()[old]["credentials"] == 0, what="the credentials being wrapped again")
            some_more()
            # The old line goes, and nothing needs it any more.
            lines = [line for line in self.file.read_text("utf-8").splitlines() if line not in first.splitlines()]
            self.assertEqual(len(lines), 1)
            self.file.write_text(lines[0] + "\n", "utf-8")
            self.hangup()
            some_more()
        finally:
            ended.set()
            for caller in callers:
                caller.join()
        self.assertEqual({run["state"] for run in done}, {"succeeded"}, [r for r in done if r["state"] != "succeeded"])
        self.assertEqual(self.stack.running["egress"].pid, egress)
        self.assertIsNone(self.stack.running["egress"].poll())

    def test_a_file_that_cannot_be_read_again_costs_no_call(self):
        text = self.file.read_text("utf-8")
        for spoil in (lambda: self.file.chmod(0o644), lambda: self.file.write_text("no key\n", "utf-8")):
            spoil()
            try:
                self.hangup()
                self.assertIn("keys.kept", self.stack.log("egress"))
                self.assertEqual(self.partners()["state"], "succeeded")
            finally:
                self.file.write_text(text, "utf-8")
                self.file.chmod(0o600)


if __name__ == "__main__":
    unittest.main()
