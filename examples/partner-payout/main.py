"""Pay the partner. The interface exists; this tenant may not use it."""
import json
import sys

import execgov


def main():
    given = json.load(sys.stdin)
    answer = execgov.http("partner.payouts_create", json={"amount_minor": given["amount_minor"]})
    print(json.dumps({"status": answer.status}))


if __name__ == "__main__":
    main()
