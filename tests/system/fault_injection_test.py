"""One call fails, each time another: of a file, of libpq, of hiredis, of memory; in the API, in the worker.

A wish goes its whole way (upload, run of high risk, confirmation, script, file) while the n-th call of a kind
fails. Whoever asked gets an answer or an error that says so; asked again, it succeeds; the run ends once. Memory
is the one thing that is not done without: a daemon ends with CHECK, is started again, and the rest holds as well.

The calls are counted first, then n is drawn at random until the time is up: FAULT_SECONDS (30), FAULT_SEED. One
kind alone: FAULT_SHOT=worker:postgres, one shot again and again: worker:postgres:9.

FAULT_ALL=worker:postgres leaves nothing out: every call of that kind fails once. Each place (a call and all who
called it) comes first with its first call, then each with its second, and so on; FAULT_TIMES=1 stays at the first,
FAULT_STEPS=200 after so many, whose places are drawn by FAULT_SEED. `./tests/run long` takes some of each daemon and kind.
"""
import contextlib
import http.client
import io
import itertools
import os
import pathlib
import random
import sys
import tarfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
from fault_library import KINDS, Trigger  # noqa: E402
from stack import BUILD, Stack, until  # noqa: E402

SECONDS = float(os.environ.get("FAULT_SECONDS", 30))
SHOT = os.environ.get("FAULT_SHOT", "").split(":")
ALL = os.environ.get("FAULT_ALL", "")
TIMES = int(os.environ.get("FAULT_TIMES", 1 << 40))
STEPS = int(os.environ.get("FAULT_STEPS", 1 << 40))
SEED = int(os.environ.get("FAULT_SEED", random.randrange(1 << 32)))
DAEMONS = ("api", "worker")
LIBRARY = BUILD / "tests/libfault.so"
RECOVERY_S = 100  # a worker that is dead, or says nothing any more, is missed after 25
UNFINISHED_MAX = 40  # then they are looked at, and only then is shot again
INPUT = {"days": 365, "as_of": "2026-06-01"}


class WorkerEnded(Exception):
    """The wish that is under way waits for its lease to run out: it is looked at later, so that all get their turn."""


class FaultyStack(Stack):
    def spawn(self, name, words, as_postgres=False):
        if name in DAEMONS:
            self.triggers = getattr(self, "triggers", {})
            path = self.folder / f"{name}.fault"
            if name not in self.triggers:
                self.triggers[name] = Trigger(path)
            words = ["env", f"LD_PRELOAD={LIBRARY}", f"EXECGOV_FAULT={path}",
                     "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=1", *words]
        return super().spawn(name, words, as_postgres)


def setUpModule():
    if not LIBRARY.exists():
        raise unittest.SkipTest("tests/libfault.so is not built")
    loop.Case.stack = FaultyStack(("api", "scheduler", "sandboxd", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "cleanup", skills.example("cleanup"))])


def tearDownModule():
    loop.Case.stack.stop()  # a leak would be an exit status


class Walk(loop.Case):
    """A wish from its first byte to its file, by somebody who asks again when he gets an error."""

    def setUp(self):
        self.runs, self.refusals, self.archive, self.broken = [], [], loop.old_archive(), False
        self.bodies, self.unfinished, self.unplanned = {}, [], set()

    def revive(self):
        """Start what has ended by CHECK, and only that."""
        for name in DAEMONS:
            process = self.stack.running[name]
            if process.poll() is None:
                continue
            log = self.stack.log(name).rpartition("service.started")[2]
            self.assertEqual(self.armed[1], "memory", f"{name} ended with {process.returncode}:\n{log}")
            self.assertRegex(log, "check.failed", log)
            self.assertNotRegex(log, "AddressSanitizer|runtime error", log)
            self.stack.triggers[name].disarm()
            self.stack.running.pop(name)
            self.stack.start(name)
            if ALL and name == "worker":
                raise WorkerEnded

    def persist(self, method, path, body=None, good=(200,), token="oscar", wait=None, **headers):
        """The first answer that is not an error of ours."""
        def once():
            try:
                reply = self.api(method, path, body, token, wait, **headers)
            except (OSError, http.client.HTTPException) as error:
                self.refusals.append(str(error))
                if self.armed[:2] == ("api", "file") and isinstance(error, http.client.IncompleteRead):
                    return None  # its length was promised when the file could not be read: to cut is what is left
                if self.armed[1] != "memory":
                    until(lambda: self.stack.running["api"].poll() is None, 1)
                    raise AssertionError(f"no answer to {method} {path}: {error!r}") from error
                self.revive()
                return None
            self.revive()
            if reply.status in good:
                return reply
            self.assertGreaterEqual(reply.status, 500, f"{method} {path}: {reply.status} {reply.body}")
            self.assertTrue(reply.code and reply.json["detail"], reply.body)
            self.refusals.append(reply.code)
            return None
        return until(once, 30, f"{method} {path}: {self.refusals[-3:]}")

    def ended(self, run_id):
        def look():
            self.revive()
            run = self.persist("GET", f"/v1/runs/{run_id}", good=(200,)).json
            return run["state"] in loop.ENDED and run
        return until(look, RECOVERY_S, f"run {run_id} being over")

    def walk(self, key):
        """(run, whether it succeeded)"""
        if key not in self.bodies:
            files = self.count("file")
            upload = self.persist("POST", "/v1/files?name=exports.tar.gz", self.archive, (201,),
                                  Content_Type="application/octet-stream").json["id"]
            if "file" in self.armed[1] and self.refusals:
                self.assertEqual(self.count("file"), files + 1, "a refused upload is none")
            self.bodies[key] = {"skill": "cleanup", "action": "clean", "input": {"archive": upload, **INPUT}}
        run = self.persist("POST", "/v1/runs", self.bodies[key], (200, 202), wait=20, Idempotency_Key=key).json
        self.runs.append(run["id"])

        def waits():
            shown = self.persist("GET", f"/v1/runs/{run['id']}").json
            planned = shown["state"] != "planning" and shown.get("plan")
            return (planned or shown["state"] in loop.ENDED) and shown
        shown = until(waits, RECOVERY_S, "a plan")
        if shown["state"] not in loop.ENDED:
            self.persist("POST", f"/v1/requests/{run['request_id']}/confirm", {"digest": shown["plan"]["digest"]},
                         (200, 409), token="arun")
        elif not self.persist("GET", f"/v1/requests/{run['request_id']}").json["plan"]:
            self.unplanned.add(run["id"])  # given up before there was anything to run
        run = self.ended(run["id"])
        if run["state"] != "succeeded":
            self.assertEqual(run["state"], "failed", run)
            self.assertTrue(run["error"]["message"] and run["error"]["code"] != "script_failed", run["error"])
            return run, False
        name = next(a["name"] for a in run["artifacts"] if a["name"].endswith(".gz"))
        content = self.persist("GET", f"/v1/runs/{run['id']}/artifacts/{name}").body
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            self.assertEqual([name for name in tar.getnames() if name.endswith(".txt")], ["./new.txt"])
        return run, True

    def rows_hold(self, key):
        """One run of that key, ended once, with a whole trail."""
        self.assertEqual(self.count("job", f"kind = 'run' and id = '{self.runs[-1]}'"), self.runs[-1] not in self.unplanned)
        self.assertEqual(self.count("idempotency", f"key like '%{key}%'"), 1)
        self.assertEqual(loop.faults(self.stack, self.schema, [run for run in self.runs if run not in self.unplanned]), [])

    def disarm(self):
        for trigger in self.stack.triggers.values():
            trigger.disarm()

    def one(self, daemon, kind, n, place=0):
        """Which call it was, if it came to that; how the run ended."""
        self.armed, self.refusals = (daemon, kind, n), []
        self.disarm()
        self.stack.triggers[daemon].arm(kind, n, place)
        key = f"fault-{daemon}-{kind}-{n}-{time.monotonic_ns()}"
        known = len(self.runs)
        try:
            run, succeeded = self.walk(key)
        except WorkerEnded:
            del self.runs[known:]
            self.unfinished.append(key)
            return self.what(daemon), "the worker started anew"
        self.rows_hold(key)
        what = self.what(daemon)
        self.disarm()
        with contextlib.suppress(WorkerEnded):  # the wish is done, it ended afterwards
            self.revive()
        if not succeeded:
            key += "-again"
            self.assertTrue(self.walk(key)[1], "with the fault gone it succeeds")
            self.rows_hold(key)
        return what, "succeeded" if succeeded else run["error"]["code"] + ", then succeeded"

    def what(self, daemon):
        return self.stack.triggers[daemon].fired(BUILD / f"bin/execgov-{daemon}" if ALL else None)

    def finish(self):
        """What a worker left when it ended ends as well, once another has missed it."""
        self.disarm()
        for key in self.unfinished:
            with self.subTest(unfinished=key):
                run, succeeded = self.walk(key)
                self.rows_hold(key)
                if not succeeded:  # several workers ended under it, or it may not be repeated
                    print(f"an unfinished one: {run['error']['code']}", file=sys.stderr)
                    self.assertTrue(self.walk(key + "-again")[1], "with the fault gone it succeeds")
        self.unfinished = []

    def count_calls(self):
        for trigger in self.stack.triggers.values():
            trigger.reset()
        self.one("worker", "file", 1 << 40)  # never: everything is counted
        self.assertEqual(self.refusals, [], "nothing fails by itself")

    def shoot(self, daemon, kind, n, place):
        with self.subTest(place=f"{place:#x}", n=n):
            self.broken = True
            what, end = self.one(daemon, kind, n, place)
            self.broken = False
            if what:
                self.fired[place] = self.fired.get(place, 0) + 1
                print(f"{what} ({n}): {end} {self.refusals[:2]}", file=sys.stderr, flush=True)
        self.assertFalse(self.broken, f"call {n} of {place:#x} ({self.what(daemon)}): the stage is broken")
        if len(self.unfinished) >= UNFINISHED_MAX:
            self.finish()

    @unittest.skipUnless(ALL, "FAULT_ALL names a daemon and a kind")
    def test_whatever_call_fails_it_ends_in_an_error_or_in_success(self):
        daemon, kind = ALL.split(":")
        self.count_calls()
        places, self.fired, begun = self.stack.triggers[daemon].places(kind), {}, time.monotonic()
        turn = dict(zip(places, random.Random(SEED).sample(range(len(places)), len(places))))
        order = sorted((n, turn[place], place) for place, calls in places.items() for n in range(1, min(calls, TIMES) + 1))
        print(f"{ALL}: {len(order)} calls of {len(places)} places, {min(STEPS, len(order))} of them; FAULT_SEED={SEED}",
              file=sys.stderr)
        self.assertTrue(order, f"{kind} is never called by the {daemon}")
        shot = {place for _, _, place in order[:STEPS]}
        for n, _, place in order[:STEPS]:
            self.shoot(daemon, kind, n, place)
        for place in sorted(shot - set(self.fired)):  # it comes by in the first walk after a start, and then no more
            self.stack.end(daemon)
            self.stack.start(daemon)
            self.shoot(daemon, kind, 1, place)
        self.finish()
        fired = self.fired
        print(f"{ALL}: {sum(fired.values())} calls failed, {len(fired)} of {len(shot)} places, "
              f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
        self.assertGreaterEqual(len(fired), len(shot) // 2, "most places come by again")

    @unittest.skipIf(ALL, "FAULT_ALL leaves nothing to chance")
    def test_whatever_fails_once_ends_in_an_error_or_in_success_and_never_in_between(self):
        print(f"FAULT_SEED={SEED} FAULT_SECONDS={SECONDS:g}", file=sys.stderr)
        dice, bounds, fired, shown = random.Random(SEED), {}, 0, []
        self.count_calls()
        until_s = time.monotonic() + SECONDS
        for daemon, kind in itertools.product(DAEMONS, KINDS):
            bounds[daemon, kind] = self.stack.triggers[daemon].calls(kind)
            self.assertGreater(bounds[daemon, kind], 0, f"{kind} is never called by the {daemon}")
        if len(SHOT) > 1:
            bounds = {(SHOT[0], SHOT[1]): int(SHOT[2]) if len(SHOT) > 2 else bounds[SHOT[0], SHOT[1]]}
        if len(SHOT) > 2:
            dice.randint = lambda _, n: n
        order = [pair for pair in bounds for _ in range(1 if pair[1] == "memory" else 3)]
        while time.monotonic() < until_s and not self.broken:
            dice.shuffle(order)
            for daemon, kind in order:
                if time.monotonic() > until_s or self.broken:
                    break
                n = dice.randint(1, bounds[daemon, kind])
                with self.subTest(daemon=daemon, kind=kind, n=n):
                    self.broken = True  # unless it comes to the end: nothing can be said on a broken stage
                    begun = time.monotonic()
                    what, end = self.one(daemon, kind, n)
                    fired += what is not None
                    shown.append(f"{daemon} {kind} {n}/{bounds[daemon, kind]}: {what}: {end} {self.refusals[:2]} "
                                 f"{time.monotonic() - begun:.1f} s")
                    self.broken = False
        print("\n".join(shown), file=sys.stderr)
        self.assertGreater(fired, 0)
        self.assertGreaterEqual(fired, len(shown) // 3, "most shots are fired")


if __name__ == "__main__":
    unittest.main()
