"""Writes the corpus of archive_test.c into the directory named by the first argument.

Every case is a file NAME.zip or NAME.tar.gz; what must come of it is in archive_test.c.
"""
import gzip
import io
import os
import stat
import struct
import sys
import tarfile
import zipfile

OUT = sys.argv[1]
MAIN = ("main.py", b"print('hello')\n")
README = ("README.md", "# 报表 report\n".encode())


def zip_case(name, entries, compress=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(os.path.join(OUT, name + ".zip"), "w", compress) as z:
        for e in entries:
            path, data, mode = (*e, 0o100644)[:3]
            info = zipfile.ZipInfo(path)
            info.external_attr = mode << 16
            info.compress_type = compress
            info.create_system = 3
            z.writestr(info, data)


def tar_case(name, members):
    with tarfile.open(os.path.join(OUT, name + ".tar.gz"), "w:gz") as t:
        for m in members:
            if isinstance(m, tarfile.TarInfo):
                t.addfile(m)
            else:
                path, data, mode = (*m, 0o644)[:3]
                info = tarfile.TarInfo(path)
                info.size, info.mode = len(data), mode
                t.addfile(info, io.BytesIO(data))


def special(path, kind, link="", mode=0o644):
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode = kind, link, mode
    info.devmajor, info.devminor = 1, 3
    return info


def raw(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)


def gbk_zip():
    """As Chinese Windows writes it: GBK bytes without the UTF-8 flag."""
    path = os.path.join(OUT, "gbk.zip")
    marker = "AAAAAAAAAAAA.txt"
    zip_case("gbk", [MAIN, README, (marker, b"x")])
    data = open(path, "rb").read()
    name = "销售数据表.txt".encode("gbk")
    name += b"" * (len(marker) - len(name))
    assert len(name) <= len(marker)
    marker2 = ("A" * (len(name) - 4) + ".txt").encode()
    zip_case("gbk", [MAIN, README, (marker2.decode(), b"x")])
    data = open(path, "rb").read()
    raw("gbk.zip", data.replace(marker2, name))


def zip_rename(name, old, new):
    """Names zipfile would refuse or normalise: patched into the bytes, same length."""
    path = os.path.join(OUT, name + ".zip")
    data = open(path, "rb").read()
    assert len(old) == len(new) and data.count(old) == 2
    raw(name + ".zip", data.replace(old, new))


zip_case("plain", [MAIN, README, ("lib/util.py", b"X = 1\n"), ("run.sh", b"#!/bin/sh\n", 0o100755)])
tar_case("plain", [MAIN, README, ("lib/util.py", b"X = 1\n"), ("run.sh", b"#!/bin/sh\n", 0o755)])
zip_case("wrapped", [("report-1.0/" + n, d) for n, d in (MAIN, README, ("a/b.txt", b"b"))])
zip_case("wrapped_mac", [("job/main.py", b""), ("job/README.md", b""), ("__MACOSX/job/._main.py", b"x"),
                         ("job/.DS_Store", b"x"), ("job/__pycache__/main.cpython-311.pyc", b"x"),
                         ("job/.git/config", b"x"), ("job/.gitignore", b"x")])
gbk_zip()
zip_case("chinese", [MAIN, README, ("数据/销售 报表 (终).csv", b"x")])
zip_case("slip", [MAIN, ("../../etc/cron.d/x", b"x"), ("a/../../b", b"x")])
zip_case("slip_backslash", [MAIN, ("aaaaaaaaaaa", b"x")])
zip_rename("slip_backslash", b"aaaaaaaaaaa", b"..\\..\\x\\yyy")
zip_case("absolute", [MAIN, ("/etc/passwd", b"x")])
zip_case("drive", [MAIN, ("C:/windows/x", b"x")])
zip_case("symlink", [MAIN, ("link", b"/etc/passwd", stat.S_IFLNK | 0o777)])
tar_case("symlink", [MAIN, special("link", tarfile.SYMTYPE, "/etc"), ("link/x", b"x")])
tar_case("hardlink", [MAIN, special("hard", tarfile.LNKTYPE, "main.py")])
tar_case("device", [MAIN, special("null", tarfile.CHRTYPE), special("disk", tarfile.BLKTYPE)])
tar_case("fifo", [MAIN, special("pipe", tarfile.FIFOTYPE)])
tar_case("setuid", [("main.py", b"", 0o6755), README])
zip_case("case_fold", [MAIN, ("Data.csv", b"1"), ("data.csv", b"2")])
zip_case("case_fold_folder", [MAIN, ("Lib/a.py", b"1"), ("lib/b.py", b"2")])
zip_case("case_fold_unicode", [MAIN, ("Ärger.txt", b"1"), ("ärger.txt", b"2")])
with zipfile.ZipFile(os.path.join(OUT, "duplicate.zip"), "w") as z:
    for data in (b"1", b"2"):
        z.writestr("main.py", data)
zip_case("file_and_folder", [MAIN, ("x", b"1"), ("x/y", b"2")])
zip_case("hidden", [MAIN, ("invoice\u202efdp.exe", b"x"), ("zero\u200bwidth", b"x"), ("new\nline", b"x")])
zip_case("dash", [MAIN, ("-rf", b"x")])
zip_case("long_name", [MAIN, ("n" * 250, b"x")])
zip_case("long_path", [MAIN, ("/".join(["abcdefghijklmnop"] * 40), b"x")])
zip_case("deep", [MAIN, ("d/" * 20 + "f", b"x")])
zip_case("many", [MAIN] + [(f"f{i}", b"") for i in range(2100)])
zip_case("bomb", [MAIN, ("zeros", bytes(100 << 20))])
zip_case("bomb_many", [MAIN] + [(f"z{i}", bytes(20 << 20)) for i in range(5)])
raw("bomb.tar.gz", b"")
with gzip.open(os.path.join(OUT, "bomb.tar.gz"), "wb", 1) as g:
    info = tarfile.TarInfo("zeros")
    info.size = 400 << 20
    g.write(info.tobuf())
    for _ in range(400):
        g.write(bytes(1 << 20))
    g.write(bytes(1024))
zip_case("no_main", [README, ("script.py", b"")])
zip_case("main_sh", [("main.sh", b"echo hi\n"), README])
zip_case("skill_json", [("skill.json", b"{}"), ("tool.py", b""), README])
zip_case("empty", [])
raw("not.zip", b"hello, this is no archive")
raw("nothing.zip", b"")
with open(os.path.join(OUT, "plain.zip"), "rb") as f:
    whole = f.read()
raw("cut.zip", whole[:len(whole) // 2])
raw("damaged.zip", whole[:45] + bytes([whole[45] ^ 0xff, whole[46] ^ 0xff]) + whole[47:])
with open(os.path.join(OUT, "plain.tar.gz"), "rb") as f:
    whole = f.read()
raw("cut.tar.gz", whole[:len(whole) // 2])
# The central directory promises a size the data does not have.
zip_case("lying", [MAIN, ("small", b"x" * 1000)], zipfile.ZIP_STORED)
data = bytearray(open(os.path.join(OUT, "lying.zip"), "rb").read())
at = data.rfind(b"PK\1\2")
data[at + 24:at + 28] = struct.pack("<I", 0x7fffffff)
raw("lying.zip", bytes(data))
zip_case("encrypted", [MAIN, ("secret.txt", b"x" * 40)], zipfile.ZIP_STORED)
data = bytearray(open(os.path.join(OUT, "encrypted.zip"), "rb").read())
for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
    at = data.rfind(magic)
    data[at + offset] |= 1
raw("encrypted.zip", bytes(data))
zip_case("all_at_once", [("a/../../x", b""), ("/abs", b""), ("l", b"/etc", stat.S_IFLNK | 0o777),
                         ("A", b""), ("a", b"")])
zip_case("code", [("main.py", b"import pandas\nimport yaml\nimport requests\nimport helper\nimport json\n"
                              b"try:\n    import orjson\nexcept ImportError:\n    orjson = None\n"
                              b"import subprocess\nsubprocess.run(['ls'])\nopen('/home/me/x.csv')\n"
                              b"open('C:\\\\data\\\\y.csv')\n"),
                  ("helper.py", b""), ("old.py", b"print 'python 2'\n"), README])
zip_case("syntax", [("main.py", b"x = 1\ndef f(:\n    pass\n"), README])
zip_case("code_bomb", [("main.py", b"x = " + b"(" * 5000 + b")" * 5000), README])
zip_case("review", [MAIN, README, ("table.bin", b"\1" * (9 << 20)), ("small.bin", b"\1" * (7 << 20)),
                    ("lib.so", b"\x7fELF\2\1\1" + b"\0" * 60),
                    ("conf.ini", b"[partner]\nhost = x\npassword = 'hunter2-and-more'\n"),
                    ("sample.ini", b"password = 'change_me'\n"), ("id.pem", b"-----BEGIN RSA PRIVATE KEY-----\n")])
zip_case("code_binary", [("main.py", b"\x00\x01\xff" * 100), README])
tar_case("sparse_names", [("./main.py", b""), ("./", b""), ("./a//b/./c.txt", b"x"), README])
# --- names that only a tar can carry, and headers that lie ---
tar_case("slip", [("main.py", b""), ("../../../root/.ssh/authorized_keys", b"x"), ("a/b/../../../c", b"x")])
tar_case("absolute", [("main.py", b""), ("//etc/shadow", b"x")])
tar_case("slip_long", [("main.py", b""), ("../" * 60 + "etc/passwd", b"x")])
tar_case("link_absolute", [("main.py", b""), special("out", tarfile.SYMTYPE, "/"), ("out/etc/x", b"x")])
tar_case("link_chain", [("main.py", b""), special("a", tarfile.SYMTYPE, "."), special("b", tarfile.SYMTYPE, "a/.."),
                        ("b/x", b"x")])
tar_case("hardlink_out", [("main.py", b""), special("passwd", tarfile.LNKTYPE, "/etc/passwd")])
tar_case("hardlink_up", [("main.py", b""), special("up", tarfile.LNKTYPE, "../../secret")])
tar_case("device_in_folder", [("job/main.py", b""), special("job/sda", tarfile.BLKTYPE)])
tar_case("fifo_as_main", [special("main.py", tarfile.FIFOTYPE)])
tar_case("folder_as_main", [special("main.py", tarfile.DIRTYPE, mode=0o755), README])
tar_case("hidden", [("main.py", b""), ("a\u2066b\u2069.txt", b"x"), ("tab\there", b"x"), ("bell\a", b"x")])
tar_case("case_fold", [("main.py", b""), ("MAIN.PY", b"x")])
tar_case("many", [("main.py", b"")] + [(f"d{i % 50}/f{i}", b"") for i in range(2100)])
tar_case("deep", [("main.py", b""), ("d/" * 30 + "f", b"x")])
tar_case("dash", [("main.py", b""), ("--checkpoint-action=exec=sh", b"x")])
zip_case("nul_device", [MAIN, ("link", b"../../../../dev/null", stat.S_IFLNK | 0o777), ("link/x", b"y")])
zip_case("fifo", [MAIN, ("pipe", b"", stat.S_IFIFO | 0o644)])
zip_case("device", [MAIN, ("disk", b"", stat.S_IFBLK | 0o644)])
zip_case("slip_mixed", [MAIN, ("a\\..\\../..\\b", b"x")])
zip_case("only_ignored", [("__MACOSX/x", b""), (".git/config", b"x")])
zip_case("one_huge", [MAIN, ("ones", b"1" * (33 << 20))])
# A million entries: refused at the bound, long before the end is read.
with gzip.open(os.path.join(OUT, "million.tar.gz"), "wb", 1) as g:
    block = b"".join(tarfile.TarInfo(f"m{i}").tobuf() for i in range(1000))
    for _ in range(1000):
        g.write(block)
raw("gzip_twice.tar.gz", gzip.compress(gzip.compress(b"x" * 4096)))
raw("gzip_random.tar.gz", gzip.compress(bytes(range(256)) * 64))
raw("rar.zip", b"Rar!\x1a\x07\x01\x00" + bytes(200))
raw("seven.zip", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(200))
# A member that says it has an exabyte.
info = tarfile.TarInfo("exa")
info.size = 1 << 60
raw("exabyte.tar.gz", gzip.compress(tarfile.TarInfo("main.py").tobuf() + info.tobuf(tarfile.GNU_FORMAT) + bytes(4096)))
# Many entries of the directory share one piece of data.
zip_case("overlap", [("main.py", b"")] + [(f"o{i:03}", b"x" * 1000) for i in range(100)])
data = bytearray(open(os.path.join(OUT, "overlap.zip"), "rb").read())
at = first = data.find(b"PK\1\2")
while at >= 0:
    data[at + 42:at + 46] = data[first + 42:first + 46]
    at = data.find(b"PK\1\2", at + 1)
raw("overlap.zip", bytes(data))
