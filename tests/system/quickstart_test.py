"""deploy/quickstart with stand-ins for ExecGov's own programs, and the real PostgreSQL and Redis.

What is tested is quickstart: order, users, configuration, running it again, failures, stopping. The
programs themselves are tested elsewhere.
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lib"))

from clone import DAEMONS, NOBODY, ROOT, Clone, alive, owner  # noqa: E402


class Case(unittest.TestCase):
    def clone(self, **how):
        clone = Clone(**how)
        self.addCleanup(clone.remove)
        return clone


class FirstStart(Case):
    def test_everything_runs_and_the_story_is_told(self):
        clone = self.clone()
        output = clone.quickstart()
        self.assertEqual(set(clone.pids()), DAEMONS)
        self.assertEqual({name for name, pid in clone.pids().items() if not alive(pid)}, set())
        self.check_env(clone)
        self.check_secrets(clone)
        self.check_story(clone, output)
        self.assertEqual(sorted(p.name for p in (clone.home / "examples").iterdir()),
                         ["access.log", "exports.tar.gz", "sales.csv", "客户台账.xlsx"])
        if ROOT:
            users = {name: owner(pid) for name, pid in clone.pids().items()}
            self.assertEqual([n for n, uid in users.items() if uid == 0], ["sandboxd"])
            self.assertEqual(len({users["api"], users["postgres"], users["redis"]}), 3)

    def check_env(self, clone):
        env = clone.env()
        self.assertEqual((clone.home / "env").stat().st_mode & 0o777, 0o600)
        self.assertEqual(env["EXECGOV_TOKEN"], "token-olivia@harbour.example")
        self.assertEqual(env["EXECGOV_APPROVER_TOKEN"], "token-arun@harbour.example")
        self.assertEqual(env["EXECGOV_PLATFORM_TOKEN"], "token-admin@platform.example")
        self.assertRegex(env["EXECGOV_URL"], r"^http://127\.0\.0\.1:\d+$")
        sourced = subprocess.run(["sh", "-c", '. "$1"; printf %s "$EXECGOV_PG"', "sh", str(clone.home / "env")],
                                 capture_output=True, text=True, check=True).stdout
        answer = subprocess.run(["psql", "--no-psqlrc", "-Atc", "select current_user", sourced],
                                capture_output=True, text=True, check=True).stdout
        self.assertEqual(answer, "execgov_admin\n")
        host, port = env["EXECGOV_REDIS"].split(":")
        answer = subprocess.run(["redis-cli", "-h", host, "-p", port, "config", "get", "maxmemory-policy"],
                                capture_output=True, text=True, check=True).stdout
        self.assertEqual(answer.split(), ["maxmemory-policy", "noeviction"])

    def check_secrets(self, clone):
        people = json.loads((clone.data / "secrets/people.json").read_text(encoding="utf-8"))
        passwords = [p["password"] for t in people["tenants"] for p in t["users"]]
        self.assertEqual(len(passwords), 4)
        self.assertEqual(len(set(passwords)), 4)
        for password in passwords:
            self.assertRegex(password, r"^[0-9a-f]{64}$")
        for path in (clone.data / "secrets").iterdir():
            self.assertEqual(path.stat().st_mode & 0o077, 0, path.name)
        denied = subprocess.run(
            ["psql", "--no-psqlrc", "-w", "-Atc", "select 1",
             f"host='{clone.data}/run/postgres' port={self.port(clone, 'postgres')} user=execgov_admin dbname=execgov"],
            capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
        self.assertIn("no password supplied", denied.stderr)

    def port(self, clone, name):
        return re.search(rf"^{name}=(\d+)$", (clone.data / "ports").read_text(), re.M)[1]

    def check_story(self, clone, output):
        told = re.findall(r"(\w+)\$ execgov (\w+)", output)
        self.assertEqual(told[:4], [("olivia", "ask")] * 4)
        self.assertIn('olivia$ execgov ask "用 sales.csv 生成 2026年3月 的销售报表" --file sales.csv --wait', output)
        self.assertIn("cli token-arun@harbour.example confirmations confirm request-1", output)
        self.assertIn("cli token-lin@lakeside.example runs ls", output)
        self.assertIn("execgov skill check ./yours", output)
        self.assertIn("/docs", output)
        self.assertIn(f'--home "{clone.home}" --stop', output)
        published = re.findall(r"api /v1/skills/([\w-]+)/versions/1/publish Bearer token-olivia", clone.log("api"))
        self.assertEqual(sorted(published),
                         ["cleanup", "customer-ledger", "file-stats", "log-inspection", "partner-orders",
                          "partner-payout", "sales-report"])

    def test_daemons_see_their_configuration_and_not_the_callers_environment(self):
        clone = self.clone()
        clone.quickstart("--no-demo", env={"EXECGOV_PG": "nonsense", "EXECGOV_LISTEN": "nonsense"})
        self.assertNotIn("EXECGOV_", re.search(r"environment .*", clone.log("api"))[0])
        given = json.loads(re.search(r"starts with (.*)", clone.log("worker-1"))[1])
        self.assertTrue(given["sandbox"].startswith(str(clone.data)))
        self.assertNotIn("user=", given["pg"])
        self.assertNotIn("noop", given)

    def test_a_long_home_does_not_cut_the_configuration(self):
        clone = self.clone()
        clone.home = clone.folder / "/".join(["long folder ; of words"] * 7)
        clone.quickstart("--no-demo")
        given = json.loads(re.search(r"starts with (.*)", clone.log("api"))[1])
        self.assertTrue(given["pg"].endswith("/secrets/programs.pgpass'"), given["pg"])
        for line in (clone.data / "config/api.ini").read_text(encoding="utf-8").splitlines():
            self.assertLessEqual(len(line.encode()), 190)

    @unittest.skipUnless(ROOT, "a plain user is what this is already")
    def test_a_plain_user_is_told_the_isolation_level(self):
        clone = self.clone(uid=NOBODY)
        output = clone.quickstart("--no-demo")
        self.assertIn("isolation level L1", output)
        self.assertEqual({owner(pid) for pid in clone.pids().values()}, {NOBODY})

    @unittest.skipUnless(ROOT, "only root has users that cannot follow him")
    def test_below_a_closed_folder_root_keeps_data_and_programs_elsewhere(self):
        clone = self.clone(open_to_others=False)
        clone.quickstart("--no-demo")
        self.assertRegex(str(clone.data), r"^/var/lib/execgov/[0-9a-f]{8}$")
        program = os.readlink(f"/proc/{clone.pids()['postgres']}/cwd")
        self.assertTrue(program.startswith(str(clone.data)), program)
        arguments = pathlib.Path(f"/proc/{clone.pids()['api']}/cmdline").read_text()
        self.assertIn(f"/usr/local/lib/execgov/{clone.data.name}/execgov-api", arguments)
        self.assertTrue((clone.home / "env").exists())


class Again(Case):
    def test_only_what_does_not_run_is_started(self):
        clone = self.clone()
        clone.quickstart("--no-demo")
        first = clone.pids()
        clone.quickstart("--no-demo")
        self.assertEqual(clone.pids(), first)
        os.kill(first["scheduler"], signal.SIGKILL)
        os.kill(first["redis"], signal.SIGKILL)
        env = clone.env()
        clone.quickstart("--no-demo")
        self.assertEqual({n for n, pid in clone.pids().items() if pid != first[n]}, {"scheduler", "redis"})
        self.assertEqual(clone.env(), env)

    def test_a_changed_program_or_setting_replaces_what_runs(self):
        clone = self.clone()
        clone.quickstart("--no-demo")
        first = clone.pids()
        clone.quickstart("--no-demo", "--bench")
        second = clone.pids()
        self.assertEqual({n for n in second if second[n] != first[n]}, {"worker-1"})
        with open(clone.source / "program", "a", encoding="utf-8") as file:
            file.write("# another version\n")
        clone.quickstart("--no-demo", "--bench")
        third = clone.pids()
        self.assertEqual({n for n in third if third[n] == second[n]}, {"postgres", "redis", "partner"})
        self.assertIn("execgov-api drained", clone.log("api"))

    def test_workers_come_and_go(self):
        clone = self.clone()
        clone.quickstart("--no-demo", "--workers", "3")
        self.assertEqual({n for n in clone.pids() if n.startswith("worker")}, {"worker-1", "worker-2", "worker-3"})
        gone = clone.pids()["worker-3"]
        clone.quickstart("--no-demo", "--workers", "1")
        self.assertEqual({n for n in clone.pids() if n.startswith("worker")}, {"worker-1"})
        self.assertFalse(alive(gone))


class Failing(Case):
    def test_a_daemon_that_dies_is_shown_with_its_last_words(self):
        clone = self.clone()
        clone.quickstart("--no-demo")
        bin_folder = clone.source / "build/release/bin"
        os.kill(clone.pids()["scheduler"], signal.SIGKILL)
        (bin_folder / "execgov-scheduler.dies").write_text("the moon is full", encoding="utf-8")
        output = clone.quickstart("--no-demo", status=1)
        self.assertIn("    | the moon is full", output)
        self.assertIn("error: scheduler has ended", output)
        self.assertIn("scheduler.log", output)
        (bin_folder / "execgov-scheduler.dies").unlink()
        clone.quickstart("--no-demo")

    def test_a_sandbox_that_refuses_says_which_probe_failed(self):
        clone = self.clone()
        clone.quickstart("--no-demo")
        (clone.source / "build/release/bin/sandbox.refuses").touch()
        output = clone.quickstart("--no-demo", status=1)
        self.assertIn("    | FAIL memory", output)
        self.assertIn("none will run", output)

    def test_a_build_that_fails_says_where(self):
        clone = self.clone()
        with open(clone.source / "CMakeLists.txt", "a", encoding="utf-8") as file:
            file.write('message(FATAL_ERROR "no llhttp here")\n')
        output = clone.quickstart(status=1)
        self.assertIn("no llhttp here", output)
        self.assertIn("error: the build failed", output)

    def test_a_taken_port_is_refused_and_a_taken_default_avoided(self):
        clone = self.clone()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            output = clone.quickstart("--no-demo", "--port", port, status=1)
            self.assertIn(f"port {port} is taken by somebody else", output)
        clone.quickstart("--no-demo", "--port", port)
        self.assertEqual(clone.env()["EXECGOV_URL"], f"http://127.0.0.1:{port}")
        clone.quickstart("--no-demo", "--port", port)
        clone.quickstart("--no-demo")
        self.assertEqual(clone.env()["EXECGOV_URL"], f"http://127.0.0.1:{port}")

    def test_wrong_options_change_nothing(self):
        clone = self.clone()
        for options in (["--port", "0"], ["--port", "8o80"], ["--workers", "0"], ["--workers"], ["--demo"],
                        ["--port", "99999999"]):
            with self.subTest(options):
                self.assertIn("--help", clone.quickstart(*options, status=2))
        self.assertFalse(clone.home.exists())

    def test_a_home_that_is_a_file_is_refused(self):
        clone = self.clone()
        clone.home.write_text("mine", encoding="utf-8")
        self.assertIn("is not a folder", clone.quickstart(status=1))
        self.assertEqual(clone.home.read_text(encoding="utf-8"), "mine")


class Stopping(Case):
    def test_all_is_stopped_in_order_and_comes_back_with_its_data(self):
        clone = self.clone()
        clone.quickstart("--no-demo")
        pids, env = clone.pids(), clone.env()
        self.sql(env, "create table kept as select 42 as n")
        output = clone.quickstart("--stop")
        self.assertNotIn("warning", output)
        self.assertEqual([n for n, pid in pids.items() if alive(pid)], [])
        for name in ("api", "scheduler", "worker-1", "lifecycle", "egress", "sandboxd"):
            self.assertIn("drained", clone.log(name))
        self.assertIn("database system is shut down", clone.log("postgres"))
        clone.quickstart("--stop")
        clone.quickstart("--no-demo")
        self.assertEqual(clone.env(), env)
        self.assertEqual(self.sql(env, "select n from kept"), "42")

    def sql(self, env, text):
        done = subprocess.run(["psql", "--no-psqlrc", "-Atqc", text, env["EXECGOV_PG"]], capture_output=True,
                              text=True, check=True)
        return done.stdout.strip()

    def test_a_reused_pid_is_left_alone(self):
        clone = self.clone()
        clone.quickstart("--no-demo")
        with subprocess.Popen(["sleep", "600"]) as stranger:
            try:
                recorded = clone.data / "pid/scheduler"
                real, birth, total = recorded.read_text().split()
                recorded.write_text(f"{stranger.pid} {birth} {total}\n")
                os.kill(int(real), signal.SIGKILL)
                clone.quickstart("--stop")
                self.assertIsNone(stranger.poll())
            finally:
                stranger.kill()

    def test_nothing_to_stop_is_fine(self):
        self.assertIn("Nothing was started", self.clone().quickstart("--stop"))


if __name__ == "__main__":
    unittest.main()
