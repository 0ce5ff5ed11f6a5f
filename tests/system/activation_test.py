"""Paid orders whose tenant cannot be made, and whose failure cannot even be written down, hold nobody up."""
import os
import pathlib
import subprocess
import sys
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import stack as stacks  # noqa: E402

STUCK = 21  # one more than a tick carries out


class Activation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = stacks.Stack(("api",), settings={"lifecycle": {"tick_s": 1}})
        cls.stack.sql("insert into platform_role (user_id, role) select id, 'platform_finance' from app_user where email = "
                      "'fiona@people.example'")
        cls.stack.tokens["fay"] = cls.stack.api("POST", "/v1/login", {
            "email": "fiona@people.example", "password": cls.stack.passwords["fiona"], "tenant": "platform"}).json["token"]
        cls.stack.sql("create table stuck (customer text); create function stuck_check() returns trigger language plpgsql security definer as "
                      "$$ begin if new.to_state in ('active', 'activation_failed') and exists (select from public.stuck k join public.orders "
                      "o on o.id = new.order_id join public.customer c on c.id = o.customer_id and c.name = k.customer) then raise exception "
                      "'it is stuck'; end if; return new; end $$; create trigger stuck_check before insert on order_event for each row "
                      "execute function stuck_check()")

    @classmethod
    def tearDownClass(cls):
        cls.stack.stop()

    def paid(self, name):
        self.stack.sql(f"insert into stuck values ('{name}')")
        customer = self.stack.api("POST", "/v1/platform/customers", {"kind": "company", "name": name}, token="fay")
        self.assertEqual(customer.status, 201, customer.body)
        order = self.stack.api("POST", "/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer.json["id"], "tenant_name": name},
                               token="fay")
        self.assertEqual(order.status, 201, order.body)
        self.stack.api("POST", f"/v1/platform/orders/{order.json['id']}/confirm-payment", {
            "method": "bank", "reference": uuid.uuid4().hex, "amount_minor": order.json["amount"]["amount_minor"], "currency": "CNY",
            "received_on": "2026-11-26"}, token="fay")
        self.assertEqual(self.state(order.json["id"]), "activating")
        return order.json["id"]

    def state(self, order):
        return self.stack.sql(f"select state from orders where id = '{order}'")[0][0]

    def activate(self, order, language="en"):
        return self.stack.api("POST", f"/v1/platform/orders/{order}/activate", token="fay", headers={"Accept-Language": language})

    def test_by_hand_it_works_or_says_why_not(self):
        order = self.paid("by hand")
        self.stack.sql(f"delete from stuck where customer = 'by hand'; update subscription set tz = 'Mars/Base' where id = "
                       f"(select subscription_id from orders where id = '{order}')")
        refused = self.activate(order)
        self.assertEqual((refused.status, refused.json["code"]), (409, "conflict"), refused.body)
        self.assertIn("Mars/Base", refused.json["detail"])
        self.assertEqual(self.state(order), "activation_failed")
        self.stack.sql("update subscription set tz = 'UTC' where tz = 'Mars/Base'")
        self.assertEqual(self.activate(order).json["order"]["state"], "active")
        customer = self.stack.api("POST", "/v1/platform/customers", {"kind": "company", "name": "unpaid"}, token="fay").json["id"]
        unpaid = self.stack.api("POST", "/v1/platform/orders", {"edition": "team-monthly", "customer_id": customer, "tenant_name": "unpaid"},
                                token="fay").json["id"]
        for language, helps in (("en", "execgov order confirm"), ("zh-CN", "登记付款")):
            refused = self.activate(unpaid, language)
            self.assertEqual((refused.status, refused.json["code"]), (409, "order_transition_invalid"), refused.body)
            self.assertIn(helps, refused.json["detail"])
        self.assertEqual(self.state(unpaid), "pending_payment")

    def waits(self, before, after):
        """How long the money side's functions, and the lifecycle's login, wait for a row."""
        self.stack.sql(f"do $$ declare f oid; begin for f in select oid from pg_proc where 'lock_timeout={before}' = any (proconfig) loop "
                       f"execute format('alter function %s set lock_timeout = %L', f::regprocedure, '{after}'); end loop; end $$; "
                       f"alter role execgov_lifecycle set lock_timeout = '{after}'")

    def test_one_that_somebody_holds_fails_no_tick(self):
        order = self.paid("held")
        self.waits("2s", "50ms")
        self.addCleanup(self.waits, "50ms", "2s")
        self.stack.sql("delete from stuck where customer = 'held'; update orders set attempt_at = now() - interval '1 minute' "
                       f"where id = '{order}'")
        psql = [stacks.postgres_program("psql"), "-XqAt", "-h", str(self.stack.folder / "postgres"), "-U", "postgres", "-d", "execgov"]
        with subprocess.Popen(psql, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
            holder.stdin.write(f"begin; select 'held' from orders where id = '{order}' for update;\n")
            holder.stdin.flush()
            self.assertEqual(holder.stdout.readline().strip(), "held")
            self.stack.start("lifecycle")
            self.addCleanup(lambda: self.stack.alive("lifecycle") and self.stack.end("lifecycle"))
            stacks.until(lambda: self.stack.log("lifecycle").count('"order.time_failed"') >= 2, what="two ticks that meet it")
            self.assertNotIn('"tick.failed"', self.stack.log("lifecycle"))
            self.assertIn('"order.time_locked"', self.stack.log("lifecycle"))
            holder.stdin.close()
        # The try that was on its way when it was let go of may have failed and been written down: the next is a minute later.
        stacks.until(lambda: self.state(order) == "active", 150, "its turn")
        self.stack.end("lifecycle")

    def test_whoever_stands_behind_them_has_his_turn(self):
        stuck = [self.paid(f"stuck {i}") for i in range(STUCK)]
        good = self.paid("good")
        self.stack.sql("delete from stuck where customer = 'good'; update orders set attempt_at = now() - interval '1 minute' "
                       "where state = 'activating'")
        self.stack.start("lifecycle")
        stacks.until(lambda: self.state(good) == "active", 150, "the order behind them being active")
        self.assertEqual({self.state(order) for order in stuck}, {"activating"})
        self.assertEqual(self.stack.sql("select count(*) from order_retry where next_at > now()"), [[str(STUCK)]])
        # Mended, they go on by themselves.
        self.stack.sql("delete from stuck; update order_retry set next_at = now()")
        stacks.until(lambda: {self.state(order) for order in stuck} == {"active"}, 150, "all of them")
        self.assertEqual(self.stack.sql("select count(*) from order_retry"), [["0"]])


if __name__ == "__main__":
    unittest.main()
