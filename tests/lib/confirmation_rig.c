/* confirmation_rig.c - rows as the worker leaves them. */
#include "tests/lib/confirmation_rig.h"

#include <string.h>

#include "tests/lib/sql.h"

int confirmation_rig_setup(void **state)
{
    static struct confirmation_rig f;

    pg_server_start(&f.server);
    pg_server_tenant(&f.server, "A", &f.tenant);
    pg_server_tenant(&f.server, "B", &f.other);
    f.conn = pg_server_enter(&f.server, &f.arena, &f.tenant);
    f.platform = pg_server_connect(&f.server, &f.arena, "execgov_platform");
    f.admin = pg_server_connect(&f.server, &f.arena, "postgres");
    pg_server_person(&f.server, &f.tenant, "owner", &f.owner);
    pg_server_person(&f.server, &f.tenant, "approver", &f.approver);
    pg_server_person(&f.server, &f.tenant, "viewer", &f.viewer);
    pg_server_person(&f.server, &f.tenant, "operator", &f.operator);
    pg_server_person(&f.server, &f.other, "owner", &f.stranger);
    *state = &f;
    return 0;
}

int confirmation_rig_teardown(void **state)
{
    struct confirmation_rig *f = *state;

    arena_release(&f->arena);
    pg_server_stop(&f->server);
    return 0;
}

static void digest_make(char digest[65], const struct id *seed)
{
    memset(digest, '0', 64);
    for (int i = 0, n = 0; seed->text[i]; i++)
        if (seed->text[i] != '-')
            digest[n++] = seed->text[i];
    digest[64] = '\0';
}

struct waiting waiting_make(struct confirmation_rig *f, const struct pg_person *requester,
                                   const char *risk, const char *text)
{
    struct waiting w = { id_new(), id_new(), id_new(), "" };
    const char *t = f->tenant.schema;

    digest_make(w.digest, &w.plan);
    sql_run(f->conn, "insert into %s.request (id, text, source, created_by) "
                     "values ('%s', %s, 'api', '%s')", t, w.request.text, text, requester->id.text);
    sql_run(f->conn, "insert into %s.plan (id, request_id, digest, risk, body, lane, class, "
                     "timeout_ms, max_attempts, payload) values ('%s', '%s', '%s', '%s', '{}', 'py', "
                     "'interactive', 5000, 2, '{\"skill\": \"cleanup\"}')",
            t, w.plan.text, w.request.text, w.digest, risk);
    sql_run(f->conn, "insert into %s.confirmation (id, request_id, plan_id, digest, requester, "
                     "expires_at) values ('%s', '%s', '%s', '%s', '%s', now() + interval '1 hour')",
            t, w.confirmation.text, w.request.text, w.plan.text, w.digest, requester->id.text);
    return w;
}

struct waiting waiting_high(struct confirmation_rig *f)
{
    return waiting_make(f, &f->owner, "high", "'clean up'");
}

const char *decide_sql(struct confirmation_rig *f, const struct waiting *w, const char *decision,
                              const char *comment, const char *token_hash)
{
    return arena_format(&f->arena,
                        "select code from %s.confirmation_decide_%s('%s', '%s', %s, %s, '%s', '%s')",
                        f->tenant.schema, f->tenant.schema, w->request.text, w->digest, decision, comment, token_hash,
                        id_new().text);
}

const char *decide(struct confirmation_rig *f, const struct waiting *w, const char *decision,
                          const char *comment, const struct pg_person *person)
{
    return sql_value(&f->arena, f->conn, "%s",
                     decide_sql(f, w, decision, comment, person->token_hash));
}

const char *runs_of(struct confirmation_rig *f, const struct waiting *w)
{
    return sql_value(&f->arena, f->conn, "select count(*) from %s.job where request_id = '%s' "
                     "and kind = 'run'", f->tenant.schema, w->request.text);
}

const char *state_of(struct confirmation_rig *f, const struct waiting *w)
{
    return sql_value(&f->arena, f->conn, "select state from %s.confirmation where id = '%s'",
                     f->tenant.schema, w->confirmation.text);
}
