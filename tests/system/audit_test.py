"""The trail over HTTP: filtered, page by page, and not read from one end to the other for what is rare in it."""
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import loop  # noqa: E402
import stack as stacks  # noqa: E402


def setUpModule():
    global stack  # pylint: disable=global-variable-undefined
    stack = stacks.Stack(("api",))


def tearDownModule():
    stack.stop()


class Audit(loop.Case):
    def test_it_is_filtered_and_paged_newest_first(self):
        me = self.ok(stack.api("GET", "/v1/me", token="oscar"))["user"]["id"]
        for name in ("one", "two", "three"):
            self.ok(stack.api("POST", "/v1/tokens", {"name": name, "scopes": ["runs:read"]}, "oscar"), 201)
        seen, cursor = [], ""
        while cursor is not None and len(seen) < 3:
            page = self.ok(stack.api("GET", f"/v1/audit?kind=token&actor={me}&limit=1&cursor={cursor}", token="adam"))
            seen += page["items"]
            cursor = page["next_cursor"]
        self.assertEqual([row["detail"]["name"] for row in seen], ["three", "two", "one"])
        self.assertEqual(seen[0]["actor"]["id"], me)
        since = seen[0]["at"]
        self.assertEqual(self.ok(stack.api("GET", "/v1/audit?kind=token&until=2020-01-01T00:00:00Z", token="adam"))
                         ["items"], [])
        newest = self.ok(stack.api("GET", f"/v1/audit?kind=token&since={since}", token="adam"))["items"]
        self.assertIn(seen[0]["id"], [row["id"] for row in newest])
        self.refused(stack.api("GET", "/v1/audit?since=yesterday", token="adam"), 422, "invalid_input")
        self.refused(stack.api("GET", "/v1/audit", token="vera"), 403, "forbidden")
        self.refused(stack.api("GET", "/v1/audit?cursor=x", token="adam"), 422, "invalid_input")

    def walk(self, query):
        """The ids on each page."""
        pages, cursor = [], ""
        while cursor is not None:
            page = self.ok(stack.api("GET", f"/v1/audit?{query}&limit=2&cursor={cursor}", token="walter"))
            pages.append([row["id"] for row in page["items"]])
            cursor = page["next_cursor"]
        return pages

    def test_a_page_of_what_is_rare_looks_at_part_of_a_long_trail_and_says_where_to_go_on(self):
        stack.seed_more({"tenants": [{"name": "Long Trail", "kind": "team", "users": [stacks.person("walter", "owner")]}]})
        schema = stack.tenants["Long Trail"]["schema"]
        rows = f"insert into {schema}.audit_event (at, actor_kind, kind, action) select now() - interval '{{}} hours', 'worker', '{{}}', "
        for hours, kind, count in ((9, "rare", 3), (8, "run", 250_000), (7, "rare", 3)):
            stack.sql(rows.format(hours, kind) + f"'{kind}.row' from generate_series(1, {count})")
        rare = [row[0] for row in stack.sql(f"select id from {schema}.audit_event where kind = 'rare' order by id desc")]
        pages = self.walk("kind=rare")
        self.assertEqual([ident for page in pages for ident in page], rare)
        self.assertIn([], pages, "no page looks at all of it")
        self.assertLess(len(pages), 8)
        span = stack.sql("select to_char((now() - interval '7.5 hours') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")[0][0]
        self.assertEqual(self.walk(f"kind=rare&since={span}"), [rare[:2], rare[2:3]], "it ends where the span ends")
        self.assertEqual(self.walk("kind=rare&until=2020-01-01T00:00:00Z"), [[]])
        self.assertEqual(sum(len(page) for page in self.walk(f"kind=rare&until={span}")), 3)


if __name__ == "__main__":
    unittest.main()
