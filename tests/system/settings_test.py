"""Example files and manual pages of the daemons come from their tables: what is kept in the tree is current,
and what is printed can be read back."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BUILD = pathlib.Path(os.environ.get("EXECGOV_BUILD", SOURCE / "build/dev"))
DAEMONS = [name for name in ("api", "scheduler", "worker", "egress", "lifecycle")
           if (BUILD / f"bin/execgov-{name}").exists()]
INIH_LINE_BYTES = 198


def said(daemon, *words):
    done = subprocess.run([BUILD / f"bin/execgov-{daemon}", *words], capture_output=True, text=True, check=False,
                          env={"PATH": os.environ["PATH"]})
    return done.returncode, done.stdout, done.stderr


def names(daemon):
    return re.findall(r"^#([a-z_]+) =", said(daemon, "--print-example")[1], re.M)


class Settings(unittest.TestCase):
    maxDiff = None

    def test_there_are_daemons(self):
        self.assertGreaterEqual(len(DAEMONS), 3)

    def test_the_examples_in_the_tree_are_current(self):
        for daemon in DAEMONS:
            kept = SOURCE / f"deploy/config/{daemon}.ini"
            self.assertEqual(kept.read_text(encoding="utf-8") if kept.exists() else "", said(daemon, "--print-example")[1],
                             f"refresh it: {BUILD}/bin/execgov-{daemon} --print-example > {kept}")

    def test_an_example_with_every_line_switched_on_is_a_settings_file(self):
        """It then says what is said without any file."""
        for daemon in DAEMONS:
            _, example, _ = said(daemon, "--print-example")
            self.assertLessEqual(max(len(line.encode()) for line in example.splitlines()), INIH_LINE_BYTES)
            with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
                file.write(re.sub(r"^#([a-z_]+ =)", r"\1", example, flags=re.M))
                file.flush()
                self.assertEqual(said(daemon, "--config", file.name, "--print-config"), said(daemon, "--print-config"))

    def test_the_manual_names_every_setting(self):
        for daemon in DAEMONS:
            code, page, _ = said(daemon, "--man")
            self.assertEqual(code, 0)
            self.assertTrue(page.startswith(f".TH EXECGOV-{daemon.upper()} 8 "))
            for name in names(daemon):
                self.assertIn(f"\\fB{name}\\fR", page)


if __name__ == "__main__":
    unittest.main()
