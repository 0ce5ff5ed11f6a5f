"""fault_library - arms tests/fault/fault.c in one daemon, and says what it saw.

    trigger = Trigger(file)                        # EXECGOV_FAULT of the daemon
    trigger.arm("postgres", 7)                     # the seventh call from now on
    trigger.arm("postgres", 2, place=hash)         # the second of that place: a call and who called, all the way up
    trigger.places("postgres")                     # {hash: calls} of what was counted since reset()
    trigger.fired(program)                         # "PQflush in flush_pending < db_send < claim", or None
"""
import bisect
import functools
import mmap
import struct
import subprocess

KINDS = {"memory": 1, "file": 2, "postgres": 3, "redis": 4}
FRAMES, PLACES = 16, 4096
HEAD = struct.Struct(f"=IIQqQ5QQ{FRAMES}Q64s")  # struct control of tests/fault/fault.c, up to its places
PLACE = struct.Struct("=QQ")
SHOWN = 4  # callers that are named


@functools.cache
def functions(program):
    """[(address, name)] of a program, in order."""
    done = subprocess.run(["nm", "--defined-only", program], capture_output=True, text=True, check=True)
    words = (line.split() for line in done.stdout.splitlines())
    return sorted((int(address, 16), name) for address, kind, name in words if kind in "tT")


def names(program, frames):
    """The functions that these addresses return into."""
    known = functions(program)
    return [known[bisect.bisect_left(known, (frame, "")) - 1][1] for frame in frames]


class Trigger:
    def __init__(self, path):
        self.bytes = HEAD.size + (len(KINDS) + 1) * PLACES * PLACE.size
        path.write_bytes(bytes(self.bytes))
        path.chmod(0o666)
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), self.bytes)

    def _head(self):
        kind, _, place, left, fired, *rest = HEAD.unpack(self.memory[:HEAD.size])
        return {"kind": kind, "place": place, "left": left, "fired": fired, "calls": rest[:5], "lost": rest[5],
                "frames": rest[6:-1], "what": rest[-1].rstrip(b"\0").decode()}

    def reset(self):
        """Disarmed, and nothing counted yet."""
        self.memory[:] = bytes(self.bytes)

    def arm(self, kind, n, place=0):
        self.disarm()
        self.memory[4:HEAD.size] = HEAD.pack(0, 0, place, n, 0, *[0] * 6, *[0] * FRAMES, b"")[4:]
        self.memory[:4] = struct.pack("=I", KINDS[kind])

    def disarm(self):
        self.memory[:4] = bytes(4)

    def calls(self, kind):
        return self._head()["calls"][KINDS[kind]]

    def places(self, kind):
        assert self._head()["lost"] == 0, "fault.c has no room for that many places"
        at = HEAD.size + KINDS[kind] * PLACES * PLACE.size
        return {place: calls for place, calls in PLACE.iter_unpack(self.memory[at:at + PLACES * PLACE.size]) if place}

    def fired(self, program=None):
        """Which call it was, and with `program` who called; None: none yet."""
        head = self._head()
        if not head["fired"]:
            return None
        frames = head["frames"][:head["frames"].index(0)] if 0 in head["frames"] else head["frames"]
        if not program or not frames:
            return head["what"]
        return f"{head['what']} in {' < '.join(names(program, frames)[:SHOWN])}"
