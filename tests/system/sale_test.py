"""A sale: whose the team is, and where the bank's paper is found again."""
import concurrent.futures
import os
import pathlib
import sys
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import stack as stacks  # noqa: E402


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api",))
    for name, person in (("fay", "fiona"), ("fred", "vera")):
        email = f"{person}@people.example"
        stack.sql(f"insert into platform_role (user_id, role) select id, 'platform_finance' from app_user where email = '{email}'")
        stack.tokens[name] = stack.api("POST", "/v1/login", {"email": email, "password": stack.passwords[person],
                                                             "tenant": "platform"}).json["token"]


def tearDownModule():
    stack.stop()


class Sale(unittest.TestCase):
    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.code), (status, code), reply.body.decode(errors="replace"))
        return reply.json

    def post(self, path, body, token="fay", language="en"):
        return stack.api("POST", path, body, token=token, headers={"Accept-Language": language})

    def customer(self, name):
        return self.ok(self.post("/v1/platform/customers", {"kind": "company", "name": name}), 201)

    def order(self, customer, **more):
        return self.ok(self.post("/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer["id"], **more}), 201)

    def confirm(self, order, **more):
        return self.post(f"/v1/platform/orders/{order['id']}/confirm-payment", {
            "method": "bank", "reference": uuid.uuid4().hex, "amount_minor": order["amount"]["amount_minor"], "currency": "CNY",
            "received_on": "2026-11-26", **more})

    def test_a_customer_is_not_made_twice_unless_another_firm_has_his_name(self):
        first = self.customer("Namesake（Asia） Ltd")
        for name in ("Namesake（Asia） Ltd", "namesake(asia)  LTD"):
            refused = self.refused(self.post("/v1/platform/customers", {"kind": "company", "name": name}), 409, "conflict")
            self.assertTrue(first["id"] in refused["detail"] and "same_name" in refused["detail"], refused)
        self.assertIn(first["id"], self.post("/v1/platform/customers", {"kind": "person", "name": name}, language="zh-CN").json["detail"])
        self.assertEqual(stack.sql("select count(*) from customer where name ilike 'namesake%'"), [["1"]])
        other = self.ok(self.post("/v1/platform/customers", {"kind": "company", "name": "Namesake(Asia) Ltd", "same_name": True}), 201)
        self.assertNotEqual(other["id"], first["id"])
        self.customer("Namesake (Europe) Ltd")
        # Two at once: one is made. The same key is no second one, also when both come together.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            replies = [r.status for r in pool.map(lambda _: self.post("/v1/platform/customers", {"kind": "company", "name": "At Once"}), range(4))]
            self.assertEqual(sorted(replies), [201, 409, 409, 409])
            key = {"Idempotency-Key": uuid.uuid4().hex}
            body = {"kind": "company", "name": "By Key"}
            replies = list(pool.map(lambda _: stack.api("POST", "/v1/platform/customers", body, token="fay", headers=key), range(4)))
        replies.append(stack.api("POST", "/v1/platform/customers", body, token="fay", headers=key))
        self.assertEqual([r.status for r in replies].count(201), 1)
        self.assertEqual({r.code for r in replies if r.status != 201}, {"already_done"})

    def test_a_team_is_not_sold_to_an_address_without_an_account(self):
        customer, before = self.customer("Ownerless"), stack.sql("select count(*), max(no) from orders")
        body = {"edition": "team-monthly", "customer_id": customer["id"], "tenant_name": "Ownerless", "owner_email": "otto@new.example"}
        refused = self.refused(self.post("/v1/platform/orders", body), 409, "conflict")
        self.assertEqual((refused["errors"][0]["path"], refused["errors"][0]["code"]), ("/owner_email", "no_account"))
        self.assertIn("register", refused["errors"][0]["message"])
        self.assertIn("请先让所有者注册", self.post("/v1/platform/orders", body, language="zh-CN").json["errors"][0]["message"])
        self.assertEqual(stack.sql("select count(*), max(no) from orders"), before)

    def test_a_team_that_was_sold_to_nobody_is_given_an_owner(self):
        order = self.order(self.customer("Nobody's"), tenant_name="Nobody's")
        tenant = self.ok(self.confirm(order))["order"]["tenant_id"]
        at = f"/v1/platform/tenants/{tenant}/owner"
        self.refused(self.post(at, {"email": "otto@new.example"}), 403, "forbidden")  # finance does not give teams away
        links = [self.ok(self.post(at, {"email": email}, token="pat"), 201) for email in ("typo@new.example", "otto@new.example")]

        def register(email, link):
            return stack.api("POST", "/v1/register", {"email": email, "name": "Otto", "password": "a strange horse indeed",
                                                      "invitation": link["token"]})
        self.refused(register("typo@new.example", links[0]), 410, "expired")
        session = self.ok(register("otto@new.example", links[1]), 201)
        self.assertEqual([(t["name"], t["role"]) for t in session["tenants"]], [("Nobody's", "owner")])
        self.assertIn("--role owner", self.refused(self.post(at, {"email": "typo@new.example"}, token="pat"), 409, "conflict")["detail"])
        self.refused(self.post(f"/v1/platform/tenants/{uuid.uuid4()}/owner", {"email": "typo@new.example"}, token="pat"), 404, "not_found")
        self.assertEqual(stack.sql(f"select count(*) from invitation where tenant_id = '{tenant}'")[0][0], "2")

    def test_the_banks_paper_is_in_the_payment_in_what_is_approved_and_in_the_audit(self):
        order, paper = self.order(self.customer("Paper"), tenant_name="Paper"), uuid.uuid4().hex * 2
        wanted = self.ok(self.confirm(order, currency="USD", evidence_sha256=paper), 202)["approval"]
        self.assertEqual(wanted["params"]["evidence_sha256"], paper)
        done = self.ok(self.post(f"/v1/platform/approvals/{wanted['id']}/approve", {}, token="fred"))["result"]
        shown = self.ok(stack.api("GET", "/v1/platform/payments", token="fay"))["items"]
        self.assertEqual([p["evidence_sha256"] for p in shown if p["id"] == done["payment_id"]], [paper])
        acts = stack.sql(f"select action, subject from platform_audit where detail::text like '%{paper}%'")
        self.assertEqual(acts, [["approval.requested", wanted["id"]]])


if __name__ == "__main__":
    unittest.main()
