"""The Python half of a zygote: what is imported before a job, and the two ends of a job.

Before a job only the platform's modules are imported. What a package brought lies aside (ASIDE) until there is a job that
is confined, and what it brings in place of a module of the platform is that to every module there: one of the platform
that would import such a name is left to the job, too.

Evaluated once in a namespace of its own; nothing of it can be imported or is seen by a script.
"""
import gc
import os
import sys
import time
import warnings
from _weakref import ref

# Importing these does something: prints, opens a browser, takes the terminal.
NEVER = {"this", "antigravity", "__main__", "idlelib", "turtle", "tkinter", "test", "readline", "rlcompleter"}
# A pool of threads would not survive the fork; one job has no use for more than it has processors.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

# Asks at its import what there is to be imported.
LOOKS_AROUND = {"pkg_resources", "setuptools"}
ASIDE = "/input"

baseline = set(sys.modules)
loaded = set()
place = ""  # where jobs have what the package brought


class Guard:
    """First of the finders: what the package brings is not there, and whoever wants it is noticed."""

    def __init__(self, names):
        self.names, self.met = names, False

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            self.met = True
            raise ModuleNotFoundError("No module named %r" % name, name=name)


def bring(name):
    try:
        __import__(name)
    except BaseException:  # the job meets the same error, and shows it
        pass


def apart(names, guard):
    """Those of `names` that want nothing of what the package brings. Tried in a copy of this process: an import that
    met the guard leaves behind what no job would have."""
    while names:
        there, back = os.pipe()
        pid = os.fork()
        if pid == 0:
            for i, name in enumerate(names):
                guard.met = False
                bring(name)
                if guard.met:
                    os.write(back, b"%d " % i)
            os.write(back, b".")
            os._exit(0)
        os.close(back)
        with open(there, "rb") as f:
            told = f.read()
        os.waitpid(pid, 0)
        if not told.endswith(b"."):
            return []
        met = {int(i) for i in told[:-1].split()}
        if not met:
            break
        names = [name for i, name in enumerate(names) if i not in met]
    return names


def load(names, local, wheels):
    """Import what the platform has of `names`; "" or why a job must not start from here."""
    global place
    guard = Guard(set())
    if wheels:
        place = "/" + wheels
        guard.names = {name.partition(".")[0] for name in os.listdir(ASIDE)} - sys.stdlib_module_names | LOOKS_AROUND
    never = NEVER | set(local) | guard.names
    names = [name for name in names if name.partition(".")[0] not in never]
    for name in THREADS:
        os.environ[name] = "1"
    with warnings.catch_warnings():
        # One that warns whoever imports it has to warn the job: it is not imported here.
        warnings.filterwarnings("error", module="^" + __name__ + "$")
        if wheels:
            sys.meta_path.insert(0, guard)
            names = apart(names, guard)
        for name in names:
            bring(name)
        if wheels:
            sys.meta_path.remove(guard)
    for name in THREADS:
        del os.environ[name]
    if guard.met:
        return "wants a wheel"
    fresh = {name.partition(".")[0] for name in set(sys.modules) - baseline}
    shadowed = sorted(fresh & set(local))
    if shadowed:
        return "shadows " + shadowed[0]
    loaded.update(sys.modules)
    gc.collect()
    gc.freeze()
    return ""


# A little of everything that most scripts do, before there is one (interpreter_rehearse): after a fork each page is
# copied when it is first written to, and counting references writes everywhere.
PLAY = """import sys
def play(n, *rest, key=None):
    text = "%d %s" % (n, [word.strip() for word in "a, b".split(",")])
    try:
        return {"n": n, "text": text.encode().decode()} if n else int("x")
    except (ValueError, KeyError) as e:
        return str(e)
class Play:
    def __init__(self, n):
        self.n = n
    def each(self):
        yield from (play(i, key=i) for i in range(self.n))
print(end="".join(f"{x}"[:0] for x in sorted(map(str, Play(3).each()))), flush=True)
print(end="", file=sys.stderr)
json = sys.modules.get("json")
if json:
    json.loads(json.dumps({"n": [1, 2.5, None, "\\u00e9"]}))
"""


def rehearse(mine_names):
    """begin() and the parts of finish() that end nothing."""
    kept = sys.modules["__main__"], sys.argv, sys.orig_argv, sys.path[:]
    begin(["main.py"], os.environ["TZ"])
    sys.modules["__main__"], sys.argv, sys.orig_argv, sys.path[:] = kept
    mine_names()
    flush()
    gc.collect()


def begin(argv, zone):
    """What python3 does between its start and the first line of the script."""
    # A new one: objects from before gc.freeze() are never collected, and a script's globals have to be.
    main = type(sys)("__main__")
    main.__dict__.update(sys.modules["__main__"].__dict__, __annotations__={})
    sys.modules["__main__"] = main
    path = os.path.join("/work", argv[0])
    sys.argv = argv
    sys.orig_argv = ["/usr/bin/python3", "-B", "-u", "-s"] + argv
    sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    os.environ["TZ"] = zone
    time.tzset()
    if place:
        sys.path_importer_cache.pop(place, None)  # of when nothing lay there
    main.__file__ = path
    main.__cached__ = None
    main.__loader__ = sys.modules["_frozen_importlib_external"].SourceFileLoader("__main__", path)
    random = sys.modules.get("numpy.random")
    if random:  # `random` itself does this after every fork
        random.seed()
    return True


def clear(space):
    """The order of a module's end: names with one underscore, then the others."""
    for name in [n for n in space if n[:1] == "_" and n[1:2] != "_"]:
        space[name] = None
    for name in [n for n in space if n != "__builtins__"]:
        space[name] = None


def flush():
    good = True
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except BaseException:
            good = stream is sys.stderr and good
    return good


def finish(mine_names):
    """What a script can see of Py_FinalizeEx; False if its output could not be written.

    `mine_names()` lists the names in sys.modules that were not there when load() ended, and __main__. It is C, for
    a look at each module from here would write to its count of references, and so copy a page for each.
    """
    threading = sys.modules.get("threading")
    if threading:
        try:
            threading._shutdown()
        except BaseException as e:
            sys.unraisablehook(type("", (), {"exc_type": type(e), "exc_value": e, "exc_traceback": e.__traceback__,
                                             "err_msg": None, "object": threading})())
    import atexit
    atexit._run_exitfuncs()
    good = flush()
    if gc.isenabled():
        gc.collect()  # also leaves objects in the order in which files have to be closed
    mine = []
    for name in mine_names():
        module = sys.modules[name]
        try:
            mine.append(ref(module))
        except TypeError:
            pass
        sys.modules[name] = None
    module = None
    gc.collect()
    for weak in reversed(mine):
        module = weak()
        if module is not None:
            clear(module.__dict__)
    module = None
    gc.collect()
    return flush() and good
