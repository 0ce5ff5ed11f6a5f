#!/usr/bin/python3
"""make_access_log.py OUT.log - one day of a web shop's access log, combined format plus seconds taken.

20,000 lines, the same bytes every time: a slow report page, a failing payment call between 14:00 and
15:00, a scanner that asks for things that do not exist, and a few lines that are no log lines at all.
"""
import datetime
import sys

from dice import Dice

PATHS = [  # path, weight, usual milliseconds
    ("/", 30, 12), ("/products", 18, 35), ("/products/{n}", 22, 28), ("/cart", 9, 30),
    ("/api/orders/{n}", 7, 60), ("/api/payments", 4, 220), ("/reports/monthly", 1, 2400),
    ("/search?q={n}", 8, 90), ("/static/app.js", 12, 3),
]
SCANNED = ["/wp-login.php", "/.env", "/admin/config.php", "/phpmyadmin/"]
AGENTS = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "curl/7.88.1", "Mozilla/5.0 (compatible; ExampleBot/2.1)",
]
LINES = 20000


def answer(path, hour, dice):
    """(method, status) as that path answers in that hour."""
    if path == "/api/payments":
        failing = 0.35 if hour == 14 else 0.01
        return "POST", (502 if dice.chance(failing) else 201)
    if path.startswith("/api/orders") and dice.chance(0.01):
        return "GET", 500
    if path.startswith("/products/") and dice.chance(0.02):
        return "GET", 404
    return "GET", (304 if path.startswith("/static") and dice.chance(0.5) else 200)


def line_at(moment, dice):
    if dice.chance(0.012):
        path, method, status, usual = dice.pick(SCANNED), "GET", 404, 4
        client = "203.0.113.66"
    else:
        template, _, usual = dice.weighted([(p, p[1]) for p in PATHS])
        method, status = answer(template, moment.hour, dice)
        path = template.replace("{n}", str(dice.between(1, 900)))
        client = f"198.51.100.{dice.between(1, 250)}"
    taken_ms = max(1, usual * dice.between(50, 220) // 100)
    if dice.chance(0.004):
        taken_ms *= 20
    size = 0 if status == 304 else dice.between(180, 48000)
    return (f'{client} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "{method} {path} HTTP/1.1" '
            f'{status} {size} "-" "{dice.pick(AGENTS)}" {taken_ms / 1000:.3f}')


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n", 1)[0])
    dice = Dice(20260318)
    start = datetime.datetime(2026, 3, 18)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for number in range(LINES):
            moment = start + datetime.timedelta(seconds=number * 86400 // LINES)
            if dice.chance(0.0005):
                out.write("-- log rotated --\n")
            out.write(line_at(moment, dice) + "\n")


if __name__ == "__main__":
    main()
