"""What a tenant's settings say is old goes by itself, with the bytes of files; what is needed stays."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import loop  # noqa: E402
import skills  # noqa: E402
import stack as stacks  # noqa: E402
from stack import until  # noqa: E402


def setUpModule():
    loop.Case.stack = stacks.Stack(("api", "scheduler", "worker"))
    skills.publish(loop.Case.stack, [(loop.TENANT, "probe", skills.PROBE)])


def tearDownModule():
    loop.Case.stack.stop()


class Retention(loop.Case):
    def age(self, row_id, days, *columns):
        """Give a thing the id it would have had `days` ago; returns it."""
        old = self.stack.sql(f"select left(public.uuid_before(now() - interval '{days} days')::text, 14) || "
                             f"right('{row_id}', 22)")[0][0]
        for table, column in columns:
            self.stack.sql(f"update {self.schema}.{table} set {column} = '{old}' where {column} = '{row_id}'")
        return old

    def bytes_of(self, file_id):
        return self.stack.folder / "files" / self.folder_of(file_id) / file_id

    def folder_of(self, file_id):
        found = list((self.stack.folder / "files").glob(f"*/{file_id}"))
        return found[0].parent.name if found else "gone"

    def aged_file(self, days):
        new = self.upload("a.txt", b"abc")
        place = self.bytes_of(new)
        old = self.age(new, days, ("file", "id"))
        place.rename(place.with_name(old))
        return old, place.with_name(old)

    def test_old_runs_and_files_go_and_young_and_needed_ones_stay(self):
        young = self.run_probe()
        gone = self.run_probe()["id"]
        aged = self.age(gone, 40, ("job", "id"), ("job", "request_id"), ("job_outcome", "job_id"),
                        ("run_log", "job_id"), ("request_event", "request_id"))
        lost, lost_bytes = self.aged_file(40)
        used, used_bytes = self.aged_file(41)
        kept = self.upload("b.txt", b"abc")
        made = self.api("POST", "/v1/schedules", {"name": "needs a file", "cron": "@yearly", "skill": "probe",
                                                  "input": {"value": used}})
        self.ok(made, 201)
        self.ok(self.api("PATCH", "/v1/settings", {"request_retention_days": 30, "log_retention_days": 30,
                                                   "file_retention_days": 30}, "olivia"))
        # The scheduler looks every quarter of an hour, and when it begins.
        self.stack.end("scheduler")
        self.stack.start("scheduler")
        until(lambda: self.count("job", f"id = '{aged}'") == 0, 60, "the old run going")
        until(lambda: not lost_bytes.exists(), 60, "the old file's bytes going")
        until(lambda: self.count("file", f"id = '{lost}' and deleted_at is not null") == 1, 60, "the fact staying")
        self.assertEqual(self.count("run_log", f"job_id = '{aged}'") + self.count("job_outcome", f"job_id = '{aged}'"), 0)
        self.assertEqual(self.run_of(young["id"])["state"], "succeeded")
        self.assertTrue(used_bytes.exists())
        self.assertEqual(self.count("file", f"id in ('{kept}', '{used}') and deleted_at is null"), 2)
        self.assertGreater(self.count("audit_event", f"subject = '{gone}'"), 0)
        self.refused(self.api("GET", f"/v1/runs/{aged}"), 404, "not_found")


if __name__ == "__main__":
    unittest.main()
