#!/usr/bin/python3
"""make_sales.py OUT.csv - eighteen months of orders of a small hardware shop, January 2025 to June 2026.

13,581 rows, the same bytes every time. It has what real exports have: a byte order mark, names
with commas and quotes, returns as negative quantities, rows without a region, and a few broken rows.
"""
import csv
import datetime
import sys

from dice import Dice

PRODUCTS = [
    ("K-100", 'Keyboard "Classic", wired', 39.90, 14),
    ("K-210", "Keyboard, wireless", 74.50, 9),
    ("M-020", "Mouse", 17.25, 20),
    ("M-330", "Trackball", 59.00, 4),
    ("D-240", '24" display', 189.00, 8),
    ("D-270", '27" display', 289.00, 6),
    ("C-001", "USB-C cable, 1 m", 8.95, 25),
    ("H-400", "Headset", 64.80, 9),
    ("S-512", "SSD 512 GB", 71.40, 7),
    ("P-900", "显示器支架", 45.00, 5),
]
REGIONS = [("North", 30), ("South", 24), ("East", 21), ("West", 18), ("华东", 5), ("", 2)]
CHANNELS = [("web", 70), ("shop", 22), ("phone", 8)]
FIRST, LAST = datetime.date(2025, 1, 1), datetime.date(2026, 6, 30)


def orders_of(day, dice):
    """More in winter and from year to year, fewer on Sundays."""
    base = 24 + (8 if day.month in (11, 12) else 0) + (4 if day.year == 2026 else 0)
    return max(1, base + dice.between(-6, 6) - (9 if day.weekday() == 6 else 0))


def row_of(day, number, dice):
    sku, name, price, _ = dice.weighted([(p, p[3]) for p in PRODUCTS])
    quantity = dice.weighted([(1, 70), (2, 18), (3, 7), (5, 3), (10, 2)])
    if dice.chance(0.02):
        quantity = -1
    discount = dice.weighted([(0, 80), (5, 12), (10, 6), (20, 2)])
    return [day.isoformat(), f"S{number:06d}", dice.weighted(REGIONS), dice.weighted(CHANNELS),
            sku, name, quantity, f"{price:.2f}", discount]


def broken(row, dice):
    """One in a thousand rows is as people leave them: no price, a word as number, a wrong date."""
    row = list(row)
    column, value = dice.pick([(7, ""), (6, "two"), (0, "31.02.2026")])
    row[column] = value
    return row


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n", 1)[0])
    dice = Dice(20260301)
    number = 0
    with open(sys.argv[1], "w", encoding="utf-8-sig", newline="") as out:
        table = csv.writer(out)
        table.writerow(["date", "order", "region", "channel", "sku", "product",
                        "quantity", "unit_price", "discount_percent"])
        day = FIRST
        while day <= LAST:
            for _ in range(orders_of(day, dice)):
                number += 1
                row = row_of(day, number, dice)
                table.writerow(broken(row, dice) if dice.chance(0.001) else row)
            day += datetime.timedelta(days=1)


if __name__ == "__main__":
    main()
