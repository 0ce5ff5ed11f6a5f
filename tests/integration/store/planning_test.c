/* planning_test.c - what may be planned, what may not, and why: each code, against real rows. */
#include "core/store/planning/planning.h"

#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/io/crypto/crypto.h"
#include "core/io/crypto/seal_json.h"
#include "core/model/sealed_value.h"
#include "tests/lib/db_rig.h"
#include "tests/lib/sql.h"
#include "tests/lib/test.h"

#define FILE_SCHEMA                                                                                \
    "{\"type\":\"string\",\"format\":\"file\",\"x-accept\":[\".csv\",\"text/csv\"],\"x-max-mb\":1}"
#define INPUT_SCHEMA                                                                               \
    "{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"month\"],\"properties\":{" \
    "\"month\":{\"type\":\"string\"},\"copies\":{\"type\":\"integer\",\"default\":2},"              \
    "\"secret\":{\"type\":\"string\",\"writeOnly\":true},"                                          \
    "\"file\":" FILE_SCHEMA ",\"deep\":{\"type\":\"object\",\"properties\":{\"file\":" FILE_SCHEMA  \
    "}}}}"
#define TEXTS "\"title\":{\"en\":\"T\",\"zh\":\"题\"},\"description\":{\"en\":\"D\",\"zh\":\"述\"}"
#define ACTION(name, risk, confirm)                                                                \
    "{\"name\":\"" name "\"," TEXTS ",\"examples\":[],\"executor\":\"python\",\"entry\":\"main.py\"," \
    "\"input\":" INPUT_SCHEMA ",\"output\":null,\"risk\":\"" risk "\",\"timeout_s\":7,"             \
    "\"memory_mb\":64,\"idempotent\":false,\"effects\":[],\"resources\":[],\"args\":null,"          \
    "\"collect\":[],\"confirm\":{\"required\":" confirm ",\"people\":1,\"expires_s\":600}}"
#define MANIFEST                                                                                   \
    "{\"manifest\":1,\"name\":\"s\"," TEXTS ",\"examples\":[],\"runtime\":\"base\",\"actions\":["   \
    ACTION("run", "low", "false") "," ACTION("purge", "high", "true") ","                          \
    ACTION("ask", "low", "true") "]}"

struct fixture {
    struct db_rig rig;
    struct pg_tenant tenant, lonely;
    struct pg_person owner, operator, viewer, stranger, alone;
    struct db *db;
    PGconn *admin;
    struct id csv, exe, big, foreign, gone;
    struct seal_ring *key;
};

static void skill_make(struct fixture *f, const struct pg_tenant *tenant, const char *name,
                       const char *state, bool published, bool enabled)
{
    struct id skill = id_new(), version = id_new();
    const char *t = tenant->schema;

    sql_run(f->admin, "insert into %s.skill (id, name, owner, enabled) values ('%s', '%s', '%s', %s)",
            t, skill.text, name, f->owner.id.text, enabled ? "true" : "false");
    sql_run(f->admin, "insert into %s.skill_version (id, skill_id, number, digest, state, package_file, "
            "manifest, uploaded_by) values ('%s', '%s', 1, repeat('a', 64), '%s', '%s', '%s', '%s')", t, version.text, skill.text, state, id_new().text, MANIFEST, f->operator.id.text);
    if (published)
        sql_run(f->admin, "update %s.skill set published_version = '%s' where id = '%s'", t, version.text, skill.text);
}

static struct id file_make(struct fixture *f, const struct pg_tenant *tenant, const char *name,
                           long bytes, const char *deleted)
{
    struct id id = id_new();

    sql_run(f->admin,
            "insert into %s.file (id, kind, name, size, sha256, media_type, deleted_at) values "
            "('%s', 'upload', '%s', %ld, repeat('b', 64), 'application/octet-stream', %s)",
            tenant->schema, id.text, name, bytes, deleted);
    return id;
}

static int setup(void **state)
{
    static struct fixture f;
    struct gov_err err;
    struct pg_server *server = &f.rig.server;

    db_rig_start(&f.rig);
    f.admin = pg_server_connect(server, &f.rig.arena, "postgres");
    pg_server_tenant(server, "A", &f.tenant);
    pg_server_tenant(server, "B", &f.lonely);
    pg_server_person(server, &f.tenant, "owner", &f.owner);
    pg_server_person(server, &f.tenant, "operator", &f.operator);
    pg_server_person(server, &f.tenant, "viewer", &f.viewer);
    pg_server_person(server, NULL, NULL, &f.stranger);
    pg_server_person(server, &f.lonely, "owner", &f.alone);
    skill_make(&f, &f.tenant, "good", "published", true, true);
    skill_make(&f, &f.tenant, "off", "published", true, false);
    skill_make(&f, &f.tenant, "draft", "in_review", false, true);
    skill_make(&f, &f.tenant, "refused", "refused", false, true);
    skill_make(&f, &f.tenant, "yanked", "yanked", true, true);
    skill_make(&f, &f.tenant, "bound", "published", true, true);
    sql_run(f.admin, "insert into %s.skill_binding (skill_id, subject_kind, subject, actions) "
                     "select id, 'role', 'operator', '{run}' from %s.skill where name = 'bound'",
            f.tenant.schema, f.tenant.schema);
    skill_make(&f, &f.lonely, "good", "published", true, true);
    assert_true(crypto_init(&err));
    f.key = seal_ring_new(seal_key_new(&f.rig.arena), &err);
    const struct seal_target *target = seal_ring_target(f.key, 0);
    sql_run(f.admin, "insert into public.egress_key (id, public_key) values ('%s', '%s')", target->id,
            seal_target_literal(target, &f.rig.arena));
    f.csv = file_make(&f, &f.tenant, "a.csv", 10, "null");
    f.exe = file_make(&f, &f.tenant, "a.exe", 10, "null");
    f.big = file_make(&f, &f.tenant, "b.csv", 1024 * 1024 + 1, "null");
    f.gone = file_make(&f, &f.tenant, "c.csv", 10, "now()");
    f.foreign = file_make(&f, &f.lonely, "a.csv", 10, "null");
    f.db = db_rig_pool(&f.rig, "planning", (struct db_options){ 0 });
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    seal_ring_free(f->key);
    db_stop(f->db);
    db_rig_stop(&f->rig);
    return 0;
}

/* The owner plans skill "good" with a month, unless the test says otherwise. */
static void begin(struct fixture *f, struct planning *p, const char *skill, const char *input)
{
    *p = (struct planning){ 0 };
    planning_init(p, &f->rig.loop);
    p->db = f->db;
    p->scope = db_scope_tenant(f->tenant.schema, f->tenant.stripe);
    p->tenant = f->tenant.id;
    p->requester = f->owner.id;
    p->skill = skill;
    p->input = json_own(&p->op.arena, json_loads(input, 0, NULL));
    p->now_us = 1790000000000000;
    assert_non_null(p->input);
}

static struct gov_err finish(struct planning *p)
{
    struct gov_err err = { 0 };

    if (op_await(&p->op, &err))
        err.code = GOV_OK;
    return err;
}

static struct gov_err refused(struct planning *p, enum gov_code code)
{
    struct gov_err err = finish(p);

    if (err.code != code)
        fail_msg("%d and not %d: %s %s", err.code, code, err.en, err.cause);
    op_release(&p->op); /* err.items go with it */
    err.items = NULL;
    return err;
}

#define MONTH "{\"month\":\"2026-01\"}"

static void a_plan_says_what_will_run(void **state)
{
    struct fixture *f = *state;
    struct planning p;

    begin(f, &p, "good", "{\"month\":\"2026-01\",\"secret\":\"x\"}");
    assert_int_equal(finish(&p).code, GOV_OK);
    assert_string_equal(p.step.action, "run");
    assert_int_equal(p.step.version, 1);
    assert_int_equal(p.timeout_ms, 7000);
    assert_false(p.plan.confirmation.required);
    assert_int_equal(json_integer_value(json_object_get(p.filled, "copies")), 2);
    assert_null(json_object_get(p.input, "copies")); /* the caller's stays as it was */
    assert_int_equal(p.step.sensitive_count, 1);
    assert_string_equal(p.step.sensitive[0], "/secret");
    for (size_t i = 0; i < p.plan.check_count; i++)
        assert_true(p.plan.checks[i].ok);
    op_release(&p.op);
}

/* The value a plan has sealed at /secret, opened for `skill`; NULL: it does not open for it. */
static const char *opened(struct fixture *f, struct planning *p, const char *skill)
{
    struct sealed_place *places;
    struct arena *arena = &p->op.arena;
    struct gov_err err;
    char *value;
    size_t bytes;

    assert_int_equal(sealed_value_list(p->filled, arena, &places), 1);
    assert_string_equal(places[0].path, "/secret");
    struct sealed sealed = seal_json_read(places[0].sealed);
    return seal_open(f->key, &sealed, seal_input_context(f->tenant.id.text, skill, "/secret", arena), arena, &value,
                     &bytes, &err)
               ? value
               : NULL;
}

static void a_sensitive_input_is_sealed_before_it_is_in_a_plan(void **state)
{
    struct fixture *f = *state;
    struct planning p, again;
    struct job_payload base = { 0 };

    begin(f, &p, "good", "{\"month\":\"2026-01\",\"secret\":\"open sesame\"}");
    assert_int_equal(finish(&p).code, GOV_OK);
    assert_string_equal(opened(f, &p, "good"), "\"open sesame\"");
    assert_null(opened(f, &p, "bound"));
    const char *stored = json_text(&p.op.arena, plan_encode(&p.plan, &p.op.arena));
    assert_null(strstr(stored, "sesame"));
    assert_null(strstr(json_text(&p.op.arena, planning_payload(&p, &base, &p.op.arena)), "sesame"));
    assert_null(json_object_get(p.sealed, "copies")); /* without defaults */
    assert_true(json_equal(json_object_get(p.sealed, "secret"), json_object_get(p.filled, "secret")));

    /* Planned once more from what is stored, it is the same plan: the confirmation holds. */
    begin(f, &again, "good", json_text(&p.op.arena, p.sealed));
    assert_int_equal(finish(&again).code, GOV_OK);
    assert_string_equal(again.digest, p.digest);
    op_release(&again.op);
    begin(f, &again, "good", "{\"month\":\"2026-01\",\"secret\":\"open sesame\"}");
    assert_int_equal(finish(&again).code, GOV_OK);
    assert_string_not_equal(again.digest, p.digest); /* another ciphertext: nobody sees that they are alike */
    op_release(&again.op);
    op_release(&p.op);
}

static void each_refusal_has_its_code(void **state)
{
    struct fixture *f = *state;
    static const char *const only[] = { "other", NULL };
    struct planning p;

    begin(f, &p, "nothing", MONTH);
    assert_string_equal(refused(&p, GOV_NOT_FOUND).path, "/skill");
    begin(f, &p, "good", MONTH);
    p.skills = only; /* a token for other skills learns nothing of this one */
    assert_string_equal(refused(&p, GOV_NOT_FOUND).path, "/skill");
    begin(f, &p, "good", MONTH);
    p.version = 2;
    assert_string_equal(refused(&p, GOV_NOT_FOUND).path, "/version");
    begin(f, &p, "good", MONTH);
    p.action = "dance";
    assert_string_equal(refused(&p, GOV_NOT_FOUND).path, "/action");
    begin(f, &p, "off", MONTH);
    refused(&p, GOV_SKILL_DISABLED);
    begin(f, &p, "draft", MONTH);
    refused(&p, GOV_NOT_PUBLISHED);
    begin(f, &p, "draft", MONTH);
    p.version = 1;
    refused(&p, GOV_NOT_PUBLISHED);
    begin(f, &p, "yanked", MONTH);
    refused(&p, GOV_VERSION_YANKED);
}

static void who_may_not_run_is_refused(void **state)
{
    struct fixture *f = *state;
    struct planning p;

    begin(f, &p, "good", MONTH);
    p.requester = f->viewer.id;
    refused(&p, GOV_FORBIDDEN);
    begin(f, &p, "good", MONTH);
    p.requester = f->stranger.id;
    refused(&p, GOV_FORBIDDEN);
    begin(f, &p, "bound", MONTH); /* bound to operators */
    refused(&p, GOV_FORBIDDEN);
    begin(f, &p, "bound", MONTH);
    p.requester = f->operator.id;
    p.action = "ask"; /* ... and to one action */
    refused(&p, GOV_FORBIDDEN);
    begin(f, &p, "bound", MONTH);
    p.requester = f->operator.id;
    assert_int_equal(finish(&p).code, GOV_OK);
    op_release(&p.op);
}

static enum gov_code try(struct fixture *f, const char *skill, const struct pg_person *person)
{
    struct planning p;

    begin(f, &p, skill, MONTH);
    p.is_try = true;
    p.version = 1;
    p.requester = person->id;
    enum gov_code code = finish(&p).code;
    op_release(&p.op);
    return code;
}

static void a_draft_is_tried_by_its_author_and_by_reviewers_only(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(try(f, "draft", &f->operator), GOV_OK);
    assert_int_equal(try(f, "draft", &f->owner), GOV_OK);
    assert_int_equal(try(f, "draft", &f->viewer), GOV_FORBIDDEN);
    assert_int_equal(try(f, "draft", &f->stranger), GOV_FORBIDDEN);
    assert_int_equal(try(f, "refused", &f->operator), GOV_NOT_PUBLISHED);
    assert_int_equal(try(f, "yanked", &f->operator), GOV_VERSION_YANKED);
}

static void an_author_who_may_no_longer_upload_tries_nothing(void **state)
{
    struct fixture *f = *state;

    sql_run(f->admin, "update public.membership set role = 'viewer' where user_id = '%s'",
            f->operator.id.text);
    enum gov_code code = try(f, "draft", &f->operator);
    sql_run(f->admin, "update public.membership set role = 'operator' where user_id = '%s'",
            f->operator.id.text);
    assert_int_equal(code, GOV_FORBIDDEN);
}

static void faults_of_the_input_are_below_input(void **state)
{
    struct fixture *f = *state;
    struct planning p;
    struct gov_err err;

    begin(f, &p, "good", "{\"copies\":\"two\"}");
    err = finish(&p);
    assert_int_equal(err.code, GOV_INVALID_INPUT);
    assert_int_equal(err.item_count, 2);
    for (size_t i = 0; i < err.item_count; i++)
        assert_true(strcmp(err.items[i].path, "/input/month") == 0 ||
                    strcmp(err.items[i].path, "/input/copies") == 0);
    op_release(&p.op);
    begin(f, &p, "good", "{}");
    p.input = NULL; /* counts as {} */
    assert_string_equal(refused(&p, GOV_INVALID_INPUT).path, "/input/month");
}

/* Plan with `file` as the file parameter; the fault's item, or "" if it was taken. */
static void file_fault(struct fixture *f, const char *file, const char *path, const char *item)
{
    struct planning p;
    char input[200];

    bool deep = strcmp(path, "/input/file") != 0;
    snprintf(input, sizeof input, "{\"month\":\"1\",%s\"file\":\"%s\"}%s", deep ? "\"deep\":{" : "", file, deep ? "}" : "");
    begin(f, &p, "good", input);
    struct gov_err err = finish(&p);
    assert_int_equal(err.code, GOV_INVALID_INPUT);
    assert_int_equal(err.item_count, 1);
    assert_string_equal(err.items[0].path, path);
    assert_string_equal(err.items[0].code, item);
    op_release(&p.op);
}

static void files_of_a_wrong_kind_size_or_owner_are_refused_where_they_stand(void **state)
{
    struct fixture *f = *state;

    file_fault(f, f->exe.text, "/input/file", "file_type");
    file_fault(f, f->big.text, "/input/file", "file_size");
    file_fault(f, f->foreign.text, "/input/file", "unknown_file");
    file_fault(f, f->gone.text, "/input/file", "unknown_file");
    file_fault(f, f->exe.text, "/input/deep/file", "file_type");
}

/* And where the token reads no files of others, it must be the caller's own. */
static void a_file_that_only_lies_in_in_must_exist(void **state)
{
    struct fixture *f = *state;

    sql_run(f->admin, "update %s.file set created_by = '%s' where id = '%s'", f->tenant.schema, f->owner.id.text, f->exe.text);
    for (int own = 0; own < 2; own++) {
        struct planning p;
        begin(f, &p, "good", MONTH);
        p.own_files = own;
        p.files = json_own(&p.op.arena, json_pack("[s,s]", f->exe.text, own ? f->csv.text : f->foreign.text));
        struct gov_err err = finish(&p);
        assert_int_equal(err.code, GOV_INVALID_INPUT);
        assert_int_equal(err.item_count, 1);
        assert_string_equal(err.items[0].path, "/files/1");
        op_release(&p.op);
    }
}

static void the_files_of_a_plan_are_listed_with_path_and_digest(void **state)
{
    struct fixture *f = *state;
    struct planning p;
    char upper[37], input[100];

    for (int i = 0; i < 37; i++)
        upper[i] = (char)(f->csv.text[i] >= 'a' ? f->csv.text[i] - 32 : f->csv.text[i]);
    snprintf(input, sizeof input, "{\"month\":\"1\",\"file\":\"%s\"}", upper);
    begin(f, &p, "good", input);
    p.files = json_own(&p.op.arena, json_pack("[s]", f->exe.text));
    assert_int_equal(finish(&p).code, GOV_OK);
    assert_int_equal(p.step.file_count, 2);
    assert_string_equal(p.step.files[0].path, "/file");
    assert_string_equal(p.step.files[0].id.text, f->csv.text);
    assert_string_equal(p.step.files[1].path, "");
    assert_int_equal(json_array_size(p.file_list), 2);
    op_release(&p.op);
}

static void high_risk_needs_somebody_else_who_is_named(void **state)
{
    struct fixture *f = *state;
    struct planning p;

    begin(f, &p, "good", MONTH);
    p.action = "purge";
    p.requester = f->operator.id;
    assert_int_equal(finish(&p).code, GOV_OK);
    assert_true(p.plan.confirmation.required && p.plan.confirmation.other_than_requester);
    assert_int_equal(p.plan.confirmation.expires_at_us, p.now_us + 600 * 1000000LL);
    assert_int_equal(p.plan.confirmation.approver_count, 1);
    assert_string_equal(p.plan.confirmation.approvers[0].id.text, f->owner.id.text);
    op_release(&p.op);
    begin(f, &p, "good", MONTH); /* the owner himself is the only one who could */
    p.action = "purge";
    refused(&p, GOV_NO_ELIGIBLE_APPROVER);
}

static void low_risk_that_asks_may_be_confirmed_by_who_asked(void **state)
{
    struct fixture *f = *state;
    struct planning p;

    begin(f, &p, "good", MONTH);
    p.action = "ask";
    p.scope = db_scope_tenant(f->lonely.schema, f->lonely.stripe);
    p.tenant = f->lonely.id;
    p.requester = f->alone.id;
    struct gov_err err = finish(&p);
    if (err.code)
        fail_msg("%s", err.en);
    assert_true(p.plan.confirmation.required);
    op_release(&p.op);
}

/* What the API plans and what a worker plans later from its payload must be the same thing. */
static void the_digest_follows_from_what_will_run_and_from_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct planning p;
    char first[PLAN_DIGEST_BYTES];
    static const char *const inputs[] = { "{\"month\":\"1\",\"copies\":2}",
                                          "{\"copies\":2,\"month\":\"1\"}", "{\"month\":\"1\"}",
                                          "{\"month\":\"1\",\"copies\":3}" };

    for (int i = 0; i < 4; i++) {
        begin(f, &p, "good", inputs[i]);
        if (i == 1) {
            p.action = "run";
            p.version = 1;
            p.provenance = json_own(&p.op.arena, json_loads("[{\"path\":\"/month\",\"source\":"
                                                            "\"guess\",\"span\":[3,5]}]", 0, NULL));
        }
        assert_int_equal(finish(&p).code, GOV_OK);
        if (i == 0)
            memcpy(first, p.digest, sizeof first);
        assert_int_equal(strcmp(first, p.digest) == 0, i < 3);
        op_release(&p.op);
    }
}

static void provenance_and_payload_carry_what_was_planned(void **state)
{
    struct fixture *f = *state;
    struct planning p;
    struct job_payload base = { 0 };

    begin(f, &p, "good", MONTH);
    p.provenance = json_own(&p.op.arena, json_loads("[{\"path\":\"/month\",\"source\":\"guess\","
                                                    "\"span\":[3,5]}]", 0, NULL));
    assert_int_equal(finish(&p).code, GOV_OK);
    assert_int_equal(p.step.provenance_count, 1);
    assert_int_equal(p.step.provenance[0].source, PLAN_GUESS);
    assert_int_equal(p.step.provenance[0].span_start, 3);
    assert_int_equal(p.step.provenance[0].span_end, 5);
    json_t *payload = planning_payload(&p, &base, &p.op.arena);
    assert_string_equal(json_string_value(json_object_get(payload, "skill")), "good");
    assert_int_equal(json_integer_value(json_object_get(payload, "version")), 1);
    assert_true(json_equal(json_object_get(payload, "input"), p.filled));
    op_release(&p.op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_says_what_will_run),
        cmocka_unit_test(a_sensitive_input_is_sealed_before_it_is_in_a_plan),
        cmocka_unit_test(each_refusal_has_its_code),
        cmocka_unit_test(who_may_not_run_is_refused),
        cmocka_unit_test(a_draft_is_tried_by_its_author_and_by_reviewers_only),
        cmocka_unit_test(an_author_who_may_no_longer_upload_tries_nothing),
        cmocka_unit_test(faults_of_the_input_are_below_input),
        cmocka_unit_test(files_of_a_wrong_kind_size_or_owner_are_refused_where_they_stand),
        cmocka_unit_test(a_file_that_only_lies_in_in_must_exist),
        cmocka_unit_test(the_files_of_a_plan_are_listed_with_path_and_digest),
        cmocka_unit_test(high_risk_needs_somebody_else_who_is_named),
        cmocka_unit_test(low_risk_that_asks_may_be_confirmed_by_who_asked),
        cmocka_unit_test(the_digest_follows_from_what_will_run_and_from_nothing_else),
        cmocka_unit_test(provenance_and_payload_carry_what_was_planned),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
