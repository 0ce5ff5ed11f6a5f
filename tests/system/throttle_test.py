"""Guessing is slowed down, and nobody is kept out by somebody else's guessing: log-ins by e-mail and by address."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from loop import Case  # noqa: E402
from stack import Stack  # noqa: E402

HOME, OFFICE, ELSEWHERE = "192.0.2.10", "192.0.2.11", "198.51.100.7"


def setUpModule():
    Case.stack = Stack(("api",), settings={"api": {"client_address_header": "X-Real-IP",
                                                   "rate_attempts_per_minute": "0"}})


def tearDownModule():
    Case.stack.stop()


class Throttle(Case):
    def login(self, person, address, password=None):
        return self.api("POST", "/v1/login", {"email": f"{person}@people.example",
                                              "password": password or self.stack.passwords[person]},
                        None, X_Real_IP=address)

    def blocked_after(self, person, address):
        """How many guesses are answered from there before one is told to wait."""
        return next(tries for tries in range(20) if self.login(person, address, "a guess").status == 429)

    def waiting(self, kind, person):
        return self.stack.sql(f"select count(*) from public.login_attempt where kind = '{kind}' and subject like "
                              f"'{person}@%' and blocked_until > now() + interval '10 minutes'") == [["1"]]

    def hold(self, person, kind):
        """The block of now for a quarter of an hour: what an hour of guessing comes to."""
        self.stack.sql("update public.login_attempt set blocked_until = now() + interval '15 minutes', failures = 40 "
                       f"where kind = '{kind}' and subject like '{person}@%'")

    def test_who_only_knows_the_email_does_not_keep_its_owner_out(self):
        self.ok(self.login("olivia", HOME))
        self.assertLessEqual(self.blocked_after("olivia", ELSEWHERE), 12)
        self.hold("olivia", "email")
        self.ok(self.login("olivia", HOME))
        self.refused(self.login("olivia", OFFICE), 429, "rate_limited")
        self.refused(self.login("olivia", ELSEWHERE), 429, "rate_limited")
        self.assertTrue(self.waiting("email", "olivia"), "the owner's log-in gives the guesser no new tries")

    def test_an_address_that_is_known_has_no_more_guesses_than_others(self):
        self.ok(self.login("adam", HOME))
        self.assertLessEqual(self.blocked_after("adam", HOME), 12)
        self.hold("adam", "known")
        self.refused(self.login("adam", HOME), 429, "rate_limited")
        self.ok(self.login("adam", OFFICE))

    def test_an_address_is_known_for_one_person_and_for_a_month(self):
        self.ok(self.login("vera", HOME))
        self.blocked_after("oscar", ELSEWHERE)
        self.hold("oscar", "email")
        self.refused(self.login("oscar", HOME), 429, "rate_limited")
        self.blocked_after("vera", ELSEWHERE)
        self.hold("vera", "email")
        self.stack.sql("update public.session set created_at = now() - interval '31 days' where user_id = "
                       "(select id from public.app_user where email = 'vera@people.example')")
        self.refused(self.login("vera", HOME), 429, "rate_limited")


if __name__ == "__main__":
    unittest.main()
