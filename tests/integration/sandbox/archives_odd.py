"""More of the corpus of archive_test.c: formats bent in ways that tools differ about. Written into the directory
named by the first argument; what must come of each is in odd[] of archive_test.c."""
import gzip
import io
import os
import struct
import sys
import tarfile
import unicodedata
import zipfile
import zlib

OUT = sys.argv[1]
MAIN, README = b"print('hello')\n", b"# r\n"


def raw(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)


def zipped(*entries, method=zipfile.ZIP_DEFLATED, plain=True):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in ([("main.py", MAIN), ("README.md", README)] if plain else []) + list(entries):
            z.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def member(name, data=b"x", kind=b"0", **more):
    """A header of 512 bytes, made by hand so that it may lie, and its data."""
    name = name if isinstance(name, bytes) else name.encode()
    head = bytearray(512)
    head[0:min(len(name), 100)] = name[:100]
    size = more.get("size", len(data))
    head[100:108], head[108:116], head[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    head[124:136] = size if isinstance(size, bytes) else b"%011o\0" % size
    head[136:148], head[156:157], head[257:265] = b"00000000000\0", kind, b"ustar\x0000"
    head[157:157 + len(more.get("link", b""))] = more.get("link", b"")
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % (sum(head) + more.get("wrong_sum", 0))
    return bytes(head) + data + bytes(-len(data) % 512)


def tarred(*members, end=bytes(1024), plain=True):
    first = member("main.py", MAIN) + member("README.md", README) if plain else b""
    return first + b"".join(members) + end


def tgz(name, data, tail=b""):
    raw(name + ".tar.gz", gzip.compress(data, 6, mtime=0) + tail)


def pax(**records):
    body = b""
    for key, value in records.items():
        value = value if isinstance(value, bytes) else value.encode()
        line = b" " + key.replace("_", ".").encode() + b"=" + value + b"\n"
        size = len(line)
        while size != len(line) + len(str(size)):
            size = len(line) + len(str(size))
        body += str(size).encode() + line
    return member("pax", body, b"x")


whole = zipped(("data.txt", b"x" * 50))
end = whole.rfind(b"PK\5\6")
first_central = whole.find(b"PK\1\2")

# --- zip: the directory and the data disagree ---
raw("z_prefix.zip", b"#!/bin/sh\nexit 0\n" + whole)                       # a self-extractor: not a zip by its first bytes
raw("z_tail.zip", whole + b"trailing garbage" * 4)
raw("z_comment.zip", whole[:end + 20] + struct.pack("<H", 60000) + b"c" * 60000)
raw("z_no_directory.zip", whole[:first_central])
raw("z_directory_elsewhere.zip", whole[:end + 16] + struct.pack("<I", 0x7fffff00) + whole[end + 20:])
raw("z_count_small.zip", whole[:end + 8] + struct.pack("<HH", 1, 1) + whole[end + 12:])
raw("z_count_large.zip", whole[:end + 8] + struct.pack("<HH", 999, 999) + whole[end + 12:])
raw("z_other_disk.zip", whole[:end + 4] + struct.pack("<HH", 7, 7) + whole[end + 8:])
raw("z_local_name.zip", whole.replace(b"data.txt", b"evil.txt", 1))      # the local header says another name
raw("z_offset.zip", whole[:first_central + 42] + struct.pack("<I", 0x00fffff0) + whole[first_central + 46:])
raw("z_crc.zip", whole[:first_central + 16] + b"\1\2\3\4" + whole[first_central + 20:])
for name, method in (("z_method_99", 99), ("z_method_lzma", 14), ("z_method_none", 255)):
    bent = bytearray(whole)
    for magic, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        bent[bent.rfind(magic) + offset:bent.rfind(magic) + offset + 2] = struct.pack("<H", method)
    raw(name + ".zip", bytes(bent))

# --- zip64 and data descriptors, as programs that stream write them ---
out = io.BytesIO()
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    for name, data in (("main.py", MAIN), ("README.md", README), ("big.txt", b"y" * 1000)):
        with z.open(zipfile.ZipInfo(name), "w", force_zip64=True) as f:
            f.write(data)
raw("z_zip64.zip", out.getvalue())


class Pipe(io.RawIOBase):
    """Cannot seek, so that sizes come behind the data."""
    def __init__(self):
        super().__init__()
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


pipe = Pipe()
with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as z:
    for name, data in (("main.py", MAIN), ("README.md", README)):
        z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
raw("z_descriptor.zip", bytes(pipe.data))
bent = bytearray(out.getvalue())
at = bent.rfind(b"PK\1\2")
bent[at + 20:at + 28] = b"\xff" * 8  # sizes are in an extra field, and the field is taken away
bent[at + 30:at + 32] = b"\0\0"
raw("z_zip64_without.zip", bytes(bent))

# --- names ---
raw("z_nul.zip", zipped(("aaaa.txt", b"x")).replace(b"aaaa.txt", b"aa\0a.txt"))
raw("z_bad_utf8.zip", zipped(("\u00e9\u00e9\u00e9\u00e9", b"x")).replace("\u00e9\u00e9\u00e9\u00e9".encode(), b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe"))
raw("z_overlong.zip", zipped(("aaaaaa", b"x")).replace(b"aaaaaa", b"\xc0\xae\xc0\xae/b"))  # an overlong ".."
raw("z_empty_name.zip", zipped(("q", b"x")).replace(b"q", b"/"))
raw("z_dots.zip", zipped((".../x", b"x"), ("a/./b", b"y")))
raw("z_trailing_dot.zip", zipped(("name.", b"x"), ("space ", b"y")))
raw("z_huge_name.zip", zipped(("n" * 60000, b"x")))
raw("z_nfd.zip", zipped((unicodedata.normalize("NFD", "é.txt"), b"1"), (unicodedata.normalize("NFC", "é.txt"), b"2")))
raw("z_bidi.zip", zipped(("a\u202ecod.exe", b"x")))
raw("z_backslash_root.zip", zipped(("aetc", b"x")).replace(b"aetc", b"\\etc"))
raw("z_drive_relative.zip", zipped(("C:x.txt", b"x")))
raw("z_unc.zip", zipped(("//host/share/x", b"x")))
raw("z_tilde.zip", zipped(("~/x", b"x")))
raw("z_percent.zip", zipped(("%2e%2e/x", b"x")))

# --- bombs ---
raw("z_ratio.zip", zipped(*[(f"z{i}", bytes(31 << 20)) for i in range(4)]))
inner = zipped(("zeros", bytes(8 << 20)))
for _ in range(3):
    inner = zipped(*[(f"n{i}.zip", inner) for i in range(4)])
raw("z_nested.zip", inner)                                                  # opened once, never again
raw("z_folders.zip", zipped(*[(f"d{i}/", b"") for i in range(21000)], method=zipfile.ZIP_STORED))
tgz("t_ratio", tarred(*[member(f"z{i}", bytes(20 << 20)) for i in range(5)]))
tgz("t_long_links", tarred(*[member("././@LongLink", b"a" * (1 << 20), b"L") + member("x", b"")] * 3))

# --- tar ---
tgz("t_no_end", tarred(end=b""))
tgz("t_tail", tarred(), b"garbage after the gzip")
raw("t_two_members.tar.gz", gzip.compress(tarred()[:1024], mtime=0) + gzip.compress(tarred()[1024:], mtime=0))
tgz("t_wrong_sum", tarred(member("x", b"y", wrong_sum=5)))
tgz("t_negative", tarred(member("x", b"", size=b"\xff" * 12)))
tgz("t_base256", tarred(member("x", b"y", size=b"\x80" + bytes(10) + b"\1")))
tgz("t_size_text", tarred(member("x", b"y", size=b"abcdefghijk\0")))
tgz("t_type_unknown", tarred(member("x", b"y", b"Z")))
tgz("t_contiguous", tarred(member("x", b"y", b"7")))
tgz("t_volume", tarred(member("label", b"", b"V")))
tgz("t_sparse_old", tarred(member("x", b"", b"S")))
tgz("t_pax_path", tarred(pax(path="../../escape"), member("innocent", b"x")))
tgz("t_pax_absolute", tarred(pax(path="/etc/passwd"), member("innocent", b"x")))
tgz("t_pax_size", tarred(pax(size="99999999999"), member("x", b"y")))
tgz("t_pax_link", tarred(pax(linkpath="/etc/passwd"), member("x", b"", b"2", link=b"a")))
tgz("t_pax_nul", tarred(pax(path=b"a\0b"), member("x", b"y")))
tgz("t_pax_broken", tarred(member("pax", b"999 path=x\n", b"x"), member("x", b"y")))
tgz("t_pax_global", tarred(member("g", b"20 path=../../owned\n", b"g"), member("x", b"y")))
tgz("t_sparse_pax", tarred(pax(GNU_sparse_major="1", GNU_sparse_minor="0", GNU_sparse_name="../../s", GNU_sparse_realsize="99999999999"),
                           member("x", b"0\n".ljust(512, b"\0"))))
tgz("t_longname_slip", tarred(member("././@LongLink", b"../" * 50 + b"x\0", b"L"), member("x", b"y")))
tgz("t_longlink_only", tarred(member("././@LongLink", b"/etc/passwd\0", b"K"), member("x", b"", b"2")))
tgz("t_bad_utf8", tarred(member(b"\xff\xfe\xff", b"x")))
tgz("t_gbk", tarred(member("销售.txt".encode("gbk"), b"x")))
tgz("t_self_link", tarred(member("me", b"", b"1", link=b"me")))
tgz("t_link_then_file", tarred(member("d", b"", b"2", link=b"/tmp"), member("d/x", b"y")))
tgz("t_dir_is_file", tarred(member("a/", b"", b"5"), member("a", b"x")))
tgz("t_empty", tarred(plain=False))
raw("t_gzip_header.tar.gz", b"\x1f\x8b\x08")
raw("t_gzip_crc.tar.gz", gzip.compress(tarred(), mtime=0)[:-8] + b"\1\2\3\4\5\6\7\0")
raw("t_zlib.tar.gz", zlib.compress(tarred()))
raw("t_plain.tar", tarred())
with tarfile.open(os.path.join(OUT, "t_xz.tar.xz"), "w:xz") as t:
    info = tarfile.TarInfo("main.py")
    info.size = len(MAIN)
    t.addfile(info, io.BytesIO(MAIN))
