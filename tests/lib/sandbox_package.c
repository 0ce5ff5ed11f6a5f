/* sandbox_package.c - packages for a rig: zips, and wheels in them, made in memory and unpacked by its sandboxd. */
#include <archive.h>
#include <archive_entry.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"
#include "worker/sandbox/store/tree.h"

static void zip_add(struct archive *a, const char *name, const void *data, size_t bytes)
{
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname_utf8(e, name);
    archive_entry_set_size(e, (la_int64_t)bytes);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_write_header(a, e);
    archive_write_data(a, data, bytes);
    archive_entry_free(e);
}

static struct archive *zip_open(int fd)
{
    struct archive *a = archive_write_new();

    assert_int_equal(archive_write_set_format_zip(a), ARCHIVE_OK);
    assert_int_equal(archive_write_open_fd(a, fd), ARCHIVE_OK);
    return a;
}

/* `wheel` -1: none is brought. */
static int zip_make(const struct rig_file *files, int wheel)
{
    int fd = memfd_create("zip", MFD_CLOEXEC);
    struct archive *a = zip_open(fd);

    for (; files->name; files++)
        zip_add(a, files->name, files->text, strlen(files->text));
    if (wheel >= 0) {
        off_t bytes = lseek(wheel, 0, SEEK_END);
        void *data = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, wheel, 0);
        assert_true(data != MAP_FAILED);
        zip_add(a, "wheels/attack-1.0-py3-none-any.whl", data, (size_t)bytes);
        munmap(data, (size_t)bytes);
    }
    archive_write_free(a);
    return fd;
}

/* attack-1.0, whose one module `attack` is this text. */
static int wheel_make(const char *text)
{
    static const char metadata[] = "Metadata-Version: 2.1\nName: attack\nVersion: 1.0\n";
    const struct rig_file files[] = { { "attack.py", text },
                                      { "attack-1.0.dist-info/METADATA", metadata },
                                      { "attack-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n" } };
    int fd = memfd_create("wheel", MFD_CLOEXEC);
    struct archive *a = zip_open(fd);
    struct buf record = { 0 };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        unsigned char digest[crypto_hash_sha256_BYTES];
        char base64[64];
        crypto_hash_sha256(digest, (const unsigned char *)files[i].text, strlen(files[i].text));
        sodium_bin2base64(base64, sizeof base64, digest, sizeof digest, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        buf_addf(&record, "%s,sha256=%s,%zu\n", files[i].name, base64, strlen(files[i].text));
        zip_add(a, files[i].name, files[i].text, strlen(files[i].text));
    }
    buf_add_text(&record, "attack-1.0.dist-info/RECORD,,\n");
    zip_add(a, "attack-1.0.dist-info/RECORD", record.data, record.length);
    archive_write_free(a);
    buf_release(&record);
    return fd;
}

static void unpack_done(void *user, struct sandbox_unpack_report *report)
{
    struct rig_unpacked *u = user;

    u->err = report->err;
    u->kept = report->kept;
    memcpy(u->package, report->package, sizeof u->package);
    buf_add_text(&u->json, report->json ? report->json : "");
    buf_add_char(&u->json, ' ');
}

void sandbox_rig_unpack(struct sandbox_rig *rig, int fd, struct rig_unpacked *result)
{
    uint8_t digest[32];
    uint64_t bytes;
    struct gov_err err = { 0 };

    memset(result, 0, sizeof *result);
    assert_true(tree_hash_file(fd, -1, digest, &bytes));
    assert_true(sandbox_unpack_start(rig->client, fd, digest, "base", unpack_done, result, &err));
    while (!result->json.length)
        uv_run(&rig->loop, UV_RUN_ONCE);
}

/* Takes the archive. The result's text is the caller's. */
static void package_keep(struct sandbox_rig *rig, int fd, struct rig_unpacked *unpacked, uint8_t digest[32])
{
    struct rig_unpacked result;

    sandbox_rig_unpack(rig, fd, &result);
    close(fd);
    if (!result.kept)
        fprintf(stderr, "package refused: %s %s %s\n", result.err.en, result.err.cause,
                buf_text(&result.json));
    assert_true(result.kept);
    memcpy(digest, result.package, 32);
    *unpacked = result;
}

void sandbox_rig_package(struct sandbox_rig *rig, const struct rig_file *files, uint8_t digest[32])
{
    struct rig_unpacked unpacked;

    package_keep(rig, zip_make(files, -1), &unpacked, digest);
    buf_release(&unpacked.json);
}

void sandbox_rig_script_job(struct sandbox_rig *rig, const char *text, struct sandbox_job *job)
{
    static const char importing[] = "import sys\nif 'attack' in sys.modules: print('it ran before the job')\n"
                                    "import attack\n";
    const struct rig_file files[] = { { "main.py", rig->in_wheel ? importing : text },
                                      { "README.md", "# test\n" }, { 0 } };
    struct rig_unpacked unpacked;
    uint8_t package[32];
    int wheel = rig->in_wheel ? wheel_make(text) : -1;

    package_keep(rig, zip_make(files, wheel), &unpacked, package);
    *job = sandbox_rig_job(package);
    if (wheel >= 0) {
        static const char mark[] = "\"runtime\":\"";
        const char *hex = strstr(buf_text(&unpacked.json), mark);
        assert_non_null(hex);
        assert_int_equal(sodium_hex2bin(job->wheels, 32, hex + sizeof mark - 1, 64, NULL, NULL, NULL), 0);
        close(wheel);
    }
    buf_release(&unpacked.json);
}
