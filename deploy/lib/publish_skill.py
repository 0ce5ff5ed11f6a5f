#!/usr/bin/python3
"""publish_skill.py FOLDER... - upload, approve and publish skills over the HTTP API, as a person would.

Reads EXECGOV_URL and EXECGOV_TOKEN (an owner's session). A version whose content is published already
is left alone, so that this can run at every start.
"""
import gzip
import io
import json
import os
import pathlib
import sys
import tarfile
import urllib.error
import urllib.request

WAIT_SECONDS = 60
CHECK_ROUNDS = 5


def call(method, path, body=None, content_type="application/json"):
    """The parsed answer; ends the program with the problem's own words otherwise."""
    request = urllib.request.Request(os.environ["EXECGOV_URL"] + path, data=body, method=method, headers={
        "Authorization": "Bearer " + os.environ["EXECGOV_TOKEN"], "Content-Type": content_type,
        "Prefer": f"wait={WAIT_SECONDS}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=WAIT_SECONDS + 30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read().decode("utf-8", "replace")
        try:
            problem = json.loads(text)
            lines = [f"{problem['code']}: {problem['detail']}"]
            lines += [f"  {fault['path']}: {fault['message']}" for fault in problem.get("errors", [])]
        except (ValueError, KeyError, TypeError):
            lines = [text[:500]]
        sys.exit(f"{method} {path}: {error.code}\n" + "\n".join(lines))
    except urllib.error.URLError as error:
        sys.exit(f"{method} {path}: {error.reason}")


def packed(folder):
    """The folder as .tar.gz: the same bytes for the same files."""
    data = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=data, mtime=0) as zipped, \
            tarfile.open(fileobj=zipped, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                entry = tarfile.TarInfo(str(path.relative_to(folder)))
                entry.size, entry.mode = path.stat().st_size, 0o755 if os.access(path, os.X_OK) else 0o644
                with open(path, "rb") as file:
                    archive.addfile(entry, file)
    return data.getvalue()


def upload(folder):
    boundary = "execgov-" + os.urandom(16).hex()
    head = (f'--{boundary}\r\nContent-Disposition: form-data; name="package"; '
            f'filename="{folder.name}.tar.gz"\r\nContent-Type: application/gzip\r\n\r\n')
    body = head.encode() + packed(folder) + f"\r\n--{boundary}--\r\n".encode()
    return call("POST", "/v1/skills", body, f"multipart/form-data; boundary={boundary}")


def publish(folder):
    """'published version 3' or 'version 3 is published already'"""
    version = upload(folder)
    path = f"/v1/skills/{version['skill']}/versions/{version['version']}"
    for _ in range(CHECK_ROUNDS):
        if version["state"] != "checking":
            break
        version = call("GET", path)
    if version["current"]:
        return f"version {version['version']} is published already"
    if version["state"] in ("published", "yanked"):
        return f"version {version['version']} was {version['state']} and is not the one that runs; left so"
    if version["state"] == "in_review":
        approval = {"decision": "approve", "comment": "an example that comes with ExecGov"}
        version = call("POST", path + "/review", json.dumps(approval).encode())
    if version["state"] != "approved":
        sys.exit(f"{folder.name}: version {version['version']} is {version['state']}: "
                 + json.dumps(version.get("findings", []), ensure_ascii=False))
    call("POST", path + "/publish", b"{}")
    return f"published version {version['version']}"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.split("\n", 1)[0])
    for name in sys.argv[1:]:
        folder = pathlib.Path(name).resolve()
        print(f"{folder.name}: {publish(folder)}", flush=True)


if __name__ == "__main__":
    main()
