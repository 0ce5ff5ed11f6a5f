"""redis_cluster.py - a Stack whose Redis is a real cluster: three masters, and a replica of each.

A part of it that is down leaves the other slots served (cluster-require-full-coverage no)."""
import subprocess

import stack as stacks


def ask(port, *words):
    """What redis-cli prints."""
    done = subprocess.run(["redis-cli", "-p", str(port), *map(str, words)], capture_output=True, check=False, timeout=20)
    return done.stdout.decode().strip()


class Cluster(stacks.Stack):
    """The daemons know two nodes that do not have the first shard's keys."""

    ask = staticmethod(ask)

    def start_redis(self):
        self.nodes = {}
        for number in range(6):
            name, home = f"redis-{number}", self.folder / f"redis-{number}"
            home.mkdir()
            self.nodes[name] = stacks.free_port()
            self.spawn(name, ["/usr/bin/redis-server", "--port", self.nodes[name], "--dir", home, "--bind", "127.0.0.1",
                              "--cluster-enabled", "yes", "--cluster-node-timeout", 2000, "--save", "",
                              "--cluster-require-full-coverage", "no",
                              "--cluster-port", stacks.free_port(), "--appendonly", "yes"])
            self.ready(name, lambda name=name: self.ask(self.nodes[name], "ping") == "PONG")
        self.call(["redis-cli", "--cluster", "create", *[f"127.0.0.1:{port}" for port in self.nodes.values()],
                   "--cluster-replicas", "1", "--cluster-yes"])
        for port in self.nodes.values():
            stacks.until(lambda port=port: "cluster_state:ok" in self.ask(port, "cluster", "info"), what="the cluster")
        self.known = [port for port in self.nodes.values() if port != self.owner()][:2]

    def owner(self, shard=0, asked=None):
        """The port of the node that has this shard's keys, as the node at port `asked` knows it (or any that lives)."""
        asked = asked or next(port for name, port in self.nodes.items() if name in self.running)
        said = self.ask(asked, "get", f"{{s{shard:02}}}:gen")
        return int(said.rsplit(":", 1)[1]) if said.startswith("MOVED") else asked

    def name_of(self, port):
        return next(name for name, has in self.nodes.items() if has == port)

    @property
    def redis(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.known)
