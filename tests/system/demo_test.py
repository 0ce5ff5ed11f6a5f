"""The demo of deploy/quickstart with the real programs, as root and as a plain user."""
import datetime
import pathlib
import re
import shlex
import subprocess
import sys
import tarfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))

from clone import DAEMONS, NOBODY, ROOT, Clone, alive  # noqa: E402


def chapters(output):
    """The text below each numbered heading, by its number; 0 is what comes before the first."""
    parts = re.split(r"^(\d)\. ", output, flags=re.M)
    return {0: parts[0]} | {int(number): text for number, text in zip(parts[1::2], parts[2::2])}


class Demo(unittest.TestCase):
    def told(self, **how):
        clone = Clone(real=True, **how)
        self.addCleanup(clone.remove)
        output = clone.quickstart()
        self.assertEqual({name: alive(pid) for name, pid in clone.pids().items()}, dict.fromkeys(DAEMONS, True))
        return clone, chapters(output), output

    def check_cleanup(self, clone, told):
        """What is older than a year goes, and what that is depends on the day."""
        limit = datetime.date.fromisoformat(re.search(r'"older_than": "(.*)"', told)[1])
        year_ago = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=365)
        self.assertIn((year_ago - limit).days, (0, 1))  # midnight may have passed
        with tarfile.open(clone.home / "examples/exports.tar.gz") as archive:
            days = [datetime.datetime.fromtimestamp(member.mtime, datetime.timezone.utc).date() for member in archive]
        old = sum(day < limit for day in days)
        self.assertIn(f'"removed": {old},', told)
        self.assertIn(f'"kept": {len(days) - old},', told)

    def check_story(self, clone, told, level):
        self.assertEqual(sorted(told), list(range(10)))
        for number in (1, 2):
            self.assertRegex(told[number], r"state +succeeded\n")
            self.assertIn('"revenue": "78581.85"', told[number])
            self.assertIn("sales-2026-03.csv (305 B)", told[number])
            self.assertRegex(told[number], rf"isolation +{level}\n")
        self.assertRegex(told[3], r"state +nothing here fits\n")
        self.assertNotRegex(told[3], r"\n +run ")
        self.assertRegex(told[4], r"state +waits for confirmation\n")
        self.assertRegex(told[4], r"with +days = 365 ")
        self.assertIn("(self_confirmation)", told[5])
        digest = re.search(r"digest +([0-9a-f]{64})\n", told[4])[1]
        self.assertRegex(told[6], rf"digest +{digest}\n")
        self.check_cleanup(clone, told[6])
        self.assertEqual(len(re.findall(r"state +succeeded\n", told[7])), 2)
        self.assertIn("write_not_whitelisted", told[7])
        self.assertIn('"status": 201', told[7])
        self.assertEqual(len(re.findall(r"^    \S", told[8], re.M)), 1, told[8])
        self.assertRegex(told[9], r"Arun Approver +confirmation\.confirmed ")
        self.assertRegex(told[9], r"system +resource\.refused .*write_not_whitelisted")

    def check_advice(self, clone, output):
        """What the last lines tell one to type can be typed, whatever the folders are called."""
        advice = re.search(r"  Use it +(.*)\n +(.*)\n +(.*)\n", output)
        typed = "\n".join(advice.groups())
        done = subprocess.run([*clone.become, "bash", "-euc", typed], capture_output=True, text=True, check=False,
                              timeout=120, env={"PATH": "/usr/bin:/bin", "HOME": str(clone.folder), "LANG": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("log-inspection", done.stdout)
        self.assertRegex(done.stdout, r"state +succeeded\n")
        stop = shlex.split(re.search(r"  Stop +(.*)", output)[1])
        self.assertEqual(stop, [str(clone.source / "deploy/quickstart"), "--home", str(clone.home), "--stop"])

    def check_secrets(self, clone):
        """Not one of them is anywhere but in its folder; words that are about show that it was looked everywhere."""
        secrets = clone.secrets()
        self.assertLessEqual({"egress.keys", "partner", "people.json", "postgres_admin", "postgres_egress", "postgres_platform",
                              "postgres_stripe", "sessions.json"}, {name.split()[0] for name in secrets})
        self.assertEqual(clone.found(secrets), [])
        seen = " ".join(clone.found({"a word": "sales-report"}))
        for place in ("the database", "log: ", "redis: "):
            self.assertIn(f"a word in {place}", seen)
        seen = " ".join(clone.found({"a word": "def main"}))
        for place in ("cache: ", "partner: "):
            self.assertIn(f"a word in {place}", seen)
        self.assertTrue(any((clone.data / "files").rglob("*")))

    def check_egress(self, clone):
        """What opens the secrets leaves no core file, and nobody of its own user looks into its memory."""
        pids = clone.pids()
        self.assertEqual(pathlib.Path(f"/proc/{pids['egress']}/exe").resolve().name, "execgov-egress")
        self.assertRegex(pathlib.Path(f"/proc/{pids['egress']}/limits").read_text("ascii"), r"Max core file size +0 +0 ")
        owners = {name: pathlib.Path(f"/proc/{pids[name]}/environ").stat().st_uid for name in ("egress", "api")}
        self.assertEqual(owners["egress"], 0, "root's, as that of a process that cannot be attached to")
        self.assertNotEqual(owners["api"], 0)

    def test_the_whole_story_is_true_and_can_be_told_again(self):
        clone, told, output = self.told()
        self.check_story(clone, told, "L3" if ROOT else "L1")
        self.check_advice(clone, output)
        self.check_egress(clone)
        again = chapters(clone.quickstart())
        self.check_story(clone, again, "L3" if ROOT else "L1")
        self.assertNotEqual(re.search(r"digest +(\S+)", told[4])[1], re.search(r"digest +(\S+)", again[4])[1])
        self.check_secrets(clone)

    @unittest.skipUnless(ROOT, "a plain user is what this is already")
    def test_a_plain_user_is_told_the_same_story(self):
        clone, told, output = self.told(uid=NOBODY)
        self.assertIn("isolation level L1", output)
        self.check_story(clone, told, "L1")
        self.check_advice(clone, output)
        self.check_egress(clone)
        self.check_secrets(clone)


if __name__ == "__main__":
    unittest.main()
