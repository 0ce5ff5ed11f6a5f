"""receivers - the other side of messages: a mail server (aiosmtpd, with TLS) and a HTTP receiver.

    mail = MailServer(folder, user="bot", password="...")     # STARTTLS required, a certificate of its own
    mail.letters                                              # [Letter], in the order they came
    mail.reply["nobody@x.example"] = "550 5.1.1 no such user" # what RCPT is answered
    web = HttpReceiver();  web.answers["/hook"] = (200, {"errcode": 0});  web.asked
"""
import dataclasses
import email
import email.policy
import http.server
import json
import logging
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from certificate import self_signed
from stack import free_port

logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclasses.dataclass
class Letter:
    sender: str
    recipient: str
    message: email.message.EmailMessage
    at: float  # time.time() when it had come
    tls: bool

    @property
    def text(self):
        return self.message.get_content()


class MailServer:
    def __init__(self, folder, user=None, password=None):
        self.letters, self.reply, self.logins = [], {}, []
        self.user, self.password = user, password
        self.certificate, self.context = self_signed(folder, "mail")
        self.port = free_port()
        self.controller = None
        self.start()

    def start(self):
        server = self

        class Tls(Controller):
            def factory(self):
                return SMTP(server, hostname="mail.example", tls_context=server.context, require_starttls=True,
                            authenticator=server.authenticate, auth_required=server.user is not None)

        self.controller = Tls(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    def authenticate(self, _server, session, _envelope, _mechanism, given):
        self.logins.append((given.login.decode(), session.ssl is not None))
        good = (given.login.decode(), given.password.decode()) == (self.user, self.password)
        return AuthResult(success=good, handled=False)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # pylint: disable=invalid-name
        if address in self.reply:
            return self.reply[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # pylint: disable=invalid-name
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        for recipient in envelope.rcpt_tos:
            self.letters.append(Letter(envelope.mail_from, recipient, message, time.time(), session.ssl is not None))
        return "250 2.0.0 taken"

    def to(self, address):
        return [letter for letter in self.letters if letter.recipient == address]


@dataclasses.dataclass
class Asked:
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class HttpReceiver:
    def __init__(self):
        self.asked, self.answers = [], {}
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                answer = receiver.answers.get(self.path.split("?")[0], (200, {}))
                if isinstance(answer, threading.Event):  # taken, and not answered before that
                    answer.wait()
                    answer = (200, {})
                status, said = answer.pop(0) if isinstance(answer, list) else answer
                if status is None:  # taken, and the line goes dead
                    self.close_connection = True
                    return
                said = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                if status == 429:
                    self.send_header("Retry-After", "7")
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def of(self, path):
        return [one for one in self.asked if one.path.split("?")[0] == path]
