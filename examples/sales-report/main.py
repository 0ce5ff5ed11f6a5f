"""sales-report - one month of a sales export as figures, a table and a chart.

Input   {"file": "in/sales.csv", "month": "2026-03"}
Result  totals, the change against the month before, per product and per region
Files   out/sales-2026-03.csv (per product), out/sales-2026-03.svg (revenue by day)

Money is counted in cents (a line is quantity x price less discount, rounded half up), so that totals
add up. A row that cannot be read is counted and reported, not guessed.
"""
import calendar
import csv
import datetime
import decimal
import json
import os
import pathlib
import sys
from xml.sax.saxutils import escape

CENT = decimal.Decimal("0.01")
COLUMNS = {  # what the export may call a column
    "date": ("date", "order date", "日期"),
    "order": ("order", "order id", "order_id", "订单号"),
    "region": ("region", "地区"),
    "product": ("product", "产品", "商品"),
    "quantity": ("quantity", "qty", "数量"),
    "unit_price": ("unit_price", "unit price", "price", "单价"),
    "discount": ("discount_percent", "discount", "折扣"),
}
REQUIRED = ("date", "product", "quantity", "unit_price")


def progress(percent, text):
    print(f"::progress {percent} {text}", file=sys.stderr, flush=True)


def columns_of(header):
    """{our name: index} for the columns this file has; ends the script if one that counts is missing."""
    known = [cell.strip().lower() for cell in header]
    found = {}
    for name, spellings in COLUMNS.items():
        found.update({name: known.index(s) for s in spellings if s in known and name not in found})
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        sys.exit(f"the file has no column {', '.join(missing)}; it has: {', '.join(header)}")
    return found


def line_of(row, at):
    """(date, order, region, product, quantity, cents) of one row; ValueError if it cannot be read."""
    def cell(name, default=""):
        return row[at[name]].strip() if name in at and at[name] < len(row) else default
    try:
        quantity = int(cell("quantity"))
        price = decimal.Decimal(cell("unit_price"))
        discount = decimal.Decimal(cell("discount") or "0")
    except (decimal.InvalidOperation, ValueError) as wrong:
        raise ValueError("a number cannot be read") from wrong
    day = datetime.date.fromisoformat(cell("date"))
    amount = (quantity * price * (100 - discount) / 100).quantize(CENT, decimal.ROUND_HALF_UP)
    return (day, cell("order"), cell("region") or "(none)", cell("product") or "(none)",
            quantity, int(amount * 100))


def read(path):
    """All readable lines, and how many rows were skipped."""
    lines, skipped = [], 0
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        at = columns_of(next(rows, []))
        for row in rows:
            if not any(row):
                continue
            try:
                lines.append(line_of(row, at))
            except ValueError:
                skipped += 1
    return lines, skipped


def month_before(month):
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def totals_by(lines, column):
    """[(name, quantity, cents)] with the largest revenue first."""
    sums = {}
    for line in lines:
        quantity, cents = sums.get(line[column], (0, 0))
        sums[line[column]] = (quantity + line[4], cents + line[5])
    return sorted(((name, *pair) for name, pair in sums.items()), key=lambda row: (-row[2], row[0]))


def money(cents):
    return f"{cents / 100:.2f}"


def write_table(path, products):
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow(["product", "quantity", "revenue"])
        table.writerows([name, quantity, money(cents)] for name, quantity, cents in products)


def write_chart(path, month, lines):
    """One bar a day. Width, height and scale are fixed; the tallest day fills the plot."""
    days = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
    cents = [0] * (days + 1)
    for line in lines:
        cents[line[0].day] += line[5]
    top = max(max(cents), 1)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {days * 24 + 80} 300" '
             f'font-family="sans-serif" font-size="11">',
             f'<text x="60" y="20" font-size="15">{escape(f"Revenue by day, {month}")}</text>',
             f'<text x="54" y="50" text-anchor="end">{money(top)}</text>',
             '<text x="54" y="270" text-anchor="end">0.00</text>',
             f'<path d="M58 46V270H{days * 24 + 62}" fill="none" stroke="#888"/>']
    for day in range(1, days + 1):
        height = max(cents[day], 0) * 224 / top
        parts.append(f'<rect x="{day * 24 + 38}" y="{270 - height:.1f}" width="18" '
                     f'height="{height:.1f}" fill="#3778c2"><title>{month}-{day:02d}: '
                     f'{money(cents[day])}</title></rect>')
        parts.append(f'<text x="{day * 24 + 47}" y="286" text-anchor="middle">{day}</text>')
    path.write_text("\n".join(parts) + "\n</svg>\n", encoding="utf-8")


def summary(month, lines, before, skipped):
    revenue = sum(line[5] for line in lines)
    earlier = sum(line[5] for line in before)
    orders = len({line[1] for line in lines}) or len(lines)
    return {
        "month": month,
        "lines": len(lines),
        "orders": orders,
        "revenue": money(revenue),
        "average_order": money(revenue / orders),
        "returned_lines": sum(1 for line in lines if line[4] < 0),
        "change_percent": round((revenue - earlier) * 100 / earlier, 1) if earlier else None,
        "skipped_rows": skipped,
        "products": [{"name": name, "quantity": quantity, "revenue": money(cents)}
                     for name, quantity, cents in totals_by(lines, 3)],
        "regions": [{"name": name, "revenue": money(cents)}
                    for name, _, cents in totals_by(lines, 2)],
    }


def main():
    given = json.load(sys.stdin)
    month = given["month"]
    progress(10, "reading")
    every, skipped = read(given["file"])
    lines = [line for line in every if line[0].isoformat()[:7] == month]
    if not lines:
        known = sorted({line[0].isoformat()[:7] for line in every})
        reach = f"it covers {known[0]} to {known[-1]}" if known else "it has no readable row"
        sys.exit(f"no sales in {month}: {reach}")
    before = [line for line in every if line[0].isoformat()[:7] == month_before(month)]
    progress(60, "writing")
    out = pathlib.Path("out")
    out.mkdir(exist_ok=True)
    result = summary(month, lines, before, skipped)
    write_table(out / f"sales-{month}.csv", totals_by(lines, 3))
    write_chart(out / f"sales-{month}.svg", month, lines)
    if skipped:
        print(f"{skipped} rows could not be read and were left out", file=sys.stderr)
    pathlib.Path(os.environ["EXECGOV_RESULT"]).write_text(
        json.dumps(result, ensure_ascii=False), encoding="utf-8")
    progress(100, "done")


if __name__ == "__main__":
    main()
