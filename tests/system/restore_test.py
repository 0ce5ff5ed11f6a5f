"""A database that is put back to an earlier time: what survived ends once, what may have had an effect waits for a
person, nothing stale is accepted."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

DAEMONS = ("worker", "scheduler", "api")


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Restore(loop.Case):
    def check(self, *words):
        done = subprocess.run([stacks.BUILD / "bin/execgov", "restore", "check", "--json", "--pg",
                               f"{self.stack.conninfo} user=postgres", *words], capture_output=True, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()

    def dump(self):
        file = self.stack.folder / "dump"
        self.stack.call([stacks.postgres_program("pg_dump"), "-h", self.stack.folder / "postgres", "-U", "postgres", "-Fc",
                         "-f", file, "execgov"])
        return file

    def put_back(self, file):
        for name in DAEMONS:
            self.stack.end(name)
        self.stack.sql("drop database execgov", "postgres")
        self.stack.sql("create database execgov template template0", "postgres")
        self.stack.call([stacks.postgres_program("pg_restore"), "-h", self.stack.folder / "postgres", "-U", "postgres",
                         "-d", "execgov", "--exit-on-error", file])
        self.stack.end("redis")
        self.stack.start_redis()

    def pause(self, on):
        self.ok(self.api("PATCH", f"/v1/platform/limits/{self.stack.tenants[loop.TENANT]['id']}",
                         {"paused": on, "comment": "backup"}, token="pat"))

    def test_what_survived_ends_once_and_what_may_have_called_out_waits(self):
        danger = self.run_probe("danger")
        request = self.request_of(danger["request_id"])
        self.assertEqual(request["state"], "awaiting_confirmation")
        self.pause(True)
        plain = [self.run_probe(wait=0, value=f"v{i}")["id"] for i in range(20)]
        self.ok(self.api("POST", f"/v1/requests/{request['id']}/confirm", {"digest": request["plan"]["digest"]}, "arun"))
        file = self.dump()
        self.pause(False)
        later = [self.run_probe(wait=0, value=f"w{i}")["id"] for i in range(20)]
        for run in plain + later:
            self.until_state(run, "succeeded")
        self.until_state(danger["id"], "succeeded")

        self.put_back(file)
        code, said = self.check()
        self.assertEqual(code, 1, said)
        self.assertEqual([i["job"] for i in said["items"] if i["unknown"]], [danger["id"]])
        self.assertEqual({i["job"] for i in said["items"]}, {*plain, danger["id"]})
        code, said = self.check("--hold")
        self.assertEqual((code, said["held"]), (0, 1))
        for name in reversed(DAEMONS):
            self.stack.start(name)
        self.pause(False)
        for run in plain:
            self.until_state(run, "succeeded")
        self.assertEqual(loop.faults(self.stack, self.schema, plain), [])
        self.assertEqual(self.run_of(danger["id"])["state"], "held")
        for run in later:
            self.refused(self.api("GET", f"/v1/runs/{run}"), 404, "not_found")
        self.assertEqual(self.check("--release", skills.new_id())[0], 2)
        self.assertEqual(self.check("--release", danger["id"])[1]["released"], 1)
        self.until_state(danger["id"], "succeeded")

    def test_another_life_while_everybody_lives_is_noticed(self):
        """The server's files put back, by point-in-time recovery: the same database in another timeline, and the queue
        in Redis is of a future that never was. Nobody is started again."""
        home = self.stack.folder / "postgres"
        self.stack.end("worker")
        kept = [self.run_probe(wait=0, value=f"k{i}")["id"] for i in range(3)]
        self.stack.end("postgres", signal.SIGINT)
        self.stack.call(["cp", "-a", home / "data", home / "copy"])
        self.stack.start_postgres()
        self.stack.start("worker")
        for run in kept:
            self.until_state(run, "succeeded")
        lost = self.run_probe(wait=0, what="sleep", seconds=60)["id"]
        stacks.until(lambda: "begun" in self.log_of(lost), what="a run that will never have been")
        rebuilt = self.stack.log("scheduler").count('"queue.rebuilt"')
        generation = self.generation()
        self.stack.end("postgres", signal.SIGINT)
        self.stack.call(["rm", "-rf", home / "data"])
        self.stack.call(["mv", home / "copy", home / "data"])
        recovery = home / "data/recovery.signal"
        recovery.touch()
        shutil.chown(recovery, *[home.stat()[field] for field in (4, 5)])
        with open(home / "data/postgresql.auto.conf", "a", encoding="utf-8") as conf:
            conf.write("restore_command = '/bin/false'\n")
        self.stack.start_postgres()
        stacks.until(lambda: self.stack.log("scheduler").count('"queue.rebuilt"') > rebuilt, 45, "the rebuild")
        self.assertNotEqual(self.generation().split(":")[2], generation.split(":")[2])
        fresh = self.run_probe(wait=0)["id"]
        for run in [*kept, fresh]:
            self.until_state(run, "succeeded")
        self.assertEqual(loop.faults(self.stack, self.schema, [*kept, fresh]), [])
        self.refused(self.api("GET", f"/v1/runs/{lost}"), 404, "not_found")
        for name in DAEMONS:
            stacks.until(lambda name=name: self.queue_is_open(name), 30, f"{name} believing in the queue")
            self.assertIn("database.another_life", self.stack.log(name), name)
        worker = self.stack.running["worker"].pid
        stacks.until(lambda: self.stack.sql(f"select 1 from public.worker where pid = {worker} and state = 'active'"),
                     what="the worker's row, of which the backup knew nothing")

    def generation(self):
        return subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", "get", "{s00}:gen"],
                              capture_output=True, check=True, text=True).stdout.strip()

    def queue_is_open(self, name):
        with contextlib.closing(self.stack.connect(name)) as connection:
            connection.request("GET", "/readyz")
            checks = json.loads(connection.getresponse().read())["checks"]
        return next(c["ok"] for c in checks if c["name"] == "queue")


if __name__ == "__main__":
    unittest.main()
