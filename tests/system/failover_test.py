"""A Redis master that dies: a replica that Sentinel promotes, behind an address that follows (as a proxy or a managed
endpoint does) or found among the addresses that are given; and a real cluster, whose node with our keys dies. What was
accepted is done, once; the queue of the new master is not believed but rebuilt."""
import os
import pathlib
import signal
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import fault_proxy  # noqa: E402
import loop  # noqa: E402
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

    @staticmethod
    def ask(port, *words):
        done = subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, check=False, timeout=20)
        return done.stdout.decode().strip()

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


class Cluster(Stack):
    """Three masters, and a replica of each; the daemons know two nodes that do not have our keys."""

    def start_redis(self):
        self.nodes = {}
        for number in range(6):
            name, home = f"redis-{number}", self.folder / f"redis-{number}"
            home.mkdir()
            self.nodes[name] = stacks.free_port()
            self.spawn(name, ["/usr/bin/redis-server", "--port", self.nodes[name], "--dir", home, "--bind", "127.0.0.1",
                              "--cluster-enabled", "yes", "--cluster-node-timeout", 2000, "--save", "",
                              "--cluster-port", stacks.free_port(), "--appendonly", "yes"])
            self.ready(name, lambda name=name: self.ask(self.nodes[name], "ping") == "PONG")
        self.call(["redis-cli", "--cluster", "create", *[f"127.0.0.1:{port}" for port in self.nodes.values()],
                   "--cluster-replicas", "1", "--cluster-yes"])
        for port in self.nodes.values():
            stacks.until(lambda port=port: "cluster_state:ok" in self.ask(port, "cluster", "info"), what="the cluster")
        self.proxy = fault_proxy.FaultProxy(("127.0.0.1", 1))

    def owner(self):
        """Of our keys: its port."""
        said = self.ask(self.nodes["redis-1"], "get", "{s00}:gen")
        return int(said.rsplit(":", 1)[1]) if said.startswith("MOVED") else self.nodes["redis-1"]

    @property
    def redis(self):
        others = [port for port in self.nodes.values() if port != self.owner()]
        return f"127.0.0.1:{others[0]},127.0.0.1:{others[1]}"


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
    kind = Cluster

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
