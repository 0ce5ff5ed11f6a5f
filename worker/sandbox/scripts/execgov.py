"""execgov - what a script may use of the platform: calls of HTTP resources, and progress.

    import execgov
    order = execgov.http("partner.orders_create", json={"sku": "A-1"}, region="eu").json()
    execgov.progress(40, "reading")

Scripts that use urllib, http.client, requests or httpx run unchanged: a request to an address of a granted
resource is carried by the platform, which adds the credential; any other address raises ExecGovRefused.
There is no network behind this: a request is a message on descriptor 3, and the answer comes from there.
Loaded at the start of every interpreter, so everything that costs time is imported when it is needed.
"""
import sys

BROKER = 3
_REFUSALS = ("address_refused", "write_not_whitelisted", "not_granted")
_PLATFORM = ("/usr/lib/", "/usr/local/lib/", "<")
_LIBRARIES = ("httpx", "httpcore", "requests", "urllib3", "asyncio")  # also where a package brings its own
_UNAVAILABLE = ("resource_unavailable", "rate_limited", "egress_unavailable", "credential_unavailable", "deadline")


class ExecGovError(Exception):
    """A call that did not end well; `code` is the platform's."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class ExecGovRefused(ExecGovError):
    """The call is outside of what was granted. Says which host, which line, and whom to ask."""


class ExecGovOutcomeUnknown(ExecGovError):
    """A write was sent and its answer was lost."""


class ExecGovUnavailable(ExecGovError, ConnectionError):
    """The resource does not answer now; what was asked did not happen."""


class Response:
    """The answer of http()."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def ok(self):
        return self.status < 400

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        import json
        return json.loads(self.body)


def progress(percent, text=""):
    print(f"::progress {int(percent)} {text}", file=sys.stderr, flush=True)


def http(operation, json=None, body=None, headers=None, **parameters):
    """Call "resource.operation"; its parameters by name, a body as `json` or as bytes in `body`."""
    resource, _, name = operation.partition(".")
    if not name:
        raise ValueError('name it "resource.operation"')
    headers = dict(headers or {})
    if json is not None:
        import json as _json
        body = _json.dumps(json, ensure_ascii=False).encode()
        headers.setdefault("Content-Type", "application/json")
    call = {"resource": resource, "operation": name, "parameters": parameters, "headers": headers}
    return Response(*_carry({"call": call}, body or b"", operation))


# --- the socket behind it ---

_state = {"socket": None, "lock": None, "told": set()}
_TOLD_MAX, _TOLD_BYTES = 8, 380  # also what the worker keeps of one run, and of one line (output_mark.c)


def _broker():
    """The socket, or None: this action names no resources."""
    if _state["lock"] is None:
        import threading
        _state["lock"] = threading.Lock()
    if _state["socket"] is None:
        import os
        import stat
        try:
            if not stat.S_ISSOCK(os.fstat(BROKER).st_mode):
                return None
        except OSError:
            return None
        import socket
        _state["socket"] = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=BROKER)
    return _state["socket"]


def _is_script(frame):
    module = frame.f_globals.get("__name__", "").partition(".")[0]
    return not frame.f_code.co_filename.startswith(_PLATFORM) and module not in _LIBRARIES


def _line():
    """Where the script was when it asked."""
    frame = sys._getframe(1)
    while frame and not _is_script(frame):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "?"


def _tell(mark, text):
    """A line on stderr that the worker takes out again: the script may well get along without, its owner has to know."""
    line = b"::%s %s\n" % (mark.encode(), " ".join(text.split()).encode("utf-8", "replace")[:_TOLD_BYTES])
    if line in _state["told"] or len(_state["told"]) == _TOLD_MAX:
        return
    _state["told"].add(line)
    import os
    try:
        sys.stderr.flush()
        os.write(2, line)
    except (AttributeError, OSError, ValueError):
        pass  # it has closed what it would have been told on


def _refuse(what, why, code="address_refused", written=False):
    """`written`: egress said no, and has written it down; of the rest only the script knows."""
    text = f"{what}: {why} (at {_line()})"
    if not written:
        _tell("refused", text)
    raise ExecGovRefused(code, text)


def _read(sock, count):
    parts = bytearray()
    while len(parts) < count:
        part = sock.recv(min(count - len(parts), 65536))
        if not part:
            raise ExecGovUnavailable("egress_unavailable", "the platform has closed the connection for calls")
        parts += part
    return bytes(parts)


def _carry(message, body, what):
    import json
    import struct
    sock = _broker()
    if sock is None:
        _refuse(what, "this action may call nothing; its author can name HTTP resources in skill.json, and the "
                      "platform's administrator grants them")
    head = json.dumps(message, ensure_ascii=False).encode()
    with _state["lock"]:
        sock.sendall(struct.pack(">II", len(head), len(body)) + head + body)
        sizes = struct.unpack(">II", _read(sock, 8))
        answer, content = json.loads(_read(sock, sizes[0])), _read(sock, sizes[1])
    code = answer.get("error")
    if code is None:
        return answer["status"], answer.get("headers") or {}, content
    detail = answer["detail"]["en"]
    if code in _REFUSALS:
        _refuse(what, detail, code, True)
    if code == "outcome_unknown":
        raise ExecGovOutcomeUnknown(code, f"{what}: {detail}")
    if code in _UNAVAILABLE:
        raise ExecGovUnavailable(code, f"{what}: {detail}")
    raise ExecGovError(code, f"{what}: {detail} (at {_line()})")


# --- unchanged scripts ---

class _Carried:
    """Looks like a connected socket to http.client; collects one request and hands out its answer."""

    def __init__(self, scheme, host, port):
        self.base = f"{scheme}://{'[' + host + ']' if ':' in host else host}:{port}"
        self.host, self.sent = host, bytearray()

    def sendall(self, data, *_):
        self.sent += data

    def send(self, data, *_):
        self.sent += data
        return len(data)

    def makefile(self, *_, **__):
        import io
        return io.BytesIO(self._exchange())

    def _exchange(self):
        head, _, body = bytes(self.sent).partition(b"\r\n\r\n")
        self.sent.clear()
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name] = value.strip() if name not in headers else headers[name] + ", " + value.strip()
        if headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = _unchunk(body)
        url = target if "://" in target else self.base + target
        request = {"method": method, "url": url, "headers": headers}
        status, answered, content = _carry({"request": request}, body, self.host)
        out = [f"HTTP/1.1 {status} {_reason(status)}", f"Content-Length: {len(content)}", "Connection: close"]
        out += [f"{name}: {value}" for name, value in answered.items()]
        return "\r\n".join(out).encode("utf-8") + b"\r\n\r\n" + content

    def _nothing(self, *_, **__):
        return None

    close = settimeout = setsockopt = shutdown = setblocking = _nothing

    def gettimeout(self):
        return None

    def fileno(self):
        return BROKER

    def getpeername(self):
        return (self.host, 0)


def _reason(status):
    from http import HTTPStatus
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _unchunk(data):
    out = bytearray()
    while data:
        size, _, data = data.partition(b"\r\n")
        count = int(size.split(b";")[0], 16)
        if not count:
            break
        out += data[:count]
        data = data[count + 2:]
    return bytes(out)


def _carry_connections(module):
    def connect(scheme):
        def inner(self):
            self.sock = _Carried(scheme, self.host, self.port)
            self.is_verified = True  # urllib3 asks: the platform verifies
        return inner
    module.HTTPConnection.connect = connect("http")
    if isinstance(getattr(module, "HTTPSConnection", None), type):
        module.HTTPSConnection.connect = connect("https")


def _refuse_sockets(module):
    why = "scripts have no network; use a granted HTTP resource (ask the platform's administrator)"

    def create_connection(address, *_, **__):
        _refuse(address[0], why)

    def getaddrinfo(host, *_, **__):
        _refuse(host or "this machine", why)
    module.create_connection, module.getaddrinfo = create_connection, getaddrinfo
    module.gethostbyname = lambda host: _refuse(host, why)


def _pass_certificates(module):
    # requests looks for the file before it connects, and never reads it: certificates are egress's business.
    module.where = lambda: __file__


def _carry_httpx(module):
    """httpx has sockets of its own below its transports: a whole request goes where they would be."""
    def answer(request, body):
        headers = {}
        for name, value in request.headers.multi_items():
            headers[name] = value if name not in headers else headers[name] + ", " + value
        if headers.pop("transfer-encoding", None):
            headers["content-length"] = str(len(body))
        wanted = {"request": {"method": request.method, "url": str(request.url), "headers": headers}}
        status, answered, content = _carry(wanted, body, request.url.host)
        return module.Response(status, headers=answered, content=content, request=request)

    def handle_request(_self, request):
        return answer(request, request.read())

    async def handle_async_request(_self, request):
        return answer(request, await request.aread())

    async def nothing(*_):
        return None
    for transport in (module.HTTPTransport, module.AsyncHTTPTransport):
        transport.__init__ = lambda self, *_, **__: None
        transport.__enter__ = lambda self: self
        transport.__exit__ = transport.close = lambda *_: None

        async def enter(self):
            return self
        transport.__aenter__, transport.__aexit__, transport.aclose = enter, nothing, nothing
    module.HTTPTransport.handle_request = handle_request
    module.AsyncHTTPTransport.handle_async_request = handle_async_request


_PATCHES = {"certifi.core": _pass_certificates, "http.client": _carry_connections,
            "httpx._transports.default": _carry_httpx, "urllib3.connection": _carry_connections,
            "socket": _refuse_sockets}


class _Finder:
    """Finds the few modules that are adapted as Python does, and adapts them when they have run."""

    @staticmethod
    def find_spec(name, path=None, _target=None):
        patch = _PATCHES.get(name)
        if patch is None:
            return None
        import _frozen_importlib_external
        spec = _frozen_importlib_external.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            patch(module)
        spec.loader.exec_module = exec_module
        return spec


class _Last:
    """Is asked when nobody has found a module. Libraries look for what may be there; what the script itself wants and
    does not get is told."""

    @staticmethod
    def find_spec(name, path=None, _target=None):
        frame = sys._getframe(1)
        while frame and (frame.f_code.co_filename.startswith("<") or frame.f_globals.get("__name__") == "importlib"):
            frame = frame.f_back
        if path is None and frame and _is_script(frame):
            _tell("missing", f"{name} {frame.f_code.co_filename}:{frame.f_lineno}")
        return None


sys.meta_path.insert(0, _Finder)
sys.meta_path.append(_Last)
for _name, _patch in _PATCHES.items():
    if _name in sys.modules:
        _patch(sys.modules[_name])
