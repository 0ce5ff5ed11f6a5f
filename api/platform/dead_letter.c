/* dead_letter.c - list and one: parse -> ask -> answer. */
#include "api/platform/dead_letter.h"

#include <stdlib.h>
#include <string.h>

enum { TENANTS_AT_ONCE = 25 };

/* --- looking --- */

static int later_first(const void *a, const void *b)
{
    return strcmp(((const struct dead_letter_shown *)b)->id, ((const struct dead_letter_shown *)a)->id);
}

/* The newest of what these tenants have and what others had; one more than the page shows. */
static void keep_newest(struct dead_letter *e)
{
    int most = (int)e->page.size + 1, count = e->best_count, all = count;
    struct arena *arena = &e->endpoint.op.arena;

    for (int i = 0; i < e->tenants.count; i++)
        all += e->of[i].rows.count;
    struct dead_letter_shown *list = ARENA_ARRAY(arena, struct dead_letter_shown, (size_t)all + 1);
    if (count)
        memcpy(list, e->best, (size_t)count * sizeof *list);
    for (int i = 0; i < e->tenants.count; i++)
        for (int row = 0; row < e->of[i].rows.count; row++)
            list[count++] = (struct dead_letter_shown){ db_text(&e->of[i].rows, row, LETTER_ID),
                                          db_json(&e->of[i].rows, row, LETTER_ITEM, arena) };
    if (count)
        qsort(list, (size_t)count, sizeof *list, later_first);
    e->best = list;
    e->best_count = count < most ? count : most;
}

static void ask_tenants(struct dead_letter *e)
{
    struct op *op = &e->endpoint.op;

    /* The result of before stays with the op: rows of it may be shown. */
    memset(&e->tenants, 0, sizeof e->tenants);
    DB_QUERY(op, e->endpoint.call->api->db, &DB_PUBLIC, SQL_QUERIES_DEAD_LETTER_TENANTS, &e->tenants, e->tenant,
             arena_format(&op->arena, "%d", TENANTS_AT_ONCE), e->after);
}

static void ask_letters(struct dead_letter *e)
{
    struct op *op = &e->endpoint.op;
    bool full = e->lists && e->best_count > e->page.size;

    e->of = ARENA_ARRAY(&op->arena, struct letters, (size_t)e->tenants.count + 1);
    for (int i = 0; i < e->tenants.count; i++) {
        struct letters *l = &e->of[i];
        l->scope = db_scope_tenant(db_text(&e->tenants, i, 0), (int)db_int(&e->tenants, i, 1));
        struct db_group *g = db_group_new(op, e->endpoint.call->api->db, &l->scope);
        DB_GROUP_ADD(g, SQL_QUERIES_DEAD_LETTER_PAGE, &l->rows, e->page.before,
                     e->page.limit ? e->page.limit : "1", e->state, db_text(&e->tenants, i, 2),
                     db_text(&e->tenants, i, 3), e->id.text[0] ? e->id.text : NULL,
                     full ? e->best[e->best_count - 1].id : NULL);
        db_group_send(g);
    }
}

enum op_next dead_letter_ask(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    switch (e->asked) {
    case ASKED_NOTHING:
        e->found = -1;
        ask_tenants(e);
        e->asked = ASKED_TENANTS;
        return OP_AGAIN;
    case ASKED_TENANTS:
        ask_letters(e);
        e->asked = ASKED_LETTERS;
        return OP_AGAIN;
    default:
        for (int i = 0; i < e->tenants.count; i++)
            if (!e->lists && e->of[i].rows.count)
                e->found = i;
        if (e->lists)
            keep_newest(e);
        if (e->found >= 0 || e->tenants.count < TENANTS_AT_ONCE)
            return OP_NEXT;
        e->after = arena_text(&op->arena, db_text(&e->tenants, e->tenants.count - 1, 2));
        ask_tenants(e);
        e->asked = ASKED_TENANTS;
        return OP_AGAIN;
    }
}

/* --- list --- */

static enum op_next list_parse(struct op *op)
{
    static const char *const states[] = { "open", "redriven", "discarded", NULL };
    struct dead_letter *e = (struct dead_letter *)op;
    struct call *call = e->endpoint.call;

    e->lists = true;
    return page_read(call, PAGE_OF_IDS, &e->page, &op->err) && page_id(call, "tenant", &e->tenant, &op->err) &&
                   page_choice(call, "state", states, &e->state, &op->err)
               ? OP_NEXT
               : OP_FAIL;
}

static enum op_next list_answer(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;
    int limit = (int)e->page.size;
    json_t *items = json_array();

    for (int i = 0; i < e->best_count && i < limit; i++)
        json_array_append(items, e->best[i].item);
    call_list(e->endpoint.call, items, e->best_count > limit ? e->best[limit - 1].id : NULL);
    return OP_DONE;
}

const struct op_step dead_letter_list_steps[] = {
    { "parse", list_parse }, { "ask", dead_letter_ask }, { "answer", list_answer }, { 0 }
};
const size_t dead_letter_list_bytes = sizeof(struct dead_letter);

/* --- one --- */

enum op_next dead_letter_parse(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    return call_param_id(e->endpoint.call, 0, &e->id, &op->err) &&
                   page_id(e->endpoint.call, "tenant", &e->tenant, &op->err)
               ? OP_NEXT
               : OP_FAIL;
}

bool dead_letter_found(const struct dead_letter *e, struct gov_err *err)
{
    return e->found >= 0 ||
           gov_fail(err, GOV_NOT_FOUND,
                    "there is no such dead letter among the tenants that have open ones; to look at a decided "
                    "one say whose it is: ?tenant=<id>",
                    "在有待处理死信的租户中没有找到；查看已处理的死信请指明租户：?tenant=<编号>");
}

enum op_next dead_letter_answer(struct op *op)
{
    struct dead_letter *e = (struct dead_letter *)op;

    if (!dead_letter_found(e, &op->err))
        return OP_FAIL;
    call_json(e->endpoint.call, 200,
              json_incref(db_json(&e->of[e->found].rows, 0, LETTER_ITEM, &op->arena)));
    return OP_DONE;
}

const struct op_step dead_letter_get_steps[] = {
    { "parse", dead_letter_parse }, { "ask", dead_letter_ask }, { "answer", dead_letter_answer }, { 0 }
};
const size_t dead_letter_get_bytes = sizeof(struct dead_letter);
