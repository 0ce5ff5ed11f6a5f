/* planning.c - one read (see plan_basis.h), then pure decisions.
 *
 * The database is asked once (plan_load.sql), with every file id that occurs in the input: which of
 * them are file parameters is decided here. */
#include "core/store/planning/planning.h"
#include "core/store/planning/planning_checks.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/model/fault.h"
#include "core/model/schema/schema.h"
#include "core/store/input_seal.h"
#include "core/store/planning/planning_resources.h"
#include "core/store/queue/admission.h"

enum {
    IDS_MAX = 1000, /* texts that could be a file's id; a file behind more of them is refused */
    FILES_MAX = 50 /* of one run */
};

/* --- load --- */

/* The first texts that could be a file's id, as elements of a PostgreSQL array; all are counted. */
static void collect_ids(const json_t *value, struct buf *out, int *count)
{
    const char *name;
    json_t *member;
    struct id id;
    size_t i;

    if (json_is_string(value) && id_parse(json_string_value(value), &id)) {
        if (*count < IDS_MAX)
            buf_addf(out, "%s%s", *count ? "," : "", id.text);
        ++*count;
    } else if (json_is_array(value)) {
        json_array_foreach (value, i, member)
            collect_ids(member, out, count);
    } else if (json_is_object(value)) {
        json_object_foreach ((json_t *)value, name, member)
            collect_ids(member, out, count);
    }
}

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
    collect_ids(p->files, &ids, &p->file_ids);
    collect_ids(p->input, &ids, &p->file_ids);
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

/* --- inputs and files --- */

static bool accepts(const json_t *schema, const char *name, const char *media_type)
{
    const json_t *list = json_object_get(schema, "x-accept");
    const json_t *item;
    size_t i;

    if (!json_is_array(list) || json_array_size(list) == 0)
        return true;
    json_array_foreach (list, i, item) {
        const char *accepted = json_string_value(item);
        if (!accepted)
            continue;
        size_t a = strlen(accepted), n = strlen(name);
        if (accepted[0] == '.' && n > a && text_equal_ignoring_case(name + n - a, accepted))
            return true;
        if (accepted[0] != '.' && text_equal_ignoring_case(accepted, media_type))
            return true;
    }
    return false;
}

struct file_adder {
    struct planning *p;
    struct plan_file *files;
    json_t *known; /* {id: {name, bytes, sha256, media_type}} */
    struct fault_list faults;
};

static void add_file(struct file_adder *a, const char *path, const char *at, const char *text,
                     const json_t *schema)
{
    struct planning *p = a->p;
    struct id id;
    const json_t *known = id_parse(text, &id) ? json_object_get(a->known, id.text) : NULL;
    const char *as = json_get_text(schema, "x-as");

    if (!known && p->file_ids > IDS_MAX) {
        fault_add(&a->faults, at, "too_many_ids",
                  "the input has %d texts in the form of an id and only %d are looked up: give fewer, or the file "
                  "before them", "输入中有 %d 个编号形式的文本，仅查找前 %d 个：请减少，或将文件放在它们之前",
                  p->file_ids, IDS_MAX);
        return;
    }
    if (!known) {
        fault_add(&a->faults, at, "unknown_file", "there is no file with this id; upload it first",
                  "没有该 id 的文件；请先上传");
        return;
    }
    const char *name = json_get_text(known, "name");
    int64_t bytes = json_get_int(known, "bytes", 0);
    int64_t max_mb = json_get_int(schema, "x-max-mb", 0);
    if (!accepts(schema, name, json_get_text(known, "media_type"))) {
        fault_add(&a->faults, at, "file_type", "the file \"%s\" is not of an accepted kind",
                  "文件“%s”类型不被接受", name);
        return;
    }
    if (max_mb && bytes > max_mb * 1024 * 1024) {
        fault_add(&a->faults, at, "file_size", "the file \"%s\" is larger than %lld MB",
                  "文件“%s”超过 %lld MB", name, (long long)max_mb);
        return;
    }
    if (p->step.file_count >= FILES_MAX) {
        fault_add(&a->faults, at, "max_items", "more than %d files", "文件超过 %d 个", FILES_MAX);
        return;
    }
    struct plan_file *f = &a->files[p->step.file_count++];
    f->path = path;
    f->id = id;
    f->name = name;
    f->bytes = bytes;
    f->sha256 = json_get_text(known, "sha256");
    json_array_append_new(p->file_list,
                          json_pack("{s:s, s:s, s:s, s:I, s:s, s:s*}", "path", path, "id",
                                    f->id.text, "name", name, "bytes", (json_int_t)bytes, "sha256",
                                    f->sha256, "as", as));
}

static bool check_files(struct planning *p, const struct schema *schema, struct gov_err *err)
{
    struct arena *arena = &p->op.arena;
    struct file_adder a = { .p = p, .faults = { .arena = arena } };
    const struct schema_found *found;
    const json_t *item;
    size_t count, i;

    if (!schema_find(schema, p->filled, SCHEMA_MARK_FILE, arena, &found, &count, err))
        return false;
    a.files = ARENA_ARRAY(arena, struct plan_file, FILES_MAX);
    a.known = db_json(&p->rows, 0, BASIS_FILES, arena);
    p->file_list = json_own(arena, json_array());
    p->step.files = a.files;
    for (i = 0; i < count; i++)
        add_file(&a, found[i].path, arena_format(arena, "/input%s", found[i].path),
                 json_string_value(found[i].value), found[i].schema);
    json_array_foreach ((json_t *)p->files, i, item)
        add_file(&a, "", arena_format(arena, "/files/%zu", i), json_string_value(item), NULL);
    return fault_report(&a.faults, GOV_INVALID_INPUT, err);
}

/* Paths of the validator start at the input; the client sent it as a member of the body. */
static void below_input(struct gov_err *err, struct arena *arena)
{
    struct gov_err_item *items = ARENA_ARRAY(arena, struct gov_err_item, err->item_count + 1);

    for (size_t i = 0; i < err->item_count; i++) {
        items[i] = err->items[i];
        items[i].path = arena_format(arena, "/input%s", err->items[i].path);
    }
    char path[GOV_PATH_BYTES];
    snprintf(path, sizeof path, "/input%.*s", (int)sizeof path - 8, err->path);
    memcpy(err->path, path, sizeof path);
    err->items = items;
}

/* From here on nothing of it is in the clear: the digest, the rows and whoever is shown the plan have the sealed form. */
static bool seal_found(struct planning *p, const struct schema_found *found, size_t count, struct gov_err *err)
{
    struct arena *arena = &p->op.arena;
    struct input_seal seal = { db_json(&p->rows, 0, BASIS_SEAL_KEY, arena), &p->tenant, p->skill };

    if (!input_seal(&seal, p->filled, found, count, arena, err))
        return false;
    if (p->input)
        p->sealed = input_seal_copy(p->input, p->filled, arena);
    return true;
}

static bool check_input(struct planning *p, struct gov_err *err)
{
    struct arena *arena = &p->op.arena;
    const struct schema *schema = plan_basis_schema(p->basis, p->chosen, err);
    const json_t *input = p->input ? p->input : json_own(arena, json_object());
    const struct schema_found *found;
    size_t count;

    if (!schema)
        return gov_err_context(err, "schema of %s", p->skill);
    p->filled = schema_apply_defaults(schema, input, arena);
    if (!schema_validate_sealed(schema, p->filled, arena, err)) {
        below_input(err, arena);
        return false;
    }
    if (!schema_find(schema, p->filled, SCHEMA_MARK_SENSITIVE, arena, &found, &count, err))
        return false;
    const char **sensitive = ARENA_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        sensitive[i] = found[i].path;
    p->step.sensitive = sensitive;
    p->step.sensitive_count = count;
    p->step.input = p->filled;
    return (!count || seal_found(p, found, count, err)) && check_files(p, schema, err);
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
    return admission_binding(&admission, p->chosen->name, &p->op.arena, err) && check_input(p, err);
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

    p->zone = zone_read(json_get_text(p->basis->tenant, "timezone"), &p->op.arena);
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
    p->tree_digest = db_text(r, 0, BASIS_TREE);
    p->step.effects = p->chosen->effects;
    read_provenance(p);
    p->rule = confirmation_rule_for(p->chosen, &p->step, settings, p->doubt, &op->arena);
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

static const struct op_step steps[] = {
    { "load", load }, { "check", check }, { "resources", planning_resources_load },
    { "take", planning_resources_take }, { "make_plan", make_plan }, { 0 }
};

void planning_init(struct planning *planning, struct loop *loop)
{
    op_init(&planning->op, "planning", steps, loop, NULL);
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
    payload.input = planning->filled;
    payload.files = planning->file_list;
    payload.provenance = planning->provenance;
    payload.sensitive = sensitive;
    payload.credentials = planning->credentials;
    payload.idempotent = planning->chosen->idempotent;
    payload.is_try = planning->is_try;
    return job_payload_encode(&payload, arena);
}
