"""The end of a tenant: an owner takes a whole copy with him, also while it is shut down; a notice, a week, two people; then
schema, role, files and queue entries go, whatever dies in between, and the money stays."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import stack as stacks  # noqa: E402

MONTH, FILES = 29900, 240
SILENT = {"name": "Silent", "kind": "team", "users": [stacks.person("sid", "operator")]}
ENDING = {"name": "Ending", "kind": "team", "users": [stacks.person("ella", "owner"), stacks.person("otto", "operator")]}


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api", "scheduler"), {**stacks.PEOPLE, "tenants": [*stacks.PEOPLE["tenants"], ENDING, SILENT]})
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        Case().cli("people", "role", f"{person}@people.example", "platform_finance", token="pat")
        stack.tokens[name] = stack.api("POST", "/v1/login", {"email": f"{person}@people.example", "password": stack.passwords[person],
                                                             "tenant": "platform"}).json["token"]


def tearDownModule():
    stack.stop()


def one(text):
    return stack.sql(text)[0][0]


class Case(unittest.TestCase):
    maxDiff = 4000

    def command(self, *words, token="fay"):
        return [stacks.BUILD / "bin/execgov", *map(str, words)], {
            **os.environ, "EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "LANG": "C.UTF-8",
            "EXECGOV_TOKEN": stack.tokens[token], "EXECGOV_CONFIG_DIR": str(stack.folder / "cli")}

    def cli(self, *words, token="fay", status=0):
        """What it printed as JSON; what it said of a failure."""
        line, environment = self.command(*words, "--json", token=token)
        done = subprocess.run(line, capture_output=True, timeout=120, check=False, env=environment)
        self.assertEqual(done.returncode, status, (done.stdout, done.stderr))
        return json.loads(done.stdout) if status == 0 else done.stderr.decode()

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def approved(self, answer):
        self.assertEqual(answer["result"], "approval_wanted")
        path = f"/v1/platform/approvals/{answer['approval']['id']}/approve"
        self.assertEqual(stack.api("POST", path, {}, token="pat" if answer["approval"]["action"] != "tenant.drop" else "fay").status, 200)

    def upload(self, token, name, text):
        return self.ok(stack.api("POST", f"/v1/files?name={name}", text.encode(), token=token,
                                 headers={"Content-Type": "application/octet-stream", "Content-Disposition": f'attachment; filename="{name}"'}), 201)


class Exports(Case):
    """Of a tenant that goes on."""

    def folder(self):
        return stack.folder / f"copy-{uuid.uuid4().hex[:8]}"

    def checked(self, folder):
        done = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        manifest = json.loads((folder / "manifest.json").read_text())
        there = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {"manifest.json", "SHA256SUMS"}
        self.assertEqual({entry["path"] for entry in manifest["entries"]}, there, "all of it is in the manifest, and nothing else")
        for entry in manifest["entries"]:
            if "records" in entry:
                self.assertEqual(entry["records"], len((folder / entry["path"]).read_text().splitlines()), entry)
        return manifest

    def test_an_owner_has_all_of_it_and_the_platform_knows(self):
        sent = self.upload("olivia", "accounts.csv", "a,b\n1,2\n")
        for _ in range(3):
            stack.api("POST", "/v1/requests", {"text": "count the orders of " + uuid.uuid4().hex}, token="oscar")
        folder = self.folder()
        kept = self.cli("export", folder, token="olivia")
        manifest = self.checked(folder)
        self.assertEqual((kept["records"], kept["files"]), (manifest["records"], manifest["files"]))
        self.assertEqual((folder / "files" / sent["id"]).read_text(), "a,b\n1,2\n")
        self.assertEqual(oct(folder.stat().st_mode & 0o777), "0o700")
        mine = {json.loads(line)["id"] for line in (folder / "requests.jsonl").read_text().splitlines()}
        self.assertEqual(mine, {row[0] for row in stack.sql(f"select id from {stack.tenants['Harbour Hardware']['schema']}.request")})
        self.assertNotIn(stack.tokens["olivia"], "".join(p.read_text(errors="replace") for p in folder.glob("*.json*")))
        self.assertEqual(one(f"select count(*) from tenant_export where manifest_sha256 = '{kept['manifest_sha256']}'"), "1")
        # Again: a copy of today in the same place; the files stay.
        before = (folder / "files" / sent["id"]).stat().st_ino
        self.cli("export", folder, token="olivia")
        self.checked(folder)
        self.assertEqual((folder / "files" / sent["id"]).stat().st_ino, before)

    def test_broken_off_it_goes_on(self):
        for i in range(30):
            self.upload("olivia", f"part{i}.txt", f"part {i}\n")
        folder = self.folder()
        for _ in range(3):  # killed at three moments
            line, environment = self.command("export", folder, token="olivia")
            with subprocess.Popen(line, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
                progress = folder / "progress.jsonl"
                had = len(progress.read_text().splitlines()) if progress.exists() else 0
                stacks.until(lambda: running.poll() is not None or (progress.exists() and len(progress.read_text().splitlines()) > had + 6),
                             what="some of the copy")
                running.kill()
        if (folder / "progress.jsonl").exists():
            self.assertFalse((folder / "manifest.json").exists(), "nothing says that it is whole")
        # What an earlier run wrote and somebody changed is not believed.
        if (folder / "members.jsonl").exists():
            (folder / "members.jsonl").write_text("{}\n")
        self.cli("export", folder, token="olivia")
        self.checked(folder)
        self.assertNotEqual((folder / "members.jsonl").read_text(), "{}\n")

    def test_who_may_not_and_where_not(self):
        self.assertIn("owner", self.cli("export", self.folder(), token="oscar", status=3))
        folder = self.folder()
        folder.mkdir()
        (folder / "letters.txt").write_text("mine")
        self.assertIn("something else", self.cli("export", folder, token="olivia", status=4))
        self.assertEqual([p.name for p in folder.iterdir()], ["letters.txt"])
        for body in ({}, {"manifest_sha256": "x" * 64, "records": 1, "files": 1, "bytes": 1},
                     {"manifest_sha256": "0" * 64, "records": -1, "files": 1, "bytes": 1}):
            self.assertEqual(stack.api("POST", "/v1/exports", body, token="olivia").code, "invalid_input")


class End(Case):
    def test_a_tenant_ends_with_a_copy_a_notice_two_people_and_nothing_left_but_its_money(self):
        tenant, schema = stack.tenants["Ending"]["id"], stack.tenants["Ending"]["schema"]
        customer = self.cli("customer", "create", "Ending Ltd", "--email", "bills@ending.example")
        order = self.ok(stack.api("POST", "/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"],
                                                                 "tenant_id": tenant}, token="fay"), 201)
        self.cli("order", "confirm", order["id"], "300.00", "--reference", uuid.uuid4().hex, "--on", "2026-11-26")
        ids = [self.upload("ella", f"f{i}.txt", f"{i}")["id"] for i in range(FILES)]
        self.ok(stack.api("POST", "/v1/requests", {"text": "what nobody will do"}, token="otto"), 202)
        subscription = order["subscription_id"]
        kept = self.cli("tenant", "drop", tenant, "--comment", "too early", token="pat", status=4)
        self.assertIn("only a tenant whose subscription was terminated is dropped", kept)

        # Ninety days go by; its people are told; one of them takes a copy while nothing else may be done.
        stack.sql(f"update subscription set state = 'shutdown', state_entered_at = now() - interval '100 days', "
                  f"termination_notice_at = now() - interval '9 days', next_action_at = null where id = '{subscription}'; "
                  f"select tenant_block_set('{tenant}', 'billing', 3::smallint, 'subscription_expired', null, '{subscription}')")
        self.assertEqual(stack.api("POST", "/v1/requests", {"text": "more"}, token="otto").code, "tenant_suspended")
        copy = self.cli("export", stack.folder / "ending", token="ella")
        self.assertEqual(copy["files"], FILES)
        self.assertIn("not been told", self.cli("subscription", "terminate", subscription, "--comment", "over", status=4))
        stack.sql(f"insert into outbox (action_key, event, channel, endpoint, tenant_id, subscription_id, payload, message_id, next_at, "
                  f"state, ended_at) values ('r7', 'subscription.reminder', 'email', 'bills@ending.example', '{tenant}', "
                  f"'{subscription}', '{{\"window\": \"R-7\", \"period_no\": 1}}', 'r7', now() - interval '9 days', 'sent', now() - interval '6 days')")
        stack.sql(f"select termination_propose('{subscription}', now())")
        self.approved(self.cli("subscription", "terminate", subscription, "--comment", "over"))
        self.assertEqual(stack.sql("select outcome from finance_task where kind = 'termination_proposed'"), [["terminated"]])
        self.assertEqual(stack.api("GET", "/v1/me", token="ella").status, 401, "nobody logs in any more")

        # What is missing is said, one after the other.
        self.assertIn("a week ago", self.cli("tenant", "drop", tenant, "--comment", "over", token="pat", status=4))
        stack.sql("update outbox set ended_at = now() - interval '8 days' where action_key = 'r7'")
        checks = {c["name"]: c["ok"] for c in self.cli("tenant", "show", tenant, token="pat")["checks"]}
        self.assertEqual(checks, {"terminated": True, "notice": True, "orders": True, "balance": False})
        self.assertIn("credit of 100 CNY", self.cli("tenant", "drop", tenant, "--comment", "over", token="pat", status=4))
        payment = next(p for p in self.cli("payment", "ls", "--state", "credit")["items"] if p["order_id"] == order["id"])
        self.approved(self.cli("payment", "return", payment["id"], "--reference", "BACK", "--comment", "the rest"))
        self.assertEqual(stack.api("POST", f"/v1/platform/tenants/{tenant}/drop/continue", {}, token="pat").code, "conflict")
        self.assertEqual(stack.api("POST", f"/v1/platform/tenants/{tenant}/drop", {"reason": "x"}, token="fay").code, "forbidden")
        self.approved(self.cli("tenant", "drop", tenant, "--comment", "over", token="pat"))
        shown = self.cli("tenant", "show", tenant, token="fay")
        self.assertEqual((shown["state"], shown["requested_by"], shown["export"]["manifest_sha256"]),
                         ("dropping", "pat@people.example", copy["manifest_sha256"]))
        self.assertEqual(one(f"select count(*) from {schema}.file where deleted_at is null"), str(FILES), "deciding removes nothing")

        self.killed_in_the_middle(tenant, schema)
        # An API that was started a moment ago may not have reached the queue yet, and says so.
        stacks.until(lambda: stack.api("POST", f"/v1/platform/tenants/{tenant}/drop/continue", {}, token="pat").code
                     != "queue_unavailable", what="the queue being reached")
        done = self.cli("tenant", "drop", tenant, token="pat")
        self.assertEqual(done["state"], "dropped")
        self.assertEqual(self.cli("tenant", "drop", tenant, token="pat")["ended_at"], done["ended_at"], "again: nothing")
        self.gone(tenant, schema, ids)
        self.stays(tenant, order)

    def killed_in_the_middle(self, tenant, schema):
        def go():
            try:
                stack.api("POST", f"/v1/platform/tenants/{tenant}/drop/continue", {}, token="pat")
            except OSError:
                pass  # it was killed
        # Somebody holds the row of the last file: the bytes of the third hundred are gone then, and nobody has said so yet.
        psql = [stacks.postgres_program("psql"), "-XqAt", "-h", str(stack.folder / "postgres"), "-U", "postgres", "-d", "execgov"]
        with subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            holder.stdin.write(f"begin; select 'held' from {schema}.file where id = (select max(id::text)::uuid from {schema}.file) "
                               "for update;\n")
            holder.stdin.flush()
            self.assertEqual(holder.stdout.readline().strip(), "held")
            call = threading.Thread(target=go)
            call.start()
            stacks.until(lambda: one(f"select count(*) from {schema}.file where deleted_at is not null") == "200", what="two hundred gone")
            stack.end("api", signal.SIGKILL)
            call.join()
            holder.stdin.close()
        self.assertEqual(one(f"select count(*) from pg_namespace where nspname = '{schema}'"), "1", "the end had not come yet")
        stack.start("api")

    def gone(self, tenant, schema, ids):
        self.assertEqual(one(f"select count(*) from pg_namespace where nspname = '{schema}'"), "0")
        self.assertEqual(one(f"select count(*) from pg_roles where rolname = '{schema}'"), "0")
        names = {path.name for path in stack.folder.rglob("*") if re.fullmatch(r"[0-9a-f-]{36}", path.name) and "ending" not in path.parts}
        self.assertEqual(names & set(ids), set(), "the bytes are gone")
        redis = ["redis-cli", "-s", str(stack.folder / "redis.sock")]
        for key in subprocess.run([*redis, "keys", "*"], capture_output=True, check=True).stdout.decode().split():
            kind = subprocess.run([*redis, "type", key], capture_output=True, check=True).stdout.decode().strip()
            read = {"hash": ("hgetall", key), "list": ("lrange", key, "0", "-1"), "zset": ("zrange", key, "0", "-1"),
                    "set": ("smembers", key)}.get(kind, ("get", key))
            self.assertNotIn(schema, key + subprocess.run([*redis, *read], capture_output=True, check=True).stdout.decode(errors="replace"))
        for table in ("membership", "session", "mark", "retention", "credential", "http_grant"):
            self.assertEqual(one(f"select count(*) from {table} where tenant_id = '{tenant}'"), "0", table)
        self.assertEqual(stack.api("GET", "/v1/me", token="ella").status, 401)

    def stays(self, tenant, order):
        self.assertEqual(one(f"select state from tenant where id = '{tenant}'"), "terminated")
        self.assertEqual(self.cli("order", "show", order["id"])["state"], "active")
        self.assertEqual(one(f"select sum(amount_minor) from ledger_entry e join ledger_txn t on t.id = e.txn where t.ref = '{order['id']}' "
                             "and account like 'CASH%'"), "30000")
        acts = stack.sql(f"select a.action, u.email, a.detail -> 'approved_by' from platform_audit a join app_user u on u.id = a.actor "
                         f"where a.subject = '{tenant}' and a.action like 'tenant.drop%' order by a.id")
        self.assertEqual([tuple(row) for row in acts], [("tenant.drop_begun", "pat@people.example", '["fiona@people.example"]'),
                                                        ("tenant.dropped", "pat@people.example", "")])
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])
        # Whoever goes over all tenants does not stumble over it: the backstop, migrations, the check of rights.
        stack.sql("insert into mark (tenant_id, minute) select id, date_trunc('minute', now(), 'UTC') - interval '1 minute' from tenant "
                  "where state <> 'terminated' on conflict do nothing")
        stack.call([stacks.BUILD / "bin/execgov", "migrate", "verify", "--pg", f"{stack.conninfo} user=postgres"])
        self.ok(stack.api("POST", "/v1/requests", {"text": "others go on"}, token="oscar"), 202)
        self.assertTrue(stack.alive("scheduler"))


class Told(Case):
    """Nobody has an address: somebody tells them, and two people say so."""

    def shut_down(self):
        tenant = stack.tenants["Silent"]["id"]
        customer = self.cli("customer", "create", "Silent Ltd")
        order = self.ok(stack.api("POST", "/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"],
                                                                 "tenant_id": tenant}, token="fay"), 201)
        self.cli("order", "confirm", order["id"], "299.00", "--reference", uuid.uuid4().hex, "--on", "2026-11-26")
        stack.sql(f"update subscription set state = 'shutdown', state_entered_at = now() - interval '100 days', next_action_at = null "
                  f"where id = '{order['subscription_id']}'; "
                  f"select termination_untold_add('{order['subscription_id']}', 1, now())")
        return tenant, customer["id"], order["subscription_id"]

    def test_a_notice_given_another_way_counts_from_when_it_was_given(self):
        tenant, customer, subscription = self.shut_down()
        task = next(t for t in self.cli("task", "ls")["items"] if t["kind"] == "termination_untold")
        self.assertEqual((task["customer_id"], task["detail"]["tenant"], len(task["detail"]["missing"])), (customer, "Silent", 2))
        self.assertIn("younger than 7 days", self.cli("subscription", "terminate", subscription, "--comment", "over", status=4))
        path = f"/v1/platform/subscriptions/{subscription}/notice"
        good = {"given_at": one("select utc_text(now() - interval '6 days')"), "method": "post", "recipient": "Sid Silent",
                "reference": "letter 17"}
        for change, code in (({"given_at": "2031-01-01T00:00:00Z"}, "invalid_input"), ({"given_at": "2020-01-01T00:00:00Z"}, "conflict"),
                             ({"evidence_sha256": "x" * 64}, "invalid_input"), ({"recipient": ""}, "invalid_input"),
                             ({"method": "By Post"}, "invalid_input")):
            self.assertEqual(stack.api("POST", path, {**good, **change}, token="fay").code, code, change)
        self.assertEqual(stack.api("POST", path, good, token="olivia").code, "not_found")
        self.assertIn("--how", self.cli("subscription", "notice", subscription, "--at", good["given_at"], status=2))
        asked = self.cli("subscription", "notice", subscription, "--at", good["given_at"], "--how", "post", "--to", "Sid Silent",
                         "--reference", "letter 17", "--evidence", "ab" * 32)
        self.assertEqual(stack.api("POST", f"/v1/platform/approvals/{asked['approval']['id']}/approve", {}, token="fay").code,
                         "self_confirmation")
        self.assertEqual(one("select count(*) from termination_notice"), "0", "until somebody else has said so")
        self.approved(asked)
        self.assertEqual(stack.sql("select method, recipient, reference, evidence_sha256, u.email from termination_notice n "
                                   "join app_user u on u.id = n.recorded_by"),
                         [["post", "Sid Silent", "letter 17", "ab" * 32, "fiona@people.example"]])
        self.assertNotIn(task["id"], [t["id"] for t in self.cli("task", "ls")["items"]], "the task is over")
        self.assertIn("told already", self.cli("subscription", "notice", subscription, "--at", good["given_at"], "--how", "phone", "--to",
                                               "Sid", "--reference", "call 3", status=4))
        events = {e["what"]: e for e in self.cli("customer", "show", customer)["timeline"]}
        self.assertEqual((events["notice.recorded"]["who"], events["notice.recorded"]["subject"]), ("fiona@people.example", "letter 17"))

        # Six days are not seven.
        self.assertIn("younger than 7 days", self.cli("subscription", "terminate", subscription, "--comment", "over", status=4))
        stack.sql(f"alter table termination_notice disable trigger user; "
                  f"update termination_notice set given_at = now() - interval '8 days'; "
                  f"update subscription set termination_notice_at = now() - interval '8 days' where id = '{subscription}'")
        self.approved(self.cli("subscription", "terminate", subscription, "--comment", "over"))
        self.approved(self.cli("tenant", "drop", tenant, "--comment", "over", token="pat"))
        self.assertEqual(self.cli("tenant", "show", tenant, token="pat")["state"], "dropping")
        self.assertEqual(stack.sql(f"select notice_id, recorded_id is not null from tenant_drop where tenant_id = '{tenant}'"), [["", "t"]])

    def test_an_address_is_mended(self):
        customer = self.cli("customer", "create", "Moved Ltd", "--email", "old@moved.example")["id"]
        shown = self.cli("customer", "contacts", customer, "--email", "new@moved.example", "--email", "second@moved.example")
        self.assertEqual(shown["contacts"], ["new@moved.example", "second@moved.example"])
        path = f"/v1/platform/customers/{customer}/contacts"
        for body in ({}, {"contacts": ["no address"]}, {"contacts": [1]}, {"contacts": ["a@b.example"], "more": 1}):
            self.assertEqual(stack.api("PUT", path, body, token="fay").code, "invalid_input", body)
        self.assertEqual(stack.api("PUT", path, {"contacts": []}, token="olivia").code, "not_found")
        self.assertEqual(stack.api("PUT", f"/v1/platform/customers/{uuid.uuid4()}/contacts", {"contacts": []}, token="fay").code, "not_found")
        self.assertEqual(self.cli("customer", "show", customer)["contacts"], ["new@moved.example", "second@moved.example"])
        self.assertEqual(stack.sql(f"select detail -> 'before', detail -> 'after' from platform_audit where subject = '{customer}' "
                                   "and action = 'customer.contacts_set'"),
                         [['["old@moved.example"]', '["new@moved.example", "second@moved.example"]']])


if __name__ == "__main__":
    unittest.main()
