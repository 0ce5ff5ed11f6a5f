#include "tests/lib/sched_rig.h"

#include <stdarg.h>
#include <string.h>

#include "tests/lib/sql.h"
#include "tests/lib/test.h"

#define TEXTS "\"title\":{\"en\":\"T\",\"zh\":\"题\"},\"description\":{\"en\":\"D\",\"zh\":\"述\"}"
#define ACTION(name, risk, confirm)                                                                \
    "{\"name\":\"" name "\"," TEXTS ",\"examples\":[],\"executor\":\"python\",\"entry\":\"main.py\"," \
    "\"input\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"month\"],"        \
    "\"properties\":{\"month\":{\"type\":\"string\"}}},\"output\":null,\"risk\":\"" risk "\","      \
    "\"timeout_s\":7,\"memory_mb\":64,\"idempotent\":false,\"effects\":[],\"resources\":[],"        \
    "\"args\":null,\"collect\":[],\"confirm\":{\"required\":" confirm ",\"people\":1,"              \
    "\"expires_s\":600}}"
#define MANIFEST                                                                                   \
    "{\"manifest\":1,\"name\":\"s\"," TEXTS ",\"examples\":[],\"runtime\":\"base\",\"actions\":["   \
    ACTION("run", "low", "false") "," ACTION("purge", "high", "true") "]}"

void sched_rig_skill(struct sched_rig *r, const char *name)
{
    struct id skill = id_new(), version = id_new();
    const char *t = r->tenant.schema;

    sql_run(r->admin, "insert into %s.skill (id, name, owner) values ('%s', '%s', '%s')", t,
            skill.text, name, r->owner.id.text);
    sql_run(r->admin,
            "insert into %s.skill_version (id, skill_id, number, digest, state, package_file, manifest, "
            "uploaded_by) values ('%s', '%s', 1, repeat('a', 64), 'published', '%s', '%s', '%s')",
            t, version.text, skill.text, id_new().text, MANIFEST, r->owner.id.text);
    sql_run(r->admin, "update %s.skill set published_version = '%s' where id = '%s'", t,
            version.text, skill.text);
}

void sched_rig_start(struct sched_rig *r)
{
    memset(r, 0, sizeof *r);
    db_rig_start(&r->rig);
    redis_server_start(&r->redis_server, false);
    r->admin = pg_server_connect(&r->rig.server, &r->rig.arena, "postgres");
    pg_server_tenant(&r->rig.server, "A", &r->tenant);
    pg_server_person(&r->rig.server, &r->tenant, "owner", &r->owner);
    pg_server_person(&r->rig.server, &r->tenant, "operator", &r->operator);
    pg_server_person(&r->rig.server, &r->tenant, "approver", &r->approver);
    sched_rig_skill(r, "report");
    r->redis = redis_new(&r->rig.loop, &(struct redis_options){ .address = r->redis_server.address });
    for (int i = 0; i < SCHED_RIG_SCHEDULERS; i++) {
        struct scheduler *s = &r->schedulers[i];
        s->loop = &r->rig.loop;
        s->id = id_new();
        s->redis = r->redis;
        s->db = db_rig_pool(&r->rig, "cron", (struct db_options){ .connections_per_role = 1 });
        queue_shards_start(&s->queues, s->loop,
                           &(struct queue_shards_options){ .redis = &(struct redis_options){ .address = r->redis_server.address }, .incarnation = "db1",
                                                           .count = 1 });
        s->events = event_bus_new(r->redis, NULL);
        s->marks = marks_new(s->db);
        s->walks = walks_new();
    }
}

void sched_rig_stop(struct sched_rig *r)
{
    for (int i = 0; i < SCHED_RIG_SCHEDULERS; i++) {
        event_bus_stop(r->schedulers[i].events);
        queue_shards_stop(&r->schedulers[i].queues);
        db_stop(r->schedulers[i].db);
        marks_free(r->schedulers[i].marks);
        walks_free(r->schedulers[i].walks);
    }
    redis_stop(r->redis);
    db_rig_stop(&r->rig);
    redis_server_stop(&r->redis_server);
}

struct id sched_rig_schedule(struct sched_rig *r, const char *cron, const char *catch_up,
                             const char *next, const char *due)
{
    struct id id = id_new();

    sql_run(r->admin,
            "insert into %s.schedule (id, name, cron, timezone, skill, action, input, catch_up, lead_s, "
            "owner, next_at, due_at) values ('%s', '%s', '%s', 'Europe/Berlin', 'report', 'run', "
            "'{\"month\": {\"$fire\": \"-1 month\", \"format\": \"%%Y-%%m\"}}', '%s', 3600, '%s', %s, %s)",
            r->tenant.schema, id.text, id.text, cron ? cron : "0 * * * *", catch_up, r->operator.id.text, next,
            due ? due : "now()");
    if (!cron)
        sql_run(r->admin, "update %s.schedule set cron = extract(minute from next_at) || ' * * * *' where "
                          "id = '%s'", r->tenant.schema, id.text);
    return id;
}

struct rounds_at_once {
    struct op op;
    struct sched_rig *r;
    int count;
    struct visit_due due;
    struct cron_round rounds[SCHED_RIG_SCHEDULERS];
};

static enum op_next begin(struct op *op)
{
    struct rounds_at_once *a = (struct rounds_at_once *)op;

    for (int i = 0; i < a->count; i++) {
        cron_round_init(&a->rounds[i], &a->r->schedulers[i], &a->due, 1);
        op_call(op, &a->rounds[i].op);
    }
    return OP_WAIT;
}

static const struct op_step steps[] = { { "begin", begin }, { 0 } };

int64_t sched_rig_round(struct sched_rig *r, int schedulers)
{
    static struct rounds_at_once a;
    struct gov_err err;
    int64_t decided = 0;

    memset(&a, 0, sizeof a);
    op_init(&a.op, "rounds", steps, &r->rig.loop, NULL);
    a.r = r;
    a.count = schedulers;
    a.due = (struct visit_due){ r->tenant.id, db_scope_tenant(r->tenant.schema, r->tenant.stripe) };
    if (!op_await(&a.op, &err))
        fail_msg("%s: %s", err.en, err.cause);
    for (int i = 0; i < schedulers; i++) {
        decided += a.rounds[i].decided;
        op_release(&a.rounds[i].op);
    }
    op_release(&a.op);
    return decided;
}

const char *sched_rig_value(struct sched_rig *r, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = arena_vformat(&r->rig.arena, format, args);
    va_end(args);
    return sql_value(&r->rig.arena, r->admin, "%s", sql_expand(&r->rig.arena, text, r->tenant.schema));
}
