"""release.py - the programs a benchmark measures are built before it begins.

    folder = release.ready(given.build, "execgov-api", "bench-load")   # build/release, or what the caller named

The release build is made, or brought up to date, here. Another folder is taken as it is; whatever it lacks is named.
"""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/release"
DAEMONS = ("execgov", "execgov-api", "execgov-scheduler", "execgov-worker", "execgov-sandboxd", "execgov-zygote",
           "execgov-egress", "execgov-lifecycle")


def call(*words):
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} failed:\n{done.stdout.decode(errors='replace')[-4000:]}")


def ready(build, *programs):
    """The folder, with these programs (none named: all daemons) in its bin; $EXECGOV_BUILD says so to tests/lib."""
    folder = pathlib.Path(build or FOLDER).resolve()
    programs = programs or DAEMONS
    if folder == FOLDER:
        if not (folder / "build.ninja").exists():
            call("cmake", "--preset", "release", "-DEXECGOV_TESTS=OFF")
        call("cmake", "--build", folder, "--parallel", str(os.cpu_count()), "--target", *programs)
    missing = [name for name in programs if not (folder / "bin" / name).exists()]
    if missing:
        raise SystemExit(f"{folder}/bin has no {', '.join(missing)}: build them there, or leave --build out")
    os.environ["EXECGOV_BUILD"] = str(folder)
    return folder
