"""Somebody with two roles of the platform may what either allows, as long as he has both."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from loop import Case  # noqa: E402
from stack import Stack  # noqa: E402

CUSTOMER = {"kind": "company", "name": "Acme", "same_name": True}


def setUpModule():
    Case.stack = Stack(("api",))


def tearDownModule():
    Case.stack.stop()


class Roles(Case):
    def login(self, person):
        return self.ok(self.api("POST", "/v1/login", {
            "email": f"{person}@people.example", "password": self.stack.passwords[person], "tenant": "platform"}, None))["token"]

    def test_two_roles_are_what_both_may(self):
        user = self.ok(self.api("GET", "/v1/me", token="audrey"))["user"]["id"]
        for role in ("platform_auditor", "platform_finance"):
            self.ok(self.api("POST", f"/v1/platform/users/{user}/roles", {"role": role}, "pat"))
        token = self.login("audrey")
        me = self.ok(self.api("GET", "/v1/me", token=token))
        self.assertEqual(sorted(me["roles"]), ["platform_auditor", "platform_finance"])
        self.assertLessEqual({"platform.queues.read", "platform.orders.manage"}, set(me["permissions"]))
        self.ok(self.api("GET", "/v1/platform/audit", token=token))  # the auditor's
        self.ok(self.api("POST", "/v1/platform/customers", CUSTOMER, token=token), 201)  # finance's
        self.refused(self.api("GET", "/v1/platform/credentials", token=token), 403, "forbidden")
        taken = self.api("DELETE", f"/v1/platform/users/{user}/roles/platform_finance", token="pat")
        self.assertIn(taken.status, (200, 204))
        self.refused(self.api("POST", "/v1/platform/customers", CUSTOMER, token=token), 403, "forbidden")
        self.ok(self.api("GET", "/v1/platform/audit", token=token))

    def test_an_administrator_of_finance_too_runs_the_lifecycle(self):
        user = self.ok(self.api("GET", "/v1/me", token="pat"))["user"]["id"]
        self.refused(self.api("POST", "/v1/platform/customers", CUSTOMER, "pat"), 403, "forbidden")
        self.stack.sql(f"insert into public.platform_role (user_id, role) values ('{user}', 'platform_finance')")
        token = self.login("pat")
        self.ok(self.api("POST", "/v1/platform/customers", CUSTOMER, token), 201)
        self.ok(self.api("GET", "/v1/platform/credentials", token=token))


if __name__ == "__main__":
    unittest.main()
