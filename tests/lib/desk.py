"""desk - a partner whose every answer a test says, and that remembers whole requests.

    desk = Desk(stack)                                   # listens on loopback, which is opened for resources
    desk.answer = lambda seen: (200, {"ok": True}, {})   # status, body (JSON, or bytes as they are), headers; None: it hangs up
    desk.seen                                            # [Seen], in order
    desk.resource("orders", {"style": "bearer"}, "s3cret")   # a resource of it, granted to everybody
"""
import dataclasses
import http.server
import json
import threading


@dataclasses.dataclass
class Seen:
    method: str
    path: str  # with its query
    headers: dict  # names in lower case
    body: bytes


class Desk:
    def __init__(self, stack, context=None, network="127.0.0.0/8"):
        """`context`: it speaks TLS only, with that certificate."""
        self.stack, self.seen, self.ids = stack, [], {}
        self.answer = lambda seen: (200, {"path": seen.path}, {})
        desk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                desk.seen.append(seen)
                answer = desk.answer(seen)
                if answer is None:
                    self.close_connection = True
                    return
                status, said, headers = answer
                said = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", "Content-Length": str(len(said)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(said)

            do_GET = do_HEAD = do_POST = take  # pylint: disable=invalid-name

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.base = f"{'https' if context else 'http'}://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.ok("POST", "/v1/platform/open-networks", {
            "purpose": "resource", "network": network, "comment": "the tests' desk"})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def ok(self, method, path, body=None):
        reply = self.stack.api(method, path, body, "pat")
        assert reply.status in (200, 201, 204), reply.body.decode()
        return reply.json

    def credential(self, name, value):
        """Made, and looked for in everything that is kept when the stack stops."""
        self.ok("POST", "/v1/platform/credentials", {"name": name, "value": value})
        for part in [value] if isinstance(value, str) else [v for k, v in value.items() if k in ("password", "secret", "client_secret")]:
            self.stack.canary.watch(f"the credential {name}", part)

    def resource(self, name, auth, value=None, grant=None, **definition):
        """A resource, with a credential of its own name where it needs one; its id."""
        if value is not None:
            self.credential(name, value)
        definition = {"base_url": self.base, "auth": auth, "attempts": 1, "operations": [
            {"name": "read", "method": "GET", "path": "/read", "parameters": {"q": {"type": "string"}}},
            {"name": "send", "method": "POST", "path": "/send", "body": True, "allowed": True, "risk": "low"}]} | definition
        made = self.ok("POST", "/v1/platform/http-resources", {
            "name": name, "definition": definition, **({"credential": name} if value is not None else {})})
        self.ids[name] = made["id"]
        self.grant(name, **(grant or {}))
        return made["id"]

    def grant(self, name, **more):
        self.ok("POST", f"/v1/platform/http-resources/{self.ids[name]}/grants", {"everybody": True, **more})

    def rotate(self, name, value):
        items = self.ok("GET", f"/v1/platform/credentials?q={name}")["items"]
        found = next(item["id"] for item in items if item["name"] == name)
        self.ok("POST", f"/v1/platform/credentials/{found}/rotate", {"value": value})
