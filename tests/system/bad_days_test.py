"""Bad days of Redis and PostgreSQL, each as docs/operations.md says: what is accepted, what is refused and how, and
that all of it is done when the day is over."""
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    def submit(self):
        return self.run_probe(wait=0)["id"]

    def ends(self, *runs):
        for run in runs:
            self.assertEqual(self.until_state(run, *loop.ENDED, seconds=90)["state"], "succeeded")
        self.assertEqual(loop.faults(self.stack, self.schema, runs), [])


class Redis(Case):
    def redis(self, *words):
        done = subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", *map(str, words)],
                              capture_output=True, check=True)
        return done.stdout.decode().strip()

    def check(self, name, check):
        """One of a process's /readyz checks."""
        address = f"http://127.0.0.1:{self.stack.ports[name]}/readyz"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                checks = json.loads(answer.read())["checks"]
        except urllib.error.HTTPError as error:
            checks = json.loads(error.read())["checks"]
        return next(c["ok"] for c in checks if c["name"] == check)

    def accepted_and_done_after(self, begin, end, felt=None, password=()):
        """Work is accepted while it lasts, starts when it is over, and nothing is lost. `felt`: the error that Redis
        gave us meanwhile; none of the work has ended by then."""
        self.redis("config", "resetstat")
        begin()
        try:
            runs = [self.submit() for _ in range(3)]
            if felt:
                stacks.until(lambda: f"errorstat_{felt}:" in self.redis(*password, "info", "errorstats"), 30, f"a {felt}")
                for run in runs:
                    self.assertNotIn(self.run_of(run)["state"], loop.ENDED)
        finally:
            end()
        self.ends(*runs)

    def test_that_may_evict_is_refused_until_it_may_not(self):
        def begin():
            self.redis("config", "set", "maxmemory-policy", "allkeys-lru")
            self.redis("client", "kill", "type", "normal")
            stacks.until(lambda: not self.check("worker", "queue"), 30, "the worker's refusal")
            run = self.submit()
            codes = {b["code"] for b in self.ok(self.api("GET", f"/v1/runs/{run}/why"))["blockers"]}
            self.assertIn("queue_unavailable", codes)

        def end():
            self.redis("config", "set", "maxmemory-policy", "noeviction")
            self.redis("client", "kill", "type", "normal")
        self.accepted_and_done_after(begin, end)

    def test_full_keeps_what_it_has_and_the_rest_waits_in_postgres(self):
        self.accepted_and_done_after(lambda: self.redis("config", "set", "maxmemory", "1"),
                                     lambda: self.redis("config", "set", "maxmemory", "0"), "OOM")

    def test_read_only_is_like_away(self):
        def begin():
            self.redis("config", "set", "replica-read-only", "yes")
            self.redis("replicaof", "127.0.0.1", stacks.free_port())
        self.accepted_and_done_after(begin, lambda: self.redis("replicaof", "no", "one"), "READONLY")

    def test_a_key_of_the_wrong_type_hurts_its_owner_alone_and_a_rebuild_mends_it(self):
        key = f"{{s00}}:q:py:interactive:{self.schema}"

        def begin():
            self.redis("del", key)
            self.redis("set", key, "nonsense")

        def end():
            self.redis("flushall")  # the documented remedy
        self.accepted_and_done_after(begin, end, "WRONGTYPE")

    def test_a_password_that_we_do_not_have_is_like_away(self):
        def begin():
            self.redis("config", "set", "requirepass", "secret")
            subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", "-a", "secret", "client", "kill", "type",
                            "normal"], capture_output=True, check=True)

        def end():
            subprocess.run(["redis-cli", "-s", self.stack.folder / "redis.sock", "-a", "secret", "config", "set",
                            "requirepass", ""], capture_output=True, check=True)
        self.accepted_and_done_after(begin, end, "NOAUTH", ("-a", "secret"))

    def test_loading_is_waited_for(self):
        """Redis answers LOADING until it has read its file again."""
        folder = self.stack.folder
        self.redis("eval", "for i = 1, 40 do redis.call('set', 'slow:' .. i, i) end", 0)
        self.redis("save")

        def begin():
            self.stack.end("redis")
            self.stack.spawn("redis", ["/usr/bin/redis-server", "--port", 0, "--unixsocket", folder / "redis.sock",
                                       "--unixsocketperm", 777, "--save", "", "--dir", folder, "--key-load-delay", 100000,
                                       "--loading-process-events-interval-bytes", 1024])
            seen = stacks.until(lambda: subprocess.run(
                ["redis-cli", "-s", folder / "redis.sock", "get", "x"], capture_output=True, check=False).stdout, 10)
            self.assertIn(b"LOADING", seen)
        self.accepted_and_done_after(begin, lambda: None)


class Postgres(Case):
    def refused_and_done_after(self, begin, end, *codes):
        """A submission gets one of these codes with Retry-After, or is accepted; afterwards all goes on."""
        begin()
        try:
            replies = [self.api("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {}}) for _ in range(2)]
        finally:
            end()
        for reply in replies:
            self.assertIn((reply.status, reply.code), codes)
            if reply.status == 503:
                self.assertGreater(int(reply.headers["Retry-After"]), 0)
        stacks.until(lambda: self.api("GET", "/v1/me").status == 200, what="the recovery")
        self.ends(*[reply.json["id"] for reply in replies if reply.status == 202], self.submit())

    def psql(self, *words):
        return subprocess.Popen([stacks.postgres_program("psql"), "-Xq", "-h", self.stack.folder / "postgres", "-U",
                                 "postgres", "-d", "execgov", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def set_everywhere(self, setting):
        self.stack.sql(f"alter system set {setting}")
        self.stack.sql("select pg_reload_conf()")
        self.stack.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                       "where usename like 'execgov%'")

    def test_out_of_connections_is_503(self):
        roles = [row[0] for row in self.stack.sql("select rolname from pg_roles where rolname like 'execgov%' "
                                                  "and rolcanlogin")]

        def limit(count):
            for role in roles:
                self.stack.sql(f"alter role {role} connection limit {count}")
            self.stack.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename like 'execgov%'")
        self.refused_and_done_after(lambda: limit(0), lambda: limit(-1), (503, "store_unavailable"))

    def test_read_only_is_503_and_changes_nothing(self):
        self.refused_and_done_after(lambda: self.set_everywhere("default_transaction_read_only = on"),
                                    lambda: self.set_everywhere("default_transaction_read_only = off"),
                                    (503, "store_unavailable"))

    def lock(self):
        holder = self.psql()
        holder.stdin.write(f"begin; lock table {self.schema}.job in access exclusive mode; select 'held';\n")
        holder.stdin.flush()
        self.assertIn("held", "".join(holder.stdout.readline() for _ in range(3)))
        return holder

    def test_a_table_locked_past_the_statement_timeout_is_said_and_nothing_is_left_of_it(self):
        holder = self.lock()
        try:
            reply = self.nothing_is_accepted(holder)
        finally:
            if holder.poll() is None:
                holder.communicate("rollback;\n", timeout=30)
        self.assertIn((reply.status, reply.code), ((504, "deadline"), (503, "store_unavailable")), reply.body)
        self.assertTrue(reply.json["detail"])
        self.ends(self.submit())

    def nothing_is_accepted(self, holder):
        """A submission while the lock is held to the end of its patience; then the lock goes."""
        before = time.monotonic()
        reply = self.api("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {"value": "never"}})
        waited = time.monotonic() - before
        self.assertIsNone(holder.poll(), "the lock was held all the time")
        holder.communicate("rollback;\n", timeout=30)
        self.assertGreater(waited, 5, "it was waited for")
        self.assertLess(waited, 60)
        self.assertEqual(self.count("job", "payload -> 'input' ->> 'value' = 'never'"), 0)
        return reply

    def test_a_locked_table_holds_up_its_tenant_alone(self):
        holder = self.lock()
        late = []
        thread = threading.Thread(target=lambda: late.append(
            self.api("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {}})))
        thread.start()
        try:
            stacks.until(lambda: self.stack.sql("select count(*) from pg_locks where not granted") != [["0"]], 30,
                         "somebody's waiting for the table")
            self.assertEqual(self.api("GET", "/v1/me", token="lin").status, 200)
            self.assertEqual(self.api("GET", "/v1/runs", token="lin").status, 200)
        finally:
            holder.communicate("rollback;\n", timeout=30)
            thread.join()
        self.assertEqual(late[0].status, 202, late[0].body)
        self.ends(self.submit())

    def test_restarting_is_503_and_then_goes_on(self):
        self.refused_and_done_after(lambda: self.stack.end("postgres", signal.SIGINT), self.stack.start_postgres,
                                    (503, "store_unavailable"))


class Clock(Case):
    def tearDown(self):
        os.environ.pop("EXECGOV_SKEW_S", None)
        for name in ("api", "scheduler", "worker"):
            self.restart(name, None)

    def restart(self, name, skew):
        os.environ.pop("EXECGOV_SKEW_S", None)
        if skew:
            os.environ["EXECGOV_SKEW_S"] = str(skew)
        self.stack.end(name)
        self.stack.start(name)
        os.environ.pop("EXECGOV_SKEW_S", None)

    def hours_off(self, name):
        """By what this process says is the time."""
        line = next(line for line in reversed(self.stack.log(name).splitlines()) if line.startswith("{"))
        said = datetime.datetime.fromisoformat(json.loads(line)["time"].replace("Z", "+00:00"))
        return round((said - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600)

    def test_an_hour_ahead_or_behind_on_other_hosts_changes_nothing(self):
        """Leases, dues and sweeps are judged by the database's clock and Redis' alone."""
        for ahead, behind in (("scheduler", "worker"), ("worker", "scheduler")):
            with self.subTest(f"{ahead} an hour ahead, {behind} an hour behind"):
                self.restart(ahead, 3600)
                self.restart(behind, -3600)
                self.assertEqual((self.hours_off(ahead), self.hours_off(behind)), (1, -1))
                late = self.ok(self.api("POST", "/v1/runs", {"skill": "probe", "action": "run", "input": {},
                                                             "delay_ms": 3000}), 202)["id"]
                slow = self.run_probe(wait=0, what="sleep", seconds=4)["id"]
                self.ends(self.submit(), slow, late)
                trails = loop.trail(self.stack, self.schema, [slow, late])
                self.assertNotIn("job.reclaimed", trails[slow] + trails[late])
                waited = self.stack.sql(f"select extract(epoch from o.started_at - j.created_at) from {self.schema}.job j "
                                        f"join {self.schema}.job_outcome o on o.job_id = j.id where j.id = '{late}'")
                self.assertGreater(float(waited[0][0]), 2.5)

    def started_after(self, run, moment):
        """By how many seconds, both by the database's clock."""
        return float(self.stack.sql(f"select extract(epoch from started_at - {moment}) from {self.schema}.job_outcome "
                                    f"where job_id = '{run}'")[0][0])

    def test_an_api_an_hour_off_dates_what_it_is_asked_to_and_nothing_else(self):
        """What is due, leased, expired or at rest is judged by the database; what an API works out from `now` is off by as
        much as its clock: a schedule's first slot, an upload's end, which expiries it takes."""
        body = {"skill": "probe", "action": "run", "input": {}}
        for skew in (3600, -3600):
            with self.subTest(f"the API is off by {skew} s"):
                self.restart("api", skew)
                self.assertEqual(self.hours_off("api"), skew // 3600)
                self.ok(self.api("GET", "/v1/me"))
                slow = self.run_probe(wait=0, what="sleep", seconds=4)["id"]
                given = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)).isoformat()
                at = self.ok(self.api("POST", "/v1/runs", body | {"run_at": given.replace("+00:00", "Z")}), 202)["id"]
                delayed = self.ok(self.api("POST", "/v1/runs", body | {"delay_ms": 60000}), 202)["id"]
                self.ends(self.submit(), slow, at)
                self.assertNotIn("job.reclaimed", loop.trail(self.stack, self.schema, [slow])[slow])
                self.assertGreaterEqual(self.started_after(at, f"'{given}'"), 0, "a moment that was given is that moment")
                due = self.stack.sql(f"select extract(epoch from l.run_at - j.created_at) from {self.schema}.job_live l "
                                     f"join {self.schema}.job j on j.id = l.job_id where j.id = '{delayed}'")
                self.assertAlmostEqual(float(due[0][0]), 60, delta=5, msg="a delay is counted by the database's clock")
                self.ok(self.api("POST", f"/v1/runs/{delayed}/cancel"))
                self.dated(skew)

    def second(self):
        return float(self.stack.sql("select extract(second from now())")[0][0])

    def test_an_api_off_by_part_of_a_minute_marks_the_databases_minutes(self):
        """By its clock the two are of one minute; what the second one needs is a mark of the minute that has begun since."""
        self.restart("api", -40)
        stacks.until(lambda: self.second() >= 50, 70, "a minute's last seconds")
        self.ends(self.submit())
        stacks.until(lambda: self.second() < 20, 70, "the next minute")
        marks = "select count(*) from public.mark where tenant_id = '{}' and minute = date_trunc('minute', now(), 'UTC')"
        run = self.submit()
        self.assertEqual(self.stack.sql(marks.format(self.stack.tenants[loop.TENANT]["id"])), [["1"]], "nobody would look for it")
        self.ends(run)

    def dated(self, skew):
        def off(text):
            moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
            return (moment - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        made = self.ok(self.api("POST", "/v1/schedules", {"name": f"off by {skew}", "cron": "* * * * *", "skill": "probe",
                                                          "input": {}, "enabled": True}), 201)
        self.assertAlmostEqual(off(made["next_fire_at"]), skew + 30, delta=50)
        self.assertEqual(self.api("DELETE", f"/v1/schedules/{made['id']}").status, 204)
        in_half_an_hour = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=30)).isoformat()
        reply = self.api("POST", "/v1/tokens", {"name": "half an hour", "scopes": ["runs:read"],
                                                "expires_at": in_half_an_hour.replace("+00:00", "Z")})
        self.assertEqual(reply.status, 422 if skew > 0 else 201, reply.body)
        if skew < 0:
            self.ok(self.api("GET", "/v1/runs", token=reply.json["token"]))
        upload = self.ok(self.api("POST", "/v1/uploads", {"name": "x.txt", "size": 3}), 201)
        self.assertAlmostEqual(off(upload["expires_at"]), 86400 + skew, delta=60)


if __name__ == "__main__":
    unittest.main()
