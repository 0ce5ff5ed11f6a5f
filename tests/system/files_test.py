"""Files in a directory: uploads in pieces, ranges, the quota, the store's identity, little memory, the CLI."""
import contextlib
import hashlib
import os
import pathlib
import subprocess
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import fault_proxy  # noqa: E402
import file_cases  # noqa: E402
import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402
from file_cases import MB, noise  # noqa: E402
from stack import until  # noqa: E402


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "reader", file_cases.READER)])


def tearDownModule():
    loop.Case.stack.stop()


class Directory(file_cases.Files):
    def stored(self):
        return {path.name for path in (self.stack.folder / "files").glob("??/*")}

    def test_what_became_no_file_leaves_no_bytes(self):
        before = self.stored()
        upload = self.begin("a.bin", 10)["id"]
        self.ok(self.piece(upload, 0, b"01234"))
        self.refused(self.piece(upload, 5, b"too much"), 413, "body_too_large")
        # A refusal is answered before what had come is dropped.
        until(lambda: len(self.stored() - before) == 1, what="the refused piece going")
        self.assertEqual(self.api("DELETE", f"/v1/uploads/{upload}").status, 204)
        until(lambda: self.stored() == before, what="the upload's pieces going")
        file = self.in_pieces("b.bin", b"0123456789", 4)
        until(lambda: self.stored() - before == {file["id"]}, what="the file alone being left")

    def test_an_upload_that_nobody_goes_on_with_goes(self):
        upload = self.begin("a.bin", 10)["id"]
        self.ok(self.piece(upload, 0, b"01234"))
        before = self.stored()
        self.stack.sql(f"update {self.schema}.upload set expires_at = now() - interval '1 minute' where id = '{upload}'")
        self.refused(self.piece(upload, 5, b"5"), 404, "not_found")
        self.ok(self.api("PATCH", "/v1/settings", {"file_retention_days": 30}, "olivia"))
        self.stack.end("scheduler")
        self.stack.start("scheduler")
        until(lambda: self.count("upload", f"id = '{upload}'") == 0, 60, "the upload going")
        until(lambda: len(before - self.stored()) == 1, what="its piece going")

    def test_a_large_file_passes_in_little_memory(self):
        self.passes_in_little_memory(int(os.environ.get("FILES_LARGE_MB", 200)) * MB, 64)

    def sparse(self, size, marks):
        """A file of the store with nothing in it but `marks` {offset: bytes}; its id."""
        id = str(uuid.uuid4())
        path = self.stack.folder / "files" / id[-2:] / id
        path.parent.mkdir(exist_ok=True)
        with open(path, "wb") as file:
            for at, data in marks.items():
                file.seek(at)
                file.write(data)
            file.truncate(size)
        return id

    def test_ranges_and_pieces_beyond_four_gigabytes(self):
        size, at = (4 << 30) + (64 << 20), (4 << 30) - 2
        file = self.sparse(size, {at: b"beyond", size - 3: b"end"})
        self.stack.sql(f"insert into {self.schema}.file (id, kind, name, size, sha256, media_type, created_by) select '{file}', "
                       f"'upload', 'far.bin', {size}, repeat('0', 64), 'application/octet-stream', created_by "
                       f"from {self.schema}.file limit 1")
        for asked, first, wanted in ((f"bytes={at}-{at + 5}", at, b"beyond"), (f"bytes={at + 4}-{at + 5}", at + 4, b"nd"),
                                     ("bytes=-3", size - 3, b"end"), (f"bytes={size - 4}-", size - 4, b"\0end")):
            reply = self.get(f"/v1/files/{file}", Range=asked)
            self.assertEqual((reply.status, reply.body), (206, wanted), asked)
            self.assertEqual(reply.headers["Content-Range"], f"bytes {first}-{first + len(wanted) - 1}/{size}")
        self.refused(self.get(f"/v1/files/{file}", Range=f"bytes={size}-"), 416, "range_not_satisfiable")
        self.stack.sql(f"update {self.schema}.file set deleted_at = now() where id = '{file}'")
        with self.more_room(size):
            upload = self.begin("far.bin", size)["id"]
            self.stack.sql(f"update {self.schema}.upload set received = {size - 6}, pieces = array['{file}'::uuid] "
                           f"where id = '{upload}'")
            self.refused(self.piece(upload, (size - 6) % (1 << 32), b"x"), 409, "conflict")
            self.assertEqual(self.ok(self.piece(upload, size - 6, b"012"))["offset"], size - 3)
            self.assertEqual(self.ok(self.get(f"/v1/uploads/{upload}"))["offset"], size - 3)
            self.refused(self.piece(upload, size - 3, b"3456"), 413, "body_too_large")
            self.assertEqual(self.ok(self.piece(upload, size - 3, b"345"))["offset"], size)
            self.assertEqual(self.api("DELETE", f"/v1/uploads/{upload}").status, 204)

    @contextlib.contextmanager
    def more_room(self, size):
        """An API that takes so much of one file: its own limit is 2 GB."""
        self.stack.end("api")
        self.stack.settings["api"] = {"upload_mb_max": size // MB}
        self.stack.start("api")
        try:
            yield
        finally:
            self.stack.end("api")
            self.stack.settings.pop("api")
            self.stack.start("api")

    def test_a_process_with_another_directory_does_not_start(self):
        other = self.stack.folder / "other"
        for daemon, more in (("api", ["--listen", f"127.0.0.1:{stacks.free_port()}"]), ("worker", [])):
            done = subprocess.run([stacks.BUILD / f"bin/execgov-{daemon}", "--pg", self.stack.conninfo, "--redis",
                                   self.stack.redis, "--files", other, *more], capture_output=True, timeout=60, check=False)
            said = (done.stdout + done.stderr).decode()
            self.assertEqual(done.returncode, 1, said)
            self.assertIn("not the file store of this database", said)
            self.assertIn((other / "identity").read_text(), said)
            self.assertIn((self.stack.folder / "files/identity").read_text(), said)


class Cli(loop.Case):
    def cli(self, *words, port=None):
        env = {**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{port or self.stack.ports['api']}",
               "EXECGOV_TOKEN": self.stack.tokens["oscar"], "HOME": str(self.stack.folder), "LANG": "C.UTF-8"}
        done = subprocess.run([stacks.BUILD / "bin/execgov", *map(str, words)], capture_output=True, env=env, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def test_a_large_file_goes_up_in_pieces_and_comes_back(self):
        path = self.stack.folder / "large.bin"
        path.write_bytes(noise(40 * MB, 5))
        file = self.cli("files", "put", path).split()[0]
        self.assertEqual(self.cli("files", "put", path).split()[0], file, "it is there already")
        self.cli("files", "get", file, "--out", self.stack.folder / "back")
        self.assertEqual((self.stack.folder / "back/large.bin").read_bytes(), path.read_bytes())

    def test_what_breaks_off_goes_on_where_it_was(self):
        path = self.stack.folder / "resumed.bin"
        path.write_bytes(noise(48 * MB, 6))
        proxy = fault_proxy.FaultProxy(("127.0.0.1", self.stack.ports["api"]))
        self.addCleanup(proxy.stop)
        proxy.cut_after(20 * MB)
        file = self.cli("files", "put", path, port=proxy.port).split()[0]
        self.assertEqual(proxy.cuts, 1)
        self.assertEqual(self.ok(self.api("GET", f"/v1/files/{file}", Accept="application/json"))["sha256"],
                         hashlib.sha256(path.read_bytes()).hexdigest())
        proxy.cut_after(20 * MB)
        self.cli("files", "get", file, "--out", self.stack.folder / "resumed", port=proxy.port)
        self.assertEqual(proxy.cuts, 2)
        self.assertEqual((self.stack.folder / "resumed/resumed.bin").read_bytes(), path.read_bytes())


if __name__ == "__main__":
    unittest.main()
