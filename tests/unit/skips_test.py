"""What ctest passed over is said, and where isolation has to be proved a skip of its tests is a failure."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
SUMMARY = """100% tests passed, 0 tests failed out of 3

Label Time Summary:
unit    =   0.10 sec*proc (3 tests)

The following tests did not run:
"""


def tell(*skipped, **environment):
    """(exit status, what is said) for a ctest that skipped these."""
    with tempfile.NamedTemporaryFile("w", suffix=".log") as log:
        log.write(SUMMARY + "".join(f"\t {number} - {name} (Skipped)\n" for number, name in enumerate(skipped, 8)))
        log.flush()
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", '. deploy/lib/say.sh; . tests/lib/skips.sh; skips_tell "$1"',
                               "-", log.name], cwd=SOURCE, capture_output=True, text=True, check=False,
                              env={"PATH": os.environ["PATH"], **environment})
        return done.returncode, done.stdout + done.stderr


class Skips(unittest.TestCase):
    def test_nothing_is_said_of_nothing(self):
        self.assertEqual(tell(EXECGOV_TESTS_ISOLATION="must"), (0, ""))

    def test_each_is_named(self):
        status, said = tell("system.s3", "unit.intent_figures", EXECGOV_TESTS_ISOLATION="must")
        self.assertEqual(status, 0)
        self.assertIn("SKIPPED", said)
        self.assertIn("system.s3 unit.intent_figures", said)
        self.assertNotIn("ISOLATION", said)

    def test_isolation_that_has_to_be_proved_and_is_not_is_a_failure(self):
        for must, expected in (("", 0), ("must", 1)):
            status, said = tell("integration.sandbox.escape", "system.s3", EXECGOV_TESTS_ISOLATION=must)
            self.assertEqual(status, expected, said)
            self.assertIn("ISOLATION IS NOT PROVED", said)

    def test_a_machine_without_a_cgroup_to_delegate_is_none(self):
        self.assertEqual(tell("integration.sandbox.delegated", EXECGOV_TESTS_ISOLATION="must")[0], 0)

    def test_ctest_says_it_as_it_is_read_here(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "CTestTestfile.cmake").write_text(
                'add_test(a.skip "sh" "-c" "exit 77")\nset_tests_properties(a.skip PROPERTIES SKIP_RETURN_CODE 77)\n'
                'add_test(a.good "true")\n', encoding="utf-8")
            log = pathlib.Path(folder, "log")
            log.write_bytes(subprocess.run(["ctest", "--test-dir", folder], capture_output=True, check=True).stdout)
            names = subprocess.run(["bash", "-c", '. tests/lib/skips.sh; skips_of "$1"', "-", log], cwd=SOURCE,
                                   capture_output=True, text=True, check=True).stdout
            self.assertEqual(names, "a.skip\n")

    def test_continuous_integration_has_to_prove_it(self):
        text = (SOURCE / ".ci/run").read_text(encoding="utf-8")
        self.assertIn("export EXECGOV_TESTS_ISOLATION=must", text)


if __name__ == "__main__":
    unittest.main()
