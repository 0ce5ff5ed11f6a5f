#!/usr/bin/python3
"""Writes docs/errors.md from core/base/err_codes.def. `--check` only compares; the tests call it so."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = re.compile(r'ERR\(\w+, "([^"]+)", (\d+), (\d), (\d),\s*"([^"]+)",\s*"([^"]+)"\)')


def page():
    text = (ROOT / "core/base/err_codes.def").read_text(encoding="utf-8")
    rows = ROW.findall(text)
    assert len(rows) == text.count("\nERR("), "a row of err_codes.def was not understood"
    lines = ["# Error codes", "",
             "Every failure is `application/problem+json` with a stable `code`. `retry` says whether the same "
             "request can succeed later; such answers carry `Retry-After`. `exit` is the command line's exit code.",
             "", "| code | HTTP | exit | retry | title | 标题 |", "|---|---|---|---|---|---|"]
    for wire, status, code, retry, english, chinese in sorted(rows):
        lines.append(f'| <a id="{wire}"></a>`{wire}` | {status} | {code} | '
                     f'{"yes" if retry == "1" else ""} | {english} | {chinese} |')
    return "\n".join(lines) + "\n"


def main():
    target = ROOT / "docs/errors.md"
    if sys.argv[1:] == ["--check"]:
        if target.read_text(encoding="utf-8") != page():
            sys.exit("docs/errors.md is not what err_codes.def says; run docs/errors_page.py")
    else:
        target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
