#!/usr/bin/python3
"""make_archive.py OUT.tar.gz - a team's export folder: 60 files, written between 2024 and March 2026.

The same bytes every time (fixed times and owners). Some names have spaces or Chinese characters.
"""
import datetime
import gzip
import io
import sys
import tarfile

from dice import Dice

FOLDERS = ["exports", "exports/daily", "logs", "临时文件", "invoices"]
NAMES = ["report {n}.csv", "debug-{n}.log", "导出_{n}.txt", "backup-{n}.bin"]
NEWEST = datetime.date(2026, 3, 31)


def add_file(archive, name, text, day):
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mtime = int(datetime.datetime(day.year, day.month, day.day, 12,
                                        tzinfo=datetime.timezone.utc).timestamp())
    archive.addfile(entry, io.BytesIO(data))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n", 1)[0])
    dice = Dice(20260331)
    with open(sys.argv[1], "wb") as out, \
            gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for number in range(60):
            name = f"{dice.pick(FOLDERS)}/{dice.pick(NAMES).replace('{n}', str(number))}"
            day = NEWEST - datetime.timedelta(days=dice.below(720))
            add_file(archive, name, f"line of {name}\n" * dice.between(1, 400), day)


if __name__ == "__main__":
    main()
