#include "tests/lib/money_rig.h"

#include <string.h>

#include "tests/lib/sql.h"
#include "tests/lib/test.h"

int money_rig_setup(void **state)
{
    static struct money_rig f;

    pg_server_start(&f.server);
    f.admin = pg_server_connect(&f.server, &f.arena, "postgres");
    f.platform = pg_server_connect(&f.server, &f.arena, "execgov_platform");
    f.lifecycle = pg_server_connect(&f.server, &f.arena, "execgov_lifecycle");
    pg_server_person(&f.server, NULL, NULL, &f.finance);
    pg_server_person(&f.server, NULL, NULL, &f.second);
    pg_server_person(&f.server, NULL, NULL, &f.third);
    sql_run(f.platform, "insert into public.platform_role (user_id, role) values ('%s', 'platform_finance'), "
            "('%s', 'platform_finance'), ('%s', 'platform_admin')", f.finance.id.text, f.second.id.text, f.third.id.text);
    *state = &f;
    return 0;
}

int money_rig_teardown(void **state)
{
    struct money_rig *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

const char *money_rig_edition(struct money_rig *f, const char *code)
{
    return sql_value(&f->arena, f->platform, "select id from public.edition_version where edition = '%s' and ver = 1", code);
}

void money_rig_customer(struct money_rig *f, struct bought *b)
{
    *b = (struct bought){ .customer = id_new(), .subscription = id_new(), .order = id_new() };
    pg_server_tenant(&f->server, arena_format(&f->arena, "tenant %d", f->made++), &b->tenant);
    sql_run(f->platform, "insert into public.customer (id, kind, name) values ('%s', 'company', 'Acme')", b->customer.text);
    sql_run(f->platform, "insert into public.customer_contact (customer_id, endpoint) values ('%s', 'bills@example.org')",
            b->customer.text);
    sql_run(f->platform, "select public.subscription_open('%s', '%s', '%s', '%s', 'Asia/Shanghai')", b->subscription.text,
            b->customer.text, b->tenant.id.text, money_rig_edition(f, "team-monthly"));
}

const char *money_rig_order_new(struct money_rig *f, struct bought *b, struct id id, const char *kind, const char *key)
{
    return arena_format(&f->arena, "select public.order_create('%s', '%s', '%s', '%s', null, '%s', 1, false, 29900, 1692, "
                        "'{}', '{}', now() + interval '30 days', '%s', 'hash', '%s')", id.text, kind, b->customer.text,
                        b->subscription.text, money_rig_edition(f, "team-monthly"), key, f->finance.id.text);
}

void money_rig_buy(struct money_rig *f, struct bought *b)
{
    money_rig_customer(f, b);
    sql_run(f->platform, "%s", money_rig_order_new(f, b, b->order, "new", "first"));
}

const char *money_rig_settle(struct money_rig *f, const struct bought *b, struct id order, const char *txn, const char *amount,
                          const char *currency, int month)
{
    return arena_format(&f->arena,
        "select (public.order_settle('%s', (select version from public.orders where id = '%s'), '%s', 'stripe', '%s', "
        "'card', %s, '%s', now(), null, null, null, null, null, (select version from public.subscription where id = '%s'), "
        "(select period_no + 1 from public.subscription where id = '%s'), '2030-%02d-01', '2030-%02d-01', "
        "'2030-%02d-01 00:00+08', '2030-%02d-01 00:00+08', '2030-01-01', 1)) ->> 'result'",
        order.text, order.text, id_new().text, txn, amount, currency, b->subscription.text, b->subscription.text, month,
        month + 1, month, month + 1);
}

const char *money_rig_order_state(struct money_rig *f, struct id order)
{
    return sql_value(&f->arena, f->platform, "select state from public.orders where id = '%s'", order.text);
}

struct id money_rig_ask(struct money_rig *f, const char *action, const char *params, const char *digest)
{
    struct id request = id_new();
    const char *open = sql_value(&f->arena, f->platform, "select public.approval_open('%s', '%s', '%s', '%s', 'why', '%s', null)",
                                 request.text, action, params, digest, f->finance.id.text);

    assert_true(id_parse(open, &request));
    return request;
}

const char *money_rig_vote(struct money_rig *f, struct id request, const struct pg_person *who)
{
    return arena_format(&f->arena, "select public.approval_vote_add('%s', '%s', '%s', true, null)", request.text, who->id.text,
                        who->token_hash);
}

void money_rig_refused(PGconn *conn, const char *code, const char *statement)
{
    PGresult *result = PQexec(conn, statement);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (!message || strncmp(message, code, strlen(code)) != 0)
        fail_msg("wanted %s, got %s: %s", code, message ? message : "no error", statement);
    PQclear(result);
}
