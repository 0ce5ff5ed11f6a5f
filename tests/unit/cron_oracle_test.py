"""What the cron code says is what a walk from minute to minute over zoneinfo says, for rules made by chance and
around every change of clocks. The walker shares no code and no method with core/model/cron."""
import calendar
import datetime
import json
import os
import pathlib
import random
import re
import subprocess
import unittest
import zoneinfo

BUILD = pathlib.Path(os.environ.get("EXECGOV_BUILD", "build/dev"))
CLI = BUILD / "bin" / "execgov"
UTC = datetime.timezone.utc
MINUTE = datetime.timedelta(minutes=1)
SEED = 20261126
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
DAYS = "sun mon tue wed thu fri sat".split()


def values(field, least, most, names=()):
    """The plain numbers of a field."""
    found = set()
    for item in field.split(","):
        if re.search("[LW#]", item):
            continue
        body, _, step = item.partition("/")
        for at, name in enumerate(names):
            body = re.sub(rf"\b{name}\b", str(at + least), body, flags=re.I)
        if body == "*":
            low, high = least, most
        elif "-" in body:
            low, high = map(int, body.split("-"))
        else:
            low = high = int(body)
        found.update(range(low, high + 1, int(step or 1)))
    return found


def workday_near(year, month, day):
    last = calendar.monthrange(year, month)[1]
    if day > last:
        return None
    candidates = [d for d in range(1, last + 1) if datetime.date(year, month, d).weekday() < 5]
    # the nearest; of a Saturday Friday, of a Sunday Monday: never equally near
    return min(candidates, key=lambda d: abs(d - day))


class Rule:
    def __init__(self, text):
        self.minute, self.hour, self.day, self.month, self.weekday = text.split()
        self.minutes, self.hours = values(self.minute, 0, 59), values(self.hour, 0, 23)
        self.days, self.months = values(self.day, 1, 31), values(self.month, 1, 12, MONTHS)
        self.weekdays = {d % 7 for d in values(self.weekday, 0, 7 if "7" in self.weekday else 6, DAYS)}
        self.hourly = self.hours == set(range(24))

    def day_fits(self, date):
        last = calendar.monthrange(date.year, date.month)[1]
        fits = date.day in self.days
        for item in self.day.split(","):
            if item == "L":
                fits |= date.day == last
            elif item == "LW":
                fits |= date.day == max(d for d in range(1, last + 1)
                                        if datetime.date(date.year, date.month, d).weekday() < 5)
            elif item.startswith("L-"):
                fits |= date.day == last - int(item[2:])
            elif item.endswith("W"):
                fits |= date.day == workday_near(date.year, date.month, int(item[:-1]))
        return fits

    def weekday_fits(self, date):
        weekday = (date.weekday() + 1) % 7
        fits = weekday in self.weekdays
        for item in self.weekday.split(","):
            name = re.match(r"([a-z]{3}|\d)(#\d|L)$", item)
            if name and (DAYS.index(name[1]) if name[1] in DAYS else int(name[1]) % 7) == weekday:
                if name[2] == "L":
                    fits |= (date + datetime.timedelta(7)).month != date.month
                else:
                    fits |= (date.day + 6) // 7 == int(name[2][1:])
        return fits

    def fits(self, local):
        if not (local.minute in self.minutes and local.hour in self.hours and local.month in self.months):
            return False
        either = not self.day.startswith("*") and not self.weekday.startswith("*")
        day, weekday = self.day_fits(local), self.weekday_fits(local)
        return day or weekday if either else day and weekday


def walk(rule, zone, start, end):
    """Firings in (start, end]: every minute of the world in order, with what the wall shows."""
    found = []
    before = None
    seen = set()
    moment = start.replace(second=0, microsecond=0) - datetime.timedelta(days=2)
    while moment <= end:
        local = moment.astimezone(zone).replace(tzinfo=None)
        fires = rule.fits(local)
        if not rule.hourly:
            if local in seen:
                fires = False  # shown before: the clock was put back
            seen.add(local)
            skipped = before + MINUTE if before is not None and local > before + MINUTE else local
            while not fires and skipped < local:
                fires = rule.fits(skipped)
                skipped += MINUTE
        if fires and moment > start:
            found.append(moment)
        before = local
        moment += MINUTE
    return found


def asked(rule, zone, start, count):
    out = subprocess.run([CLI, "schedule", "preview", rule, "--timezone", zone, "--since",
                          start.strftime("%Y-%m-%dT%H:%M:%SZ"), "--limit", str(count), "--json"],
                         capture_output=True, text=True, timeout=60)
    if out.returncode:
        raise AssertionError(f"{rule}: {out.stderr}")
    return [datetime.datetime.fromisoformat(i["fire_at"].replace("Z", "+00:00"))
            for i in json.loads(out.stdout)["items"]]


def rule_by_chance(dice, often):
    minute = dice.choice(["0", "30", "*/20", "5,35", "7-50/13", "59", "15"])
    hour = dice.choice(["*", "*/2", "2", "1-3", "0,23", "*/7"] if often else ["2", "0", "23", "9", "1,14"])
    day = dice.choice(["*"] * 4 + ["L", "15W", "LW", "1-7", "*/5", "L-3", "31", "1W,31W"])
    month = dice.choice(["*"] * 4 + ["3,10", "mar-nov/2", "feb"] if not often else ["*"])
    weekday = dice.choice(["*"] * 4 + ["mon-fri", "sun", "1#2", "friL", "*/2", "0-7/3", "sat#1,3L"])
    return f"{minute} {hour} {day} {month} {weekday}"


CHANGES = [  # zone, a day near which the clock changes
    ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"), ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"), ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"), ("America/Santiago", "2026-09-06"),
    ("America/Santiago", "2026-04-05"), ("Africa/Cairo", "2026-04-24"), ("Asia/Shanghai", "2026-07-01"),
    ("Pacific/Apia", "2011-12-30"), ("Asia/Kathmandu", "1986-01-01"), ("Africa/Casablanca", "2026-02-15"),
    ("America/Havana", "2026-11-01"), ("UTC", "2028-02-29"),
]


class Oracle(unittest.TestCase):
    def compare(self, text, zone, start, end):
        expected = walk(Rule(text), zoneinfo.ZoneInfo(zone), start, end)
        if not expected:
            return 0
        self.assertEqual(asked(text, zone, start, len(expected)), expected, f"{text} in {zone} from {start}")
        return len(expected)

    def test_around_every_change_of_clocks(self):
        dice = random.Random(SEED)
        firings = 0
        for zone, day in CHANGES:
            middle = datetime.datetime.fromisoformat(day).replace(tzinfo=UTC)
            for _ in range(5):
                start = middle - datetime.timedelta(minutes=dice.randrange(600, 2000))
                firings += self.compare(rule_by_chance(dice, True), zone, start,
                                        middle + datetime.timedelta(days=2))
        self.assertGreater(firings, 500)

    def test_over_months(self):
        dice = random.Random(SEED + 1)
        firings = 0
        for _ in range(6):
            zone, day = dice.choice(CHANGES)
            start = datetime.datetime.fromisoformat(day).replace(tzinfo=UTC) - datetime.timedelta(days=20)
            firings += self.compare(rule_by_chance(dice, False), zone, start,
                                    start + datetime.timedelta(days=60))
        self.assertGreater(firings, 20)

    def test_every_hour_on_some_days_only(self):
        for zone, day in CHANGES[:6]:
            start = datetime.datetime.fromisoformat(day).replace(tzinfo=UTC) - datetime.timedelta(days=1)
            self.compare("*/25 * * * sat,sun", zone, start, start + datetime.timedelta(days=3))


if __name__ == "__main__":
    unittest.main()
