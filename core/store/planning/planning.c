/* planning.c - one read (see plan_basis.h), then pure decisions.
 *
 * The database is asked once (plan_load.sql), with every file id that occurs in the input: which of
 * them are file parameters is decided here. */
#include "core/model/skill/runtime.h"
#include "core/store/planning/planning.h"
#include "core/store/planning/planning_checks.h"

#include <stdio.h>
#include <string.h>

#include "core/base/check.h"
#include "core/model/schema/schema.h"
#include "core/store/planning/planning_input.h"
#include "core/store/planning/planning_resources.h"
#include "core/store/queue/admission.h"

/* --- load --- */

/* With files it is another set of rows each time, and a draft is not tried often. */
static void look_in_bases(struct planning *p)
{
    struct plan_basis_key *key = &p->key;

    p->keeps = p->bases && p->file_ids == 0 && !p->is_try && !p->history &&
               strlen(p->skill) < sizeof key->skill;
    if (!p->keeps)
        return;
    memcpy(key->schema, p->scope.schema, sizeof key->schema);
    snprintf(key->skill, sizeof key->skill, "%s", p->skill);
    key->version = p->version;
    key->requester = p->requester;
    p->basis = plan_bases_find(p->bases, key);
    if (p->basis)
        arena_defer(&p->op.arena, plan_basis_let_go, p->basis);
}

static void ask(struct planning *p)
{
    struct db_group *g = db_group_new(&p->op, p->db, &p->scope);
    char version[24];

    snprintf(version, sizeof version, "%lld", (long long)p->version);
    p->asked = true;
    p->epoch = p->bases ? plan_bases_epoch(p->bases) : 0;
    DB_GROUP_ADD(g, SQL_QUERIES_PLAN_LOAD, &p->rows, p->skill, p->version ? version : NULL,
                 p->requester.text, p->ids);
    if (p->history)
        DB_GROUP_ADD(g, SQL_QUERIES_PLAN_HISTORY, &p->past, p->skill, p->action);
    db_group_send(g);
}

static enum op_next load(struct op *op)
{
    struct planning *p = (struct planning *)op;
    struct buf ids = { 0 };

    buf_add_char(&ids, '{');
    planning_collect_ids(p->files, &ids, &p->file_ids);
    planning_collect_ids(p->input, &ids, &p->file_ids);
    buf_add_char(&ids, '}');
    p->ids = arena_text(&op->arena, ids.data);
    buf_release(&ids);
    look_in_bases(p);
    if (!p->basis)
        ask(p);
    return OP_WAIT;
}

/* --- check --- */

static bool no_such_skill(const struct planning *p, struct gov_err *err)
{
    return gov_fail_at(err, GOV_NOT_FOUND, "/skill", "unknown",
                       "there is no skill \"%s\" here; GET /v1/skills lists what you may run",
                       "这里没有技能“%s”；GET /v1/skills 列出您可以运行的技能", p->skill);
}

/* What the rows say about who may run which version. */
static struct admission admission_of(struct planning *p)
{
    const struct db_rows *r = &p->rows;

    return (struct admission){ .skill = p->skill,
                               .version = db_int(r, 0, BASIS_NUMBER),
                               .state = db_text(r, 0, BASIS_STATE),
                               .owner_name = db_text(r, 0, BASIS_OWNER_NAME),
                               .enabled = db_bool(r, 0, BASIS_ENABLED),
                               .is_try = p->is_try,
                               .uploaded_by = db_id(r, 0, BASIS_UPLOADED_BY),
                               .requester = p->requester,
                               .role = db_text(r, 0, BASIS_ROLE),
                               .bindings = p->basis->bindings };
}

/* Is there a version that this caller may name? */
static bool check_version(struct planning *p, struct gov_err *err)
{
    const struct db_rows *r = &p->rows;

    if (r->count == 0 || !policy_token_names(p->skills, p->skill))
        return no_such_skill(p, err);
    p->owner_name = db_text(r, 0, BASIS_OWNER_NAME);
    if (db_text(r, 0, BASIS_STATE))
        return true;
    return p->version ? gov_fail_at(err, GOV_NOT_FOUND, "/version", "unknown",
                                    "skill \"%s\" has no version %lld", "技能“%s”没有版本 %lld",
                                    p->skill, (long long)p->version)
                      : gov_fail_at(err, GOV_NOT_PUBLISHED, "/skill", "not_published",
                                    "skill \"%s\" has no published version yet; its owner is %s",
                                    "技能“%s”尚无已发布版本；负责人：%s", p->skill,
                                    p->owner_name ? p->owner_name : "?");
}

/* What is known of the skill is taken apart here, unless another plan did so a moment ago. */
static void find_basis(struct planning *p)
{
    if (!p->basis) {
        p->basis = plan_basis_new(&p->rows);
        arena_defer(&p->op.arena, plan_basis_let_go, p->basis);
        if (p->keeps)
            plan_bases_keep(p->bases, &p->key, p->epoch, p->basis);
    }
    p->rows = p->basis->rows;
    p->revision = p->basis->revision;
}

static bool allowed(struct planning *p, struct gov_err *err)
{
    find_basis(p);
    if (!check_version(p, err))
        return false;
    struct admission admission = admission_of(p);
    if (!admission_version(&admission, err))
        return false;
    if (!p->basis->manifest.action_count) {
        *err = p->basis->manifest_err;
        return err->code ? false : gov_fail_cause(err, GOV_INTERNAL, "skill %s has no manifest", p->skill);
    }
    p->manifest = p->basis->manifest;
    p->chosen = skill_action_find(&p->manifest, p->action);
    if (!p->chosen)
        return gov_fail_at(err, GOV_NOT_FOUND, "/action", "unknown", "skill \"%s\" has no action \"%s\"",
                           "技能“%s”没有操作“%s”", p->skill, p->action);
    return admission_binding(&admission, p->chosen->name, &p->op.arena, err) && planning_check_input(p, err);
}

/* What is remembered may allow, because the database looks once more; it may not refuse. */
static enum op_next check(struct op *op)
{
    struct planning *p = (struct planning *)op;

    if (allowed(p, &op->err))
        return OP_NEXT;
    if (p->asked)
        return OP_FAIL;
    memset(&op->err, 0, sizeof op->err);
    memset(&p->step, 0, sizeof p->step);
    p->basis = NULL;
    ask(p);
    return OP_AGAIN;
}

/* --- plan --- */

static void read_provenance(struct planning *p)
{
    size_t count = json_array_size(p->provenance);
    struct plan_provenance *list =
        ARENA_ARRAY(&p->op.arena, struct plan_provenance, count + 1);

    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(p->provenance, i);
        const json_t *span = json_object_get(item, "span");
        const char *source = json_get_text(item, "source");
        list[i].path = json_get_text(item, "path");
        if (!plan_source_parse(source ? source : "", &list[i].source))
            list[i].source = PLAN_GUESS; /* a word that a later version knows */
        list[i].span_start = json_integer_value(json_array_get(span, 0));
        list[i].span_end = json_integer_value(json_array_get(span, 1));
    }
    p->step.provenance = list;
    p->step.provenance_count = count;
}

/* Who may decide, by the rule as it is first asked. A substitute, or somebody of the escalation, is not
 * named here: nobody can count on them. */
static void read_approvers(struct planning *p)
{
    const json_t *list = p->basis->members;
    size_t count = json_array_size(list), n = 0;
    struct plan_person *people = ARENA_ARRAY(&p->op.arena, struct plan_person, count + 1);

    for (size_t i = 0; i < count; i++) {
        const json_t *person = json_array_get(list, i);
        enum role role = ROLE_NONE;
        role_parse(json_get_text(person, "role"), &role);
        if (!confirmation_rule_names(&p->rule, role))
            continue;
        id_parse(json_get_text(person, "id"), &people[n].id);
        people[n++].name = json_get_text(person, "name");
    }
    p->plan.confirmation.approvers = people;
    p->plan.confirmation.approver_count = n;
}

static bool plan_confirmation(struct planning *p)
{
    struct plan_confirmation *c = &p->plan.confirmation;

    if (!zone_take(json_get_text(p->basis->tenant, "timezone"), &p->op.arena, &p->zone, &p->op.err))
        return false;
    *c = (struct plan_confirmation){
        .required = true,
        .people = p->rule.people,
        .other_than_requester = p->rule.other_than_requester,
        .expires_at_us = p->run_at_us ? p->run_at_us :
                                        confirmation_rule_after(&p->rule, p->zone, p->now_us,
                                                                p->rule.expires_s),
    };
    read_approvers(p);
    /* Where four eyes are not asked for, who asks may confirm too. */
    size_t eligible = c->approver_count + !p->rule.other_than_requester;
    if (eligible >= (size_t)p->rule.people)
        return true;
    return gov_fail(&p->op.err, GOV_NO_ELIGIBLE_APPROVER,
                    "this needs %lld other person(s) who may confirm%s%s, and there are %zu; an owner "
                    "can add one with such a role, by default approver (execgov members invite)",
                    "需要 %lld 位其他可确认的人员%s%s，目前有 %zu 位；所有者可以添加具有相应角色（默认为 "
                    "approver）的成员（execgov members invite）",
                    (long long)p->rule.people, p->rule.name ? ": " : "",
                    p->rule.name ? p->rule.name : "", c->approver_count);
}

/* Of the tree that scripts of this version run in, as the one who plans knows it. */
static const char *platform_of(const struct planning *p)
{
    bool sandboxed = p->chosen->executor != SKILL_HTTP;

    for (int i = 0; i < SKILL_RUNTIME_COUNT && p->platform && sandboxed; i++)
        if (p->step.runtime && strcmp(skill_runtimes[i].name, p->step.runtime) == 0)
            return p->platform[i];
    return NULL;
}

static enum op_next make_plan(struct op *op)
{
    struct planning *p = (struct planning *)op;
    const struct db_rows *r = &p->rows;
    const struct confirmation_settings *settings = &p->basis->settings;

    p->step.skill = p->skill;
    p->step.action = p->chosen->name;
    p->step.title = p->chosen->title;
    p->step.version = db_int(r, 0, BASIS_NUMBER);
    p->step.version_digest = db_text(r, 0, BASIS_DIGEST);
    p->step.runtime = db_text(r, 0, BASIS_RUNTIME);
    p->step.runtime_digest = db_text(r, 0, BASIS_RUNTIME_DIGEST) ? db_text(r, 0, BASIS_RUNTIME_DIGEST) : "";
    p->step.platform_digest = platform_of(p);
    p->tree_digest = db_text(r, 0, BASIS_TREE);
    p->step.effects = p->chosen->effects;
    read_provenance(p);
    p->rule = confirmation_rule_for(p->chosen, &p->step, settings, p->doubt, p->arena);
    p->plan = (struct plan){ .tenant = p->tenant,
                             .requester = p->requester,
                             .policy_version = settings->version,
                             .risk = p->chosen->risk,
                             .steps = &p->step,
                             .step_count = 1 };
    planning_add_checks(p, p->basis->tenant);
    planning_add_history(p);
    if (p->rule.required && !plan_confirmation(p))
        return OP_FAIL;
    plan_digest(&p->plan, p->digest);
    p->lane = job_lane_of(JOB_RUN, p->chosen->executor);
    p->timeout_ms = p->chosen->timeout_s * 1000;
    return OP_DONE;
}

bool planning_repeat(struct planning *p, const json_t *input, struct arena *arena)
{
    int ids = 0;

    CHECK(p->op.over && !p->op.failed && !p->files);
    planning_collect_ids(input, NULL, &ids);
    if (ids > 0)
        return false;
    p->arena = arena;
    p->input = input;
    p->sealed = NULL;
    p->step.file_count = 0;
    if (!planning_check_input(p, &p->op.err)) {
        memset(&p->op.err, 0, sizeof p->op.err);
        return false;
    }
    p->rule = confirmation_rule_for(p->chosen, &p->step, &p->basis->settings, p->doubt, arena);
    plan_digest(&p->plan, p->digest);
    return true;
}

static const struct op_step steps[] = {
    { "load", load }, { "check", check }, { "resources", planning_resources_load },
    { "take", planning_resources_take }, { "make_plan", make_plan }, { 0 }
};

void planning_init(struct planning *planning, struct loop *loop)
{
    op_init(&planning->op, "planning", steps, loop, NULL);
    planning->arena = &planning->op.arena;
}

json_t *planning_payload(struct planning *planning, const struct job_payload *base,
                         struct arena *arena)
{
    struct job_payload payload = *base;
    json_t *sensitive = NULL;

    if (planning->step.sensitive_count)
        sensitive = json_own(arena, json_array());
    for (size_t i = 0; i < planning->step.sensitive_count; i++)
        json_array_append_new(sensitive, json_string(planning->step.sensitive[i]));
    payload.text = NULL;
    payload.skills = NULL; /* they were looked at for this plan */
    payload.skill = planning->skill;
    payload.action = planning->step.action;
    payload.version = planning->step.version;
    payload.version_digest = planning->step.version_digest;
    payload.runtime_digest = planning->step.runtime_digest[0] ? planning->step.runtime_digest : NULL;
    /* People agreed to what was shown; a run that nobody confirms takes the platform as it is. */
    payload.platform_digest = planning->rule.required ? planning->step.platform_digest : NULL;
    payload.input = planning->filled;
    payload.files = planning->file_list;
    payload.provenance = planning->provenance;
    payload.sensitive = sensitive;
    payload.credentials = planning->credentials;
    payload.idempotent = planning->chosen->idempotent;
    payload.is_try = planning->is_try;
    return job_payload_encode(&payload, arena);
}
