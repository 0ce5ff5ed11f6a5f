"""house - the rules of the house that a program can see: lengths, banned calls and words, run bits."""
import ast
import os
import pathlib
import re

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 80
SKIPPED_FOLDERS = {".git", "build", ".execgov", "node_modules", "dist", "__pycache__"}
CODE = {".c", ".h", ".py", ".sh", ".ts", ".tsx", ".sql", ".lua"}
# A test may run a command line of its own making.
BANNED_OUTSIDE_TESTS = ("system", "popen")
BANNED_CALLS = re.compile(
    r"\b(system|popen|strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|strtok|"
    r"alloca|mktemp|tmpnam|rand|srand|setjmp|longjmp)\s*\(")
TYPEDEF_STRUCT = re.compile(r"\btypedef\s+(struct|union)\b")
MARKS = re.compile(r"\b(FIXME|XXX|HACK)\b")
TODO = re.compile(r"\bTODO\b(.*)")
C_NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)


def files_of(root):
    """Every file of the tree except what is built or fetched, sorted by path."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def kind_of(path, text):
    """'.c', '.py', '.sh', ... by suffix, or by the first line of a program without one."""
    if path.suffix in CODE:
        return path.suffix
    first = text.split("\n", 1)[0]
    if first.startswith("#!"):
        return ".py" if "python" in first else ".sh" if first.endswith("sh") else None
    return None


def bare_c(text):
    """C without comments and literals, line numbers kept."""
    return C_NOT_CODE.sub(lambda match: "\n" * match[0].count("\n") or " ", text)


def long_blocks(text, opening, closing):
    """(line, lines) of blocks that start and end in the first column."""
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if start is None and opening.match(line):
            start = number
        elif start is not None and closing.match(line):
            if number - start > FUNCTION_LINES_MAX:
                yield start, number - start
            start = None


def long_functions(kind, text):
    if kind in (".c", ".h"):
        return long_blocks(text, re.compile(r"\{"), re.compile(r"\}"))
    if kind == ".sh":
        return long_blocks(text, re.compile(r"\w+\(\) *\{ *(#.*)?$"), re.compile(r"\}"))
    if kind == ".py":
        return [(node.lineno, node.end_lineno - node.lineno) for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.FunctionDef)
                and node.end_lineno - node.lineno > FUNCTION_LINES_MAX]
    return []


def line_faults(kind, text, test):
    """(line, what) of banned calls and words. `test`: the file belongs to the tests."""
    bare = bare_c(text) if kind in (".c", ".h") else ""
    for number, line in enumerate(bare.splitlines(), 1):
        for match in BANNED_CALLS.finditer(line):
            if not (test and match[1] in BANNED_OUTSIDE_TESTS):
                yield number, f"{match[1]}() is banned"
        if TYPEDEF_STRUCT.search(line):
            yield number, "a struct stays visible: no typedef"
    for number, line in enumerate(text.splitlines(), 1):
        mark = MARKS.search(line)
        if mark:
            yield number, f"{mark[1]} does not belong in a commit"
        todo = TODO.search(line)
        if todo and len(todo[1].split()) < 4:
            yield number, "a TODO names what is missing and why it can wait"


def bit_fault(path, text):
    runs, has_program = os.access(path, os.X_OK), text.startswith("#!")
    if has_program and not runs:
        return "starts with #! but has no run bit"
    if runs and not has_program:
        return "has a run bit but does not start with #!"
    return None


def faults_of_file(path, name):
    data = path.read_bytes()
    if b"\0" in data[:4096]:
        return
    text = data.decode("utf-8", errors="replace")
    fault = bit_fault(path, text)
    if fault:
        yield f"{name}: {fault}"
    kind = kind_of(path, text)
    if kind is None:
        return
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield f"{name}: {lines} lines; at most {FILE_LINES_MAX}: split it by nouns"
    for line, length in long_functions(kind, text):
        yield f"{name}:{line}: a function of {length} lines; at most {FUNCTION_LINES_MAX}"
    for line, what in line_faults(kind, text, name.startswith("tests/")):
        yield f"{name}:{line}: {what}"


def violations(root, exempt=()):
    """Faults of every file below the root except the paths in `exempt`."""
    root = pathlib.Path(root)
    found = []
    for path in files_of(root):
        name = path.relative_to(root).as_posix()
        if name not in exempt:
            found.extend(faults_of_file(path, name))
    return found
