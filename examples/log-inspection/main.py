"""log-inspection - what went wrong and what was slow in a web server's access log.

Input   {"file": "in/access.log", "top": 10, "slow_ms": 1000}
Result  totals, error groups (status + path), slow paths with percentiles
Files   out/report.md for people, out/errors.csv with every error group

Reads the combined format of Apache and nginx; a number after the user agent is taken as the seconds
the request took ($request_time), without it there is no slow list. Plain or gzip. Numbers in paths
are folded (/orders/17 -> /orders/:n), so that one fault is one line.
"""
import collections
import csv
import gzip
import json
import pathlib
import re
import sys

LINE = re.compile(
    r'(?P<client>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] '
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<bytes>\d+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*")?(?: (?P<seconds>\d+\.\d+))?\s*$')
NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")
PROGRESS_EVERY = 5000


class Group:
    """Requests that count as one: same path (and, for errors, same status)."""

    def __init__(self):
        self.count = 0
        self.first = self.last = ""
        self.clients = set()
        self.taken_ms = []

    def add(self, match, taken_ms):
        self.count += 1
        self.first = self.first or match["time"]
        self.last = match["time"]
        self.clients.add(match["client"])
        if taken_ms is not None:
            self.taken_ms.append(taken_ms)


def path_of(request):
    """The folded path of 'GET /orders/17?x=1 HTTP/1.1'; what is no request line is '(malformed)'."""
    words = request.split(" ")
    if len(words) != 3 or not words[1].startswith("/"):
        return "(malformed)"
    return NUMBER.sub(":n", words[1].split("?", 1)[0])


def percentile(values, percent):
    """Nearest rank: the smallest value that at least `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def lines_of(path):
    packed = open(path, "rb").read(2) == b"\x1f\x8b"
    opened = gzip.open if packed else open
    return opened(path, "rt", encoding="utf-8", errors="replace")


def read(path):
    """Counters of the whole file: (totals, errors by (status, path), all by path)."""
    totals = collections.Counter()
    errors = collections.defaultdict(Group)
    paths = collections.defaultdict(Group)
    with lines_of(path) as lines:
        for number, line in enumerate(lines, 1):
            if number % PROGRESS_EVERY == 0:
                print(f"::progress {min(90, number // 500)} {number} lines", file=sys.stderr)
            match = LINE.match(line)
            if not match:
                totals["unreadable"] += 1
                continue
            status = int(match["status"])
            taken_ms = round(float(match["seconds"]) * 1000) if match["seconds"] else None
            name = path_of(match["request"])
            totals["requests"] += 1
            totals[f"{status // 100}xx"] += 1
            totals["bytes"] += 0 if match["bytes"] == "-" else int(match["bytes"])
            paths[name].add(match, taken_ms)
            if status >= 400:
                errors[status, name].add(match, taken_ms)
    return totals, errors, paths


def errors_listed(errors):
    """Server errors before client errors, then by count."""
    ordered = sorted(errors.items(), key=lambda e: (e[0][0] < 500, -e[1].count, e[0]))
    return [{"status": status, "path": path, "count": group.count, "clients": len(group.clients),
             "first": group.first, "last": group.last} for (status, path), group in ordered]


def slow_listed(paths, slow_ms):
    """Paths with a request slower than slow_ms, the ones with most of them first."""
    listed = []
    for path, group in paths.items():
        slow = sum(1 for ms in group.taken_ms if ms > slow_ms)
        if slow:
            listed.append({"path": path, "slow": slow, "requests": group.count,
                           "p50_ms": percentile(group.taken_ms, 50),
                           "p95_ms": percentile(group.taken_ms, 95),
                           "max_ms": max(group.taken_ms)})
    return sorted(listed, key=lambda row: (-row["slow"], row["path"]))


def write_report(path, result, slow_ms):
    total = result["totals"]
    text = ["# Access log inspection", "",
            f"{total['requests']} requests, {total['unreadable']} unreadable lines; "
            + ", ".join(f"{total[c]} × {c}" for c in ("2xx", "3xx", "4xx", "5xx")), "",
            "## Errors", "", "| status | path | count | clients | first | last |", "|---|---|---|---|---|---|"]
    for row in result["errors"]:
        text.append("| {status} | `{path}` | {count} | {clients} | {first} | {last} |".format(**row))
    text += ["", f"## Slower than {slow_ms} ms", "",
             "| path | slow | of | p50 ms | p95 ms | max ms |", "|---|---|---|---|---|---|"]
    for row in result["slow"]:
        text.append("| `{path}` | {slow} | {requests} | {p50_ms} | {p95_ms} | {max_ms} |".format(**row))
    path.write_text("\n".join(text) + "\n", encoding="utf-8")


def main():
    given = json.load(sys.stdin)
    top, slow_ms = given.get("top", 10), given.get("slow_ms", 1000)
    totals, errors, paths = read(given["file"])
    if not totals["requests"]:
        sys.exit("not one line of this file is in the combined log format")
    every_error, every_slow = errors_listed(errors), slow_listed(paths, slow_ms)
    result = {
        "totals": {name: totals[name]
                   for name in ("requests", "unreadable", "bytes", "2xx", "3xx", "4xx", "5xx")},
        "error_groups": len(every_error),
        "errors": every_error[:top],
        "slow": every_slow[:top],
    }
    out = pathlib.Path("out")
    out.mkdir(exist_ok=True)
    write_report(out / "report.md", result, slow_ms)
    with open(out / "errors.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["status", "path", "count", "clients", "first", "last"])
        table.writeheader()
        table.writerows(every_error)
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
