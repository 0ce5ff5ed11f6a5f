"""Installs a package's own wheels, without network and without running anything of them.

Called by check.py inside the unpacking jail, whose current directory is the package. Every wheel goes from wheels/
to /work/wheels (a run does not carry it) and what is in those that requirements.txt asks for, and in those that they
ask for, is written below /work/runtime as pip would: names, versions, markers, tags, hashes and RECORD are looked
at with the `packaging` module. Anything wrong is a finding and nothing is kept (core/model/skill/findings.h).
"""
import base64
import compileall
import csv
import hashlib
import importlib
import io
import os
import py_compile
import re
import stat
import sys
import zipfile
from email.parser import Parser

ROOT, KEPT = "/work/runtime", "/work/wheels"
BYTES_MAX, FILE_BYTES_MAX, FILES_MAX, METADATA_MAX = 160 << 20, 48 << 20, 15000, 1 << 20
# The interpreter runs these by itself when it starts.
STARTERS = re.compile(r"^[^/]*\.pth$|^(site|user)customize(\.py$|/)")
OPTIONS = ("-i", "--index-url", "--extra-index-url", "--no-index", "-f", "--find-links", "--trusted-host",
           "--only-binary", "--prefer-binary", "--require-hashes", "--no-binary", "--pre", "--use-feature")
DISTRIBUTIONS = {"python-dateutil": "dateutil"}


class Wheel:
    def __init__(self, path, name, version, tags):
        self.path, self.file, self.name, self.version, self.tags = path, os.path.basename(path), name, version, tags
        self.needs, self.python = [], ""


class Install:
    def __init__(self, ask, tell):
        self.tell, self.provided = tell, set(ask["modules"].get(ask.get("runtime"), []))
        self.wheels, self.asked, self.chosen, self.extras = [], [], {}, {}
        self.bytes = self.files = 0
        self.written = {}
        self.failed = False

    def fault(self, code, path, line=0, detail="", extra=""):
        self.failed = True
        self.tell(code, path, line, detail, extra)

    # --- what there is ---

    def take_wheels(self, names):
        for name in sorted(names):
            path = os.path.join(KEPT, name.replace("/", "_"))
            os.makedirs(KEPT, exist_ok=True)
            os.rename(os.path.join("wheels", name), path)
            try:
                project, version, _, tags = P.utils.parse_wheel_filename(os.path.basename(path))
            except (P.utils.InvalidWheelFilename, P.version.InvalidVersion):
                self.fault("wheel_name", "wheels/" + name)
                continue
            self.wheels.append(Wheel(path, project, version, tags))
        if not os.listdir("wheels"):
            os.rmdir("wheels")

    def metadata(self, wheel):
        """Fills what it needs; False if it cannot be read."""
        try:
            with zipfile.ZipFile(wheel.path) as z:
                names = [n for n in z.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA")]
                if len(names) != 1 or z.getinfo(names[0]).file_size > METADATA_MAX:
                    raise ValueError("no METADATA")
                head = Parser().parsestr(z.read(names[0]).decode("utf-8", "replace"), headersonly=True)
            wheel.needs = [P.requirements.Requirement(r) for r in head.get_all("Requires-Dist", [])]
            wheel.python = head.get("Requires-Python", "")
            P.specifiers.SpecifierSet(wheel.python)
        except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as e:
            self.fault("wheel_damaged", "wheels/" + wheel.file, 0, e)
            return False
        return True

    # --- what is asked for ---

    def read_requirements(self):
        with open("requirements.txt", encoding="utf-8-sig", errors="replace") as f:
            text = f.read(METADATA_MAX)
        number, waiting, begun = 0, "", 0
        for line in text.split("\n"):
            number += 1
            begun = begun if waiting else number
            waiting += re.sub(r"(^|\s)#.*", "", line.rstrip("\r"))
            if waiting.endswith("\\"):
                waiting = waiting[:-1] + " "
                continue
            self.read_one(waiting.strip(), begun)
            waiting = ""
        if waiting.strip():
            self.read_one(waiting.strip(), begun)

    def read_one(self, text, line):
        word = re.split(r"[\s=]", text, maxsplit=1)[0]
        if not text or word in OPTIONS:
            return
        hashes = re.findall(r"--hash[=\s]+(\w+:[0-9a-fA-F]+)", text)
        text = re.sub(r"\s--[\w-]+[=\s]+\S+", "", " " + text).strip()
        try:
            requirement = P.requirements.Requirement(text)
        except P.requirements.InvalidRequirement:
            requirement = None
        if not requirement or requirement.url:
            self.fault("requirement_odd", "requirements.txt", line, text)
        elif not requirement.marker or requirement.marker.evaluate({"extra": ""}):
            self.asked.append((requirement, {h.lower() for h in hashes}, line))

    # --- which wheel answers it ---

    def choose(self):
        queue = [(r, hashes, line, "requirements.txt") for r, hashes, line in self.asked]
        if any(hashes for _, hashes, _ in self.asked):  # pip's rule: one hash asks for all
            for r, hashes, line in self.asked:
                if not hashes and not self.from_runtime(r, "requirements.txt", line, quiet=True):
                    self.fault("requirement_unhashed", "requirements.txt", line, r.name)
        while queue:
            self.answer(*queue.pop(0), queue)

    def answer(self, requirement, hashes, line, path, queue):
        name = P.utils.canonicalize_name(requirement.name)
        wheel = self.chosen.get(name)
        if wheel and not requirement.specifier.contains(wheel.version, prereleases=True):
            return self.fault("requirement_conflict", path, line, str(requirement), wheel.file)
        if not wheel:
            wheel = self.find(requirement, name, hashes, line, path)
        if not wheel:
            return None
        known, extras = self.extras.get(name), set(requirement.extras)
        if known is not None and extras <= known:
            return None
        self.extras[name] = (known or set()) | extras
        for need in wheel.needs:
            if not need.marker or any(need.marker.evaluate({"extra": e}) for e in extras | {""}):
                queue.append((need, set(), 0, "wheels/" + wheel.file))
        return None

    def find(self, requirement, name, hashes, line, path):
        named = [w for w in self.wheels if w.name == name]
        fitting = [w for w in named if requirement.specifier.contains(w.version, prereleases=True)]
        runs = [w for w in fitting if not w.tags.isdisjoint(SUPPORTED)]
        if not named and self.from_runtime(requirement, path, line):
            return None
        if not fitting:
            there = ", ".join(str(w.version) for w in named)
            self.fault("requirement_version" if named else "requirement_missing", path, line, str(requirement), there)
        elif not runs:
            self.fault("wheel_tag", "wheels/" + fitting[0].file, 0, SUPPORTED[0], HERE)
        else:
            wheel = max(runs, key=lambda w: w.version)
            self.chosen[name] = wheel
            if self.good(wheel, hashes, line):
                return wheel
        return None

    def good(self, wheel, hashes, line):
        if hashes:
            with open(wheel.path, "rb") as f:
                data = f.read()
            if not any(kind in hashlib.algorithms_guaranteed and hashlib.new(kind, data).hexdigest() == digest
                       for kind, _, digest in (h.partition(":") for h in hashes)):
                return self.fault("wheel_hash", "requirements.txt", line, wheel.file)
        if not self.metadata(wheel):
            return False
        if wheel.python and not P.specifiers.SpecifierSet(wheel.python).contains(HERE):
            return self.fault("wheel_python", "wheels/" + wheel.file, 0, wheel.python, HERE)
        return True

    def from_runtime(self, requirement, path, line, quiet=False):
        """The runtime has it already; True also where its version is not the one asked for."""
        name = P.utils.canonicalize_name(requirement.name)
        module = DISTRIBUTIONS.get(name, name.replace("-", "_"))
        if module not in self.provided:
            return False
        try:
            has = importlib.import_module(module).__version__
        except Exception:  # not in this jail, or it does not say
            has = ""
        if has and not quiet and not requirement.specifier.contains(has, prereleases=True):
            self.tell("requirement_other", path, line, str(requirement), has)
        return True

    # --- writing it ---

    def unpack(self, wheel):
        try:
            with zipfile.ZipFile(wheel.path) as z:
                records = [n for n in z.namelist() if n.count("/") == 1 and n.endswith(".dist-info/RECORD")]
                if len(records) != 1:
                    return self.fault("wheel_record", "wheels/" + wheel.file, 0, "RECORD")
                listed = {row[0]: row[1] for row in csv.reader(io.StringIO(z.read(records[0]).decode())) if len(row) > 1}
                for info in z.infolist():
                    if not info.is_dir() and not self.member(wheel, z, info, records[0], listed):
                        return False
        except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, csv.Error) as e:
            return self.fault("wheel_damaged", "wheels/" + wheel.file, 0, e)
        return True

    def member(self, wheel, z, info, record, listed):
        name, mode = info.filename, info.external_attr >> 16
        parts = name.split("/")
        if name.startswith("/") or ".." in parts or "" in parts or "." in parts or "\\" in name or not name.isprintable() \
                or ":" in parts[0] or len(parts) > 20 or len(name) > 300 or (stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
            return self.fault("wheel_path", "wheels/" + wheel.file, 0, name)
        data = self.read(wheel, z, info)
        if data is None:
            return False
        if name not in (record, record + ".jws", record + ".p7s"):
            kind, _, digest = listed.get(name, "").partition("=")
            if kind not in ("sha256", "sha384", "sha512") or \
                    base64.urlsafe_b64encode(hashlib.new(kind, data).digest()).rstrip(b"=").decode() != digest.rstrip("="):
                return self.fault("wheel_record", "wheels/" + wheel.file, 0, name)
        return self.write(wheel, name, data)

    def read(self, wheel, z, info):
        self.files += 1
        with z.open(info) as f:
            data = f.read(FILE_BYTES_MAX + 1)
        self.bytes += len(data)
        if len(data) > FILE_BYTES_MAX or self.bytes > BYTES_MAX or self.files > FILES_MAX:
            self.fault("wheels_large", "wheels/" + wheel.file)
            return None
        return data

    def write(self, wheel, name, data):
        top, _, rest = name.partition("/")
        if top.endswith(".data"):
            kind, _, name = rest.partition("/")
            if kind not in ("purelib", "platlib"):  # programs, headers and such: a run has no use for them
                return True
        if STARTERS.match(name):
            self.tell("wheel_starter", "wheels/" + wheel.file, 0, name)
            return True
        if name.endswith((".pyc", ".pyo")):  # made anew
            return True
        if name in self.written or name.partition("/")[0] in ("execgov", "execgov.py"):
            return self.fault("wheel_clash", "wheels/" + wheel.file, 0, name, self.written.get(name, "execgov"))
        path = os.path.join(ROOT, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as f:
            f.write(data)
        self.written[name] = wheel.file
        return True

    def run(self):
        for wheel in self.chosen.values():
            if not self.unpack(wheel):
                return
        for wheel in self.wheels:
            if wheel not in self.chosen.values():
                self.tell("wheel_unused", "wheels/" + wheel.file)
        # Without time stamps: a sealed copy has others.
        compileall.compile_dir(ROOT, ddir=PLACE, quiet=2, force=True, maxlevels=30,
                               invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


class P:
    """The parts of `packaging`, once it is there."""


def packaging_load():
    global SUPPORTED
    sys.path.append("/usr/lib/python3/dist-packages")
    try:
        for part in ("utils", "version", "requirements", "specifiers", "tags", "markers"):
            setattr(P, part, importlib.import_module("packaging." + part))
    except ImportError:
        return False
    SUPPORTED = list(P.tags.sys_tags())
    return True


SUPPORTED = []  # tags, the best first
HERE = "%d.%d.%d" % sys.version_info[:3]
PLACE = "/usr/local/lib/python%d.%d/dist-packages" % sys.version_info[:2]


def install(ask, tell):
    names = [n for n in os.listdir("wheels") if n.endswith(".whl")] if os.path.isdir("wheels") else []
    wants = os.path.isfile("requirements.txt")
    if not names and not wants:
        return
    work = Install(ask, tell)
    if not packaging_load():
        (work.fault if names else tell)("wheels_not_here", "wheels" if names else "requirements.txt")
        return
    if names:
        work.take_wheels(names)
    else:  # a list that nobody keeps, often: what is not there is told, and no reason to refuse
        work.fault = lambda code, path, line=0, detail="", extra="": tell("requirement_unmet", path, line, detail)
    if wants:
        work.read_requirements()
    else:
        work.asked = [(P.requirements.Requirement(f"{w.name}=={w.version}"), set(), 0) for w in work.wheels]
    work.choose()
    if names and not work.failed:
        work.run()
