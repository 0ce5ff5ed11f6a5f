"""Count the partner's orders by article. Written for anywhere: nothing in it knows of ExecGov."""
import collections
import json
import os
import sys
import urllib.parse
import urllib.request

BASE = os.environ.get("PARTNER_URL", "http://127.0.0.1:8090/v1")


def main():
    status = json.load(sys.stdin).get("status")
    query = "?" + urllib.parse.urlencode({"status": status}) if status else ""
    with urllib.request.urlopen(f"{BASE}/orders{query}", timeout=10) as answer:
        orders = json.load(answer)
    pieces = collections.Counter()
    for order in orders:
        pieces[order["sku"]] += order["quantity"]
        print(f"order {order['id']}: {order['quantity']} x {order['sku']} ({order['status']})")
    print(json.dumps({"orders": len(orders), "pieces": dict(sorted(pieces.items()))}))


if __name__ == "__main__":
    main()
