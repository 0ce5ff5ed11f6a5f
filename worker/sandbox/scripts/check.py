"""Looks at a package's Python code without running it; the last step inside an unpacking jail.

Reads {"runtime", "modules": {runtime: [names]}} from /input/input.json, the package from the current
directory; writes lines "code TAB path TAB line TAB detail TAB extra" to /result/check (see extract.h).
"""
import ast
import json
import os
import sys

LINES_MAX = 200
NETWORK = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "imaplib", "poplib", "telnetlib",
           "xmlrpc", "requests", "httpx", "aiohttp", "urllib3", "paramiko", "psycopg2", "pymysql", "redis"}
NETWORK_HARMLESS = {"urllib.parse", "http.HTTPStatus"}
SPAWN = {("os", "system"), ("os", "popen"), ("os", "execv"), ("os", "execvp"), ("os", "spawnv"),
         ("subprocess", "run"), ("subprocess", "Popen"), ("subprocess", "call"),
         ("subprocess", "check_call"), ("subprocess", "check_output"), ("subprocess", "getoutput")}
INSIDE = ("/work", "/tmp", "/input", "/result", "/dev/", "/usr/share/zoneinfo")

lines = []
imported = set()


def clean(text):
    return "".join(c if c.isprintable() else "?" for c in str(text))[:200]


def tell(code, path, line=0, detail="", extra=""):
    entry = "\t".join((code, clean(path), str(int(line or 0)), clean(detail), clean(extra)))
    if len(lines) < LINES_MAX and entry not in lines:
        lines.append(entry)


def local_modules(paths):
    names = set()
    for path in paths:
        head, _, rest = path.partition("/")
        names.add(head[:-3] if head.endswith(".py") else head)
        for part in rest.split("/"):  # sys.path may be extended by the script itself
            names.add(part[:-3] if part.endswith(".py") else part)
    return names


class Look(ast.NodeVisitor):
    def __init__(self, path, runtime, modules, local):
        self.path, self.runtime, self.modules, self.local = path, runtime, modules, local
        self.guarded = 0

    def visit_Try(self, node):
        caught = any(h.type is None or any(isinstance(n, ast.Name) and "Error" in n.id or
                                           isinstance(n, ast.Name) and n.id == "Exception"
                                           for n in ast.walk(h.type)) for h in node.handlers)
        self.guarded += caught
        for child in node.body:
            self.visit(child)
        self.guarded -= caught
        for child in node.handlers + node.orelse + node.finalbody:
            self.visit(child)

    def module(self, name, line):
        top = name.partition(".")[0]
        imported.add(name)
        if top in NETWORK and name not in NETWORK_HARMLESS:
            tell("uses_network", self.path, line, top)
        have = self.modules.get(self.runtime, [])
        if top in sys.stdlib_module_names or top in have or top in self.local or top == "execgov":
            return
        others = [r for r, names in self.modules.items() if top in names]
        if self.guarded:
            tell("optional_module", self.path, line, top)
        elif others:
            tell("missing_module_in", self.path, line, top, others[0])
        else:
            tell("missing_module", self.path, line, top)

    def visit_Import(self, node):
        for alias in node.names:
            self.module(alias.name, node.lineno)

    def visit_ImportFrom(self, node):
        if node.level == 0 and node.module:
            names = {f"{node.module}.{a.name}" for a in node.names}
            imported.add(node.module)
            self.module(names.pop() if len(names) == 1 else node.module, node.lineno)

    def visit_Call(self, node):
        f = node.func
        if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name) and (f.value.id, f.attr) in SPAWN:
            tell("uses_subprocess", self.path, node.lineno, f"{f.value.id}.{f.attr}")
        name = f.id if isinstance(f, ast.Name) else f.attr if isinstance(f, ast.Attribute) else ""
        if name in ("open", "read_csv", "read_excel", "load_workbook", "Path") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                value = first.value
                foreign = value.startswith("/") and not value.startswith(INSIDE)
                if foreign or value[1:3] in (":\\", ":/"):
                    tell("absolute_file", self.path, node.lineno, value)
        self.generic_visit(node)


def check(path, ask, local):
    with open(path, "rb") as f:
        source = f.read()
    try:
        tree = ast.parse(source, path)
    except (SyntaxError, ValueError) as e:
        code = "syntax_error" if path == "main.py" else "syntax_warning"
        return tell(code, path, getattr(e, "lineno", 0), getattr(e, "msg", "") or e)
    except (RecursionError, MemoryError):
        return tell("check_failed", path, 0, "too complex")
    try:
        Look(path, ask.get("runtime", "base"), ask.get("modules", {}), local).visit(tree)
    except (RecursionError, MemoryError):
        tell("check_failed", path, 0, "too complex")


def keep_modules(local):
    """For a warm start: what the code imports from the runtime, and the package's own names."""
    names = sorted(n for n in imported if n.partition(".")[0] not in local and n.isprintable())
    with open("/result/modules", "w", encoding="utf-8") as f:
        for mark, values in (("+", names), ("-", sorted(n for n in local if n.isprintable()))):
            f.write("".join(f"{mark}{n}\n" for n in values if n and len(n) < 200)[:30000].rpartition("\n")[0] + "\n")


def main():
    with open("/input/input.json", encoding="utf-8") as f:
        ask = json.load(f)
    paths = []
    for folder, folders, files in os.walk("."):
        folders.sort()
        paths += [os.path.relpath(os.path.join(folder, n), ".") for n in sorted(files) if n.endswith(".py")]
    local = local_modules(paths)
    for path in sorted(paths, key=lambda p: (p != "main.py", p)):
        check(path, ask, local)
    keep_modules(local)
    with open("/result/check", "w", encoding="utf-8") as f:
        f.write("".join(line + "\n" for line in lines) + "end\t\t0\t\t\n")


main()
