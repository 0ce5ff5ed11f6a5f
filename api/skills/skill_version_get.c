/* GET /v1/skills/{name}/versions/{version}: visible -> load -> [wait -> load] -> base -> sources -> leave.
 *
 * The difference is told by file, from the digests both versions carry, and by line where both have the
 * file's text. Files and difference are for who wrote it and who reviews it: a source is nobody else's
 * business, and that of the other version is not an author's of this one.
 */
#include <string.h>

#include "api/runs/show/settle_wait.h"
#include "api/skills/skill_read.h"
#include "api/skills/skills.h"
#include "core/base/text.h"
#include "core/model/line_diff.h"

/* So that a version which changes everything does not hold up the others on this loop. */
enum { UNIFIED_FILES_MAX = 50, UNIFIED_BYTES_MAX = 256 * 1024 };

struct skill_version_get {
    struct endpoint endpoint;
    const char *number, *against;
    struct id id;
    struct db_rows skill, rows, base, sources;
    struct settle_wait wait;
};

static enum op_next parse(struct op *op)
{
    struct skill_version_get *e = (struct skill_version_get *)op;
    struct call *call = e->endpoint.call;
    int64_t number;

    e->against = http_request_query(call->request, "against");
    if (e->against && !text_parse_i64(e->against, 1, 1000000000, &number))
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "against", "format",
                           "against is the number of a version", "against 须为版本号"),
               OP_FAIL;
    if (!text_parse_i64(call->params[1], 1, 1000000000, &number))
        return version_missing(call->params[0], call->params[1], &op->err), OP_FAIL;
    e->number = arena_format(&op->arena, "%lld", (long long)number);
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_SKILL_GET, &e->skill,
             call->params[0], call->caller.user.text);
    return OP_WAIT;
}

static enum op_next load(struct op *op)
{
    struct skill_version_get *e = (struct skill_version_get *)op;
    struct call *call = e->endpoint.call;

    if (!skill_visible(call, &e->skill, 0))
        return skill_missing(call->params[0], &op->err), OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_SHOW, &e->rows,
             call->params[0], e->number, NULL, "1", NULL, caller_seeing(call));
    return OP_WAIT;
}

static bool checked(const char *state)
{
    return strcmp(state, "checking") != 0;
}

static enum op_next wait_for_it(struct op *op)
{
    static const struct settle_kind kind = { SQL_QUERIES_VERSION_STATE_GET, checked, 0, NULL };
    struct skill_version_get *e = (struct skill_version_get *)op;
    struct call *call = e->endpoint.call;

    if (e->rows.count == 0)
        return version_missing(call->params[0], e->number, &op->err), OP_FAIL;
    e->id = db_id(&e->rows, 0, VERSION_ID);
    if (!checked(db_text(&e->rows, 0, VERSION_STATE)))
        settle_wait_kind(op, &e->wait, call, &e->id, &kind, &e->id, settle_wait_seconds(call, 0));
    return OP_WAIT;
}

static enum op_next reload(struct op *op)
{
    struct skill_version_get *e = (struct skill_version_get *)op;
    return e->wait.settled ? load(op) : OP_NEXT;
}

static bool sees_source(struct skill_version_get *e)
{
    struct call *call = e->endpoint.call;
    const char *me = call->caller.user.text;

    return caller_governs(call) || strcmp(db_text(&e->rows, 0, VERSION_BY), me) == 0 ||
           strcmp(db_text(&e->rows, 0, VERSION_OWNER), me) == 0;
}

static enum op_next find_base(struct op *op)
{
    struct skill_version_get *e = (struct skill_version_get *)op;
    struct call *call = e->endpoint.call;

    if (sees_source(e))
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_BASE, &e->base,
                 db_text(&e->rows, 0, VERSION_SKILL_ID), e->number, e->against);
    return OP_WAIT;
}

static bool sees_base(struct skill_version_get *e)
{
    struct call *call = e->endpoint.call;
    const char *me = call->caller.user.text;

    return e->base.count > 0 && (caller_governs(call) || strcmp(db_text(&e->base, 0, 3), me) == 0 ||
                                 strcmp(db_text(&e->rows, 0, VERSION_OWNER), me) == 0);
}

static enum op_next find_sources(struct op *op)
{
    struct skill_version_get *e = (struct skill_version_get *)op;
    struct call *call = e->endpoint.call;

    if (sees_source(e))
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_VERSION_SOURCES, &e->sources,
                 db_text(&e->rows, 0, VERSION_ID), sees_base(e) ? db_text(&e->base, 0, 2) : NULL);
    return OP_WAIT;
}

/* --- shown --- */

static json_t *by_path(const json_t *files)
{
    json_t *map = json_object();
    const json_t *file;
    size_t i;

    json_array_foreach (files, i, file)
        json_object_set(map, json_get_text(file, "path"), json_object_get(file, "sha256"));
    return map;
}

/* The texts of both versions; NULL where there are none to be seen. */
struct texts {
    const json_t *before, *now;
    int shown; /* differences by line so far */
};

/* A file that was added or removed is one whose other text is empty. NULL: no text of it, or too long. */
static json_t *unified_shown(struct texts *texts, const char *path, bool was, bool is, struct buf *work)
{
    const char *before = was ? json_get_text(texts->before, path) : "", *now = is ? json_get_text(texts->now, path) : "";

    buf_clear(work);
    return before && now && texts->shown++ < UNIFIED_FILES_MAX && line_diff(before, now, work) && work->length <= UNIFIED_BYTES_MAX
               ? json_string(buf_text(work))
               : json_null();
}

static json_t *diff_shown(const json_t *before, const json_t *now, struct texts *texts, struct arena *arena)
{
    struct buf work = { 0 };
    json_t *old = json_own(arena, by_path(before)), *new = json_own(arena, by_path(now));
    json_t *list = json_array();
    const char *path;
    json_t *digest;

    json_object_foreach (new, path, digest) {
        const json_t *was = json_object_get(old, path);
        if (!was || !json_equal(was, digest))
            json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "path", path, "change",
                                                  was ? "changed" : "added", "unified",
                                                  unified_shown(texts, path, was != NULL, true, &work)));
    }
    json_object_foreach (old, path, digest)
        if (!json_object_get(new, path))
            json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "path", path, "change", "removed", "unified",
                                                  unified_shown(texts, path, true, false, &work)));
    buf_release(&work);
    return list;
}

static json_t *files_shown(const json_t *files, const json_t *texts)
{
    json_t *list = json_array();
    const json_t *file;
    size_t i;

    json_array_foreach (files, i, file) {
        json_int_t size = json_get_int(file, "size", json_get_int(file, "bytes", 0));
        const char *path = json_get_text(file, "path");
        json_array_append_new(list, json_pack("{s:s, s:I, s:s, s:s?}", "path", path, "size", size, "sha256",
                                              json_get_text(file, "sha256"), "text", json_get_text(texts, path)));
    }
    return list;
}

static enum op_next leave(struct op *op)
{
    struct skill_version_get *e = (struct skill_version_get *)op;
    struct call *call = e->endpoint.call;
    json_t *version = version_shown(call, &e->rows, 0);
    const json_t *files = db_json(&e->rows, 0, VERSION_FILES, &op->arena);
    bool based = e->base.count > 0;
    struct texts texts = { e->sources.count ? db_json(&e->sources, 0, 1, &op->arena) : NULL,
                           e->sources.count ? db_json(&e->sources, 0, 0, &op->arena) : NULL, 0 };

    if (e->against && !based && sees_source(e)) {
        json_decref(version);
        return version_missing(call->params[0], e->against, &op->err), OP_FAIL;
    }
    json_object_set_new(version, "files", sees_source(e) ? files_shown(files, texts.now) : json_array());
    json_object_set_new(version, "diff",
                        based ? diff_shown(db_json(&e->base, 0, 1, &op->arena), files, &texts, &op->arena)
                              : json_array());
    json_object_set_new(version, "against",
                        based ? json_integer(db_int(&e->base, 0, 0)) : json_null());
    call_json(call, 200, version);
    return OP_DONE;
}

const struct op_step skill_version_get_steps[] = {
    { "parse", parse },   { "load", load },      { "wait", wait_for_it }, { "reload", reload },
    { "base", find_base }, { "sources", find_sources }, { "leave", leave },   { 0 }
};
const size_t skill_version_get_bytes = sizeof(struct skill_version_get);
