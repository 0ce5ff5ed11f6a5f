"""s3.py - a real S3 server (s3rver, from npm) for a test, behind a gate that checks what the server does not.

    with S3() as s3:
        s3.settings            # {"files": "s3://files/gov", …} for a daemon
        s3.seen                # [(method, path), …] of every request
        s3.fault = lambda method, path: 503 | "cut" | "corrupt" | None

s3rver looks at neither version 4 signatures nor digests of payloads; the gate computes both by AWS's own words
(https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html) and refuses what does not fit.
`./tests/run` installs the server into build/npm; without it available() is false.
"""
import hashlib
import hmac
import http.client
import http.server
import os
import pathlib
import secrets
import shutil
import subprocess
import tempfile
import threading
import urllib.parse

ROOT = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
MODULES = pathlib.Path(os.environ.get("EXECGOV_NPM", ROOT / "build/npm/node_modules"))
MB = 1 << 20
BUCKET, KEY_ID, REGION = "files", "S3RVER", "us-east-1"
SECRET = f"s3/{secrets.token_hex(16)}+key"  # the gate alone looks at it


def available():
    return (MODULES / "s3rver").is_dir() and shutil.which("node") is not None


def signature(method, path, query, headers, signed, date, secret=SECRET):
    """Of a request, by AWS Signature Version 4."""
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical_query = "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in pairs)
    canonical = "\n".join([method, path, canonical_query,
                           *(f"{name}:{' '.join(headers[name].split())}" for name in signed), "",
                           ";".join(signed), headers["x-amz-content-sha256"]])
    scope = f"{date[:8]}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in (*scope.split("/")[:3], "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    s3 = None

    def log_message(self, *_):
        pass

    def fits(self, body):
        headers = {name.lower(): value for name, value in self.headers.items()}
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "AWS4-HMAC-SHA256" or not {"Credential", "SignedHeaders", "Signature"} <= parts.keys():
            return "unsigned"
        signed = parts["SignedHeaders"].split(";")
        path, _, query = self.path.partition("?")
        if parts["Credential"].split("/")[0] != KEY_ID or not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed):
            return "credential or signed headers"
        if signature(self.command, path, query, headers, signed, headers["x-amz-date"]) != parts["Signature"]:
            return "signature"
        return None if hashlib.sha256(body).hexdigest() == headers["x-amz-content-sha256"] else "payload"

    def refuse(self, status, code):
        body = f"<Error><Code>{code}</Code></Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.s3.seen.append((self.command, self.path))
        wrong = self.fits(body)
        if wrong:
            self.s3.wrong.append(f"{self.command} {self.path}: {wrong}")
            return self.refuse(403, "SignatureDoesNotMatch")
        fault = self.s3.fault(self.command, self.path)
        if isinstance(fault, int):
            return self.refuse(fault, "SlowDown")
        server = http.client.HTTPConnection("127.0.0.1", self.s3.port, timeout=60)
        server.request(self.command, self.path, body or None, dict(self.headers.items()))
        answer = server.getresponse()
        large = not fault and answer.length is not None and answer.length > MB
        data = b"" if large else answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "date"):
                self.send_header(name, value)
        if self.command != "HEAD" and answer.status != 204:
            self.send_header("Content-Length", str(answer.length if large else len(data)))
        self.end_headers()
        while large and (piece := answer.read(MB)):
            self.wfile.write(piece)
        server.close()
        if fault == "cut":
            self.wfile.write(data[:len(data) // 2])
            self.close_connection = True
            return None
        if fault == "corrupt":
            data = bytes([data[0] ^ 1]) + data[1:]
        self.wfile.write(data)
        return None

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on


class S3:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="execgov-s3-", dir="/tmp"))
        self.seen, self.wrong = [], []
        self.fault = lambda method, path: None
        (self.folder / "objects").mkdir()
        (self.folder / "spool").mkdir()
        (self.folder / "key").write_text(f"{KEY_ID}\n{SECRET}\n", encoding="utf-8")
        self.process = subprocess.Popen(
            ["node", ROOT / "tests/lib/s3_server.mjs", MODULES, self.folder / "objects", BUCKET],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline())
        self.gate = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("BoundGate", (Gate,), {"s3": self}))
        self.gate.daemon_threads = True
        threading.Thread(target=self.gate.serve_forever, daemon=True).start()

    @property
    def settings(self):
        return {"files": f"s3://{BUCKET}/gov", "files_endpoint": f"http://127.0.0.1:{self.gate.server_port}",
                "files_region": REGION, "files_key_file": self.folder / "key", "files_spool": self.folder / "spool"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.gate.shutdown()
        self.gate.server_close()
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)
