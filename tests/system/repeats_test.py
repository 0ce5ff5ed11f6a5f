"""Uploads with an Idempotency-Key, through the real programs: nobody has read the body when the key is seen."""
import concurrent.futures
import io
import pathlib
import sys
import unittest
import urllib.parse
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from stack import Stack, until  # noqa: E402


def setUpModule():
    global stack
    stack = Stack(("api", "scheduler", "worker"))


def tearDownModule():
    stack.stop()


def skill_files(**more):
    return {"main.py": "print(1)\n", "README.md": "# One\n\nPrints one.\n", **more}


def upload(name, files=None, **headers):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in (files or skill_files()).items():
            archive.writestr(zipfile.ZipInfo(path), text)
    body = (f'--BB\r\nContent-Disposition: form-data; name="name"\r\n\r\n{name}\r\n'
            '--BB\r\nContent-Disposition: form-data; name="package"; filename="p.zip"\r\n\r\n').encode()
    return stack.api("POST", "/v1/skills", body + out.getvalue() + b"\r\n--BB--\r\n", "oscar",
                     {"Content-Type": "multipart/form-data; boundary=BB"} | headers)


def send_file(name, data, **headers):
    return stack.api("POST", "/v1/files?name=" + urllib.parse.quote(name), data, "oscar",
                     {"Content-Type": "application/octet-stream"} | headers)


def stored_files():
    """What lies in the store, whole or begun."""
    return {path.name for path in (stack.folder / "files").glob("*/*")}


class Repeats(unittest.TestCase):
    def test_a_file_comes_once_for_a_key(self):
        first = send_file("same.txt", b"one", **{"Idempotency-Key": "file-1"})
        kept = stored_files()
        again = send_file("same.txt", b"one", **{"Idempotency-Key": "file-1"})
        self.assertEqual((first.status, again.status, again.json), (201, 201, first.json))
        self.assertEqual((first.headers["Idempotency-Replayed"], again.headers["Idempotency-Replayed"]), (None, "true"))
        other = send_file("same.txt", b"two", **{"Idempotency-Key": "file-1"})
        self.assertEqual((other.status, other.code), (409, "idempotency_mismatch"))
        self.assertEqual(send_file("other.txt", b"one", **{"Idempotency-Key": "file-1"}).code, "idempotency_mismatch")
        until(lambda: stored_files() == kept, what="the repeated bytes being gone")
        self.assertNotEqual(send_file("same.txt", b"one").json["id"], first.json["id"])

    def test_of_many_at_once_one_is_kept(self):
        kept = stored_files()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: send_file("many.txt", b"x" * 70000, **{"Idempotency-Key": "file-2"}),
                                    range(8)))
        self.assertEqual({(reply.status, reply.json.get("id")) for reply in replies}, {(201, replies[0].json["id"])})
        until(lambda: len(stored_files() - kept) == 1, what="the others' bytes being gone")

    def test_a_package_comes_once_for_a_key(self):
        first = upload("repeated", **{"Idempotency-Key": "package-1"})
        again = upload("repeated", **{"Idempotency-Key": "package-1"})
        self.assertEqual((first.status, again.status, again.headers["Idempotency-Replayed"]), (201, 201, "true"))
        self.assertEqual((again.json["version"], again.json["digest"]), (1, first.json["digest"]))
        other = upload("repeated", skill_files(extra="1"), **{"Idempotency-Key": "package-1"})
        self.assertEqual((other.status, other.code), (409, "idempotency_mismatch"))
        self.assertEqual(stack.api("GET", "/v1/skills/repeated/versions/2", token="oscar").status, 404)
        same = upload("repeated", **{"Idempotency-Key": "package-2"})
        self.assertEqual((same.status, same.json["version"]), (200, 1))
        bad = upload("repeated", skill_files(extra="2"), **{"Idempotency-Key": "package-2"})
        self.assertEqual(bad.code, "idempotency_mismatch")

    def test_what_cannot_be_named_leaves_nothing(self):
        kept = stored_files()
        self.assertEqual(upload("Not A Slug").code, "invalid_input")
        until(lambda: stored_files() == kept, what="the refused bytes being gone")


if __name__ == "__main__":
    unittest.main()
