"""A link in a message leads to a page that asks who is there, shows the thing and decides nothing by itself."""
import json
import pathlib
import re
import subprocess
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import browser as browsers  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402
from loop import TENANT, Case  # noqa: E402

ROOT = browsers.ROOT
PERSONAL = {"name": "Pia's own", "kind": "personal", "users": [stacks.person("pia", "owner")]}
DETAILS = "Our Bank, <b>6222 0001</b>"
NOWHERE = "leads to nothing"


def setUpModule():
    Case.stack = stacks.Stack(("api", "scheduler", "sandboxd", "worker"),
                              {**stacks.PEOPLE, "tenants": [*stacks.PEOPLE["tenants"], PERSONAL]})
    skills.publish(Case.stack, [(TENANT, "probe", skills.PROBE)])


def tearDownModule():
    Case.stack.stop()


class Page(Case):
    def test_nothing_on_it_comes_from_elsewhere_and_no_script_stands_in_it(self):
        page = self.stack.api("GET", "/open")
        self.assertEqual(page.status, 200)
        policy = page.headers["Content-Security-Policy"]
        for rule in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"):
            self.assertIn(rule, policy)
        self.assertNotIn("unsafe", policy)
        scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.body.decode(), re.S)
        self.assertEqual([inner for _, inner in scripts], [""] * len(scripts))
        files = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
        self.assertGreater(len(files), 4)
        for file in files:
            self.assertTrue(file.startswith("/open/"), file)
            self.assertEqual(self.stack.api("GET", file).status, 200, file)
        self.refused(self.stack.api("GET", "/open/other.js"), 404, "not_found")

    def test_amounts_have_the_digits_of_their_currency(self):
        there = dict(re.findall(r'\{ "([A-Z]{3})", (\d) \}', (ROOT / "core/model/money/currency.c").read_text(encoding="utf-8")))
        words = (ROOT / "console/open/words.js").read_text(encoding="utf-8")
        here = dict(re.findall(r"\b([A-Z]{3}): (\d)", words[words.index("const EXPONENTS"):]))
        self.assertEqual(here, {code: digits for code, digits in there.items() if digits != "2"})

    def test_every_state_of_an_order_has_words(self):
        contract = (ROOT / "api/openapi.yaml").read_text(encoding="utf-8")
        states = re.search(r"OrderState: \{ type: string, enum: \[([^]]+)\]", contract)[1].split(", ")
        words = (ROOT / "console/open/words.js").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"^    (\w+): \[", words[words.index("const STATES"):words.index("const CHINESE")], re.M), states)


@unittest.skipUnless(browsers.available(), "no browser; ./tests/run installs jsdom from npm, where npm is")
class Opened(Case):
    def setUp(self):
        self.browser = browsers.Browser()
        self.addCleanup(self.browser.__exit__)

    def link(self, path, tenant=None, language="en-US"):
        """Follow what a message would say."""
        whose = f"?tenant={self.stack.tenants[tenant]['id']}" if tenant else ""
        self.browser.open(f"http://127.0.0.1:{self.stack.ports['api']}/open#{path}{whose}", language)

    def log_in(self, who):
        self.browser.send("log_in", email=f"{who}@people.example", password=self.stack.passwords[who])

    def order(self):
        self.stack.sql("insert into seller_account (seller, title, details, set_at) values ('MAIN', 'Vendor Ltd', "
                       f"'{DETAILS}', now()) on conflict do nothing")  # as two people have agreed (currency_test)
        return self.ok(self.api("POST", "/v1/orders", {"edition": "slot-pack-10"}, "pia", Idempotency_Key=uuid.uuid4().hex), 201)

    def state(self, order):
        return self.ok(self.api("GET", f"/v1/orders/{order['id']}", token="pia"))["state"]

    def waiting(self):
        """A request of oscar's that waits for somebody to confirm it."""
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "probe", "action": "danger", "input": {"what": "echo"}}, "oscar", 30), (200, 202))

        def look():
            request = self.request_of(run["request_id"])
            return request["state"] == "awaiting_confirmation" and request
        return stacks.until(look, 60, "the plan waiting for a confirmation")

    def acts(self):
        """What the page did but read and log in."""
        return [call for call in self.browser.look()["calls"] if call[0] != "GET" and call[1] != "/v1/login"]

    def test_an_order_says_what_to_pay_and_how_to_whoever_logs_in(self):
        order = self.order()
        self.link(f"/orders/{order['id']}", "Pia's own")
        seen = self.browser.until("Log in")
        self.assertNotIn(order["no"], seen["text"])
        self.assertEqual(seen["calls"], [["GET", "/v1/me"]])
        self.browser.send("log_in", email="pia@people.example", password="a wrong one")
        self.browser.until("the e-mail or the password is wrong")
        self.log_in("pia")
        text = self.browser.until(order["no"])["text"]
        self.assertIn("CNY 99.00", text)
        self.assertIn("Vendor Ltd", text)
        self.assertIn(DETAILS, text)  # as text: whoever writes it makes no markup
        self.assertEqual((self.acts(), self.state(order)), ([], "pending_payment"))
        self.assertNotIn("execgov_session", self.browser.look()["cookie"])

        self.browser.send("report", reference="T-77")
        self.browser.until("You said that it is paid")
        self.assertEqual(self.acts(), [["POST", f"/v1/orders/{order['id']}/report-payment"]])
        self.assertEqual(self.state(order), "payment_reported")
        told = self.stack.sql("select count(*) from finance_task where detail::text like '%T-77%'")
        self.assertNotEqual(told, [["0"]])

        other = self.order()
        self.link(f"/orders/{other['id']}", "Pia's own", "zh-CN")  # the session is still there
        self.browser.until("付款期限")
        self.browser.send("cancel")
        self.browser.until("当前无需付款")
        self.assertEqual(self.state(other), "cancelled")

    def test_who_is_logged_in_elsewhere_is_asked_for_the_account_it_belongs_to(self):
        order = self.order()
        self.link(f"/orders/{order['id']}")
        self.browser.until("Log in")
        self.log_in("olivia")
        self.browser.until("It could not be shown")  # another tenant's is not found
        self.link(f"/orders/{order['id']}", "Pia's own")
        self.browser.until("another account of yours")
        self.assertEqual(self.sessions("olivia"), 1)
        self.log_in("olivia")
        self.browser.until("you do not belong to this tenant")
        self.assertEqual(self.sessions("olivia"), 0)  # its cookie is replaced, so it shall not stay valid
        self.log_in("pia")
        self.browser.until(order["no"])
        self.assertEqual(self.acts(), [["POST", "/v1/logout"]])

    def sessions(self, who):
        """Those of a browser that are valid."""
        return int(self.stack.sql("select count(*) from session s join app_user u on u.id = s.user_id where s.revoked_at is null and "
                                  f"s.csrf_hash is not null and u.email = '{who}@people.example'")[0][0])

    def test_an_amount_below_zero_has_its_sign_in_front(self):
        amounts = [(-5, "CNY"), (5, "CNY"), (-12345, "CNY"), (-7, "JPY"), (-1, "BHD"), (0, "CNY"), (29900, "CNY")]
        script = ("const vm = require('vm'), page = vm.createContext({ navigator: {} });"
                  "vm.runInContext(require('fs').readFileSync(process.argv[1], 'utf8'), page);"
                  "console.log(JSON.stringify(JSON.parse(process.argv[2]).map(([amount_minor, currency]) =>"
                  " vm.runInContext('money', page)({ amount_minor, currency }))));")
        said = subprocess.run(["node", "-e", script, ROOT / "console/open/words.js", json.dumps(amounts)], capture_output=True,
                              text=True, check=True, timeout=60).stdout
        self.assertEqual(json.loads(said), ["CNY -0.05", "CNY 0.05", "CNY -123.45", "JPY -7", "BHD -0.001", "CNY 0.00", "CNY 299.00"])

    def test_a_confirmation_is_decided_by_a_press_about_the_plan_that_is_seen(self):
        asked = self.waiting()
        self.link(f"/requests/{asked['id']}", TENANT)
        self.browser.until("Log in")
        self.log_in("arun")
        seen = self.browser.until("Confirm")
        self.assertIn(asked["plan"]["steps"][0]["skill"], seen["text"])
        self.assertEqual((seen["forms"], self.acts()), (["confirm", "reject"], []))
        self.assertEqual(self.request_of(asked["id"])["state"], "awaiting_confirmation")
        self.browser.send("confirm", comment="seen here")
        self.browser.until("nothing to decide here")
        self.assertEqual(self.acts(), [["POST", f"/v1/requests/{asked['id']}/confirm"]])
        run = self.until_state(self.ok(self.api("GET", f"/v1/requests/{asked['id']}"))["run"]["id"], "succeeded")
        self.link(f"/runs/{run['id']}", TENANT)
        self.browser.until("succeeded")
        self.assertEqual(self.acts(), [])

    def test_who_asked_sees_his_request_and_has_nothing_to_press(self):
        asked = self.waiting()
        self.link(f"/requests/{asked['id']}", TENANT)
        self.browser.until("Log in")
        self.log_in("oscar")
        self.assertEqual(self.browser.until("nothing to decide here")["forms"], [])

    def test_each_kind_of_link_that_messages_carry_has_a_page(self):
        self.link("/channels")
        self.browser.until("Log in")
        paths = set()
        for file in (ROOT / "sql/migrations").rglob("*.sql"):
            paths |= set(re.findall(r"'path', '/v1(/[^']+)'((?: \|\| [a-z._]+| \|\| '[^']+')*)", file.read_text(encoding="utf-8")))
        links = set()
        for start, rest in paths:
            for piece in re.findall(r"\|\| ('[^']+'|[a-z._]+)", rest):
                start += piece.strip("'") if piece.startswith("'") else {"s.name": "a-skill", "new.number": "3"}.get(piece, str(uuid.uuid4()))
            links.add(start)
        links = {link for link in links if "webhooks" not in link}
        self.assertGreater(len(links), 8, links)
        self.log_in("oscar")
        self.browser.until("You are logged in as")
        for link in sorted(links):
            with self.subTest(link):
                self.link(link)
                wanted = "you are logged in to" if link.startswith("/platform/") else "You are logged in as"
                self.assertNotIn(NOWHERE, self.browser.until(wanted)["text"])

    def test_a_link_to_anything_else_asks_nobody(self):
        for link in ("", "/nothing", "//evil.example/v1/me", "/orders/../platform/orders", "https://evil.example/", "/runs/1"):
            with self.subTest(link):
                self.link(link)
                self.assertEqual(self.browser.until(NOWHERE)["calls"], [])

    def test_an_invitation_is_taken_by_who_is_new_and_by_who_is_not(self):
        def invited(email):
            made = self.ok(self.api("POST", "/v1/members", {"email": email, "role": "viewer"}, "lin"), 201)
            return made["invitation"]["url"]
        link = invited("nora@people.example")
        self.browser.open(link)
        self.assertIn("Lakeside Books", self.browser.until("New here?")["text"])
        self.browser.send("register", name="Nora", password="short")
        self.browser.until("must have ")
        self.browser.send("register", name="Nora", password="a strange horse indeed")
        self.browser.until("You are in")
        self.ok(self.api("POST", "/v1/login", {"email": "nora@people.example", "password": "a strange horse indeed"}, None))
        self.browser.open(link)
        self.browser.until("was used or is too old")
        self.browser.open(invited("vera@people.example"))
        self.browser.until("You have an account?")
        self.browser.send("accept", password=self.stack.passwords["vera"])
        self.browser.until("You are in")
        self.ok(self.api("POST", "/v1/login", {"email": "vera@people.example", "password": self.stack.passwords["vera"],
                                               "tenant": self.stack.tenants["Lakeside Books"]["id"]}, None))

    def test_a_reset_link_sets_a_password(self):
        leo = self.ok(self.api("GET", "/v1/me", token="leo"))["user"]["id"]
        self.browser.open(self.ok(self.api("POST", f"/v1/members/{leo}/reset-link", token="lin"), 201)["url"])
        self.browser.until("A new password")
        self.browser.send("set_password", password="another strange horse")
        self.browser.until("The new password is set")
        self.ok(self.api("POST", "/v1/login", {"email": "leo@people.example", "password": "another strange horse"}, None))

    def test_platform_links_ask_for_the_platforms_session(self):
        self.link("/platform/finance-tasks")
        self.browser.until("Log in")
        self.log_in("pat")
        self.browser.until("your platform account")


if __name__ == "__main__":
    unittest.main()
