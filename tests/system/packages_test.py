"""What a package may bring besides its code: its own wheels, who signed it, and what a reviewer reads of it."""
import io
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from signer import Signer  # noqa: E402
from stack import Stack  # noqa: E402
from wheels import wheel  # noqa: E402

README = "# Hello\n\nSays hello.\n"


def setUpModule():
    global stack
    stack = Stack(("api", "scheduler", "worker"))


def tearDownModule():
    stack.stop()


def archive_of(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():  # dated alike: the same files are the same bytes at any hour
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def upload(name, files, token="oscar"):
    body = (f'--BB\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n--BB\r\nContent-Disposition: form-data; '
            'name="package"; filename="package.zip"\r\nContent-Type: application/zip\r\n\r\n').encode()
    return stack.api("POST", "/v1/skills", body + archive_of(files) + b"\r\n--BB--\r\n", token,
                     {"Content-Type": "multipart/form-data; boundary=BB"})


def act(name, version, what, body=None, token="olivia"):
    return stack.api("POST", f"/v1/skills/{name}/versions/{version}/{what}", body or {}, token)


def publish(name, files):
    reply = upload(name, files)
    assert reply.status == 201, reply.body
    for what, body in (("review", {"decision": "approve"}), ("publish", {})):
        done = act(name, reply.json["version"], what, body)
        assert done.status == 200, done.body
    return reply.json["version"]


def run(name, token="oscar", **wish):
    return stack.api("POST", "/v1/runs", {"skill": name, **wish}, token, {"Prefer": "wait=30"})


NATIVE = r'''
#include <Python.h>
#include <unistd.h>
static long loaded_in;
static PyObject *add(PyObject *self, PyObject *args)
{
    long a, b;
    return PyArg_ParseTuple(args, "ll", &a, &b) ? PyLong_FromLong(a + b) : NULL;
}
static PyObject *where(PyObject *self, PyObject *args)
{
    return PyLong_FromLong(loaded_in);
}
static PyMethodDef methods[] = { { "add", add, METH_VARARGS, "" }, { "loaded_in", where, METH_NOARGS, "" }, { 0 } };
static struct PyModuleDef module = { PyModuleDef_HEAD_INIT, "answer", NULL, -1, methods };
PyMODINIT_FUNC PyInit_answer(void)
{
    loaded_in = getpid();
    return PyModule_Create(&module);
}
'''


def runtime_version():
    """Of the Python that runs use, which need not be the one that tests use."""
    said = subprocess.run(["/usr/bin/python3", "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True,
                          check=True, timeout=30).stdout
    return tuple(map(int, said.split()))


def native_wheel(name, tag=None):
    """A C extension for the runtime's Python; None where it cannot be built."""
    major, minor = runtime_version()
    headers = pathlib.Path(f"/usr/include/python{major}.{minor}/Python.h")
    if not headers.exists() or not shutil.which("cc"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, built = pathlib.Path(folder) / "answer.c", pathlib.Path(folder) / "answer.so"
        source.write_text(NATIVE, encoding="utf-8")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", f"-I{headers.parent}", "-o", built, source], check=True, timeout=120)
        code = built.read_bytes()
    machine = platform.machine()
    return wheel(name, "1.0", {f"answer.cpython-{major}{minor}-{machine}-linux-gnu.so": code},
                 tag=tag or f"cp{major}{minor}-cp{major}{minor}-linux_{machine}")


class OwnWheels(unittest.TestCase):
    """A package that brings its modules: built at review, named in the plan, compared before the run."""

    @classmethod
    def setUpClass(cls):
        polite = wheel("polite", "2.1", {"polite.py": b"def title(who): return 'dear ' + who\n"})
        greet = wheel("greet", "1.0", {"greet.py": b"import polite\ndef hello(who): return 'hello ' + polite.title(who)\n"},
                      ["polite>=2"])
        cls.files = {"main.py": "import greet, json\nprint(json.dumps({'said': greet.hello('you')}))\n",
                     "README.md": README, "requirements.txt": "greet==1.0\n"}
        cls.wheels = {"wheels/" + name: data for name, data in (polite, greet)}
        cls.schema = stack.tenants["Harbour Hardware"]["schema"]

    def test_a_wheel_of_machine_code_is_loaded_cold_and_warm(self):
        """What most packages that matter are. Its initialisation says in which process, which is what warm means."""
        built = native_wheel("answer")
        if not built:
            self.skipTest("there is no compiler, or libpython3-dev is not installed")
        main = ("import sys\nearly = 'answer' in sys.modules\nimport answer, json, os\nprint(json.dumps({'answer': answer.add(40, 2), "
                "'here': answer.loaded_in() == os.getpid(), 'early': early}))\n")
        publish("native", {"main.py": main, "README.md": README, "requirements.txt": "answer==1.0\n",
                           "wheels/" + built[0]: built[1]})
        starts = {}
        for _ in range(40):  # the first of them have their interpreter made
            reply = run("native")
            self.assertEqual(reply.json["state"], "succeeded", reply.body)
            starts[reply.json["start"]] = reply.json["result"]
            if {"cold", "warm"} <= starts.keys():
                break
        self.assertEqual(starts["cold"]["answer"], 42)
        self.assertEqual(starts["warm"]["answer"], 42)
        self.assertTrue(starts["cold"]["here"])
        self.assertTrue(starts["warm"]["here"])
        self.assertEqual((starts["cold"]["early"], starts["warm"]["early"]), (False, False), "it ran before its job")

    def test_a_wheel_of_another_machines_code_is_refused_by_name(self):
        built = native_wheel("answer", "cp311-cp311-win_amd64")
        if not built:
            self.skipTest("there is no compiler, or libpython3-dev is not installed")
        reply = upload("foreign", {"main.py": "import answer\n", "README.md": README, "requirements.txt": "answer==1.0\n",
                                   "wheels/" + built[0]: built[1]})
        self.assertEqual(reply.status, 422, reply.body)
        told = {e["code"]: e["message"] for e in reply.json["errors"]}
        self.assertIn("another Python or machine", told["wheel_tag"])
        self.assertRegex(told["wheel_tag"], "--python-version %d\\.%d " % runtime_version())

    def row(self, name):
        return stack.sql(f"select v.runtime_digest, v.id from {self.schema}.skill_version v"
                         f" join {self.schema}.skill s on s.id = v.skill_id where s.name = '{name}'")[0]

    def test_from_upload_to_run(self):
        publish("wheely", self.files | self.wheels)
        digest = self.row("wheely")[0]
        self.assertRegex(digest, "^[0-9a-f]{64}$")
        seen = stack.api("GET", "/v1/skills/wheely/versions/1", token="olivia").json
        self.assertIn("wheels/greet-1.0-py3-none-any.whl", [f["path"] for f in seen["files"]])
        for _ in range(2):
            reply = run("wheely")
            self.assertEqual(reply.json["result"], {"said": "hello dear you"}, reply.body)
        planned = run("wheely", mode="plan").json["plan"]["steps"][0]
        self.assertEqual((planned["runtime"], planned["runtime_digest"]), ("base", digest))
        payload = stack.sql(f"select payload ->> 'runtime_digest' from {self.schema}.job where id = '{reply.json['id']}'")
        self.assertEqual(payload[0][0], digest)
        publish("wheelier", self.files | self.wheels | {"main.py": "import greet\nprint(2)\n"})
        self.assertEqual(self.row("wheelier")[0], digest)

    def stored(self, token="olivia"):
        quotas = {q["name"]: q["used"] for q in stack.api("GET", "/v1/me", token=token).json["quotas"]}
        return quotas["file_bytes"]

    def version(self, name, token="olivia"):
        return stack.api("GET", f"/v1/skills/{name}/versions/1", token=token).json

    def test_what_the_wheels_became_counts_once_a_tenant_until_no_version_needs_it(self):
        """Whoever else has the same on the same disk: what a tenant is charged for depends on itself alone."""
        data = b"text = '" + b"x" * 300_000 + b"'\n"
        large = wheel("large", "1.0", {"large.py": data})
        files = {"main.py": "import large\nprint(len(large.text))\n", "README.md": README,
                 "requirements.txt": "large==1.0\n", "wheels/" + large[0]: large[1]}
        before, elsewhere = self.stored(), self.stored("lin")
        publish("counted", files)
        one = self.version("counted")
        self.assertGreater(one["runtime_bytes"], len(data))
        self.assertEqual(self.stored() - before, one["size"] + one["runtime_bytes"])
        publish("counted-too", files | {"more.py": "x = 1\n"})
        two = self.version("counted-too")
        self.assertEqual((two["runtime_digest"], two["runtime_bytes"]), (one["runtime_digest"], one["runtime_bytes"]))
        self.assertEqual(self.stored() - before, one["size"] + two["size"] + one["runtime_bytes"])
        self.assertEqual(upload("counted", files, "lin").status, 201)
        other = self.version("counted", "lin")
        self.assertEqual(other["runtime_digest"], one["runtime_digest"])
        self.assertEqual(self.stored("lin") - elsewhere, other["size"] + other["runtime_bytes"])
        for name, left in (("counted", one["runtime_bytes"]), ("counted-too", 0)):
            self.assertEqual(act(name, 1, "yank").status, 200)
            self.assertEqual(self.stored() - before, one["size"] + two["size"] + left)

    def test_wheels_that_do_not_fit_into_the_store_are_refused_and_nothing_is_kept(self):
        tenant = stack.tenants["Harbour Hardware"]["id"]
        quota = stack.sql(f"select store_quota_bytes from public.tenant where id = '{tenant}'")[0][0]
        self.addCleanup(stack.sql, f"update public.tenant set store_quota_bytes = {quota} where id = '{tenant}'")
        big = wheel("big", "1.0", {"big.py": b"text = '" + b"y" * 3_000_000 + b"'\n"})
        files = {"main.py": "import big\n", "README.md": README, "requirements.txt": "big==1.0\n", "wheels/" + big[0]: big[1]}
        before = self.stored()
        stack.sql(f"update public.tenant set store_quota_bytes = {before + 2_000_000} where id = '{tenant}'")
        reply = upload("toolarge", files)
        self.assertEqual((reply.status, reply.code), (422, "package_refused"), reply.body)
        told = [e["message"] for e in reply.json["errors"] if e["code"] == "quota_exceeded"]
        self.assertRegex(told[0], "takes 3 MB and the store has room for 1 MB: yank")
        self.assertEqual(self.stored(), before)
        stack.sql(f"update public.tenant set store_quota_bytes = {before + 4_000_000} where id = '{tenant}'")
        publish("fits", files)
        self.assertEqual(self.version("fits")["state"], "published")

    def test_another_runtime_than_the_planned_one_is_refused(self):
        publish("wheelswap", self.files | self.wheels)
        planned, version = self.row("wheelswap")
        stack.end("worker")
        waiting = stack.api("POST", "/v1/runs", {"skill": "wheelswap"}, "oscar", {"Prefer": "wait=0"}).json
        stack.sql(f"update {self.schema}.skill_version set runtime_digest = '{'a' * 64}' where id = '{version}'")
        stack.start("worker")
        ended = stack.api("GET", "/v1/runs/" + waiting["id"], token="oscar", headers={"Prefer": "wait=30"}).json
        self.assertEqual((ended["state"], ended["error"]["code"]), ("failed", "plan_stale"))
        stack.sql(f"update {self.schema}.skill_version set runtime_digest = '{planned}' where id = '{version}'")
        self.assertEqual(run("wheelswap").json["result"], {"said": "hello dear you"})

    def test_a_cache_that_was_lost_is_made_anew(self):
        publish("wheelagain", self.files | self.wheels)
        stack.end("worker")
        stack.end("sandboxd")
        for path in (stack.folder / "cache" / "wheels").iterdir():
            shutil.rmtree(path)
        stack.start("sandboxd")
        stack.start("worker")
        self.assertEqual(run("wheelagain").json["result"], {"said": "hello dear you"})

    def test_a_wheel_that_is_missing_is_named_with_what_to_do(self):
        reply = upload("wheelless", self.files | {name: data for name, data in self.wheels.items() if "greet" in name})
        self.assertEqual((reply.status, reply.code), (422, "package_refused"), reply.body)
        told = [e["message"] for e in reply.json["errors"] if e["code"] == "requirement_missing"]
        self.assertIn("polite>=2", told[0])
        self.assertIn("pip download -d wheels", told[0])


class Sources(unittest.TestCase):
    """What a reviewer reads: the texts, and what changed in them."""

    def read(self, name, version, token="olivia"):
        return stack.api("GET", f"/v1/skills/{name}/versions/{version}", token=token).json

    def test_texts_and_differences_are_for_who_reviews(self):
        first = {"main.py": "import json\nprint(1)\nx = 2\n", "README.md": README, "old.txt": "gone\n",
                 "data.bin": b"\0\1\2", "large.txt": "y" * 70000}
        self.assertEqual(upload("readable", first, "olivia").status, 201)
        for what, body in (("review", {"decision": "approve"}), ("publish", {})):
            self.assertEqual(act("readable", 1, what, body).status, 200)
        upload("readable", first | {"main.py": "import json\nprint('zwei 二')\nx = 2\n", "new.py": "y = 1\n", "old.txt": "stays\n"})
        seen = self.read("readable", 2)
        texts = {f["path"]: f["text"] for f in seen["files"]}
        self.assertEqual(texts["main.py"], "import json\nprint('zwei 二')\nx = 2\n")
        self.assertEqual((texts["data.bin"], texts["large.txt"]), (None, None))
        unified = {d["path"]: (d["change"], d["unified"]) for d in seen["diff"]}
        self.assertEqual(unified, {
            "main.py": ("changed", "@@ -1,3 +1,3 @@\n import json\n-print(1)\n+print('zwei 二')\n x = 2\n"),
            "new.py": ("added", "@@ -0,0 +1,1 @@\n+y = 1\n"),
            "old.txt": ("changed", "@@ -1,1 +1,1 @@\n-gone\n+stays\n")})
        # Who wrote this version reads it, and not what somebody else wrote before.
        mine = self.read("readable", 2, "oscar")
        self.assertEqual({f["path"]: f["text"] for f in mine["files"]}["new.py"], "y = 1\n")
        self.assertEqual({d["path"]: d["unified"] for d in mine["diff"]},
                         {"main.py": None, "new.py": "@@ -0,0 +1,1 @@\n+y = 1\n", "old.txt": None})
        act("readable", 2, "review", {"decision": "approve"})
        act("readable", 2, "publish")
        self.assertEqual((self.read("readable", 2, "vera")["files"], self.read("readable", 2, "vera")["diff"]), ([], []))


class Signatures(unittest.TestCase):
    """minisign's format over the version's digest; whose keys count is the owner's to say."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.release, self.stranger = Signer(place.name, "release"), Signer(place.name, "stranger")
        self.settings(signing_keys=[{"name": "Release", "key": self.release.key}])
        self.addCleanup(self.settings, signed_only=False, signing_keys=[])

    def settings(self, token="olivia", status=200, **change):
        reply = stack.api("PATCH", "/v1/settings", change, token)
        self.assertEqual(reply.status, status, reply.body)
        return reply

    def approved(self, name):
        version = upload(name, {"main.py": "print(1)\n", "README.md": README + name}).json
        self.assertEqual(act(name, 1, "review", {"decision": "approve"}).status, 200)
        return version["digest"]

    def sign(self, name, text, token="oscar", status=200):
        reply = act(name, 1, "sign", {"signature": text}, token)
        self.assertEqual(reply.status, status, reply.body)
        return reply.json

    def codes(self, version):
        return [f["code"] for f in version["findings"] if f["code"].startswith("signature")]

    def test_a_good_one_is_shown_where_people_decide(self):
        digest = self.approved("signed")
        shown = self.sign("signed", self.release.sign(digest, "发布 1.0"))
        self.assertEqual(shown["signature"], {"state": "valid", "key_id": self.release.id[::-1].hex().upper(),
                                              "signer": "Release", "comment": "发布 1.0"})
        self.assertEqual(self.codes(shown), [])
        listed = stack.api("GET", "/v1/skills/signed/versions", token="olivia").json["items"][0]
        self.assertEqual(listed["signature"], shown["signature"])
        self.assertEqual(act("signed", 1, "publish").status, 200)
        plan = run("signed", mode="plan").json["plan"]
        self.assertIn("signed by Release", [c["detail"] for c in plan["checks"] if c["name"] == "signature"][0])
        old_way = self.release.sign(digest, hashed=False)
        self.assertEqual(self.sign("signed", old_way)["signature"]["state"], "valid")

    def test_what_is_not_good_is_a_finding(self):
        digest = self.approved("doubtful")
        self.assertEqual(self.codes(self.sign("doubtful", self.stranger.sign(digest))), ["signature_key_unknown"])
        other = self.release.sign("ab" * 32)
        self.assertEqual(self.codes(self.sign("doubtful", other)), ["signature_wrong"])
        good = self.release.sign(digest, "as it was")
        tampered = self.sign("doubtful", good.replace("as it was", "as it is"))
        self.assertEqual((self.codes(tampered), tampered["signature"]["comment"]), (["signature_wrong"], ""))
        self.assertEqual(self.codes(self.sign("doubtful", good)), [])
        # A good one stays, whoever brings another.
        self.sign("doubtful", self.stranger.sign(digest), status=409)
        seen = stack.api("GET", "/v1/skills/doubtful/versions/1", token="olivia").json
        self.assertEqual(seen["signature"]["state"], "valid")
        # Trust that is taken away is gone at once.
        self.settings(signing_keys=[])
        seen = stack.api("GET", "/v1/skills/doubtful/versions/1", token="olivia").json
        self.assertEqual((seen["signature"]["state"], self.codes(seen)), ("unknown_key", ["signature_key_unknown"]))

    def test_signed_only_publishes_nothing_else(self):
        self.settings(signed_only=True)
        digest = self.approved("strict")
        refused = act("strict", 1, "publish")
        self.assertEqual((refused.status, refused.code), (409, "signature_required"))
        self.assertIn("execgov skill sign strict 1", refused.json["detail"])
        self.sign("strict", self.stranger.sign(digest))
        self.assertEqual(act("strict", 1, "publish").code, "signature_required")
        self.sign("strict", self.release.sign("cd" * 32))
        self.assertEqual(act("strict", 1, "publish").code, "signature_required")
        self.sign("strict", self.release.sign(digest))
        self.assertEqual(act("strict", 1, "publish").status, 200)
        self.assertEqual(run("strict").json["state"], "succeeded")

    def test_who_decides_whose_signature_counts(self):
        key = {"name": "Mine", "key": self.stranger.key}
        for change in ({"signing_keys": [key]}, {"signed_only": True}):
            self.assertEqual(self.settings("adam", 403, **change).code, "forbidden")
        self.settings(signing_keys=[])
        self.assertEqual(self.settings(status=422, signed_only=True).json["errors"][0]["code"], "no_key")
        for wrong in ([{"name": "x", "key": "RWnothing"}], [{"name": "", "key": self.release.key}], [key, key], "x", [1],
                      [{"name": str(i), "key": self.release.key} for i in range(21)]):
            with self.subTest(str(wrong)[:60]):
                self.assertEqual(self.settings(status=422, signing_keys=wrong).code, "invalid_input")
        shown = self.settings(signing_keys=[key], signed_only=True).json
        self.assertEqual((shown["signing_keys"][0]["name"], shown["signed_only"]), ("Mine", True))
        self.assertEqual(self.settings(status=422, signing_keys=[]).json["errors"][0]["code"], "no_key")

    def test_bad_input_changes_nothing(self):
        digest = self.approved("unsigned")
        for text in ("", "hello", "untrusted comment: x\nRWRP\ntrusted comment: y\nAAAA\n", "x" * 3000):
            self.assertEqual(act("unsigned", 1, "sign", {"signature": text}, "oscar").status, 422)
        self.assertEqual(act("unsigned", 9, "sign", {"signature": self.release.sign(digest)}, "oscar").status, 404)
        self.assertEqual(act("unsigned", 1, "sign", {"signature": self.release.sign(digest)}, "vera").status, 403)
        self.assertEqual(act("unsigned", 1, "sign", {"signature": self.release.sign(digest)}, "lin").status, 404)
        self.assertIsNone(stack.api("GET", "/v1/skills/unsigned/versions/1", token="olivia").json["signature"])


if __name__ == "__main__":
    unittest.main()
