"""Wheels made from nothing but a zip and a RECORD, good ones and bad ones."""
import base64
import hashlib
import io
import zipfile


def digest(data):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def wheel(name, version, files, needs=(), tag="py3-none-any", python="", record=None, extra=()):
    """(file name, bytes). `record`: {path: digest} put in place of the true ones; `extra`: members it does not list."""
    info = f"{name}-{version}.dist-info"
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + (f"Requires-Python: {python}\n" if python else "")
    files = dict(files) | {f"{info}/METADATA": (meta + "".join(f"Requires-Dist: {n}\n" for n in needs)).encode(),
                           f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        rows = ""
        for path, data in files.items():
            z.writestr(zipfile.ZipInfo(path), data, zipfile.ZIP_DEFLATED)
            rows += f"{path},{(record or {}).get(path, digest(data))},{len(data)}\n"
        for path, data, mode in extra:
            member = zipfile.ZipInfo(path)
            member.external_attr = mode << 16
            z.writestr(member, data)
            rows += f"{path},{digest(data)},{len(data)}\n" if mode != 0o100600 else ""
        z.writestr(zipfile.ZipInfo(f"{info}/RECORD"), rows + f"{info}/RECORD,,\n")
    return f"{name}-{version}-{tag}.whl", out.getvalue()
