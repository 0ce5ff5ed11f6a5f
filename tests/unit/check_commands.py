"""Every `execgov …` that a document or an error tells people to type is a command (cli/command_table.c), and every file
of the tree that a document or a comment names is there."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
PARTS = ("core", "api", "worker", "scheduler", "lifecycle", "cli")
ROW = re.compile(r'^    \{ "([a-z][a-z -]*)", (?:NULL|"([a-z -]+)"), "', re.M)
TYPED = re.compile(r"(?<![\w/.=-])execgov ((?:--json )?[a-z][a-z|-]*(?: [a-z][a-z|-]*){0,2})")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
PLACE = re.compile(r"(?<![\w/.-])((?:core|api|worker|scheduler|lifecycle|cli|sql|tests|deploy|bench)/[\w/.-]*\.(?:c|h|py|sql|lua|sh|def))\b")


def commands():
    """All of them, aliases too."""
    table = (SOURCE / "cli/command_table.c").read_text(encoding="utf-8")
    return {words for row in ROW.findall(table) for words in row if words}


def is_known(typed, known):
    """`typed`: the words behind "execgov", at most three, with a|b for alternatives: is what they begin with a command,
    in every alternative? One word alone may name a group; so may all that stands behind "help"."""
    words = [word.split("|") for word in typed.replace("--json ", "").split()]
    if words[0] == ["help"]:
        asked = " ".join(word[0] for word in words[1:])
        return not asked or any(full == asked or full.startswith(asked + " ") for full in known)
    if len(words) == 1:
        return all(any(one == full or full.startswith(one + " ") for full in known) for one in words[0])
    for first in words[0]:
        if first not in known and not all(
                f"{first} {second}" in known or len(words) > 2 and all(f"{first} {second} {third}" in known for third in words[2])
                for second in words[1]):
            return False
    return True


def typed_in_page(text):
    """What stands between backticks, and at the beginning of a line of code."""
    found = [match for code in re.findall(r"`([^`\n]+)`", text) for match in TYPED.findall(code)]
    return found + [match[1] for match in re.finditer(r"^    (?:\$ )?(execgov .*)$", text, re.M)
                    for match in [TYPED.match(match[1])] if match]


def typed_in_code(text):
    joined = re.sub(r'"\s*\n\s*"', "", text)
    return [match for literal in LITERAL.findall(joined) for match in TYPED.findall(literal)]


def pages():
    return [*SOURCE.glob("*.md"), *(path for folder in ("docs", "deploy", "examples", "bench")
                                    for path in (SOURCE / folder).rglob("*.md"))]


def sources():
    return [path for part in PARTS for kind in ("*.c", "*.h") for path in (SOURCE / part).rglob(kind)]


class Commands(unittest.TestCase):
    def test_what_people_are_told_to_type_is_a_command(self):
        known, seen, wrong = commands(), 0, []
        self.assertGreater(len(known), 100)
        for paths, typed in ((pages(), typed_in_page), (sources(), typed_in_code)):
            for path in paths:
                for words in typed(path.read_text(encoding="utf-8")):
                    seen += 1
                    if not is_known(words, known):
                        wrong.append(f"{path.relative_to(SOURCE)}: execgov {words}")
        self.assertGreater(seen, 200)
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))

    def test_what_is_no_command_is_found(self):
        known = commands()
        for typed in ("run", "runs ls", "why run", "queue ls|top", "approvals ls", "run sales-report", "queue",
                      "payment format ls", "--json runs ls", "help", "help payment format", "help run"):
            self.assertTrue(is_known(typed, known), typed)
        for typed in ("members add", "queue ls|bottom", "payment format please", "is away", "frobnicate", "help frobnicate"):
            self.assertFalse(is_known(typed, known), typed)
        self.assertEqual(typed_in_page("`execgov a b` execgov c\n\n    execgov d e F\n    x execgov f\n"), ["a b", "d e"])
        self.assertEqual(typed_in_code('f("say execgov a "\n  "b", "dbname=execgov c")'), ["a b"])


class Places(unittest.TestCase):
    def faults(self, path, pattern=PLACE):
        text = path.read_text(encoding="utf-8")
        return [f"{path.relative_to(SOURCE)}: {place}" for place in pattern.findall(text)
                if not (SOURCE / place).exists() and not re.search("[A-Z]{2}", place)]  # NOUN.c stands for any

    def test_what_pages_and_comments_name_is_there(self):
        wrong = [fault for path in pages() + sources() if "decisions" not in path.parts for fault in self.faults(path)]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
