"""chaos_effects - orders at the partner during a storm, and whether his books say what ours say.

    orders = Orders(world)        # the partner, and a skill that orders
    orders.place(tenant)          # a run that makes one order, which nobody confirms
    orders.faults(seconds)        # afterwards
"""
import collections
import json
import threading
import time
import urllib.request

import chaos
import partner
import skills

SKILL = {
    "README.md": "# Order\n\nOrders what it is told to.\n",
    "main.py": '''import json, sys
import execgov
given = json.load(sys.stdin)
answer = execgov.http("partner.orders_create", json={"sku": given["sku"]})
print(json.dumps({"order": answer.json()["id"]}))
''',
    "skill.json": json.dumps({"name": "order", "description": "Orders what it is told to.", "actions": [
        {"name": "run", "title": "Order", "entry": "main.py", "resources": ["partner", "partner.orders_create"],
         "timeout_s": 60, "input": {"type": "object", "required": ["sku"], "properties": {
             "sku": {"type": "string", "maxLength": 40}}}}]}),
}


class Orders:
    def __init__(self, world):
        self.world, self.lock, self.count = world, threading.Lock(), 0
        self.placed = []  # (tenant, run, sku)
        self.partner = partner.Partner(world)
        # No person stands in its way, or every storm would be short of orders.
        self.partner.change(operations=[o | {"risk": "low"} if o["name"] == "orders_create" else o
                                        for o in self.partner.definition["operations"]])
        for tenant in chaos.TENANTS:
            skills.publish(world, [(tenant, "order", SKILL)])

    def place(self, tenant, patience=90):
        with self.lock:
            self.count += 1
            sku = f"STORM-{self.count}"
        body = {"skill": "order", "action": "run", "input": {"sku": sku}}
        run = self.world.until_answered(tenant, "POST", "/v1/runs", body, patience)["id"]
        with self.lock:
            self.placed.append((tenant, run, sku))

    def books(self):
        """The partner's: {sku: orders of it}."""
        asked = urllib.request.Request(f"{self.partner.base}/orders", headers={"Authorization": f"Bearer {partner.TOKEN}"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return collections.Counter(order["sku"] for order in json.load(answer))

    def ours(self):
        """{run: (how it ended or None, [state of each effect])}"""
        found = {}
        for tenant in chaos.TENANTS:
            schema = self.world.schema_of(tenant)
            for run, state, effects in self.world.sql(
                    f"select j.id, coalesce(o.state, ''), coalesce((select string_agg(e.state, ' ') from {schema}.effect e where "
                    f"e.job_id = j.id), '') from {schema}.job j left join {schema}.job_outcome o on o.job_id = j.id where "
                    "j.payload ->> 'skill' = 'order'"):
                found[run] = (state or None, effects.split())
        return found

    def faults(self, seconds=90):
        mine, deadline = {run for _, run, _ in self.placed}, time.monotonic() + seconds
        ours = self.ours()
        while any(ours[run][0] is None for run in mine & set(ours)) and time.monotonic() < deadline:
            time.sleep(0.3)
            ours = self.ours()
        return book_faults(self.placed, ours, self.books())


def book_faults(placed, ours, books):
    """An effect is made once; what is said to be done was, and what is said to have failed was not. Nothing else is known of
    one that is `unknown`, or of a run that ended before it knew."""
    wrong = []
    for tenant, run, sku in placed:
        ended, effects = ours.get(run, (None, []))
        made = books[sku]
        said = f"{run} of {tenant} ({ended}, effects {effects}) was ordered {made} times"
        if ended is None or made > 1:
            wrong.append(f"effect: {said}")
        if ("done" in effects or ended == "succeeded") and made == 0:
            wrong.append(f"effect: done and not there: {said}")
        if made and set(effects) <= {"failed"}:
            wrong.append(f"effect: there, and nobody says so: {said}")
        if "started" in effects and ended == "succeeded":
            wrong.append(f"effect: succeeded in the middle of an effect: {said}")
    return wrong
