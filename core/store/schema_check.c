#include "core/store/schema_check.h"

#include "core/base/log.h"
#include "core/io/migrate/migrate_file.h"
#include "sql_public.h"
#include "sql_tenant.h"

struct schema_look {
    struct op op;
    struct db *db;
    bool tenants_too;
    struct db_rows rows;
};

static enum op_next ask(struct op *op)
{
    struct schema_look *s = (struct schema_look *)op;

    if (s->tenants_too)
        DB_QUERY(op, s->db, &DB_PUBLIC, SQL_QUERIES_SCHEMA_VERSION, &s->rows,
                 arena_format(&op->arena, "%d", migrate_file_last(sql_tenant)));
    else
        db_query(op, s->db, &DB_PUBLIC, SQL_QUERIES_SCHEMA_VERSION_PUBLIC, &s->rows, 0, NULL);
    return OP_WAIT;
}

static bool behind(int64_t public_have, int64_t tenant_have, struct gov_err *err)
{
    int public_want = migrate_file_last(sql_public), tenant_want = migrate_file_last(sql_tenant);

    if (public_have >= public_want && tenant_have >= tenant_want)
        return false;
    gov_fail(err, GOV_CONFIGURATION,
             "the database is older than this program: public has version %lld of %d, tenants' schemas %lld of %d; run "
             "this version's execgov migrate up first, then start again",
             "数据库版本低于本程序：公共模式为 %lld（应为 %d），租户模式为 %lld（应为 %d）；请先用本版本执行 execgov migrate up，"
             "再启动",
             (long long)public_have, public_want, (long long)tenant_have, tenant_want);
    return true;
}

static enum op_next judge(struct op *op)
{
    struct schema_look *s = (struct schema_look *)op;
    int64_t tenant_have = s->tenants_too ? db_int(&s->rows, 0, 1) : migrate_file_last(sql_tenant);

    if (behind(db_int(&s->rows, 0, 0), tenant_have, &op->err))
        return OP_FAIL;
    if (s->tenants_too && db_int(&s->rows, 0, 2))
        log_write(LEVEL_WARN, "schema.tenants_behind", LOG_NUMBER("tenants", db_int(&s->rows, 0, 2)));
    return OP_DONE;
}

static const struct op_step steps[] = { { "ask", ask }, { "judge", judge }, { 0 } };

static bool check(struct loop *loop, struct db *db, bool tenants_too, struct gov_err *err)
{
    struct schema_look s = { 0 };

    op_init(&s.op, "schema_check", steps, loop, NULL);
    s.db = db;
    s.tenants_too = tenants_too;
    bool good = op_await(&s.op, err);
    op_release(&s.op);
    return good;
}

bool schema_check(struct loop *loop, struct db *db, struct gov_err *err)
{
    return check(loop, db, true, err);
}

bool schema_check_public(struct loop *loop, struct db *db, struct gov_err *err)
{
    return check(loop, db, false, err);
}
