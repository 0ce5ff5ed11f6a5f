"""loop - what the tests of the governed loop share: how to ask, and what must hold at the end.

A test module has one Stack for all its tests; it hands it over by `Case.stack = stack`.
"""
import concurrent.futures
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import unittest

import openapi
from stack import until

TENANT = "Harbour Hardware"
ENDED = ("succeeded", "failed", "rejected", "expired", "cancelled", "abstained")
PROBLEM_FIELDS = {"type", "title", "status", "code", "detail", "request_id"}


class Case(unittest.TestCase):
    stack = None
    maxDiff = 4000

    # --- what was answered ---

    def ok(self, reply, status=200):
        """`status`: one, or several that are good."""
        self.assertIn(reply.status, status if isinstance(status, tuple) else (status,), reply.body.decode(errors="replace"))
        return reply.json

    def refused(self, reply, status, code):
        """A problem with that code, whole: what was wrong and what to do."""
        self.assertEqual((reply.status, reply.code), (status, code), reply.body.decode(errors="replace"))
        self.assertEqual(reply.headers["Content-Type"].split(";")[0], "application/problem+json")
        self.assertLessEqual(PROBLEM_FIELDS, reply.json.keys())
        self.assertTrue(reply.json["detail"])
        return reply.json

    # --- asking ---

    def api(self, method, path, body=None, token="oscar", wait=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if wait is not None:
            headers["Prefer"] = f"wait={wait}"
        return self.stack.api(method, path, body, token=token, headers=headers)

    def ask(self, text, files=(), token="oscar", wait=30, mode="auto", **headers):
        """The request, once it has ended or needs a person."""
        body = {"text": text, "files": list(files), "mode": mode}
        return self.ok(self.api("POST", "/v1/requests", body, token, wait, **headers), 202 if wait == 0 else 200)

    def run_probe(self, action="run", token="oscar", wait=30, status=None, mode="auto", **given):
        """The run of the probe by hand; `wait` 0: as it was accepted."""
        body = {"skill": "probe", "action": action, "input": given, "mode": mode}
        reply = self.api("POST", "/v1/runs", body, token, wait)
        return self.ok(reply, status or (202 if wait == 0 else 200))

    def run_of(self, run_id, token="oscar", wait=0):
        return self.ok(self.api("GET", f"/v1/runs/{run_id}", token=token, wait=wait))

    def request_of(self, request_id, token="oscar", wait=0):
        return self.ok(self.api("GET", f"/v1/requests/{request_id}", token=token, wait=wait))

    def upload(self, name, content, token="oscar"):
        reply = self.api("POST", f"/v1/files?name={name}", content, token, Content_Type="application/octet-stream")
        return self.ok(reply, 201)["id"]

    def until_state(self, run_id, *states, seconds=60, token="oscar"):
        def look():
            run = self.run_of(run_id, token)
            return run["state"] in states and run
        return until(look, seconds, f"run {run_id} being {' or '.join(states)}")

    # --- looking behind ---

    @property
    def schema(self):
        return self.stack.tenants[TENANT]["schema"]

    def count(self, table, where="true", tenant=TENANT):
        schema = self.stack.tenants[tenant]["schema"]
        return int(self.stack.sql(f"select count(*) from {schema}.{table} where {where}")[0][0])

    def log_of(self, run_id):
        """What the script printed, as it is kept."""
        rows = self.stack.sql(f"select to_json(string_agg(body, '' order by seq)) from {self.schema}.run_log "
                              f"where job_id = '{run_id}' and stream <> 'system'")
        return json.loads(rows[0][0]) if rows[0][0] else ""

    def footprint(self):
        """Everything a wish can cause, counted."""
        return {"runs": self.count("job", "kind = 'run'"), "others": self.count("job", "kind = 'confirm'"),
                "files": self.count("file"), "effects": self.count("effect"),
                "confirmations": self.count("confirmation"), "log": self.count("run_log")}

    def nothing_changes(self, act):
        """act() and its answer, and no row of this tenant's wishes is there that was not before."""
        def rows():
            return {table: self.count(table) for table in (
                "request", "job", "job_live", "job_outcome", "plan", "confirmation", "file", "effect", "idempotency")}
        before = rows()
        answer = act()
        self.assertEqual(rows(), before)
        return answer


def at_once(count, act):
    """act(0) … act(count - 1), all at the same time; the answers in order."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(act, range(count)))


def sales_csv():
    """The example's sales export, made by its script."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as out:
        subprocess.run([sys.executable, "-B", openapi.ROOT / "examples/data/make_sales.py", out.name], check=True)
        return out.read()


def old_archive():
    """A .tar.gz of one file of the year 2001 and one of 2026."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, mtime in (("old.txt", 1_000_000_000), ("new.txt", 1_790_000_000)):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = 3, mtime
            tar.addfile(entry, io.BytesIO(b"abc"))
    return out.getvalue()


def trail(stack, schema, jobs):
    """{job: [action of each audit row, in order]}"""
    found = {job: [] for job in jobs}
    for subject, action in stack.sql(f"select subject, action from {schema}.audit_event "
                                     f"where subject_kind = 'job' order by id"):
        if subject in found:
            found[subject].append(action)
    return found


def faults(stack, schema, jobs):
    """What is wrong with these jobs, which were accepted: each must have ended exactly once, with a whole
    trail and fences that only grew. An empty list is what is wanted."""
    names = ", ".join(f"'{job}'" for job in jobs)
    wrong = []
    outcomes = dict(stack.sql(f"select job_id, count(*) from {schema}.job_outcome where job_id in ({names}) group by 1"))
    wrong += [f"{job} has {outcomes.get(job, 0)} outcomes" for job in jobs if outcomes.get(job) != "1"]
    wrong += [f"{row[0]} is still live: {row[1]}" for row in stack.sql(
        f"select job_id, state from {schema}.job_live where job_id in ({names})")]
    for job, actions in trail(stack, schema, jobs).items():
        ends = [a for a in actions if a in ("job.succeeded", "job.failed", "job.cancelled", "job.gave_up")]
        if actions[:1] != ["job.accepted"] or "job.claimed" not in actions or len(ends) != 1 or actions[-1] != ends[0]:
            wrong.append(f"{job} has the trail {actions}")
    fences = {}
    for job, detail in stack.sql(f"select subject, detail from {schema}.audit_event where subject in ({names}) "
                                 f"and detail ? 'fence' order by id"):
        fence = json.loads(detail)["fence"]
        if fence <= fences.get(job, 0):
            wrong.append(f"{job}: fence {fence} after {fences[job]}")
        fences[job] = fence
    return wrong
