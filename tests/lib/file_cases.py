"""file_cases - what must hold of files wherever they are kept: a test module gives Files a Stack and runs it.

The module publishes skills.PROBE's neighbour READER first: a skill whose script hashes its file and writes another.
"""
import hashlib
import json
import os
import random
import socket
import sys

import loop
from stack import BUILD

MB = 1 << 20
COPIED_BYTES_MAX = 256 * MB  # into the sandbox of a plain user
BLOCK = random.Random(3).randbytes(MB - 8)
READER = {
    "README.md": "# Reader\n\nReads a file and says what it saw.\n",
    "main.py": '''import hashlib
import json
import os
import sys

path = json.load(sys.stdin)["file"]
digest, size = hashlib.sha256(), 0
with open(path, "rb") as file:
    while piece := file.read(1 << 20):
        digest.update(piece)
        size += len(piece)
os.makedirs("out", exist_ok=True)
with open("out/digest.txt", "w") as out:
    out.write(digest.hexdigest())
copied = os.stat(path).st_dev == os.stat(".").st_dev
print(json.dumps({"sha256": digest.hexdigest(), "size": size, "copied": copied}))
''',
    "skill.json": json.dumps({"name": "reader", "actions": [{
        "name": "run", "entry": "main.py", "timeout_s": 300, "input": {
            "type": "object", "required": ["file"],
            "properties": {"file": {"type": "string", "format": "file", "x-max-mb": 4096}}}}]}),
}


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def block(at):
    """One MB that is nowhere else in the same file."""
    return at.to_bytes(8, "big") + BLOCK


def sanitized():
    """Whether the programs under test carry the sanitizers, whose memory is not theirs."""
    return b"__asan_init" in (BUILD / "bin/execgov-api").read_bytes()


def forget_peak(process):
    """What a start takes for a moment is not what a file takes."""
    with open(f"/proc/{process.pid}/clear_refs", "w", encoding="utf-8") as refs:
        refs.write("5")


def peak_mb(process):
    """The most memory a process was resident with since forget_peak()."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024


class Files(loop.Case):
    def begin(self, name, size, token="oscar", **headers):
        return self.ok(self.api("POST", "/v1/uploads", {"name": name, "size": size}, token, **headers), 201)

    def piece(self, upload, offset, content, token="oscar"):
        return self.api("PATCH", f"/v1/uploads/{upload}", content, token, Upload_Offset=str(offset),
                        Content_Type="application/octet-stream")

    def finish(self, upload, token="oscar", **body):
        return self.api("POST", f"/v1/uploads/{upload}/finish", body, token)

    def in_pieces(self, name, content, size):
        upload = self.begin(name, len(content))["id"]
        for at in range(0, len(content), size):
            self.ok(self.piece(upload, at, content[at:at + size]))
        return self.ok(self.finish(upload, sha256=hashlib.sha256(content).hexdigest()), 201)

    def get(self, path, token="oscar", **headers):
        return self.api("GET", path, token=token, **headers)

    def read_by_a_run(self, file):
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "reader", "input": {"file": file}}, wait=60), (200, 202))
        run = self.until_state(run["id"], *loop.ENDED, seconds=300)
        self.assertEqual(run["state"], "succeeded", json.dumps(run["error"]) + self.log_of(run["id"]))
        return run

    # --- in pieces ---

    def test_a_file_in_pieces_is_what_was_sent_and_a_run_reads_it(self):
        content = noise(3 * MB + 17)
        file = self.in_pieces("stück (1).bin", content, MB)
        self.assertEqual((file["size"], file["sha256"]), (len(content), hashlib.sha256(content).hexdigest()))
        self.assertEqual(self.get(f"/v1/files/{file['id']}").body, content)
        run = self.read_by_a_run(file["id"])
        # A plain user can mount nothing of the host's.
        self.assertEqual(run["result"], {"sha256": file["sha256"], "size": len(content), "copied": os.geteuid() != 0})
        artifact = self.get(f"/v1/runs/{run['id']}/artifacts/digest.txt")
        self.assertEqual(artifact.body.decode(), file["sha256"])

    def test_a_piece_in_the_wrong_place_changes_nothing_and_says_where_to_go_on(self):
        upload = self.begin("a.bin", 10)["id"]
        self.ok(self.piece(upload, 0, b"01234"))
        for offset in (0, 4, 6):
            problem = self.refused(self.piece(upload, offset, b"x"), 409, "conflict")
            self.assertIn("5 bytes are there", problem["detail"])
        self.refused(self.piece(upload, 5, b"567890"), 413, "body_too_large")
        self.assertEqual(self.ok(self.get(f"/v1/uploads/{upload}"))["offset"], 5)
        self.refused(self.finish(upload), 409, "conflict")
        self.ok(self.piece(upload, 5, b"56789"))
        self.refused(self.piece(upload, 10, b"x"), 409, "conflict")
        file = self.ok(self.finish(upload), 201)
        self.assertEqual(self.ok(self.finish(upload), 201), file, "an answer that was lost is given again")
        self.assertEqual(self.get(f"/v1/files/{file['id']}").body, b"0123456789")
        self.refused(self.get(f"/v1/uploads/{upload}"), 404, "not_found")

    def test_another_digest_than_was_promised_makes_no_file(self):
        upload = self.begin("a.bin", 3)["id"]
        self.ok(self.piece(upload, 0, b"abc"))
        files = self.count("file")
        self.refused(self.finish(upload, sha256="0" * 64), 422, "invalid_input")
        self.assertEqual(self.count("file"), files)
        self.assertEqual(self.api("DELETE", f"/v1/uploads/{upload}").status, 204)
        self.refused(self.finish(upload), 404, "not_found")

    def test_the_same_key_finds_the_same_upload(self):
        first = self.begin("a.bin", 5, Idempotency_Key="once-1")
        self.assertEqual(self.begin("a.bin", 5, Idempotency_Key="once-1")["id"], first["id"])

    def test_uploads_are_their_owners(self):
        upload = self.begin("a.bin", 3)["id"]
        for token in ("adam", "lin"):
            self.refused(self.get(f"/v1/uploads/{upload}", token), 404, "not_found")
            self.refused(self.piece(upload, 0, b"abc", token), 404, "not_found")
            self.refused(self.finish(upload, token), 404, "not_found")
            self.refused(self.api("DELETE", f"/v1/uploads/{upload}", token=token), 404, "not_found")
        self.assertEqual(self.ok(self.get(f"/v1/uploads/{upload}"))["offset"], 0)

    def test_bad_beginnings(self):
        for body in ({"name": "a"}, {"name": "../a", "size": 1}, {"name": "a", "size": -1}, {"name": "a", "size": "1"},
                     {"name": "a", "size": 1, "media_type": "no"}):
            self.refused(self.nothing_changes(lambda b=body: self.api("POST", "/v1/uploads", b)), 422, "invalid_input")
        self.refused(self.api("POST", "/v1/uploads", {"name": "a", "size": 1 << 50}), 413, "body_too_large")

    # --- ranges ---

    def test_ranges_of_files_and_artifacts(self):
        content = noise(100_000, 2)
        file = self.upload("r.bin", content)
        run = self.read_by_a_run(file)
        text = run["result"]["sha256"].encode()
        for path, whole in ((f"/v1/files/{file}", content), (f"/v1/runs/{run['id']}/artifacts/digest.txt", text)):
            size = len(whole)
            etag = self.get(path).headers["ETag"]
            for asked, first, last in ((f"bytes=0-9", 0, 9), ("bytes=10-", 10, size - 1), ("bytes=-7", size - 7, size - 1),
                                       (f"bytes=5-{size * 2}", 5, size - 1)):
                for more in ({}, {"If_Range": etag}):
                    reply = self.get(path, Range=asked, **more)
                    self.assertEqual((reply.status, reply.headers["Content-Range"]), (206, f"bytes {first}-{last}/{size}"))
                    self.assertEqual(reply.body, whole[first:last + 1])
            self.assertEqual(self.get(path, Range="bytes=3-4", If_Range='"other"').body, whole)
            refused = self.get(path, Range=f"bytes={size}-")
            self.refused(refused, 416, "range_not_satisfiable")
            self.assertEqual(refused.headers["Content-Range"], f"bytes */{size}")
            self.assertEqual(self.get(path, If_None_Match=etag).status, 304)

    # --- limits ---

    def test_a_full_store_takes_no_file_and_starts_no_run(self):
        me = self.ok(self.api("GET", "/v1/me"))
        used = next(q for q in me["quotas"] if q["name"] == "file_bytes")["used"]
        self.assertEqual(used, int(self.stack.sql(f"select coalesce(sum(size), 0) from {self.schema}.file "
                                                  "where deleted_at is null")[0][0]))
        def again():
            return self.api("POST", "/v1/files?name=q.bin", b"q" * 100, Content_Type="application/octet-stream",
                            Idempotency_Key="a full store")
        file = self.ok(again(), 201)["id"]
        tenant = self.stack.tenants[loop.TENANT]["id"]

        def quota(size):
            self.stack.sql(f"update public.tenant set store_quota_bytes = {size} where id = '{tenant}'")
        quota(used + 150)
        try:
            reply = self.nothing_changes(lambda: self.api("POST", "/v1/files?name=b", b"b" * 51,
                                                          Content_Type="application/octet-stream"))
            self.refused(reply, 403, "quota_exceeded")
            self.refused(self.nothing_changes(lambda: self.api("POST", "/v1/uploads", {"name": "b", "size": 51})), 403,
                         "quota_exceeded")
            self.begin("b", 50)
            self.refused(self.api("POST", "/v1/uploads", {"name": "b", "size": 1}), 403, "quota_exceeded")
            quota(used + 99)
            self.assertEqual(self.ok(again(), 201)["id"], file, "what is there already is answered")
            with socket.create_connection(("127.0.0.1", self.stack.ports["api"]), 30) as connection:
                connection.sendall("\r\n".join([
                    "POST /v1/files?name=b HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.stack.tokens['oscar']}",
                    "Content-Type: application/octet-stream", "Content-Length: 1000000", "", ""]).encode())
                self.assertIn(b"quota_exceeded", connection.recv(65536), "before the first byte")
            run = self.ok(self.api("POST", "/v1/runs", {"skill": "reader", "input": {"file": file}}, wait=60))
            self.assertEqual((run["state"], run["error"]["code"]), ("failed", "quota_exceeded"))
        finally:
            quota(5 << 30)
        self.read_by_a_run(file)

    def stream_up(self, size):
        """POST a file of `size` bytes without having them all here; its row."""
        digest, connection = hashlib.sha256(), self.stack.connect(900)

        def blocks():
            for at in range(0, size, MB):
                part = block(at)[:min(MB, size - at)]
                digest.update(part)
                yield part
        connection.request("POST", "/v1/files?name=large.bin", blocks(), {
            "Authorization": f"Bearer {self.stack.tokens['oscar']}", "Content-Type": "application/octet-stream",
            "Content-Length": str(size)}, encode_chunked=False)
        answer = connection.getresponse()
        file = json.loads(answer.read())
        connection.close()
        self.assertEqual((answer.status, file.get("sha256")), (201, digest.hexdigest()), file)
        return file

    def stream_down(self, file):
        connection = self.stack.connect(900)
        connection.request("GET", f"/v1/files/{file['id']}", headers={
            "Authorization": f"Bearer {self.stack.tokens['oscar']}"})
        answer, digest = connection.getresponse(), hashlib.sha256()
        while piece := answer.read(MB):
            digest.update(piece)
        connection.close()
        return digest.hexdigest()

    def passes_in_little_memory(self, size, most_mb):
        """Up, through a run, and down again. What is resident counts as a whole, or, under the sanitizers, what it grew."""
        small = self.upload("small.bin", b"x")
        self.read_by_a_run(small)
        for name in ("api", "worker"):
            forget_peak(self.stack.running[name])
        before = {name: peak_mb(self.stack.running[name]) for name in ("api", "worker")}
        file = self.stream_up(size)
        if size <= COPIED_BYTES_MAX or os.geteuid() == 0:
            self.assertEqual(self.read_by_a_run(file["id"])["result"]["sha256"], file["sha256"])
        self.assertEqual(self.stream_down(file), file["sha256"])
        peaks = {name: peak_mb(self.stack.running[name]) for name in before}
        print(f"{size // MB} MB: resident at most {peaks} MB, {before} before", file=sys.stderr)
        for name, was in before.items():
            self.assertLess(peaks[name] - (was if sanitized() else 0), most_mb, name)


# Freed blocks that AddressSanitizer keeps to itself are not what is measured.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4:thread_local_quarantine_size_kb=64"
