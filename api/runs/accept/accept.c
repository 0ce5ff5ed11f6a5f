/* accept.c - check_host -> plan -> mark -> insert -> enqueue. */
#include "api/runs/accept/accept.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/base/text.h"
#include "core/base/zone.h"
#include "core/model/sealed_value.h"

#define DELAY_MS_MAX (366LL * 86400 * 1000)

enum { PLANS_MAX = 3 };

static const char *const modes[] = { "auto", "plan", NULL };
static const char *const classes[] = { "interactive", "normal", "bulk", NULL };

bool run_wish_read(struct call *call, const json_t *body, struct run_wish *wish,
                   struct arena *arena, struct gov_err *err)
{
    static const struct json_field fields[] = {
        { "skill", JSON_FIELD_SLUG, true, offsetof(struct run_wish, skill), 0, 0, NULL },
        { "action", JSON_FIELD_SLUG, false, offsetof(struct run_wish, action), 0, 0, NULL },
        { "input", JSON_FIELD_OBJECT, false, offsetof(struct run_wish, input), 0, 0, NULL },
        { "files", JSON_FIELD_ARRAY, false, offsetof(struct run_wish, files), 0, 50, NULL },
        { "mode", JSON_FIELD_TEXT, false, offsetof(struct run_wish, mode), 0, 0, modes },
        { "version", JSON_FIELD_INT, false, offsetof(struct run_wish, version), 1, 1000000, NULL },
        { "class", JSON_FIELD_TEXT, false, offsetof(struct run_wish, class), 0, 0, classes },
        { "delay_ms", JSON_FIELD_INT, false, offsetof(struct run_wish, delay_ms), 0, DELAY_MS_MAX, NULL },
        { "run_at", JSON_FIELD_TIME, false, offsetof(struct run_wish, run_at_us), 0, 0, NULL },
        { "callback_url", JSON_FIELD_TEXT, false, offsetof(struct run_wish, callback_url), 1, 2000, NULL },
        { "concurrency_key", JSON_FIELD_TEXT, false, offsetof(struct run_wish, concurrency_key), 1, 200, NULL },
        { "timezone", JSON_FIELD_TEXT, false, offsetof(struct run_wish, timezone), 1, 60, NULL },
    };
    memset(wish, 0, sizeof *wish);
    wish->mode = "auto";
    wish->class = "interactive";
    wish->source = "api";
    wish->timezone = call->caller.timezone;
    if (!JSON_DECODE(body, fields, wish, arena, err))
        return false;
    if (!sealed_value_refuse(wish->input, "/input", err))
        return false;
    if (wish->delay_ms && wish->run_at_us)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/run_at", "exclusive",
                           "give delay_ms or run_at, not both", "delay_ms 与 run_at 只能给一个");
    if (!zone_known(wish->timezone))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/timezone", "format",
                           "\"%s\" is not a time zone; use a name like Europe/Berlin",
                           "“%s”不是时区；请使用形如 Asia/Shanghai 的名称", wish->timezone);
    if (wish->run_at_us > clock_now_us() + DELAY_MS_MAX * 1000)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/run_at", "range",
                           "a run may wait 366 days at most; for later or again and again, make a schedule",
                           "最多可延后 366 天；更晚或重复执行请使用定时任务");
    return true;
}

bool run_wish_is_for_later(const struct run_wish *wish)
{
    return wish->run_at_us || wish->delay_ms;
}

/* --- the callback's host is one that an admin registered --- */

static const char *host_of(const char *url, struct arena *arena)
{
    CURLU *u = curl_url();
    char *host = NULL, *scheme = NULL;
    const char *copy = NULL;

    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
        (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        copy = arena_text(arena, host);
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(u);
    return copy;
}

static enum op_next check_host(struct op *op)
{
    struct accept *a = (struct accept *)op;
    const char *url = a->payload.callback_url;

    if (a->call->replay_id.text[0] || !url)
        return OP_NEXT;
    const char *host = host_of(url, &op->arena);
    if (!host)
        return gov_fail_at(&op->err, GOV_INVALID_INPUT, "/callback_url", "format",
                           "callback_url must be an http or https address",
                           "callback_url 必须是 http 或 https 地址"),
               OP_FAIL;
    DB_QUERY(op, a->call->api->db, &a->call->caller.scope, SQL_QUERIES_CALLBACK_HOST_FIND, &a->host,
             host);
    return OP_WAIT;
}

static void release(void *op)
{
    op_release(op);
}

static bool is_for_later(const struct accept *a)
{
    return a->wish && run_wish_is_for_later(a->wish);
}

static enum op_next plan(struct op *op)
{
    struct accept *a = (struct accept *)op;
    struct planning *p = &a->planning;
    const struct run_wish *wish = a->wish;
    struct gov_err ignored;

    if (a->call->replay_id.text[0]) {
        a->id = a->call->replay_id;
        return OP_DONE;
    }
    if (a->payload.callback_url && a->host.count == 0)
        return gov_fail_at(&op->err, GOV_ADDRESS_REFUSED, "/callback_url", "not_registered",
                           "callbacks go only to hosts that an admin of this tenant registered: POST "
                           "/v1/callback-hosts",
                           "回调只能发往本租户管理员登记的主机：POST /v1/callback-hosts"),
               OP_FAIL;
    if (!wish)
        return OP_NEXT;
    if (a->plans++)
        op_release(&p->op);
    else
        arena_defer(&op->arena, release, &p->op);
    memset(p, 0, sizeof *p);
    planning_init(p, op->loop);
    /* What was read seconds ago serves only where the acceptance compares revisions: see goes_with_others. */
    p->bases = !is_for_later(a) && a->plans < PLANS_MAX ? a->call->api->bases : NULL;
    p->db = a->call->api->db;
    p->scope = a->call->caller.scope;
    p->tenant = a->call->caller.tenant;
    p->requester = a->call->caller.user;
    p->skill = wish->skill;
    p->action = wish->action;
    p->version = wish->version;
    p->is_try = wish->is_try;
    p->input = wish->input;
    p->files = wish->files;
    p->own_files = !call_may(a->call, MAY_READ_FILES, &ignored) || !call_may(a->call, MAY_READ_ALL_RUNS, &ignored);
    p->skills = a->call->caller.skills;
    p->now_us = clock_now_us();
    op_call(op, &p->op);
    return OP_WAIT;
}

static enum op_next mark(struct op *op)
{
    struct accept *a = (struct accept *)op;
    struct marks *marks = a->call->api->marks;

    if (a->wish && a->wish->delay_ms)
        marks_note_in(op, marks, &a->call->caller.tenant, a->wish->delay_ms, &a->run_at_us);
    else
        marks_note(op, marks, &a->call->caller.tenant, a->run_at_us);
    return OP_WAIT;
}

/* --- insert --- */

static void add_job(struct accept *a, struct db_group *g, const json_t *payload, const char *digest,
                    const char *risk, int64_t attempts, int64_t timeout_ms)
{
    struct arena *arena = &a->op.arena;
    char run_at[CLOCK_TEXT_BYTES];
    struct id job = a->kind == JOB_RUN ? a->id : id_new();

    a->entry = queue_entry_new(a->call->caller.scope.schema, a->lane, a->class, a->kind, job,
                               job_cost_unknown_ms(timeout_ms));
    DB_GROUP_ADD(g, SQL_QUERIES_JOB_ACCEPT, NULL, job.text, job_kind_name(a->kind),
                 job_lane_name(a->lane), job_class_name(a->class), a->id.text,
                 json_text(arena, payload), digest, risk,
                 arena_format(arena, "%lld", (long long)attempts),
                 arena_format(arena, "%lld", (long long)timeout_ms), a->call->caller.user.text,
                 a->run_at_us ? clock_format(a->run_at_us, run_at) : NULL,
                 a->call->caller.kind == CALLER_TOKEN ? "token" : "user");
}

static void add_request(struct accept *a, struct db_group *g)
{
    struct arena *arena = &a->op.arena;
    const json_t *options = job_payload_encode(&a->payload, arena);

    DB_GROUP_ADD(g, SQL_QUERIES_REQUEST_INSERT, NULL, a->id.text, a->text, a->mode,
                 a->wish ? a->wish->source : "api", json_text(arena, options),
                 a->call->language == GOV_ZH ? "zh-CN" : "en", a->call->caller.user.text);
}

static void fill_item(struct accept *a)
{
    struct planning *p = &a->planning;
    struct arena *arena = &a->op.arena;
    struct call *call = a->call;
    bool keyed = !a->keyless && call->idempotency_key && !call->replayed;

    a->item = (struct accept_item){
        .entry = queue_entry_new(call->caller.scope.schema, a->lane, a->class, JOB_RUN, a->id,
                                 job_cost_unknown_ms(p->timeout_ms)),
        .payload = json_text(arena, planning_payload(p, &a->payload, arena)),
        .digest = p->digest,
        .attempts = p->chosen->attempts,
        .timeout_ms = p->timeout_ms,
        .asked_by = call->caller.user.text,
        .actor_kind = call->caller.kind == CALLER_TOKEN ? "token" : "user",
        .revision = p->revision,
        .route = call->route->pattern,
        .key = keyed ? call->idempotency_key : NULL,
        .body_hash = call->body_hash,
    };
    a->item.entry.action =
        job_queue_action(arena, a->wish->skill, p->chosen->name, a->wish->concurrency_key);
}

/* A low-risk run that is ready at once travels with others of its tenant. */
static bool goes_with_others(const struct accept *a)
{
    return a->kind == JOB_RUN && !is_for_later(a) && a->plans < PLANS_MAX;
}

static enum op_next insert(struct op *op)
{
    struct accept *a = (struct accept *)op;
    struct planning *p = &a->planning;
    struct db_group *g;
    bool direct = a->wish && !p->rule.required && !a->payload.plan_only && !a->wish->stored;

    a->id = id_new();
    if (p->sealed)
        a->payload.input = p->sealed;
    if (direct) {
        a->kind = JOB_RUN;
        a->lane = p->lane;
        if (goes_with_others(a)) {
            a->batched = true;
            fill_item(a);
            if (a->gathered)
                return OP_DONE;
            db_batch_add(op, a->call->api->accepts, &a->call->caller.scope, &a->item.item);
            return OP_WAIT;
        }
    }
    g = db_group_new(op, a->call->api->db, &a->call->caller.scope);
    if (direct) {
        add_job(a, g, planning_payload(p, &a->payload, &op->arena), p->digest, "low",
                p->chosen->attempts, p->timeout_ms);
        a->entry.action =
            job_queue_action(&op->arena, a->wish->skill, p->chosen->name, a->wish->concurrency_key);
    } else {
        a->kind = a->wish ? JOB_PLAN : JOB_INTENT;
        a->lane = LANE_CTL;
        add_request(a, g);
        add_job(a, g, job_payload_encode(&a->payload, &op->arena), NULL, NULL, JOB_CTL_ATTEMPTS,
                JOB_CTL_TIMEOUT_MS);
    }
    if (a->wish && a->wish->schedule)
        DB_GROUP_ADD(g, SQL_QUERIES_FIRING_BY_HAND, NULL, a->wish->schedule, a->call->caller.user.text,
                     a->id.text);
    if (!a->keyless)
        call_remember_shown(a->call, g, &a->id);
    db_group_send(g);
    return OP_WAIT;
}

/* Of one that went with others; what its plan was made from may have changed before it was written: then
 * it is planned once more, and where that happens again and again it goes alone. */
static enum op_next settle_batched(struct accept *a)
{
    struct op *op = &a->op;

    if (!a->item.item.err.code)
        return OP_DONE;
    if (a->item.item.err.code != GOV_PLAN_STALE) {
        op->err = a->item.item.err;
        return OP_FAIL;
    }
    a->batched = false;
    a->planning_again = true;
    plan_bases_drop(a->call->api->bases);
    return plan(op) == OP_FAIL ? OP_FAIL : OP_AGAIN;
}

static enum op_next enqueue(struct op *op)
{
    struct accept *a = (struct accept *)op;

    if (a->planning_again) {
        a->planning_again = false;
        insert(op);
        return OP_AGAIN;
    }
    if (a->batched)
        return settle_batched(a);
    const struct queue_shards *queues = &a->call->api->queues;
    const char *schema = a->call->caller.scope.schema;
    /* A delayed one is brought by the scheduler; a push that fails is made up for by its sweep. */
    int64_t delay_us = a->run_at_us - marks_clock_us(a->call->api->marks);
    if (delay_us <= 0)
        queue_shards_push(op, queues, &a->entry, 1);
    else
        job_queue_due(op, queue_shards_of(queues, schema), schema, delay_us / 1000);
    return OP_WAIT;
}

static const struct op_step steps[] = { { "check_host", check_host },
                                        { "plan", plan },
                                        { "mark", mark },
                                        { "insert", insert },
                                        { "enqueue", enqueue },
                                        { 0 } };

void accept_init(struct accept *accept, struct op *parent, struct call *call,
                 const struct run_wish *wish)
{
    memset(accept, 0, sizeof *accept);
    op_init(&accept->op, "accept", steps, parent->loop, NULL);
    arena_defer(&parent->arena, release, &accept->op);
    accept->call = call;
    accept->wish = wish;
    accept->mode = "auto";
    if (!wish)
        return;
    accept->mode = wish->mode;
    accept->run_at_us = wish->run_at_us;
    job_class_parse(wish->class, &accept->class);
    accept->payload = (struct job_payload){ .plan_only = strcmp(wish->mode, "plan") == 0,
                                            .language = call->language == GOV_ZH ? "zh" : "en",
                                            .timezone = wish->timezone,
                                            .files = wish->files,
                                            .callback_url = wish->callback_url,
                                            .concurrency_key = wish->concurrency_key,
                                            .skill = wish->skill,
                                            .action = wish->action,
                                            .version = wish->version,
                                            .input = wish->input,
                                            .is_try = wish->is_try };
}

void accept_run_wish(struct op *op, struct accept *accept, struct call *call,
                     const struct run_wish *wish)
{
    accept_init(accept, op, call, wish);
    op_call(op, &accept->op);
}

/* Nobody knows yet which skill will be meant: whoever finds out has to know the token's limits. */
static json_t *skills_of_token(const struct call *call, struct arena *arena)
{
    const char *const *skill = call->caller.skills;
    json_t *list = skill ? json_own(arena, json_array()) : NULL;

    for (; skill && *skill; skill++)
        json_array_append_new(list, json_string(*skill));
    return list;
}

void accept_words(struct op *op, struct accept *accept, struct call *call, const char *text,
                  const char *mode, const struct job_payload *payload)
{
    accept_init(accept, op, call, NULL);
    accept->text = text;
    accept->mode = mode;
    accept->class = CLASS_INTERACTIVE;
    accept->payload = *payload;
    accept->payload.plan_only = strcmp(mode, "plan") == 0;
    accept->payload.skills = skills_of_token(call, &op->arena);
    op_call(op, &accept->op);
}
