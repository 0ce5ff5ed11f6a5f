"""No include runs against the dependency arrows (tests/lib/arrows.py has the rules)."""
import os
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import arrows  # noqa: E402


class Tree(unittest.TestCase):
    def test_no_include_runs_against_the_arrows(self):
        self.assertTrue((SOURCE / "core" / "base").is_dir(), f"{SOURCE} is not the source tree")
        found = arrows.violations(SOURCE)
        self.assertEqual(found, [], "\n" + "\n".join(found))


class Rules(unittest.TestCase):
    """Each planted include is seen, or let through, as the rules say."""

    def found(self, source, include):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("core/base/buf.h", "core/model/job.h", "core/io/op/op.h", "core/store/job_store.h",
                         "api/route.h", "worker/claim.h", "cli/table.h", "tests/lib/test.h"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).touch()
            (root / "cmake").mkdir()
            (root / "cmake/sql.cmake").write_text("embed_files(sql_queries dir *.sql)\n", encoding="utf-8")
            (root / source).parent.mkdir(parents=True, exist_ok=True)
            (root / source).write_text(f"/* first line */\n#include {include}\n", encoding="utf-8")
            return arrows.violations(root)

    def test_forbidden(self):
        for source, include in (
                ("core/base/x.c", '"core/model/job.h"'), ("core/base/x.h", '"core/io/op/op.h"'),
                ("core/model/x.c", '"core/store/job_store.h"'), ("core/model/x.c", '"core/io/op/op.h"'),
                ("core/io/x.c", '"core/model/job.h"'), ("core/io/http/x.c", '"core/store/job_store.h"'),
                ("core/store/x.c", '"worker/claim.h"'), ("api/x.c", '"worker/claim.h"'),
                ("worker/run/x.c", '"api/route.h"'), ("cli/x.c", '"core/store/job_store.h"'),
                ("cli/x.c", '"api/route.h"'), ("core/io/x.c", '"../model/job.h"'),
                ("api/x.c", '"tests/lib/test.h"'), ("core/base/x.c", "<uv.h>"),
                ("core/model/x.c", "<libpq-fe.h>"), ("core/model/x.c", '"sql_queries.h"'),
                ("core/io/x.c", '"core/io/gone.h"'),
                ("core/io/x.c", '"lua_gone.h"')):
            with self.subTest(f"{source} -> {include}"):
                found = self.found(source, include)
                self.assertEqual(len(found), 1, found)
                self.assertTrue(found[0].startswith(f"{source}:2: "), found)

    def test_allowed(self):
        for source, include in (
                ("core/base/x.c", '"core/base/buf.h"'), ("core/base/x.c", '"buf.h"'),
                ("core/base/x.c", "<jansson.h>"), ("core/model/x.c", '"core/base/buf.h"'),
                ("core/io/x.c", "<uv.h>"), ("core/io/x.c", '"sql_queries.h"'),
                ("core/store/x.c", '"core/model/job.h"'), ("core/store/x.c", '"core/io/op/op.h"'),
                ("api/x.c", '"core/store/job_store.h"'), ("worker/run/x.c", '"worker/claim.h"'),
                ("cli/x.c", '"core/io/op/op.h"'), ("tests/unit/x_test.c", '"worker/claim.h"')):
            with self.subTest(f"{source} -> {include}"):
                self.assertEqual(self.found(source, include), [])


if __name__ == "__main__":
    unittest.main()
