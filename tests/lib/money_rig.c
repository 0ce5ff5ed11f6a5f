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
