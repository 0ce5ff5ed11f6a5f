"""Bad input: what a client may send wrong, and what a script may do wrong. Nothing is kept of the first; of
the second the reason and the log."""
import json
import os
import pathlib
import socket
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402

CHINESE = "[\u4e00-\u9fff]"


SHEETS = {"README.md": "# Sheets\n\nReads a sheet.\n", "main.py": "print(1)\n", "skill.json": json.dumps({
    "name": "sheets", "description": "Reads a sheet", "actions": [{"name": "read", "entry": "main.py", "input": {
        "type": "object", "properties": {"ids": {"type": "array", "items": {"type": "string"}},
                                         "sheet": {"type": "string", "format": "file"}}}}]})}


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "sandboxd", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE), (loop.TENANT, "sheets", SHEETS)])
    schema = loop.Case.stack.tenants[loop.TENANT]["schema"]
    stacks.until(lambda: loop.Case.stack.sql(f"select count(*) from {schema}.job_live") == [["0"]],
                 what="the end of what publishing began: rows are counted from here on")


def tearDownModule():
    loop.Case.stack.stop()


class Case(loop.Case):
    def post(self, text, path="/v1/runs", media="application/json", **headers):
        """Bytes as they are; nothing may have changed by them."""
        text = text.encode() if isinstance(text, str) else text
        return self.nothing_changes(lambda: self.api("POST", path, text, Content_Type=media, **headers))

    def run_with(self, **more):
        return json.dumps({"skill": "probe", "action": "run", "input": {}, **more})

    def faults(self, problem):
        return {(error["path"], error["code"]) for error in problem["errors"]}

    def raw(self, data):
        """The status line's code and the body of what comes back for these bytes."""
        with socket.create_connection(("127.0.0.1", self.stack.ports["api"]), 30) as connection:
            connection.sendall(data)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def head(self, line, *headers):
        token = self.stack.tokens["oscar"]
        return "\r\n".join([line, "Host: localhost", f"Authorization: Bearer {token}", "Connection: close",
                            *headers, "", ""]).encode()


class Files(Case):
    def test_a_file_behind_too_many_ids_is_refused_and_not_taken_for_missing(self):
        sheet = self.upload("a.csv", b"a")

        def plan(count):
            return json.dumps({"skill": "sheets", "action": "read", "mode": "plan",
                               "input": {"ids": [skills.new_id()] * count, "sheet": sheet}})

        problem = self.refused(self.post(plan(1000)), 422, "invalid_input")
        self.assertEqual(self.faults(problem), {("/input/sheet", "too_many_ids")})
        self.ok(self.api("POST", "/v1/runs", plan(999).encode(), Content_Type="application/json"), 202)


class Json(Case):
    def test_what_is_no_json_is_bad_json_with_its_place(self):
        for text in ('{"skill": ', '{"skill": "probe",}', "nonsense", '{"skill": "probe"} more', "{'skill': 1}",
                     '"\\ud800"', '{"skill": "a\nb"}', '{"skill": 01}', '{"skill": NaN}', "\ufeff{}", ""):
            with self.subTest(text=text):
                problem = self.refused(self.post(text), 400, "bad_json")
                self.assertRegex(problem["detail"], "line|empty|end|column")

    def test_a_key_that_comes_twice_is_refused(self):
        problem = self.refused(self.post('{"skill":"probe","skill":"other"}'), 400, "bad_json")
        self.assertIn("skill", problem["detail"])
        self.refused(self.post(self.run_with()[:-1] + ',"input":{"a":1,"a":1}}'), 400, "bad_json")

    def test_deep_nesting_is_refused(self):
        for depth in (33, 1000, 100_000):
            self.refused(self.post(self.run_with()[:-1] + ',"x":' + "[" * depth + "]" * depth + "}"), 400, "bad_json")
            self.refused(self.post('{"a":' * depth + "1" + "}" * depth), 400, "bad_json")

    def test_numbers_that_no_machine_holds_are_refused(self):
        for number in ("1e999", "-1e999", "9" * 400, "123456789012345678901234567890"):
            reply = self.post(self.run_with()[:-1] + f',"delay_ms":{number}}}')
            self.assertIn((reply.status, reply.code), ((400, "bad_json"), (422, "invalid_input")), reply.body)

    def test_bytes_that_are_no_utf8_are_refused(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xbd"):
            self.refused(self.post(b'{"text": "' + bad + b'"}', "/v1/requests"), 400, "bad_json")
        self.refused(self.post('{"text": "a\\u0000b"}', "/v1/requests"), 400, "bad_json")

    def test_the_place_is_told_in_chinese_too(self):
        problem = self.refused(self.post('{"skill": ', Accept_Language="zh-CN"), 400, "bad_json")
        self.assertRegex(problem["detail"], CHINESE)

    def test_another_media_type_is_refused(self):
        for media in ("text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"):
            self.refused(self.post(self.run_with(), media=media), 415, "unsupported_media_type")


class Fields(Case):
    def invalid(self, text, *faults, path="/v1/runs"):
        problem = self.refused(self.post(text, path), 422, "invalid_input")
        self.assertEqual(self.faults(problem), set(faults), problem["errors"])
        for error in problem["errors"]:
            self.assertTrue(error["message"])

    def test_a_body_that_is_no_object_is_invalid(self):
        for text in ("[]", "null", "1", '"text"', "true"):
            self.refused(self.post(text), 422, "invalid_input")

    def test_wrong_types_are_named_by_their_path(self):
        self.invalid(self.run_with(skill=1, input=[], mode=True, class_=None).replace("class_", "class"),
                     ("/skill", "type"), ("/input", "type"), ("/mode", "type"))
        self.invalid('{"text": ["words"], "files": "a", "now": 5}',
                     ("/text", "type"), ("/files", "type"), ("/now", "format"), path="/v1/requests")

    def test_unknown_fields_are_named(self):
        self.invalid(self.run_with(skil="probe", tenant_id="other"), ("/skil", "unknown_field"), ("/tenant_id", "unknown_field"))
        self.invalid('{"text": "words", "a/b~c": 1}', ("/a~1b~0c", "unknown_field"), path="/v1/requests")

    def test_what_is_missing_is_named(self):
        self.invalid("{}", ("/skill", "required"))
        self.invalid("{}", ("/text", "required"), path="/v1/requests")

    def test_values_out_of_bounds_are_named(self):
        self.invalid(self.run_with(delay_ms=-1), ("/delay_ms", "range"))
        self.invalid(self.run_with(delay_ms=10**15), ("/delay_ms", "range"))
        self.invalid(self.run_with(mode="maybe"), ("/mode", "enum"))
        self.invalid(self.run_with(skill="../../etc"), ("/skill", "format"))
        self.invalid(self.run_with(timezone="Mars/Olympus"), ("/timezone", "format"))
        self.invalid(self.run_with(run_at="soon"), ("/run_at", "format"))
        self.invalid(self.run_with(run_at="2999-01-01T00:00:00Z"), ("/run_at", "range"))
        self.invalid(json.dumps({"text": "w" * 4001}), ("/text", "max_length"), path="/v1/requests")
        self.invalid('{"text": "   "}', ("/text", "min_length"), path="/v1/requests")

    def test_an_input_that_does_not_fit_the_schema_is_named_below_input(self):
        self.invalid(self.run_with(input={"what": 5, "seconds": -1, "more": 1}),
                     ("/input/what", "type"), ("/input/seconds", "minimum"), ("/input/more", "unknown_field"))

    def test_files_that_are_not_there_are_named(self):
        self.refused(self.post(json.dumps({"text": "words", "files": ["x"]}), "/v1/requests"), 422, "invalid_input")
        self.invalid(self.run_with(files=[skills.new_id()]), ("/files/0", "unknown_file"))

    def test_a_skill_or_action_that_is_not_there_is_404(self):
        self.refused(self.post(self.run_with(skill="nowhere")), 404, "not_found")
        self.refused(self.post(self.run_with(action="nowhere")), 404, "not_found")
        self.refused(self.post(self.run_with(version=99)), 404, "not_found")

    def test_a_callback_to_an_unknown_host_is_refused(self):
        self.refused(self.post(self.run_with(callback_url="https://elsewhere.example/x")), 403, "address_refused")
        self.invalid(self.run_with(callback_url="ftp://elsewhere.example/x"), ("/callback_url", "format"))

    def test_an_id_that_is_none_is_not_found(self):
        for path in ("/v1/runs/x", "/v1/requests/x", f"/v1/runs/{skills.new_id()}"):
            self.assertIn(self.api("GET", path).status, (404, 422), path)
        self.refused(self.api("GET", "/v1/runs/..%2f..%2fetc"), 400, "bad_request")


class Lists(Case):
    """Every list that the contract describes."""
    BAD = ("nonsense!", "|", "-1", "0", "01890000-0000-7000-8000-00000000000", "2026-13", "%F0%9F%98%80", "a" * 300, "1%7C",
           "x.y%0Az")
    # What one list's cursor may be, and another's may not.
    GOOD = {"0": ("firings", "audit", "events", "invoices", "versions"), "1%7C": ("timeline",)}

    def paths(self):
        document = self.stack.contract.document

        def parameter(given):
            return document["components"]["parameters"][given["$ref"].rsplit("/", 1)[1]] if "$ref" in given else given
        for path, item in document["paths"].items():
            given = [parameter(p) for p in item.get("parameters", []) + item.get("get", {}).get("parameters", [])]
            if "get" in item and any(p["name"] == "cursor" for p in given):
                yield path

    def test_a_cursor_of_no_list_is_refused_everywhere_in_the_same_words(self):
        schedule = self.ok(self.api("POST", "/v1/schedules", {"name": "lists", "cron": "0 3 1 1 *", "skill": "probe",
                                                              "input": {}, "enabled": True}), 201)["id"]
        paths = list(self.paths())
        self.assertGreater(len(paths), 35)
        for path in paths:
            named = path.replace("{name}", "probe").replace("{id}", schedule)
            for cursor in self.BAD:
                with self.subTest(path, cursor=cursor):
                    if path.endswith(self.GOOD.get(cursor, ())):
                        continue
                    problem = self.refused(self.api("GET", f"{named}?cursor={cursor}", token=self.who(path)), 422,
                                           "invalid_input")
                    self.assertEqual(self.faults(problem), {("cursor", "format")})
                    self.assertIn("next_cursor", problem["detail"])

    @staticmethod
    def who(path):
        return "pat" if path.startswith("/v1/platform/") else "olivia"


class Http(Case):
    def test_a_body_over_the_limit_is_413(self):
        self.refused(self.post(self.run_with(input={"value": "x" * (1 << 20)})), 413, "body_too_large")

    def test_a_length_that_promises_too_much_is_413_before_it_is_sent(self):
        status, problem = self.raw(self.head("POST /v1/runs HTTP/1.1", "Content-Type: application/json",
                                             "Content-Length: 99999999999"))
        self.assertEqual((status, problem["code"]), (413, "body_too_large"))

    def test_headers_over_the_limit_are_431(self):
        for headers in (["X-Large: " + "x" * 40_000], [f"X-{i}: 1" for i in range(200)]):
            status, problem = self.raw(self.head("GET /v1/runs HTTP/1.1", *headers))
            self.assertEqual((status, problem["code"]), (431, "headers_too_large"))

    def test_an_address_over_the_limit_is_414(self):
        status, problem = self.raw(self.head(f"GET /v1/runs?q={'x' * 10_000} HTTP/1.1"))
        self.assertEqual((status, problem["code"]), (414, "uri_too_long"))

    def test_two_readings_of_one_request_are_refused(self):
        for headers in (["Content-Length: 2", "Transfer-Encoding: chunked"], ["Content-Length: 2", "Content-Length: 3"],
                        ["Transfer-Encoding: identity, chunked"], ["Content-Length: +2"], ["Transfer-Encoding : chunked"]):
            with self.subTest(headers=headers):
                status, problem = self.nothing_changes(lambda h=headers: self.raw(
                    self.head("POST /v1/runs HTTP/1.1", "Content-Type: application/json", *h) + b"{}"))
                self.assertIn(status, (400, 501), problem)
                self.assertIn(problem["code"], ("bad_request", "not_implemented"))

    def test_what_is_no_http_is_400(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \r\n\r\n", b"hello\r\n\r\n",
                     b"GET /v1/runs HTTP/1.1\r\nHost: a\r\nBad Header: 1\r\n\r\n"):
            status, problem = self.raw(data)
            self.assertEqual((status, problem["code"]), (400, "bad_request"), problem)
        for data in (b"GET /v1/runs\r\n\r\n", b"GET /v1/runs HTTP/3.0\r\nHost: a\r\n\r\n"):
            self.assertEqual(self.raw(data)[1]["code"], "http_version_not_supported")

    def test_a_method_that_is_not_taken_says_which_are(self):
        reply = self.api("DELETE", "/v1/runs")
        self.refused(reply, 405, "method_not_allowed")
        self.assertIn("POST", reply.headers["Allow"])

    def test_an_idempotency_key_out_of_bounds_is_refused(self):
        self.refused(self.post(self.run_with(), Idempotency_Key="k" * 201), 422, "invalid_input")


class Scripts(Case):
    """`burn` may take 2 s and 64 MB; what else is limited is limited for all."""

    def burnt(self, what, code, exit_code=None, action="burn"):
        run = self.run_probe(action, what=what)
        self.assertEqual((run["state"], run["error"]["code"]), ("failed", code), run)
        self.assertTrue(run["error"]["message"])
        self.assertIsNone(run["result"])
        if exit_code is not None:
            self.assertEqual(run["exit_code"], exit_code)
        self.assertIn(f"begun {what}", self.log_of(run["id"]), "its log so far")
        self.assertEqual(loop.faults(self.stack, self.schema, [run["id"]]), [])
        chinese = self.ok(self.api("GET", f"/v1/runs/{run['id']}", Accept_Language="zh-CN"))
        self.assertRegex(chinese["error"]["message"], CHINESE)
        return run

    def test_a_loop_is_ended_by_time(self):
        run = self.burnt("loop", "timed_out")
        self.assertGreaterEqual(run["timings"]["run_ms"], 2000)
        self.assertLess(run["timings"]["run_ms"], 6000)

    def test_a_flood_is_ended_by_the_output_limit(self):
        run = self.burnt("flood", "output_limit", action="run")  # with the time that it takes: the machine may be busy
        kept = len(self.log_of(run["id"]))
        self.assertGreater(kept, 1 << 20)
        self.assertLess(kept, 8 << 20)

    def test_a_fork_bomb_is_ended_by_the_process_limit(self):
        self.burnt("fork", "process_limit")

    def test_a_gigabyte_is_ended_by_the_disk_limit(self):
        run = self.burnt("disk", "disk_limit")
        self.assertEqual(run["artifacts"], [])

    def test_a_glutton_is_ended_by_the_memory_limit(self):
        self.burnt("memory", "memory_limit")

    def test_an_exit_code_and_a_signal_are_told(self):
        run = self.burnt("exit", "script_failed", 7)
        self.assertIn("something is wrong", self.log_of(run["id"]))
        self.assertIn("11", self.burnt("signal", "script_failed")["error"]["message"])

    def test_what_comes_in_pieces_is_read_as_a_whole(self):
        """A character whose bytes come apart is one, and what stands within a line is no mark."""
        run = self.run_probe("burn", what="torn")
        self.assertEqual(run["state"], "succeeded", run)
        self.assertIn("测试 x::progress 5 is text\n\ufffd", self.log_of(run["id"]))
        self.assertIsNone(run["progress"])

    def test_half_a_result_is_no_result(self):
        self.burnt("broken", "result_invalid", 0)

    def test_a_script_without_a_result_gives_what_it_printed(self):
        run = self.run_probe(what="silent")
        self.assertEqual((run["state"], run["result"]), ("succeeded", {"stdout": "begun silent\n"}))

    def test_a_result_that_breaks_its_promise_is_told_with_the_path(self):
        run = self.run_probe("promise")
        self.assertEqual((run["state"], run["error"]["code"], run["result"]), ("failed", "result_invalid", None))
        self.assertIn("promised", str(run["error"]))

    def test_the_platform_goes_on_after_all_of_them_at_once(self):
        wild = ("loop", "flood", "fork", "disk", "memory", "exit")
        body = {"skill": "probe", "action": "burn"}
        replies = loop.at_once(len(wild), lambda i: self.api("POST", "/v1/runs", {**body, "input": {"what": wild[i]}}, wait=60))
        self.assertEqual([reply.json["state"] for reply in replies], ["failed"] * len(wild))
        self.assertEqual(self.run_probe(value="still here")["result"]["value"], "still here")
        self.assertEqual(self.ok(self.api("GET", "/readyz", token=None))["status"], "ok")


if __name__ == "__main__":
    unittest.main()
