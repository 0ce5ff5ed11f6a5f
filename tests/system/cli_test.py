"""The CLI against the real thing: people and their tokens, a skill from folder to result, the high-risk
way with two persons, and what another tenant sees of it."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import stack as stacks  # noqa: E402

SUM = """import json, os, sys
given = json.load(sys.stdin)
print("adding", len(given["numbers"]))
print("::progress 50 half way", file=sys.stderr)
with open("total.csv", "w") as out:
    out.write("total\\n%d\\n" % sum(given["numbers"]))
with open(os.environ["EXECGOV_RESULT"], "w") as out:
    json.dump({"total": sum(given["numbers"])}, out)
"""
MANIFEST = {
    "name": "adder", "title": {"en": "Add numbers", "zh": "求和"},
    "description": "Adds whole numbers and writes the total as CSV.",
    "examples": ["add the numbers 1 and 2", "求和 1 和 2"],
    "actions": [{"name": "run", "entry": "main.py", "input": {
        "type": "object", "required": ["numbers"], "additionalProperties": False,
        "properties": {"numbers": {"type": "array", "items": {"type": "integer"}}}}, "collect": ["total.csv"]}],
}


def setUpModule():
    global stack, folder  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(processes=("api", "scheduler", "worker"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="execgov-cli-", dir="/tmp"))


def tearDownModule():
    stack.stop()
    subprocess.run(["rm", "-r", str(folder)], check=False)


def minisign(*words):
    subprocess.run(["minisign", *map(str, words)], check=True, capture_output=True)


def execgov(person, *words, stdin=None, **more):
    env = {"EXECGOV_URL": f"http://127.0.0.1:{stack.ports['api']}", "PATH": os.environ["PATH"], "LANG": "en_US.UTF-8",
           "EXECGOV_CONFIG_DIR": str(folder / "config"), "HOME": str(folder)} | more
    if person:
        env["EXECGOV_TOKEN"] = stack.tokens[person]
    return subprocess.run([stacks.BUILD / "bin/execgov", *words], env=env, input=stdin, capture_output=True,
                          text=True, timeout=120, check=False, start_new_session=True)


class Case(unittest.TestCase):
    maxDiff = None

    def ok(self, done, code=0):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def json(self, person, *words, code=0, **more):
        return json.loads(self.ok(execgov(person, "--json", *words, **more), code).stdout)

    def package(self, name, manifest, script):
        place = folder / name
        place.mkdir()
        (place / "main.py").write_text(script, encoding="utf-8")
        (place / "README.md").write_text(f"# {name}\n\nOf a test.\n", encoding="utf-8")
        (place / "skill.json").write_text(json.dumps(manifest), encoding="utf-8")
        return str(place)

    def publish(self, place, skill):
        self.ok(execgov("olivia", "skill", "push", place))
        self.ok(execgov("adam", "skill", "review", skill, "--approve"))
        self.ok(execgov("adam", "skill", "publish", skill))


class People(Case):
    def test_login_whoami_logout(self):
        done = self.ok(execgov(None, "login", "--email", "olivia@people.example", "--password-stdin",
                               stdin=stack.passwords["olivia"] + "\n"))
        self.assertIn("Harbour Hardware", done.stdout)
        self.assertIn("owner", self.ok(execgov(None, "whoami")).stdout)
        self.ok(execgov(None, "doctor"))
        self.ok(execgov(None, "logout"))
        self.ok(execgov(None, "whoami"), 3)

    def test_the_doctor_asks_the_sandbox_of_this_machine(self):
        socket_path = str(stack.folder / "sandbox.sock")
        checks = self.json("olivia", "doctor", "--sandbox", socket_path)["checks"]
        self.assertEqual([c["ok"] for c in checks if c["name"] == "sandbox"], [True])
        self.assertIn("base: installed", [c["detail"] for c in checks if c["name"] == "runtime"])
        self.assertNotIn("sandbox", [c["name"] for c in self.json("olivia", "doctor")["checks"]])
        done = self.ok(execgov("olivia", "doctor", "--sandbox", socket_path + ".none"), 5)
        self.assertIn("no sandboxd answers", done.stdout)

    def test_runtimes_are_listed_and_only_known_ones_installed(self):
        socket_path = str(stack.folder / "sandbox.sock")
        listed = self.json(None, "runtime", "ls", EXECGOV_SANDBOX=socket_path)["items"]
        self.assertEqual([one["name"] for one in listed], ["base", "data"])
        self.assertTrue(listed[0]["present"])
        self.assertIn("installed", self.ok(execgov(None, "runtime", "ls", "--sandbox", socket_path)).stdout)
        done = self.ok(execgov(None, "runtime", "install", "base", "--sandbox", socket_path))
        self.assertIn("base is installed", done.stdout)
        self.assertIn("base or data", self.ok(execgov(None, "runtime", "install", "gpu"), 2).stderr)
        self.assertIn("no sandboxd answers",
                      self.ok(execgov(None, "runtime", "ls", "--sandbox", "/nowhere.sock"), 5).stderr)

    def test_a_wrong_password_is_no_login(self):
        done = self.ok(execgov(None, "login", "--email", "oscar@people.example", "--password-stdin", "--profile",
                               "wrong", stdin="not the horse\n"), 3)
        self.assertIn("unauthenticated", done.stderr)

    def test_the_wrong_login_is_told_which_one_it_takes(self):
        for words in (("tenant", "ls"), ("order", "ls"), ("worker", "ls")):
            self.assertIn("`execgov login --tenant platform`", self.ok(execgov("olivia", *words), 2).stderr)
        self.assertIn("平台角色", self.ok(execgov("olivia", "tenant", "ls", LANG="zh_CN.UTF-8"), 2).stderr)
        self.assertIn("`execgov login --tenant ID`", self.ok(execgov("pat", "list"), 3).stderr)

    def test_what_is_refused_says_what_there_is_instead(self):
        said = self.ok(execgov("oscar", "tokens", "create", "x", "--scope", "nonsense"), 2).stderr
        self.assertIn('"nonsense" is no scope; known: runs:read,', said)
        self.assertEqual(said.count("known:"), 1)
        self.assertIn("  - /scopes/0\n", said)
        self.assertIn("there are planned, awaiting_confirmation,",
                      self.ok(execgov("olivia", "runs", "ls", "--state", "nonsense"), 2).stderr)
        self.assertRegex(self.ok(execgov("vera", "members", "invite", "x@people.example"), 3).stderr, "these do: .*owner")

    def test_what_is_listed_is_for_people(self):
        self.assertIn("no subscription", self.ok(execgov("olivia", "billing", "show")).stdout)
        shown = self.json("olivia", "billing", "show")  # a team has as many slots as it wants
        self.assertEqual((shown["subscription"], shown["slots"]["limit"]), (None, None))
        self.assertTrue(self.ok(execgov("pat", "network", "ls")).stdout.startswith("PURPOSE "))
        self.assertRegex(self.ok(execgov("pat", "people", "ls")).stdout, r" platform_admin +[0-9a-f]{8}-")
        self.assertRegex(self.ok(execgov("pat", "tenant", "ls")).stdout, r" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n")

    def test_an_invited_person_registers(self):
        invited = self.json("olivia", "members", "invite", "nina@people.example", "--role", "viewer")
        done = self.ok(execgov(None, "register", "--email", "nina@people.example", "--name", "Nina", "--invitation",
                               invited["invitation"]["token"], "--password-stdin", "--profile", "nina",
                               stdin="a strange horse for nina\n"))
        self.assertIn("Harbour Hardware", done.stdout)
        self.assertIn("nina@people.example", self.ok(execgov("olivia", "members", "ls")).stdout)
        self.ok(execgov("olivia", "members", "role", "nina@people.example", "auditor"))
        self.ok(execgov("olivia", "members", "remove", "nina@people.example"))

    def test_an_api_token_is_made_listed_and_revoked(self):
        made = self.json("oscar", "tokens", "create", "of-a-test", "--scope", "runs:read", "--days", "3")
        self.assertEqual(made["scopes"], ["runs:read"])
        self.assertIn("of-a-test", self.ok(execgov("oscar", "tokens", "ls")).stdout)
        self.ok(execgov(None, "runs", "ls", EXECGOV_TOKEN=made["token"]))
        self.ok(execgov("oscar", "tokens", "revoke", made["id"]))
        self.ok(execgov(None, "runs", "ls", EXECGOV_TOKEN=made["token"]), 3)

    def test_help_is_a_word_as_well_as_an_option(self):
        for word, option in ((("help",), ("--help",)), (("help", "skill"), ("skill", "--help")),
                             (("help", "skill", "push"), ("skill", "push", "--help")),
                             (("help", "migrate"), ("migrate", "--help")), (("help", "help"), ("--help",)),
                             (("--json", "help", "skill"), ("skill", "--help")), (("skill", "help"), ("skill", "--help")),
                             (("payment", "provider", "help"), ("payment", "provider", "--help")),
                             (("migrate", "help"), ("migrate", "--help")), (("intent", "help"), ("intent", "--help"))):
            with self.subTest(word):
                self.assertEqual(self.ok(execgov(None, *word)).stdout, self.ok(execgov(None, *option)).stdout)
        self.assertIn('no command "nonsense"', self.ok(execgov(None, "help", "nonsense"), 2).stderr)
        self.assertIn('no command "order nix"; see execgov help order', self.ok(execgov(None, "order", "nix"), 2).stderr)

    def test_a_viewer_who_runs_is_refused(self):
        self.assertIn(execgov("vera", "run", "anything").returncode, (2, 3))

    def test_the_trail_tells_of_logins(self):
        self.ok(execgov(None, "login", "--email", "adam@people.example", "--password-stdin", "--profile", "adam",
                        stdin=stack.passwords["adam"] + "\n"))
        self.assertIn("login", self.ok(execgov("olivia", "audit", "ls", "--kind", "login")).stdout)
        lines = self.ok(execgov("audrey", "audit", "export")).stdout.splitlines()
        self.assertTrue(all("action" in json.loads(line) for line in lines) and lines)


class Skills(Case):
    """From a folder to files, in the order a newcomer would."""

    @classmethod
    def setUpClass(cls):
        case = cls("test_run_waits_and_fetches_the_files")
        case.publish(case.package("adder", MANIFEST, SUM), "adder")

    def test_it_is_listed_and_shown(self):
        self.assertIn("Add numbers", self.ok(execgov("oscar", "list")).stdout)
        self.assertIn("求和", self.ok(execgov("oscar", "list", LANG="zh_CN.UTF-8")).stdout)
        self.assertIn("numbers=array *", self.ok(execgov("oscar", "skill", "show", "adder")).stdout)
        self.assertEqual(self.ok(execgov("oscar", "list", "--names")).stdout.split().count("adder"), 1)

    def test_a_name_that_is_nearly_right_names_what_may_have_been_meant(self):
        self.publish(self.package("added", MANIFEST | {"name": "added"}, SUM), "added")
        self.ok(execgov("adam", "skill", "allow", "added", "--role", "admin"))
        for words in (("run", "addre"), ("run", "addre", "numbers=1"), ("run", "addre/run"), ("skill", "show", "addre"),
                      ("skill", "why", "addre"), ("schedule", "add", "0 9 * * *", "addre"),
                      ("schedule", "add", "0 9 * * *", "addre", "numbers=1")):
            with self.subTest(words):
                said = self.ok(execgov("oscar", *words), 2).stderr
                self.assertEqual(said.count('no skill "addre"'), 1, said)
                self.assertIn("(adder ?)", said, "what he may run, and nothing else")
        self.assertRegex(self.ok(execgov("adam", "run", "addre"), 2).stderr, r"\((adder, added|added, adder) \?\)")
        self.assertIn("(adder ?)", self.ok(execgov("oscar", "run", "addre", LANG="zh_CN.UTF-8"), 2).stderr)
        for words in (("run", "something-else"), ("run", "adder", "--skill-version", "99"), ("run", "adder/rnu")):
            with self.subTest(words):
                self.assertNotIn("?)", self.ok(execgov("oscar", *words), 2).stderr)
        self.assertNotIn("?)", self.ok(execgov(None, "z" * 130), 2).stderr)
        self.ok(execgov("adam", "skill", "disable", "added"))

    def test_run_waits_and_fetches_the_files(self):
        out = folder / "out"
        run = self.json("oscar", "run", "adder", "numbers=1", "numbers=41", "--wait", "--out", str(out))
        self.assertEqual((run["state"], run["result"]), ("succeeded", {"total": 42}))
        self.assertEqual((out / "total.csv").read_text(), "total\n42\n")
        self.assertIn("adding 2", self.ok(execgov("oscar", "runs", "log", run["id"])).stdout)
        self.assertIn("total.csv", self.ok(execgov("oscar", "runs", "artifacts", run["id"])).stdout)
        self.assertIn(run["id"], self.ok(execgov("oscar", "runs", "ls", "--skill", "adder")).stdout)
        self.ok(execgov("oscar", "why", run["id"]))

    def test_whoever_waits_is_told_what_for_when_nobody_starts_it(self):
        stack.end("worker")
        try:
            for words in (("ask", "add the numbers 1 and 2"), ("run", "adder", "numbers=1")):
                done = self.ok(execgov("oscar", *words, "--wait", "--timeout", "12"), 6)
                self.assertIn("it waits: no worker is alive", done.stderr)
                self.assertIn("an operator starts one", done.stderr)
        finally:
            stack.start("worker")

    def test_run_follows_the_log(self):
        done = self.ok(execgov("oscar", "run", "adder", "numbers=[1,2,3]", "--follow", "--timeout", "100"))
        self.assertIn("adding 3", done.stdout)
        self.assertIn('"total": 6', done.stdout)

    def test_a_wrong_type_is_told_before_anything_is_handed_in(self):
        done = self.ok(execgov("oscar", "run", "adder", "numbers=many"), 2)
        self.assertIn("/numbers", done.stderr)

    def test_what_is_missing_is_told_by_the_server(self):
        self.ok(execgov("oscar", "run", "adder", "--wait"), 2)

    def test_plan_causes_nothing(self):
        before = len(self.json("oscar", "runs", "ls", "--limit", "1000", "--state", "succeeded")["items"])
        done = self.ok(execgov("oscar", "plan", "adder", "numbers=1"))
        self.assertIn("adder/run", done.stdout)
        after = len(self.json("oscar", "runs", "ls", "--limit", "1000", "--state", "succeeded")["items"])
        self.assertEqual(before, after)

    def test_the_same_key_runs_once(self):
        runs = [self.json("oscar", "run", "adder", "numbers=7", "--idempotency-key", "once") for _ in range(2)]
        self.assertEqual(runs[0]["id"], runs[1]["id"])

    def test_another_tenant_sees_nothing_of_it(self):
        run = self.json("oscar", "run", "adder", "numbers=1", "--wait")
        self.ok(execgov("lin", "runs", "show", run["id"]), 2)
        self.ok(execgov("lin", "skill", "show", "adder"), 2)
        self.assertNotIn("adder", self.ok(execgov("lin", "list")).stdout)

    def test_why_explains_and_off_is_off(self):
        self.assertIn("may not run",
                      self.ok(execgov("olivia", "why", "skill", "adder", "--user", "vera@people.example")).stdout)
        self.ok(execgov("olivia", "skill", "disable", "adder"))
        try:
            self.ok(execgov("oscar", "run", "adder", "numbers=1", "--wait"), 4)
        finally:
            self.ok(execgov("olivia", "skill", "enable", "adder"))

    def test_a_broken_package_is_refused_with_its_findings(self):
        place = self.package("broken", {"name": "broken", "actions": [{"risk": "middling"}]}, "print(1)\n")
        self.assertIn("risk", self.ok(execgov("olivia", "skill", "check", place), 2).stdout)
        done = self.ok(execgov("olivia", "skill", "push", place), 2)
        self.assertIn("risk", done.stdout + done.stderr)

    def test_a_script_with_arguments_becomes_a_draft_and_is_tried(self):
        place = folder / "greeter"
        place.mkdir()
        (place / "main.py").write_text(
            "import argparse\nfrom pathlib import Path\np = argparse.ArgumentParser()\n"
            "p.add_argument('--who', required=True, help='whom to greet')\n"
            "p.add_argument('--times', type=int, default=2)\na = p.parse_args()\n"
            "Path('said.txt').write_text(f'hello {a.who} ' * a.times)\nprint('greeted', a.who)\n", encoding="utf-8")
        (place / "README.md").write_text("# Greeter\n\nGreets somebody.\n", encoding="utf-8")
        self.ok(execgov("olivia", "skill", "init", str(place)))
        wanted = json.loads((place / "skill.json").read_text())["actions"][0]["input"]
        self.assertEqual((wanted["required"], wanted["properties"]["times"]["default"]), (["who"], 2))
        before = (place / "skill.json").read_bytes()
        self.assertIn("--force", self.ok(execgov("olivia", "skill", "init", str(place)), 4).stderr)
        self.assertEqual((place / "skill.json").read_bytes(), before)
        out = folder / "tried"
        run = self.json("olivia", "skill", "try", str(place), "who=Ada", "--out", str(out))
        self.assertEqual(run["state"], "succeeded", run)
        self.assertEqual((out / "said.txt").read_text(), "hello Ada hello Ada ")
        self.ok(execgov("oscar", "run", "greeter", "who=Ada"), 2)  # a draft is its author's

    def test_a_check_at_home_says_what_the_server_says(self):
        source = "import boto3\ndef f():\n    import pandas\nopen('/srv/x.csv', 'w')\nurl = 'https://api.example.com'\n"
        place = self.package("athome", {"name": "athome"}, source)
        told = self.json("olivia", "skill", "check", place)
        self.assertEqual((told["ok"], told["verdict"]), (True, "needs"))
        shown = self.ok(execgov("olivia", "skill", "check", place)).stdout
        for text in ("main.py:1: warning: no runtime has the module boto3", "main.py:3: warning: the module pandas",
                     "main.py:4: warning: writes /srv/x.csv", "main.py:5: note: names the host api.example.com"):
            self.assertIn(text, shown)
        pushed = self.json("olivia", "skill", "push", place)
        self.assertEqual({(f["code"], f.get("line")) for f in pushed["findings"] if f["path"] == "main.py"},
                         {(f["code"], f["line"]) for f in told["findings"] if f["path"] == "main.py"})
        plain = self.package("plainone", {"name": "plainone"}, "print(1)\n")
        self.assertEqual(self.json("olivia", "skill", "check", plain)["verdict"], "unchanged")


    @unittest.skipUnless(shutil.which("minisign"), "minisign is not installed (deploy/packages.dev)")
    def test_what_minisign_signs_is_known_by_name(self):
        keys, place = folder / "keys", self.package("signedone", {"name": "signedone"}, "print(1)\n")
        keys.mkdir()
        minisign("-G", "-W", "-p", keys / "release.pub", "-s", keys / "release.sec")
        self.ok(execgov("olivia", "signing", "trust", "Release", str(keys / "release.pub")))
        self.assertIn("Release", self.ok(execgov("olivia", "signing", "ls")).stdout)
        digest = self.ok(execgov("olivia", "skill", "digest", place)).stdout
        self.assertEqual(self.json("olivia", "skill", "push", place)["digest"] + "\n", digest)
        (keys / "digest").write_text(digest, encoding="ascii")
        minisign("-S", "-s", keys / "release.sec", "-m", keys / "digest", "-t", "first release")
        shown = self.ok(execgov("olivia", "skill", "sign", "signedone", "1", str(keys / "digest.minisig"))).stdout
        self.assertRegex(shown, "Release +first release")
        self.assertRegex(self.ok(execgov("olivia", "skill", "versions", "signedone")).stdout, "in_review .* Release ")
        self.ok(execgov("olivia", "signing", "only", "on"))
        self.ok(execgov("olivia", "skill", "review", "signedone", "--approve"))
        self.ok(execgov("olivia", "skill", "publish", "signedone"))
        self.ok(execgov("olivia", "signing", "forget", "Release"), 2)  # nothing could be published then
        self.ok(execgov("olivia", "signing", "only", "off"))
        self.ok(execgov("olivia", "signing", "forget", "Release"))
        self.ok(execgov("olivia", "skill", "sign", "signedone", "1", str(keys / "digest")), 2)


class HighRisk(Case):
    @classmethod
    def setUpClass(cls):
        case = cls("test_two_persons_make_it_run")
        manifest = json.loads(json.dumps(MANIFEST)) | {"name": "danger", "title": "Danger"}
        manifest["actions"][0]["risk"] = "high"
        case.publish(case.package("danger", manifest, SUM), "danger")

    def ask(self):
        return self.json("olivia", "run", "danger", "numbers=1", "--wait", code=4)["request_id"]

    def test_two_persons_make_it_run(self):
        request = self.ask()
        self.assertIn("self_confirmation", self.ok(execgov("olivia", "confirmations", "confirm", request), 4).stderr)
        self.assertIn(request, self.ok(execgov("arun", "approvals", "ls")).stdout)
        self.assertIn("danger/run", self.ok(execgov("arun", "confirmations", "show", request)).stdout)
        self.assertIn("plan_stale", self.ok(execgov("arun", "confirmations", "confirm", request, "--digest", "0" * 64),
                                            4).stderr)
        self.ok(execgov("arun", "confirmations", "confirm", request, "--wait"))
        done = self.json("olivia", "requests", "show", request)
        self.assertEqual((done["state"], done["run"]["result"]), ("succeeded", {"total": 1}))
        self.assertIn("already_decided", self.ok(execgov("arun", "confirmations", "confirm", request, "--digest",
                                                         done["plan"]["digest"]), 4).stderr)

    def test_a_rejection_gives_its_reason(self):
        request = self.ask()
        self.ok(execgov("arun", "confirmations", "reject", request, "--comment", "not on a Friday"))
        self.assertIn("not on a Friday", self.ok(execgov("olivia", "requests", "show", request)).stdout)
        self.ok(execgov("olivia", "requests", "show", request, "--wait"), 4)


if __name__ == "__main__":
    unittest.main()
