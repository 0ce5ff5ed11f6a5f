"""payers.py - payment providers as they sign: Stripe, Standard Webhooks, WeChat Pay v3, Alipay.

Each has `credential` (what is sealed), `kind`, and tell(…) -> (body, headers) of a notice. RSA comes from the openssl
command, AES-256-GCM from libcrypto, both Debian's; nothing of the code that is tested.
"""
import base64
import ctypes
import ctypes.util
import hashlib
import hmac
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.parse
import uuid


class Rsa:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="execgov-rsa-")
        self.path = pathlib.Path(self.folder.name) / "key.pem"
        subprocess.run(["/usr/bin/openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
                        self.path], check=True, capture_output=True)
        der = subprocess.run(["/usr/bin/openssl", "pkey", "-in", self.path, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.public = base64.b64encode(der).decode()

    def sign(self, text):
        made = subprocess.run(["/usr/bin/openssl", "dgst", "-sha256", "-sign", self.path], input=text, check=True,
                              capture_output=True).stdout
        return base64.b64encode(made).decode()


def aes_256_gcm(key, nonce, associated, text):
    """Ciphertext and tag."""
    lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
    for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm"):
        getattr(lib, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.EVP_CIPHER_CTX_new())
    part, out, tag = ctypes.c_int(), ctypes.create_string_buffer(len(text) + 16), ctypes.create_string_buffer(16)
    assert lib.EVP_EncryptInit_ex(context, ctypes.c_void_p(lib.EVP_aes_256_gcm()), None, key, nonce) == 1
    assert lib.EVP_EncryptUpdate(context, None, ctypes.byref(part), associated, len(associated)) == 1
    assert lib.EVP_EncryptUpdate(context, out, ctypes.byref(part), text, len(text)) == 1
    assert lib.EVP_EncryptFinal_ex(context, None, ctypes.byref(part)) == 1
    assert lib.EVP_CIPHER_CTX_ctrl(context, 0x10, 16, tag) == 1
    lib.EVP_CIPHER_CTX_free(context)
    return out.raw[:len(text)] + tag.raw


def new(prefix):
    return prefix + uuid.uuid4().hex


class Stripe:
    kind, merchant, app = "stripe", None, None

    def __init__(self):
        self.secret = new("whsec_")
        self.credential = {"secret": self.secret}

    def tell(self, order_no, amount, currency="CNY", txn=None, event=None, at=None, what="settled", refund=None, account=None,
             said=None):
        objects = {
            "settled": ("checkout.session.completed", {"payment_status": "paid", "payment_intent": txn, "amount_total": amount,
                                                       "client_reference_id": order_no, "currency": currency.lower()}),
            "expired": ("checkout.session.expired", {"client_reference_id": order_no}),
            "disputed": (f"charge.dispute.{'closed' if said in ('won', 'lost') else 'created'}",
                         {"id": refund, "status": said or "needs_response", "payment_intent": txn, "amount": amount,
                          "currency": currency.lower()}),
            "refunded": ("refund.updated", {"id": refund, "status": "succeeded", "payment_intent": txn, "amount": amount,
                                            "currency": currency.lower()})}
        kind, thing = objects[what]
        body = json.dumps({"id": event or new("evt_"), "type": kind, "created": int(time.time()), "data": {"object": thing},
                           **({"account": account} if account else {})}).encode()
        return body, self.signed(body, at)

    def signed(self, body, at=None):
        at = int(at or time.time())
        mac = hmac.new(self.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Stripe-Signature": f"t={at},v1={mac}", "Content-Type": "application/json"}


class Standard:
    kind, merchant, app = "standard", "acct-1", None

    def __init__(self):
        self.secret = uuid.uuid4().bytes + uuid.uuid4().bytes
        self.credential = {"secret": "whsec_" + base64.b64encode(self.secret).decode()}

    def tell(self, order_no, amount, currency="CNY", txn=None, event=None, at=None, what="settled", refund=None, merchant=None):
        body = json.dumps({"type": f"payment.{what}", "timestamp": "2026-11-26T10:00:00Z", "data": {
            "txn": txn, "order_no": order_no, "amount_minor": amount, "currency": currency, "refund": refund,
            "merchant": merchant or self.merchant}}).encode()
        event, at = event or new("msg_"), int(at or time.time())
        mac = hmac.new(self.secret, f"{event}.{at}.".encode() + body, hashlib.sha256).digest()
        return body, {"webhook-id": event, "webhook-timestamp": str(at), "Content-Type": "application/json",
                      "webhook-signature": "v1," + base64.b64encode(mac).decode()}


class WeChatPay:
    kind, merchant, app = "wechatpay", "1900000001", "wx00000001"

    def __init__(self):
        self.rsa, self.apiv3_key = Rsa(), uuid.uuid4().hex
        self.credential = {"apiv3_key": self.apiv3_key, "PUB_KEY_1": self.rsa.public}

    def tell(self, order_no, amount, currency="CNY", txn=None, event=None, at=None, what="settled", refund=None):
        resource = {"mchid": self.merchant, "appid": self.app, "out_trade_no": order_no, "transaction_id": txn,
                    "success_time": "2026-11-26T18:00:00+08:00"}
        if what == "refunded":
            kind = "REFUND.SUCCESS"
            resource |= {"refund_status": "SUCCESS", "out_refund_no": refund, "amount": {"refund": amount, "total": amount}}
        else:
            kind = "TRANSACTION.SUCCESS"
            resource |= {"trade_state": "SUCCESS", "amount": {"total": amount, "currency": currency}}
        sealed = aes_256_gcm(self.apiv3_key.encode(), b"twelve bytes", b"transaction", json.dumps(resource).encode())
        body = json.dumps({"id": event or new("EV-"), "event_type": kind, "resource": {
            "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(), "nonce": "twelve bytes",
            "associated_data": "transaction"}}).encode()
        at = int(at or time.time())
        return body, {"Wechatpay-Serial": "PUB_KEY_1", "Wechatpay-Nonce": "n1", "Wechatpay-Timestamp": str(at),
                      "Wechatpay-Signature": self.rsa.sign(f"{at}\nn1\n".encode() + body + b"\n"),
                      "Content-Type": "application/json"}


class Alipay:
    kind, merchant, app = "alipay", "2088000000000001", "2021000000000001"

    def __init__(self):
        self.rsa = Rsa()
        self.credential = {"public_key": self.rsa.public}

    def tell(self, order_no, amount, txn=None, event=None, at=None, what="settled", refund=None):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime((at or time.time()) + 8 * 3600))
        form = {"notify_id": event or new("n"), "notify_time": when, "app_id": self.app, "seller_id": self.merchant,
                "trade_no": txn, "out_trade_no": order_no, "subject": "团队版 (月付)", "total_amount": f"{amount / 100:.2f}",
                "trade_status": "TRADE_SUCCESS"}
        if what == "refunded":
            form |= {"gmt_refund": when + ".123", "refund_fee": f"{amount / 100:.2f}", "out_biz_no": refund}
        text = "&".join(f"{name}={form[name]}" for name in sorted(form))
        body = urllib.parse.urlencode({**form, "sign_type": "RSA2", "sign": self.rsa.sign(text.encode())}).encode()
        return body, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
