/* POST /v1/exports: an owner says that he has a whole copy of his tenant (execgov export), by its manifest's digest. The
 * platform's proof, when the tenant ends, that its data were had; also while it is shut down. */
#include <string.h>

#include "api/page.h"
#include "api/people/people.h"

struct export {
    struct endpoint endpoint;
    const char *sha256;
    int64_t records, files, bytes;
    struct db_rows rows;
};

#define AT(member) offsetof(struct export, member)
static const struct json_field fields[] = {
    { "manifest_sha256", JSON_FIELD_TEXT, true, AT(sha256), 64, 64, NULL },
    { "records", JSON_FIELD_INT, true, AT(records), 0, INT64_MAX / 2, NULL },
    { "files", JSON_FIELD_INT, true, AT(files), 0, INT64_MAX / 2, NULL },
    { "bytes", JSON_FIELD_INT, true, AT(bytes), 0, INT64_MAX / 2, NULL },
};

static enum op_next add(struct op *op)
{
    struct export *e = (struct export *)op;
    struct call *call = e->endpoint.call;
    struct id id = id_new();
    struct arena *arena = &op->arena;

    if (!CALL_BODY(call, op, fields, e))
        return OP_FAIL;
    if (strspn(e->sha256, "0123456789abcdef") != 64)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/manifest_sha256", "format", "must be 64 hex digits of SHA-256",
                           "须为 SHA-256 的 64 位十六进制"),
               OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TENANT_EXPORT_ADD, &e->rows, arena_text(arena, id.text),
             call->caller.tenant.text, call->caller.user.text, e->sha256, arena_format(arena, "%lld", (long long)e->records),
             arena_format(arena, "%lld", (long long)e->files), arena_format(arena, "%lld", (long long)e->bytes));
    return OP_WAIT;
}

static enum op_next leave(struct op *op)
{
    struct export *e = (struct export *)op;
    return page_one(e->endpoint.call, 201, &e->rows, &op->err) ? OP_DONE : OP_FAIL;
}

const struct op_step export_create_steps[] = { { "add", add }, { "leave", leave }, { 0 } };
const size_t export_create_bytes = sizeof(struct export);
