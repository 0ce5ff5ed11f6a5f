/* Archives of every kind: taken, or refused with every fault named and nothing kept. */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"
#include "worker/sandbox/store/tree.h"

static struct sandbox_rig rig, user_rig;
static char corpus[96];

struct looked {
    struct rig_unpacked raw;
    json_t *json;
};

static void look_with(struct sandbox_rig *r, const char *name, struct looked *l)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", corpus, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    sandbox_rig_unpack(r, fd, &l->raw);
    close(fd);
    l->json = json_loads(buf_text(&l->raw.json), JSON_REJECT_DUPLICATES, NULL);
    if (!l->json)
        fprintf(stderr, "%s: %s %s\n", name, l->raw.err.en, l->raw.err.cause);
    assert_non_null(l->json);
}

static void forget(struct looked *l)
{
    json_decref(l->json);
    buf_release(&l->raw.json);
}

/* The finding with this code, and this path unless NULL. */
static const json_t *finding(const struct looked *l, const char *code, const char *path)
{
    json_t *f;
    size_t i;

    json_array_foreach(json_object_get(l->json, "findings"), i, f) {
        if (strcmp(json_string_value(json_object_get(f, "code")), code) == 0 &&
            (!path || strcmp(json_string_value(json_object_get(f, "path")), path) == 0))
            return f;
    }
    return NULL;
}

static const json_t *file_of(const struct looked *l, const char *path)
{
    json_t *f;
    size_t i;

    json_array_foreach(json_object_get(l->json, "files"), i, f) {
        if (strcmp(json_string_value(json_object_get(f, "path")), path) == 0)
            return f;
    }
    return NULL;
}

static int packages_kept(void)
{
    char path[256];
    struct stat st;

    snprintf(path, sizeof path, "%s/cache/packages", rig.dir);
    assert_int_equal(stat(path, &st), 0);
    return (int)st.st_nlink - 2;
}

static void a_plain_package_is_listed_sealed_and_the_same_from_zip_and_tar(void **state)
{
    struct looked zip, tar;
    (void)state;

    look_with(&rig, "plain.zip", &zip);
    look_with(&rig, "plain.tar.gz", &tar);
    assert_true(zip.raw.kept && tar.raw.kept);
    assert_int_equal(zip.raw.err.code, GOV_OK);
    assert_memory_equal(zip.raw.package, tar.raw.package, 32);
    assert_int_equal(json_array_size(json_object_get(zip.json, "files")), 4);
    assert_string_equal(json_string_value(json_object_get(file_of(&zip, "run.sh"), "mode")), "0755");
    assert_string_equal(json_string_value(json_object_get(file_of(&zip, "lib/util.py"), "mode")), "0644");
    /* sha256sum of "X = 1\n" */
    assert_string_equal(json_string_value(json_object_get(file_of(&zip, "lib/util.py"), "sha256")),
                        "0abae1e0ae728216ee44993c5a3a755f8b1c387d947fc4c4f72cab0e4a84214b");
    json_t *texts = json_object_get(zip.json, "texts");
    assert_string_equal(json_string_value(json_object_get(texts, "README.md")), "# 报表 report\n");
    assert_string_equal(json_string_value(json_object_get(texts, "main.py")), "print('hello')\n");
    forget(&zip);
    forget(&tar);
}

static void a_package_can_be_run_after_it_was_unpacked_by_a_plain_user_too(void **state)
{
    struct looked l;
    struct rig_result r;
    (void)state;

    look_with(&user_rig, "wrapped.zip", &l);
    assert_true(l.raw.kept);
    struct sandbox_job job = sandbox_rig_job(l.raw.package);
    sandbox_rig_run(&user_rig, &job, NULL, &r);
    assert_string_equal(buf_text(&r.out), "hello\n");
    rig_result_release(&r);
    forget(&l);
}

static void a_damaged_cache_is_noticed_and_unpacked_anew(void **state)
{
    struct looked l;
    struct rig_result r;
    char hex[TREE_HEX_BYTES], path[300];
    (void)state;

    look_with(&rig, "plain.zip", &l);
    tree_hex(l.raw.package, hex);
    snprintf(path, sizeof path, "%s/cache/packages/%s/tree/main.py", rig.dir, hex);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "P", 1, 0), 1);
    close(fd);
    struct sandbox_job job = sandbox_rig_job(l.raw.package);
    sandbox_rig_run(&rig, &job, NULL, &r);
    assert_false(r.started);
    assert_int_equal(r.err.code, GOV_NOT_FOUND);
    rig_result_release(&r);
    forget(&l);
    look_with(&rig, "plain.zip", &l);
    assert_true(l.raw.kept);
    sandbox_rig_run(&rig, &job, NULL, &r);
    assert_string_equal(buf_text(&r.out), "hello\n");
    rig_result_release(&r);
    forget(&l);
}

static void friendly_oddities_are_taken_and_told(void **state)
{
    struct looked l;
    (void)state;

    look_with(&rig, "wrapped.zip", &l);
    assert_true(l.raw.kept);
    assert_string_equal(json_string_value(json_object_get(l.json, "stripped")), "report-1.0");
    assert_non_null(file_of(&l, "a/b.txt"));
    forget(&l);
    look_with(&rig, "wrapped_mac.zip", &l);
    assert_true(l.raw.kept);
    assert_int_equal(json_array_size(json_object_get(l.json, "files")), 2);
    assert_int_equal(json_array_size(json_object_get(l.json, "ignored")), 5);
    assert_string_equal(json_string_value(json_object_get(l.json, "stripped")), "job");
    forget(&l);
    look_with(&rig, "gbk.zip", &l);
    assert_true(l.raw.kept);
    assert_non_null(file_of(&l, "销售数据表.txt"));
    assert_non_null(finding(&l, "gbk_names", NULL));
    forget(&l);
    look_with(&rig, "chinese.zip", &l);
    assert_true(l.raw.kept);
    assert_non_null(file_of(&l, "数据/销售 报表 (终).csv"));
    forget(&l);
    look_with(&rig, "setuid.tar.gz", &l);
    assert_true(l.raw.kept);
    assert_non_null(finding(&l, "setuid_dropped", "main.py"));
    assert_string_equal(json_string_value(json_object_get(file_of(&l, "main.py"), "mode")), "0755");
    forget(&l);
    look_with(&rig, "sparse_names.tar.gz", &l);
    assert_true(l.raw.kept);
    assert_non_null(file_of(&l, "a/b/c.txt"));
    forget(&l);
    look_with(&rig, "lying.zip", &l); /* what is there counts, not what is said about it */
    assert_true(l.raw.kept);
    assert_int_equal(json_integer_value(json_object_get(file_of(&l, "small"), "size")), 1000);
    forget(&l);
    /* A pipe in a zip is an empty file; of entries that share their data the first one is there. */
    look_with(&rig, "fifo.zip", &l);
    assert_true(l.raw.kept);
    assert_string_equal(json_string_value(json_object_get(file_of(&l, "pipe"), "mode")), "0644");
    forget(&l);
    look_with(&rig, "overlap.zip", &l);
    assert_true(l.raw.kept);
    assert_null(file_of(&l, "o001"));
    forget(&l);
    look_with(&rig, "main_sh.zip", &l);
    assert_true(l.raw.kept);
    forget(&l);
    look_with(&rig, "skill_json.zip", &l);
    assert_true(l.raw.kept);
    forget(&l);
}

static const struct refused {
    const char *archive, *code, *path;
} refused[] = {
    { "slip.zip", "path_traversal", "../../etc/cron.d/x" },
    { "slip.zip", "path_traversal", "a/../../b" },
    { "slip_backslash.zip", "path_traversal", NULL },
    { "absolute.zip", "absolute_path", "/etc/passwd" },
    { "drive.zip", "absolute_path", "C:/windows/x" },
    { "symlink.zip", "symlink", "link" },
    { "symlink.tar.gz", "symlink", "link" },
    { "hardlink.tar.gz", "hard_link", "hard" },
    { "device.tar.gz", "device", "null" },
    { "device.tar.gz", "device", "disk" },
    { "fifo.tar.gz", "fifo", "pipe" },
    { "case_fold.zip", "case_duplicate", "data.csv" },
    { "case_fold_folder.zip", "case_duplicate", "lib/b.py" },
    { "case_fold_unicode.zip", "case_duplicate", "ärger.txt" },
    { "duplicate.zip", "duplicate", "main.py" },
    { "file_and_folder.zip", "duplicate", "x/y" },
    { "hidden.zip", "hidden_character", "invoice?fdp.exe" },
    { "hidden.zip", "hidden_character", "zero?width" },
    { "hidden.zip", "hidden_character", "new?line" },
    { "dash.zip", "name_invalid", "-rf" },
    { "long_name.zip", "name_invalid", NULL },
    { "long_path.zip", "name_too_long", NULL },
    { "deep.zip", "too_deep", NULL },
    { "many.zip", "too_many_files", NULL },
    { "bomb.zip", "file_too_large", "zeros" },
    { "bomb_many.zip", "bomb", NULL },
    { "bomb.tar.gz", "file_too_large", "zeros" },
    { "no_main.zip", "no_main", NULL },
    { "empty.zip", "empty", NULL },
    { "not.zip", "not_an_archive", NULL },
    { "nothing.zip", "not_an_archive", NULL },
    { "cut.zip", "damaged", NULL },
    { "damaged.zip", "damaged", NULL },
    { "cut.tar.gz", "damaged", NULL },
    { "encrypted.zip", "encrypted", "secret.txt" },
    { "all_at_once.zip", "path_traversal", NULL },
    { "all_at_once.zip", "absolute_path", NULL },
    { "all_at_once.zip", "symlink", NULL },
    { "all_at_once.zip", "case_duplicate", NULL },
    { "all_at_once.zip", "no_main", NULL },
    { "syntax.zip", "syntax_error", "main.py" },
    { "code_binary.zip", "syntax_error", "main.py" },
    { "slip.tar.gz", "path_traversal", "../../../root/.ssh/authorized_keys" },
    { "slip.tar.gz", "path_traversal", "a/b/../../../c" },
    { "absolute.tar.gz", "absolute_path", NULL },
    { "slip_long.tar.gz", "path_traversal", NULL },
    { "link_absolute.tar.gz", "symlink", "out" },
    { "link_chain.tar.gz", "symlink", "b" },
    { "hardlink_out.tar.gz", "hard_link", "passwd" },
    { "hardlink_up.tar.gz", "hard_link", "up" },
    { "device_in_folder.tar.gz", "device", NULL },
    { "fifo_as_main.tar.gz", "fifo", "main.py" },
    { "folder_as_main.tar.gz", "no_main", NULL },
    { "hidden.tar.gz", "hidden_character", NULL },
    { "case_fold.tar.gz", "case_duplicate", "MAIN.PY" },
    { "many.tar.gz", "too_many_files", NULL },
    { "deep.tar.gz", "too_deep", NULL },
    { "dash.tar.gz", "name_invalid", "--checkpoint-action=exec=sh" },
    { "nul_device.zip", "symlink", "link" },
    { "device.zip", "device", "disk" },
    { "slip_mixed.zip", "path_traversal", NULL },
    { "only_ignored.zip", "empty", NULL },
    { "one_huge.zip", "file_too_large", "ones" },
    { "million.tar.gz", "duplicate", NULL },
    { "gzip_twice.tar.gz", "damaged", NULL },
    { "gzip_random.tar.gz", "damaged", NULL },
    { "rar.zip", "not_an_archive", NULL },
    { "seven.zip", "not_an_archive", NULL },
    { "exabyte.tar.gz", "damaged", "exa" },
};

static void hostile_archives_are_refused_with_every_fault(void **state)
{
    int before = packages_kept();
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct looked l;
        look_with(&rig, refused[i].archive, &l);
        const json_t *f = finding(&l, refused[i].code, refused[i].path);
        if (!f || l.raw.kept || l.raw.err.code != GOV_FINDINGS) {
            fprintf(stderr, "%s: no %s at %s: %s %.600s\n", refused[i].archive, refused[i].code,
                    refused[i].path ? refused[i].path : "(any)", l.raw.err.en, buf_text(&l.raw.json));
            wrong++;
        } else {
            json_t *message = json_object_get(f, "message");
            assert_non_null(json_string_value(json_object_get(message, "en")));
            assert_non_null(json_string_value(json_object_get(message, "zh")));
        }
        forget(&l);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(packages_kept(), before);
    assert_int_equal(sandbox_rig_processes(&rig), 0);
}

/* Formats bent in ways that tools differ about (archives_odd.py). Without a code it is taken, with this file in
 * it; else refused with the code. What is taken is what was unpacked, whatever the archive says elsewhere. */
static const struct {
    const char *archive, *code, *path;
} odd[] = {
    { "t_bad_utf8.tar.gz", "name_encoding", NULL },
    { "t_base256.tar.gz", NULL, "x" },
    { "t_contiguous.tar.gz", NULL, "x" },
    { "t_dir_is_file.tar.gz", NULL, "a" },
    { "t_empty.tar.gz", "empty", NULL },
    { "t_gbk.tar.gz", NULL, "销售.txt" },
    { "t_gzip_crc.tar.gz", NULL, "main.py" },
    { "t_gzip_header.tar.gz", "not_an_archive", NULL },
    { "t_link_then_file.tar.gz", "symlink", "d" },
    { "t_long_links.tar.gz", "name_too_long", NULL },
    { "t_longlink_only.tar.gz", "symlink", "x" },
    { "t_longname_slip.tar.gz", "path_traversal", NULL },
    { "t_negative.tar.gz", "damaged", NULL },
    { "t_no_end.tar.gz", NULL, "main.py" },
    { "t_pax_absolute.tar.gz", "absolute_path", "/etc/passwd" },
    { "t_pax_broken.tar.gz", NULL, "x" },
    { "t_pax_global.tar.gz", NULL, "x" },
    { "t_pax_link.tar.gz", "symlink", "x" },
    { "t_pax_nul.tar.gz", NULL, "a" },
    { "t_pax_path.tar.gz", "path_traversal", "../../escape" },
    { "t_pax_size.tar.gz", "damaged", "x" },
    { "t_plain.tar", "not_an_archive", NULL },
    { "t_ratio.tar.gz", "bomb", "z3" },
    { "t_self_link.tar.gz", "hard_link", "me" },
    { "t_size_text.tar.gz", "damaged", NULL },
    { "t_sparse_old.tar.gz", NULL, "x" },
    { "t_sparse_pax.tar.gz", "path_traversal", "../../s" },
    { "t_tail.tar.gz", NULL, "main.py" },
    { "t_two_members.tar.gz", NULL, "main.py" },
    { "t_type_unknown.tar.gz", NULL, "x" },
    { "t_volume.tar.gz", NULL, "main.py" },
    { "t_wrong_sum.tar.gz", "damaged", NULL },
    { "t_xz.tar.xz", "not_an_archive", NULL },
    { "t_zlib.tar.gz", "not_an_archive", NULL },
    { "z_backslash_root.zip", "absolute_path", "/etc" },
    { "z_bad_utf8.zip", "name_encoding", NULL },
    { "z_bidi.zip", "hidden_character", "a?cod.exe" },
    { "z_comment.zip", "damaged", NULL },
    { "z_count_large.zip", NULL, "data.txt" },
    { "z_count_small.zip", NULL, "data.txt" },
    { "z_crc.zip", NULL, "data.txt" },
    { "z_descriptor.zip", NULL, "main.py" },
    { "z_directory_elsewhere.zip", "damaged", NULL },
    { "z_dots.zip", NULL, "a/b" },
    { "z_drive_relative.zip", "absolute_path", "C:x.txt" },
    { "z_empty_name.zip", "absolute_path", "/" },
    { "z_folders.zip", "too_many_files", NULL },
    { "z_huge_name.zip", "name_too_long", NULL },
    { "z_local_name.zip", NULL, "evil.txt" },
    { "z_method_99.zip", "damaged", "data.txt" },
    { "z_method_lzma.zip", "damaged", "data.txt" },
    { "z_method_none.zip", "damaged", "data.txt" },
    { "z_nested.zip", NULL, "n3.zip" },
    { "z_nfd.zip", "duplicate", NULL },
    { "z_no_directory.zip", "damaged", NULL },
    { "z_nul.zip", NULL, "aa" },
    { "z_offset.zip", "damaged", NULL },
    { "z_other_disk.zip", "damaged", NULL },
    { "z_overlong.zip", NULL, "喇喇/b" },
    { "z_percent.zip", NULL, "%2e%2e/x" },
    { "z_prefix.zip", "not_an_archive", NULL },
    { "z_ratio.zip", "bomb", "z2" },
    { "z_tail.zip", NULL, "data.txt" },
    { "z_tilde.zip", NULL, "~/x" },
    { "z_trailing_dot.zip", NULL, "name." },
    { "z_unc.zip", "absolute_path", "//host/share/x" },
    { "z_zip64.zip", NULL, "big.txt" },
    { "z_zip64_without.zip", NULL, "big.txt" },
};

static void odd_archives_are_taken_as_they_are_or_refused(void **state)
{
    int wrong = 0;
    (void)state;

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct looked l;
        look_with(&rig, odd[i].archive, &l);
        bool good = odd[i].code ? !l.raw.kept && finding(&l, odd[i].code, odd[i].path)
                                : l.raw.kept && file_of(&l, odd[i].path);
        if (!good) {
            fprintf(stderr, "%s: not %s at %s: %.900s\n", odd[i].archive, odd[i].code ? odd[i].code : "taken",
                    odd[i].path ? odd[i].path : "(any)", buf_text(&l.raw.json));
            wrong++;
        }
        forget(&l);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(sandbox_rig_processes(&rig), 0);
}

static void code_is_looked_at_without_running_it(void **state)
{
    struct looked l;
    (void)state;

    look_with(&rig, "code.zip", &l);
    assert_true(l.raw.kept);
    const json_t *pandas = finding(&l, "missing_module", "main.py");
    assert_non_null(pandas);
    assert_int_equal(json_integer_value(json_object_get(pandas, "line")), 1);
    assert_non_null(strstr(json_string_value(json_object_get(json_object_get(pandas, "message"), "en")),
                           "\"data\""));
    assert_non_null(strstr(buf_text(&l.raw.json), "no runtime has the module yaml"));
    assert_null(strstr(buf_text(&l.raw.json), "module helper"));
    assert_null(strstr(buf_text(&l.raw.json), "module requests"));
    assert_non_null(finding(&l, "optional_module", "main.py"));
    assert_non_null(finding(&l, "uses_network", "main.py"));
    assert_non_null(finding(&l, "uses_subprocess", "main.py"));
    assert_non_null(finding(&l, "absolute_file", "main.py"));
    assert_non_null(finding(&l, "syntax_warning", "old.py"));
    forget(&l);
    look_with(&rig, "syntax.zip", &l);
    assert_int_equal(json_integer_value(json_object_get(finding(&l, "syntax_error", "main.py"), "line")), 2);
    forget(&l);
    look_with(&rig, "code_bomb.zip", &l);
    assert_true(finding(&l, "syntax_error", NULL) || finding(&l, "check_failed", NULL));
    forget(&l);
}

static void what_a_reviewer_cannot_read_and_nobody_should_is_named_without_being_told(void **state)
{
    struct looked l;
    (void)state;

    look_with(&rig, "review.zip", &l);
    assert_true(l.raw.kept);
    const json_t *large = finding(&l, "large_file", "table.bin"), *secret = finding(&l, "secret", "conf.ini");
    assert_non_null(large);
    assert_non_null(strstr(json_string_value(json_object_get(json_object_get(large, "message"), "en")), "9 MB"));
    assert_null(finding(&l, "large_file", "small.bin"));
    assert_non_null(finding(&l, "native_code", "lib.so"));
    assert_non_null(secret);
    assert_int_equal(json_integer_value(json_object_get(secret, "line")), 3);
    assert_non_null(finding(&l, "secret", "id.pem"));
    assert_null(finding(&l, "secret", "sample.ini"));
    char *told = json_dumps(json_object_get(l.json, "findings"), 0); /* beside them, what a reviewer reads: the files */
    assert_null(strstr(told, "hunter2"));
    free(told);
    forget(&l);
}

static void refused_done(void *user, struct sandbox_unpack_report *report)
{
    *(struct gov_err *)user = report->err;
    assert_false(report->kept);
}

static void an_archive_with_another_digest_is_refused(void **state)
{
    struct gov_err err = { 0 }, answer = { 0 };
    const uint8_t wrong[32] = { 1 };
    char path[256];
    (void)state;

    snprintf(path, sizeof path, "%s/plain.zip", corpus);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(sandbox_unpack_start(rig.client, fd, wrong, "base", refused_done, &answer, &err));
    close(fd);
    while (!answer.code)
        uv_run(&rig.loop, UV_RUN_ONCE);
    assert_int_equal(answer.code, GOV_INVALID_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_package_is_listed_sealed_and_the_same_from_zip_and_tar),
        cmocka_unit_test(a_package_can_be_run_after_it_was_unpacked_by_a_plain_user_too),
        cmocka_unit_test(a_damaged_cache_is_noticed_and_unpacked_anew),
        cmocka_unit_test(friendly_oddities_are_taken_and_told),
        cmocka_unit_test(hostile_archives_are_refused_with_every_fault),
        cmocka_unit_test(odd_archives_are_taken_as_they_are_or_refused),
        cmocka_unit_test(code_is_looked_at_without_running_it),
        cmocka_unit_test(what_a_reviewer_cannot_read_and_nobody_should_is_named_without_being_told),
        cmocka_unit_test(an_archive_with_another_digest_is_refused),
    };

    if (geteuid() != 0 || !sandbox_rig_start(&rig, false) || !sandbox_rig_start(&user_rig, true))
        return 77;
    snprintf(corpus, sizeof corpus, "%s/corpus", rig.dir);
    const char *const write_corpus[] = { "/usr/bin/python3", "-B", "-W", "ignore",
                                         SOURCE_DIR "/tests/integration/sandbox/archives.py", corpus,
                                         NULL };
    const char *const write_odd[] = { "/usr/bin/python3", "-B", "-W", "ignore",
                                      SOURCE_DIR "/tests/integration/sandbox/archives_odd.py", corpus, NULL };
    struct buf out = { 0 };
    if (mkdir(corpus, 0755) < 0 || rig_program(write_corpus, &out) != 0 || rig_program(write_odd, &out) != 0) {
        fprintf(stderr, "no corpus: %s\n", buf_text(&out));
        return 1;
    }
    buf_release(&out);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&rig);
    sandbox_rig_stop(&user_rig);
    return failed;
}
