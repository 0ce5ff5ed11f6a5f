"""The rules of the house that a program can see hold in this tree (tests/lib/house.py has them)."""
import os
import pathlib
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import house  # noqa: E402

# These two speak about the banned words.
EXEMPT = ("tests/lib/house.py", "tests/unit/check_house.py")


class Tree(unittest.TestCase):
    def test_every_rule_holds(self):
        self.assertTrue((SOURCE / "core" / "base").is_dir(), f"{SOURCE} is not the source tree")
        found = house.violations(SOURCE, EXEMPT)
        self.assertEqual(found, [], "\n" + "\n".join(found))


class Rules(unittest.TestCase):
    def found(self, name, text, run_bit=False):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755 if run_bit else 0o644)
            return house.violations(folder)

    def assert_one(self, found, start):
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(start), found)

    def test_file_length(self):
        self.assertEqual(self.found("a/x.c", "\n" * 500), [])
        self.assert_one(self.found("a/x.c", "\n" * 501), "a/x.c: 501 lines")

    def test_function_length(self):
        for name, head, body in (("x.c", "int f(void)\n{\n", "    g();\n"), ("x.sh", "f() {\n", "  g\n"),
                                 ("x.py", "def f():\n", "    g()\n")):
            with self.subTest(name):
                tail = "" if name == "x.py" else "}\n"
                self.assertEqual(self.found(name, head + body * 79 + tail), [])
                found = self.found(name, head + body * 81 + tail)
                self.assertEqual(len(found), 1, found)
                self.assertIn("a function of 8", found[0])

    def test_banned_calls_in_code_only(self):
        for call in ('system("ls")', "strcpy(a, b)", 'sprintf(a, "x")', "strtok (a, b)", "rand()"):
            with self.subTest(call):
                self.assert_one(self.found("x.c", f"void f(void)\n{{\n    {call};\n}}\n"), "x.c:3: ")
        for text in ("/* system(x) */\n", '"strcpy(a, b)"\n', "// gets(x)\n", "json_system(x);\n",
                     "int file_system;\n", "snprintf(a, 1, b);\n"):
            with self.subTest(text):
                self.assertEqual(self.found("x.c", text), [])

    def test_a_test_may_run_a_command(self):
        self.assertEqual(self.found("tests/x.c", 'void f(void)\n{\n    system("true");\n}\n'), [])
        self.assert_one(self.found("tests/x.c", "void f(void)\n{\n    strcpy(a, b);\n}\n"), "tests/x.c:3: ")

    def test_marks(self):
        for text in ("/* FIXME */\n", "/* XXX why */\n", "/* TODO */\n", "/* TODO: later */\n"):
            with self.subTest(text):
                self.assert_one(self.found("x.h", text), "x.h:1: ")
        self.assertEqual(self.found("x.h", "/* TODO: S3 needs a key of its own; disk serves one host */\n"), [])

    def test_typedef_of_a_struct(self):
        self.assert_one(self.found("x.h", "\ntypedef struct { int a; } pair;\n"), "x.h:2: ")
        self.assertEqual(self.found("x.h", "typedef int (*compare)(int, int);\n"), [])

    def test_run_bits(self):
        self.assert_one(self.found("run", "#!/bin/sh\n"), "run: starts with #!")
        self.assert_one(self.found("x.py", "pass\n", run_bit=True), "x.py: has a run bit")
        self.assertEqual(self.found("run", "#!/bin/sh\n", run_bit=True), [])

    def test_what_is_built_is_not_looked_at(self):
        self.assertEqual(self.found("build/x.c", "system(1);\n"), [])


if __name__ == "__main__":
    unittest.main()
