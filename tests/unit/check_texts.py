"""What a person may read is worded in both languages, everywhere: in every call that takes a text in
English and in Chinese, the English literal is ASCII and the Chinese one is not."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
FOLDERS = ("core", "api", "worker", "scheduler", "lifecycle", "cli")
# call -> where the English argument stands; the Chinese one follows it
CALLS = {"gov_fail": 2, "gov_fail_at": 4, "fault_add": 3}
CALL = re.compile(r"\b(" + "|".join(CALLS) + r")\s*\(")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# A comment, or (kept) a literal, in which "//" begins no comment.
COMMENT = re.compile(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+')|/\*.*?\*/|//[^\n]*""", re.S)
CONVERSION = re.compile(r"%%|%[-+ #0-9$.*]*(?:hh|ll|[hlzjt])?[a-zA-Z]")


def arguments(text, start):
    """The arguments of the call whose "(" is just before `start`."""
    found, depth, last, i = [], 0, start, start
    while i < len(text):
        c = text[i]
        if c == '"':
            i = LITERAL.match(text, i).end()
            continue
        if c == "'":
            i = text.index("'", i + (3 if text[i + 1] == "\\" else 2)) + 1
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            if depth == 0:
                return found + [text[last:i].strip()]
            depth -= 1
        elif c == "," and depth == 0:
            found.append(text[last:i].strip())
            last = i + 1
        i += 1
    return found


def literal(argument):
    """The text of an argument made of string literals alone; None for anything else."""
    if not argument.startswith('"') or LITERAL.sub("", argument).strip():
        return None
    return "".join(LITERAL.findall(argument))


def says_something(text):
    return re.search(r"[^\W\d_]", CONVERSION.sub("", text)) is not None


def faults(text):
    """(calls looked at, [line: what])"""
    text = COMMENT.sub(lambda m: m[1] or "\n" * m[0].count("\n"), text)
    seen, wrong = 0, []
    for match in CALL.finditer(text):
        parts = arguments(text, match.end())
        at = CALLS[match[1]]
        if len(parts) <= at + 1:
            continue
        english, chinese = literal(parts[at]), literal(parts[at + 1])
        if english is None or chinese is None:
            continue  # a declaration, or texts chosen elsewhere
        seen += 1
        line = text.count("\n", 0, match.start()) + 1
        if not english.isascii():
            wrong.append(f"{line}: the English text is not ASCII: {english}")
        if says_something(chinese) and chinese.isascii():
            wrong.append(f"{line}: the Chinese text is not Chinese: {chinese}")
        if says_something(english) and not says_something(chinese):
            wrong.append(f"{line}: there is no Chinese text beside: {english}")
    return seen, wrong


class Tree(unittest.TestCase):
    def test_every_text_is_there_in_both_languages(self):
        total, wrong = 0, []
        for folder in FOLDERS:
            for path in sorted((SOURCE / folder).rglob("*.c")):
                seen, found = faults(path.read_text(encoding="utf-8"))
                total += seen
                wrong += [f"{path.relative_to(SOURCE)}:{fault}" for fault in found]
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))
        self.assertGreater(total, 150, "the calls were not recognised")


class Rules(unittest.TestCase):
    def wrong(self, call):
        return [what.split(": ")[1] for what in faults(f"void f(void)\n{{\n    {call};\n}}\n")[1]]

    def test_good_calls(self):
        for call in ('gov_fail(err, GOV_X, "no %s", "没有 %s", name)', 'gov_fail(err, GOV_X, "%s", "%s", text)',
                     'gov_fail_at(err, GOV_X, path(a, "b"), "type", "wrong", "错误")',
                     'fault_add(&f, at(x, 1), "c", "a (b) \\"c\\", d" " e", "甲，乙" "丙")',
                     "gov_fail(err, ',', \"a\", \"甲\")", "gov_fail(err, code, en, zh)",
                     '/* gov_fail(err, X, "a", "b") */ x()'):
            with self.subTest(call):
                self.assertEqual(self.wrong(call), [])

    def test_bad_calls(self):
        for call, what in (('gov_fail(err, GOV_X, "no", "no")', "the Chinese text is not Chinese"),
                           ('gov_fail(err, GOV_X, "没有", "没有")', "the English text is not ASCII"),
                           ('fault_add(f, p, "c", "bad", "%d", 1)', "there is no Chinese text beside"),
                           ('gov_fail_at(err, X, "", "c",\n"bad",\n"still bad")', "the Chinese text is not Chinese")):
            with self.subTest(call):
                self.assertEqual(self.wrong(call), [what])


if __name__ == "__main__":
    unittest.main()
