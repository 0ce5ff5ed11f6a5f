"""Looks at a package without running it: the last step inside an unpacking jail, and `execgov skill check`.

In the jail the question is in /input/input.json, the package is the current directory, and the answer goes to
/result/check and /result/modules. At home ("-" as argument) the question comes on stdin, names the files in
"files", and the answer goes to stdout. Question: {"runtime", "modules": {runtime: [names]}}.
Answer: lines "code TAB path TAB line TAB detail TAB extra" (core/model/skill/findings.h), "end" as the last.
"""
import ast
import json
import os
import re
import sys
import zipfile

HOME = sys.argv[1:] == ["-"]
LINES_MAX = 200
TEXT_BYTES_MAX = 1 << 20
LARGE_BYTES = 8 << 20
NETWORK = {"socket", "ssl", "http", "urllib", "xmlrpc", "requests", "httpx", "aiohttp", "urllib3", "websocket",
           "websockets", "boto3", "botocore"}
NETWORK_HARMLESS = {"urllib.parse", "http.HTTPStatus"}
DATABASE = {"psycopg2", "psycopg", "pymysql", "MySQLdb", "mysql", "cx_Oracle", "oracledb", "pyodbc", "pymssql",
            "pymongo", "redis", "clickhouse_driver", "asyncpg"}
MAIL = {"smtplib", "imaplib", "poplib", "exchangelib"}
LOGIN = {"paramiko", "fabric", "ftplib", "telnetlib", "pysftp", "winrm"}
SPAWN = {("os", "system"), ("os", "popen"), ("os", "execv"), ("os", "execvp"), ("os", "spawnv"),
         ("subprocess", "run"), ("subprocess", "Popen"), ("subprocess", "call"),
         ("subprocess", "check_call"), ("subprocess", "check_output"), ("subprocess", "getoutput")}
INSIDE = ("/work", "/tmp", "/input", "/result", "/dev/", "/usr/share/zoneinfo")
OPENERS = ("open", "read_csv", "read_excel", "load_workbook", "Path")
WRITERS = ("to_csv", "to_excel", "savefig", "makedirs", "mkdir")
GIVEN = {"EXECGOV_INPUT", "EXECGOV_RESULT", "HOME", "LANG", "PATH", "PYTHONUTF8", "TMPDIR", "TZ"}
HOST = re.compile(r"(?:https?|ftp|wss?)://(?:[^/@\s\"']*@)?([A-Za-z0-9.-]+\.[A-Za-z]{2,}|\d+\.\d+\.\d+\.\d+|localhost)")
FOREIGN = re.compile(r"^(?:/(?:home|Users|root)/|[A-Za-z]:[\\/]\w|\\\\\w)")  # in any text; for a call that opens see file()
TEXTS = (".py", ".sh", ".json", ".yaml", ".yml", ".ini", ".cfg", ".conf", ".env", ".toml", ".txt", ".pem", ".key")
SECRETS = (
    ("private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("AWS key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}")),
    ("Slack token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    ("API key", re.compile(r"\bsk-[A-Za-z0-9_-]{20,}|\bAIza[0-9A-Za-z_-]{35}\b|\bLTAI[0-9A-Za-z]{12,}")),
    ("web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("password in an address", re.compile(r"\b\w+://[^/\s:@\"']+:[^/\s:@\"'{}$<]+@[\w.-]+")),
    ("password", re.compile(r"(?i)[\"']?\b\w*(?:passw(?:or)?d|passwd|secret|api_?key|access_?key|token)\b[\"']?"
                            r"\s*[:=]\s*[\"']([^\"'\s{}$<>]{6,})[\"']")),
)
NO_SECRET = re.compile(r"(?i)^(?:x+|\*+|\.+|change.?me|example.*|your.*|dummy|test|password|secret|none|null|string)$")

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


def wheel_modules(paths):
    """Top-level names in the package's own wheels; whether they fit is looked at when they are installed."""
    names = set()
    for path in paths:
        if not (path.startswith("wheels/") and path.endswith(".whl")):
            continue
        try:
            with zipfile.ZipFile(path) as wheel:
                tops = {n.partition("/")[0] for n in wheel.namelist()}
        except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
            continue
        names |= {t.partition(".")[0] for t in tops if not t.endswith((".dist-info", ".data"))}
    return names


class Look(ast.NodeVisitor):
    def __init__(self, path, ask, local):
        self.path, self.local = path, local
        self.runtime, self.modules, self.has_args = ask.get("runtime", "base"), ask.get("modules", {}), ask["args"]
        self.guarded = 0

    def tell(self, code, node, detail="", extra=""):
        tell(code, self.path, node.lineno, detail, extra)

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

    def module(self, name, node):
        top = name.partition(".")[0]
        imported.add(name)
        if top in self.local:
            return
        for code, names in (("uses_database", DATABASE), ("uses_mail", MAIL), ("uses_login", LOGIN)):
            if top in names:
                self.tell(code, node, top)
        if top in NETWORK and name not in NETWORK_HARMLESS:
            self.tell("uses_network", node, top)
        if top in STDLIB or top in self.modules.get(self.runtime, []) or top == "execgov":
            return
        others = [r for r, names in self.modules.items() if top in names]
        if self.guarded:
            self.tell("optional_module", node, top)
        elif others:
            self.tell("missing_module_in", node, top, others[0])
        else:
            self.tell("missing_module", node, top)

    def visit_Import(self, node):
        for alias in node.names:
            self.module(alias.name, node)

    def visit_ImportFrom(self, node):
        if node.level == 0 and node.module:
            names = {f"{node.module}.{a.name}" for a in node.names}
            imported.add(node.module)
            self.module(names.pop() if len(names) == 1 else node.module, node)

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Constant):  # a docstring says what it likes
            return
        self.generic_visit(node)

    def visit_Constant(self, node):
        if not isinstance(node.value, str):
            return
        for host in HOST.findall(node.value):
            self.tell("names_host", node, host)
        if FOREIGN.match(node.value) and "\n" not in node.value:
            self.tell("absolute_file", node, node.value)

    def visit_Subscript(self, node):
        if ast.unparse(node.value) == "os.environ":
            self.environment(node, node.slice, needed=isinstance(node.ctx, ast.Load))
        elif ast.unparse(node.value) == "sys.argv" and not self.has_args:
            if isinstance(node.slice, ast.Constant) and node.slice.value != 0:
                self.tell("reads_arguments", node, f"sys.argv[{node.slice.value}]")
        self.generic_visit(node)

    def environment(self, node, name, needed):
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and name.value not in GIVEN and needed:
            self.tell("reads_environment", node, name.value)

    def visit_Call(self, node):
        f, first = node.func, node.args[0] if node.args else None
        called = ast.unparse(f) if isinstance(f, (ast.Name, ast.Attribute)) else ""
        owner, _, name = called.rpartition(".")
        if (owner, name) in SPAWN:
            self.tell("uses_subprocess", node, called)
        if called in ("os.getenv", "os.environ.get") and first is not None:
            self.environment(node, first, needed=len(node.args) == 1)
        if called in ("input", "getpass.getpass"):
            self.tell("asks_keyboard", node, called)
        if name == "add_argument" and not self.has_args and isinstance(first, ast.Constant):
            self.argument(node, str(first.value))
        if name in OPENERS + WRITERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            self.file(node, name, first.value)
            for child in [f, *node.args[1:], *node.keywords]:
                self.visit(child)
            return
        self.generic_visit(node)

    def argument(self, node, name):
        set_to = {k.arg: ast.unparse(k.value) for k in node.keywords}
        optional = name.startswith("-") or set_to.get("nargs") in ("'?'", "'*'")
        if set_to.get("required") == "True" or not optional:
            self.tell("reads_arguments", node, name)
        else:
            self.tell("reads_flags", node, name)

    def file(self, node, name, value):
        foreign = value.startswith("/") and not value.startswith(INSIDE)
        if not (foreign or value[1:3] in (":\\", ":/") or value.startswith("\\\\")):
            return
        mode = next((k.value for k in node.keywords if k.arg == "mode"), node.args[1] if len(node.args) > 1 else None)
        wants = mode.value if isinstance(mode, ast.Constant) and isinstance(mode.value, str) else ""
        writes = name in WRITERS or name == "open" and set(wants) & set("wax+")
        self.tell("writes_outside" if writes else "absolute_file", node, value)


def look_at_code(path, ask, local):
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
        Look(path, ask, local).visit(tree)
    except (RecursionError, MemoryError):
        tell("check_failed", path, 0, "too complex")


def look_at_bytes(path):
    """What a reviewer cannot read, and what nobody should be able to."""
    size = os.path.getsize(path)
    if size > LARGE_BYTES and not path.endswith(".whl"):
        tell("large_file", path, 0, f"{size >> 20} MB")
    with open(path, "rb") as f:
        head = f.read(TEXT_BYTES_MAX if path.endswith(TEXTS) else 4)
    if head.startswith((b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")):
        tell("native_code", path)
    if not path.endswith(TEXTS):
        return
    for number, text in enumerate(head.decode("utf-8", "replace").splitlines(), 1):
        for kind, pattern in SECRETS:
            found = pattern.search(text[:2000])
            if found and not (found.groups() and NO_SECRET.match(found[1])):
                tell("secret", path, number, kind)  # its kind, never itself
                break


def keep_modules(local):
    """For a warm start: what the code imports from the runtime, and the package's own names."""
    names = sorted(n for n in imported if n.partition(".")[0] not in local and n.isprintable())
    with open("/result/modules", "w", encoding="utf-8") as f:
        for mark, values in (("+", names), ("-", sorted(n for n in local if n.isprintable()))):
            f.write("".join(f"{mark}{n}\n" for n in values if n and len(n) < 200)[:30000].rpartition("\n")[0] + "\n")


def question():
    if HOME:
        return json.load(sys.stdin)
    with open("/input/input.json", encoding="utf-8") as f:
        ask = json.load(f)
    ask["files"] = [os.path.relpath(os.path.join(folder, n), ".") for folder, _, files in os.walk(".") for n in files]
    return ask


def has_args(ask):
    """Does skill.json say which flags an action is run with?"""
    if "skill.json" not in ask["files"]:
        return False
    try:
        with open("skill.json", encoding="utf-8") as f:
            actions = json.load(f).get("actions")
        return any(isinstance(a, dict) and a.get("args") for a in actions)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return False


def install_wheels(ask):
    sys.path.insert(0, "/input")
    try:
        import wheels
        wheels.install(ask, tell)
    except Exception as e:  # without its runtime a package is not what was uploaded
        tell("wheels_failed", "wheels", 0, f"{type(e).__name__}: {e}")


def main():
    ask = question()
    ask["args"] = has_args(ask)
    paths = sorted(ask["files"], key=lambda p: (p != "main.py", p))
    code = [p for p in paths if p.endswith(".py")]
    local = local_modules(code)
    for path in code:
        look_at_code(path, ask, local | wheel_modules(paths))
    for path in paths:
        look_at_bytes(path)
    if not HOME:
        keep_modules(local)
        install_wheels(ask)
    with sys.stdout if HOME else open("/result/check", "w", encoding="utf-8") as f:
        # At home there may be another than where it will run.
        f.write("" if HOME else "python\t\t0\t%d.%d\t\n" % sys.version_info[:2])
        f.write("".join(line + "\n" for line in lines) + "end\t\t0\t\t\n")


STDLIB = getattr(sys, "stdlib_module_names", None)
if STDLIB is None:
    sys.exit("Python 3.10 or later is needed")
main()
