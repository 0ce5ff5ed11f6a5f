"""The connections that docs/operations.md counts are what the programs' defaults come to: a default that changes without
the page makes this red."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
FEW, MANY = 4000, 10000  # tenants
FLEET = {"worker": 20, "API": 2, "scheduler": 2, "egress": 5, "lifecycle": 2}
REPORTS = 2  # made at a time by an API, each over a connection of its own


def number(path, pattern):
    found = re.findall(pattern, (SOURCE / path).read_text(encoding="utf-8"))
    assert len(found) == 1, f"{path}: {pattern} is there {len(found)} times"
    return int(found[0])


def setting(path):
    return number(path, r'\{ "pg_connections", SETTING_INT, [^"]*"(\d+)"')


def fixed(path):
    return number(path, r"\.connections_per_role = (\d+)")


def stripes(tenants):
    return max(number("core/io/migrate/migrate.h", r"MIGRATE_STRIPES_DEFAULT = (\d+)"), -(-tenants // 1000))


def each(tenants):
    """Of one process, at most: of its login role and of the stripes it reaches tenants through."""
    roles = stripes(tenants) + 1
    return {
        "API": roles * setting("api/server.c"),
        "scheduler": roles * fixed("scheduler/server.c"),
        "worker": roles * setting("worker/server.c"),
        "egress": setting("worker/egress/daemon/server.c"),
        "lifecycle": fixed("lifecycle/server.c") + 1,  # the hourly work's own
    }


def fleet(tenants):
    """As the page writes it: 20 × 10 + 2 × (10 + 2) + … = 254."""
    one, parts, total = each(tenants), [], 0
    for name, count in FLEET.items():
        beside = REPORTS if name == "API" else 0
        parts.append(f"{count} × ({one[name]} + {beside})" if beside else f"{count} × {one[name]}")
        total += count * (one[name] + beside)
    return f"{' + '.join(parts)} = {total}"


class Connections(unittest.TestCase):
    page = (SOURCE / "docs/operations.md").read_text(encoding="utf-8")

    def says(self, text):
        self.assertTrue(text in self.page, f"docs/operations.md does not say: {text}")

    def test_of_each_process_are_in_the_table(self):
        for name, count in each(FEW).items():
            row = re.search(rf"^\| {name} \| (?:[^|]* = )?(\d+)[^|]*\|$", self.page, re.MULTILINE)
            self.assertIsNotNone(row, f"docs/operations.md has no row for the connections of {name}")
            self.assertEqual(int(row[1]), count, row[0])

    def test_of_a_fleet_are_added_up(self):
        for tenants in (FEW, MANY):
            self.says(fleet(tenants))

    def test_defaults_are_in_the_table_of_settings(self):
        row = re.search(r"^\| `pg_connections` \| (\d+) \| (\d+), fixed \| (\d+) \|", self.page, re.MULTILINE)
        self.assertEqual([int(n) for n in row.groups()],
                         [setting("api/server.c"), fixed("scheduler/server.c"), setting("worker/server.c")])

    def test_of_a_worker_are_in_what_grows_with_what(self):
        self.says(f"| workers | {each(FEW)['worker']} connections to PostgreSQL each")


if __name__ == "__main__":
    unittest.main()
