#!/usr/bin/python3
"""make_ledger.py OUT.xlsx - 客户台账: 120 customers with contract dates and yearly fees, headers in Chinese.

Needs openpyxl (Debian: python3-openpyxl). The same bytes every time: the workbook is packed again with
fixed times, because openpyxl stamps the hour of saving into it.
"""
import datetime
import io
import sys
import zipfile

import openpyxl

from dice import Dice

HEADERS = ["客户编号", "客户名称", "联系人", "电话", "签约日期", "到期日期", "年费（元）", "状态"]
CITIES = ["上海", "北京", "杭州", "深圳", "成都", "武汉"]
TRADES = ["机械", "软件", "物流", "食品", "医药", "纺织"]
FAMILY = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄"]
GIVEN = ["伟", "芳", "娜", "敏", "静", "磊", "洋", "艳"]


def customer(number, dice):
    signed = datetime.date(2022, 1, 1) + datetime.timedelta(days=dice.below(1500))
    ends = signed.replace(year=2026 + dice.below(2), day=min(signed.day, 28))
    return [f"KH{number:04d}", f"{dice.pick(CITIES)}{dice.pick(TRADES)}有限公司",
            dice.pick(FAMILY) + dice.pick(GIVEN), f"139{dice.below(10**8):08d}",
            signed, ends, dice.between(8, 120) * 1000,
            dice.weighted([("正常", 85), ("暂停", 9), ("终止", 6)])]


def repacked(data):
    """The same archive with the earliest time a zip can hold on every entry."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, \
            zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "docProps/core.xml":
                new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
            else:
                new.writestr(zipfile.ZipInfo(name), CORE, zipfile.ZIP_DEFLATED)
    return result.getvalue()


CORE = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>ExecGov examples</dc:creator></cp:coreProperties>
"""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n", 1)[0])
    dice = Dice(20260401)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "客户台账"
    sheet.append(HEADERS)
    for number in range(1, 121):
        sheet.append(customer(number, dice))
    data = io.BytesIO()
    book.save(data)
    with open(sys.argv[1], "wb") as out:
        out.write(repacked(data.getvalue()))


if __name__ == "__main__":
    main()
