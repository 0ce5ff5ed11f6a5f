"""Signatures in minisign's format, made with openssl's Ed25519: a second maker beside minisign itself."""
import base64
import hashlib
import os
import subprocess

OPENSSL = "/usr/bin/openssl"


class Signer:
    """A key pair in `folder`; `key` is the line that is trusted."""

    def __init__(self, folder, name):
        self.secret = os.path.join(folder, name + ".pem")
        subprocess.run([OPENSSL, "genpkey", "-algorithm", "ed25519", "-out", self.secret], check=True)
        der = subprocess.run([OPENSSL, "pkey", "-in", self.secret, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.id = os.urandom(8)
        self.key = base64.b64encode(b"Ed" + self.id + der[-32:]).decode()
        self.name = name

    def raw(self, message):
        path = self.secret + ".message"
        with open(path, "wb") as out:
            out.write(message)
        return subprocess.run([OPENSSL, "pkeyutl", "-sign", "-rawin", "-inkey", self.secret, "-in", path], check=True,
                              capture_output=True).stdout

    def sign(self, digest, comment="of a test", hashed=True):
        """The text of a .minisig over the line of this digest."""
        message = (digest + "\n").encode()
        signature = self.raw(hashlib.blake2b(message, digest_size=64).digest() if hashed else message)
        line = base64.b64encode((b"ED" if hashed else b"Ed") + self.id + signature).decode()
        both = base64.b64encode(self.raw(signature + comment.encode())).decode()
        return f"untrusted comment: made with openssl\n{line}\ntrusted comment: {comment}\n{both}\n"
