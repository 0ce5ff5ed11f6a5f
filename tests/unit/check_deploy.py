"""The production page of deploy/README.md, held against the tree: units, programs, settings, flags and paths that it names,
and those that the units name, are there or are made by its own commands."""
import configparser
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
UNITS = SOURCE / "deploy/systemd"
BIN = "/usr/local/lib/execgov/bin/"


class Unit(configparser.RawConfigParser):
    """Of systemd: a key may come several times, and the last counts here."""

    def __init__(self, path):
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",))
        self.optionxform = str
        self.read_string(path.read_text(encoding="utf-8").replace("\\\n", " "))


def production():
    return (SOURCE / "deploy/README.md").read_text(encoding="utf-8").split("## Production")[1]


def units():
    return {path.name: Unit(path) for path in sorted(UNITS.iterdir())}


def settings_of(daemon):
    """What its example of a file may set."""
    text = (SOURCE / f"deploy/config/{daemon}.ini").read_text(encoding="utf-8")
    return set(re.findall(r"(?m)^#?([a-z_]+) =", text))


def installed(text):
    """{path: the file of the tree} of what the page's own commands install, but for what is built."""
    found = {}
    for place, pattern in re.findall(r"(?m)^ +install .*?-t (\S+) (\S+)$", text):
        files = [path for path in SOURCE.glob(pattern) if path.is_file()]
        if not pattern.startswith("build/"):
            found |= {f"{place}/{path.name}": path for path in files}
    return found


def sources(*folders):
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in (SOURCE / folder).rglob("*.c"))


def faults(text):
    """What the page, or a unit, names and nothing has: a list of texts."""
    wrong, there, known = [], installed(text), units()
    programs = {path.name for path in (SOURCE / "deploy/config").iterdir()}
    for name in set(re.findall(r"\bexecgov(?:-[a-z]+)?(?:@\d?)?\.(?:service|target)\b|\bexecgov-[a-z]+@\d?", text)):
        unit = re.sub(r"@\d", "@", name)
        if not any(file in known for file in (unit, unit + ".service")):
            wrong.append(f"no unit {name}")
    for pattern in re.findall(r"(?:deploy|docs)/[\w/*.]+", text):
        if not list(SOURCE.glob(pattern)):
            wrong.append(f"no file {pattern}")
    for name, settings in re.findall(r"(?m)^\| `(\w+)\.ini` \| (.*) \|$", text):
        if f"{name}.ini" not in programs:
            wrong.append(f"no example {name}.ini")
            continue
        named = {setting.split(" = ")[0] for setting in re.findall(r"`([^`]+)`", settings)}
        wrong += [f"{name}.ini has no setting {setting}" for setting in sorted(named - settings_of(name))]
    said = sources("cli", "api", "core/io", "worker/egress", "worker/sandbox")
    for flag in set(re.findall(r" --([a-z-]+)", text)) - {"system", "user-group", "no-create-home", "shell", "now"}:
        if f'"{flag}"' not in said and f'"{flag.replace("-", "_")}"' not in said and f'"--{flag}"' not in said:
            wrong.append(f"nothing takes --{flag}")
    for name, unit in known.items():
        wrong += [f"{name}: {fault}" for fault in faults_of_unit(unit, text, there, known)]
    return wrong


def faults_of_unit(unit, text, there, known):
    for path in unit.get("Unit", "Documentation", fallback="").split():
        if path.removeprefix("file:") not in there:
            yield f"nothing installs {path}"
    for key in ("Wants", "After", "Requires"):
        for other in unit.get("Unit", key, fallback="").split():
            if other.startswith("execgov") and re.sub(r"@\d", "@", other) not in known:
                yield f"no unit {other}"
    if not unit.has_section("Service"):
        return
    program, *words = unit["Service"]["ExecStart"].split()
    daemon = program.removeprefix(BIN).removeprefix("execgov-")
    if not program.startswith(BIN) or not re.search(rf"install -D -t {BIN.rstrip('/')} build/release/bin/\*", text):
        yield f"nothing installs {program}"
    if daemon != "sandboxd" and f"/etc/execgov/{daemon}.ini" not in there:
        yield f"nothing installs /etc/execgov/{daemon}.ini"
    takes = sources("worker/sandbox") if daemon == "sandboxd" else ""
    for flag in (word[2:] for word in words if word.startswith("--")):
        if flag != "config" and flag not in settings_of(daemon) if not takes else f'"{flag}"' not in takes:
            yield f"execgov-{daemon} has no --{flag}"
    for user in {unit["Service"].get("User"), *unit["Service"].get("SupplementaryGroups", "").split()} - {None}:
        if not re.search(rf"for user in [^;]*\b{user}(?![-\w])", text):
            yield f"nothing makes the user {user}"
    if "`files = /var/lib/execgov/files`" in text and daemon in ("api", "worker"):
        for folder in ("execgov/files", "execgov/spool"):
            if folder not in unit["Service"]["StateDirectory"].split():
                yield f"it may not write /var/lib/{folder}"


class Page(unittest.TestCase):
    def test_what_it_names_is_there(self):
        text = production()
        found = faults(text)
        self.assertGreater(len(installed(text)), 15)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_what_is_not_there_is_found(self):
        text = production()
        for old, new, fault in (("execgov-worker@2", "execgov-walker@2", "no unit execgov-walker@2"),
                                ("deploy/config/*.ini", "deploy/conf/*.ini", "no file deploy/conf/*.ini"),
                                ("`sandbox = ", "`sandbax = ", "worker.ini has no setting sandbax"),
                                ("--stripe-password-file", "--strip-password-file", "nothing takes --strip-password-file"),
                                ("docs/*.md", "docs/decisions/*.md", "execgov-api.service: nothing installs file:"),
                                ("for user in execgov execgov-egress", "for user in execgov", "makes the user execgov-egress")):
            self.assertIn(old, text)
            found = faults(text.replace(old, new))
            self.assertTrue(any(fault in one for one in found), (new, found))


if __name__ == "__main__":
    unittest.main()
