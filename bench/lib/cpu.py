"""cpu.py - processor seconds that programs have used so far, their direct children with them, also those that have ended."""
import os
import pathlib


def seconds(roots):
    """{name: seconds} of {pid: name}."""
    used = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            except OSError:
                continue
            name = roots.get(int(entry.name)) or roots.get(int(fields[1]))
            if name:
                own = fields[11:15] if int(entry.name) in roots else fields[11:13]
                used[name] = used.get(name, 0) + sum(map(int, own)) / os.sysconf("SC_CLK_TCK")
    return used


def between(before, after):
    """In all; who was started anew meanwhile counts from its start."""
    return sum(now - before.get(name, 0) if now >= before.get(name, 0) else now for name, now in after.items())
