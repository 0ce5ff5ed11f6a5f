"""chaos_keys - what Redis holds of each tenant while a storm goes on.

7: a tenant's keys name no job of another. What is handed out is gone a moment later, so it is looked at again and again,
and held against PostgreSQL afterwards.
"""
import collections
import contextlib
import re
import subprocess

JOB = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
# Each key's name in a line that begins with #, then what is in it.
LOOK = """
local all = {}
local read = { list = function(k) return redis.call('lrange', k, 0, -1) end,
               set = function(k) return redis.call('smembers', k) end,
               hash = function(k) return redis.call('hgetall', k) end,
               zset = function(k) return redis.call('zrange', k, 0, -1) end,
               stream = function(k) return { cjson.encode(redis.call('xrange', k, '-', '+')) } end,
               string = function(k) return { redis.call('get', k) } end }
for _, key in ipairs(redis.call('keys', '{s*}:*')) do
    all[#all + 1] = '#' .. key
    for _, line in ipairs(read[redis.call('type', key).ok](key)) do
        all[#all + 1] = line
    end
end
return all
"""


class Keys:
    def __init__(self, world):
        self.world = world
        self.seen = collections.defaultdict(set)  # schema -> ids of jobs

    def look(self):
        """A Redis that is stopped or away has nothing to show."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            shown = subprocess.run(["redis-cli", "-s", str(self.world.folder / "redis.sock"), "eval", LOOK, "0"],
                                   capture_output=True, check=False, timeout=2).stdout
            whose = None
            for line in shown.splitlines():
                if line.startswith(b"#"):
                    whose = line.decode().rpartition(":")[2]
                elif whose and whose.startswith("t_"):  # before the first there may be a refusal: it is loading
                    self.seen[whose] |= {found.decode() for found in JOB.findall(line)}

    def faults(self):
        jobs = {of["schema"]: {row[0] for row in self.world.sql(f"select id from {of['schema']}.job")}
                for of in self.world.tenants.values()}
        wrong = [f"7: {job} of {other} was in a key of {schema}" for schema, seen in self.seen.items()
                 for other, theirs in jobs.items() if other != schema for job in seen & theirs]
        if not any(self.seen[schema] & mine for schema, mine in jobs.items()):
            wrong.append("7: no job was seen in Redis, so nothing was looked at")
        return wrong
