"""arrows - which folder may include which: the dependency arrows of the house.

    base <- model <- store -> io -> base        daemons -> core        cli -> core without store
    nobody -> a daemon                          tests and bench may look at everything

base and model are pure: they include no header that reaches a network, a database or an event loop.
"""
import pathlib
import re

CORE = ("core/base", "core/model", "core/io", "core/store")
DAEMONS = ("api", "scheduler", "worker", "lifecycle")
MAY_INCLUDE = {
    "core/base": ("core/base",),
    "core/model": ("core/base", "core/model"),
    "core/io": ("core/base", "core/io"),
    "core/store": CORE,
    "cli": ("core/base", "core/model", "core/io", "cli"),
    **{daemon: (*CORE, daemon) for daemon in DAEMONS},
}
PURE = ("core/base", "core/model")
OUTSIDE = re.compile(r"^(uv|libpq-fe|archive|seccomp|netdb|sys/socket|poll|sys/epoll)\.h$|^(uv|hiredis|curl)/")
# Headers made by cmake/embed.cmake: SQL, Lua and such, for those who talk to servers.
EMBEDDED = re.compile(r"\bembed_files\((\w+)|-DNAME=(\w+)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def folder_of(path):
    """The house part a path such as core/io/http/head.c belongs to, or None."""
    parts = path.split("/")
    name = "/".join(parts[:2]) if parts[0] == "core" else parts[0]
    return name if name in MAY_INCLUDE else None


def resolved(root, source, target):
    """The included file's path below the root, or None if it is nowhere in the tree."""
    for base in (root, (root / source).parent):
        path = (base / target).resolve()
        if path.is_file() and path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return None


def generated(root):
    """Names (without .h) of the headers that the build makes."""
    scripts = [root / "CMakeLists.txt", *sorted((root / "cmake").glob("*.cmake"))]
    return {match[1] or match[2] for path in scripts if path.is_file()
            for match in EMBEDDED.finditer(path.read_text(encoding="utf-8"))}


def fault_of(root, source, kind, target, made):
    """Why this include is against the arrows, or None. `made`: the headers that the build makes."""
    part = folder_of(source)
    if kind == "<":
        return "pure code reaches outside" if part in PURE and OUTSIDE.search(target) else None
    path = resolved(root, source, target)
    if path is None:
        if target.removesuffix(".h") not in made:
            return "no such header in the tree"
        return "pure code knows nothing embedded" if part in PURE else None
    other = folder_of(path)
    if other is None:
        return "only core and its own folder may be included"
    if other not in MAY_INCLUDE[part]:
        return f"{part} may include {', '.join(MAY_INCLUDE[part])}"
    return None


def violations(root):
    """['core/base/x.c:3: "core/io/op/op.h": why', ...] of every source below the root."""
    root = pathlib.Path(root).resolve()
    found, made = [], generated(root)
    for part in MAY_INCLUDE:
        for path in sorted((root / part).rglob("*.[ch]")):
            source = path.relative_to(root).as_posix()
            text = path.read_text(encoding="utf-8", errors="replace")
            for match in INCLUDE.finditer(text):
                why = fault_of(root, source, match[1], match[2], made)
                if why:
                    line = text.count("\n", 0, match.start(2)) + 1
                    found.append(f'{source}:{line}: includes "{match[2]}": {why}')
    return found
