/* GET, POST /v1/tokens and DELETE /v1/tokens/{id}. */
#include <string.h>

#include "api/audit.h"
#include "api/page.h"
#include "api/people/login/session.h"
#include "api/people/people.h"
#include "api/people/person.h"
#include "core/base/clock.h"
#include "core/base/text.h"

enum { SCOPES_MAX = 20, SKILLS_MAX = 200 };
static const int64_t year_us = 366LL * 86400 * 1000000;

struct token {
    struct endpoint endpoint;
    struct page page;
    const char *name;
    json_t *scopes, *skills;
    int64_t expires_us;
    struct id id;
    char value[CRYPTO_TOKEN_BYTES];
    struct db_rows rows;
};

static const struct json_field fields[] = {
    { "name", JSON_FIELD_TEXT, true, offsetof(struct token, name), 1, 400, NULL },
    { "scopes", JSON_FIELD_ARRAY, true, offsetof(struct token, scopes), 0, SCOPES_MAX, NULL },
    { "skills", JSON_FIELD_ARRAY, false, offsetof(struct token, skills), 0, SKILLS_MAX, NULL },
    { "expires_at", JSON_FIELD_TIME, false, offsetof(struct token, expires_us), 0, 0, NULL },
};

/* --- list --- */

static enum op_next list(struct op *op)
{
    static const char *const kinds[] = { "session", "api", NULL };
    struct token *e = (struct token *)op;
    struct call *call = e->endpoint.call;
    const char *kind;

    if (!page_read(call, PAGE_OF_IDS, &e->page, &op->err) ||
        !page_choice(call, "kind", kinds, &kind, &op->err))
        return OP_FAIL;
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_TOKEN_PAGE, &e->rows,
             call->caller.user.text, audit_tenant(call), e->page.before, e->page.limit, kind,
             call->caller.token.text, NULL);
    return OP_WAIT;
}

static enum op_next list_leave(struct op *op)
{
    struct token *e = (struct token *)op;
    page_answer(e->endpoint.call, &e->page, &e->rows);
    return OP_DONE;
}

const struct op_step token_list_steps[] = { { "list", list }, { "leave", list_leave }, { 0 } };
const size_t token_list_bytes = sizeof(struct token);

/* --- create --- */

/* The words of an array without repetition, as PostgreSQL writes an array; they are slugs or scopes, so
 * nothing needs quoting. NULL: err says what is wrong where. */
static const char *words_array(const json_t *array, const char *path, bool slugs,
                               struct arena *arena, struct gov_err *err)
{
    struct buf out = { 0 };
    size_t i;
    json_t *word;
    const char *text = NULL;
    bool good = true;

    buf_add_char(&out, '{');
    json_array_foreach(array, i, word) {
        const char *name = json_string_value(word);
        good = name && (!slugs || text_slug_valid(name));
        for (size_t j = 0; good && j < i; j++)
            good = !json_equal(json_array_get(array, j), word);
        if (!good)
            break;
        buf_addf(&out, "%s%s", i ? "," : "", name);
    }
    buf_add_char(&out, '}');
    if (good)
        text = arena_text(arena, out.data);
    else
        gov_fail_at(err, GOV_INVALID_INPUT, arena_format(arena, "%s/%zu", path, i), "format",
                    "must be a name, each only once", "必须是名称，且不得重复");
    buf_release(&out);
    return text;
}

static bool scopes_check(const struct token *e, struct arena *arena, struct gov_err *err)
{
    size_t count = json_array_size(e->scopes);
    const char **names = ARENA_ARRAY(arena, const char *, count + 1);
    uint32_t bits;

    if (count == 0)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/scopes", "empty", "name at least one scope",
                           "请至少指定一个权限范围");
    for (size_t i = 0; i < count; i++)
        names[i] = json_string_value(json_array_get(e->scopes, i));
    return policy_scopes_parse(names, &bits, err);
}

static bool expiry_check(const struct token *e, struct gov_err *err)
{
    int64_t now = clock_now_us();

    return e->expires_us == 0 || (e->expires_us > now && e->expires_us <= now + year_us) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/expires_at", "range",
                       "must lie ahead, by a year at most", "必须是一年之内的将来时间");
}

static enum op_next create(struct op *op)
{
    struct token *e = (struct token *)op;
    struct call *call = e->endpoint.call;
    char expires[CLOCK_TEXT_BYTES];

    if (!session_needed(call, &op->err) || !CALL_BODY(call, op, fields, e) ||
        !person_name_check(e->name, "/name", &op->err) || !expiry_check(e, &op->err))
        return OP_FAIL;
    const char *scopes = words_array(e->scopes, "/scopes", false, &op->arena, &op->err);
    const char *skills = NULL;
    if (!scopes || !scopes_check(e, &op->arena, &op->err))
        return OP_FAIL;
    if (e->skills && !(skills = words_array(e->skills, "/skills", true, &op->arena, &op->err)))
        return OP_FAIL;
    e->id = id_new();
    crypto_token_new("ega_", e->value);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "token", "token.created",
                             "token", e->id.text };
    DB_GROUP_ADD(g, SQL_QUERIES_TOKEN_INSERT, NULL, e->id.text,
                 crypto_sha256_bytea(&op->arena, e->value), e->name, call->caller.user.text,
                 audit_tenant(call), scopes, skills,
                 e->expires_us ? clock_format(e->expires_us, expires) : NULL);
    audit_add(g, call, &row, json_pack("{s:s, s:O}", "name", e->name, "scopes", e->scopes));
    DB_GROUP_ADD(g, SQL_QUERIES_TOKEN_PAGE, &e->rows, call->caller.user.text, audit_tenant(call),
                 NULL, "1", NULL, call->caller.token.text, e->id.text);
    audit_remember(g, call, 201);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next create_leave(struct op *op)
{
    struct token *e = (struct token *)op;
    json_t *answer = json_copy(db_json(&e->rows, 0, 1, &op->arena));

    json_object_set_new(answer, "token", json_string(e->value));
    call_json(e->endpoint.call, 201, answer);
    return OP_DONE;
}

const struct op_step token_create_steps[] = { { "create", create }, { "leave", create_leave },
                                              { 0 } };
const size_t token_create_bytes = sizeof(struct token);

/* --- revoke --- */

static enum op_next end_token(struct op *op)
{
    struct token *e = (struct token *)op;
    struct call *call = e->endpoint.call;
    struct gov_err ignored;

    if (!session_needed(call, &op->err) || !call_param_id(call, 0, &e->id, &op->err))
        return OP_FAIL;
    bool all = call_may(call, MAY_MANAGE_ALL_TOKENS, &ignored);
    struct db_group *g = db_group_new(op, call->api->db, &DB_PUBLIC);
    struct audit_row row = { audit_tenant(call), audit_actor(call), "token", "token.revoked",
                             "token", e->id.text };
    DB_GROUP_ADD(g, SQL_QUERIES_TOKEN_REVOKE, NULL, e->id.text, audit_tenant(call),
                 all ? NULL : call->caller.user.text);
    audit_add(g, call, &row, NULL);
    db_group_send(g);
    return OP_WAIT;
}

static enum op_next end_leave(struct op *op)
{
    call_empty(((struct token *)op)->endpoint.call);
    return OP_DONE;
}

const struct op_step token_revoke_steps[] = { { "end", end_token }, { "leave", end_leave }, { 0 } };
const size_t token_revoke_bytes = sizeof(struct token);
