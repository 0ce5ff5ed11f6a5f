"""Files in a bucket of a real S3 server: everything that holds of a directory, and what a bucket does besides."""
import fcntl
import hashlib
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import file_cases  # noqa: E402
import loop  # noqa: E402
import s3  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402
from file_cases import MB, noise  # noqa: E402
from stack import until  # noqa: E402

STORE = []


def setUpModule():
    STORE.append(s3.S3())
    stack = stacks.Stack((), settings={"api": STORE[0].settings, "worker": STORE[0].settings})
    stack.canary.watch("the bucket's key", s3.SECRET)
    stack.canary.folders += [STORE[0].folder / "objects", STORE[0].folder / "spool"]
    for name in ("api", "scheduler", "sandboxd", "worker"):
        stack.start(name)
    loop.Case.stack = stack
    skills.publish(stack, [(loop.TENANT, "reader", file_cases.READER)])


def tearDownModule():
    loop.Case.stack.stop()
    STORE.pop().stop()


class Bucket(file_cases.Files):
    @property
    def store(self):
        return STORE[0]

    def setUp(self):
        self.store.fault = lambda method, path: None
        self.addCleanup(lambda: self.assertEqual(self.store.wrong, []))
        self.store.seen.clear()

    def test_what_is_larger_than_a_part_goes_in_parts_and_in_little_memory(self):
        size = int(os.environ.get("FILES_LARGE_MB", 150))
        self.passes_in_little_memory(size * MB, 64)
        self.assertEqual(sum("partNumber=" in path for _, path in self.store.seen), (size + 63) // 64)

    def test_the_spool_is_empty_afterwards_and_a_range_fetches_only_itself(self):
        file = self.upload("a.bin", noise(MB))
        self.store.seen.clear()
        self.assertEqual(self.get(f"/v1/files/{file}", Range="bytes=7-11").body, noise(MB)[7:12])
        self.assertEqual(self.store.seen, [("GET", f"/files/gov/{file[-2:]}/{file}")])
        until(lambda: self.spooled() == set(), 20, "the spool being empty: runs have ended, and their files go a moment later")

    def spooled(self):
        spool, lent = self.store.folder / "spool", self.lent()
        return {path.name for path in (*spool.iterdir(), *lent.iterdir())} - {"models", lent.name}

    def lent(self):
        return self.store.folder / "spool" / f"execgov-lent.{os.geteuid()}"

    def test_what_is_lent_lies_where_nobody_else_may_enter(self):
        file = self.upload("a.bin", noise(MB, 9))
        sandboxd = self.stack.running["sandboxd"].pid
        os.kill(sandboxd, signal.SIGSTOP)  # so that it stays lent
        try:
            run = self.ok(self.api("POST", "/v1/runs", {"skill": "reader", "input": {"file": file}}), (200, 202))["id"]
            named = until(lambda: [path for path in (self.store.folder / "spool").rglob("lent.*") if path.is_file()], 20,
                          "the worker lending what the run reads")
            for path in named:
                folder = path.parent.stat()
                self.assertEqual((stat.S_IMODE(folder.st_mode), folder.st_uid, folder.st_gid), (0o750, os.geteuid(), os.getegid()), path)
        finally:
            os.kill(sandboxd, signal.SIGCONT)
        self.assertEqual(self.until_state(run, *loop.ENDED)["state"], "succeeded")
        until(lambda: self.spooled() == set(), 20, "what was lent being taken back")

    def test_what_a_dead_process_left_in_the_spool_goes_and_what_is_lent_stays(self):
        spool = self.lent()
        with open(spool / "lent.living", "wb") as living:
            fcntl.flock(living, fcntl.LOCK_EX)
            (spool / "lent.dead").write_bytes(b"x")
            (spool / "somebody-elses").write_bytes(b"x")
            self.stack.end("worker")
            self.stack.start("worker")
            self.assertEqual({"lent.living", "somebody-elses"}, self.spooled())
        for name in ("lent.living", "somebody-elses"):
            (spool / name).unlink()

    def test_a_busy_store_is_asked_again(self):
        answers = {"PUT": [503, 500], "GET": [503, "cut"]}
        self.store.fault = lambda method, path: answers[method].pop() if answers.get(method) else None
        file = self.upload("a.bin", noise(MB, 4))
        self.assertEqual(self.get(f"/v1/files/{file}").body, noise(MB, 4))
        self.assertEqual(answers, {"PUT": [], "GET": []})

    def test_a_store_that_fails_is_said_and_leaves_nothing(self):
        file = self.upload("a.bin", b"abc")
        self.store.fault = lambda method, path: 500
        reply = self.nothing_changes(lambda: self.api("POST", "/v1/files?name=b", b"abc",
                                                      Content_Type="application/octet-stream"))
        self.refused(reply, 503, "files_unavailable")
        self.refused(self.get(f"/v1/files/{file}"), 503, "files_unavailable")

    def test_bytes_that_were_changed_are_not_given_out(self):
        file = self.upload("a.bin", b"abc")
        self.store.fault = lambda method, path: "corrupt" if method == "GET" else None
        self.refused(self.get(f"/v1/files/{file}"), 503, "files_unavailable")
        self.store.fault = lambda method, path: None
        self.assertEqual(self.get(f"/v1/files/{file}").body, b"abc")

    def spools_that_are_refused(self):
        """Where lent files would lie there is a link, or what is somebody else's (only root can give that away) or no folder."""
        linked, others = (self.store.folder / name for name in ("linked", "others"))
        for folder in (linked, others):
            folder.mkdir()
        (linked / self.lent().name).symlink_to(self.store.folder / "objects")
        if os.geteuid() == 0:
            (others / self.lent().name).mkdir()
            shutil.chown(others / self.lent().name, "nobody")
        else:
            (others / self.lent().name).touch()
        return linked, others

    def test_a_process_with_another_bucket_or_a_wrong_key_does_not_start(self):
        port = stacks.free_port()
        linked, others = self.spools_that_are_refused()
        wrong = self.store.folder / "wrong.key"
        wrong.write_text(f"{s3.KEY_ID}\nanother secret\n")
        for change, words in (({"files": f"s3://{s3.BUCKET}/elsewhere"}, "not the file store of this database"),
                              ({"files_key_file": wrong}, "SignatureDoesNotMatch"),
                              ({"files": "s3://nowhere"}, "NoSuchBucket"),
                              ({"files": "s3://"}, "s3://bucket"), ({"files_endpoint": "ftp://x"}, "files_endpoint"),
                              ({"files_spool": linked}, "must be a folder of this program's user"),
                              ({"files_spool": others}, "must be a folder of this program's user"),
                              ({"files_key_file": self.store.folder / "none"}, "access key")):
            settings = self.store.settings | change
            done = subprocess.run([stacks.BUILD / "bin/execgov-api", "--pg", self.stack.conninfo, "--redis", self.stack.redis,
                                   "--listen", f"127.0.0.1:{port}",
                                   *(f"--{k.replace('_', '-')}={v}" for k, v in settings.items())],
                                  capture_output=True, timeout=60, check=False)
            with self.subTest(str(change)):
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, (done.stdout + done.stderr).decode())
        self.store.wrong.clear()

    def test_a_deleted_file_is_gone_from_the_bucket(self):
        upload = self.begin("a.bin", 10)["id"]
        self.ok(self.piece(upload, 0, b"01234"))
        self.assertEqual(self.api("DELETE", f"/v1/uploads/{upload}").status, 204)
        puts = [path for method, path in self.store.seen if method == "PUT"]
        self.assertEqual([path for method, path in self.store.seen if method == "DELETE"], puts)

    def test_the_key_is_in_no_log(self):
        """Nor anywhere else; when the stack stops it is looked for once more."""
        self.assertNotEqual(s3.KEY_ID, s3.SECRET)
        self.assertIn("the bucket's key", self.stack.canary.watched)
        self.get(f"/v1/files/{self.upload('a.bin', b'signed with it')}")
        self.assertEqual(self.stack.canary.found(), [])


class Signature(unittest.TestCase):
    def test_the_gate_signs_as_aws_says(self):
        """The worked example of AWS's page: GET of a range of test.txt."""
        headers = {"host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-date": "20130524T000000Z",
                   "x-amz-content-sha256": hashlib.sha256(b"").hexdigest()}
        self.assertEqual(s3.signature("GET", "/test.txt", "", headers, sorted(headers), "20130524T000000Z",
                                      "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


if __name__ == "__main__":
    if not s3.available():
        print("SKIPPED: no S3 server; ./tests/run installs s3rver from npm, where npm is", file=sys.stderr)
        sys.exit(77)
    unittest.main()
