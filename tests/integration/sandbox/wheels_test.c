/* A package's own wheels: installed without running anything, shared by content, used cold and warm alike,
 * and refused with every fault named. */
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"
#include "worker/sandbox/store/tree.h"

static struct sandbox_rig rig, user_rig;
static char cases[96];

struct looked {
    struct rig_unpacked raw;
    json_t *json;
    uint8_t runtime[32]; /* zeroes: none */
};

static void look(struct sandbox_rig *r, const char *name, struct looked *l)
{
    char path[256];

    memset(l, 0, sizeof *l);
    snprintf(path, sizeof path, "%s/%s.zip", cases, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    sandbox_rig_unpack(r, fd, &l->raw);
    close(fd);
    l->json = json_loads(buf_text(&l->raw.json), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(l->json);
    const char *hex = json_string_value(json_object_get(l->json, "runtime"));
    if (hex)
        assert_int_equal(sodium_hex2bin(l->runtime, 32, hex, strlen(hex), NULL, NULL, NULL), 0);
}

static void forget(struct looked *l)
{
    json_decref(l->json);
    buf_release(&l->raw.json);
}

static const char *said(const struct looked *l)
{
    return buf_text(&l->raw.json);
}

static struct sandbox_job job_of(const struct looked *l)
{
    struct sandbox_job job = sandbox_rig_job(l->raw.package);

    memcpy(job.wheels, l->runtime, sizeof job.wheels);
    return job;
}

/* Unpack, run, and compare what it printed. */
static void prints(struct sandbox_rig *r, const char *name, const char *text)
{
    struct looked l;
    struct rig_result result;

    look(r, name, &l);
    if (!l.raw.kept)
        fail_msg("%s: %s", name, said(&l));
    struct sandbox_job job = job_of(&l);
    sandbox_rig_run(r, &job, NULL, &result);
    if (strcmp(buf_text(&result.out), text) != 0)
        fail_msg("%s printed %s %s", name, buf_text(&result.out), buf_text(&result.errors));
    rig_result_release(&result);
    forget(&l);
}

static void wheels_and_what_they_need_are_imported(void **state)
{
    (void)state;
    prints(&rig, "good", "hello dear you\n");
    prints(&rig, "no_list", "hello dear you\n");
    prints(&rig, "hashed", "hello dear you\n");
    prints(&rig, "marked", "hello dear you\n");
    prints(&rig, "newest", "hello dear you\n");
    prints(&rig, "runtime_has_it", "ok\n");
    prints(&rig, "not_kept_list", "ok\n");
}

static void a_plain_user_runs_them_too(void **state)
{
    (void)state;
    prints(&user_rig, "good", "hello dear you\n");
}

static void prints_warm(const char *name, const char *text)
{
    struct looked l;
    struct rig_result result;

    look(&rig, name, &l);
    rig.warm = true;
    struct sandbox_job job = job_of(&l);
    for (int i = 0; i < 3; i++) {
        sandbox_rig_run(&rig, &job, NULL, &result);
        assert_string_equal(buf_text(&result.out), text);
        assert_true(result.warm);
        assert_memory_equal(result.runtime, l.runtime, 32);
        rig_result_release(&result);
    }
    rig.warm = false;
    forget(&l);
}

static void a_warm_run_has_the_same_modules(void **state)
{
    (void)state;
    prints_warm("good", "hello dear you\n");
}

/* Its module is run by the job's own process, which is confined by then: the one it is copied from confines others. */
static void nothing_of_a_wheel_runs_ahead_of_its_job(void **state)
{
    (void)state;
    prints(&rig, "hooked", "False True []\n");
    prints_warm("hooked", "False True []\n");
}

static void a_wheel_is_what_the_platforms_modules_use_too_warm_as_cold(void **state)
{
    (void)state;
    prints(&rig, "under_base", "99.0 requests 1\n");
    prints_warm("under_base", "99.0 requests 1\n");
}

static int runtimes_kept(void)
{
    char path[256];
    struct stat st;

    snprintf(path, sizeof path, "%s/cache/wheels", rig.dir);
    assert_int_equal(stat(path, &st), 0);
    return (int)st.st_nlink - 2;
}

static void the_same_wheels_are_one_runtime_whatever_the_code(void **state)
{
    struct looked a, b;
    (void)state;

    look(&rig, "good", &a);
    int before = runtimes_kept();
    look(&rig, "other_code", &b);
    assert_int_equal(runtimes_kept(), before);
    assert_memory_equal(a.runtime, b.runtime, 32);
    assert_memory_not_equal(a.raw.package, b.raw.package, 32);
    /* Who reviews sees what was brought, and a run does not carry it. */
    assert_non_null(strstr(said(&a), "\"path\":\"wheels/greet-1.0-py3-none-any.whl\""));
    forget(&a);
    forget(&b);
    prints(&rig, "other_code", "other hello dear you\n");
    prints(&rig, "compiled", "True 0o444\nFalse ['README.md', 'main.py', 'requirements.txt']\nread-only\n");
}

static void a_wheel_comes_before_the_module_of_the_platform(void **state)
{
    (void)state;
    prints(&rig, "before_base", "99.0 /usr/local/lib/python3.11/dist-packages/six.py\n");
}

static void nothing_of_a_wheel_runs_by_itself(void **state)
{
    struct looked l;
    (void)state;

    look(&rig, "starters", &l);
    assert_non_null(strstr(said(&l), "\"wheel_starter\""));
    assert_non_null(strstr(said(&l), "evil.pth"));
    assert_non_null(strstr(said(&l), "sitecustomize.py"));
    forget(&l);
    prints(&rig, "starters", "quiet 1\n");
    look(&rig, "unused", &l);
    assert_true(l.raw.kept);
    assert_non_null(strstr(said(&l), "\"wheel_unused\""));
    forget(&l);
}

/* Lost from the cache, it is not run without: the worker is told, and the archive brings it back. */
static void a_runtime_that_was_dropped_is_asked_for_again(void **state)
{
    struct looked l, again;
    struct rig_result result;
    char hex[TREE_HEX_BYTES], path[128];
    (void)state;

    look(&rig, "before_base", &l);
    tree_hex(l.runtime, hex);
    snprintf(path, sizeof path, "%s/cache/wheels", rig.dir);
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree_remove(dir, hex);
    close(dir);
    struct sandbox_job job = job_of(&l);
    sandbox_rig_run(&rig, &job, NULL, &result);
    assert_false(result.started);
    assert_int_equal(result.err.code, GOV_NOT_FOUND);
    rig_result_release(&result);
    look(&rig, "before_base", &again);
    assert_memory_equal(again.runtime, l.runtime, 32);
    sandbox_rig_run(&rig, &job, NULL, &result);
    assert_true(result.started);
    assert_memory_equal(result.runtime, l.runtime, 32);
    rig_result_release(&result);
    forget(&l);
    forget(&again);
}

static const struct {
    const char *package, *code, *word;
} refused[] = {
    { "missing", "requirement_missing", "polite>=2" },
    { "missing", "requirement_missing", "pip download -d wheels -r requirements.txt" },
    { "missing_direct", "requirement_missing", "greet==1.0" },
    { "version", "requirement_version", "1.0" },
    { "tag", "wheel_tag", "cp311" },
    { "tag_native", "wheel_tag", "--platform manylinux2014_x86_64" },
    { "slip", "wheel_path", "../../etc/x" },
    { "slip_inside", "wheel_path", "a/../../b.py" },
    { "absolute", "wheel_path", "/tmp/x.py" },
    { "link", "wheel_path", "l.py" },
    { "record", "wheel_record", "greet.py" },
    { "record_none", "wheel_record", "greet.py" },
    { "unlisted", "wheel_record", "sneak.py" },
    { "hash", "wheel_hash", "greet-1.0" },
    { "unhashed", "requirement_unhashed", "polite" },
    { "conflict", "requirement_conflict", "polite>=2" },
    { "python", "wheel_python", ">=4" },
    { "platform", "wheel_clash", "execgov.py" },
    { "clash", "wheel_clash", "greet.py" },
    { "damaged", "wheel_damaged", "" },
    { "no_metadata", "wheel_damaged", "METADATA" },
    { "named", "wheel_name", "name-version" },
    { "odd", "requirement_odd", "git+https" },
    { "bomb", "wheels_large", "" },
    { "bomb_many", "wheels_large", "" },
};

static void wheels_with_faults_are_refused_and_nothing_is_kept(void **state)
{
    int before = runtimes_kept(), wrong = 0;
    (void)state;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct looked l;
        char code[48];
        look(&rig, refused[i].package, &l);
        snprintf(code, sizeof code, "\"code\":\"%s\"", refused[i].code);
        if (l.raw.kept || !strstr(said(&l), code) || !strstr(said(&l), refused[i].word)) {
            fprintf(stderr, "%s: no %s of %s: %.900s\n", refused[i].package, refused[i].code, refused[i].word, said(&l));
            wrong++;
        }
        forget(&l);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(runtimes_kept(), before);
    assert_int_equal(sandbox_rig_processes(&rig), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wheels_and_what_they_need_are_imported),
        cmocka_unit_test(a_plain_user_runs_them_too),
        cmocka_unit_test(a_warm_run_has_the_same_modules),
        cmocka_unit_test(nothing_of_a_wheel_runs_ahead_of_its_job),
        cmocka_unit_test(a_wheel_is_what_the_platforms_modules_use_too_warm_as_cold),
        cmocka_unit_test(the_same_wheels_are_one_runtime_whatever_the_code),
        cmocka_unit_test(a_wheel_comes_before_the_module_of_the_platform),
        cmocka_unit_test(nothing_of_a_wheel_runs_by_itself),
        cmocka_unit_test(a_runtime_that_was_dropped_is_asked_for_again),
        cmocka_unit_test(wheels_with_faults_are_refused_and_nothing_is_kept),
    };

    if (geteuid() != 0 || !sandbox_rig_start(&rig, false) || !sandbox_rig_start(&user_rig, true))
        return 77;
    snprintf(cases, sizeof cases, "%s/cases", rig.dir);
    const char *const write_cases[] = { "/usr/bin/python3", "-B", "-W", "ignore",
                                        SOURCE_DIR "/tests/integration/sandbox/wheel_cases.py", cases, NULL };
    struct buf out = { 0 };
    if (mkdir(cases, 0755) < 0 || rig_program(write_cases, &out) != 0) {
        fprintf(stderr, "no cases: %s\n", buf_text(&out));
        return 1;
    }
    buf_release(&out);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&rig);
    sandbox_rig_stop(&user_rig);
    return failed;
}
