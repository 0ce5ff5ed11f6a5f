"""Skills and files, from upload to rollback, through the real programs."""
import concurrent.futures
import hashlib
import io
import json
import os
import pathlib
import sys
import tarfile
import unittest
import urllib.parse
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from stack import Stack, until  # noqa: E402

MAIN = """import json, os, sys
asked = json.load(sys.stdin)
os.makedirs("out", exist_ok=True)
open("out/报告 (终).txt", "w", encoding="utf-8").write("done for " + asked.get("who", "world"))
print(json.dumps({"hello": asked.get("who", "world")}))
"""
README = "# Hello\n\nSays hello.\n"
BIG_BYTES = 100 * 1024 * 1024
PIECE = bytes(range(256)) * 4096


def setUpModule():
    global stack
    # AddressSanitizer keeps what was freed, 256 MB of it, which would hide what is measured here.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    stack = Stack(("api", "scheduler", "worker"))


def tearDownModule():
    stack.stop()


def package(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():  # dated alike: the same files are the same bytes at any hour
            archive.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def skill_files(**more):
    return {"main.py": MAIN, "README.md": README, **more}


def form(part, filename, data, **fields):
    """A multipart body and its headers."""
    body = b""
    for name, value in fields.items():
        body += f'--BB\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += (f'--BB\r\nContent-Disposition: form-data; name="{part}"; filename="{filename}"\r\n'
             "Content-Type: application/octet-stream\r\n\r\n").encode() + data + b"\r\n--BB--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=BB"}


def upload(name, files=None, token="oscar", data=None, filename="package.zip", **headers):
    body, head = form("package", filename, data or package(files or skill_files()), name=name)
    return stack.api("POST", "/v1/skills", body, token, head | headers)


def act(name, version, what, body=None, token="olivia", **headers):
    return stack.api("POST", f"/v1/skills/{name}/versions/{version}/{what}", body or {}, token, headers)


def publish(name, files=None):
    """Upload, approve and publish; the version's number."""
    reply = upload(name, files)
    assert reply.status == 201, reply.body
    version = reply.json["version"]
    for what, body in (("review", {"decision": "approve"}), ("publish", {})):
        done = act(name, version, what, body)
        assert done.status == 200, done.body
    return version


def run(name, token="oscar", **wish):
    return stack.api("POST", "/v1/runs", {"skill": name, **wish}, token, {"Prefer": "wait=30"})


def send_file(name, data, token="oscar", **headers):
    return stack.api("POST", "/v1/files?name=" + urllib.parse.quote(name), data, token,
                     {"Content-Type": "application/octet-stream"} | headers)


def stored_files():
    """What lies in the store, whole or begun."""
    return {path.name for path in (stack.folder / "files").glob("*/*")}


def resident_kb(name):
    status = pathlib.Path(f"/proc/{stack.running[name].pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def audited(action):
    schema = stack.tenants["Harbour Hardware"]["schema"]
    return int(stack.sql(f"select count(*) from {schema}.audit_event where action = '{action}'")[0][0])


class Files(unittest.TestCase):
    def test_a_chinese_name_comes_back(self):
        data = os.urandom(300_000)
        reply = send_file("销售报表 (终).xlsx", data)
        self.assertEqual(reply.status, 201, reply.body)
        self.assertEqual(reply.json["name"], "销售报表 (终).xlsx")
        self.assertEqual(reply.json["sha256"], hashlib.sha256(data).hexdigest())
        got = stack.api("GET", "/v1/files/" + reply.json["id"], token="vera")
        self.assertEqual(got.body, data)
        self.assertIn("filename*=UTF-8''" + urllib.parse.quote("销售报表 (终).xlsx", safe=""),
                      got.headers["Content-Disposition"])
        self.assertIn("spreadsheetml", got.headers["Content-Type"])

    def test_names_are_kept_in_nfc(self):
        self.assertEqual(send_file("Re\u0301sume\u0301.txt", b"x").json["name"], "R\u00e9sum\u00e9.txt")

    def test_multipart_takes_one_file(self):
        body, head = form("file", "表.csv", b"a,b\r\n1,2\r\n")
        reply = stack.api("POST", "/v1/files", body, "oscar", head)
        self.assertEqual((reply.status, reply.json["name"], reply.json["size"]), (201, "表.csv", 10))
        self.assertEqual(reply.json["media_type"], "text/csv; charset=utf-8")
        cut = stack.api("POST", "/v1/files", body[:-8], "oscar", head)
        self.assertEqual((cut.status, cut.code), (400, "bad_request"))
        body, head = form("other", "a.csv", b"x")
        other = stack.api("POST", "/v1/files", body, "oscar", head)
        self.assertEqual((other.status, other.code), (422, "invalid_input"))

    def test_bad_names_are_refused_and_leave_nothing(self):
        before = stored_files()
        for name in ("../a.txt", ".hidden", "-rf", "a\u202eb.txt", "x" * 201):
            with self.subTest(name):
                reply = send_file(name, b"x")
                self.assertEqual((reply.status, reply.code), (422, "invalid_input"))
        nameless = stack.api("POST", "/v1/files", b"x", "oscar", {"Content-Type": "text/plain"})
        self.assertEqual((nameless.status, nameless.code), (422, "invalid_input"))
        self.assertEqual(stored_files(), before)

    def test_ranges_and_entity_tags(self):
        data = bytes(range(256)) * 10
        place = "/v1/files/" + send_file("numbers.bin", data).json["id"]
        part = stack.api("GET", place, token="oscar", headers={"Range": "bytes=10-19"})
        self.assertEqual((part.status, part.body, part.headers["Content-Range"]),
                         (206, data[10:20], f"bytes 10-19/{len(data)}"))
        beyond = stack.api("GET", place, token="oscar", headers={"Range": "bytes=9999-"})
        self.assertEqual((beyond.status, beyond.code), (416, "range_not_satisfiable"))
        again = stack.api("GET", place, token="oscar", headers={"If-None-Match": part.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        said = stack.api("GET", place, token="oscar", headers={"Accept": "application/json"})
        self.assertEqual(said.json["size"], len(data))

    def test_who_may_not(self):
        self.assertEqual(send_file("a.txt", b"x", token="vera").code, "forbidden")
        place = "/v1/files/" + send_file("a.txt", b"x").json["id"]
        self.assertEqual(stack.api("GET", place, token="lin").status, 404)
        self.assertEqual(stack.api("GET", place).status, 401)
        self.assertEqual(stack.api("GET", place, token="fiona").status, 403)
        self.assertEqual(stack.api("GET", "/v1/files/not-an-id", token="oscar").status, 404)

    def test_a_package_is_for_its_author_and_reviewers(self):
        digest = upload("secretive").json["digest"]
        schema = stack.tenants["Harbour Hardware"]["schema"]
        place = "/v1/files/" + stack.sql(f"select id from {schema}.file where sha256 = '{digest}'"
                                         " and kind = 'package'")[0][0]
        for person, status in (("oscar", 200), ("olivia", 200), ("vera", 404), ("audrey", 404)):
            self.assertEqual(stack.api("GET", place, token=person).status, status, person)

    def test_the_list_is_paged(self):
        made = [send_file(f"page {i}.txt", b"x").json["id"] for i in range(3)]
        first = stack.api("GET", "/v1/files?limit=2", token="oscar").json
        self.assertEqual([item["id"] for item in first["items"]], [made[2], made[1]])
        second = stack.api("GET", f"/v1/files?limit=2&cursor={first['next_cursor']}", token="oscar").json
        self.assertEqual(second["items"][0]["id"], made[0])

    def open_upload(self, bytes_said):
        connection = stack.connect()
        connection.putrequest("POST", "/v1/files?name=big.bin")
        connection.putheader("Authorization", "Bearer " + stack.tokens["oscar"])
        connection.putheader("Content-Type", "application/octet-stream")
        connection.putheader("Content-Length", str(bytes_said))
        connection.endheaders()
        return connection

    def test_a_hundred_megabytes_pass_through_little_memory(self):
        before, most, digest = resident_kb("api"), 0, hashlib.sha256()
        connection = self.open_upload(BIG_BYTES)
        for _ in range(BIG_BYTES // len(PIECE)):
            connection.send(PIECE)
            digest.update(PIECE)
            most = max(most, resident_kb("api"))
        response = connection.getresponse()
        self.assertEqual(response.status, 201)
        self.assertIn(digest.hexdigest().encode(), response.read())
        connection.close()
        self.assertLess(most - before, 20 * 1024)

    def test_an_upload_that_breaks_off_leaves_nothing(self):
        before = stored_files()
        connection = self.open_upload(BIG_BYTES)
        for _ in range(4):
            connection.send(PIECE)
        until(lambda: stored_files() - before, what="the begun file")
        connection.close()
        until(lambda: stored_files() == before, what="the begun file being gone")


class Upload(unittest.TestCase):
    def refused(self, code, files=None, **how):
        name = "bad-" + code.replace("_", "-")
        before = stored_files()
        reply = upload(name, files, **how)
        self.assertEqual((reply.status, reply.code), (422, "package_refused"), reply.body)
        self.assertIn(code, [error["code"] for error in reply.json["errors"]])
        version = stack.api("GET", f"/v1/skills/{name}/versions/1", token="oscar").json
        self.assertEqual(version["state"], "refused")
        self.assertIn(code, [finding["code"] for finding in version["findings"]])
        until(lambda: stored_files() == before, what="the refused bytes being gone")
        return reply

    def test_a_good_package_waits_for_review(self):
        reply = upload("good")
        self.assertEqual((reply.status, reply.json["state"], reply.json["version"]), (201, "in_review", 1))
        self.assertEqual(reply.headers["Location"], "/v1/skills/good/versions/1")
        same = upload("good")
        self.assertEqual((same.status, same.json["version"]), (200, 1))
        self.assertEqual(upload("good", skill_files(extra="1")).json["version"], 2)

    def test_the_runtime_of_the_manifest_is_the_one_it_is_checked_against_and_runs_in(self):
        """base lacks pandas, which is a warning; in data it is there, or the whole runtime is not installed."""
        def imports(runtime):
            manifest = json.dumps({"runtime": runtime})
            reply = upload(f"imports-{runtime}", {"main.py": "import pandas\n", "README.md": "# x\n", "skill.json": manifest})
            self.assertEqual((reply.status, reply.json["runtime"]), (201, runtime), reply.json)
            return [f["message"] for f in reply.json["findings"] if f["code"] == "missing_module"]

        self.assertIn('"data"', imports("base")[0])
        self.assertNotIn('needs the runtime "data"', " ".join(imports("data")))

    def test_without_waiting_it_is_being_checked(self):
        reply = upload("patient", Prefer="wait=0")
        self.assertEqual((reply.status, reply.json["state"]), (201, "checking"))
        got = stack.api("GET", "/v1/skills/patient/versions/1", token="oscar", headers={"Prefer": "wait=30"})
        self.assertEqual(got.json["state"], "in_review")

    def test_a_check_that_cannot_be_made_ends_with_a_finding(self):
        stack.end("worker")
        before = stored_files()
        self.assertEqual(upload("hopeless", Prefer="wait=0").json["state"], "checking")
        for path in (stack.folder / "files").glob("*/*"):
            if path.name not in before:
                path.unlink()
        stack.start("worker")
        got = stack.api("GET", "/v1/skills/hopeless/versions/1", token="oscar", headers={"Prefer": "wait=40"}).json
        self.assertEqual((got["state"], [f["code"] for f in got["findings"]]), ("refused", ["check_failed"]))
        self.assertEqual(upload("hopeless").json["state"], "in_review")

    def test_the_name_comes_from_the_file(self):
        body, head = form("package", "Sales Report (v2).zip", package(skill_files(own="name")))
        self.assertEqual(stack.api("POST", "/v1/skills", body, "oscar", head).json["skill"], "sales-report-v2")
        bad = upload("Not A Slug")
        self.assertEqual((bad.status, bad.code), (422, "invalid_input"))

    def test_tar_gz_is_taken(self):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name, text in skill_files().items():
                info = tarfile.TarInfo("folder/" + name)
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
        self.assertEqual(upload("tarred", data=out.getvalue(), filename="t.tar.gz").json["state"], "in_review")

    def test_zip_slip_is_refused(self):
        self.refused("path_traversal", skill_files(**{"../../etc/evil.py": "x"}))

    def test_broken_skill_json_is_refused_with_its_place(self):
        reply = self.refused("syntax", skill_files(**{"skill.json": "{"}))
        self.assertEqual(reply.json["errors"][0]["path"], "skill.json")

    def test_no_main_is_refused(self):
        self.refused("no_main", {"other.py": MAIN, "README.md": README})

    def test_who_may_not(self):
        for person in ("vera", "arun", "audrey", "fiona"):
            with self.subTest(person):
                self.assertEqual(upload("no", token=person).code, "forbidden")
        self.assertEqual(stack.api("POST", "/v1/skills", b"", "oscar", {"Content-Type": "application/zip"}).status,
                         415)

    def test_two_at_once_get_two_numbers(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(lambda i: upload("crowd", skill_files(number=str(i))), range(4)))
        self.assertEqual(sorted(reply.json["version"] for reply in replies), [1, 2, 3, 4])


class Life(unittest.TestCase):
    def test_from_review_to_rollback(self):
        first = upload("life").json["version"]
        early = act("life", first, "publish")
        self.assertEqual((early.status, early.code), (409, "conflict"))
        self.assertIn("review", early.json["detail"])
        self.assertEqual(act("life", first, "review", {"decision": "approve"}, "oscar").code, "forbidden")
        self.assertEqual(act("life", first, "review", {"decision": "reject"}).code, "invalid_input")
        done = act("life", first, "review", {"decision": "approve", "comment": "fine"})
        self.assertEqual((done.status, done.json["review"]["comment"]), (200, "fine"))
        self.assertEqual(act("life", first, "review", {"decision": "approve"}).code, "already_decided")
        self.assertEqual(act("life", first, "publish").json["version"], first)
        self.assertEqual(act("life", first, "publish").code, "already_done")

        second = publish("life", skill_files(**{"README.md": README + "More.\n", "help.py": "x = 1\n"}))
        self.assertEqual(stack.api("GET", "/v1/skills/life", token="oscar").json["version"], second)
        detail = stack.api("GET", f"/v1/skills/life/versions/{second}", token="olivia").json
        self.assertEqual(detail["against"], first)
        self.assertEqual({d["path"]: d["change"] for d in detail["diff"]},
                         {"help.py": "added", "README.md": "changed"})

        back = stack.api("POST", "/v1/skills/life/rollback", {"version": first}, "olivia")
        self.assertEqual((back.status, back.json["version"]), (200, first))
        self.assertEqual(run("life").json["version"], first)
        gone = act("life", first, "yank", {"comment": "a mistake"})
        self.assertEqual((gone.json["state"], gone.json["published_version"]), ("yanked", None))
        self.assertEqual(run("life").code, "not_published")
        self.assertEqual(stack.api("POST", "/v1/skills/life/rollback", {"version": first}, "olivia").code,
                         "version_yanked")
        self.assertEqual(stack.api("POST", "/v1/skills/life/rollback", {"version": second}, "olivia").status, 200)
        listed = stack.api("GET", "/v1/skills/life/versions", token="olivia").json["items"]
        self.assertEqual([v["state"] for v in listed], ["published", "yanked"])
        for action in ("uploaded", "approved", "published", "rolled_back", "yanked"):
            self.assertGreater(audited("skill." + action), 0, action)

    def test_a_rejected_version_stays_rejected(self):
        version = upload("sorry").json["version"]
        act("sorry", version, "review", {"decision": "reject", "comment": "no examples"})
        self.assertEqual(act("sorry", version, "publish").code, "conflict")
        self.assertEqual(upload("sorry").json["state"], "rejected")

    def test_four_eyes_where_the_tenant_wants_them(self):
        schema = stack.tenants["Lakeside Books"]["schema"]
        self.assertEqual(upload("eyes", token="lin").status, 201)
        self.assertEqual(stack.api("PATCH", "/v1/settings", {"review_four_eyes": True}, "lin").json["review_four_eyes"], True)
        self.assertEqual(act("eyes", 1, "review", {"decision": "approve"}, "lin").code, "self_confirmation")
        self.assertEqual(stack.api("PATCH", "/v1/settings", {"review_four_eyes": False}, "lin").status, 200)
        self.assertEqual(act("eyes", 1, "review", {"decision": "approve"}, "lin").status, 200)
        for value, who, code in ((True, "adam", "forbidden"), ("yes", "lin", "invalid_input")):
            self.assertEqual(stack.api("PATCH", "/v1/settings", {"review_four_eyes": value}, who).code, code)

    def test_who_lowers_a_risk_does_not_review_it_himself(self):
        def approve(who, risk, by=None, action="wipe", word=""):
            files = skill_files(**{"README.md": README + word, "skill.json": json.dumps({"name": "wiper", "actions": [
                {"name": action, "entry": "main.py", "risk": risk}]})})
            version = upload("wiper", files, who).json["version"]
            return act("wiper", version, "review", {"decision": "approve"}, by or who), version
        for who in ("olivia", "lin"):
            reply, version = approve(who, "high")
            self.assertEqual((reply.status, act("wiper", version, "publish", token=who).status), (200, 200))
        self.assertEqual(approve("olivia", "high", word="More.")[0].status, 200)
        self.assertEqual(approve("olivia", "low")[0].code, "self_confirmation")
        self.assertEqual(approve("olivia", "low", action="tidy")[0].code, "self_confirmation")
        self.assertEqual(approve("olivia", "low", by="adam")[0].status, 200)
        self.assertEqual(approve("lin", "low")[0].status, 200)  # nobody else there may review

    def test_one_of_many_reviews_counts(self):
        version = upload("race").json["version"]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: act("race", version, "review", {"decision": "approve"}), range(8)))
        self.assertEqual(sorted(reply.status for reply in replies), [200] + [409] * 7)
        self.assertEqual({reply.code for reply in replies}, {None, "already_decided"})

    def test_a_key_repeats_what_was_done(self):
        version = upload("keyed").json["version"]
        for replayed in (None, "true"):
            reply = act("keyed", version, "review", {"decision": "approve"}, **{"Idempotency-Key": "once"})
            self.assertEqual((reply.status, reply.headers["Idempotency-Replayed"]), (200, replayed))

    def test_a_draft_is_tried_by_author_and_reviewers_only(self):
        version = upload("draft").json["version"]
        for person in ("oscar", "adam"):
            reply = act("draft", version, "try", {"input": {"who": "me"}}, person, Prefer="wait=30")
            self.assertEqual((reply.status, reply.json["state"]), (200, "succeeded"), reply.body)
            self.assertEqual(reply.json["result"], {"hello": "me"})
        self.assertEqual(act("draft", version, "try", {}, "vera").status, 403)
        self.assertEqual(act("draft", 9, "try", {}, "oscar").status, 404)
        self.assertEqual(run("draft").code, "not_published")

    def test_another_tenant_finds_nothing(self):
        publish("ours")
        for method, path, body in (
                ("GET", "", None), ("GET", "/versions", None), ("GET", "/versions/1", None),
                ("GET", "/bindings", None), ("GET", "/why", None), ("PATCH", "", {"enabled": False}),
                ("PUT", "/bindings", []), ("POST", "/rollback", {"version": 1}),
                ("POST", "/versions/1/review", {"decision": "approve"}), ("POST", "/versions/1/publish", {}),
                ("POST", "/versions/1/yank", {}), ("POST", "/versions/1/try", {})):
            with self.subTest(f"{method} {path}"):
                reply = stack.api(method, "/v1/skills/ours" + path, body, "lin")
                self.assertEqual((reply.status, reply.code), (404, "not_found"))


class Artifacts(unittest.TestCase):
    def test_by_name_and_by_id(self):
        publish("maker")
        done = run("maker", input={"who": "you"}).json
        artifact = done["artifacts"][0]
        self.assertEqual(artifact["name"], "报告 (终).txt")
        for key in (urllib.parse.quote(artifact["name"]), artifact["id"]):
            got = stack.api("GET", f"/v1/runs/{done['id']}/artifacts/{key}", token="oscar")
            self.assertEqual((got.status, got.body), (200, b"done for you"))
        self.assertIn("filename*=UTF-8''%E6%8A%A5", got.headers["Content-Disposition"])
        place = f"/v1/runs/{done['id']}/artifacts/"
        self.assertEqual(stack.api("GET", place + "none.txt", token="oscar").status, 404)
        self.assertEqual(stack.api("GET", place + artifact["id"], token="lin").status, 404)
        self.assertEqual(stack.api("GET", place + artifact["id"], token="fiona").status, 403)


class Bindings(unittest.TestCase):
    def names(self, token, query=""):
        return [item["name"] for item in stack.api("GET", "/v1/skills" + query, token=token).json["items"]]

    def test_the_list_shows_what_one_may_run(self):
        publish("bound")
        self.assertIn("bound", self.names("oscar"))
        self.assertNotIn("bound", self.names("vera"))
        reply = stack.api("PUT", "/v1/skills/bound/bindings", [{"user": "Adam@people.example"}], "olivia")
        self.assertEqual((reply.status, len(reply.json["items"])), (200, 1))
        self.assertEqual(reply.json["items"][0]["actions"], ["*"])
        self.assertNotIn("bound", self.names("oscar"))
        self.assertIn("bound", self.names("adam"))
        self.assertNotIn("bound", self.names("olivia"))
        self.assertIn("bound", self.names("olivia", "?all=true"))
        self.assertEqual(run("bound").code, "forbidden")
        why = stack.api("GET", "/v1/skills/bound/why?user=oscar@people.example", token="audrey").json
        self.assertFalse(why["allowed"])
        self.assertEqual(why["actions"][0]["reasons"][0]["code"], "not_bound")
        other = stack.api("GET", "/v1/skills/bound/why?user=adam@people.example", token="oscar")
        self.assertEqual(other.status, 403)
        self.assertEqual(stack.api("PUT", "/v1/skills/bound/bindings", [], "olivia").status, 200)
        self.assertTrue(stack.api("GET", "/v1/skills/bound/why", token="oscar").json["allowed"])

    def test_a_token_reaches_only_its_skills(self):
        publish("reach-one")
        publish("reach-two")
        made = stack.api("POST", "/v1/tokens", {"name": "robot", "skills": ["reach-one"],
                                                "scopes": ["skills:read", "skills:write", "runs:write"]}, "oscar")
        self.assertEqual(made.status, 201, made.body)
        robot = made.json["token"]
        self.assertEqual(self.names(robot, "?q=reach"), ["reach-one"])
        self.assertEqual(stack.api("GET", "/v1/skills/reach-two", token=robot).status, 404)
        self.assertEqual(upload("reach-two", skill_files(x="1"), robot).code, "forbidden")
        self.assertEqual(upload("reach-one", skill_files(x="1"), robot).status, 201)

    def test_what_cannot_be_bound(self):
        publish("unbound")
        for wrong in ([{"role": "king"}], [{"user": "nobody@people.example"}], [{}], [{"role": "owner"}] * 2,
                      [{"role": "owner", "user": "x"}], [{"role": "owner", "actions": ["fly"]}], [{"role": "owner", "actions": []}],
                      [{"role": "owner", "colour": 1}], {"items": 1}, [1]):
            with self.subTest(wrong):
                reply = stack.api("PUT", "/v1/skills/unbound/bindings", wrong, "olivia")
                self.assertEqual((reply.status, reply.code), (422, "invalid_input"))
        self.assertEqual(stack.api("PUT", "/v1/skills/unbound/bindings", [], "oscar").code, "forbidden")

    def test_search_and_pages(self):
        for name in ("paged-a", "paged-b", "paged-c"):
            publish(name, skill_files(n=name))
        first = stack.api("GET", "/v1/skills?q=paged&limit=2", token="oscar").json
        self.assertEqual([item["name"] for item in first["items"]], ["paged-c", "paged-b"])
        rest = stack.api("GET", f"/v1/skills?q=paged&limit=2&cursor={first['next_cursor']}", token="oscar").json
        self.assertEqual(([item["name"] for item in rest["items"]], rest["next_cursor"]), (["paged-a"], None))


class Update(unittest.TestCase):
    def test_words_and_switch(self):
        publish("worded")
        before = stack.api("GET", "/v1/skills/worded", token="olivia")
        tag = {"If-Match": before.headers["ETag"]}
        reply = stack.api("PATCH", "/v1/skills/worded", {
            "title": {"en": "Greeting", "zh": "问候"}, "examples": ["greet me"], "enabled": False}, "olivia", tag)
        self.assertEqual((reply.status, reply.json["title"], reply.json["examples"], reply.json["enabled"]),
                         (200, "Greeting", ["greet me"], False))
        late = stack.api("PATCH", "/v1/skills/worded", {"enabled": True}, "olivia", tag)
        self.assertEqual((late.status, late.code), (412, "precondition_failed"))
        self.assertEqual(run("worded").code, "skill_disabled")
        chinese = stack.api("GET", "/v1/skills/worded", token="olivia", headers={"Accept-Language": "zh-CN"})
        self.assertEqual(chinese.json["title"], "问候")
        why = stack.api("GET", "/v1/skills/worded/why", token="olivia").json
        self.assertEqual(why["actions"][0]["reasons"][0]["code"], "skill_disabled")

    def test_what_cannot_be_changed(self):
        publish("fixed")
        for wrong in ({}, {"title": 1}, {"title": {"fr": "x"}}, {"examples": [1]}, {"name": "x"}, {"enabled": "no"},
                      {"owner": stack.tenants["Harbour Hardware"]["id"]}):
            with self.subTest(wrong):
                reply = stack.api("PATCH", "/v1/skills/fixed", wrong, "olivia")
                self.assertEqual((reply.status, reply.code), (422, "invalid_input"), reply.body)
        self.assertEqual(stack.api("PATCH", "/v1/skills/fixed", {"enabled": False}, "oscar").code, "forbidden")


if __name__ == "__main__":
    unittest.main()
