"""Moments of zones as Python's zoneinfo sees them: what tests/unit/base/zone_test.c compares with.

Lines "zone day first offset": a local date in days since 1970-01-01, its first moment in Unix seconds
(of the next date that exists, where that one does not), and the offset then. Found by looking, not by
rules: every minute around midnight is turned into a local date.
"""
import datetime
import zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
# Gaps and folds at midnight, a day that never was, half-hour summer time, a rule that ends with no
# table, negative summer time, and the plain ones.
ZONES = ("America/Sao_Paulo", "America/Havana", "America/Asuncion", "America/St_Johns", "Asia/Beirut",
         "Asia/Amman", "Asia/Gaza", "Pacific/Apia", "Pacific/Kwajalein", "Australia/Lord_Howe",
         "America/Goose_Bay", "Europe/Dublin", "Africa/Casablanca", "Asia/Tehran", "Asia/Kathmandu",
         "America/New_York", "America/Scoresbysund", "Atlantic/Azores", "Asia/Shanghai", "Africa/Cairo")


def local(zone, seconds):
    return (EPOCH + datetime.timedelta(seconds=seconds)).astimezone(zone)


def day_of(zone, seconds):
    return (local(zone, seconds).replace(tzinfo=None) - datetime.datetime(1970, 1, 1)).days


def first_moment(zone, day):
    before = local(zone, day * 86400 - 30 * 3600).utcoffset().total_seconds()
    at = day * 86400 - int(before) - 3 * 3600
    if day_of(zone, at) >= day:  # the clock jumped a whole day
        at -= 86400
    assert day_of(zone, at) < day, (zone, day)
    while day_of(zone, at) < day:
        at += 60
    return at


def changes(zone, years):
    """The days around which the offset changes."""
    for year in years:
        begin = int((datetime.datetime(year, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
        before = local(zone, begin).utcoffset()
        for day in range(1, 367):
            offset = local(zone, begin + day * 86400).utcoffset()
            if offset != before:
                yield day_of(zone, begin + day * 86400)
            before = offset


def main():
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        years = list(range(1985, 2027, 1)) + [2038, 2050, 2099]
        days = {d + k for d in changes(zone, years) for k in (-1, 0, 1)}
        days |= {15000, 20000, 25000, 45000}
        for day in sorted(days):
            first = first_moment(zone, day)
            print(name, day, first, int(local(zone, first).utcoffset().total_seconds()))


main()
