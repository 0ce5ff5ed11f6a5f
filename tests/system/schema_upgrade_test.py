"""A database of the version before: made from the migrations but for the last of each kind, as its migrator made it. What is
to be done can be asked; programs of this version refuse it and say what comes first; it is brought up while an older
version's statements run; and what waited in it is done."""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

TENANTS, WAITING, DELAYED = 2, 20, 5
DAEMONS = ("scheduler", "api", "worker", "lifecycle")


def files(kind):
    return sorted((SOURCE / "sql/migrations" / kind).glob("*.sql"))


def recorded(file):
    """Version, name and digest, as SQL."""
    return f"{int(file.stem[:4])}, '{file.stem}', '{hashlib.sha256(file.read_bytes()).hexdigest()}'"


def public(file):
    text = file.read_text(encoding="utf-8")
    role = "" if text.startswith("-- as: superuser\n") else "set local role gov_owner;"
    return (f"begin; {role}\n{text}\n; reset role; insert into public.migration (version, name, sha256) "
            f"values ({recorded(file)}); commit;\n")


def tenant(file):
    return (f"insert into public.tenant_migration (version, name, sha256, body) values ({recorded(file)}, "
            f"$migration${file.read_text(encoding='utf-8')}$migration$);\n")


class VersionBefore(stacks.Stack):
    """Without people: they are seeded by programs of this version."""

    def migrate(self):
        script = self.folder / "before.sql"
        script.write_text("set search_path = pg_catalog;\n" + "".join(map(public, files("public")[:-1])) +
                          "select count(public.stripe_make(n)) from generate_series(0, 3) n;\n" +
                          "".join(map(tenant, files("tenant")[:-1])), encoding="utf-8")
        self.call([self.program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", "-h", self.folder / "postgres", "-U", "postgres",
                   "-d", "execgov", "-f", script])

    def seed(self):
        self.tenants = {}
        for number in range(TENANTS):
            ident = skills.new_id()
            schema = self.sql(f"select schema from public.tenant_create('{ident}', 'T{number}', 'team', 'UTC', 'en', null)")
            self.tenants[f"T{number}"] = {"id": ident, "schema": schema[0][0]}


ACCEPT = """
    with j as (insert into {t}.job (id, kind, lane, class, request_id, payload, max_attempts, timeout_ms)
        values ('{job}', 'task', 'ctl', 'bulk', '{job}', '{{"v": 1, "task": "retention"}}', 3, 60000)),
    l as (insert into {t}.job_live (job_id, state, run_at) values ('{job}', {state}))
    insert into {t}.audit_event (actor_kind, kind, action, subject_kind, subject, request_id)
    values ('system', 'run', 'job.accepted', 'job', '{job}', '{job}')"""
CLAIM = """
    update {t}.job_live set state = 'running', fence = fence + 1, token = gen_random_uuid(), attempt = attempt + 1,
        started_at = now(), lease_until = now() + interval '1 minute' where job_id = '{job}'"""
END = """
    with l as (delete from {t}.job_live where job_id = '{job}')
    insert into {t}.job_outcome (job_id, state) values ('{job}', 'succeeded')"""


class Older(threading.Thread):
    """Somebody who works in a tenant with the statements of the version before, under the time limit of its programs."""

    def __init__(self, stack, schema):
        super().__init__()
        self.stack, self.schema = stack, schema
        self.ended, self.faults = 0, []
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set() and not self.faults:
            job = skills.new_id()
            for text in (ACCEPT, CLAIM, END):
                try:
                    self.stack.sql("begin; set local statement_timeout = '10s'; set local role " + self.schema + ";" +
                                   text.format(t=self.schema, job=job, state="'ready', null") + "; commit")
                except AssertionError as fault:
                    self.faults.append(str(fault))
                    return
            self.ended += 1


class SchemaUpgrade(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = VersionBefore(())

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def execgov(self, *words, code=0):
        done = subprocess.run([stacks.BUILD / "bin/execgov", "migrate", *words, "--pg", f"{self.stack.conninfo} user=postgres"],
                              capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
                              env={**os.environ, "LANG": "en_US.UTF-8"})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def schemas(self):
        return [tenant["schema"] for tenant in self.stack.tenants.values()]

    def refused(self, name):
        with self.assertRaises(AssertionError, msg=f"{name} started") as refusal:
            self.stack.start(name)
        self.assertIn("execgov migrate up", str(refusal.exception))
        self.assertNotEqual(self.stack.end(name), 0)

    def wait(self):
        """Work that was accepted before, some of it for later."""
        jobs = {}
        for tenant in self.stack.tenants.values():
            jobs[tenant["schema"]] = [skills.new_id() for _ in range(WAITING + DELAYED)]
            self.stack.sql(";".join(
                ACCEPT.format(t=tenant["schema"], job=job,
                              state="'ready', null" if i < WAITING else "'delayed', now() + interval '3 s'")
                for i, job in enumerate(jobs[tenant["schema"]])))
            self.stack.sql("insert into public.mark (tenant_id, minute) values "
                           f"('{tenant['id']}', date_trunc('minute', now(), 'UTC'))")
        return jobs

    def bring_up_under_load(self):
        writers = [Older(self.stack, schema) for schema in self.schemas()]
        for writer in writers:
            writer.start()
        try:
            stacks.until(lambda: all(writer.ended or writer.faults for writer in writers), 60, "their beginning")
            self.stack.call([stacks.BUILD / "bin/execgov", "migrate", "up", "--pg", f"{self.stack.conninfo} user=postgres"])
            seen = [writer.ended for writer in writers]
            stacks.until(lambda: all(writer.ended > was or writer.faults for writer, was in zip(writers, seen)), 60,
                         "their going on")
        finally:
            for writer in writers:
                writer.over.set()
            for writer in writers:
                writer.join()
        self.assertEqual([writer.faults for writer in writers], [[]] * TENANTS)

    def test_from_the_version_before_to_this_one(self):
        jobs = self.wait()
        last = files("public")[-1].stem, files("tenant")[-1].stem
        with self.subTest("what would be done"):
            plan = json.loads(self.execgov("up", "--dry-run", "--json", code=1))
            self.assertEqual((plan["public"], plan["tenant"], plan["tenants"]), ([last[0]], [last[1]], TENANTS))
            self.assertIn(f"tenant/{last[1]}", self.execgov("up", "--dry-run", code=1))
            self.execgov("status", code=1)
        with self.subTest("this version's programs refuse it"):
            for name in DAEMONS:
                self.refused(name)
        self.bring_up_under_load()
        self.assertEqual(json.loads(self.execgov("up", "--dry-run", "--json"))["public"], [])
        self.execgov("status")
        self.execgov("verify")
        for name in ("sandboxd", *DAEMONS):
            self.stack.start(name)
        for schema, waited in jobs.items():
            names = ", ".join(f"'{job}'" for job in waited)
            stacks.until(lambda s=schema, n=names: self.stack.sql(
                f"select count(*) from {s}.job_outcome where job_id in ({n})") == [[str(len(waited))]], 180, "all of it done")
            self.assertEqual(loop.faults(self.stack, schema, waited), [])
            self.assertEqual(self.stack.sql(f"select distinct state from {schema}.job_outcome"), [["succeeded"]])


if __name__ == "__main__":
    unittest.main()
