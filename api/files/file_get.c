/* GET /v1/files/{id} and /v1/runs/{id}/artifacts/{artifact}: find -> open -> send.
 * GET /v1/skills/{name}/versions/{version}/package: find -> open -> note -> send.
 *
 * The bytes go out through the thread pool in pieces. A package is given to its author, to the skill's owner
 * and to reviewers only: a skill's source is nobody else's business. The entity tag is the SHA-256, for
 * content never changes. Who took a source away is in the audit before the first byte goes.
 */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "api/audit.h"
#include "api/files/files.h"
#include "api/skills/skill_row.h"
#include "core/base/text.h"

/* Columns of package_find.sql behind those of a file. */
enum { PACKAGE_OWNER = FILE_CREATED + 1, PACKAGE_VERSION };

struct file_get {
    struct endpoint endpoint;
    struct id id;
    struct db_rows rows;
    struct http_range range;
    bool part;
    int fd; /* -1: none, or handed on */
    int64_t at; /* where the range begins in it */
};

static void close_fd(void *get)
{
    struct file_get *e = get;
    if (e->fd >= 0)
        close(e->fd);
}

static enum op_next find(struct op *op, bool artifact)
{
    struct file_get *e = (struct file_get *)op;
    struct call *call = e->endpoint.call;

    e->fd = -1;
    arena_defer(&op->arena, close_fd, e);
    if (!call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    if (artifact)
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_ARTIFACT_FIND, &e->rows,
                 e->id.text, call->params[1]);
    else
        DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_FILE_SHOW, &e->rows,
                 e->id.text);
    return OP_WAIT;
}

static bool visible(struct file_get *e)
{
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    if (e->rows.count == 0)
        return false;
    const char *by = db_text(&e->rows, 0, FILE_BY), *kind = db_text(&e->rows, 0, FILE_KIND);
    bool mine = by && strcmp(by, call->caller.user.text) == 0;
    if (strcmp(kind, "package") == 0)
        return mine || call_may(call, MAY_REVIEW_SKILLS, &ignored);
    return mine || call_may(call, MAY_READ_ALL_RUNS, &ignored);
}

static const char *etag(struct file_get *e)
{
    return arena_format(&e->endpoint.op.arena, "\"%s\"", db_text(&e->rows, 0, FILE_SHA256));
}

/* "*", or a list that names it, weakly or not (RFC 9110, 13.1.2). */
static bool known_to_client(struct file_get *e)
{
    const char *header = http_request_header(e->endpoint.call->request, "if-none-match");
    return header && (strcmp(header, "*") == 0 || strstr(header, etag(e)));
}

static bool wants_description(struct call *call)
{
    const char *accept = http_request_header(call->request, "accept");
    return accept && text_starts(accept, "application/json") &&
           strcmp(call->route->pattern, "/v1/files/{id}") == 0;
}

/* What is asked of it: nothing new, a range, all of it. */
static enum op_next open_bytes(struct op *op)
{
    struct file_get *e = (struct file_get *)op;
    struct call *call = e->endpoint.call;

    if (known_to_client(e)) {
        http_reply_header(call->request, "ETag", etag(e));
        call_empty(call);
        call->status = 304;
        return OP_DONE;
    }
    uint64_t size = (uint64_t)db_int(&e->rows, 0, FILE_SIZE);
    enum http_range_kind kind = http_request_range(call->request, size, etag(e), &e->range);
    if (kind == HTTP_RANGE_UNSATISFIABLE) {
        call_taken(call);
        http_reply_no_range(call->request, size);
        return OP_DONE;
    }
    struct id id = db_id(&e->rows, 0, FILE_ID);
    e->part = kind == HTTP_RANGE_PART;
    file_store_read_part(op, call->api->files, &id, (int64_t)e->range.offset,
                         e->part ? (int64_t)e->range.length : -1, &e->fd, &e->at);
    return OP_WAIT;
}

static enum op_next open_file(struct op *op)
{
    struct file_get *e = (struct file_get *)op;
    struct call *call = e->endpoint.call;

    if (!visible(e))
        return gov_fail(&op->err, GOV_NOT_FOUND, "there is no such file", "没有这个文件"), OP_FAIL;
    if (wants_description(call)) {
        http_reply_header(call->request, "ETag", etag(e));
        call_json(call, 200, file_shown(&e->rows, 0));
        return OP_DONE;
    }
    return open_bytes(op);
}

/* RFC 9530: of the whole package, whatever range of it goes. */
static void tell_digest(struct file_get *e)
{
    const char *hex = db_text(&e->rows, 0, FILE_SHA256);
    unsigned char digest[crypto_hash_sha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof digest, sodium_base64_VARIANT_ORIGINAL)];
    size_t bytes;

    if (sodium_hex2bin(digest, sizeof digest, hex, strlen(hex), NULL, &bytes, NULL) != 0 || bytes != sizeof digest)
        return;
    sodium_bin2base64(text, sizeof text, digest, sizeof digest, sodium_base64_VARIANT_ORIGINAL);
    http_reply_header(e->endpoint.call->request, "Repr-Digest", arena_format(&e->endpoint.op.arena, "sha-256=:%s:", text));
}

static enum op_next send_file(struct op *op)
{
    struct file_get *e = (struct file_get *)op;
    struct call *call = e->endpoint.call;
    int fd = e->fd;

    e->fd = -1;
    call_taken(call);
    if (strcmp(db_text(&e->rows, 0, FILE_KIND), "package") == 0)
        tell_digest(e);
    http_reply_attachment(call->request, db_text(&e->rows, 0, FILE_NAME));
    http_reply_header(call->request, "Cache-Control", "private, max-age=0, must-revalidate");
    http_reply_file_part(call->request, fd, (uint64_t)e->at, (uint64_t)db_int(&e->rows, 0, FILE_SIZE), e->part,
                         &e->range, db_text(&e->rows, 0, FILE_MEDIA_TYPE), etag(e));
    return OP_DONE;
}

static enum op_next find_file(struct op *op)
{
    return find(op, false);
}

static enum op_next find_artifact(struct op *op)
{
    return find(op, true);
}

/* --- the package of a version --- */

static enum op_next find_package(struct op *op)
{
    struct file_get *e = (struct file_get *)op;
    struct call *call = e->endpoint.call;
    int64_t number;

    e->fd = -1;
    arena_defer(&op->arena, close_fd, e);
    if (!text_parse_i64(call->params[1], 1, 1000000000, &number) || !call_may_use(call, call->params[0]))
        return version_missing(call->params[0], call->params[1], &op->err), OP_FAIL;
    DB_QUERY(op, call->api->db, &call->caller.scope, SQL_QUERIES_PACKAGE_FIND, &e->rows, call->params[0],
             call->params[1], caller_seeing(call));
    return OP_WAIT;
}

/* Whoever may know of the version is told that its source is not for him; to others it is not there. */
static enum op_next open_package(struct op *op)
{
    struct file_get *e = (struct file_get *)op;
    struct call *call = e->endpoint.call;
    const char *me = call->caller.user.text;

    if (e->rows.count == 0)
        return version_missing(call->params[0], call->params[1], &op->err), OP_FAIL;
    if (!caller_governs(call) && strcmp(db_text(&e->rows, 0, FILE_BY), me) != 0 &&
        strcmp(db_text(&e->rows, 0, PACKAGE_OWNER), me) != 0)
        return gov_fail(&op->err, GOV_FORBIDDEN,
                        "a package is for who uploaded it, the skill's owner, and owners and admins; ask one of them",
                        "技能包仅提供给其上传者、技能负责人以及所有者和管理员；请联系他们"),
               OP_FAIL;
    return open_bytes(op);
}

static enum op_next note(struct op *op)
{
    struct file_get *e = (struct file_get *)op;
    struct call *call = e->endpoint.call;
    struct audit_row row = { NULL, call->caller.user.text, "skill", "skill.package_read", "skill_version",
                             db_text(&e->rows, 0, PACKAGE_VERSION) };

    struct db_group *g = db_group_new(op, call->api->db, &call->caller.scope);
    audit_add_inside(g, call, &row, json_pack("{s:s, s:s, s:s}", "skill", call->params[0], "version", call->params[1],
                                              "digest", db_text(&e->rows, 0, FILE_SHA256)));
    db_group_send(g);
    return OP_WAIT;
}

const struct op_step file_get_steps[] = {
    { "find", find_file }, { "open", open_file }, { "send", send_file }, { 0 }
};
const size_t file_get_bytes = sizeof(struct file_get);

const struct op_step artifact_get_steps[] = {
    { "find", find_artifact }, { "open", open_file }, { "send", send_file }, { 0 }
};
const size_t artifact_get_bytes = sizeof(struct file_get);

const struct op_step package_get_steps[] = {
    { "find", find_package }, { "open", open_package }, { "note", note }, { "send", send_file }, { 0 }
};
const size_t package_get_bytes = sizeof(struct file_get);
