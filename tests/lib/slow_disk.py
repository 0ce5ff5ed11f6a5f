"""slow_disk - puts tests/fault/slow_disk.c before a server's libraries, and says how slow its disk is.

    disk = SlowDisk(folder, build)
    with disk.under():      # what starts in here flushes through it
        ...
    disk.takes(0.5)         # seconds a flush from now on; 0: none
"""
import contextlib
import os
import pathlib
import shutil

BUILT = "tests/libslow_disk.so"


class SlowDisk:
    def __init__(self, folder, build):
        """A copy of its own: a server's user may not be able to read the build."""
        self.library, self.file = folder / "slow_disk.so", folder / "slow_disk.ms"
        shutil.copyfile(pathlib.Path(build) / BUILT, self.library)
        self.library.chmod(0o755)
        self.takes(0)

    def takes(self, seconds):
        """Put in place whole: a flush reads either the old number or the new one."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds * 1000:.0f}\n", encoding="ascii")
        new.chmod(0o644)
        new.rename(self.file)

    @contextlib.contextmanager
    def under(self):
        more = {"LD_PRELOAD": str(self.library), "EXECGOV_SLOW_DISK": str(self.file)}
        before = {name: os.environ.get(name) for name in more}
        os.environ |= more
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
