"""Eight bugs, two of them in two places, planted one at a time; each must turn the checks of tests/lib/chaos.py red, by a storm that is made
for it and that leaves a sound build green.

Seven are in the programs (core/io/db/db_plant.h, only in builds with sanitizers; $EXECGOV_PLANT names one), one is in
the database, put there and taken away by the test.
"""
import collections
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import chaos  # noqa: E402
import chaos_after  # noqa: E402
import chaos_effects  # noqa: E402
import chaos_keys  # noqa: E402
import loop  # noqa: E402
import skills  # noqa: E402
import slow_disk  # noqa: E402
import stack as stacks  # noqa: E402

TENANT, OTHER = chaos.TENANTS


def setUpModule():
    Case.world = chaos.World()
    skills.publish(Case.world, [(TENANT, "cleanup", skills.example("cleanup"))])


def tearDownModule():
    Case.world.stop()


class Case(unittest.TestCase):
    world = None

    @property
    def schema(self):
        return self.world.schema_of(TENANT)

    def both(self, plant, storm, **how):
        """Green without the bug, red with it. The faults that it made."""
        self.world.again(None)
        storm()
        self.assertEqual(chaos.faults(self.world, **how), [], "a sound build")
        self.world.again(plant)
        storm()
        wrong = chaos.faults(self.world, **how)
        self.assertNotEqual(wrong, [], f"nothing was found wrong with {plant}")
        print(f"{plant}: {wrong[:2]}", file=sys.stderr)
        return wrong

    def sql(self, text):
        return self.world.sql(text)

    def running(self, value, seconds):
        run = self.world.submit(TENANT, value, seconds)
        stacks.until(lambda: self.sql(f"select 1 from {self.schema}.run_log where job_id = '{run}'"), what="its start")
        return run

    def claims(self, run):
        return int(self.sql(f"select count(*) from {self.schema}.audit_event where subject = '{run}' "
                            "and action = 'job.claimed'")[0][0])


class Fences(Case):
    """A worker that slept comes back with the end of a run that somebody else has by then."""

    def come_back_late(self, lose, claims):
        """The first worker sleeps while its script ends; `lose` takes the job away; another claims it, and is in the
        middle of it when the first comes back."""
        self.world.start("worker-2")
        self.world.running["worker-2"].send_signal(signal.SIGSTOP)
        run = self.running("late", 6)
        ended = time.monotonic() + 6.5
        self.world.running["worker"].send_signal(signal.SIGSTOP)
        lose(run)
        time.sleep(2)
        self.world.running["worker-2"].send_signal(signal.SIGCONT)
        stacks.until(lambda: self.claims(run) == claims, what="the second claim")
        time.sleep(max(0, ended - time.monotonic()))
        self.world.running["worker"].send_signal(signal.SIGCONT)

    def bury(self, run):
        self.sql("update public.worker set heartbeat_at = now() - interval '1 hour' where id = "
                 f"(select worker from {self.schema}.job_live where job_id = '{run}')")
        stacks.until(lambda: self.sql(f"select 1 from {self.schema}.job_live where job_id = '{run}' and fence > 2"),
                     what="its being taken away")

    def fail_over(self, run):
        """The claim's commit was lost with the server that had it: fence, token and audit."""
        self.sql(f"update {self.schema}.job_live set state = 'ready', fence = 1, token = null, worker = null, "
                 f"attempt = 0, started_at = null where job_id = '{run}'")
        self.sql(f"set session_replication_role = replica; delete from {self.schema}.audit_event "
                 f"where subject = '{run}' and action = 'job.claimed'")
        self.world.redis_do("flushall")

    def test_no_fence(self):
        wrong = self.both("no_fence", lambda: self.come_back_late(self.bury, 2))
        self.assertTrue(any(w.startswith("3:") for w in wrong), wrong)

    def test_result_without_token(self):
        wrong = self.both("no_token", lambda: self.come_back_late(self.fail_over, 1))
        self.assertTrue(any(w.startswith("3:") for w in wrong), wrong)


class BatchedFences(Case):
    """The same of ends that are written many together: between claim and end somebody else gets the job."""

    def overtaken(self, fence):
        """Has the first one's end been accepted although the job was another's? The network is slow, so that there is
        a moment between the two."""
        world, proxy = self.world, self.world.proxies["postgres"]
        world.submit(TENANT, None)
        self.assertEqual(world.all_ended(60), [])
        refused = world.log("worker").count("job.stale")
        proxy.latency(0.45)
        try:
            run = stacks.until(lambda: self.take_over(fence), what="a run's being taken over")
            ended = stacks.until(lambda: self.sql(f"select 'ended' from {self.schema}.job_outcome where job_id = '{run}'") or
                                 (world.log("worker").count("job.stale") > refused and "refused"), what="the late end")
        finally:
            proxy.calm()
        # Whoever took it was the test; it gives it back.
        self.sql(f"update {self.schema}.job_live set state = 'ready', fence = fence + 1, token = null, worker = null "
                 f"where job_id = '{run}'")
        self.assertEqual(world.all_ended(60), [])
        return ended != "refused"

    def take_over(self, fence):
        """A run that was claimed and has not ended; None if it was quicker than we."""
        run, schema = self.world.submit(TENANT, None), self.schema
        taken = stacks.until(lambda: self.sql(
            f"with taken as (update {schema}.job_live set fence = {fence}, token = gen_random_uuid(), worker = "
            f"gen_random_uuid() where job_id = '{run}' and state = 'running' returning job_id) select * from taken") or
            self.sql(f"select null from {schema}.job_outcome where job_id = '{run}'"), what="its claim or its end")
        return run if taken == [[run]] else None

    def both_ways(self, plant, fence):
        self.world.again(None)
        self.assertFalse(self.overtaken(fence), "a sound build refuses it")
        self.world.again(plant)
        self.assertTrue(self.overtaken(fence), f"{plant} was refused")

    def test_no_fence(self):
        self.both_ways("no_fence", "fence + 2")

    def test_result_without_token(self):
        self.both_ways("no_token", "fence")


class Queue(Case):
    def test_forget_before_commit(self):
        """The slot is free before the end is durable, so the next of the key begins too early."""
        def storm():
            self.world.start("worker-2")
            self.world.proxies["postgres"].latency(0.03)
            threads = [threading.Thread(target=self.world.submit, args=(TENANT, f"k{i}", 0, chaos.KEY)) for i in range(10)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.world.all_ended(60)
            self.world.proxies["postgres"].calm()
        wrong = self.both("forget_first", storm)
        self.assertTrue(any(w.startswith("5:") for w in wrong), wrong)

    def test_forget_before_commit_lets_more_run_than_may(self):
        """The same of a tenant's limit, which is below what the workers' slots would allow."""
        def storm():
            self.world.start("worker-2")
            self.world.limit(TENANT, 2)
            self.world.proxies["postgres"].latency(0.03)
            threads = [threading.Thread(target=self.world.submit, args=(TENANT, f"l{i}")) for i in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.world.all_ended(60)
            self.world.proxies["postgres"].calm()
        try:
            wrong = self.both("forget_first", storm)
        finally:
            self.world.limit(TENANT, 16)
            self.world.limits.clear()
        self.assertTrue(any("at once" in w for w in wrong), wrong)

    def test_no_sweep(self):
        """Rows whose entry is lost are found by nobody."""
        def storm():
            self.world.proxies["redis"].blackhole(True)
            for i in range(3):
                self.world.submit(TENANT, f"s{i}")
            self.world.redis_do("flushall")
            self.world.proxies["redis"].calm()
            self.world.proxies["redis"].reset()
        wrong = self.both("no_sweep", storm, seconds=25)
        self.assertTrue(any(w.startswith("2:") for w in wrong), wrong)

    def test_lease_by_local_clock(self):
        """Nobody dies, and yet work is taken away from its worker."""
        wrong = self.both("local_clock", lambda: self.running("long", 25), crashes_allowed=False)
        self.assertTrue(any("lived" in w for w in wrong), wrong)


class Sandbox(Case):
    def test_no_kill(self):
        """What was cancelled is gone within a second, children and all."""
        self.world.again(None)
        self.assertEqual(chaos_after.cancel_faults(self.world), [], "a sound build kills it")
        self.world.again("no_kill")
        wrong = chaos_after.cancel_faults(self.world)
        self.world.ledger.clear()  # they end late, which the plant meant
        self.assertNotEqual(wrong, [], "it was killed although the plant forbade that")
        print(f"no_kill: {wrong}", file=sys.stderr)


class Database(Case):
    def test_confirmation_not_consumed(self):
        """A plan that is confirmed twice runs once: one made of words, whose run would get a new id, and one made by hand."""
        def storm():
            self.world.decided_again.clear()
            self.world.confirmed(TENANT, "confirmed", 20)
            body = {"text": "remove files older than 365 days from old.tar.gz", "files": [archive]}
            status, request = self.world.ask_api("api", "POST", "/v1/requests", body, "oscar", {"Prefer": "wait=60"}, 90)
            self.assertEqual((status, request["state"]), (200, "awaiting_confirmation"), request)
            digest = {"digest": request["plan"]["digest"]}
            said = [self.world.ask_api("api", "POST", f"/v1/requests/{request['id']}/confirm", digest, who, {})[0]
                    for who in ("arun", "adam")]
            return ([] if said.count(200) == 1 else [f"2: answers {said}"]) + chaos.faults(self.world)
        self.world.again(None)
        status, archive = self.upload()
        self.assertEqual(storm(), [], "a sound database")
        function = f"{self.schema}.confirmation_decide_{self.schema}"
        text = "\n".join(row[0] for row in self.sql(f"select pg_get_functiondef('{function}'::regproc)"))
        line = "when c.state <> 'waiting' then 'already_decided'"
        self.assertIn(line, text)
        self.sql(text.replace(line, ""))
        try:
            wrong = storm()
        finally:
            self.sql(text)
        for what in (" runs", "once more"):
            self.assertTrue(any(what in w for w in wrong), wrong)
        self.world.decided_again.clear()
        self.sql(f"set session_replication_role = replica; delete from {self.schema}.confirmation where request_id in (select "
                 f"request_id from {self.schema}.job where kind = 'run' group by request_id having count(*) > 1)")
        print(f"confirmation_not_consumed: {wrong}", file=sys.stderr)

    def upload(self):
        reply = self.world.api("POST", "/v1/files?name=old.tar.gz", loop.old_archive(), "oscar",
                               {"Content-Type": "application/octet-stream"})
        return reply.status, reply.json["id"]


class Tenants(Case):
    def test_missing_tenant_filter(self):
        """Who asks for the people of a tenant gets those of all."""
        wrong = self.both("no_tenant_filter", lambda: self.world.submit(OTHER, "mine"))
        self.assertTrue(all(w.startswith("7:") for w in wrong), wrong)


    def test_a_job_in_the_queue_of_another_tenant(self):
        """In a lane that nobody serves, where it stays until it is seen."""
        self.world.again(None)
        key = f"{{s00}}:q:nowhere:normal:{self.schema}"
        keys = chaos_keys.Keys(self.world)
        self.assertEqual(len(keys.faults()), 1, "nothing was looked at")
        for tenant, wrong in ((TENANT, 0), (OTHER, 1)):
            run = self.world.submit(tenant, "mine")
            self.world.redis_do("rpush", key, f"{run} 1 1 run ledger.run 1")
            keys.look()
            self.assertEqual(len([w for w in keys.faults() if run in w]), wrong, keys.faults())
            self.assertEqual(len(keys.faults()), wrong, keys.faults())
        self.world.redis_do("del", key)
        self.assertEqual(self.world.all_ended(60), [])


class Books(unittest.TestCase):
    def test_ours_and_the_partners(self):
        """What an order ended as, the states of its effects, how often the partner has it, and whether that is wrong."""
        for ended, effects, made, wrong in (
                ("succeeded", ["done"], 1, False), ("failed", ["unknown"], 1, False), ("failed", ["unknown"], 0, False),
                ("failed", ["started"], 1, False), ("failed", ["failed"], 0, False), ("failed", [], 0, False),
                ("failed", ["done"], 1, False),
                ("succeeded", ["done"], 2, True), ("succeeded", ["done"], 0, True), ("failed", ["done"], 0, True),
                ("failed", ["failed"], 1, True), ("failed", [], 1, True), ("succeeded", [], 0, True),
                ("succeeded", ["started"], 1, True), (None, ["done"], 1, True), ("failed", ["unknown"], 2, True)):
            found = chaos_effects.book_faults([(TENANT, "run", "SKU")], {"run": (ended, effects)},
                                              collections.Counter({"SKU": made}))
            self.assertEqual(bool(found), wrong, (ended, effects, made, found))


class Disk(unittest.TestCase):
    FLUSHES = '''import os, sys, time
with open(sys.argv[1], "w") as file:
    for flush in (os.fsync, os.fdatasync):
        began = time.monotonic()
        flush(file.fileno())
        print(time.monotonic() - began)
'''

    def test_is_as_slow_as_it_is_told_to_be(self):
        with tempfile.TemporaryDirectory() as folder:
            disk = slow_disk.SlowDisk(pathlib.Path(folder), stacks.BUILD)
            for seconds in (0.4, 0.2):
                disk.takes(seconds)
                with disk.under():
                    said = subprocess.run([sys.executable, "-c", self.FLUSHES, f"{folder}/file"], capture_output=True, check=True,
                                          text=True).stdout
                self.assertGreaterEqual(min(map(float, said.split())), seconds)


class Release(unittest.TestCase):
    def test_knows_no_plants(self):
        """Without the sanitizers' definition the file that plants is empty."""
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder, "plant.o")
            subprocess.run(["cc", "-c", "-I", SOURCE, "-o", out, SOURCE / "core/io/db/db_plant.c"], check=True)
            self.assertNotIn(b"EXECGOV_PLANT", out.read_bytes())
        said = [path for path in (SOURCE / "CMakeLists.txt", *(SOURCE / "cmake").iterdir())
                if "EXECGOV_PLANTS" in path.read_text(encoding="utf-8")]
        self.assertEqual([path.name for path in said], ["plants.cmake"])
        text = said[0].read_text(encoding="utf-8")
        self.assertLess(text.index("if(EXECGOV_SANITIZE)"), text.index("EXECGOV_PLANTS"))
        self.assertEqual(text.count("EXECGOV_PLANTS"), 1)


if __name__ == "__main__":
    unittest.main()
