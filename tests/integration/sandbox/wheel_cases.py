"""Writes the packages of wheels_test.c into the directory named by the first argument: NAME.zip, each with the
wheels it brings (tests/lib/wheels.py)."""
import hashlib
import os
import pathlib
import stat
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))

from wheels import digest, wheel  # noqa: E402

OUT = sys.argv[1]
README = ("README.md", b"# Greeting\n\nGreets.\n")
MAIN = b"import greet\nprint(greet.hello('you'))\n"


def package(case, wheels, requirements=None, main=MAIN, more=()):
    with zipfile.ZipFile(os.path.join(OUT, case + ".zip"), "w") as z:
        for path, data in [("main.py", main), README, *more]:
            z.writestr(zipfile.ZipInfo(path), data)
        for name, data in wheels:
            z.writestr(zipfile.ZipInfo("wheels/" + name), data)
        if requirements is not None:
            z.writestr(zipfile.ZipInfo("requirements.txt"), requirements)


POLITE = wheel("polite", "2.1", {"polite/__init__.py": b"def title(who): return 'dear ' + who\n"})
GREET_FILES = {"greet.py": b"import polite\ndef hello(who): return 'hello ' + polite.title(who)\n"}
GREET = wheel("greet", "1.0", GREET_FILES, ["polite>=2", "never; python_version < '3'", "socks; extra == 'net'"])

package("good", [GREET, POLITE], "# what it needs\ngreet==1.0  # pinned\n--index-url https://pypi.example/simple\n")
package("other_code", [POLITE, GREET], "greet==1.0\n", b"import greet\nprint('other', greet.hello('you'))\n")
package("no_list", [GREET, POLITE])
package("hashed", [GREET, POLITE], f"greet==1.0 \\\n    --hash=sha256:{hashlib.sha256(GREET[1]).hexdigest()}\n")
package("marked", [GREET, POLITE], "greet\nwindows-only; sys_platform == 'win32'\nrequests\npython-dateutil>=2\n")
package("newest", [POLITE, wheel("greet", "0.9", {"greet.py": b"def hello(who): return 'old'\n"}), GREET], "greet\n")
package("before_base", [wheel("six", "99.0", {"six.py": b"__version__ = '99.0'\n"})], "six==99.0\n",
        b"import six, sys\nprint(six.__version__, six.__file__)\n")
package("compiled", [GREET, POLITE], "greet\n",
        b"import greet, importlib.util, os\nprint(os.path.exists(greet.__cached__), oct(os.stat(greet.__file__).st_mode & 0o777))\n"
        b"print(os.path.exists('wheels'), sorted(os.listdir('.')))\n"
        b"try:\n    open(greet.__file__, 'a')\nexcept OSError as e:\n    print('read-only')\n")
package("starters", [wheel("greet", "1.0", {"greet.py": b"def hello(who): return 'quiet'\n",
                                             "evil.pth": b"import os; print('started')\n",
                                             "sitecustomize.py": b"print('customised')\n",
                                             "greet-1.0.data/scripts/tool": b"#!python\n",
                                             "greet-1.0.data/purelib/more.py": b"X = 1\n"})], "greet\n",
        b"import greet, more\nprint(greet.hello('you'), more.X)\n")
package("hooked", [wheel("hook", "1.0", {"hook.py": b"import os\nUIDS, HERE = [], (os.getpid(), os.getuid())\n"
                                         b"os.register_at_fork(after_in_child=lambda: UIDS.append(os.getuid()))\n"})],
        "hook\n", b"import sys\nearly = 'hook' in sys.modules\nimport hook, os\n"
        b"print(early, hook.HERE == (os.getpid(), os.getuid()), hook.UIDS)\n")
# Modules of the platform that use one which the package brings, as they are cold: dateutil uses six.
SIX = pathlib.Path("/usr/lib/python3/dist-packages/six.py").read_bytes().replace(b"\n__version__ = ", b"\n__version__ = '99.0' or ")
package("under_base", [wheel("six", "99.0", {"six.py": SIX})], "six\n",
        b"import dateutil.tz, decimal, requests\nprint(dateutil.tz.tz.six.__version__, requests.__name__, decimal.Decimal(1))\n")
package("runtime_has_it", [], "requests\nopenpyxl>=3\nsix\n", b"import requests, openpyxl\nprint('ok')\n")
package("not_kept_list", [], "pytest==7.0\n-e .\n", b"print('ok')\n")
package("unused", [GREET, POLITE, wheel("spare", "1", {"spare.py": b""})], "greet\n")

package("missing", [GREET], "greet==1.0\n")
package("missing_direct", [POLITE], "greet==1.0\npolite\n")
package("version", [GREET, POLITE], "greet>=2\n")
package("tag", [wheel("greet", "1.0", GREET_FILES, tag="cp27-cp27m-win32"), POLITE], "greet\n")
package("tag_native", [wheel("greet", "1.0", GREET_FILES, tag="cp311-cp311-macosx_11_0_arm64"), POLITE], "greet\n")
package("slip", [wheel("greet", "1.0", GREET_FILES, extra=[("../../etc/x", b"x", 0o100644)])], "greet\n")
package("slip_inside", [wheel("greet", "1.0", GREET_FILES, extra=[("a/../../b.py", b"x", 0o100644)])], "greet\n")
package("absolute", [wheel("greet", "1.0", GREET_FILES, extra=[("/tmp/x.py", b"x", 0o100644)])], "greet\n")
package("link", [wheel("greet", "1.0", GREET_FILES, extra=[("l.py", b"/etc/passwd", stat.S_IFLNK | 0o777)])], "greet\n")
package("record", [wheel("greet", "1.0", GREET_FILES, record={"greet.py": digest(b"other")})], "greet\n")
package("record_none", [wheel("greet", "1.0", GREET_FILES, record={"greet.py": ""})], "greet\n")
package("unlisted", [wheel("greet", "1.0", GREET_FILES, extra=[("sneak.py", b"x", 0o100600)])], "greet\n")
package("hash", [GREET, POLITE], f"greet==1.0 --hash=sha256:{'0' * 64}\n")
package("unhashed", [GREET, POLITE], f"greet==1.0 --hash=sha256:{hashlib.sha256(GREET[1]).hexdigest()}\npolite\n")
package("conflict", [GREET, POLITE, wheel("polite", "1.0", {"polite.py": b""})], "polite<2\ngreet\n")
package("python", [wheel("greet", "1.0", GREET_FILES, python=">=4")], "greet\n")
package("platform", [wheel("greet", "1.0", GREET_FILES | {"execgov.py": b"# mine\n"}), POLITE], "greet\n")
package("clash", [wheel("greet", "1.0", GREET_FILES, ["polite"]), wheel("polite", "2.1", {"greet.py": b""})], "greet\n")
package("damaged", [("greet-1.0-py3-none-any.whl", b"PK\3\4 not a wheel")], "greet\n")
package("named", [("greet.whl", GREET[1])], "greet\n")
package("no_metadata", [("greet-1.0-py3-none-any.whl", POLITE[1][:0] + b"PK\5\6" + bytes(18))], "greet\n")
package("odd", [GREET, POLITE], "greet\ngit+https://example.com/x.git\n")
package("bomb", [wheel("greet", "1.0", GREET_FILES | {"zeros.bin": bytes(60 << 20)}), POLITE], "greet\n")
package("bomb_many", [wheel("greet", "1.0", GREET_FILES | {f"z{i}.bin": bytes(40 << 20) for i in range(5)}), POLITE], "greet\n")
