/* package_check.c - find -> fetch -> unpack -> judge -> finish -> drop.
 *
 * The archive is opened by sandboxd only. Its findings and those of the manifest end up in the
 * version's row: refused when one of them is an error, else in review. Of a refused package no bytes stay.
 */
#include "worker/task/package_check.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "core/model/skill/manifest.h"

struct package_check {
    struct op op;
    struct work *work;
    struct id version;
    struct db_rows rows;
    int fd;
    const char *runtime; /* the imports were held against; NULL: not looked at yet */
    int looks;
    json_t *report;   /* sandboxd's; NULL if it could not look */
    struct gov_err err;
    json_t *findings;
    struct skill_manifest manifest;
    bool good;
};

/* No attempt is left: the version says so, instead of waiting for ever. Made from the payload alone,
 * for the op has failed somewhere. */
static void gave_up(struct work *work, struct db_group *group)
{
    const char *version = json_get_text(work->job.payload.arguments, "version");
    struct arena *arena = &work->op.arena;
    struct id id;

    if (!id_parse(version, &id))
        return;
    DB_GROUP_ADD(group, SQL_QUERIES_VERSION_CHECK_GAVE_UP, NULL, id.text,
                 arena_format(arena, "the package could not be checked (%s); upload it again, and tell "
                                     "whoever runs the platform if it happens twice",
                              gov_err_detail(&work->op.err, GOV_EN)),
                 arena_format(arena, "软件包未能完成检查（%s）；请重新上传，若再次出现请联系平台运维人员",
                              gov_err_detail(&work->op.err, GOV_ZH)));
}

static enum op_next find(struct op *op)
{
    struct package_check *c = (struct package_check *)op;

    c->fd = -1;
    if (!id_parse(json_get_text(c->work->job.payload.arguments, "version"), &c->version))
        return gov_fail_cause(&op->err, GOV_INTERNAL, "package_check: no version"), OP_FAIL;
    DB_QUERY(op, c->work->worker->db, &c->work->tenant.scope, SQL_QUERIES_VERSION_TO_CHECK, &c->rows,
             c->version.text);
    return OP_WAIT;
}

static void close_fd(void *check)
{
    struct package_check *c = check;
    if (c->fd >= 0)
        close(c->fd);
}

static enum op_next fetch(struct op *op)
{
    struct package_check *c = (struct package_check *)op;

    if (c->rows.count == 0)
        return gov_fail_cause(&op->err, GOV_INTERNAL, "package_check: the version is gone"), OP_FAIL;
    if (!c->work->worker->sandbox)
        return gov_fail_cause(&op->err, GOV_SANDBOX_UNAVAILABLE, "this worker has no sandbox"),
               OP_FAIL;
    struct id package = db_id(&c->rows, 0, 2);
    arena_defer(&op->arena, close_fd, c);
    file_store_read(op, c->work->worker->files, &package, &c->fd);
    return OP_WAIT;
}

static void on_unpacked(void *user, struct sandbox_unpack_report *report)
{
    struct package_check *c = user;
    struct gov_err ignored;

    c->err = report->err;
    if (report->json)
        c->report = json_parse(&c->op.arena, report->json, report->json_bytes, &ignored);
    op_io_end(&c->op, NULL);
}

/* The runtime that skill.json wants, once it can be read. */
static const char *runtime_wanted(const struct package_check *c)
{
    const char *text = json_get_text(json_object_get(c->report, "texts"), "skill.json");
    struct gov_err ignored;

    if (!text)
        return NULL;
    return json_get_text(json_parse((struct arena *)&c->op.arena, text, strlen(text), &ignored),
                         "runtime");
}

/* Twice if skill.json names a runtime: the imports are then held against that one. */
static enum op_next unpack(struct op *op)
{
    struct package_check *c = (struct package_check *)op;
    const char *wanted = c->report ? runtime_wanted(c) : NULL;
    const char *hex = db_text(&c->rows, 0, 3);
    uint8_t sha256[SANDBOX_DIGEST_BYTES];
    size_t length = 0;

    if (sodium_hex2bin(sha256, sizeof sha256, hex, strlen(hex), NULL, &length, NULL) ||
        length != sizeof sha256)
        return gov_fail_cause(&op->err, GOV_INTERNAL, "the file's digest is malformed"), OP_FAIL;
    if (c->runtime && (!wanted || strcmp(wanted, c->runtime) == 0))
        return OP_NEXT;
    c->runtime = c->runtime ? wanted : db_text(&c->rows, 0, 4);
    c->looks++;
    op_io_begin(op);
    if (!sandbox_unpack_start(c->work->worker->sandbox, c->fd, sha256, c->runtime, on_unpacked, c,
                              &op->err)) {
        op_io_end(op, NULL);
        if (c->looks == 1)
            return OP_FAIL;
        memset(&op->err, 0, sizeof op->err); /* no such runtime: the manifest's check says so */
        return OP_NEXT;
    }
    return c->looks == 1 ? OP_AGAIN : OP_WAIT;
}

/* --- what the manifest says --- */

static void add_items(json_t *findings, const struct gov_err_item *items, size_t count,
                      const char *severity)
{
    for (size_t i = 0; i < count; i++)
        json_array_append_new(findings,
                              json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "code", items[i].code,
                                        "severity", severity, "path", items[i].path, "message", "en",
                                        items[i].message.en, "zh", items[i].message.zh));
}

static void check_manifest(struct package_check *c)
{
    struct arena *arena = &c->op.arena;
    const json_t *files = json_object_get(c->report, "files");
    const json_t *texts = json_object_get(c->report, "texts");
    size_t count = json_array_size(files);
    const char **paths = ARENA_ARRAY(arena, const char *, count + 1);
    struct gov_err err;

    for (size_t i = 0; i < count; i++)
        paths[i] = json_get_text(json_array_get(files, i), "path");
    const json_t *manifest = json_object_get(texts, "skill.json");
    const json_t *readme = json_object_get(texts, "README.md");
    struct skill_package package = {
        .name = db_text(&c->rows, 0, 1),
        .files = paths,
        .file_count = count,
        .manifest = json_string_value(manifest),
        .manifest_bytes = json_string_length(manifest),
        .readme = json_string_value(readme),
        .readme_bytes = json_string_length(readme),
        .noop = c->work->worker->settings.noop,
    };
    if (skill_manifest_build(&package, &c->manifest, arena, &err)) {
        add_items(c->findings, c->manifest.warnings, c->manifest.warning_count, "warning");
        return;
    }
    c->good = false;
    add_items(c->findings, err.items, err.item_count, "error");
    if (err.item_count == 0) {
        struct gov_err_item item = { err.path, err.item, { err.en, err.zh } };
        add_items(c->findings, &item, 1, "error");
    }
}

/* What the wheels became counts to the tenant's store, once. */
static void check_room(struct package_check *c)
{
    const char *runtime = json_get_text(c->report, "runtime");
    int64_t bytes = json_get_int(c->report, "runtime_bytes", 0), room = db_int(&c->rows, 0, 7);
    const json_t *counted = db_json(&c->rows, 0, 8, &c->op.arena), *digest;
    struct gov_err_item item = { .path = "wheels", .code = "quota_exceeded" };
    size_t i;

    json_array_foreach (counted, i, digest)
        if (runtime && strcmp(json_string_value(digest), runtime) == 0)
            return;
    if (!runtime || bytes <= room)
        return;
    long long mb = (bytes + (1 << 20) - 1) >> 20, free_mb = room > 0 ? room >> 20 : 0;
    item.message.en = arena_format(&c->op.arena, "what the wheels are installed to takes %lld MB and the store has room for "
                                   "%lld MB: yank versions whose wheels nobody needs, delete files, or buy more", mb, free_mb);
    item.message.zh = arena_format(&c->op.arena, "wheel 安装后占用 %lld MB，存储配额仅剩 %lld MB：请撤回不再需要的版本、删除文件或"
                                   "购买更多存储", mb, free_mb);
    add_items(c->findings, &item, 1, "error");
    c->good = false;
}

static enum op_next judge(struct op *op)
{
    struct package_check *c = (struct package_check *)op;

    if (!c->report) {
        /* It could not be looked at; another attempt may. */
        op->err = c->err;
        if (!op->err.code)
            gov_fail_cause(&op->err, GOV_SANDBOX_UNAVAILABLE, "unpack gave no report");
        return OP_FAIL;
    }
    c->findings = json_own(&op->arena, json_deep_copy(json_object_get(c->report, "findings")));
    if (!c->findings)
        c->findings = json_own(&op->arena, json_array());
    c->good = json_get_bool(c->report, "ok", false);
    if (c->good)
        check_manifest(c);
    if (c->good)
        check_room(c);
    return OP_NEXT;
}

static void build(struct work *work, struct db_group *group)
{
    struct package_check *c = work->task;
    struct arena *arena = &c->op.arena;
    const json_t *texts = json_object_get(c->report, "texts");
    const json_t *files = json_object_get(c->report, "files");

    work_add_success(work, group, NULL);
    DB_GROUP_ADD(group, SQL_QUERIES_VERSION_CHECKED, NULL, c->version.text,
                 c->good ? "in_review" : "refused", json_get_text(c->report, "package"),
                 c->good ? json_text(arena, c->manifest.json) : NULL, json_text(arena, c->findings),
                 files ? json_text(arena, files) : "[]", json_get_text(texts, "README.md"),
                 c->good ? json_get_text(c->report, "runtime") : NULL,
                 c->good ? json_text(arena, json_object_get(c->report, "sources")) : NULL,
                 arena_format(arena, "%lld", (long long)json_get_int(c->report, "runtime_bytes", 0)));
}

static enum op_next finish(struct op *op)
{
    struct package_check *c = (struct package_check *)op;
    c->work->task = c;
    work_finish_for(op, c->work, build);
    return OP_WAIT;
}

/* After the commit: the row says already that they are gone, and what stays behind is rubbish. */
static enum op_next drop(struct op *op)
{
    struct package_check *c = (struct package_check *)op;
    struct id package = db_id(&c->rows, 0, 2);

    if (!c->good && !c->work->stale)
        file_store_remove(op, c->work->worker->files, &package);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "find", find },   { "fetch", fetch },   { "unpack", unpack },
                                        { "judge", judge }, { "finish", finish }, { "drop", drop },
                                        { 0 } };

struct op *package_check_make(struct work *work)
{
    struct package_check *c = ARENA_NEW(&work->op.arena, struct package_check);
    op_init(&c->op, "package_check", steps, work->op.loop, NULL);
    c->work = work;
    work->gave_up = gave_up;
    return &c->op;
}
