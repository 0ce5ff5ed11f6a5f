"""A fleet replaced process by process while people work, in the order of docs/operations.md ("Upgrading while it
works"): nobody gets an error, no run fails, and none is even begun twice, because what ends drains first."""
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import http.client  # noqa: E402

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

ORDER = ("scheduler", "scheduler-2", "api", "api-2", "worker", "worker-2")
FLEET = ("sandboxd", *ORDER)
CLIENTS = 3
BETWEEN = 2  # runs that each client has accepted before the next process is replaced


class Client(threading.Thread):
    """Somebody who submits, one run after the other, behind a proxy of two APIs: where nobody listens, or a
    connection ends without an answer, the other one is asked under the same key."""

    def __init__(self, stack, number):
        super().__init__()
        self.stack, self.number = stack, number
        self.accepted, self.faults = [], []
        self.over = threading.Event()

    def body(self):
        """Scripts that are at work whenever a worker is told to end, and runs that are over at once."""
        slow = self.number == 0
        return {"skill": "probe", "action": "run",
                "input": {"what": "sleep", "seconds": 1} if slow else {"value": str(len(self.accepted))}}

    def ask(self, api, body, key):
        connection = self.stack.connect(name=api)
        try:
            connection.request("POST", "/v1/runs", json.dumps(body), {
                "Content-Type": "application/json", "Idempotency-Key": key,
                "Authorization": f"Bearer {self.stack.tokens['oscar']}", "Prefer": "wait=20"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def submit(self):
        body, key = self.body(), uuid.uuid4().hex
        names = ("api", "api-2") if self.number % 2 else ("api-2", "api")
        for name in names * 2:
            try:
                status, answer = self.ask(name, body, key)
            except (OSError, http.client.HTTPException):
                continue
            if status in (200, 202):
                self.accepted.append(answer["id"])
            else:
                self.faults.append((name, status, answer))
            return
        self.faults.append(("nobody answered", key))

    def run(self):
        while not self.over.is_set() and not self.faults:
            self.submit()


class Upgrade(loop.Case):
    @classmethod
    def setUpClass(cls):
        loop.Case.stack = stacks.Stack(FLEET)
        skills.publish(cls.stack, [(loop.TENANT, "probe", skills.PROBE)])

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def replace(self, name):
        """As a service manager does: it is told to end, ends in its own time, and the new one is started."""
        old = self.stack.running[name].pid
        self.assertEqual(self.stack.end(name, seconds=90), 0, self.stack.log(name)[-2000:])
        self.stack.start(name)
        self.assertNotEqual(self.stack.running[name].pid, old)

    def execgov(self, *words):
        """A command of the preflight; it has to find nothing wrong."""
        database = ["--pg", f"{self.stack.conninfo} user=postgres"] if words[0] == "migrate" else []
        done = subprocess.run([stacks.BUILD / "bin/execgov", *words, *database], capture_output=True, text=True, check=False,
                              timeout=120, stdin=subprocess.DEVNULL, start_new_session=True, env={
                                  **os.environ, "HOME": str(self.stack.folder), "LANG": "en_US.UTF-8",
                                  "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                                  "EXECGOV_TOKEN": self.stack.tokens["pat"],
                                  "EXECGOV_SANDBOX": str(self.stack.folder / "sandbox.sock")})
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")

    def preflight(self):
        self.execgov("migrate", "status")
        self.execgov("doctor")

    def work_goes_on(self, clients):
        seen = [len(client.accepted) for client in clients]
        stacks.until(lambda: any(client.faults for client in clients) or all(
            len(client.accepted) >= was + BETWEEN for client, was in zip(clients, seen)), 90, "more runs of each")
        self.assertEqual([client.faults for client in clients], [[]] * CLIENTS)

    def test_no_run_fails_while_every_process_is_replaced(self):
        clients = [Client(self.stack, number) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            self.work_goes_on(clients)
            self.preflight()
            self.stack.migrate()
            for name in ORDER:
                self.replace(name)
                self.work_goes_on(clients)
            self.execgov("migrate", "verify")
        finally:
            for client in clients:
                client.over.set()
            for client in clients:
                client.join()
        self.assertEqual([client.faults for client in clients], [[]] * CLIENTS)
        ended = [run for client in clients for run in client.accepted]
        self.assertEqual(len(set(ended)), len(ended))
        for run in ended:
            self.until_state(run, *loop.ENDED)
        self.assertEqual({self.run_of(run)["state"] for run in ended}, {"succeeded"})
        self.assertEqual(loop.faults(self.stack, self.schema, ended), [])
        for run, actions in loop.trail(self.stack, self.schema, ended).items():
            self.assertEqual(actions.count("job.claimed"), 1, f"{run} was begun again: {actions}")


if __name__ == "__main__":
    unittest.main()
