"""The database's disk is full: what is asked for is refused or kept, and all of it is done when there is room again.

Its files lie on a small file system of their own, which takes root; elsewhere the test is skipped."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

SIZE_MB = 400
WRITES_MAX = 60


class Stack(stacks.Stack):
    """PostgreSQL's folder is a tmpfs."""

    mounted = False

    def start_postgres(self, make=False):
        home = self.folder / "postgres"
        if make:
            home.mkdir()
            self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=755", "tmpfs", home],
                                          capture_output=True, check=False).returncode == 0
            if not self.mounted:
                raise unittest.SkipTest("a file system cannot be mounted here")
        super().start_postgres(make)

    def stop(self):
        home = self.folder / "postgres"
        try:
            super().stop()
        finally:
            if self.mounted:
                subprocess.run(["umount", "-l", home], check=False)
                shutil.rmtree(self.folder, ignore_errors=True)

    def fill(self):
        """Nothing is left of it."""
        with open(self.folder / "postgres/filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 1048576)
            except OSError:
                pass
            try:
                while True:
                    filler.write(b"x" * 4096)
            except OSError:
                pass

    def make_room(self):
        (self.folder / "postgres/filler").unlink()

    def keep(self):
        """As whatever keeps PostgreSQL does: start it again when it has given up, which it may do a moment after there is room."""
        if self.running["postgres"].poll() is not None:
            self.running.pop("postgres")
            self.start_postgres()


def setUpModule():
    loop.Case.stack = Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    if loop.Case.stack:
        loop.Case.stack.stop()


class Disk(loop.Case):
    def test_what_was_accepted_is_done_when_there_is_room_again(self):
        stack, accepted, refused = self.stack, [], []
        accepted.append(self.run_probe(wait=0, what="sleep", seconds=2)["id"])
        stack.fill()
        try:
            for _ in range(WRITES_MAX):
                with contextlib.suppress(AssertionError):  # somebody else's writes, 8 MB of log each
                    stack.sql("select length(pg_logical_emit_message(false, 'filler', repeat('x', 8000000))::text)")
                reply = self.api("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {}})
                if reply.status == 202:
                    accepted.append(reply.json["id"])
                    continue
                refused.append(reply)
                if len(refused) == 3:
                    break
        finally:
            stack.make_room()
        self.assertEqual(len(refused), 3, "it never was full")
        for reply in refused:
            self.refused(reply, 503, "store_unavailable")
            self.assertGreater(int(reply.headers["Retry-After"]), 0)

        def recovered():
            stack.keep()
            return self.api("GET", "/v1/me").status == 200
        stacks.until(recovered, what="the recovery")
        accepted.append(self.run_probe(wait=0)["id"])
        for run in accepted:
            self.until_state(run, *loop.ENDED, seconds=120)
        self.assertEqual(loop.faults(stack, self.schema, accepted), [])
        self.assertEqual({self.run_of(run)["state"] for run in accepted}, {"succeeded"})


if __name__ == "__main__":
    unittest.main()
