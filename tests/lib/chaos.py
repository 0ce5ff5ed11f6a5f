"""chaos.py - two of every process behind a faulty network, clients that keep a ledger, and what must hold.

A World is a Stack whose daemons reach PostgreSQL and Redis through FaultProxies. Clients submit with an
Idempotency-Key and repeat until they have an answer; what was answered is in the ledger. faults(world) asks
PostgreSQL, Redis and the ledger for everything of design §7 that can be seen from outside, and answers with
what is wrong.
"""
import collections
import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import threading
import time

import fault_proxy
import skills
import slow_disk
import stack as stacks

TENANTS = ("Harbour Hardware", "Lakeside Books")
PEOPLE = {"Harbour Hardware": "oscar", "Lakeside Books": "lin"}
APPROVERS = {"Harbour Hardware": "arun", "Lakeside Books": "lea"}
ALSO_APPROVES = {"Harbour Hardware": "adam", "Lakeside Books": "lea"}
KEY = "one at a time"

# Says when it began and whose it is; sleeps; with a marker in its arguments, so that it can be found.
SCRIPT = '''import json, os, subprocess, sys, time
begun = time.time()
given = json.load(sys.stdin)
if given.get("child"):
    subprocess.Popen([sys.executable, "-c", "import time\\nwhile True: time.sleep(1)", given["child"]])
print("begun", flush=True)
time.sleep(given.get("seconds", 0))
with open(os.environ["EXECGOV_RESULT"], "w") as out:
    json.dump({"begun": begun, "value": given["value"]}, out)
'''
SKILL = {
    "README.md": "# Ledger\n\nSays when it began.\n",
    "main.py": SCRIPT,
    "skill.json": json.dumps({"name": "ledger", "description": "Says when it began.", "actions": [
        {"name": name, "title": name.capitalize(), "entry": "main.py", "idempotent": True, **more, "input": {
            "type": "object", "additionalProperties": False, "required": ["value"], "properties": {
                "value": {"type": "string", "maxLength": 100},
                "child": {"type": "string", "maxLength": 100},
                "seconds": {"type": "number", "minimum": 0, "maximum": 60}}}}
        for name, more in (("run", {}), ("danger", {"risk": "high", "effects": ["nothing that could be undone"]}))]}),
}


NOOP = {
    "README.md": "# Nothing\n\nDoes nothing: its ends are written many together.\n",
    "main.py": "pass\n",
    "skill.json": json.dumps({"name": "nothing", "description": "Does nothing.", "executor": "noop", "idempotent": True,
                              "input": {"type": "object", "additionalProperties": False}}),
}


class World(stacks.Stack):
    """`plant`: the bug that the daemons carry (core/io/db/db_plant.h). `durable`: the stores flush what they write, to a disk
    that can be told to be slow (slow_disk.py)."""

    def __init__(self, plant=None, durable=False, egress=False):
        self.plant = plant
        self.durable, self.disk = durable, None
        self.proxies = {}
        self.ledger = []      # (tenant, run id, value or None where nothing is answered, key or None)
        self.cancelled = set()  # runs that somebody asked to cancel: either end is right
        self.limits = {}      # tenant -> (runs at once, {skill: runs at once}, since when)
        self.schedules = []   # (tenant, id)
        self.decided_again = []  # what was answered to whoever confirmed what had been confirmed, if not that
        self.refusals = collections.Counter()
        self.ledger_lock = threading.Lock()
        super().__init__(processes=("api", "scheduler", *(["egress"] if egress else []), "worker"),
                         settings={"worker": {"noop": "on"}})
        for tenant in TENANTS:
            skills.publish(self, [(tenant, "ledger", SKILL), (tenant, "nothing", NOOP)])

    def slow_disk(self):
        self.disk = self.disk or slow_disk.SlowDisk(self.folder, stacks.BUILD)
        return self.disk

    def start_postgres(self, make=False):
        self.fsync = "on" if self.durable else "off"
        with self.slow_disk().under() if self.durable else contextlib.nullcontext():
            super().start_postgres(make)

    def start_redis(self):
        if not self.durable:
            super().start_redis()
            return
        with self.slow_disk().under():
            self.start_redis_with_a_log()

    def start_redis_with_a_log(self):
        self.spawn("redis", ["/usr/bin/redis-server", "--port", 0, "--unixsocket", self.folder / "redis.sock",
                             "--unixsocketperm", 777, "--save", "", "--appendonly", "yes", "--dir", self.folder,
                             "--aof-load-truncated", "yes"])
        self.ready("redis", lambda: subprocess.run(
            ["redis-cli", "-s", str(self.folder / "redis.sock"), "ping"], capture_output=True,
            check=False).stdout == b"PONG\n")

    def _start_daemon(self, name, program, port_setting, **settings):
        """Its addresses lead through the proxies, and its environment names the planted bug."""
        through = {"pg": f"hostaddr=127.0.0.1 port={self.proxy('postgres').port} dbname=execgov",
                   "redis": f"127.0.0.1:{self.proxy('redis').port}"}
        if program == "execgov-egress":
            del through["redis"]
        self.settings.setdefault(name.split("-")[0], {}).update(through)
        with self.planted():
            super()._start_daemon(name, program, port_setting, **settings)

    def _start_sandboxd(self, name):
        with self.planted():
            super()._start_sandboxd(name)

    @contextlib.contextmanager
    def planted(self):
        if self.plant:
            os.environ["EXECGOV_PLANT"] = self.plant
        try:
            yield
        finally:
            os.environ.pop("EXECGOV_PLANT", None)

    def proxy(self, name):
        if name not in self.proxies:
            upstream = {"postgres": self.folder / "postgres/.s.PGSQL.5432", "redis": self.folder / "redis.sock"}
            self.proxies[name] = fault_proxy.FaultProxy(str(upstream[name]))
        return self.proxies[name]

    def stop(self):
        if self.disk:
            self.disk.takes(0)
        for name in list(self.running):
            with contextlib.suppress(OSError):
                self.running[name].send_signal(signal.SIGCONT)
        super().stop()
        for proxy in self.proxies.values():
            proxy.stop()

    def again(self, plant):
        """The daemons once more, with another bug."""
        for name in [n for n in reversed(list(self.running)) if n.split("-")[0] in
                     ("api", "scheduler", "worker", "sandboxd")]:
            self.running[name].send_signal(signal.SIGCONT)
            self.end(name, signal.SIGKILL)
        (self.folder / "sandbox.sock").unlink(missing_ok=True)
        self.plant = plant
        self.ledger.clear()
        self.cancelled.clear()
        self.decided_again.clear()
        for name in ("api", "scheduler", "sandboxd", "worker"):
            self.start(name)

    def redis_do(self, *words):
        done = subprocess.run(["redis-cli", "-s", str(self.folder / "redis.sock"), *map(str, words)],
                              capture_output=True, check=False, timeout=20)
        return done.stdout.decode()

    def schema_of(self, tenant):
        return self.tenants[tenant]["schema"]

    # --- clients ---

    def ask_api(self, name, method, path, body, token, headers, seconds=30):
        """One call to one API, bare: anything may happen to it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[name], timeout=seconds)
        with contextlib.closing(connection):
            connection.request(method, path, json.dumps(body) if body is not None else None, {
                "Authorization": f"Bearer {self.tokens[token]}", "Content-Type": "application/json", **headers})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")

    def submit(self, tenant, value, seconds=0, key=None, patience=90, child=None, delay_ms=0):
        """Until there is an answer. The run's id. `value` None: a run that does nothing."""
        given = {"value": value, "seconds": seconds}
        if child:
            given["child"] = child
        body = {"skill": "ledger", "action": "run", "input": given}
        if value is None:
            body = {"skill": "nothing"}
        if key:
            body["concurrency_key"] = key
        if delay_ms:
            body["delay_ms"] = delay_ms
        run = self.until_answered(tenant, "POST", "/v1/runs", body, patience)["id"]
        self.accepted(tenant, run, value, key)
        return run

    def until_answered(self, tenant, method, path, body, patience=90, person=None, also=()):
        """The answer to one call that is repeated under one key, at one API and the other; `also`: what is no error."""
        headers = {"Idempotency-Key": skills.new_id()} if method == "POST" else {}
        deadline = time.monotonic() + patience
        names = [n for n in self.ports if n.split("-")[0] == "api"]
        while time.monotonic() < deadline:
            try:
                status, answer = self.ask_api(random.choice(names), method, path, body, person or PEOPLE[tenant], headers)
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.1)
                continue
            if status in (200, 202, *also):
                return answer
            with self.ledger_lock:
                self.refusals[(status, answer.get("code"))] += 1
            time.sleep(0.2)
        raise AssertionError(f"no answer to {method} {path} within {patience} s")

    def accepted(self, tenant, run, value, key=None):
        with self.ledger_lock:
            self.ledger.append((tenant, run, value, key))

    def batch(self, tenant, runs, patience=90):
        """All of them in one call; each is accepted or refused for itself."""
        answer = self.until_answered(tenant, "POST", "/v1/runs/batch", {"runs": runs}, patience)
        for run, item in zip(runs, answer["items"]):
            if "id" in item:
                self.accepted(tenant, item["id"], run.get("input", {}).get("value"))
            else:
                with self.ledger_lock:
                    self.refusals[("batch", item["error"]["code"])] += 1

    def cancel(self, tenant, run, patience=90):
        self.cancelled.add(run)
        self.until_answered(tenant, "POST", f"/v1/runs/{run}/cancel", {}, patience, also=(409,))

    def confirmed(self, tenant, value, patience=90):
        """A run of high risk: somebody else confirms what was planned, and then it is confirmed already. In the ledger once
        it may run."""
        body = {"skill": "ledger", "action": "danger", "input": {"value": value, "seconds": 0}}
        run = self.until_answered(tenant, "POST", "/v1/runs", body, patience)
        where = f"/v1/requests/{run['request_id']}"
        deadline = time.monotonic() + patience
        while (request := self.until_answered(tenant, "GET", where, None, patience))["state"] != "awaiting_confirmation":
            if time.monotonic() > deadline:
                raise AssertionError(f"{run['id']} is {request['state']} and cannot be confirmed")
            time.sleep(0.3)
        self.until_answered(tenant, "POST", f"{where}/confirm", {"digest": request["plan"]["digest"]}, patience,
                            APPROVERS[tenant], also=(409,))  # its first answer may have been lost
        try:
            again = self.until_answered(tenant, "POST", f"{where}/confirm", {"digest": request["plan"]["digest"]}, patience,
                                        ALSO_APPROVES[tenant], also=(409,))
        except AssertionError as error:
            again = {"code": str(error)}
        if again.get("code") != "already_decided":
            self.decided_again.append(f"2: {run['id']} was confirmed once more: {again}")
        self.accepted(tenant, run["id"], value)

    def limit(self, tenant, concurrency, **slots):
        reply = self.api("PATCH", f"/v1/platform/limits/{self.tenants[tenant]['id']}", {
            "concurrency": concurrency, "skills": [{"skill": skill, "slots": most} for skill, most in slots.items()]}, "pat")
        assert reply.status == 200, reply.body
        since = self.sql("select extract(epoch from now())")[0][0]
        self.limits[tenant] = (concurrency, slots, float(since))

    def schedule(self, tenant, count):
        """So many that fire every minute."""
        for number in range(count):
            reply = self.api("POST", "/v1/schedules", {"name": f"{tenant} {number}", "cron": "* * * * *", "skill": "nothing",
                                                       "catch_up": "all", "input": {}}, PEOPLE[tenant])
            assert reply.status == 201, reply.body
            self.schedules.append((tenant, reply.json["id"]))

    def rewrite(self, tenant, run, payload):
        """What another version of the platform would have written."""
        self.sql(f"set session_replication_role = replica; update {self.schema_of(tenant)}.job set payload = {payload} "
                 f"where id = '{run}'")

    def all_ended(self, seconds):
        """Those of the ledger that have not."""
        def open_runs():
            missing = []
            for tenant in TENANTS:
                mine = [run for whose, run, _, _ in self.ledger if whose == tenant]
                ended = {row[0] for row in self.sql(f"select job_id from {self.schema_of(tenant)}.job_outcome")}
                missing += [run for run in mine if run not in ended]
            return missing
        deadline = time.monotonic() + seconds
        while (missing := open_runs()) and time.monotonic() < deadline:
            time.sleep(0.3)
        return missing


# --- what must hold ---

NOTHING_BEGUN = "nothing had begun"
ENDS = ("job.succeeded", "job.failed", "job.cancelled", "job.gave_up")


def rows_of(world, tenant):
    schema = world.schema_of(tenant)
    outcomes = {}
    for job, state, code, result, started, ended, attempt, crashes in world.sql(
            f"select job_id, state, coalesce(code, ''), coalesce(result::text, 'null'), coalesce(extract(epoch from started_at), "
            f"0), extract(epoch from ended_at), attempt, crash_count from {schema}.job_outcome"):
        outcomes[job] = {"state": state, "code": code, "result": json.loads(result), "started": float(started),
                         "ended": float(ended), "attempt": int(attempt), "crashes": int(crashes)}
    trail, words = collections.defaultdict(list), collections.defaultdict(list)
    for job, at in world.sql(f"select job_id, extract(epoch from at) from {schema}.run_log"):
        words[job].append(float(at))
    for subject, action, at, detail in world.sql(
            f"select subject, action, extract(epoch from at), detail from {schema}.audit_event "
            f"where subject_kind = 'job' order by id"):
        at, detail = float(at), json.loads(detail)
        claimed = max((when for what, when, _ in trail[subject] if what == "job.claimed"), default=0)
        if action == "job.reclaimed" and not any(claimed <= word <= at for word in words[subject]):
            detail["why"] = NOTHING_BEGUN
        trail[subject].append((action, at, detail))
    return outcomes, trail


def job_faults(run, outcome, trail):
    """2 one end; 3 no stale write; 4 a whole trail; 11 attempts are those that were paid for."""
    actions = [action for action, _, _ in trail]
    if outcome is None:
        return [f"2: {run} has not ended ({actions[-3:]})"]
    wrong = []
    ends = [a for a in actions if a in ENDS]
    if actions[:1] != ["job.accepted"] or len(ends) != 1 or actions[-1] != ends[0]:
        wrong.append(f"4: {run} has the trail {actions}")
    elif trail[-1][1] != outcome["ended"]:  # both are the moment of their transaction
        wrong.append(f"4: the end of {run} and its trail were not written by one commit: {outcome['ended']}, {trail[-1][1]}")
    fences = [detail["fence"] for _, _, detail in trail if "fence" in detail]
    if any(later <= earlier for earlier, later in zip(fences, fences[1:])):
        wrong.append(f"3: {run} has the fences {fences}")
    begun = (outcome["result"] or {}).get("begun")
    if begun and begun < outcome["started"] - 0.1:
        wrong.append(f"3: {run} ended with what an earlier attempt had made")
    free = actions.count("job.released") + actions.count("job.reclaimed") + actions.count("job.lost")
    last_crash = 1 if outcome["code"] in ("poison", "outcome_unknown") and actions[-1] == "job.gave_up" else 0
    if "job.claimed" in actions and outcome["attempt"] not in (
            actions.count("job.claimed") - free, actions.count("job.claimed") - free - last_crash):
        wrong.append(f"11: {run} counts {outcome['attempt']} attempts: {actions}")
    return wrong


def held(runs, trails):
    """(from, to, run) of each time that one held a slot, by the moments in PostgreSQL. A claim whose answer was lost starts
    nothing: its worker has it undone. Nor does one whose worker died before it told the queue, where the slot is free after 15 s
    and the row another's only when the worker is buried."""
    times = []
    for run in runs:
        begun = None
        for action, at, detail in trails[run]:
            if action == "job.claimed":
                begun = at
            elif begun and action != "job.cancel_requested":
                if detail.get("why") not in ("claim_lost", NOTHING_BEGUN):
                    times.append((begun, at, run))
                begun = None
    return sorted(times)


def key_faults(runs, trails):
    """5: jobs of one concurrency key."""
    times = held(runs, trails)
    return [f"5: {b[2]} began {a[1] - b[0]:.3f} s before {a[2]} ended" for a, b in zip(times, times[1:]) if b[0] < a[1]]


def fullest(times):
    """The most that held a slot at one moment: [(from, to, run)]; what ends then has made room for what begins."""
    most = []
    for moment, _, _ in times:
        now = [time for time in times if time[0] <= moment < time[1]]
        most = max(most, now, key=len)
    return most


def limit_faults(world, tenant, trails):
    """5: runs of the tenant, and of one skill, at any instant."""
    if tenant not in world.limits:
        return []
    concurrency, slots, since = world.limits[tenant]
    skill_of = dict(world.sql(f"select id, payload ->> 'skill' from {world.schema_of(tenant)}.job where kind = 'run'"))
    wrong = []
    for what, limit in ((None, concurrency), *slots.items()):
        times = held([r for r, skill in skill_of.items() if r in trails and what in (None, skill)], trails)
        at_once = fullest([time for time in times if time[0] > since])
        if len(at_once) > limit:
            wrong.append(f"5: {len(at_once)} runs of {what or tenant} at once, and {limit} are allowed: {at_once}, "
                         f"{[trails[run] for _, _, run in at_once]}")
    return wrong


def tenant_faults(world, tenant, crashes_allowed):
    mine = [entry for entry in world.ledger if entry[0] == tenant]
    outcomes, trails = rows_of(world, tenant)
    jobs = collections.Counter(row[0] for row in world.sql(f"select id from {world.schema_of(tenant)}.job"))
    wrong = []
    for _, run, value, _ in mine:
        if jobs[run] != 1:
            wrong.append(f"1: {run} was accepted and has {jobs[run]} rows")
            continue
        outcome = outcomes.get(run)
        wrong += job_faults(run, outcome, trails[run])
        if outcome and outcome["state"] == "succeeded" and value is not None and \
                (outcome["result"] or {}).get("value") != value:
            wrong.append(f"7: {run} answered {outcome['result']} to {value}")
        asked = run in world.cancelled and outcome and outcome["state"] == "cancelled"
        if outcome and outcome["state"] != "succeeded" and not asked and not (
                crashes_allowed and outcome["code"] == "poison"):
            wrong.append(f"2: {run} ended as {outcome['state']} {outcome['code']}")
        if not crashes_allowed and any(a == "job.reclaimed" for a, _, _ in trails[run]):
            wrong.append(f"3: {run} was taken from a worker that lived")
    keyed = [run for _, run, _, key in mine if key and run in trails]
    return wrong + key_faults(keyed, trails) + limit_faults(world, tenant, trails) + confirmation_faults(world, tenant)


def confirmation_faults(world, tenant):
    """2: what was confirmed ran once."""
    schema = world.schema_of(tenant)
    return [f"2: {row[0]} was confirmed and has {row[1]} runs" for row in world.sql(
        f"select j.request_id, count(*) from {schema}.job j where j.kind = 'run' and exists (select from "
        f"{schema}.confirmation c where c.request_id = j.request_id) group by j.request_id having count(*) > 1")]


def slots_left(world):
    """10: members of the sets of slots."""
    left = []
    for name in world.redis_do("keys", "{s00}:live:*").split():
        left += [f"{name} {job}" for job in world.redis_do("hkeys", name).split()]
    return left


def leak_faults(world):
    """7: what one tenant's person is shown of another's."""
    wrong = []
    for tenant, person in (("Harbour Hardware", "olivia"), ("Lakeside Books", "lin")):
        own = {user["email"] for t in stacks.PEOPLE["tenants"] if t["name"] == tenant for user in t["users"]}
        status, answer = world.ask_api("api", "GET", "/v1/members", None, person, {})
        if status == 200:
            wrong += [f"7: {person} is shown {m['email']}" for m in answer["items"] if m["email"] not in own]
    for tenant, run, _, _ in world.ledger[:20]:
        other = PEOPLE[TENANTS[1 - TENANTS.index(tenant)]]
        status, _ = world.ask_api("api", "GET", f"/v1/runs/{run}", None, other, {})
        if status != 404:
            wrong.append(f"7: {other} got {status} for {run} of {tenant}")
    return wrong


def faults(world, seconds=90, crashes_allowed=True):
    missing = world.all_ended(seconds)
    wrong = [f"2: {run} did not end within {seconds} s of quiet" for run in missing]
    for tenant in TENANTS:
        wrong += tenant_faults(world, tenant, crashes_allowed)
    deadline = time.monotonic() + 40
    while (left := slots_left(world)) and time.monotonic() < deadline and not missing:
        time.sleep(0.5)
    wrong += [f"10: {slot} is held by nobody" for slot in left]
    return wrong + world.decided_again + leak_faults(world)
