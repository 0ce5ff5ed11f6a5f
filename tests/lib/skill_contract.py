"""skill_contract - run a skill's action as a plain process, by the contract every script may rely on.

The input object on stdin and in $EXECGOV_INPUT; input files under in/ or under their x-as name; an args
template for scripts that read flags; the result from $EXECGOV_RESULT, else the last line of stdout when
it is JSON, else {"stdout": ...}; artifacts from `collect`. No sandbox: this shows that a script works
before any platform is there. The worker's own implementation is tested against the same examples.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

DEFAULT_COLLECT = ["out/**", "*"]
PLACEHOLDER = re.compile(r"^\{(\w+)\}$")
OPTIONAL = re.compile(r"^\{\?(\w+):(.+)\}$")


class Outcome:
    """exit_code, result (parsed), stdout, stderr, artifacts {relative name: bytes}."""

    def __init__(self, exit_code, result, stdout, stderr, artifacts):
        self.exit_code, self.result = exit_code, result
        self.stdout, self.stderr, self.artifacts = stdout, stderr, artifacts

    def progress(self):
        return [int(line.split()[1]) for line in self.stderr.splitlines()
                if line.startswith("::progress ")]


def load_skill(folder):
    return json.loads((folder / "skill.json").read_text(encoding="utf-8"))


def expand_args(template, given):
    arguments = []
    for element in template:
        optional = OPTIONAL.match(element)
        if optional:
            if given.get(optional[1]) not in (None, False):
                arguments.append(optional[2])
            continue
        value = PLACEHOLDER.match(element)
        if not value:
            arguments.append(element)
        elif value[1] in given:
            arguments.append(str(given[value[1]]))
    return arguments


def with_defaults(schema, given):
    defaults = {name: rule["default"] for name, rule in schema["properties"].items()
                if "default" in rule}
    return {**defaults, **given}


def place_files(cwd, schema, given, files):
    """Copy input files to where the script finds them; returns the input with their paths."""
    placed = dict(given)
    for name, source in files.items():
        target = schema["properties"][name].get("x-as") or f"in/{source.name}"
        (cwd / target).parent.mkdir(exist_ok=True)
        shutil.copyfile(source, cwd / target)
        os.chmod(cwd / target, 0o444)
        placed[name] = target
    return placed


def result_of(path, stdout):
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    lines = stdout.splitlines()
    try:
        return json.loads(lines[-1] if lines else "")
    except ValueError:
        return {"stdout": stdout}


def collected(cwd, patterns, before):
    """New regular files; `**` at the end stands for everything below (pathlib takes it as folders)."""
    globs = [pattern + "/*" if pattern.endswith("**") else pattern for pattern in patterns]
    return {str(path.relative_to(cwd)): path.read_bytes()
            for pattern in globs for path in sorted(cwd.glob(pattern))
            if path.is_file() and path not in before}


def run_action(folder, given, files, timezone="UTC"):
    """Run the first action of the skill in `folder`; `files` maps parameter names to paths."""
    action = load_skill(folder)["actions"][0]
    with tempfile.TemporaryDirectory(prefix="skill-") as temporary:
        cwd, control = pathlib.Path(temporary, "work"), pathlib.Path(temporary, "control")
        control.mkdir()
        shutil.copytree(folder, cwd)
        given = with_defaults(action["input"], place_files(cwd, action["input"], given, files))
        text = json.dumps(given, ensure_ascii=False)
        (control / "input.json").write_text(text, encoding="utf-8")
        before = set(cwd.rglob("*"))
        entry = action["entry"]
        program = ["/usr/bin/python3", "-I", "-B"] if entry.endswith(".py") else ["/bin/sh"]
        done = subprocess.run(
            [*program, entry, *expand_args(action.get("args", []), given)], cwd=cwd, input=text,
            capture_output=True, encoding="utf-8", timeout=action["timeout_s"], check=False,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUTF8": "1", "TZ": timezone,
                 "EXECGOV_INPUT": str(control / "input.json"),
                 "EXECGOV_RESULT": str(control / "result.json")})
        return Outcome(done.returncode, result_of(control / "result.json", done.stdout), done.stdout,
                       done.stderr, collected(cwd, action.get("collect", DEFAULT_COLLECT), before))
