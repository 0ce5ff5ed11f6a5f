"""Every test that docs/security.md names is there: files by their place below tests/ or by name, and the functions,
classes and methods named after a file are in it."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
TESTS = SOURCE / "tests"
FILE = re.compile(r"[\w./*-]+(_test\.c|_fuzz\.c|\.py|/\*)$")
NAME = re.compile(r"\w+$")


def files_of(name):
    """What a name of a file means: a place below tests/, or the one file of that name."""
    found = list(TESTS.glob(name)) or [path for path in TESTS.rglob("*") if path.is_file() and path.name == name]
    return [path for path in found if path.is_file() or path.is_dir()]


def faults(text):
    """What is wrong in the rows of the threats: a list of texts."""
    wrong = []
    rows = [line for line in text.splitlines() if line.startswith("| ") and line.count("|") == 4]
    for row in rows[1:]:
        threat, _, proof = (cell.strip() for cell in row.strip("|").split("|"))
        tokens = re.findall(r"`([^`]+)`", proof)
        content, named = "", False
        for token in tokens:
            if FILE.fullmatch(token):
                found, named = files_of(token), True
                if len({path.parent / path.stem for path in found}) != 1 and "*" not in token or not found:
                    wrong.append(f"{threat}: {token} is {len(found)} files")
                content = "".join(path.read_text(encoding="utf-8") for path in found if path.is_file())
            elif NAME.fullmatch(token) and not re.search(rf"\b(void|def|class) {token}\b", content):
                wrong.append(f"{threat}: {token} is not in the file named before it")
        if not named:
            wrong.append(f"{threat}: no test is named")
    return wrong


class Page(unittest.TestCase):
    def test_every_test_that_is_named_is_there(self):
        text = (SOURCE / "docs" / "security.md").read_text(encoding="utf-8").split("## Isolation levels")[0]
        self.assertGreater(text.count("\n| "), 50)
        found = faults(text)
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_what_is_not_there_is_found(self):
        head = "| threat | defence | proved by |\n"
        self.assertEqual(faults(head + "| a | b | `unit/check_security_page.py`: `faults` |"), [])
        for proof in ("nothing", "`unit/check_no_such.py`", "`unit/check_security_page.py`: `no_such_test`", "`faults`"):
            self.assertEqual(len(faults(head + f"| a | b | {proof} |")), 1 + (proof == "`faults`"), proof)


if __name__ == "__main__":
    unittest.main()
