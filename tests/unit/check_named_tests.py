"""The tests that documents and answers name for what must hold are there: a rule whose test was renamed has none for its reader."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def named():
    """(where, file, test) of the table of bad input and of the rules that `lifecycle check` leaves to tests."""
    page = ROOT / "docs/decisions/0551-bad-input-of-money.md"
    file = ""
    for words in re.findall(r"`([^`]+)`", page.read_text(encoding="utf-8")):
        found = re.fullmatch(r"(?:(\w+_test\.(?:c|py)): )?([a-z]\w+_\w+)", words)
        if found:
            file = found[1] or file
            yield page.name, file, found[2]
    answer = ROOT / "api/money/subscription/check.c"
    for _, path, test in re.findall(r'\{ "(I\d+)", "tests/([\w/.]+)", "(\w+)" \}', answer.read_text(encoding="utf-8")):
        yield answer.name, path, test


def main():
    sources = {path.relative_to(ROOT / "tests").as_posix(): path.read_text(encoding="utf-8")
               for pattern in ("**/*_test.c", "**/*_test.py") for path in (ROOT / "tests").glob(pattern)}
    seen, faults = 0, []
    for where, file, test in named():
        seen += 1
        if not any(f"/{path}".endswith(f"/{file}") and re.search(rf"(cmocka_unit_test\w*\(|def ){test}\b", text)
                   for path, text in sources.items()):
            faults.append(f"{where}: there is no test {test} in {file}")
    print("\n".join(faults) or f"{seen} named tests are there")
    return bool(faults) or seen < 20


sys.exit(main())
