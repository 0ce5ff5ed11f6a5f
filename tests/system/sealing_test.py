"""Sensitive inputs through the whole product: sealed before anything is stored, shown as dots, opened for the script
alone. The proof is a search: the value, in the forms it could travel in, lies in no row, key, log or file."""
import base64
import json
import os
import pathlib
import subprocess
import sys
import unittest
import urllib.parse

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

MASK = "••••"
# The script shows that it has the value without saying it: its digest. On request it says it everywhere it can.
MAIN = """import base64, hashlib, json, os, sys
given = json.load(sys.stdin)
value = given.get("key", "")
assert json.load(open(os.environ["EXECGOV_INPUT"])) == given
if given.get("tell"):
    for piece in (value[:7], value[7:]):
        sys.stdout.write(piece)
        sys.stdout.flush()
    print()
    print("stderr", value, base64.b64encode(value.encode()).decode(), file=sys.stderr)
print(json.dumps({"digest": hashlib.sha256(value.encode()).hexdigest(), "told": value if given.get("tell") else None,
                  "deep": given.get("deep", {}).get("inner", 0)}))
"""


def package(title, examples, **action):
    return {"README.md": f"# {title}\n\n{title}.\n", "main.py": MAIN, "skill.json": json.dumps({
        "title": {"en": title, "zh": title}, "examples": examples,
        "actions": [{"name": "main", "entry": "main.py", "input": {
            "type": "object", "additionalProperties": False, "required": ["key"], "properties": {
                "key": {"type": "string", "title": "Key", "pattern": "^canary-", "writeOnly": True},
                "tell": {"type": "boolean", "default": False},
                "deep": {"type": "object", "properties": {"inner": {"type": "integer", "x-sensitive": True}}}}},
            **action}]})}


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "egress", "worker"))
    skills.publish(loop.Case.stack, [
        (loop.TENANT, "vault", package("Open the vault", ["open the vault", "open our vault now", "vault please"])),
        (loop.TENANT, "safe", package("Weigh the safe", ["weigh the safe", "how heavy is it", "kilograms of steel"],
                                      risk="high", effects=[{"en": "it is weighed", "zh": "称重"}]))])


def tearDownModule():
    loop.Case.stack.stop()


def digest(value):
    import hashlib  # pylint: disable=import-outside-toplevel
    return hashlib.sha256(value.encode()).hexdigest()


class Sealing(loop.Case):
    def find(self, canary):
        """Where the value lies, in any of its forms."""
        forms = {canary.encode(), base64.b64encode(canary.encode()).rstrip(b"="), canary.encode().hex().encode(),
                 urllib.parse.quote(canary, safe="").encode(), digest(canary + "\n").encode()}
        dump = str(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))[-1])
        places = {"PostgreSQL": self.stack.call([dump, "-h", self.stack.folder / "postgres", "-U", "postgres", "execgov"])}
        self.stack.call(["redis-cli", "-s", self.stack.folder / "redis.sock", "save"])
        places["Redis"] = (self.stack.folder / "dump.rdb").read_bytes()
        for folder, inside, names in os.walk(self.stack.folder):
            inside[:] = [one for one in inside if one not in ("postgres", "runtimes")]  # dumped; no run's business
            for name in names:
                path = pathlib.Path(folder, name)
                if path.is_file():
                    places[str(path)] = path.read_bytes()
        return [name for name, data in places.items() for form in forms if form in data]

    def vault(self, canary, skill="vault", token="oscar", wait=60, **more):
        return self.api("POST", "/v1/runs", {"skill": skill, "input": {"key": canary, **more}}, token, wait)

    def test_a_script_gets_the_value_and_nothing_else_does(self):
        canary = 'canary-7f3a "quoted" wörd/+'
        done = self.ok(self.vault(canary, deep={"inner": 70012345}))
        self.assertEqual(done["state"], "succeeded", done)
        self.assertEqual(done["result"]["digest"], digest(canary))
        self.assertEqual(done["result"]["deep"], 70012345)  # numbers in results are the script's own
        self.assertEqual((done["input"]["key"], done["input"]["deep"]["inner"]), (MASK, MASK))
        self.assertEqual(self.find(canary), [])

    def test_a_script_that_tells_is_masked_in_log_and_result(self):
        canary = "canary-told-4711"
        done = self.ok(self.vault(canary, tell=True))
        self.assertEqual((done["result"]["told"], done["result"]["digest"]), (MASK, digest(canary)))
        log = self.log_of(done["id"])
        self.assertIn(f"stderr {MASK} {MASK}", log)
        self.assertEqual(log.count(MASK), 4)
        self.assertEqual(self.find(canary), [])

    def test_a_rerun_a_schedule_and_a_batch_use_it_unseen(self):
        canary = "canary-again-99"
        done = self.ok(self.vault(canary))
        again = self.ok(self.api("POST", f"/v1/runs/{done['id']}/rerun", None, "oscar", 60))
        self.assertEqual(again["run"]["result"]["digest"], digest(canary))
        made = self.ok(self.api("POST", "/v1/schedules", {
            "name": "vault", "cron": "0 3 1 1 *", "skill": "vault", "input": {"key": canary}}, "oscar"), 201)
        self.assertEqual(made["input"], {"key": MASK})
        fired = self.ok(self.api("POST", f"/v1/schedules/{made['id']}/fire", {}, "oscar", 60))
        self.assertEqual(fired["run"]["result"]["digest"], digest(canary))
        # What was shown may be given back: the mask means what is there.
        changed = self.ok(self.api("PATCH", f"/v1/schedules/{made['id']}", {
            "cron": "0 4 1 1 *", "input": {"key": MASK, "tell": False}}, "oscar"))
        self.assertEqual(changed["input"]["key"], MASK)
        fired = self.ok(self.api("POST", f"/v1/schedules/{made['id']}/fire", {}, "oscar", 60))
        self.assertEqual(fired["run"]["result"]["digest"], digest(canary))
        shown = self.ok(self.api("GET", f"/v1/schedules/{made['id']}/preview?n=2", token="oscar"))
        self.assertEqual(shown["items"][0]["input"]["key"], MASK)
        self.refused(self.api("PATCH", f"/v1/schedules/{made['id']}", {"skill": "safe"}, "oscar"), 422, "invalid_input")
        items = self.ok(self.api("POST", "/v1/runs/batch", {
            "runs": [{"skill": "vault", "input": {"key": canary}}] * 3}, "oscar"), 202)["items"]
        for item in items:
            self.assertEqual(self.run_of(item["id"], wait=60)["result"]["digest"], digest(canary))
        self.assertEqual(self.api("DELETE", f"/v1/schedules/{made['id']}", token="oscar").status, 204)
        audit = self.api("GET", "/v1/audit?limit=200", token="olivia").body.decode()
        self.assertIn("schedule.deleted", audit)
        self.assertNotIn("$sealed", audit)
        self.assertEqual(self.find(canary), [])

    def test_a_confirmation_is_about_exactly_this_value(self):
        canary = "canary-safe-31337"
        asked = self.ok(self.vault(canary, "safe"))
        self.assertEqual(asked["state"], "awaiting_confirmation", asked)
        other = self.ok(self.vault(canary + "x", "safe"))
        shown = self.request_of(asked["request_id"])
        self.assertEqual(shown["plan"]["steps"][0]["input"]["key"], MASK)
        self.assertNotEqual(shown["plan"]["digest"], self.request_of(other["request_id"])["plan"]["digest"])
        for request, code in ((other["request_id"], 409), (asked["request_id"], 200)):
            reply = self.api("POST", f"/v1/requests/{request}/confirm", {"digest": shown["plan"]["digest"]}, "arun", 60)
            self.assertEqual(reply.status, code, reply.body)
        self.assertEqual(self.run_of(asked["id"], wait=60)["result"]["digest"], digest(canary))
        self.assertEqual(self.find(canary), [])

    def test_words_are_asked_for_it_and_the_answer_is_sealed(self):
        canary = "canary-answer-5150"
        asked = self.ask("open the vault, key=canary-in-words")
        self.assertEqual(asked["state"], "needs_answer", asked)
        self.assertEqual([q["path"] for q in asked["intent"]["questions"]], ["/key"])
        self.assertIn("sensitive", asked["intent"]["questions"][0]["text"])
        path = f"/v1/requests/{asked['id']}/answer"
        refused = self.refused(self.api("POST", path, {"inputs": {"key": "no such form"}}, "oscar"), 422, "invalid_input")
        self.assertNotIn("no such form", json.dumps(refused))
        done = self.ok(self.api("POST", path, {"inputs": {"key": canary}}, "oscar", 60))
        self.assertEqual((done["state"], done["run"]["result"]["digest"]), ("succeeded", digest(canary)))
        self.assertEqual(self.find(canary), [])
        again = self.ok(self.api("POST", "/v1/requests", {"text": "and once more", "follow_up_of": asked["id"]},
                                 "oscar", 60))
        self.assertEqual(again["run"]["result"]["digest"], digest(canary), again)

    def test_what_is_sealed_is_nobodys_to_give_and_opens_nowhere_else(self):
        canary = "canary-stolen-12"
        done = self.ok(self.vault(canary))
        stored = json.loads(self.stack.sql(f"select payload -> 'input' from {self.schema}.job where id = '{done['id']}'")[0][0])
        for body in ({"skill": "safe", "input": stored}, {"skill": "vault", "input": {"key": MASK}}):
            self.refused(self.api("POST", "/v1/runs", body, "oscar"), 422, "invalid_input")
        # Even somebody with the tenant's database cannot have another skill open it.
        self.stack.sql(f"alter table {self.schema}.job disable trigger user")
        self.stack.end("worker")
        made = self.ok(self.vault("canary-mine", wait=0), 202)
        foreign = json.dumps(stored).replace("'", "''")
        self.stack.sql(f"update {self.schema}.job set payload = jsonb_set(payload, '{{input,deep}}', "
                       f"'{foreign}'::jsonb -> 'key') where id = '{made['id']}'")
        self.stack.start("worker")
        run = self.run_of(made["id"], wait=60)
        self.assertEqual((run["state"], run["error"]["code"]), ("failed", "credential_unavailable"), run)

    def test_without_egress_such_a_run_fails_and_without_a_key_none_is_taken(self):
        self.stack.end("egress")
        try:
            away = self.ok(self.vault("canary-later"))
            self.assertEqual((away["state"], away["error"]["code"]), ("failed", "egress_unavailable"), away)
            self.stack.end("api")  # what a process knows of the key it knows for seconds
            self.stack.start("api")
            self.stack.sql("create table public.keys_kept as select * from public.egress_key")
            self.stack.sql("delete from public.egress_key")
            self.nothing_changes(lambda: self.refused(self.vault("canary-never"), 503, "credential_unavailable"))
            self.nothing_changes(lambda: self.refused(self.api(
                "POST", "/v1/callback-hosts", {"host": "hooks.example.com"}, "adam"), 503, "credential_unavailable"))
            self.stack.sql("insert into public.egress_key select * from public.keys_kept")
            self.stack.sql("drop table public.keys_kept")
        finally:
            self.stack.start("egress")
        done = self.ok(self.api("POST", f"/v1/runs/{away['id']}/rerun", None, "oscar", 60))["run"]
        self.assertEqual((done["state"], done["result"]["digest"]), ("succeeded", digest("canary-later")), done)

    def test_the_command_line_shows_dots(self):
        done = self.ok(self.vault("canary-cli-1"))
        shown = subprocess.run(
            [stacks.BUILD / "bin/execgov", "runs", "show", done["id"], "--json"], capture_output=True, timeout=60, check=True,
            env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                 "EXECGOV_TOKEN": self.stack.tokens["oscar"], "EXECGOV_CONFIG_DIR": str(self.stack.folder / "cli")})
        self.assertIn(MASK, shown.stdout.decode())
        self.assertNotIn("canary-cli", shown.stdout.decode())


if __name__ == "__main__":
    unittest.main()
