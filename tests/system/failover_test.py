"""A Redis master that dies and a replica that Sentinel promotes, behind an address that follows (as a proxy or a
managed endpoint does): what was accepted is done, once; the queue of the new master is not believed but rebuilt."""
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


def setUpModule():
    loop.Case.stack = Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Sentinel(loop.Case):
    def test_promotes_the_replica_and_nothing_is_lost_or_done_twice(self):
        stack = self.stack
        before = [self.run_probe(wait=0, what="sleep", seconds=1)["id"] for _ in range(6)]
        stack.end("redis", signal.SIGKILL)
        during = [self.run_probe(wait=0)["id"] for _ in range(4)]
        replica = stack.nodes["redis-replica"]
        stacks.until(lambda: "role:master" in stack.ask(replica, "info", "replication"), 60, "the promotion")
        stack.proxy.upstream = ("127.0.0.1", replica)
        stack.proxy.reset()
        after = [self.run_probe(wait=0)["id"] for _ in range(4)]
        for run in before + during + after:
            self.until_state(run, "succeeded", seconds=90)
        self.assertEqual(loop.faults(stack, self.schema, before + during + after), [])
        self.assertGreaterEqual(stack.log("scheduler").count('"queue.rebuilt"'), 2, "at the start, and after the failover")
        self.assertIn(f":{stack.ask(replica, 'info', 'server').split('run_id:')[1].split()[0]}:",
                      stack.ask(replica, "get", "{s00}:gen"))


if __name__ == "__main__":
    unittest.main()
