/* digest.c - what a confirmation is about.
 *
 * The form is JSON, canonical, so that another program can check a digest from the audit trail:
 *
 *   {"plan":1,"tenant":…,"requester":…,"policy":…,"risk":…,"expires":…,
 *    "steps":[{"action":"skill/action","version":…,"runtime":…,"input":…,
 *              "files":[[path,sha256]…],"resources":[[name,method,path,credential]…]}…]}
 *
 * "plan" counts versions of this form: a change of it voids open confirmations, as it must.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/json.h"
#include "core/model/plan.h"

static int file_compare(const void *a, const void *b)
{
    const struct plan_file *const *x = a, *const *y = b;
    int order = strcmp((*x)->path, (*y)->path);
    return order ? order : strcmp((*x)->sha256, (*y)->sha256);
}

static json_t *files_form(const struct plan_step *step, struct arena *arena)
{
    const struct plan_file **sorted =
        ARENA_ARRAY(arena, const struct plan_file *, step->file_count + 1);
    json_t *list = json_array();

    for (size_t i = 0; i < step->file_count; i++)
        sorted[i] = &step->files[i];
    qsort(sorted, step->file_count, sizeof *sorted, file_compare);
    for (size_t i = 0; i < step->file_count; i++)
        CHECK(json_array_append_new(list,
                                    json_pack("[s, s]", sorted[i]->path, sorted[i]->sha256)) == 0);
    return list;
}

static int resource_compare(const void *a, const void *b)
{
    const struct plan_resource *x = *(const struct plan_resource *const *)a;
    const struct plan_resource *y = *(const struct plan_resource *const *)b;
    int order = strcmp(x->name, y->name);
    if (order == 0)
        order = strcmp(x->method, y->method);
    if (order == 0)
        order = strcmp(x->path, y->path);
    if (order == 0)
        order = x->credential_version < y->credential_version
                    ? -1
                    : x->credential_version > y->credential_version;
    return order;
}

static json_t *resources_form(const struct plan_step *step, struct arena *arena)
{
    const struct plan_resource **sorted =
        ARENA_ARRAY(arena, const struct plan_resource *, step->resource_count + 1);
    json_t *list = json_array();

    for (size_t i = 0; i < step->resource_count; i++)
        sorted[i] = &step->resources[i];
    qsort(sorted, step->resource_count, sizeof *sorted, resource_compare);
    for (size_t i = 0; i < step->resource_count; i++)
        CHECK(json_array_append_new(list, json_pack("[s, s, s, I]", sorted[i]->name,
                                                    sorted[i]->method, sorted[i]->path,
                                                    (json_int_t)sorted[i]->credential_version)) ==
              0);
    return list;
}

static json_t *step_form(const struct plan_step *step, struct arena *arena)
{
    /* A slug holds no "/", so skill and action cannot be shifted into each other. */
    const char *action = arena_format(arena, "%s/%s", step->skill, step->action);
    json_t *form =
        json_pack("{s:s, s:s, s:s, s:O, s:o, s:o}", "action", action, "version",
                  step->version_digest, "runtime", step->runtime_digest, "input", step->input,
                  "files", files_form(step, arena), "resources", resources_form(step, arena));
    CHECK(form);
    if (step->platform_digest)
        json_object_set_new(form, "platform", json_string(step->platform_digest));
    return form;
}

char *plan_digest(const struct plan *plan, char digest[PLAN_DIGEST_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    struct arena arena;
    struct buf text = { 0 };
    json_t *steps = json_array();

    arena_init(&arena);
    for (size_t i = 0; i < plan->step_count; i++)
        CHECK(json_array_append_new(steps, step_form(&plan->steps[i], &arena)) == 0);
    json_t *form =
        json_pack("{s:i, s:s, s:s, s:I, s:s, s:I, s:o}", "plan", 1, "tenant", plan->tenant.text,
                  "requester", plan->requester.text, "policy", (json_int_t)plan->policy_version,
                  "risk", skill_risk_name(plan->risk), "expires",
                  (json_int_t)plan->confirmation.expires_at_us, "steps", steps);
    CHECK(form);
    json_canonical(form, &text);
    crypto_hash_sha256(hash, (const unsigned char *)text.data, text.length);
    sodium_bin2hex(digest, PLAN_DIGEST_BYTES, hash, sizeof hash);
    buf_release(&text);
    json_decref(form);
    arena_release(&arena);
    return digest;
}
