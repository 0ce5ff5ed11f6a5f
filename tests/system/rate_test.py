"""How often one may call: RateLimit headers, 429 with Retry-After, per token and per address."""
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from stack import Stack, until  # noqa: E402

TRIES = 6
WRONG = {"email": "nobody@people.example", "password": "not it at all"}


def setUpModule():
    global stack
    stack = Stack(("api",), settings={"api": {"rate_per_second": "5", "rate_attempts_per_minute": str(TRIES),
                                              "client_address_header": "X-Real-IP"}})


def tearDownModule():
    stack.stop()


def left(reply):
    return tuple(int(reply.headers["RateLimit-" + name]) for name in ("Limit", "Remaining", "Reset"))


class Rate(unittest.TestCase):
    def test_a_token_is_told_what_is_left_and_then_to_wait(self):
        replies = [stack.api("GET", "/v1/me", token="olivia") for _ in range(12)]
        self.assertEqual((replies[0].status, left(replies[0])), (200, (5, 4, 1)))
        refused = next(reply for reply in replies if reply.status != 200)
        self.assertEqual((refused.status, refused.code, refused.headers["Retry-After"]), (429, "rate_limited", "1"))
        self.assertEqual(refused.headers["Content-Type"], "application/problem+json")
        self.assertEqual(left(refused)[1], 0)
        self.assertEqual(stack.api("GET", "/v1/me", token="oscar").status, 200)
        until(lambda: stack.api("GET", "/v1/me", token="olivia").status == 200, what="the bucket filling again")

    def test_a_token_has_one_bucket_however_it_is_spelled(self):
        ways = [{"Authorization": f"{word} {stack.tokens['adam']}"} for word in ("Bearer", "bearer", "BEARER")]
        ways += [{"Cookie": f"{junk}execgov_session={stack.tokens['adam']}"} for junk in ("", "a=1; ", "b=" + "x" * 200 + "; ")]
        statuses = [stack.api("GET", "/v1/me", headers=ways[i % len(ways)]).status for i in range(4 * len(ways))]
        self.assertEqual(set(statuses), {200, 429})
        self.assertLess(statuses.count(200), 2 * len(ways))

    def test_tries_are_counted_by_the_address_that_the_proxy_tells(self):
        def tried(address):
            return stack.api("POST", "/v1/login", WRONG | {"email": f"{address}@people.example"},
                             headers={"X-Real-IP": f"10.9.9.9, {address}"}).status

        self.assertEqual([tried("192.0.2.1") for _ in range(TRIES + 1)][-1], 429)
        self.assertEqual(tried("192.0.2.2"), 401)
        asked = stack.sql("select count(*) from public.login_attempt where subject = '192.0.2.2'")
        self.assertEqual(asked, [["1"]])

    def test_of_several_such_headers_the_nearest_proxys_counts(self):
        connection = stack.connect()
        body = json.dumps(WRONG | {"email": "twice@people.example"}).encode()
        connection.putrequest("POST", "/v1/login")
        for name, value in (("X-Real-IP", "192.0.2.70"), ("Content-Type", "application/json"),
                            ("Content-Length", str(len(body))), ("x-real-ip", "192.0.2.71")):
            connection.putheader(name, value)
        connection.endheaders(body)
        self.assertEqual(connection.getresponse().status, 401)
        connection.close()
        asked = stack.sql("select subject from public.login_attempt where subject in ('192.0.2.70', '192.0.2.71')")
        self.assertEqual(asked, [["192.0.2.71"]])

    def test_reading_the_contract_is_not_counted(self):
        for _ in range(3 * TRIES):
            reply = stack.api("GET", "/version")
            self.assertEqual((reply.status, reply.headers["RateLimit-Limit"]), (200, None))


if __name__ == "__main__":
    unittest.main()
