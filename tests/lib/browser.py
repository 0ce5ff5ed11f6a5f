"""browser.py - a browser without a screen, for the page that links lead to.

    with Browser() as browser:
        browser.open("http://…/open#/orders/…")
        browser.until("Log in")                   # its text, once that is in it
        browser.send("log_in", email=…, password=…)
        browser.look()["calls"]                   # [[method, path], …] since the page was opened

It is jsdom, from npm: a real DOM that fetches the page and runs its scripts with cookies, but draws nothing and holds
nobody to a Content-Security-Policy. `./tests/run` installs it into build/npm; without it available() is false.
"""
import json
import os
import pathlib
import shutil
import subprocess

from stack import until

ROOT = pathlib.Path(os.environ.get("EXECGOV_SOURCE", pathlib.Path(__file__).parents[2]))
MODULES = pathlib.Path(os.environ.get("EXECGOV_NPM", ROOT / "build/npm/node_modules"))


def available():
    return (MODULES / "jsdom").is_dir() and shutil.which("node") is not None


class Browser:
    def __init__(self):
        self.process = subprocess.Popen(["node", ROOT / "tests/lib/browser.js"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, encoding="utf-8", env={**os.environ, "NODE_PATH": str(MODULES)})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()

    def tell(self, what, **more):
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("result")

    def open(self, url, language="en-US"):
        self.tell("open", url=url, language=language)

    def send(self, act, **values):
        self.tell("send", act=act, values=values)

    def look(self):
        seen = self.tell("look")
        assert not seen["errors"], seen["errors"]
        return seen

    def until(self, words, seconds=60):
        until(lambda: words in self.look()["text"], seconds, f"the page saying {words!r}; it says {self.look()['text']!r}")
        return self.look()
