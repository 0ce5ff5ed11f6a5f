"""客户台账 · customer ledger: who is due for renewal, and how much money that is.

Reads 客户台账.xlsx beside itself and writes 续费提醒.xlsx beside itself: one sheet with the contracts that
end within the next days, one with totals by state. A script as people keep it on their desk: fixed
names, no arguments; {"days": 60, "as_of": "2026-04-01"} on stdin changes the window.
"""
import datetime
import json
import sys

import openpyxl
from openpyxl.styles import Font

LEDGER, REMINDER = "客户台账.xlsx", "续费提醒.xlsx"
NUMBER, NAME, PERSON, PHONE, ENDS, FEE, STATE = (
    "客户编号", "客户名称", "联系人", "电话", "到期日期", "年费（元）", "状态")
ACTIVE = "正常"


def day_of(value):
    """A date cell, or text such as 2026-04-01 or 2026/4/1; None if it is neither."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"):
        try:
            return datetime.datetime.strptime(str(value).strip(), form).date()
        except ValueError:
            pass
    return None


def read_ledger(path):
    """The rows as dictionaries by header."""
    try:
        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    except FileNotFoundError:
        sys.exit(f"没有找到 {path} ({path} is not here)")
    rows = sheet.iter_rows(values_only=True)
    headers = [str(cell or "").strip() for cell in next(rows, ())]
    missing = [name for name in (NUMBER, NAME, ENDS, FEE, STATE) if name not in headers]
    if missing:
        sys.exit(f"{path} 缺少列 (lacks columns): {'、'.join(missing)}")
    return [dict(zip(headers, row)) for row in rows if any(cell is not None for cell in row)]


def due_rows(rows, first, last):
    """Active contracts that end first..last, both included, the earliest first."""
    due = [row for row in rows
           if row[STATE] == ACTIVE and day_of(row[ENDS]) and first <= day_of(row[ENDS]) <= last]
    return sorted(due, key=lambda row: (day_of(row[ENDS]), row[NUMBER]))


def fill(sheet, headers, rows, widths):
    sheet.append(headers)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        sheet.append(row)
    for column, width in zip("ABCDEFGH", widths):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"


def write_reminder(path, due, states, first):
    book = openpyxl.Workbook()
    fill(book.active, [NUMBER, NAME, PERSON, PHONE, ENDS, "剩余天数", FEE],
         [[row[NUMBER], row[NAME], row.get(PERSON), row.get(PHONE), day_of(row[ENDS]),
           (day_of(row[ENDS]) - first).days, row[FEE]] for row in due],
         [12, 24, 10, 14, 12, 10, 12])
    book.active.title = "到期提醒"
    fill(book.create_sheet("汇总"), [STATE, "客户数", "年费合计（元）"],
         [[state, count, fee] for state, (count, fee) in sorted(states.items())], [10, 10, 16])
    book.save(path)


def main():
    given = json.loads(sys.stdin.read() or "{}")
    first = day_of(given["as_of"]) if "as_of" in given else datetime.date.today()
    if first is None:
        sys.exit("as_of 应为日期，例如 2026-04-01 (must be a date)")
    last = first + datetime.timedelta(days=given.get("days", 60))
    rows = read_ledger(LEDGER)
    due = due_rows(rows, first, last)
    states = {}
    for row in rows:
        count, fee = states.get(row[STATE], (0, 0))
        states[row[STATE]] = (count + 1, fee + (row[FEE] or 0))
    write_reminder(REMINDER, due, states, first)
    print(f"{len(rows)} 个客户，{first} 至 {last} 到期 {len(due)} 个")
    print(json.dumps({
        "客户数": len(rows), "到期客户": len(due), "到期年费": sum(row[FEE] or 0 for row in due),
        "最早到期": str(day_of(due[0][ENDS])) if due else None, "文件": REMINDER,
    }, ensure_ascii=False))


if __name__ == "__main__":
    main()
