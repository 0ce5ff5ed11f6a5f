/* Ordinary scripts run unchanged: what they see, what they leave. Once as root (level 3), once as a plain
 * user (level 1). */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/sandbox_rig.h"
#include "tests/lib/test.h"

static struct sandbox_rig *rig_of(void **state)
{
    return *state;
}

static void script_reads_its_input_and_answers(void **state)
{
    struct rig_result r;
    uint8_t package[32];
    const struct rig_file files[] = {
        { "main.py", "import json, os, sys\n"
                     "a = json.load(sys.stdin)\n"
                     "b = json.load(open(os.environ['EXECGOV_INPUT'], encoding='utf-8'))\n"
                     "assert a == b == {'month': '三月'}\n"
                     "json.dump({'seen': a['month']}, open(os.environ['EXECGOV_RESULT'], 'w'))\n"
                     "print('你好')\n"
                     "print('::progress 40 reading', file=sys.stderr)\n" },
        { "README.md", "" },
        { 0 },
    };

    sandbox_rig_package(rig_of(state), files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    job.input = "{\"month\":\"三月\"}";
    job.input_bytes = strlen(job.input);
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_string_equal(buf_text(&r.errors), "::progress 40 reading\n");
    assert_int_equal(r.err.code, GOV_OK);
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(r.level, rig_of(state)->level);
    assert_string_equal(buf_text(&r.out), "你好\n");
    assert_true(r.has_answer);
    assert_string_equal(buf_text(&r.answer), "{\"seen\": \"\\u4e09\\u6708\"}");
    assert_memory_equal(r.package, package, 32);
    assert_int_equal(r.artifact_count, 0);
    rig_result_release(&r);
}

static void arguments_reach_the_script_as_they_are(void **state)
{
    struct rig_result r;
    uint8_t package[32];
    const char *args[] = { "--month", "2026-03", "a b", "$(id)", "", "销售;rm" };
    const struct rig_file files[] = {
        { "tool/cli.py", "import sys\nprint('|'.join(sys.argv[1:]))\n" },
        { "main.py", "" },
        { 0 },
    };

    sandbox_rig_package(rig_of(state), files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    job.entry = "tool/cli.py";
    job.args = args;
    job.arg_count = 6;
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_string_equal(buf_text(&r.out), "--month|2026-03|a b|$(id)||销售;rm\n");
    assert_int_equal(r.exit_code, 0);
    rig_result_release(&r);
}

static void files_are_found_by_name_and_results_collected(void **state)
{
    struct rig_result r;
    uint8_t package[32], digest[32];
    const char content[] = "日期,金额\n2026-03-01,12\n";
    const struct rig_file files[] = {
        { "main.py", "import helper, os\n"
                     "a = open('in/销售 数据.csv').read()\n"
                     "assert a == open('sales.csv').read()\n"
                     "for p in ('in/销售 数据.csv', 'sales.csv'):\n"
                     "    try:\n"
                     "        open(p, 'w')\n"
                     "        if os.getuid() != 1000: print('written')\n"
                     "    except OSError: pass\n"
                     "open('销售报表 (终).txt', 'w').write(helper.TEXT)\n"
                     "os.makedirs('out/deep')\n"
                     "open('out/deep/b.bin', 'wb').write(bytes(range(256)))\n"
                     "open('data/changed.txt', 'w').write('new')\n"
                     "open('notes.txt', 'a').write('more')\n"
                     "os.makedirs('elsewhere'); open('elsewhere/x', 'w').write('x')\n"
                     "open('.hidden', 'w').write('x')\n" },
        { "helper.py", "TEXT = 'done'\n" },
        { "notes.txt", "as it was\n" },
        { "same.txt", "untouched" },
        { "data/changed.txt", "old" },
        { "in/of the package.txt", "a package may have this folder, too" },
        { 0 },
    };

    sandbox_rig_package(rig_of(state), files, package);
    int fd = sandbox_rig_file(rig_of(state), content, sizeof content - 1, digest);
    struct sandbox_file input = { .fd = fd, .name = "销售 数据.csv", .as = "sales.csv" };
    memcpy(input.sha256, digest, 32);
    struct sandbox_job job = sandbox_rig_job(package);
    job.files = &input;
    job.file_count = 1;
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_string_equal(buf_text(&r.errors), "");
    assert_string_equal(buf_text(&r.out), "");
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(r.artifact_count, 3);
    assert_string_equal(buf_text(&rig_artifact_find(&r, "销售报表 (终).txt")->content), "done");
    assert_int_equal(rig_artifact_find(&r, "out/deep/b.bin")->content.length, 256);
    assert_string_equal(buf_text(&rig_artifact_find(&r, "notes.txt")->content), "as it was\nmore");
    rig_result_release(&r);

    /* The package itself did not change: the next run starts from the same files. A file that cannot be
     * mounted is copied. */
    close(fd);
    input.fd = fd = memfd_create("input", MFD_CLOEXEC);
    assert_int_equal(write(fd, content, sizeof content - 1), sizeof content - 1);
    const char *globs[] = { "data/*", "**/x", "no*" };
    job.collect = globs;
    job.collect_count = 3;
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_int_equal(r.artifact_count, 3);
    assert_non_null(rig_artifact_find(&r, "data/changed.txt"));
    assert_non_null(rig_artifact_find(&r, "elsewhere/x"));
    assert_string_equal(buf_text(&rig_artifact_find(&r, "notes.txt")->content), "as it was\nmore");
    rig_result_release(&r);
    close(fd);
}

static void a_file_with_another_digest_is_refused(void **state)
{
    struct rig_result r;
    uint8_t package[32], digest[32];
    const struct rig_file files[] = { { "main.py", "print('ran')\n" }, { 0 } };
    int fd = sandbox_rig_file(rig_of(state), "abc", 3, digest);
    struct sandbox_file input = { .fd = fd, .name = "a.txt" };

    sandbox_rig_package(rig_of(state), files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    memcpy(input.sha256, digest, 32);
    input.sha256[5] ^= 1;
    job.files = &input;
    job.file_count = 1;
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_false(r.started);
    assert_int_equal(r.err.code, GOV_INVALID_INPUT);
    assert_string_equal(buf_text(&r.out), "");
    rig_result_release(&r);
    close(fd);
}

/* A worker under systemd has a mount namespace of its own; its files are mounted all the same. */
static void files_are_mounted_from_another_mount_namespace(void **state)
{
    const struct rig_file files[] = {
        { "main.py", "import os\nprint(open('in/a').read())\n"
                     "if os.stat('in/a').st_dev != os.stat('.').st_dev: print('mounted')\n" },
        { 0 },
    };
    uint8_t package[32], digest[32];
    struct rig_result r;

    sandbox_rig_package(rig_of(state), files, package);
    for (int foreign = 0; foreign < 2; foreign++) {
        if (foreign)
            assert_int_equal(unshare(CLONE_NEWNS), 0);
        int fd = sandbox_rig_file(rig_of(state), "abc", 3, digest);
        struct sandbox_file input = { .fd = fd, .name = "a" };
        memcpy(input.sha256, digest, 32);
        struct sandbox_job job = sandbox_rig_job(package);
        job.files = &input;
        job.file_count = 1;
        sandbox_rig_run(rig_of(state), &job, NULL, &r);
        assert_string_equal(buf_text(&r.out), rig_of(state)->level == 3 ? "abc\nmounted\n" : "abc\n");
        rig_result_release(&r);
        close(fd);
    }
}

static void an_unknown_package_or_runtime_is_refused(void **state)
{
    struct rig_result r;
    const uint8_t nothing[32] = { 1, 2, 3 };
    struct sandbox_job job = sandbox_rig_job(nothing);

    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_int_equal(r.err.code, GOV_NOT_FOUND);
    rig_result_release(&r);
    job.runtime = "nonesuch";
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_int_equal(r.err.code, GOV_SANDBOX_UNAVAILABLE);
    rig_result_release(&r);
}

static void the_base_runtime_has_its_modules_and_no_others(void **state)
{
    struct rig_result r;

    sandbox_rig_script(rig_of(state),
                       "import openpyxl, requests, dateutil, zoneinfo, sqlite3, ssl, ctypes, json\n"
                       "import multiprocessing, tempfile, os, locale, sys\n"
                       "assert sys.executable == '/usr/bin/python3', sys.executable\n"
                       "wb = openpyxl.Workbook(); wb.active['A1'] = '名称'; wb.save('表.xlsx')\n"
                       "assert openpyxl.load_workbook('表.xlsx').active['A1'].value == '名称'\n"
                       "assert str(zoneinfo.ZoneInfo('Asia/Shanghai'))\n"
                       "assert os.getcwd() == '/work' and os.path.expanduser('~') == '/work'\n"
                       "tempfile.NamedTemporaryFile().write(b'x')\n"
                       "with multiprocessing.Pool(2) as p: assert p.map(abs, [-1]) == [1]\n"
                       "for name in ('yaml', 'numpy', 'pandas'):\n"
                       "    try: __import__(name); print(name)\n"
                       "    except ImportError: pass\n"
                       "dist = os.path.dirname(os.__file__) + '/dist-packages'\n"
                       "if os.path.isdir(dist): assert os.listdir(dist) == [], dist\n"
                       "for f in ('/bin/sh', '/usr/bin/id', '/bin/bash'):\n"
                       "    if os.path.exists(f): print(f)\n",
                       NULL, &r);
    /* what the script asked for in vain, and nothing else: whoever catches it is told all the same */
    assert_string_equal(buf_text(&r.errors), "::missing yaml /work/main.py:11\n::missing numpy /work/main.py:11\n"
                                             "::missing pandas /work/main.py:11\n");
    assert_string_equal(buf_text(&r.out), "");
    assert_int_equal(r.exit_code, 0);
    assert_int_equal(r.artifact_count, 1);
    rig_result_release(&r);
}

/* What lies beside base on the same machine must neither be seen there nor be missing here. */
static void the_data_runtime_computes(void **state)
{
    struct rig_result r;
    uint8_t package[32];
    const struct rig_file files[] = {
        { "main.py", "import numpy, openpyxl, pandas\n"
                     "frame = pandas.DataFrame({'销售': [1, 2, 39]})\n"
                     "frame.to_excel('表.xlsx')\n"
                     "print(int(numpy.sum(pandas.read_excel('表.xlsx')['销售'])))\n" },
        { "README.md", "" },
        { 0 },
    };

    if (access("/usr/lib/python3/dist-packages/pandas", R_OK) < 0)
        skip();
    sandbox_rig_package(rig_of(state), files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    job.runtime = "data";
    sandbox_rig_wait_runtime(rig_of(state), "data");
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_string_equal(buf_text(&r.errors), "");
    assert_string_equal(buf_text(&r.out), "42\n");
    rig_result_release(&r);
}

static void a_shell_skill_has_its_tools(void **state)
{
    struct rig_result r;
    uint8_t package[32];
    const struct rig_file files[] = {
        { "main.sh", "set -e\nread line\necho \"$line\" | sed s/x/y/ | tr a-z A-Z\n"
                     "find . -name '*.sh' | wc -l\nawk 'BEGIN{print 6*7}'\n"
                     "mkdir old; echo 1 > old/a; tar czf old.tgz old; gzip -dc old.tgz | tar tf - | sort\n"
                     "date -d @0 +%H%Z; echo \"$1\"; python3 -c 'print(1)'\n"
                     "command -v mount su curl wget nc ssh || true\n" },
        { "README.md", "" },
        { 0 },
    };
    const char *args[] = { "--dry-run" };

    sandbox_rig_package(rig_of(state), files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    job.kind = SANDBOX_SHELL;
    job.entry = "main.sh";
    job.input = "xyz\n";
    job.input_bytes = 4;
    job.timezone = "Asia/Shanghai";
    job.args = args;
    job.arg_count = 1;
    sandbox_rig_run(rig_of(state), &job, NULL, &r);
    assert_string_equal(buf_text(&r.errors), "");
    assert_string_equal(buf_text(&r.out), "YYZ\n1\n42\nold/\nold/a\n08CST\n--dry-run\n1\n");
    assert_int_equal(r.exit_code, 0);
    assert_non_null(rig_artifact_find(&r, "old.tgz"));
    rig_result_release(&r);
}

static void exit_codes_and_signals_are_told(void **state)
{
    struct rig_result r;

    sandbox_rig_script(rig_of(state), "import sys\nprint('before')\nsys.exit(7)\n", NULL, &r);
    assert_int_equal(r.err.code, GOV_SCRIPT_FAILED);
    assert_int_equal(r.exit_code, 7);
    assert_int_equal(r.limit, SANDBOX_LIMIT_NONE);
    assert_string_equal(buf_text(&r.out), "before\n");
    rig_result_release(&r);
    sandbox_rig_script(rig_of(state), "import os\nos.kill(os.getpid(), 11)\n", NULL, &r);
    assert_int_equal(r.err.code, GOV_SCRIPT_FAILED);
    assert_int_equal(r.exit_code, -1);
    assert_int_equal(r.signal, 11);
    rig_result_release(&r);
}

static void four_jobs_run_at_once_and_a_fifth_is_told_to_wait(void **state);

static struct sandbox_rig rigs[2]; /* of root, of a plain user */
static bool has_user;

static int setup(void **state, bool user, bool warm)
{
    struct sandbox_rig *rig = &rigs[user && has_user]; /* or root does it twice */

    rig->warm = warm;
    *state = rig;
    return 0;
}

static int root_setup(void **state)
{
    return setup(state, false, false);
}

static int user_setup(void **state)
{
    return setup(state, true, false);
}

static int root_warm_setup(void **state)
{
    return setup(state, false, true);
}

static int user_warm_setup(void **state)
{
    return setup(state, true, true);
}

struct counting {
    int done, refused;
};

static void count_done(void *user, struct sandbox_report *report)
{
    struct counting *c = user;

    c->done++;
    c->refused += report->err.code == GOV_OVERLOADED;
    if (report->err.code != GOV_OVERLOADED)
        assert_int_equal(report->err.code, GOV_OK);
}

static void four_jobs_run_at_once_and_a_fifth_is_told_to_wait(void **state)
{
    const struct rig_file files[] = { { "main.py", "import time\ntime.sleep(0.3)\n" }, { 0 } };
    const struct sandbox_events events = { NULL, count_done };
    struct counting c = { 0 };
    struct gov_err err = { 0 };
    struct sandbox_run *run;
    uint8_t package[32];

    sandbox_rig_package(rig_of(state), files, package);
    struct sandbox_job job = sandbox_rig_job(package);
    for (int i = 0; i < 5; i++)
        assert_true(sandbox_run_start(rig_of(state)->client, &job, &events, &c, &run, &err));
    while (c.done < 5)
        uv_run(&rig_of(state)->loop, UV_RUN_ONCE);
    assert_int_equal(c.refused, 1);
}

#define BOTH(test)                                                                                 \
    cmocka_unit_test_setup(test, root_setup), cmocka_unit_test_setup(test, user_setup),            \
        cmocka_unit_test_setup(test, root_warm_setup),                                             \
        cmocka_unit_test_setup(test, user_warm_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(script_reads_its_input_and_answers),
        BOTH(arguments_reach_the_script_as_they_are),
        BOTH(files_are_found_by_name_and_results_collected),
        BOTH(a_file_with_another_digest_is_refused),
        BOTH(files_are_mounted_from_another_mount_namespace),
        BOTH(an_unknown_package_or_runtime_is_refused),
        BOTH(the_base_runtime_has_its_modules_and_no_others),
        BOTH(the_data_runtime_computes),
        BOTH(a_shell_skill_has_its_tools),
        BOTH(exit_codes_and_signals_are_told),
        BOTH(four_jobs_run_at_once_and_a_fifth_is_told_to_wait),
    };

    if (geteuid() != 0 || !sandbox_rig_start(&rigs[0], false)) {
        fprintf(stderr, "skipped: needs root and namespaces\n");
        return 77;
    }
    has_user = sandbox_rig_start(&rigs[1], true);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_rig_stop(&rigs[0]);
    if (has_user)
        sandbox_rig_stop(&rigs[1]);
    return failed;
}
