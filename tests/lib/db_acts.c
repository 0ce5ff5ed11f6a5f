#include "tests/lib/db_acts.h"

#include <stdlib.h>

#include "tests/lib/sql.h"

static const char shared[] =
    "create sequence if not exists public.test_tries;"
    "grant usage on sequence public.test_tries to public;"
    "create or replace function public.test_act() returns trigger language plpgsql security definer as $$"
    " begin"
    "   perform pg_catalog.nextval('public.test_tries');"
    "   if new.action like 'sleep:%' then"
    "     perform pg_catalog.pg_sleep(pg_catalog.substr(new.action, 7)::float8);"
    "   elsif new.action like 'raise:%' then"
    "     raise exception '%: on order', pg_catalog.substr(new.action, 7) using errcode = 'GV000';"
    "   elsif new.action like 'lock:%' then"
    "     perform pg_catalog.pg_advisory_xact_lock(pg_catalog.substr(new.action, 6)::bigint);"
    "   elsif new.action like 'where:%' then"
    "     new.action := pg_catalog.substr(new.action, 7) || '@' || pg_catalog.pg_backend_pid();"
    "   elsif new.action like 'show:%' then"
    "     new.action := pg_catalog.substr(new.action, 6) || '=' || "
    "       pg_catalog.current_setting(pg_catalog.substr(new.action, 6));"
    "   elsif new.action = 'divide' then perform 1 / 0;"
    "   end if;"
    "   return new;"
    " end $$;"
    "create or replace function public.test_late() returns trigger language plpgsql security definer as $$"
    " begin raise exception 'stale: at the commit' using errcode = 'GV000'; end $$;";

void db_acts_install(struct db_rig *rig, const struct pg_tenant *tenant)
{
    struct arena arena = { 0 };
    PGconn *admin = pg_server_connect(&rig->server, &arena, "postgres");

    sql_run(admin, "%s", shared);
    sql_run(admin,
            "create trigger act before insert on %s.audit_event for each row "
            "execute function public.test_act()",
            tenant->schema);
    sql_run(admin,
            "create constraint trigger late after insert on %s.audit_event "
            "deferrable initially deferred for each row when (new.action = 'late') "
            "execute function public.test_late()",
            tenant->schema);
    arena_release(&arena);
}

void db_acts_begin(struct op *op, void *acts)
{
    const struct db_acts *a = acts;
    struct db_group *group = db_group_new(op, a->db, &a->scope);

    for (int i = 0; i < DB_ACTS_MAX && a->orders[i]; i++)
        DB_GROUP_ADD(group, SQL_QUERIES_AUDIT_EVENT_INSERT, NULL, NULL, "system", "test",
                     a->orders[i], NULL, NULL, NULL);
    db_group_send(group);
}

int db_acts_rows(struct db_rig *rig, const struct pg_tenant *tenant, const char *order)
{
    struct arena arena = { 0 };
    PGconn *admin = pg_server_connect(&rig->server, &arena, "postgres");
    int count = atoi(sql_value(&arena, admin,
                               "select count(*) from %s.audit_event where action = '%s'",
                               tenant->schema, order));

    arena_release(&arena);
    return count;
}

int db_acts_tries(struct db_rig *rig)
{
    struct arena arena = { 0 };
    PGconn *admin = pg_server_connect(&rig->server, &arena, "postgres");
    int count = atoi(sql_value(&arena, admin, "select last_value from public.test_tries"));

    arena_release(&arena);
    return count;
}
