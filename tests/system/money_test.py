"""Orders, payments, expiry and coming back, over HTTP, against the real API, scheduler, lifecycle and database."""
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import skills  # noqa: E402
import stack as stacks  # noqa: E402

PRICE = 29900  # team-monthly, as seeded
# Above what one person may confirm.
LARGE = {"code": "team-large", "kind": "team", "title": {"en": "Large", "zh": "大型"}, "price_minor": 20 * PRICE, "currency": "CNY",
         "interval_unit": "month", "interval_count": 1}


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api", "scheduler", "lifecycle"))
    stack.sql("update scan_clock set test_allowed = true")
    finance("fay", "fiona")
    finance("fred", "vera")
    made = stack.api("POST", "/v1/platform/editions", LARGE, token="fay")
    assert made.status == 201, made.body


def tearDownModule():
    stack.stop()


def finance(name, person):
    """Somebody of the platform's finance, with a session of the platform."""
    email = f"{person}@people.example"
    user = stack.sql(f"select id from app_user where email = '{email}'")[0][0]
    made = stack.api("POST", f"/v1/platform/users/{user}/roles", {"role": "platform_finance"}, token="pat")
    assert made.status == 200 and made.json["platform_roles"] == ["platform_finance"], made.body
    reply = stack.api("POST", "/v1/login", {"email": email, "password": stack.passwords[person], "tenant": "platform"})
    assert reply.status == 200, reply.body
    stack.tokens[name] = reply.json["token"]


def advance(days):
    """Move the database's test clock, as a person who says that the gap is real."""
    stack.sql(f"select test_clock_advance('{days} days')")
    stack.sql("update scan_clock set last_at = lifecycle_now()")


class Case(unittest.TestCase):
    maxDiff = 4000

    def ok(self, reply, status=200):
        self.assertEqual(reply.status, status, reply.body.decode(errors="replace"))
        return reply.json

    def refused(self, reply, status, code):
        self.assertEqual((reply.status, reply.code), (status, code), reply.body.decode(errors="replace"))
        self.assertNotEqual(reply.json["detail"], reply.json["title"], "a refusal says why, and what to do")
        return reply.json

    def post(self, path, body=None, token="fay", **headers):
        return stack.api("POST", path, body if body is not None else {}, token=token,
                         headers={k.replace("_", "-"): v for k, v in headers.items()})

    def customer(self, name="Acme"):
        return self.ok(self.post("/v1/platform/customers", {"kind": "company", "name": name, "same_name": True,
                                                            "contacts": ["bills@acme.example"]}), 201)

    def order(self, customer, **more):
        body = {"edition": "team-monthly", "customer_id": customer["id"], **more}
        return self.ok(self.post("/v1/platform/orders", body), 201)

    def confirm(self, order, amount=None, currency="CNY", reference=None, token="fay"):
        return self.post(f"/v1/platform/orders/{order['id']}/confirm-payment", {
            "method": "bank", "reference": reference or uuid.uuid4().hex, "amount_minor": amount or order["amount"]["amount_minor"],
            "currency": currency, "received_on": today()}, token=token)


class Orders(Case):
    def test_a_new_customer_pays_and_has_a_tenant(self):
        order = self.order(self.customer("Zephyr"), tenant_name="Zephyr Works", owner_email="olivia@people.example")
        self.assertEqual((order["state"], order["kind"], order["amount"]["amount_minor"]), ("pending_payment", "new", PRICE))
        settled = self.ok(self.confirm(order))
        self.assertEqual((settled["result"], settled["order"]["state"]), ("settled", "active"))
        tenants = self.ok(stack.api("GET", "/v1/me", token="olivia"))["tenants"]
        self.assertIn(("Zephyr Works", "owner"), [(t["name"], t["role"]) for t in tenants])
        subscription = self.ok(stack.api("GET", f"/v1/platform/subscriptions/{order['subscription_id']}", token="fay"))
        self.assertEqual((subscription["state"], subscription["period_no"]), ("active", 1))
        line = stacks.until(lambda: [m for m in messages() if m["key"] == f"receipt:{order['id']}"], what="the receipt")[0]
        self.assertEqual((line["endpoint"], line["payload"]["order_no"]), ("bills@acme.example", order["no"]))

    def test_the_same_key_is_the_same_order_and_the_same_reference_the_same_payment(self):
        customer, key = self.customer(), uuid.uuid4().hex
        body = {"edition": "team-monthly", "customer_id": customer["id"], "tenant_name": "Twice"}
        first = self.ok(self.post("/v1/platform/orders", body, Idempotency_Key=key), 201)
        again = self.ok(self.post("/v1/platform/orders", body, Idempotency_Key=key), 201)
        self.assertEqual(first["id"], again["id"])
        self.refused(self.post("/v1/platform/orders", {**body, "tenant_name": "Thrice"}, Idempotency_Key=key), 409, "idempotency_mismatch")
        self.assertEqual(self.ok(self.confirm(first, reference="R-1-" + key))["result"], "settled")
        self.assertEqual(self.ok(self.confirm(first, reference="R-1-" + key))["result"], "duplicate")
        self.refused(self.confirm(first, amount=1, reference="R-1-" + key), 409, "conflict")

    def test_what_does_not_fit_is_a_task_and_changes_nothing(self):
        order = self.order(self.customer(), tenant_name="Partial")
        half = self.ok(self.confirm(order, amount=PRICE - 1))
        self.assertEqual((half["result"], half["order"]["state"]), ("partial", "pending_payment"))
        # a currency without a limit of its own always needs somebody else
        other = self.ok(self.confirm(order, currency="USD"), 202)["approval"]["id"]
        self.assertEqual(self.ok(self.post(f"/v1/platform/approvals/{other}/approve", token="fred"))["result"]["result"],
                         "currency")
        self.refused(self.post(f"/v1/platform/orders/{order['id']}/cancel"), 409, "conflict")
        rest = self.ok(self.confirm(order, amount=1))
        kinds = [t["kind"] for t in self.ok(stack.api("GET", "/v1/platform/finance-tasks", token="fay"))["items"]
                 if t["order_id"] == order["id"]]
        self.assertEqual(sorted(kinds), ["payment_currency", "payment_partial", "payment_partial"])
        settled = self.ok(self.post("/v1/platform/payments/apply", {
            "order_id": order["id"], "payment_ids": [half["payment_id"], rest["payment_id"]]}))
        self.assertEqual(settled["order"]["state"], "active")

    def test_bad_input_is_refused_with_a_remedy(self):
        customer = self.customer()
        for body, status, code in (
                ({"edition": "team-weekly", "customer_id": customer["id"]}, 409, "not_on_sale"),
                ({"edition": "team-monthly"}, 422, "invalid_input"),
                ({"edition": "slot-pack-10", "customer_id": customer["id"]}, 422, "invalid_input"),
                ({"edition": "personal-free", "customer_id": customer["id"]}, 409, "conflict"),
                ({"edition": "team-monthly", "customer_id": customer["id"], "quantity": 12}, 422, "invalid_input"),
                ({"edition": "team-monthly", "customer_id": str(uuid.uuid4())}, 404, "not_found"),
                ({"edition": "team-monthly", "customer_id": customer["id"], "price": 1}, 422, "invalid_input")):
            with self.subTest(body):
                self.refused(self.post("/v1/platform/orders", body), status, code)
        order = self.order(customer, tenant_name="Bad input")
        for change in ({"amount_minor": 0}, {"currency": "ZZZ"}, {"received_on": "2026-02-30"}, {"evidence_sha256": "x" * 64}):
            body = {"method": "bank", "reference": "r", "amount_minor": 1, "currency": "CNY", "received_on": today()}
            with self.subTest(change):
                self.refused(self.post(f"/v1/platform/orders/{order['id']}/confirm-payment", {**body, **change}), 422,
                             "invalid_input")
        nothing = self.refused(self.post("/v1/platform/payments/apply", {"order_id": order["id"], "payment_ids": []}), 422, "invalid_input")
        self.assertEqual((nothing["errors"][0]["path"], nothing["errors"][0]["code"]), ("/payment_ids", "min_items"))
        body["received_on"] = today(1)
        future = self.refused(self.post(f"/v1/platform/orders/{order['id']}/confirm-payment", body), 422, "invalid_input")
        self.assertEqual((future["errors"][0]["path"], future["errors"][0]["code"]), ("/received_on", "future"))
        self.assertIn(today(), future["detail"] + future["errors"][0]["message"])
        cancelled = self.ok(self.post(f"/v1/platform/orders/{order['id']}/cancel", {"comment": "changed their mind"}))
        self.assertEqual(cancelled["state"], "cancelled")
        self.refused(self.post(f"/v1/platform/orders/{order['id']}/publish"), 409, "order_transition_invalid")
        self.assertEqual(self.ok(self.confirm(order))["result"], "late")
        self.refused(stack.api("GET", "/v1/platform/orders", token="olivia"), 404, "not_found")

    def test_above_the_limit_and_for_refunds_somebody_else_has_to_approve(self):
        order = self.order(self.customer("Big"), tenant_name="Big", edition="team-large")
        wanted = self.ok(self.confirm(order), 202)["approval"]
        self.assertEqual((wanted["state"], wanted["params"]["amount_minor"]), ("waiting", 20 * PRICE))
        self.refused(self.post(f"/v1/platform/approvals/{wanted['id']}/approve"), 403, "self_confirmation")
        done = self.ok(self.post(f"/v1/platform/approvals/{wanted['id']}/approve", token="fred"))
        self.assertEqual((done["state"], done["result"]["order"]["state"]), ("executed", "active"))
        refund = {"amount_minor": 100, "reference": "back-1", "reason": "a gesture", "choice": "keep"}
        path = f"/v1/platform/orders/{order['id']}/refund"
        asked = self.ok(self.post(path, refund), 202)["approval"]
        self.assertEqual(self.ok(self.post(path, refund), 202)["approval"]["id"], asked["id"])
        self.ok(self.post(f"/v1/platform/approvals/{asked['id']}/reject", {"comment": "no"}, token="fred"))
        self.assertEqual(self.ok(stack.api("GET", f"/v1/platform/orders/{order['id']}", token="fay"))["refunded"]["amount_minor"], 0)
        asked = self.ok(self.post(path, refund), 202)["approval"]
        back = self.ok(self.post(f"/v1/platform/approvals/{asked['id']}/approve", token="fred"))
        self.assertEqual(back["result"]["refunded"]["amount_minor"], 100)
        # Each act names both: who asked for it did it, who approved it stands beside.
        acts = stack.sql(f"select a.action, u.email, a.detail -> 'approved_by' from platform_audit a join app_user u on u.id = a.actor "
                         f"where a.subject = '{order['id']}' and a.detail ? 'approval' order by a.id")
        self.assertEqual([row[0] for row in acts], ["order.paid", "order.activating", "order.refunded_in_part"])
        self.assertEqual({tuple(row[1:]) for row in acts}, {("fiona@people.example", '["vera@people.example"]')})

    def test_a_refund_under_a_used_reference_is_told_and_moves_nothing(self):
        order = self.order(self.customer("Refunds"), tenant_name="Refunds")
        self.ok(self.confirm(order))
        path = f"/v1/platform/orders/{order['id']}/refund"

        def refund(**more):
            return self.post(path, {"amount_minor": 100, "reference": "same", "reason": "a gesture", "choice": "keep", **more})
        first = self.ok(refund(), 202)["approval"]["id"]
        self.assertIn(first, self.refused(refund(amount_minor=200), 409, "conflict")["detail"])
        self.ok(self.post(f"/v1/platform/approvals/{first}/approve", token="fred"))
        self.assertEqual(self.ok(refund())["refunded"]["amount_minor"], 100)
        self.assertIn("reference", self.refused(refund(amount_minor=200), 409, "idempotency_mismatch")["detail"])
        self.refused(refund(choice="shutdown"), 409, "idempotency_mismatch")
        self.assertEqual(self.ok(refund(reference="another"), 202)["result"], "approval_wanted")
        self.assertEqual(self.ok(stack.api("GET", f"/v1/platform/orders/{order['id']}", token="fay"))["refunded"]["amount_minor"], 100)

    def test_an_approval_is_over_after_its_time_and_needs_two_people(self):
        order = self.order(self.customer("Late eyes"), tenant_name="Late eyes", edition="team-large")
        body = {"method": "bank", "reference": uuid.uuid4().hex, "amount_minor": 20 * PRICE, "currency": "CNY", "received_on": today()}

        def ask():
            return self.ok(self.post(f"/v1/platform/orders/{order['id']}/confirm-payment", body), 202)["approval"]

        def listed(state):
            return [a["id"] for a in self.ok(stack.api("GET", f"/v1/platform/approvals?state={state}&limit=200", token="fay"))["items"]]
        first = ask()["id"]
        self.assertIn(first, listed("waiting"))
        stack.sql(f"update approval_request set expires_at = now() - interval '1 second' where id = '{first}'")
        self.assertNotIn(first, listed("waiting"))
        self.assertIn(first, listed("expired"))
        for act in ("approve", "reject"):
            told = self.refused(self.post(f"/v1/platform/approvals/{first}/{act}", token="fred"), 410, "expired")
            self.assertIn("72", told["detail"])
        second = ask()
        self.assertNotEqual(second["id"], first)
        self.assertEqual(second["state"], "waiting")
        # A reset link of the one who asked for it has set the other's password.
        people = "update app_user set password_set_by = {} where email = 'vera@people.example'"
        stack.sql(people.format("(select id from app_user where email = 'fiona@people.example')"))
        self.addCleanup(stack.sql, people.format("null"))
        told = self.refused(self.post(f"/v1/platform/approvals/{second['id']}/approve", token="fred"), 403, "not_apart")
        self.assertIn("link", told["detail"])
        chinese = self.post(f"/v1/platform/approvals/{second['id']}/approve", token="fred", Accept_Language="zh-CN").json
        self.assertIn("链接", chinese["detail"])
        stack.sql(people.format("null"))
        done = self.ok(self.post(f"/v1/platform/approvals/{second['id']}/approve", token="fred"))
        self.assertEqual((done["state"], done["result"]["order"]["state"]), ("executed", "active"))

    def test_what_one_person_may_not_confirm_at_once_he_may_not_in_parts(self):
        order = self.order(self.customer("Parts"), tenant_name="Parts", edition="team-large")
        due = 20 * PRICE
        parts = [self.ok(self.confirm(order, amount=due // 4)) for _ in range(4)]
        self.assertEqual({p["result"] for p in parts}, {"partial"})
        body = {"order_id": order["id"], "payment_ids": [p["payment_id"] for p in parts]}
        wanted = self.ok(self.post("/v1/platform/payments/apply", body), 202)["approval"]
        self.assertEqual((wanted["action"], wanted["state"]), ("payment.apply", "waiting"))
        self.assertEqual(self.ok(stack.api("GET", f"/v1/platform/orders/{order['id']}", token="fay"))["state"], "pending_payment")
        self.refused(self.post(f"/v1/platform/approvals/{wanted['id']}/approve"), 403, "self_confirmation")
        done = self.ok(self.post(f"/v1/platform/approvals/{wanted['id']}/approve", token="fred"))
        self.assertEqual((done["state"], done["result"]["order"]["state"]), ("executed", "active"))


def today(ahead=0):
    """A day of the platform's zone."""
    return stack.sql(f"select (lifecycle_now() at time zone platform_zone())::date + {ahead}")[0][0]


class Demo(Case):
    def test_quickstarts_customer_is_made_once_and_near_expiry(self):
        text = (SOURCE / "deploy/lib/demo_customer.sql").read_text(encoding="utf-8")
        for _ in range(2):
            stack.sql(text)
        found = stack.sql("select s.state, max(p.end_date) - (now() at time zone 'Asia/Shanghai')::date from "
                          "subscription s join subscription_period p on p.subscription_id = s.id join tenant t on "
                          "t.id = s.tenant_id where t.name = 'Lakeside Books' group by s.id, s.state")
        self.assertEqual(found, [["active", "3"]])


class Scans(Case):
    def test_a_dry_run_is_applied_by_its_digest_and_every_rule_is_explained(self):
        order = self.order(self.customer("Dry"), tenant_name="Dry run")
        subscription = self.ok(self.confirm(order))["order"]["subscription_id"]
        ahead = stack.sql("select utc_text(lifecycle_now() + interval '20 days')")[0][0]
        seen = self.ok(self.post("/v1/platform/lifecycle/scans", {"dry_run": True, "as_of": ahead, "limit": 10000}))
        mine = [(i["action"], i["window"]) for i in seen["items"] if i["subscription_id"] == subscription]
        self.assertIn(("prefill", "PREFILL"), mine)
        path = "/v1/platform/lifecycle/scans"
        self.refused(self.post(path, {"dry_run": False}), 422, "invalid_input")
        asked = self.ok(self.post(path, {"dry_run": False, "as_of": ahead, "preview_digest": seen["preview_digest"]}), 202)
        done = stacks.until(lambda: (r := self.ok(stack.api("GET", f"{path}/{asked['id']}", token="fay")))["state"] != "requested"
                            and r, what="the scan")
        self.assertEqual((done["state"], done["problem"][:5]), ("refused", "as_of"))  # the future is only looked at
        now = self.ok(self.post(path, {"dry_run": True}))
        asked = self.ok(self.post(path, {"dry_run": False, "as_of": now["as_of"], "preview_digest": "0" * 64}), 202)
        done = stacks.until(lambda: (r := self.ok(stack.api("GET", f"{path}/{asked['id']}", token="fay")))["state"] != "requested"
                            and r, what="the scan")
        self.assertEqual(done["state"], "refused")
        why = self.ok(stack.api("GET", f"/v1/platform/subscriptions/{subscription}/explain?as_of={ahead}", token="fay"))
        self.assertIn("PREFILL", [r["rule"] for r in why["rules"] if r["holds"]])
        self.assertEqual(self.ok(stack.api("GET", "/v1/platform/lifecycle/check", token="fay"))["violations"], [])


    def test_more_than_fifty_shutdowns_wait_for_the_digest_of_what_was_looked_at(self):
        """In their grace days, told two days ago, and due: nobody is shut down by the tick."""
        stack.sql("""
            with c as (
                insert into customer (id, kind, name) select gen_random_uuid(), 'company', 'braked ' || n from generate_series(1, 60) n
                returning id
            ), s as (
                insert into subscription (id, customer_id, edition_version, state, tz, anchor_date, anchor_no, period_no, paid_from_at,
                    paid_until_date, paid_until_at, shutdown_due_at, final_notice_at, windows_done, next_action_at)
                select gen_random_uuid(), c.id, v.id, 'grace', 'UTC', d.day - 372, 1, 1, lifecycle_now() - interval '372 days', d.day - 7,
                    (d.day - 7)::timestamp at time zone 'UTC', lifecycle_now() - interval '1 hour', lifecycle_now() - interval '2 days',
                    -1 & ~(1 << 11), lifecycle_now()
                from c, edition_version v, (select (lifecycle_now() at time zone 'UTC')::date as day) d
                where v.edition = 'team-yearly'
                returning id
            )
            insert into lifecycle_action (subscription_id, period_no, action, window_code, status, due_at, as_of, as_of_date)
            select s.id, 1, 'remind', 'G-1', 'done', lifecycle_now() - interval '2 days', lifecycle_now() - interval '2 days', current_date
            from s""")
        braked = "from subscription s join customer c on c.id = s.customer_id where c.name like 'braked %'"
        path = "/v1/platform/lifecycle/scans"
        stacks.until(lambda: stack.sql("select 1 from scan_run where state = 'needs_approval'"), what="the brake")

        def apply(seen, **more):
            asked = self.ok(self.post(path, {"dry_run": False, "as_of": seen["as_of"], "preview_digest": seen["preview_digest"], **more}), 202)
            return stacks.until(lambda: (r := self.ok(stack.api("GET", f"{path}/{asked['id']}", token="fay")))["state"]
                                not in ("requested", "running") and r, what="the scan")
        seen = self.ok(self.post(path, {"dry_run": True, "limit": 1000}))
        self.assertEqual(len([i for i in seen["items"] if i["action"] == "shutdown"]), 60)
        self.assertEqual(apply(seen)["state"], "needs_approval")  # looked at, but nobody has said so
        self.assertEqual(stack.sql(f"select distinct s.state {braked}"), [["grace"]])
        # one of them is given time: that is not what was looked at
        one = stack.sql(f"select s.id {braked} limit 1")[0][0]
        held = self.ok(self.post(f"/v1/platform/subscriptions/{one}/holds", {
            "kind": "courtesy", "reason": "asked", "until": stack.sql("select utc_text(lifecycle_now() + interval '5 days')")[0][0]}))
        done = apply(seen, release_brake=True)
        self.assertEqual((done["state"], done["problem"][:7]), ("refused", "what a "))
        self.assertEqual(stack.sql(f"select distinct s.state {braked}"), [["grace"]])
        self.ok(self.post(f"/v1/platform/subscriptions/{one}/holds/{held['holds'][0]['id']}/release"))
        seen = self.ok(self.post(path, {"dry_run": True, "limit": 1000}))
        done = apply(seen, release_brake=True)
        self.assertEqual((done["state"], done["counts"]["shutdowns"]), ("done", 60))
        self.assertEqual(stack.sql(f"select s.state, count(*) {braked} group by 1"), [["shutdown", "60"]])


def limited(tenant, slots):
    """As a tenant is whose edition has so many slots for skills; a team's has no limit."""
    stack.sql(f"update quota_account set base = {slots} where tenant_id = '{stack.tenants[tenant]['id']}'")


class Tenants(Case):
    def test_nobody_pays_for_slots_where_there_is_no_limit(self):
        refused = self.refused(self.post("/v1/orders", {"edition": "slot-pack-10"}, token="olivia"), 409, "conflict")
        self.assertEqual(refused["errors"][0]["code"], "no_limit")
        body = {"edition": "slot-pack-10", "customer_id": self.customer()["id"], "tenant_id": stack.tenants["Harbour Hardware"]["id"]}
        self.refused(self.post("/v1/platform/orders", body), 409, "conflict")

    def test_slots_are_bought_by_oneself(self):
        limited("Lakeside Books", 0)
        self.addCleanup(limited, "Lakeside Books", "null")
        self.assertIn("slot-pack-10", [e["code"] for e in self.ok(stack.api("GET", "/v1/editions", token="lin"))["items"]])
        self.refused(self.post("/v1/orders", {"edition": "slot-pack-10"}, token="leo"), 403, "forbidden")
        stack.sql("update platform_setting set value = '25' where key = 'slots_max'")
        self.addCleanup(stack.sql, "update platform_setting set value = '10000' where key = 'slots_max'")
        refused = self.refused(self.post("/v1/orders", {"edition": "slot-pack-10", "quantity": 3}, token="lin"), 409, "conflict")
        self.assertIn("30 of 25", refused["detail"])
        order = self.ok(self.post("/v1/orders", {"edition": "slot-pack-10", "quantity": 2}, token="lin"), 201)
        self.refused(self.post("/v1/orders", {"edition": "slot-pack-10"}, token="lin"), 409, "conflict")  # with the one that is open
        self.assertEqual((order["kind"], order["amount"]["amount_minor"]), ("quota", 2 * 9900))
        self.ok(self.post(f"/v1/orders/{order['id']}/report-payment", {"reference": "transfer of today"}, token="lin"))
        self.refused(stack.api("GET", f"/v1/orders/{order['id']}", token="olivia"), 404, "not_found")
        self.assertEqual(self.ok(self.confirm(order))["order"]["state"], "active")
        tenant = stack.tenants["Lakeside Books"]["id"]
        self.assertEqual(stack.sql(f"select quota_limit('{tenant}', 'skills')"), [["20"]])
        slots = self.ok(stack.api("GET", "/v1/subscription", token="lin"))["slots"]
        self.assertEqual((slots["base"], slots["limit"], [(g["slots"], g["order_no"], g["until"]) for g in slots["grants"]]),
                         (0, 20, [(20, order["no"], None)]))

    def test_a_skill_that_is_on_takes_a_slot_and_a_pack_brings_more(self):
        def switch(name, on):
            shown = stack.api("GET", f"/v1/skills/{name}", token="lin")
            return stack.api("PATCH", f"/v1/skills/{name}", {"enabled": on}, "lin", {"If-Match": shown.headers["ETag"]})

        def slots():
            return {q["name"]: (q["used"], q["limit"]) for q in self.ok(stack.api("GET", "/v1/me", token="lin"))["quotas"]}["skills"]
        before = slots()[0]
        self.assertIsNone(slots()[1], "a team has no limit")
        limited("Lakeside Books", before + 1)
        self.addCleanup(limited, "Lakeside Books", "null")
        packages = [{**skills.PROBE, "main.py": skills.PROBE_SCRIPT + f"# {n}\n"} for n in range(3)]
        self.ok(skills.upload(stack, "lin", "first", packages[0], 0), 201)
        self.assertEqual(slots(), (before + 1, before + 1))
        full = self.refused(skills.upload(stack, "lin", "second", packages[1], 0), 403, "quota_exceeded")
        self.assertEqual(full["errors"][0]["code"], "slots")
        self.assertIn("slot pack", full["detail"])
        self.refused(stack.api("GET", "/v1/skills/second", token="lin"), 404, "not_found")
        self.ok(skills.upload(stack, "lin", "first", packages[2], 0), 201)  # another version of one that is there
        self.ok(switch("first", False))
        self.ok(skills.upload(stack, "lin", "second", packages[1], 0), 201)
        self.assertEqual(self.refused(switch("first", True), 403, "quota_exceeded")["errors"][0]["code"], "slots")
        order = self.ok(self.post("/v1/orders", {"edition": "slot-pack-10"}, token="lin"), 201)
        self.ok(self.confirm(order))
        self.ok(switch("first", True))
        self.assertEqual(slots(), (before + 2, before + 11))
        # given back: nothing is taken away, and nothing new fits
        asked = self.ok(self.post(f"/v1/platform/orders/{order['id']}/refund", {
            "amount_minor": 9900, "reference": uuid.uuid4().hex, "reason": "not wanted", "choice": "keep"}), 202)["approval"]
        self.ok(self.post(f"/v1/platform/approvals/{asked['id']}/approve", token="fred"))
        self.assertEqual(slots(), (before + 2, before + 1))
        self.refused(skills.upload(stack, "lin", "third", {**skills.PROBE, "README.md": "# Third\n"}, 0), 403, "quota_exceeded")

    def test_an_owner_of_two_tenants_does_not_show_one_to_the_other(self):
        limited("Harbour Hardware", 5)
        self.addCleanup(limited, "Harbour Hardware", "null")
        order = self.ok(self.post("/v1/orders", {"edition": "slot-pack-10"}, token="olivia"), 201)
        stack.sql("insert into membership (tenant_id, user_id, role) select "
                  f"'{stack.tenants['Lakeside Books']['id']}', id, 'owner' from app_user where email = 'olivia@people.example'")
        self.addCleanup(stack.sql, "delete from membership where role = 'owner' and "
                        f"tenant_id = '{stack.tenants['Lakeside Books']['id']}' and "
                        "user_id = (select id from app_user where email = 'olivia@people.example')")
        nothing = stack.api("GET", "/v1/orders/20200101-999999", token="lin").json["detail"]
        for url in (f"/v1/orders/{order['id']}", f"/v1/orders/{order['no']}"):
            for answer in (stack.api("GET", url, token="lin"), self.post(url + "/report-payment", token="lin"),
                           self.post(url + "/cancel", token="lin")):
                self.refused(answer, 404, "not_found")
                self.assertEqual(answer.json["detail"], nothing)  # numbers can be guessed: theirs look like none
        self.assertNotIn(order["id"], [o["id"] for o in self.ok(stack.api("GET", "/v1/orders", token="lin"))["items"]])
        self.assertEqual(self.ok(stack.api("GET", url, token="olivia"))["id"], order["id"])
        self.ok(self.post(url + "/cancel", token="olivia"))

    def test_a_closed_tenant_lets_nobody_in_and_comes_back_as_it_was(self):
        tenant = stack.tenants["Lakeside Books"]["id"]
        who = {"email": "lea@people.example", "password": stack.passwords["lea"]}
        token = self.ok(stack.api("POST", "/v1/tokens", {"name": "ci", "scopes": ["runs:read"]}, "lea"), 201)["token"]
        stack.sql(f"select tenant_block_set('{tenant}', 'security', 4::smallint, 'closed', 'a test', null)")
        try:
            for asked in (who, who | {"tenant": tenant}):
                self.refused(stack.api("POST", "/v1/login", asked), 403, "tenant_suspended")
            self.refused(stack.api("POST", "/v1/login", who | {"password": "not this one"}), 401, "unauthenticated")
            # what this process remembers of a token is three seconds old at most
            for held in ("lea", token):
                stacks.until(lambda held=held: stack.api("GET", "/v1/runs", token=held).status == 401, what="a closed door")
        finally:
            stack.sql(f"select tenant_block_release('{tenant}', 'security', 'closed', null)")
        self.ok(stack.api("GET", "/v1/runs", token=token))
        self.ok(stack.api("POST", "/v1/login", who))

    def test_expiry_shuts_a_tenant_down_and_a_payment_brings_it_back(self):
        tenant = stack.tenants["Harbour Hardware"]["id"]
        for name in ("sandboxd", "worker"):
            stack.start(name)
            self.addCleanup(stack.end, name)
        skills.publish(stack, [("Harbour Hardware", "probe", skills.PROBE)])
        order = self.order(self.customer("Harbour"), tenant_id=tenant)
        self.assertEqual(self.ok(self.confirm(order))["order"]["state"], "active")
        subscription = order["subscription_id"]
        self.assertEqual(self.ok(stack.api("GET", "/v1/subscription", token="olivia"))["subscription"]["state"], "active")

        # The renewal is drafted and published by itself; nobody pays.
        def state():
            return stack.sql(f"select state from subscription where id = '{subscription}'")[0][0]
        for _ in range(60):
            advance(1)
            stacks.until(lambda: stack.sql(
                "select 1 where not exists (select from subscription where next_action_at <= lifecycle_now() and "
                "quarantined_at is null) and not exists (select from outbox where state in ('pending', 'sending', 'retry') "
                "and next_at <= lifecycle_now())"), what="nothing left to do")
            if state() == "shutdown":
                break
        self.assertEqual(state(), "shutdown")
        renewals = [o for o in self.ok(stack.api("GET", "/v1/orders", token="olivia"))["items"] if o["kind"] == "renewal"]
        self.assertEqual([o["state"] for o in renewals], ["pending_payment"])

        work = {"skill": "probe", "action": "run", "input": {}}
        problem = self.refused(self.post("/v1/runs", work, token="oscar"), 403, "tenant_suspended")
        self.assertEqual(problem["errors"][0]["code"], "subscription_expired")
        self.assertIn("/v1/orders", problem["detail"])
        self.ok(stack.api("GET", "/v1/runs", token="oscar"))
        self.ok(stack.api("POST", "/v1/login", {"email": "oscar@people.example", "password": stack.passwords["oscar"]}))
        self.ok(self.post(f"/v1/orders/{renewals[0]['id']}/report-payment", token="olivia"))

        # Nobody but the payment tells the queue; it says of which revision of the tenant's row that is, so that nothing older stands.
        stack.end("scheduler")
        self.addCleanup(stack.start, "scheduler")
        began, paid = time.monotonic(), time.time()
        settled = self.ok(self.confirm(renewals[0]))
        self.assertEqual(settled["order"]["state"], "active")
        schema, revision = stack.sql(f"select schema, revision from tenant where id = '{tenant}'")[0]
        self.assertEqual((told(schema), paused(schema)), (revision, "0"))
        run = self.ok(self.post("/v1/runs", work, token="oscar"), 202)
        self.assertLess(time.monotonic() - began, 5)
        started = stacks.until(lambda: stack.sql(
            f"select extract(epoch from started_at) from {schema}.job_live where job_id = '{run['id']}' and started_at is not null union all "
            f"select extract(epoch from started_at) from {schema}.job_outcome where job_id = '{run['id']}'"), what="the first run being started")
        self.assertLess(float(started[0][0]) - paid, 5)
        keys = {m["payload"].get("window") for m in messages() if m["key"].startswith(f"sub:{subscription}")}
        self.assertLessEqual({"T-7", "T0", "G-1", "SHUTDOWN"}, keys)
        self.assertFalse(keys & {"T-30", "T-15"}, "a month's customer is not reminded in its first half")


def redis(*words):
    return subprocess.run(["redis-cli", "-s", str(stack.folder / "redis.sock"), *words], check=True, capture_output=True, text=True).stdout.strip()


def told(schema):
    """The revision of the tenant's row that the queue knows."""
    return redis("hget", redis("--scan", "--pattern", "*:told"), schema)


def paused(schema):
    return redis("hget", redis("--scan", "--pattern", "*:conf"), schema).split()[3]


def messages():
    path = stack.folder / "outbox.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


if __name__ == "__main__":
    unittest.main()
