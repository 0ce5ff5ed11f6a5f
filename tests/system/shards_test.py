"""Several dispatch shards: on the nodes of a real cluster, where one that dies delays its own tenants alone; their number
changed under running processes; and programs of two formats side by side. What was accepted is done, once."""
import json
import os
import pathlib
import signal
import sys
import unittest
import urllib.request

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import redis_cluster  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

SHARDS = 2
DAEMONS = ("api", "scheduler", "worker")


def shard_of(schema, count=SHARDS):
    """As core/store/queue/queue_shards.h says."""
    return int(schema[-8:], 16) % count


class Sharded:
    """Of a Stack: at least one tenant of each shard. Their schemas are drawn, so tenants are made until that is so."""

    def seed(self):
        super().seed()
        while len(self.tenant_of) < SHARDS:
            number = len(self.tenants)
            self.seed_more({"tenants": [{"name": f"Tenant {number}", "kind": "team", "users": [
                stacks.person(f"owner{number}", "owner")]}]})

    @property
    def tenant_of(self):
        """{shard: name of a tenant}"""
        return {shard_of(tenant["schema"]): name for name, tenant in self.tenants.items()}


class ShardedCluster(Sharded, redis_cluster.Cluster):
    pass


class ShardedStack(Sharded, stacks.Stack):
    def keys(self, shard):
        return self.call(["redis-cli", "-s", self.folder / "redis.sock", "keys", f"{{s{shard:02}}}:gen"]).decode().split()

    def queue_word(self, name):
        """What this process says of its queue."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=10) as answer:
            return json.dumps(json.load(answer), ensure_ascii=False)


class Case(loop.Case):
    kind = ShardedStack
    settings = {}

    @classmethod
    def setUpClass(cls):
        loop.Case.stack = cls.kind(DAEMONS, settings={name: dict(cls.settings) for name in DAEMONS})
        skills.publish(cls.stack, [(tenant, "probe", skills.PROBE) for tenant in cls.stack.tenant_of.values()])

    @classmethod
    def tearDownClass(cls):
        loop.Case.stack.stop()

    def owner_of(self, shard):
        return skills.first_person(self.stack, self.stack.tenant_of[shard])

    def submit(self, shard, **given):
        return self.run_probe(token=self.owner_of(shard), wait=0, **given)["id"]

    def submit_delayed(self, shard, delay_ms):
        body = {"skill": "probe", "action": "run", "input": {}, "delay_ms": delay_ms}
        return self.ok(self.api("POST", "/v1/runs", body, self.owner_of(shard)), 202)["id"]

    def ends(self, shard, runs, seconds=90):
        """All succeed, and each of them once."""
        for run in runs:
            self.until_state(run, "succeeded", seconds=seconds, token=self.owner_of(shard))
        schema = self.stack.tenants[self.stack.tenant_of[shard]]["schema"]
        self.assertEqual(loop.faults(self.stack, schema, runs), [])


class OnACluster(Case):
    kind = ShardedCluster
    settings = {"queue_shards": SHARDS}

    def test_1_shards_lie_on_different_nodes_and_work_of_both_is_done(self):
        stack = self.stack
        owners = [stack.owner(shard) for shard in range(SHARDS)]
        self.assertEqual(len(set(owners)), SHARDS)
        runs = [[self.submit(shard) for _ in range(6)] for shard in range(SHARDS)]
        for shard in range(SHARDS):
            self.ends(shard, runs[shard])
            for other in range(SHARDS):
                found = stack.ask(owners[other], "keys", f"{{s{shard:02}}}:*")
                self.assertEqual(bool(found), shard == other, found)

    def node_dies(self, shard):
        """Its master is gone and the replica is not promoted until we say so: what others do meanwhile is no luck."""
        stack, other = self.stack, 1 - shard
        port = stack.owner(shard)
        alive = stack.owner(other)
        mine = [line.split() for line in stack.ask(alive, "cluster", "nodes").splitlines()]
        master = next(words[0] for words in mine if f":{port}@" in words[1])
        replica = next(int(words[1].split("@")[0].rsplit(":", 1)[1]) for words in mine if words[3] == master)
        self.assertEqual(stack.ask(replica, "config", "set", "cluster-replica-no-failover", "yes"), "OK")
        stack.end(stack.name_of(port), signal.SIGKILL)
        held = [self.submit(shard) for _ in range(3)]
        self.ends(other, [self.submit(other) for _ in range(5)], seconds=20)
        # Somebody leads, whichever shard's node is gone.
        self.ends(other, [self.submit_delayed(other, 500)], seconds=45)
        for run in held:
            self.assertNotIn(self.run_of(run, self.owner_of(shard))["state"], loop.ENDED)
        stacks.until(lambda: "OK" == stack.ask(replica, "cluster", "failover", "takeover"), what="the promotion")
        stacks.until(lambda: stack.owner(shard, alive) == replica, what="its being known")
        self.ends(shard, held)
        for both in range(SHARDS):
            self.ends(both, [self.submit(both) for _ in range(3)])

    def test_2_a_node_that_dies_delays_its_own_shard_alone(self):
        self.node_dies(1)

    def test_3_also_the_node_with_the_lead(self):
        self.node_dies(0)


class SlotsOfOneWorker(Case):
    settings = {"queue_shards": SHARDS}

    def intervals(self, shard, runs):
        schema, names = self.stack.tenants[self.stack.tenant_of[shard]]["schema"], ", ".join(f"'{run}'" for run in runs)
        return [(float(begun), float(ended), shard) for begun, ended in self.stack.sql(
            f"select extract(epoch from started_at), extract(epoch from ended_at) from {schema}.job_outcome "
            f"where job_id in ({names})")]

    def test_are_never_too_many_and_every_shard_gets_its_share(self):
        """One shard's backlog is there first; the other's need not wait until it is gone."""
        first = [self.submit(0, what="sleep", seconds=1) for _ in range(8)]
        second = [self.submit(1, what="sleep", seconds=1) for _ in range(4)]
        self.ends(0, first)
        self.ends(1, second)
        taken = sorted(self.intervals(0, first) + self.intervals(1, second))
        for begun, _, _ in taken:
            at_once = sum(b <= begun < e for b, e, _ in taken)
            self.assertLessEqual(at_once, stacks.SLOTS, taken)
        last_of_second = max(begun for begun, _, shard in taken if shard == 1)
        self.assertGreaterEqual(sum(begun > last_of_second for begun, _, shard in taken if shard == 0), 2, taken)


class NumberChanged(Case):
    settings = {"queue_shards": 1}

    def restart(self, name, shards):
        self.stack.end(name)
        self.stack.settings[name]["queue_shards"] = shards
        self.stack.start(name)

    def change(self, before, after):
        """The scheduler first: the others wait, and say why, until they have followed. The API accepts all the time."""
        stack, told = self.stack, f"the queue has {after} dispatch shards and this process was told {before}"
        runs = {shard: [self.submit(shard, what="sleep", seconds=1) for _ in range(4)] for shard in range(SHARDS)}
        self.restart("scheduler", after)
        stacks.until(lambda: told in stack.queue_word("worker"), what="the worker's saying so")
        for shard in range(SHARDS):
            runs[shard] += [self.submit(shard) for _ in range(3)]
        self.restart("worker", after)
        self.restart("api", after)
        for shard in range(SHARDS):
            self.ends(shard, runs[shard] + [self.submit(shard)])
        self.assertEqual(bool(stack.keys(1)), after > 1, "a shard that is no more has no generation")

    def test_more_shards_and_fewer_again_while_work_is_waiting(self):
        self.change(1, 2)
        self.change(2, 1)


class TwoFormats(Case):
    """The next version's programs: their keys look different (a plant in builds with sanitizers)."""

    def next_version(self, name):
        os.environ["EXECGOV_PLANT"] = "next_format"
        try:
            self.stack.end(name)
            self.stack.start(name)
        finally:
            del os.environ["EXECGOV_PLANT"]

    def test_whoever_does_not_know_the_format_waits_and_fails_nothing(self):
        stack = self.stack
        before = [self.submit(0) for _ in range(2)]
        self.ends(0, before)
        self.next_version("worker")
        held = [self.submit(shard) for shard in range(SHARDS)]
        stacks.until(lambda: "of different versions" in stack.queue_word("worker"), what="the new worker's word")
        stack.start("worker-2")  # of the old version, beside it
        for shard in range(SHARDS):
            self.ends(shard, held[shard:shard + 1])
        runs = {shard: [self.submit(shard, what="sleep", seconds=1) for _ in range(3)] for shard in range(SHARDS)}
        self.next_version("scheduler")
        stacks.until(lambda: "of different versions" in stack.queue_word("worker-2"), what="the old worker's word")
        for shard in range(SHARDS):
            runs[shard].append(self.submit(shard))  # the API of the old version accepts
            self.ends(shard, runs[shard])
        self.assertIn("of different versions", stack.queue_word("worker-2"))


if __name__ == "__main__":
    unittest.main()
