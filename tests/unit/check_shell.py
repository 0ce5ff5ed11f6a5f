"""Every shell script of the tree is clean under shellcheck, and shellcheck still sees a planted fault."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "lib"))

import house  # noqa: E402


def shell_scripts(root):
    for path in house.files_of(root):
        head = path.read_bytes()[:200]
        if b"\0" not in head and house.kind_of(path, head.decode("utf-8", "replace")) == ".sh":
            yield path


def shellcheck(paths):
    # A script that sources another names it as seen from the top of the tree.
    done = subprocess.run(["shellcheck", "--external-sources", "--format=gcc", *map(str, paths)],
                          cwd=SOURCE, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


class Shell(unittest.TestCase):
    def test_every_script_is_clean(self):
        scripts = list(shell_scripts(SOURCE))
        self.assertIn(SOURCE / "deploy/quickstart", scripts)
        self.assertIn(SOURCE / "tests/run", scripts)
        self.assertEqual(shellcheck(scripts), "")

    def test_a_fault_is_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "x").write_text("#!/bin/sh\nrm -rf $1/*\n", encoding="utf-8")
            self.assertIn("SC2086", shellcheck(shell_scripts(pathlib.Path(folder))))


if __name__ == "__main__":
    unittest.main()
