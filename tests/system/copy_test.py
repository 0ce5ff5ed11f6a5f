"""A package goes back to whoever may read it, and from one tenant to another by somebody who is in both: what the route gives
to whom, what the command line makes of it, and that no tenant ever sees another's."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

OTHER = "Lakeside Books"
HELLO = {
    "README.md": "# Hello\n\nSays hello.\n", "data/名单.csv": "name\nAnna\n",
    "main.py": "import json\nimport pathlib\n\nnames = pathlib.Path(__file__).parent / 'data' / '名单.csv'\n"
               "print(json.dumps({'said': names.read_text(encoding='utf-8').split()[1]}))\n",
    "skill.json": json.dumps({"name": "hello", "actions": [{"name": "run", "entry": "main.py", "input": {"type": "object"}}]}),
}


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    def upload(self, name, package=None, who="oscar"):
        """(number, bytes of the archive)"""
        data = skills.archive({**HELLO, "skill.json": HELLO["skill.json"].replace("hello", name)} if package is None else package)
        made = self.ok(skills.upload(self.stack, who, name, data), (200, 201))
        self.assertEqual(made["state"], "in_review", made)
        return made["version"], data

    def publish(self, name, version, who="olivia"):
        at = f"/v1/skills/{name}/versions/{version}"
        self.ok(self.api("POST", f"{at}/review", {"decision": "approve"}, who))
        self.ok(self.api("POST", f"{at}/publish", {}, who))

    def package(self, name, version, who="oscar", **headers):
        return self.api("GET", f"/v1/skills/{name}/versions/{version}/package", None, who, **headers)

    def read(self, tenant, name):
        """Who took a version of this skill away: [who, version]."""
        return self.stack.sql(f"select split_part(u.email, '@', 1), e.detail ->> 'version' from {self.stack.tenants[tenant]['schema']}.audit_event e "
                              f"join app_user u on u.id = e.actor where e.action = 'skill.package_read' and e.detail ->> 'skill' = '{name}' "
                              "order by e.id")


class Route(Case):
    def test_it_is_what_was_uploaded_and_is_told_in_the_audit(self):
        version, data = self.upload("given")
        digest = hashlib.sha256(data)
        reply = self.package("given", version)
        self.assertEqual((reply.status, reply.body), (200, data))
        self.assertEqual(reply.headers["ETag"], f'"{digest.hexdigest()}"')
        self.assertEqual(reply.headers["Repr-Digest"], f"sha-256=:{base64.b64encode(digest.digest()).decode()}:")
        self.assertIn("attachment", reply.headers["Content-Disposition"])
        self.assertEqual(self.package("given", version, If_None_Match=reply.headers["ETag"]).status, 304)
        self.assertEqual(self.read(loop.TENANT, "given"), [["oscar", "1"]], "what was known already went nowhere")
        part = self.package("given", version, Range="bytes=10-19")
        self.assertEqual((part.status, part.body, part.headers["Repr-Digest"]), (206, data[10:20], reply.headers["Repr-Digest"]))
        self.refused(self.package("given", version, Range=f"bytes={len(data)}-"), 416, "range_not_satisfiable")
        self.assertEqual(self.package("given", version, Range=f"bytes=5-", If_Range='"other"').body, data)
        self.assertEqual(self.read(loop.TENANT, "given"), [["oscar", "1"]] * 3)

    def test_it_is_for_who_wrote_it_and_who_decides_about_it(self):
        version, data = self.upload("kept")
        for who in ("oscar", "olivia", "adam"):
            self.assertEqual(self.package("kept", version, who).body, data, who)
        for who in ("vera", "arun", "audrey"):  # of what is not published they know nothing
            self.refused(self.package("kept", version, who), 404, "not_found")
        self.publish("kept", version)
        for who in ("vera", "arun", "audrey"):  # of what is, they know, and its source is not theirs
            said = self.refused(self.package("kept", version, who), 403, "forbidden")
            self.assertIn("owners and admins", said["detail"])
        self.refused(self.package("kept", version, "fiona"), 403, "forbidden")
        for who in ("lin", "lea"):
            self.refused(self.package("kept", version, who), 404, "not_found")
        self.refused(self.package("kept", version, "pat"), 403, "forbidden")
        self.refused(self.api("GET", f"/v1/skills/kept/versions/{version}/package", token=None), 401, "unauthenticated")
        self.assertEqual([who for who, _ in self.read(loop.TENANT, "kept")], ["oscar", "olivia", "adam"])
        self.assertEqual(self.read(OTHER, "kept"), [])

    def test_a_token_for_other_skills_or_acts_leaves_it_alone(self):
        version, data = self.upload("bound")

        def token(**more):
            return self.ok(self.api("POST", "/v1/tokens", {"name": "t", **more}, "oscar"), 201)["token"]
        self.assertEqual(self.package("bound", version, token(scopes=["skills:read"], skills=["bound"])).body, data)
        self.refused(self.package("bound", version, token(scopes=["skills:read"], skills=["another"])), 404, "not_found")
        self.refused(self.package("bound", version, token(scopes=["runs:read"])), 403, "forbidden")

    def test_what_is_not_there_is_not_found(self):
        version, _ = self.upload("gone")
        for wrong in ("0", "2", "-1", "x", "1e0", "99999999999"):
            self.refused(self.package("gone", wrong), 404, "not_found")
        self.refused(self.package("nothing", 1), 404, "not_found")
        schema = self.stack.tenants[loop.TENANT]["schema"]
        (file,), = self.stack.sql(f"update {schema}.file set deleted_at = now() where id = (select package_file from {schema}.skill_version v "
                                  f"join {schema}.skill s on s.id = v.skill_id where s.name = 'gone') returning id")
        self.refused(self.package("gone", version), 404, "not_found")
        self.stack.sql(f"update {schema}.file set deleted_at = null where id = '{file}'")
        path = self.stack.folder / "files" / file[-2:] / file
        path.rename(path.with_suffix(".away"))  # its bytes are lost: told as a fault, and nobody is said to have read it
        self.assertGreaterEqual(self.package("gone", version).status, 404)
        path.with_suffix(".away").rename(path)
        self.assertEqual(self.read(loop.TENANT, "gone"), [])


class CommandLine(Case):
    def setUp(self):
        kept = tempfile.TemporaryDirectory(prefix="execgov-copy-")  # pylint: disable=consider-using-with
        self.addCleanup(kept.cleanup)
        self.folder = pathlib.Path(kept.name)
        url = f"http://127.0.0.1:{self.stack.ports['api']}"
        logins = {"here": ("oscar", loop.TENANT), "boss": ("olivia", loop.TENANT), "there": ("lin", OTHER), "reader": ("leo", "Lakeside Readers")}
        (self.folder / "profiles.json").write_text(json.dumps({"current": "here", "profiles": {
            name: {"url": url, "token": self.stack.tokens[who], "tenant": tenant} for name, (who, tenant) in logins.items()}}))

    def cli(self, *words, status=0, lang="en_US.UTF-8"):
        done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words)], capture_output=True, text=True, timeout=120, check=False, cwd=self.folder,
                              env={"PATH": os.environ["PATH"], "LC_ALL": lang, "EXECGOV_CONFIG_DIR": str(self.folder), "HOME": str(self.folder)})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if "--json" in words and status == 0 else done.stdout + done.stderr

    def results(self, *words, status=0):
        done = subprocess.run([stacks.BUILD / "bin/execgov", "--json", "skill", "copy", *words], capture_output=True, text=True, timeout=120, check=False,
                              env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "EXECGOV_CONFIG_DIR": str(self.folder)})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return {item["skill"]: item["result"] for item in json.loads(done.stdout)["items"]}

    def test_what_was_pushed_is_pulled_byte_by_byte(self):
        place = self.folder / "mine"
        for path, text in HELLO.items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text.replace('"hello"', '"round"'), encoding="utf-8")
        (place / "main.py").chmod(0o755)
        pushed = self.cli("--json", "skill", "push", place)
        pulled = self.cli("--json", "skill", "pull", "round", "--out", "back")
        self.assertEqual((pulled["version"], pulled["digest"], pulled["folder"]), (1, pushed["digest"], "back"))
        back = self.folder / "back"
        self.assertEqual({str(p.relative_to(back)): p.read_bytes() for p in back.rglob("*") if p.is_file()},
                         {path: (place / path).read_bytes() for path in HELLO})
        self.assertTrue(os.access(back / "main.py", os.X_OK))
        again = self.cli("--json", "skill", "push", back)
        self.assertEqual((again["version"], again["digest"]), (1, pushed["digest"]), "the same bytes are the same version")
        self.assertIn("round-1.tar.gz", self.cli("skill", "pull", "round", "1", "--archive"))
        self.assertEqual(hashlib.sha256((self.folder / "round-1.tar.gz").read_bytes()).hexdigest(), pushed["digest"])

    def test_nothing_that_is_there_is_overwritten(self):
        self.upload("safe")
        (self.folder / "safe").mkdir()
        (self.folder / "safe/mine.txt").write_text("mine")
        self.assertIn("is there already", self.cli("skill", "pull", "safe", status=4))
        self.assertEqual([p.name for p in (self.folder / "safe").iterdir()], ["mine.txt"])
        self.assertIn("已存在", self.cli("skill", "pull", "safe", status=4, lang="zh_CN.UTF-8"))
        self.cli("skill", "pull", "safe", "--archive")
        before = (self.folder / "safe-1.tar.gz").stat()
        self.assertIn("is there already", self.cli("skill", "pull", "safe", "--archive", status=4))
        self.assertEqual((self.folder / "safe-1.tar.gz").stat(), before)
        self.assertIn("not_found", self.cli("skill", "pull", "no-such", status=2))
        self.assertIn("a version is a number", self.cli("skill", "pull", "safe", "last", status=2))
        self.assertIn("no name of a skill", self.cli("skill", "pull", "../safe", status=2))

    def test_skills_go_into_the_other_tenant_and_run_there_once_it_lets_them(self):
        version, data = self.upload("first")
        self.publish("first", version)
        self.upload("second")
        self.upload("second", {**HELLO, "README.md": "# Hello\n\nNewer.\n", "skill.json": HELLO["skill.json"].replace("hello", "second")})
        lake = self.stack.tenants[OTHER]["schema"]
        count = f"select count(*) from {lake}.skill_version v join {lake}.skill s on s.id = v.skill_id where s.name in ('first', 'second', 'third')"
        self.assertEqual(self.results("first", "second", "--to", "there", "--dry-run"), {"first": "would_copy", "second": "would_copy"})
        self.assertEqual(self.stack.sql(count), [["0"]], "only looked")
        self.assertEqual(self.results("first", "second", "--to", OTHER), {"first": "copied", "second": "copied"})
        self.assertEqual(self.results("first", "second", "--to", OTHER), {"first": "present", "second": "present"})
        self.assertEqual(self.stack.sql(count), [["2"]])
        got = self.package("first", 1, "lin")
        self.assertEqual(got.body, data)
        self.assertEqual(self.read(loop.TENANT, "first"), [["oscar", "1"]], "read once, where it is from")
        there = self.ok(self.api("GET", "/v1/skills/first/versions/1", token="lin"))
        self.assertEqual((there["state"], there["created_by"]["name"]), ("in_review", "Lin"))
        self.refused(self.api("POST", "/v1/runs", {"skill": "first"}, "lin"), 409, "not_published")  # not before somebody there let it
        self.publish("first", 1, "lin")
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "first", "input": {}}, "lin", 60))
        self.assertEqual((run["state"], run["result"]), ("succeeded", {"said": "Anna"}), run)
        # What is there under that name and is another is never replaced; as a new version it waits for its review.
        skills.done(skills.upload(self.stack, "lin", "third", {**HELLO, "skill.json": HELLO["skill.json"].replace("hello", "third"),
                                                               "README.md": "# Hello\n\nOf Lakeside.\n"}))
        self.upload("third")
        self.assertEqual(self.results("third", "--to", "there"), {"third": "differs"})
        self.assertEqual(self.results("third", "--to", "there", "--update"), {"third": "copied"})
        self.assertEqual(self.ok(self.api("GET", "/v1/skills/third/versions/2", token="lin"))["state"], "in_review")
        shown = self.cli("skill", "copy", "third", "first", "--to", "there")
        self.assertEqual(shown.count("there already"), 2, shown)
        self.assertIn("已存在", self.cli("skill", "copy", "first", "--to", "there", lang="zh_CN.UTF-8"))
        self.assertLessEqual({"first", "second", "third"}, self.results("--all", "--to", "there", "--dry-run").keys())

    def test_one_that_cannot_be_copied_does_not_hold_up_the_others(self):
        self.upload("good")
        self.upload("private", who="olivia")
        self.assertEqual(self.results("private", "no-such", "good", "--to", "there", status=2),
                         {"private": "failed", "no-such": "failed", "good": "copied"})
        self.assertEqual(self.read(loop.TENANT, "private"), [])
        # Who may not upload there copies nothing there, and is told so for each.
        self.assertEqual(self.results("good", "--to", "reader", status=3), {"good": "failed"})

    def test_what_cannot_be_meant_is_told(self):
        self.upload("meant")
        self.assertIn("--to", self.cli("skill", "copy", "meant", status=2))
        self.assertIn("--all", self.cli("skill", "copy", "--to", "there", status=2))
        self.assertIn("--all", self.cli("skill", "copy", "meant", "--all", "--to", "there", status=2))
        self.assertIn("log in there first", self.cli("skill", "copy", "meant", "--to", "nowhere", status=2))
        self.assertIn("请先登录", self.cli("skill", "copy", "meant", "--to", "nowhere", status=2, lang="zh_CN.UTF-8"))
        self.assertIn("more than one login", self.cli("skill", "copy", "meant", "--to", loop.TENANT, status=4))
        self.assertIn("the tenant that you copy from", self.cli("skill", "copy", "meant", "--to", "boss", status=2))


if __name__ == "__main__":
    unittest.main()
