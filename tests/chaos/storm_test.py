"""Storms over two of everything; afterwards PostgreSQL, Redis and the clients' ledger are asked (tests/lib/chaos.py, chaos_after.py).

    CHAOS_SEED=7 CHAOS_SECONDS=75 tests/chaos/storm_test.py

The seed decides what happens, in which order and to whom; the moments within a second are the machine's. With
CHAOS_PLANT=no_sweep the programs carry that bug (core/io/db/db_plant.c).
"""
import collections
import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import chaos  # noqa: E402
import chaos_after  # noqa: E402
import chaos_effects  # noqa: E402
import chaos_keys  # noqa: E402
import stack as stacks  # noqa: E402

SEED = int(os.environ.get("CHAOS_SEED", "1"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "60"))
PLANT = os.environ.get("CHAOS_PLANT")
CLIENTS = 3
QUIET_S = 90


class Storm:
    """What may happen. Each act leaves everything running, at the latest when `heal` is called."""

    def __init__(self, world, seed):
        self.world = world
        self.random = random.Random(seed)
        self.told = []
        self.later = []  # (when, act): what ends what was begun
        self.kills = 0
        self.skewed = set()  # whose clock is wrong

    def acts(self):
        return (self.kill_worker, self.pause_worker, self.kill_api, self.kill_scheduler, self.pause_scheduler,
                self.wipe_redis, self.restart_redis, self.restart_postgres, self.slow_network, self.cut_network,
                self.swallow_answers, self.slice_network, self.lose_network, self.repeat_entries, self.drain_worker,
                self.hold_snapshot, self.kill_sandboxd, self.jump_clock, self.pause_api, self.pause_postgres,
                self.pause_redis, self.pause_sandboxd, self.kill_egress, self.slow_disk)

    def step(self):
        now = time.monotonic()
        for when, act in [item for item in self.later if item[0] <= now]:
            self.later.remove((when, act))
            act()
        act = self.random.choice(self.acts())
        self.told.append(act.__name__)
        act()

    def heal(self):
        for _, act in self.later:
            act()
        self.later.clear()
        for proxy in self.world.proxies.values():
            proxy.calm()
        self.world.disk.takes(0)
        for name in ("postgres", "redis", "sandboxd", "egress", "scheduler", "scheduler-2", "api", "api-2", "worker",
                     "worker-2"):
            process = self.world.running.get(name)
            if process and process.poll() is None:
                self.go_on(name)
            else:
                self.restart(name)
        for name in sorted(self.skewed):
            self.restart(name, signal.SIGTERM)
        self.skewed.clear()

    def after(self, seconds, act):
        self.later.append((time.monotonic() + seconds, act))

    def one_of(self, kind):
        return self.random.choice((kind, kind + "-2"))

    def restart(self, name, how=signal.SIGKILL):
        world = self.world
        world.disk.takes(0)  # a PostgreSQL that begins anew after a crash flushes thousands of files
        if name in world.running:
            self.go_on(name)
            world.end(name, how)
        self.skewed.discard(name)
        if name == "sandboxd":
            stacks.until(self.sandboxd_starts, 20, "a sandboxd again")
            return
        start = {"postgres": world.start_postgres, "redis": world.start_redis}
        start.get(name, lambda: world.start(name))()

    def sandboxd_starts(self):
        """The last children of the one that was killed may hold its cache a moment longer; a service manager tries
        again, too."""
        (self.world.folder / "sandbox.sock").unlink(missing_ok=True)
        try:
            self.world.start("sandboxd")
        except AssertionError:
            self.world.running.pop("sandboxd", None)
            return False
        return True

    def calm_if_needed(self):
        """A daemon that starts has to reach its stores, and one that drains its sandbox."""
        for proxy in self.world.proxies.values():
            proxy.calm()
        self.world.disk.takes(0)
        for name in ("postgres", "redis", "sandboxd"):
            self.go_on(name)

    # --- processes ---

    def kill_worker(self):
        if self.kills >= 2:  # a third could make a poison of a job, rightly
            return self.pause_worker()
        self.kills += 1
        self.calm_if_needed()
        return self.restart(self.one_of("worker"))

    def pause(self, name, seconds):
        """The whole of it: a PostgreSQL is a process for each connection, and one that is stopped makes no more."""
        process = self.world.running[name]
        process.send_signal(signal.SIGSTOP)
        self.tell_children(process, signal.SIGSTOP)
        self.after(seconds, lambda: self.world.running.get(name) is process and self.go_on(name))

    def go_on(self, name):
        process = self.world.running.get(name)
        if process and process.poll() is None:
            self.tell_children(process, signal.SIGCONT)
            process.send_signal(signal.SIGCONT)

    def tell_children(self, process, number):
        if process is self.world.running.get("postgres"):
            listed = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
            for pid in map(int, listed.split()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    def jump_clock(self):
        """What starts again with a clock that is an hour off, until it is started once more."""
        name = self.one_of(self.random.choice(("api", "scheduler", "worker")))
        self.calm_if_needed()
        os.environ["EXECGOV_SKEW_S"] = str(self.random.choice((-3600, 3600)))
        try:
            self.restart(name, signal.SIGTERM)
        finally:
            os.environ.pop("EXECGOV_SKEW_S", None)
        self.skewed.add(name)

    def pause_api(self):
        self.pause(self.one_of("api"), self.random.choice((1, 4, 9)))

    def pause_postgres(self):
        self.pause("postgres", self.random.choice((1, 3)))

    def pause_redis(self):
        self.pause("redis", self.random.choice((1, 3)))

    def pause_sandboxd(self):
        self.pause("sandboxd", self.random.choice((1, 4)))

    def kill_egress(self):
        self.calm_if_needed()
        self.restart("egress")

    def pause_worker(self):
        self.pause(self.one_of("worker"), self.random.choice((1, 4, 30)))

    def drain_worker(self):
        self.calm_if_needed()
        self.restart(self.one_of("worker"), signal.SIGTERM)

    def kill_api(self):
        self.calm_if_needed()
        self.restart(self.one_of("api"))

    def kill_scheduler(self):
        self.calm_if_needed()
        self.restart(self.one_of("scheduler"))

    def pause_scheduler(self):
        self.pause(self.one_of("scheduler"), self.random.choice((2, 9)))

    def kill_sandboxd(self):
        if self.kills >= 2:
            return self.cut_network()
        self.kills += 1
        return self.restart("sandboxd")

    # --- stores ---

    def wipe_redis(self):
        self.go_on("redis")
        self.world.redis_do("flushall")

    def restart_redis(self):
        """Without the end of its log: what it knew last it does not know any more."""
        self.world.disk.takes(0)
        self.world.end("redis", signal.SIGKILL)
        logs = list((self.world.folder / "appendonlydir").glob("*.incr.aof"))
        for log in logs:
            size = log.stat().st_size
            os.truncate(log, size - min(size, self.random.randrange(1, 4000)))
        self.world.start_redis()

    def restart_postgres(self):
        self.restart("postgres", signal.SIGQUIT)

    def slow_disk(self):
        """Of both stores: each commit waits for it, and Redis once it is two seconds behind."""
        self.world.disk.takes(self.random.choice((0.05, 0.3, 1.5)))
        self.after(4, lambda: self.world.disk.takes(0))

    def hold_snapshot(self):
        holder = subprocess.Popen(
            [stacks.postgres_program("psql"), "-Xq", "-h", self.world.folder / "postgres", "-U", "postgres", "-d",
             "execgov", "-c", "begin isolation level repeatable read", "-c", "select count(*) from public.mark", "-c",
             "select pg_sleep(20)"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.after(8, lambda: (holder.kill(), holder.wait()))

    def repeat_entries(self):
        """Entries of every queue once more, and some that nobody wrote."""
        world = self.world
        self.go_on("redis")
        for key in world.redis_do("keys", "{s00}:q:*").split()[:10]:
            for line in world.redis_do("lrange", key, 0, 4).splitlines():
                world.redis_do("rpush", key, line)
        for tenant in chaos.TENANTS:
            forged = f"{'0' * 8}-0000-7000-8000-{'0' * 12} 1 1 run ledger.run 1"
            world.redis_do("rpush", f"{{s00}}:q:py:interactive:{world.schema_of(tenant)}", forged)
            world.redis_do("hset", "{s00}:idx", forged.split()[0], "q1")

    # --- the network ---

    def proxy(self):
        return self.world.proxies[self.random.choice(("postgres", "redis"))]

    def slow_network(self):
        proxy = self.proxy()
        proxy.latency(self.random.choice((0.01, 0.1)))
        self.after(4, proxy.calm)

    def slice_network(self):
        proxy = self.proxy()
        proxy.slices(self.random.choice((1, 7, 100)))
        self.after(3, proxy.calm)

    def cut_network(self):
        self.proxy().reset()

    def swallow_answers(self):
        self.world.proxies["postgres"].swallow(self.random.randrange(1, 5))

    def lose_network(self):
        proxy = self.proxy()
        proxy.blackhole(True)
        self.after(self.random.choice((2, 5)), proxy.calm)


class Storms(unittest.TestCase):
    maxDiff = None  # what went wrong is worth its lines

    def clients(self, world, orders, over):
        """Two tenants; runs that are plain, of one key, of high risk, cancelled, that order something of a partner, or do
        nothing, alone or many in a call. Each client repeats until it has an answer."""
        failed = []

        def other_call(rng, tenant, value):
            what = rng.choice(("batch", "cancel", "confirm", "order", "order"))
            if what == "batch":
                world.batch(tenant, [{"skill": "nothing"}] * rng.randrange(2, 30), 120)
            elif what == "cancel":
                world.cancel(tenant, world.submit(tenant, value, rng.choice((0, 1.0, 3.0)), patience=120), 120)
            elif what == "order":
                orders.place(tenant, 120)
            else:
                world.confirmed(tenant, value, 120)

        def client(number):
            rng = random.Random(SEED * 1000 + number)
            count = 0
            while not over.is_set():
                count += 1
                keyed = rng.random() < 0.25
                tenant = chaos.TENANTS[0] if keyed else chaos.TENANTS[number % 2]
                value = None if rng.random() < 0.4 else f"{number}.{count}"
                try:
                    if rng.random() < 0.2:
                        other_call(rng, tenant, f"{number}.{count}")
                        continue
                    world.submit(tenant, value, rng.choice((0, 0, 0.2, 1.0)), chaos.KEY if keyed else None,
                                 patience=120)
                except AssertionError as error:
                    failed.append(str(error))
                time.sleep(rng.choice((0.1, 0.4, 1.0)))
        threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        return threads, failed

    def test_after_a_storm_everything_has_ended_once_and_rightly(self):
        with chaos.World(PLANT, durable=True, egress=True) as world:
            for name in ("api-2", "scheduler-2", "worker-2"):
                world.start(name)
            storm, over = Storm(world, SEED), threading.Event()
            orders, keys = chaos_effects.Orders(world), chaos_keys.Keys(world)
            for tenant in chaos.TENANTS:
                world.schedule(tenant, 10)
            world.limit(chaos.TENANTS[0], 6, ledger=3)
            versions = chaos_after.OtherVersions(world)
            threads, failed = self.clients(world, orders, over)
            end = time.monotonic() + SECONDS
            try:
                while time.monotonic() < end:
                    storm.step()
                    keys.look()
                    time.sleep(storm.random.choice((0.5, 1.0, 2.0)))
                storm.heal()
            finally:
                over.set()
                for thread in threads:
                    thread.join()
            healed = time.monotonic()
            wrong = versions.faults() + chaos_after.schedule_faults(world)
            wrong += chaos.faults(world, QUIET_S)
            wrong += orders.faults()
            quiet = time.monotonic() - healed
            wrong += chaos_after.cancel_faults(world)
            wrong += chaos_after.starvation_faults(world, meanwhile=keys.look)
            wrong += keys.faults()
            print(f"seed {SEED}: {len(storm.told)} acts in {SECONDS:.0f} s, {len(world.ledger)} runs and {len(orders.placed)} orders accepted, quiet after "
                  f"{quiet:.1f} s; swallowed {world.proxies['postgres'].swallowed}; refusals {dict(world.refusals)}; "
                  f"{dict(collections.Counter(storm.told))}", file=sys.stderr)
            if wrong or failed:
                keep = pathlib.Path(f"/tmp/chaos-{SEED}.log")
                keep.write_text("\n".join(world.log(n) for n in ("scheduler", "scheduler-2", "worker", "worker-2", "api")))
            self.assertEqual(failed, [], storm.told)
            self.assertEqual(wrong, [], f"seed {SEED}: {storm.told}")
            self.assertGreater(len(world.ledger), SECONDS / 4, "hardly anything was asked of it")


if __name__ == "__main__":
    unittest.main()
