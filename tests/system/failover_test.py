"""A Redis master that dies: a replica that Sentinel promotes, behind an address that follows (as a proxy or a managed
endpoint does) or found among the addresses that are given; and a real cluster, whose node with our keys dies. What was
accepted is done, once; the queue of the new master is not believed but rebuilt."""
import os
import pathlib
import signal
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import fault_proxy  # noqa: E402
import loop  # noqa: E402
import redis_cluster  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402


class Stack(stacks.Stack):
    """Redis is a master and a replica on loopback, watched by one Sentinel; daemons know the proxy alone."""

    def start_redis(self):
        self.nodes = {"redis": stacks.free_port(), "redis-replica": stacks.free_port(), "sentinel": stacks.free_port()}
        master, replica, sentinel = self.nodes.values()
        common = ["--save", "", "--appendonly", "yes", "--bind", "127.0.0.1"]
        for name, port, more in (("redis", master, []), ("redis-replica", replica, ["--replicaof", f"127.0.0.1 {master}"])):
            home = self.folder / name
            home.mkdir()
            self.spawn(name, ["/usr/bin/redis-server", "--port", port, "--dir", home, *common, *more])
            self.ready(name, lambda port=port: self.ask(port, "ping") == "PONG")
        conf = self.folder / "sentinel.conf"
        conf.write_text(f"port {sentinel}\nbind 127.0.0.1\nsentinel monitor queue 127.0.0.1 {master} 1\n"
                        "sentinel down-after-milliseconds queue 1000\nsentinel failover-timeout queue 5000\n")
        stacks.until(lambda: "master_link_status:up" in self.ask(replica, "info", "replication"), what="replication")
        self.spawn("sentinel", ["/usr/bin/redis-server", conf, "--sentinel"])
        self.ready("sentinel", lambda: self.ask(sentinel, "ping") == "PONG")
        stacks.until(lambda: "slaves=1" in self.ask(sentinel, "info", "sentinel"), what="Sentinel's knowing the replica")
        self.proxy = fault_proxy.FaultProxy(("127.0.0.1", master))

    ask = staticmethod(redis_cluster.ask)

    @property
    def redis(self):
        return f"127.0.0.1:{self.proxy.port}"

    def stop(self):
        super().stop()
        self.proxy.stop()


class Listed(Stack):
    """The daemons know both nodes, and nothing stands between."""

    @property
    def redis(self):
        return f"127.0.0.1:{self.nodes['redis']},127.0.0.1:{self.nodes['redis-replica']}"


class Case(loop.Case):
    kind = None

    @classmethod
    def setUpClass(cls):
        loop.Case.stack = cls.kind(("api", "scheduler", "worker"))
        skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])

    @classmethod
    def tearDownClass(cls):
        loop.Case.stack.stop()

    def survives(self, kill, promoted, follow=lambda: None):
        """Work before, while nobody leads the store, and after. The new master's port."""
        stack = self.stack
        before = [self.run_probe(wait=0, what="sleep", seconds=1)["id"] for _ in range(6)]
        kill()
        during = [self.run_probe(wait=0)["id"] for _ in range(4)]
        port = stacks.until(promoted, 60, "the promotion")
        follow()
        after = [self.run_probe(wait=0)["id"] for _ in range(4)]
        for run in before + during + after:
            self.until_state(run, "succeeded", seconds=90)
        self.assertEqual(loop.faults(stack, self.schema, before + during + after), [])
        self.assertGreaterEqual(stack.log("scheduler").count('"queue.rebuilt"'), 2, "at the start, and after the failover")
        self.assertIn(f":{stack.ask(port, 'info', 'server').split('run_id:')[1].split()[0]}:",
                      stack.ask(port, "get", "{s00}:gen"))


class Sentinel(Case):
    kind = Stack

    def promoted(self):
        replica = self.stack.nodes["redis-replica"]
        return "role:master" in self.stack.ask(replica, "info", "replication") and replica

    def test_promotes_the_replica_and_nothing_is_lost_or_done_twice(self):
        def follow():
            self.stack.proxy.upstream = ("127.0.0.1", self.stack.nodes["redis-replica"])
            self.stack.proxy.reset()
        self.survives(lambda: self.stack.end("redis", signal.SIGKILL), self.promoted, follow)


class SentinelListed(Sentinel):
    kind = Listed

    def test_promotes_the_replica_and_nothing_is_lost_or_done_twice(self):
        """And the old master, which comes back as a replica, is not written to."""
        self.survives(lambda: self.stack.end("redis", signal.SIGKILL), self.promoted)
        stack, master = self.stack, self.stack.nodes["redis"]
        stack.spawn("redis", ["/usr/bin/redis-server", "--port", master, "--dir", stack.folder / "redis", "--save", "",
                              "--appendonly", "yes", "--bind", "127.0.0.1"])
        stacks.until(lambda: "role:slave" in stack.ask(master, "info", "replication"), 60, "its being told to follow")
        stack.ask(stack.nodes["redis-replica"], "client", "kill", "type", "normal")
        run = self.run_probe(wait=0)["id"]
        self.until_state(run, "succeeded", seconds=60)


class RealCluster(Case):
    kind = redis_cluster.Cluster

    def test_the_node_with_our_keys_is_followed_when_it_dies(self):
        stack, old = self.stack, self.stack.owner()
        name = next(name for name, port in stack.nodes.items() if port == old)

        def promoted():
            for port in stack.nodes.values():
                if port != old and "role:master" in stack.ask(port, "info", "replication") and \
                        not stack.ask(port, "get", "{s00}:gen").startswith(("MOVED", "CLUSTERDOWN")):
                    return port
            return None
        self.survives(lambda: stack.end(name, signal.SIGKILL), promoted)


if __name__ == "__main__":
    unittest.main()
