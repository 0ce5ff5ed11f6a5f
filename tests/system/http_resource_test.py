"""HTTP resources as the platform configures them and as a tenant sees them."""
import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import openapi  # noqa: E402
from loop import Case  # noqa: E402
from stack import BUILD, Stack, until  # noqa: E402

PATH = "/v1/platform/http-resources"
DEFINITION = {
    "base_url": "https://partner.example/api/", "auth": {"style": "bearer"}, "summary": "Orders of the partner",
    "idempotency_header": "Idempotency-Key",
    "operations": [
        {"name": "orders_list", "method": "GET", "path": "/orders", "parameters": {"status": {"type": "string"}}},
        {"name": "orders_create", "method": "POST", "path": "/orders", "body": True, "allowed": True},
        {"name": "orders_delete", "method": "DELETE", "path": "/orders/{id}", "parameters": {"id": {"type": "integer"}}},
    ],
}


@contextlib.contextmanager
def listening(answer):
    """A server of this machine: its port, and what came to it; answer(path) is (status, body)."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(("GET", self.path, self.headers["Authorization"]))
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], seen
        server.shutdown()


def setUpModule():
    Case.stack = Stack(processes=("api", "egress"))
    reply = Case.stack.api("POST", "/v1/platform/credentials", {"name": "partner", "value": "canary-41"}, "pat")
    assert reply.status == 201, reply.body


def tearDownModule():
    Case.stack.stop()


class Resources(Case):
    def make(self, name, definition=None, credential="partner"):
        body = {"name": name, "definition": definition or DEFINITION, "credential": credential}
        return self.ok(self.api("POST", PATH, body, "pat"), 201)

    def dry(self, made, **wish):
        return self.ok(self.api("POST", f"{PATH}/{made['id']}/dry-run", wish, "pat"))

    def test_a_definition_is_completed_and_kept_with_its_history(self):
        made = self.make("kept")
        definition = made["definition"]
        self.assertEqual(definition["base_url"], "https://partner.example/api")
        self.assertEqual([o["allowed"] for o in definition["operations"]], [True, True, False])
        self.assertEqual([o["risk"] for o in definition["operations"]], ["low", "high", "high"])
        changed = self.ok(self.api("PUT", f"{PATH}/{made['id']}", {
            "name": "kept", "credential": "partner", "enabled": False, "definition": definition}, "pat", If_Match='"1"'))
        self.assertEqual((changed["revision"], changed["enabled"]), (2, False))
        self.refused(self.api("PUT", f"{PATH}/{made['id']}", {
            "name": "kept", "credential": "partner", "definition": definition}, "pat", If_Match='"1"'),
            412, "precondition_failed")
        self.assertEqual(self.stack.sql("select count(*) from public.http_resource_version "
                                        f"where resource_id = '{made['id']}'"), [["2"]])
        self.refused(self.api("POST", PATH, {"name": "kept", "credential": "partner", "definition": DEFINITION}, "pat"),
                     409, "conflict")
        self.assertEqual(self.api("DELETE", f"{PATH}/{made['id']}", token="pat").status, 204)
        self.refused(self.api("GET", f"{PATH}/{made['id']}", token="pat"), 404, "not_found")

    def test_what_is_wrong_in_a_definition_is_named(self):
        wrong = {"base_url": "https://x.example", "auth": {"style": "bearer"}, "colour": 1,
                 "operations": [{"name": "a", "method": "GET", "path": "/{b}"}]}
        problem = self.refused(self.api("POST", PATH, {"name": "wrong", "credential": "partner", "definition": wrong},
                                        "pat"), 422, "invalid_input")
        self.assertLessEqual({"/definition/colour", "/definition/operations/0/path"},
                             {e["path"] for e in problem["errors"]})
        for body in ({"name": "wrong", "definition": DEFINITION},
                     {"name": "wrong", "credential": "missing", "definition": DEFINITION}):
            self.refused(self.api("POST", PATH, body, "pat"), 422, "invalid_input")

    def test_a_dry_run_shows_the_request_without_the_credential_and_sends_nothing(self):
        made = self.make("dry")
        shown = self.dry(made, operation="orders_create", body={"sku": "a"})
        self.assertTrue(shown["allowed"])
        self.assertEqual(shown["request"]["url"], "https://partner.example/api/orders")
        self.assertEqual(shown["request"]["headers"]["Authorization"], "Bearer ••••")
        self.assertTrue(shown["confirmation"]["required"])
        self.assertEqual((shown["sent"], shown["credential"]), (False, {"name": "partner", "style": "bearer"}))
        refused = self.dry(made, operation="orders_delete", parameters={"id": 7})
        self.assertEqual((refused["allowed"], refused["code"]), (False, "write_not_whitelisted"))
        refused = self.dry(made, method="GET", url="https://partner.example/api/%2e%2e/admin")
        self.assertEqual((refused["allowed"], refused["code"]), (False, "address_refused"))
        self.refused(self.api("POST", f"{PATH}/{made['id']}/dry-run", {}, "pat"), 422, "invalid_input")

    def test_a_tenant_sees_what_it_was_granted_and_its_neighbour_does_not(self):
        made = self.make("granted")
        tenant = self.stack.tenants["Harbour Hardware"]["id"]
        self.ok(self.api("POST", f"{PATH}/{made['id']}/grants", {"tenants": [tenant], "rate_per_minute": 30}, "pat"), 201)
        mine = self.ok(self.api("GET", "/v1/http-resources", token="olivia"))["items"]
        self.assertEqual([(r["name"], r["auth"], r["rate_per_minute"]) for r in mine], [("granted", "bearer", 30)])
        self.assertEqual([(o["name"], o["write"], o["allowed"]) for o in mine[0]["operations"]],
                         [("orders_list", False, True), ("orders_create", True, True), ("orders_delete", True, False)])
        self.assertEqual(self.ok(self.api("GET", "/v1/http-resources", token="lin"))["items"], [])
        grants = self.ok(self.api("GET", f"{PATH}/{made['id']}/grants", token="pat"))["items"]
        self.assertEqual(self.api("DELETE", f"{PATH}/{made['id']}/grants/{grants[0]['id']}", token="pat").status, 204)
        self.assertEqual(self.ok(self.api("GET", "/v1/http-resources", token="olivia"))["items"], [])

    def test_a_grant_for_everybody_a_list_an_unknown_tenant_and_the_past(self):
        made = self.make("open")
        grants = f"{PATH}/{made['id']}/grants"
        tenants = [t["id"] for t in self.stack.tenants.values()]
        self.assertEqual(len(self.ok(self.api("POST", grants, {"tenants": tenants}, "pat"), 201)["items"]), 2)
        self.ok(self.api("POST", grants, {"everybody": True}, "pat"), 201)
        self.assertEqual(len(self.ok(self.api("GET", grants, token="pat"))["items"]), 3)
        for body in ({}, {"tenants": []}, {"tenants": tenants, "everybody": True}, {"tenants": ["x"]},
                     {"tenants": [made["id"]]}, {"tenants": tenants, "credential": "missing"},
                     {"everybody": True, "expires_at": "2020-01-01T00:00:00.000000Z"}):
            self.refused(self.api("POST", grants, body, "pat"), 422, "invalid_input")
        self.api("DELETE", f"{PATH}/{made['id']}", token="pat")

    def test_a_grant_for_an_edition_reaches_who_has_it_while_he_has_it(self):
        made = self.make("by-edition")
        grants = f"{PATH}/{made['id']}/grants"
        self.ok(self.api("POST", grants, {"editions": ["team-monthly"], "rate_per_minute": 7}, "pat"), 201)
        shown = self.ok(self.api("GET", grants, token="pat"))["items"][0]
        self.assertEqual((shown["edition"], shown["tenant"], shown["rate_per_minute"]), ("team-monthly", None, 7))

        def rates(person):
            items = self.ok(self.api("GET", "/v1/http-resources", token=person))["items"]
            return [r["rate_per_minute"] for r in items if r["name"] == "by-edition"]

        self.assertEqual((rates("olivia"), rates("lin")), ([], []))
        tenant = self.stack.tenants["Harbour Hardware"]["id"]
        self.subscribe(tenant, "team-monthly")
        self.assertEqual((rates("olivia"), rates("lin")), ([7], []))
        self.ok(self.api("POST", grants, {"everybody": True, "rate_per_minute": 8}, "pat"), 201)
        self.assertEqual((rates("olivia"), rates("lin")), ([7], [8]), "its edition's goes before everybody's")
        self.ok(self.api("POST", grants, {"tenants": [tenant], "rate_per_minute": 9}, "pat"), 201)
        self.assertEqual(rates("olivia"), [9], "its own goes before its edition's")
        self.stack.sql(f"delete from public.http_grant where resource_id = '{made['id']}' and edition is null")
        self.stack.sql(f"update public.subscription set state = 'shutdown' where tenant_id = '{tenant}'")
        self.assertEqual(rates("olivia"), [], "the subscription has ended")
        for body in ({"editions": []}, {"editions": ["no-such-edition"]}, {"editions": ["'; --"]},
                     {"editions": ["team-monthly"], "everybody": True}):
            self.refused(self.api("POST", grants, body, "pat"), 422, "invalid_input")
        self.api("DELETE", f"{PATH}/{made['id']}", token="pat")

    def subscribe(self, tenant, edition):
        """A subscription in force, as one that was paid for leaves it."""
        self.stack.sql(f"""
            with customer as (insert into public.customer (id, kind, name) values (gen_random_uuid(), 'company', 'Acme')
                returning id)
            insert into public.subscription (id, customer_id, tenant_id, edition_version, state, tz)
            select gen_random_uuid(), c.id, '{tenant}', v.id, 'active', 'UTC'
            from customer c, public.edition_version v where v.edition = '{edition}' limit 1""")

    def test_a_used_credential_cannot_be_deleted(self):
        self.make("user-of-it")
        items = self.ok(self.api("GET", "/v1/platform/credentials?q=partner", token="pat"))["items"]
        self.refused(self.api("DELETE", f"/v1/platform/credentials/{items[0]['id']}", token="pat"), 409, "conflict")

    def test_internal_networks_are_opened_one_by_one_and_audited(self):
        path = "/v1/platform/open-networks"
        body = {"purpose": "resource", "network": "127.0.0.0/8", "comment": "a partner on this machine"}
        made = self.ok(self.api("POST", path, body, "pat"), 201)
        self.refused(self.api("POST", path, body, "pat"), 409, "conflict")
        for network in ("loopback", "10.0.0.1", "10.0.0.1/8", "x/8", "10.0.0.0/8,11.0.0.0/8"):
            self.refused(self.api("POST", path, body | {"network": network}, "pat"), 422, "invalid_input")
        self.assertEqual(self.api("DELETE", f"{path}/{made['id']}", token="pat").status, 204)
        actions = [row["action"] for row in self.ok(self.api("GET", "/v1/platform/audit?kind=resource", token="pat"))["items"]]
        self.assertLessEqual({"network.opened", "network.closed"}, set(actions))


class Probe(Case):
    """The one read that a definition names, sent once, as an act of the platform that is audited."""

    def make(self, name, base_url, probe="status", auth="bearer"):
        definition = {"base_url": base_url, "auth": {"style": auth}, "probe": probe, "attempts": 5, "operations": [
            {"name": "status", "method": "GET", "path": "/status"},
            {"name": "orders_create", "method": "POST", "path": "/orders", "body": True, "allowed": True}]}
        return self.api("POST", PATH, {"name": name, "definition": definition, "credential": "partner"}, "pat")

    def probe(self, made, token="pat"):
        return self.api("POST", f"{PATH}/{made['id']}/probe", token=token)

    def audited(self, made):
        return [row["detail"] for row in self.ok(self.api("GET", "/v1/platform/audit?kind=resource", token="pat"))["items"]
                if row["action"] == "resource.probed" and row["subject"]["id"] == made["id"]]

    def test_an_answer_is_told_as_whether_and_how_fast_and_nothing_of_what_was_said(self):
        opened = self.ok(self.api("POST", "/v1/platform/open-networks", {
            "purpose": "resource", "network": "127.0.0.0/8", "comment": "the partner of this test"}, "pat"), 201)
        self.addCleanup(self.api, "DELETE", f"/v1/platform/open-networks/{opened['id']}", token="pat")
        with listening(lambda path: (200, b"a secret of the partner")) as (port, seen):
            made = self.ok(self.make("probed", f"http://127.0.0.1:{port}"), 201)

            def first():
                shown = self.ok(self.probe(made))
                return shown["ok"] and shown  # the network is open within two seconds
            shown = until(first, what="the network being open")
            self.assertEqual((shown["status"], shown["operation"], shown["code"]), (200, "status", None))
            self.assertEqual(shown["answer_bytes"], len(b"a secret of the partner"))
            self.assertNotIn("secret of the partner", json.dumps(shown))
            self.assertEqual(seen[-1], ("GET", "/status", "Bearer canary-41"))
        self.assertGreaterEqual(len(self.audited(made)), 1)
        self.assertEqual(self.audited(made)[0], {"name": "probed", "operation": "status"})
        with listening(lambda path: (503, b"")) as (port, seen):
            made = self.ok(self.make("ailing", f"http://127.0.0.1:{port}"), 201)
            shown = self.ok(self.probe(made))
            self.assertEqual((shown["ok"], shown["status"], len(seen)), (False, 503, 1), "it is sent once")
        down = self.ok(self.probe(made))
        self.assertEqual((down["ok"], down["status"], down["code"]), (False, None, "resource_unavailable"))

    def test_an_inner_address_is_refused_and_nothing_is_sent(self):
        with listening(lambda path: (200, b"")) as (port, seen):
            made = self.ok(self.make("inner", f"http://localhost.localdomain.invalid:{port}"), 201)
            self.assertEqual(self.ok(self.probe(made))["code"], "resource_unavailable")
            made = self.ok(self.make("metadata", "http://169.254.169.254"), 201)
            self.assertEqual(self.ok(self.probe(made))["code"], "address_refused")
            self.assertEqual(seen, [])

    def test_what_cannot_be_probed(self):
        self.refused(self.make("wrong-probe", "https://x.example", "orders_create"), 422, "invalid_input")
        made = self.ok(self.make("silent", "https://x.example", None), 201)
        problem = self.refused(self.probe(made), 409, "conflict")
        self.assertIn("probe", problem["detail"])
        self.assertEqual(self.audited(made), [], "nothing was done")
        for who in ("olivia", "oscar", "vera"):
            self.refused(self.probe(made, who), 404, "not_found")


class CommandLine(Case):
    OPENAPI = {"openapi": "3.1.0", "servers": [{"url": "https://shop.example/v2"}], "paths": {"/pets/{petId}": {
        "parameters": [{"name": "petId", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "get": {"operationId": "getPet", "summary": "One pet"},
        "delete": {"operationId": "deletePet"}}, "/pets": {"post": {"requestBody": {}}}}}

    def cli(self, *words, status=0, text=""):
        done = subprocess.run(
            [BUILD / "bin/execgov", *words, "--json"], input=text.encode(), capture_output=True, timeout=120,
            check=False, env={**os.environ, "EXECGOV_URL": f"http://127.0.0.1:{self.stack.ports['api']}",
                              "EXECGOV_TOKEN": self.stack.tokens["pat"],
                              "EXECGOV_CONFIG_DIR": str(self.stack.folder / "cli")})
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def test_a_document_becomes_a_draft_that_can_be_put_granted_and_tried(self):
        draft = self.cli("resource", "import", "-", text=json.dumps(self.OPENAPI))
        self.assertEqual(self.cli("resource", "import", "-", text=yaml.safe_dump(self.OPENAPI, sort_keys=False)), draft)
        self.assertEqual({o["name"]: o["allowed"] for o in draft["operations"]},
                         {"get_pet": True, "delete_pet": False, "post_pets": False})
        made = self.cli("resource", "put", "pets", "-", text=json.dumps(draft))
        self.assertEqual(made["revision"], 1)
        self.assertEqual(self.cli("resource", "put", "pets", "-", text=json.dumps(made["definition"]))["revision"], 2)
        self.cli("resource", "grant", "pets", "--everybody")
        shown = self.cli("resource", "dry-run", "pets.get_pet", "petId:=7")
        self.assertEqual(shown["request"]["url"], "https://shop.example/v2/pets/7")
        self.assertEqual(self.cli("resource", "dry-run", "pets.delete_pet", "petId:=7", status=4)["code"],
                         "write_not_whitelisted")
        self.assertEqual(self.cli("resource", "grant", "pets", "--edition", "team-monthly,team-yearly")["items"][0]["tenant"],
                         None)
        self.cli("resource", "grant", "pets", "--edition", "team-monthly", "--everybody", status=2)
        self.cli("resource", "probe", "pets", status=4)
        self.assertIn("pets", [r["name"] for r in self.cli("resource", "ls")["items"]])
        self.cli("resource", "import", "-", text="{}", status=2)
        self.cli("resource", "import", "-", text="openapi: [3.1", status=2)
        self.api("DELETE", f"{PATH}/{made['id']}", token="pat")


class Tenants(Case):
    """Whoever belongs to a tenant can neither configure nor dry-run: for each route of the document."""

    def test_every_platform_route_of_resources_is_not_there_for_any_role(self):
        document = openapi.Contract.load().document
        tried = 0
        for path, item in document["paths"].items():
            if not path.startswith(("/v1/platform/http-resources", "/v1/platform/credential",
                                    "/v1/platform/open-networks")):
                continue
            for method in ("get", "post", "put", "delete"):
                if method not in item:
                    continue
                real = path.replace("{id}", "0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01").replace(
                    "{grant}", "0190c2f0-6d0a-7c11-8c8e-2f1f6a1e9c01")
                for who in ("olivia", "adam", "oscar", "arun", "fiona", "audrey", "vera"):
                    self.refused(self.api(method.upper(), real, {} if method in ("post", "put") else None, who),
                                 404, "not_found")
                    tried += 1
        self.assertGreaterEqual(tried, 7 * 19)

    def test_the_ledger_is_read_only(self):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            self.refused(self.api(method, "/v1/http-resources", {}, "olivia"), 405, "method_not_allowed")


if __name__ == "__main__":
    unittest.main()
