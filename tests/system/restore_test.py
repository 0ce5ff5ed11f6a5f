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
from caller import CALLER  # noqa: E402
from partner import Partner  # noqa: E402

DAEMONS = ("worker", "egress", "scheduler", "api")
MANY = 5000  # before the backup, and as many after it
NOOP = {
    "README.md": "# Nothing\n\nDoes nothing, many times.\n",
    "main.py": "pass\n",
    "skill.json": json.dumps({"executor": "noop", "idempotent": True, "input": {"type": "object", "additionalProperties": False}}),
}


def setUpModule():
    stack = stacks.Stack(("api", "scheduler", "egress", "worker"), settings={"worker": {"noop": "on"}})
    loop.Case.stack = stack
    loop.Case.partner = Partner(stack)
    # A write that the platform calls harmless: nobody is asked, and the run stays in its script's lane.
    loop.Case.partner.change(timeout_ms=10000, operations=[
        o | {"risk": "low"} if o["name"] == "orders_create" else o for o in loop.Case.partner.definition["operations"]])
    skills.publish(stack, [(loop.TENANT, "probe", skills.PROBE), (loop.TENANT, "noop", NOOP),
                           (loop.TENANT, "caller", CALLER)])


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
        self.stack.sql("drop database execgov with (force)", "postgres")
        self.stack.sql("create database execgov template template0", "postgres")
        self.stack.call([stacks.postgres_program("pg_restore"), "-h", self.stack.folder / "postgres", "-U", "postgres",
                         "-d", "execgov", "--exit-on-error", file])
        self.stack.end("redis")
        self.stack.start_redis()

    def begin(self):
        for name in reversed(DAEMONS):
            self.stack.start(name)

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
        self.begin()
        self.pause(False)
        for run in plain:
            self.until_state(run, "succeeded")
        self.assertEqual(loop.faults(self.stack, self.schema, plain), [])
        self.assertEqual(self.run_of(danger["id"])["state"], "held")
        for language, said in (("en", "put back from a backup"), ("zh", "从备份恢复")):
            why = self.ok(self.api("GET", f"/v1/runs/{danger['id']}/why", Accept_Language=language))["blockers"]
            self.assertEqual([b["code"] for b in why], ["held"])
            self.assertRegex(why[0]["message"], said)
            self.assertIn(f"execgov restore check --release {danger['id']}", why[0]["remedy"])
        for run in later:
            self.refused(self.api("GET", f"/v1/runs/{run}"), 404, "not_found")
        self.assertEqual(self.check("--release", skills.new_id())[0], 2)
        self.assertEqual(self.check("--release", danger["id"])[1]["released"], 1)
        self.until_state(danger["id"], "succeeded")
        self.assertEqual(self.ok(self.api("GET", f"/v1/runs/{danger['id']}/why"))["blockers"], [])

    # --- at size ---

    def batch(self, count):
        """So many runs that do nothing, a thousand a call."""
        answers = [self.ok(self.api("POST", "/v1/runs/batch", {"runs": [{"skill": "noop"}] * 1000}), 202)["items"]
                   for _ in range(count // 1000)]
        return [item["id"] for items in answers for item in items]

    def order(self, sku):
        """A script that orders from the partner, in the lane of scripts and of low risk."""
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "caller", "action": "write", "input": {
            "what": "http", "base": "", "operation": "partner.orders_create", "json": {"sku": sku}}}), 202)["id"]
        stacks.until(lambda: self.row_of(run), 60, "the run's job")
        self.assertEqual(self.row_of(run), ["py", "low"])
        return run

    def row_of(self, run):
        found = self.stack.sql(f"select lane, risk from {self.schema}.job where id = '{run}' and kind = 'run'")
        return found and found[0]

    def orders(self):
        return len([a for a in self.partner.asked() if a["method"] == "POST"])

    def all_ended(self, runs, seconds=240):
        def ended():
            return {row[0] for row in self.stack.sql(f"select job_id from {self.schema}.job_outcome where state = 'succeeded'")}
        stacks.until(lambda: ended() >= set(runs), seconds, f"the end of {len(runs)} runs")

    def due_schedule(self):
        """A schedule whose slot of a minute ago nobody has decided yet: the scheduler is away."""
        made = self.ok(self.api("POST", "/v1/schedules", {"name": "each minute", "cron": "* * * * *", "skill": "noop",
                                                          "catch_up": "all", "input": {}}), 201)["id"]
        self.stack.sql(f"update {self.schema}.schedule set next_at = date_trunc('minute', now()) - interval '1 minute', "
                       f"due_at = now() where id = '{made}'")
        self.stack.sql("insert into public.mark select id, date_trunc('minute', now()) from public.tenant "
                       f"where schema = '{self.schema}' on conflict do nothing")
        return made

    def until_fired(self, schedule):
        stacks.until(lambda: self.count("schedule_firing", f"schedule_id = '{schedule}' and state = 'fired'"), 60,
                     "the schedule's firing")

    def test_ten_thousand_runs_after_a_backup_and_nothing_is_blindly_done_again(self):
        begun = self.order("SLOW")  # its effect has begun before the backup
        stacks.until(lambda: self.count("effect", f"job_id = '{begun}' and state = 'started'"), what="the effect")
        self.pause(True)
        slept = self.run_probe(wait=0, what="sleep", seconds=2)["id"]
        before = self.batch(MANY)
        plain, ordered = self.run_probe(wait=0, value="kept")["id"], self.order("LAMP-1")
        late = self.ok(self.api("POST", "/v1/runs", {"skill": "probe", "input": {}, "delay_ms": 3000}), 202)["id"]
        wish = self.ask("order 3 pieces of LAMP-1 from the partner", wait=0)["id"]
        self.stack.end("scheduler")
        schedule = self.due_schedule()
        file = self.dump()

        ghost = self.ghost(slept)
        after = self.batch(MANY)
        self.until_fired(schedule)
        self.all_ended([*before, *after, slept, plain, ordered, late, begun])
        stacks.until(lambda: self.count("job_outcome", f"job_id in (select id from {self.schema}.job where kind = 'intent')"),
                     60, "the wish's being understood, or not")
        orders = self.orders()

        self.put_back(file)
        code, said = self.check()
        self.assertEqual((code, said["due"]), (1, 1))
        unknown = {i["job"] for i in said["items"] if i["unknown"]}
        intent = self.stack.sql(f"select job_id from {self.schema}.job_live l join {self.schema}.job j on j.id = l.job_id "
                                "where j.kind = 'intent'")[0][0]
        self.assertEqual(unknown, {begun, ordered, intent})
        self.assertEqual({i["job"] for i in said["items"]}, {*before, slept, plain, late, *unknown})
        self.assertEqual([s["schedule"] for s in said["schedules"]], [schedule])
        code, said = self.check("--hold")
        self.assertEqual((code, said["held"], said["paused"], said["unknown"], said["due"]), (0, 3, 1, 0, 0))
        self.assertEqual(self.check()[0], 0, "it is said once")

        self.begin()
        ghost.send_signal(signal.SIGCONT)
        self.pause(False)
        survived = [*before, slept, plain, late]
        self.all_ended(survived)
        for first in range(0, len(survived), 1000):
            self.assertEqual(loop.faults(self.stack, self.schema, survived[first:first + 1000]), [], "one end, by its own claim")
        self.assertEqual(self.count("job", f"id in ('{after[0]}', '{after[-1]}')"), 0)
        for held in (begun, ordered):
            self.assertEqual(self.run_of(held)["state"], "held")
        self.assertEqual(self.count("job_live", "state = 'held'"), 3)
        self.assertEqual(self.count("job_live", "state <> 'held'"), 0, "nothing else is left")
        self.assertEqual(self.orders(), orders, "nothing was ordered again")
        self.assertEqual(self.count("schedule_firing", "state = 'fired'"), 0, "no slot was made up for")

        shown = self.ok(self.api("GET", f"/v1/schedules/{schedule}"))
        self.assertEqual((shown["enabled"], shown["state"]), (False, "restored"))
        self.assertIn("put back to an earlier time", shown["state_detail"])
        shown = self.ok(self.api("PATCH", f"/v1/schedules/{schedule}", {"enabled": True}))
        self.assertEqual(shown["state"], "active")
        self.assertEqual(self.count("schedule", f"id = '{schedule}' and next_at > now()"), 1, "it goes on after now")
        self.assertEqual(self.check("--release", ordered)[1]["released"], 1)
        self.until_state(ordered, "succeeded")
        self.assertEqual(self.orders(), orders + 1, "somebody has looked, and it was to be ordered")
        self.ok(self.api("POST", f"/v1/runs/{begun}/cancel"))
        self.until_state(begun, "cancelled")
        self.assertEqual(self.check("--release", intent)[1]["released"], 1)
        stacks.until(lambda: self.request_of(wish)["state"] not in ("received", "recognising"), what="the wish going on")

    def ghost(self, run):
        """A worker of the time that will not have been: stopped in the middle of a run that the backup knows as waiting."""
        self.stack.end("worker")
        self.stack.start("worker-2")
        self.stack.start("scheduler")
        self.pause(False)
        stacks.until(lambda: "begun" in self.log_of(run), what="its run")
        process = self.stack.running["worker-2"]
        process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.stack.end, "worker-2")
        self.addCleanup(process.send_signal, signal.SIGCONT)
        self.stack.start("worker")
        return process

    def test_another_life_while_everybody_lives_is_noticed(self):
        """The server's files put back, by point-in-time recovery: the same database in another timeline, and the queue
        in Redis is of a future that never was. Nobody is started again."""
        home = self.stack.folder / "postgres"
        self.stack.end("worker")
        kept = [self.run_probe(wait=0, value=f"k{i}")["id"] for i in range(3)]
        self.stack.call([stacks.postgres_program("pg_basebackup"), "-h", home, "-U", "postgres", "-D", home / "copy", "-c",
                         "fast"], True)
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
        for name in ("worker", "scheduler", "api"):
            stacks.until(lambda name=name: self.queue_is_open(name), 30, f"{name} believing in the queue")
            self.assertIn("database.another_life", self.stack.log(name), name)
        worker = self.stack.running["worker"].pid
        stacks.until(lambda: self.stack.sql(f"select 1 from public.worker where pid = {worker} and state = 'active'"),
                     what="the worker's row, of which the backup knew nothing")

    def generation(self):
        return subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", "get", "{s00}:gen"],
                              capture_output=True, check=True, text=True).stdout.strip()

    def queue_is_open(self, name):
        with contextlib.closing(self.stack.connect(name=name)) as connection:
            connection.request("GET", "/readyz")
            checks = json.loads(connection.getresponse().read())["checks"]
        return next(c["ok"] for c in checks if c["name"] == "queue")


if __name__ == "__main__":
    unittest.main()
