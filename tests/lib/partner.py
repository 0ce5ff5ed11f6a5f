"""partner - the example's partner API for a Stack: started, defined as a resource, granted.

    partner = Partner(stack)           # listens, and the resource `partner` is granted to every tenant
    partner.asked()                    # [{"method", "path", "key"}] as it was asked, in order
"""
import json

import openapi
from stack import free_port, until

TOKEN = "canary-f3b1c8-partner-token"


class Partner:
    def __init__(self, stack, **changes):
        self.stack, self.port = stack, free_port()
        token = stack.folder / "partner.token"
        token.write_text(TOKEN + "\n", encoding="utf-8")
        stack.spawn("partner", ["/usr/bin/python3", "-I", "-B", openapi.ROOT / "examples/partner-api/server.py",
                                self.port, token])
        stack.ready("partner", self._listens)
        self.ok(stack.api("POST", "/v1/platform/open-networks", {
            "purpose": "resource", "network": "127.0.0.0/8", "comment": "the tests' partner"}, "pat"))
        self.ok(stack.api("POST", "/v1/platform/credentials", {"name": "partner", "value": TOKEN}, "pat"))
        stack.canary.watch("the partner's token", TOKEN)
        self.definition = json.loads((openapi.ROOT / "examples/partner-api/resource.json").read_text("utf-8"))
        # Unless a test says otherwise nobody can be asked what became of a write.
        self.definition["operations"] = [{k: v for k, v in o.items() if k != "query"} for o in self.definition["operations"]]
        self.definition |= {"base_url": self.base} | changes
        self.id = self.ok(stack.api("POST", "/v1/platform/http-resources", {
            "name": "partner", "credential": "partner", "definition": self.definition}, "pat"))["id"]
        self.grant()

    def grant(self):
        self.ok(self.stack.api("POST", f"/v1/platform/http-resources/{self.id}/grants", {"everybody": True}, "pat"))

    def withdraw(self):
        grants = self.ok(self.stack.api("GET", f"/v1/platform/http-resources/{self.id}/grants", token="pat"))["items"]
        for grant in grants:
            reply = self.stack.api("DELETE", f"/v1/platform/http-resources/{self.id}/grants/{grant['id']}", token="pat")
            assert reply.status in (200, 204), reply.body

    def also(self, name, value, **changes):
        """Another resource of the same partner, with a credential of its own."""
        self.ok(self.stack.api("POST", "/v1/platform/credentials", {"name": name, "value": value}, "pat"))
        made = self.ok(self.stack.api("POST", "/v1/platform/http-resources", {
            "name": name, "credential": name, "definition": self.definition | changes}, "pat"))
        self.ok(self.stack.api("POST", f"/v1/platform/http-resources/{made['id']}/grants", {"everybody": True}, "pat"))

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/v1"

    @staticmethod
    def ok(reply):
        assert reply.status in (200, 201), reply.body.decode()
        return reply.json

    def _listens(self):
        import socket
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def change(self, **changes):
        """Another definition, in force for the next call."""
        self.definition |= changes
        self.ok(self.stack.api("PUT", f"/v1/platform/http-resources/{self.id}", {
            "name": "partner", "credential": "partner", "definition": self.definition}, "pat"))

    def ask_about_orders(self, **changes):
        """Operations that say how to find out whether an order was made."""
        query = {"operation": "orders_list", "parameters": {"key": {"$key": True}},
                 "done": {"status": [200], "pointer": "/0/id"},
                 "not_done": {"status": [200], "pointer": "", "equals": []}} | changes
        return [o | {"query": query} if o["name"] == "orders_create" else o for o in self.definition["operations"]]

    def asked(self):
        return [json.loads(line) for line in self.stack.log("partner").splitlines() if line.startswith("{")]

    def until_asked(self, count):
        return until(lambda: len(self.asked()) >= count and self.asked(), what=f"{count} requests")
