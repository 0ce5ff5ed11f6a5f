/* file_store_test.c - bytes are there whole or not at all, also after crashes and on full disks. */
#include "core/store/file/file_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/check.h"
#include "tests/lib/op_probe.h"
#include "tests/lib/test.h"

enum { PROCESSES = 8, WRITERS = 4, DISK_BYTES = 256 * 1024 };

struct fixture {
    char root[64];
    struct loop loop;
    struct file_store *store;
};

static struct file_store *open_folder(const char *root, struct gov_err *err)
{
    return file_store_open(&(struct file_store_settings){ .files = root }, err);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct gov_err err;

    CHECK(f && crypto_init(&err));
    snprintf(f->root, sizeof f->root, "/tmp/execgov-files-XXXXXX");
    CHECK(mkdtemp(f->root));
    loop_init(&f->loop);
    f->store = open_folder(f->root, &err);
    CHECK(f->store);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    file_store_close(f->store);
    assert_true(loop_release(&f->loop));
    nftw(f->root, remove_one, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    free(f);
    return 0;
}

/* An upload in pieces of one op. */
struct upload {
    struct op op;
    struct fixture *f;
    struct id id;
    const char *pieces[3];
    size_t piece_bytes; /* 0: strlen */
    int at;
    int64_t bytes_max;
    bool give_up;
    struct file_writer *writer;
    struct file_stored stored;
};

static enum op_next upload_begin(struct op *op)
{
    struct upload *u = (struct upload *)op;
    file_write_begin(op, u->f->store, &u->id, u->bytes_max, &u->writer);
    return OP_WAIT;
}

static enum op_next upload_write(struct op *op)
{
    struct upload *u = (struct upload *)op;

    if (u->at == 3 || !u->pieces[u->at])
        return OP_NEXT;
    const char *piece = u->pieces[u->at++];
    file_write(op, u->writer, piece, u->piece_bytes ? u->piece_bytes : strlen(piece));
    return OP_AGAIN;
}

static enum op_next upload_commit(struct op *op)
{
    struct upload *u = (struct upload *)op;

    if (u->give_up)
        return gov_fail_cause(&op->err, GOV_CANCELLED, "given up"), OP_FAIL;
    file_write_commit(op, u->writer, &u->stored);
    return OP_WAIT;
}

static const struct op_step upload_steps[] = {
    { "begin", upload_begin }, { "write", upload_write }, { "commit", upload_commit }, { 0 }
};

static void upload_start(struct upload *u, struct fixture *f, const struct id *id)
{
    op_init(&u->op, "upload", upload_steps, &f->loop, NULL);
    u->f = f;
    u->id = *id;
    if (!u->bytes_max)
        u->bytes_max = 1000;
    op_start(&u->op);
}

static enum gov_code upload_end(struct upload *u)
{
    struct gov_err err = { 0 };
    bool good = op_await(&u->op, &err);

    op_release(&u->op);
    return good ? GOV_OK : err.code;
}

static char *path_of(struct fixture *f, const struct id *id, const char *suffix)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s/%s%s", f->root, id->text + 34, id->text, suffix);
    return path;
}

/* How many files the id's folder holds. */
static int files_beside(struct fixture *f, const struct id *id)
{
    char path[100];
    int count = 0;

    snprintf(path, sizeof path, "%s/%s", f->root, id->text + 34);
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));)
        count += e->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

struct reading {
    struct fixture *f;
    struct id id;
    int fd;
};

static void read_begin(struct op *op, void *arguments)
{
    struct reading *r = arguments;
    file_store_read(op, r->f->store, &r->id, &r->fd);
}

static void remove_begin(struct op *op, void *arguments)
{
    struct reading *r = arguments;
    file_store_remove(op, r->f->store, &r->id);
}

static enum gov_code content(struct fixture *f, const struct id *id, char text[64])
{
    struct reading r = { f, *id, -1 };
    struct op_probe probe = { 0 };

    op_probe_run(&probe, &f->loop, read_begin, &r);
    op_release(&probe.op);
    if (r.fd < 0)
        return probe.err.code;
    ssize_t n = read(r.fd, text, 63);
    assert_true(n >= 0);
    text[n] = 0;
    close(r.fd);
    return GOV_OK;
}

static void what_was_written_in_pieces_is_read_back_whole(void **state)
{
    struct fixture *f = *state;
    struct upload u = { .pieces = { "one ", "two ", "three" } };
    struct id id = id_new();
    struct stat status;
    char text[64], hex[CRYPTO_HEX_BYTES];

    upload_start(&u, f, &id);
    assert_int_equal(upload_end(&u), GOV_OK);
    assert_int_equal(u.stored.bytes, 13);
    crypto_sha256_hex("one two three", 13, hex);
    assert_string_equal(u.stored.sha256, hex);
    assert_int_equal(content(f, &id, text), GOV_OK);
    assert_string_equal(text, "one two three");
    assert_int_equal(files_beside(f, &id), 1);
    assert_int_equal(stat(path_of(f, &id, ""), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0444);
}

static void an_op_that_ends_without_commit_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct upload u = { .pieces = { "one" }, .give_up = true };
    struct id id = id_new();
    char text[64];

    upload_start(&u, f, &id);
    assert_int_equal(upload_end(&u), GOV_CANCELLED);
    assert_int_equal(files_beside(f, &id), 0);
    assert_int_equal(content(f, &id, text), GOV_NOT_FOUND);
}

static void more_than_allowed_is_refused_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct upload exact = { .pieces = { "12345", "67890" }, .bytes_max = 10 };
    struct upload over = { .pieces = { "12345", "67890", "1" }, .bytes_max = 10 };
    struct id id = id_new();

    upload_start(&over, f, &id);
    assert_int_equal(upload_end(&over), GOV_BODY_TOO_LARGE);
    assert_int_equal(files_beside(f, &id), 0);
    upload_start(&exact, f, &id);
    assert_int_equal(upload_end(&exact), GOV_OK);
}

static void what_a_crash_left_is_not_a_file_and_in_nobodys_way(void **state)
{
    struct fixture *f = *state;
    struct upload u = { .pieces = { "whole" } };
    struct id id = id_new();
    char text[64], folder[100];

    snprintf(folder, sizeof folder, "%s/%s", f->root, id.text + 34);
    assert_int_equal(mkdir(folder, 0755), 0);
    FILE *half = fopen(path_of(f, &id, ".part"), "w");
    assert_true(half && fputs("ha", half) >= 0 && fclose(half) == 0);
    assert_int_equal(content(f, &id, text), GOV_NOT_FOUND);
    upload_start(&u, f, &id);
    assert_int_equal(upload_end(&u), GOV_OK);
    assert_int_equal(content(f, &id, text), GOV_OK);
    assert_string_equal(text, "whole");
}

static void concurrent_writers_do_not_mix(void **state)
{
    struct fixture *f = *state;
    struct upload u[WRITERS] = { { .pieces = { "aaaa", "aaaa", "aaaa" } },
                                 { .pieces = { "bbbb", "bbbb", "bbbb" } },
                                 { .pieces = { "cccc", "cccc", "cccc" } },
                                 { .pieces = { "dddd", "dddd", "dddd" } } };
    struct id ids[WRITERS] = { id_new(), id_new(), id_new() };
    char text[64];

    while (strcmp(ids[2].text + 34, ids[0].text + 34) == 0 || strcmp(ids[2].text + 34, ids[1].text + 34) == 0)
        ids[2] = id_new(); /* a folder of its own, whose files are counted */
    ids[3] = ids[2];       /* two of them even with one id: either wins, whole */
    for (int i = 0; i < WRITERS; i++)
        upload_start(&u[i], f, &ids[i]);
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(upload_end(&u[i]), GOV_OK);
    for (int i = 0; i < WRITERS; i++) {
        assert_int_equal(content(f, &ids[i], text), GOV_OK);
        assert_int_equal(strlen(text), 12);
        assert_int_equal(strspn(text, (char[]){ text[0], 0 }), 12);
    }
    assert_int_equal(files_beside(f, &ids[2]), 1);
}

struct copying {
    struct fixture *f;
    struct id id;
    int fd;
    struct file_stored stored;
};

static void copy_begin(struct op *op, void *arguments)
{
    struct copying *c = arguments;
    file_store_copy(op, c->f->store, &c->id, c->fd, 100, &c->stored);
}

static void a_copy_takes_everything_from_the_start_and_leaves_the_descriptor(void **state)
{
    struct fixture *f = *state;
    FILE *from = tmpfile();
    struct copying c = { .f = f, .id = id_new(), .fd = fileno(from) };
    struct op_probe probe = { 0 };
    char text[64];

    assert_int_equal(write(c.fd, "0123456789", 10), 10); /* the offset is at the end now */
    assert_true(op_probe_run(&probe, &f->loop, copy_begin, &c));
    op_release(&probe.op);
    assert_int_equal(c.stored.bytes, 10);
    assert_int_equal(content(f, &c.id, text), GOV_OK);
    assert_string_equal(text, "0123456789");
    assert_int_equal(fcntl(c.fd, F_GETFD) >= 0, true);
    assert_int_equal(ftruncate(c.fd, 101), 0);
    c.id = id_new();
    assert_false(op_probe_run(&probe, &f->loop, copy_begin, &c));
    assert_int_equal(probe.err.code, GOV_BODY_TOO_LARGE);
    op_release(&probe.op);
    assert_int_equal(content(f, &c.id, text), GOV_NOT_FOUND);
    fclose(from);
}

static void removing_twice_is_no_failure(void **state)
{
    struct fixture *f = *state;
    struct upload u = { .pieces = { "x" } };
    struct reading r = { f, id_new(), -1 };
    struct op_probe probe = { 0 };

    upload_start(&u, f, &r.id);
    assert_int_equal(upload_end(&u), GOV_OK);
    for (int i = 0; i < 3; i++) {
        assert_true(op_probe_run(&probe, &f->loop, remove_begin, &r));
        op_release(&probe.op);
        assert_int_equal(files_beside(f, &r.id), 0);
        r.id = i ? id_new() : r.id; /* at last one whose folder is not there either */
    }
}

static void the_identity_stays_and_differs_between_directories(void **state)
{
    struct fixture *f = *state;
    char other[100];
    struct gov_err err;

    snprintf(other, sizeof other, "%s/other", f->root);
    struct file_store *again = open_folder(f->root, &err), *second = open_folder(other, &err);
    assert_true(again && second);
    assert_string_equal(file_store_identity(f->store), file_store_identity(again));
    assert_string_not_equal(file_store_identity(f->store), file_store_identity(second));
    file_store_close(again);
    file_store_close(second);
}

/* All processes of a first start find one identity, and none of them finds half of one. */
static void many_that_open_a_new_directory_at_once_agree(void **state)
{
    struct fixture *f = *state;
    char root[100], told[PROCESSES][37] = { { 0 } };
    int gate[2], answers[2];

    for (int round = 0; round < 10; round++) {
        snprintf(root, sizeof root, "%s/new%d", f->root, round);
        assert_true(pipe(gate) == 0 && pipe(answers) == 0);
        for (int i = 0; i < PROCESSES; i++) {
            if (fork() == 0) {
                struct gov_err err;
                char wait;
                close(gate[1]);
                if (read(gate[0], &wait, 1) != 0)
                    _exit(1);
                struct file_store *s = open_folder(root, &err);
                _exit(!s || write(answers[1], file_store_identity(s), 36) != 36);
            }
        }
        close(gate[0]);
        close(gate[1]); /* go */
        for (int i = 0, status; i < PROCESSES; i++)
            assert_true(wait(&status) > 0 && status == 0);
        for (int i = 0; i < PROCESSES; i++) {
            assert_int_equal(read(answers[0], told[i], 36), 36);
            assert_string_equal(told[i], told[0]);
        }
        close(answers[0]);
        close(answers[1]);
    }
}

static void a_directory_that_cannot_be_used_is_refused_at_start(void **state)
{
    struct fixture *f = *state;
    char path[100];
    struct gov_err err;

    snprintf(path, sizeof path, "%s/not/there", f->root);
    assert_null(open_folder(path, &err));
    assert_int_equal(err.code, GOV_CONFIGURATION);
    snprintf(path, sizeof path, "%s/identity", f->root);
    assert_null(open_folder(path, &err)); /* a file */
}

static void a_full_disk_is_files_unavailable_and_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct fixture full = { 0 };
    struct upload u = { .bytes_max = 2 * DISK_BYTES, .piece_bytes = 2 * DISK_BYTES };
    struct upload small = { .pieces = { "fits" } };
    struct id id = id_new();
    struct gov_err err;

    snprintf(full.root, sizeof full.root, "%s/disk", f->root);
    assert_int_equal(mkdir(full.root, 0755), 0);
    if (mount("none", full.root, "tmpfs", 0, "size=256k") != 0)
        skip(); /* wants root */
    full.store = open_folder(full.root, &err);
    u.pieces[0] = calloc(1, u.piece_bytes);
    upload_start(&u, f, &id);
    u.f = &full; /* f's loop, another store */
    enum gov_code code = upload_end(&u);
    int left = files_beside(&full, &id);
    upload_start(&small, f, &id);
    small.f = &full;
    enum gov_code after = upload_end(&small);
    free((char *)u.pieces[0]);
    file_store_close(full.store);
    umount2(full.root, MNT_DETACH);
    assert_int_equal(code, GOV_FILES_UNAVAILABLE);
    assert_int_equal(left, 0);
    assert_int_equal(after, GOV_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_in_pieces_is_read_back_whole),
        TEST(an_op_that_ends_without_commit_leaves_nothing),
        TEST(more_than_allowed_is_refused_and_leaves_nothing),
        TEST(what_a_crash_left_is_not_a_file_and_in_nobodys_way),
        TEST(concurrent_writers_do_not_mix),
        TEST(a_copy_takes_everything_from_the_start_and_leaves_the_descriptor),
        TEST(removing_twice_is_no_failure),
        TEST(the_identity_stays_and_differs_between_directories),
        TEST(many_that_open_a_new_directory_at_once_agree),
        TEST(a_directory_that_cannot_be_used_is_refused_at_start),
        TEST(a_full_disk_is_files_unavailable_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
