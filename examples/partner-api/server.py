#!/usr/bin/python3
"""server.py PORT TOKEN_FILE - a partner's order interface, small and real: what HTTP resources are tried on.

    GET  /v1/orders[?status=&key=] the orders; those made under this Idempotency-Key
    GET  /v1/orders/{id}          one; 429 and 503 are answered so when they are asked for the first time, and say for how long
    POST /v1/orders               a new one; the same Idempotency-Key answers the first again. For trying what a
                                  caller does then: SLOW answers late, VANISH is done and never answered, LOST and
                                  LOSTSLOW are not done when they come for the first time, and never answered (the
                                  latter after two seconds), LATE is done a second after the connection has ended
    POST /v1/payouts              money goes out: exists, and is on nobody's whitelist
    GET  /v1/slow?ms=             answers late
    GET  /v1/broken               answers 500
    GET  /v1/garbage              answers what is no HTTP
    GET  /v1/large?bytes=         answers a lot
    GET  /v1/echo                 answers the request's headers
    POST /oauth/token             the token, for the client "execgov" with the token as its secret (RFC 6749, 4.4)
    GET  /health                  needs no token

Everything else needs `Authorization: Bearer <the token in TOKEN_FILE>`. State lives in memory. Listens on
loopback only. Standard library only. What was asked is printed, one JSON line each, without the token.
"""
import base64
import http.server
import json
import pathlib
import sys
import threading
import time
import urllib.parse


class Orders:
    """The partner's books."""

    def __init__(self):
        self.lock = threading.Lock()
        self.items = [{"id": 1, "sku": "LAMP-1", "quantity": 2, "status": "open"},
                      {"id": 2, "sku": "DESK-4", "quantity": 1, "status": "paid"},
                      {"id": 3, "sku": "CHAIR-2", "quantity": 4, "status": "open"}]
        self.answered = {}  # Idempotency-Key -> order
        self.was_busy = set()  # ids that said so once
        self.lost = set()  # SKUs of orders that were lost once

    def create(self, key, wanted):
        with self.lock:
            if key and key in self.answered:
                return self.answered[key], True
            order = {"id": len(self.items) + 1, "sku": wanted["sku"], "quantity": wanted.get("quantity", 1),
                     "status": "open"}
            self.items.append(order)
            if key:
                self.answered[key] = order
            return order, False


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    orders = Orders()
    token = ""

    def answer(self, status, value, **headers):
        body = json.dumps(value, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        print(json.dumps({"method": self.command, "path": self.path, "key": self.headers.get("Idempotency-Key")}),
              flush=True)

    def allowed(self):
        if self.path == "/health" or self.headers.get("Authorization") == f"Bearer {self.token}":
            return True
        self.answer(401, {"error": "who are you?"})
        return False

    def body(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if not self.allowed():
            return
        if url.path == "/health":
            self.answer(200, {"ok": True})
        elif url.path == "/v1/orders":
            status, key = query.get("status"), query.get("key")
            self.answer(200, [o for o in self.orders.items if status in (None, o["status"])
                              and (key is None or self.orders.answered.get(key) is o)])
        elif url.path in ("/v1/orders/429", "/v1/orders/503"):
            status = int(url.path[-3:])
            busy = status not in self.orders.was_busy
            self.orders.was_busy.add(status)
            self.answer(status if busy else 200, {"busy": busy}, **({"Retry_After": "12"} if busy else {}))
        elif url.path.startswith("/v1/orders/"):
            found = [o for o in self.orders.items if str(o["id"]) == url.path.rsplit("/", 1)[1]]
            self.answer(200 if found else 404, found[0] if found else {"error": "no such order"})
        elif url.path == "/v1/slow":
            time.sleep(int(query.get("ms", "1000")) / 1000)
            self.answer(200, {"slow": True})
        elif url.path == "/v1/broken":
            self.answer(500, {"error": "out of order"})
        elif url.path == "/v1/garbage":
            self.close_connection = True
            self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
        elif url.path == "/v1/large":
            self.answer(200, "x" * int(query.get("bytes", "1000000")))
        elif url.path == "/v1/moved":  # a chain of redirects, which ends where `to` says
            hops = int(query.get("hops", "0"))
            there = urllib.parse.quote(query["to"], safe="")
            self.answer(302, {}, Location=f"/v1/moved?hops={hops - 1}&to={there}" if hops else query["to"])
        elif url.path == "/v1/echo":
            self.answer(200, dict(self.headers.items()))
        else:
            self.answer(404, {"error": "nothing here"})

    do_HEAD = do_GET

    def give_token(self):
        """Client credentials in, access token out."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        wanted = "Basic " + base64.b64encode(f"execgov:{self.token}".encode()).decode()
        if self.headers.get("Authorization") == wanted:
            self.answer(200, {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600})
        else:
            self.answer(401, {"error": "invalid_client"})

    def is_lost(self, sku):
        """The first order of it goes astray; the next is one like any other."""
        if sku not in ("LOST", "LOSTSLOW") or sku in self.orders.lost:
            return False
        self.orders.lost.add(sku)
        if sku == "LOSTSLOW":
            time.sleep(2)
        return True

    def do_POST(self):
        if self.path == "/oauth/token":
            self.give_token()
            return
        wanted = self.body()
        if not self.allowed():
            return
        if self.path == "/v1/orders" and self.is_lost(wanted.get("sku")):
            self.close_connection = True
            self.log_message()
        elif self.path == "/v1/orders":
            if wanted.get("sku") == "LATE":
                self.close_connection = True
                self.log_message()
                threading.Timer(1, self.orders.create, (self.headers.get("Idempotency-Key"), wanted)).start()
                return
            order, again = self.orders.create(self.headers.get("Idempotency-Key"), wanted)
            if wanted.get("sku") == "SLOW":
                time.sleep(2)
            if wanted.get("sku") == "VANISH":  # it is done, and the answer never comes
                self.close_connection = True
                self.log_message()
                return
            self.answer(200 if again else 201, order, Location=f"/v1/orders/{order['id']}")
        elif self.path == "/v1/payouts":
            self.answer(201, {"paid": wanted})
        else:
            self.answer(404, {"error": "nothing here"})


def main():
    port, token_file = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    Handler.token = token_file.read_text(encoding="utf-8").strip()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
