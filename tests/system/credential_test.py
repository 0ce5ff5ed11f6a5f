"""Credentials: written through the API, opened by egress alone, moved to another master key while in use."""
import json
import os
import pathlib
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from loop import Case  # noqa: E402
from stack import BUILD, Stack, until  # noqa: E402

CANARY = "canary-8c1f0b7e-partner-secret"
PATH = "/v1/platform/credentials"


def setUpModule():
    Case.stack = Stack(processes=("api", "egress"))


def tearDownModule():
    Case.stack.stop()


class Credentials(Case):
    def make(self, name, value=CANARY, **more):
        return self.ok(self.api("POST", PATH, {"name": name, "value": value, **more}, "pat"), 201)

    def keys(self):
        return self.ok(self.api("GET", "/v1/platform/credential-keys", token="pat"))["items"]

    def cli(self, *words, status=0, text=""):
        done = subprocess.run(
            [BUILD / "bin/execgov", *words, "--json"], input=text.encode(), capture_output=True, timeout=120,
            check=False, env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                              "EXECGOV_TOKEN": self.stack.tokens["pat"],
                              "EXECGOV_CONFIG_DIR": str(self.stack.folder / "cli")})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def test_a_value_goes_in_and_never_out(self):
        made = self.make("partner-token", description="for the partner")
        self.assertEqual((made["version"], made["tenant"]), (1, None))
        for reply in (self.api("GET", PATH, token="pat"), self.api("GET", f"{PATH}/{made['id']}", token="pat"),
                      self.api("GET", "/v1/platform/audit", token="pat")):
            self.assertEqual(reply.status, 200)
            self.assertNotIn(CANARY.encode(), reply.body)
        dump = self.stack.call([_pg_dump(), "-h", self.stack.folder / "postgres", "-U", "postgres", "execgov"])
        self.assertIn(b"partner-token", dump)
        for form in (CANARY.encode(), CANARY.encode().hex().encode()):
            self.assertNotIn(form, dump)
        for name in ("api", "egress"):
            self.assertNotIn(CANARY, self.stack.log(name))

    def test_the_role_of_the_api_cannot_read_what_is_sealed(self):
        self.make("for-the-role")
        for column in ("value", "wrapped_key", "nonce"):
            with self.assertRaisesRegex(AssertionError, "permission denied"):
                self.stack.sql(f"set role execgov_platform; select {column} from public.credential_value")
        self.stack.sql("set role execgov_platform; select key_id from public.credential_value")
        with self.assertRaisesRegex(AssertionError, "permission denied"):
            self.stack.sql(f"set role execgov_egress; select * from {self.schema}.job")

    def test_a_new_value_is_a_new_version_and_the_old_one_is_gone(self):
        made = self.make("to-rotate")
        changed = self.ok(self.api("POST", f"{PATH}/{made['id']}/rotate", {"value": {"a": "b"}}, "pat"))
        self.assertEqual(changed["version"], 2)
        rows = self.stack.sql(f"select version from public.credential_value where credential_id = '{made['id']}'")
        self.assertEqual(rows, [["2"]])
        self.assertEqual(self.api("DELETE", f"{PATH}/{made['id']}", token="pat").status, 204)
        self.refused(self.api("GET", f"{PATH}/{made['id']}", token="pat"), 404, "not_found")
        self.refused(self.api("DELETE", f"{PATH}/{made['id']}", token="pat"), 404, "not_found")

    def test_what_does_not_fit_is_refused_and_changes_nothing(self):
        before = self.stack.sql("select count(*) from public.credential")
        for body in ({"name": "x"}, {"name": "X", "value": "a"}, {"name": "x", "value": ""},
                     {"name": "x", "value": 1}, {"name": "x", "value": {}}, {"name": "x", "value": {"a": 1}},
                     {"name": "x", "value": "a\nb"}, {"name": "x", "value": "a" * 17000},
                     {"name": "x", "value": "a", "colour": 1}):
            self.refused(self.api("POST", PATH, body, "pat"), 422, "invalid_input")
        self.assertEqual(self.stack.sql("select count(*) from public.credential"), before)
        self.make("once")
        self.refused(self.api("POST", PATH, {"name": "once", "value": "b"}, "pat"), 409, "conflict")

    def test_a_repeat_does_not_make_a_second_one(self):
        body = {"name": "repeated", "value": "a"}
        self.ok(self.api("POST", PATH, body, "pat", Idempotency_Key="c-1"), 201)
        self.refused(self.api("POST", PATH, body, "pat", Idempotency_Key="c-1"), 409, "already_done")

    def test_nobody_of_a_tenant_finds_any_of_it(self):
        made = self.make("hidden")
        for person in ("olivia", "adam", "oscar", "audrey"):
            for method, path, body in (("GET", PATH, None), ("POST", PATH, {"name": "n", "value": "v"}),
                                       ("GET", f"{PATH}/{made['id']}", None), ("DELETE", f"{PATH}/{made['id']}", None),
                                       ("POST", f"{PATH}/{made['id']}/rotate", {"value": "v"}),
                                       ("GET", "/v1/platform/credential-keys", None),
                                       ("POST", "/v1/platform/credential-keys/rotate", {})):
                self.refused(self.api(method, path, body, person), 404, "not_found")

    def test_the_master_key_changes_under_way(self):
        """Old and new key side by side; what is sealed is wrapped again, and the old key may go."""
        for number in range(3):
            self.make(f"moving-{number}")
        old = next(key for key in self.keys() if key["current"])
        key_file = self.stack.folder / "egress.keys"
        self.stack.call([BUILD / "bin/execgov-egress", "new-key", key_file])
        self.assertEqual(stat.S_IMODE(key_file.stat().st_mode), 0o600)
        self.stack.end("egress")
        self.stack.start("egress")
        self.assertTrue(next(k for k in self.keys() if k["id"] == old["id"])["current"], "not before it is asked for")
        self.cli("credential", "rotate-key")
        keys = {key["id"]: key for key in self.keys()}
        self.assertFalse(keys[old["id"]]["current"])
        self.assertEqual(keys[old["id"]]["credentials"], 0)
        self.cli("credential", "rotate-key", status=4)  # there is no newer one
        self.make("after")
        self.assertEqual(self.stack.sql("select count(*) from public.credential_value v "
                                        "where v.key_id <> public.egress_key_current()"), [["0"]])

    def test_the_command_line_reads_the_value_from_a_file(self):
        made = self.cli("credential", "create", "from-stdin", "--value-file", "-", text="typed\n")
        self.assertEqual(made["name"], "from-stdin")
        changed = self.cli("credential", "rotate", "from-stdin", "--value-file", "-", text='{"username": "a"}')
        self.assertEqual(changed["version"], 2)
        self.assertIn("from-stdin", [c["name"] for c in self.cli("credential", "ls")["items"]])
        self.cli("credential", "delete", "from-stdin")


class Keys(Case):
    def test_egress_without_a_key_runs_and_says_so(self):
        with Stack(processes=("api",)) as bare:
            reply = bare.api("POST", PATH, {"name": "x", "value": "v"}, "pat")
            self.refused(reply, 503, "credential_unavailable")
            bare.settings["egress"] = {"key_file": bare.folder / "missing"}
            bare.start("egress")
            until(lambda: "keys.absent" in bare.log("egress"), what="the log saying so")

    def test_a_key_file_that_others_can_read_is_not_used(self):
        path = self.stack.folder / "open.keys"
        self.stack.call([BUILD / "bin/execgov-egress", "new-key", path])
        path.chmod(0o644)
        done = subprocess.run([BUILD / "bin/execgov-egress", "new-key", path], capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"chmod 600", done.stderr)


def _pg_dump():
    return str(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))[-1])


if __name__ == "__main__":
    unittest.main()
