/* customer_name.c - names are put by id: a subscription stands on several lines, and rows come in any order. */
#include "api/money/subscription/customer_name.h"

#include "api/api.h"
#include "core/base/json.h"

bool customer_names_ask(struct op *op, struct call *call, const json_t *items, struct db_rows *names)
{
    struct buf ids = { 0 };
    const json_t *item;
    size_t i;

    if (json_array_size(items) == 0)
        return false;
    json_array_foreach (items, i, item)
        buf_addf(&ids, "%c%s", i ? ',' : '{', json_get_text(item, "subscription_id"));
    buf_add_char(&ids, '}');
    DB_QUERY(op, call->api->db, &DB_PUBLIC, SQL_QUERIES_SUBSCRIPTION_CUSTOMERS, names, buf_text(&ids));
    buf_release(&ids);
    return true;
}

void customer_names_put(json_t *items, const struct db_rows *names, struct arena *arena)
{
    json_t *by_id = json_own(arena, json_object()), *item;
    size_t i;

    for (int r = 0; r < names->count; r++)
        json_object_set_new(by_id, db_text(names, r, 0), json_string(db_text(names, r, 1)));
    json_array_foreach (items, i, item) {
        json_t *name = json_object_get(by_id, json_get_text(item, "subscription_id"));

        json_object_set(item, "customer_name", name ? name : json_null());
    }
}
