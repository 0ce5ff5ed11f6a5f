/* digest.c - what a confirmation is about.
 *
 * The form is JSON, canonical, so that another program can check a digest from the audit trail:
 *
 *   {"plan":1,"tenant":…,"requester":…,"policy":…,"risk":…,"expires":…,
 *    "steps":[{"action":"skill/action","version":…,"runtime":…,"input":…,
 *              "files":[[path,sha256]…],"resources":[[name,method,path,credential]…]}…]}
 *
 * It is written here as it stands, members in canonical order, and not encoded from a tree: a digest is made for
 * every run there is. "plan" counts versions of this form: a change of it voids open confirmations, as it must.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/model/plan.h"

static void add_text(struct buf *out, const char *text)
{
    buf_add_json_string(out, text, strlen(text));
}

static int file_compare(const void *a, const void *b)
{
    const struct plan_file *const *x = a, *const *y = b;
    int order = strcmp((*x)->path, (*y)->path);
    return order ? order : strcmp((*x)->sha256, (*y)->sha256);
}

static void add_files(struct buf *out, const struct plan_step *step, struct arena *arena)
{
    const struct plan_file **sorted =
        ARENA_ARRAY(arena, const struct plan_file *, step->file_count + 1);

    for (size_t i = 0; i < step->file_count; i++)
        sorted[i] = &step->files[i];
    qsort(sorted, step->file_count, sizeof *sorted, file_compare);
    for (size_t i = 0; i < step->file_count; i++) {
        buf_add_text(out, i ? ",[" : "[");
        add_text(out, sorted[i]->path);
        buf_add_char(out, ',');
        add_text(out, sorted[i]->sha256);
        buf_add_char(out, ']');
    }
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

static void add_resources(struct buf *out, const struct plan_step *step, struct arena *arena)
{
    const struct plan_resource **sorted =
        ARENA_ARRAY(arena, const struct plan_resource *, step->resource_count + 1);

    for (size_t i = 0; i < step->resource_count; i++)
        sorted[i] = &step->resources[i];
    qsort(sorted, step->resource_count, sizeof *sorted, resource_compare);
    for (size_t i = 0; i < step->resource_count; i++) {
        buf_add_text(out, i ? ",[" : "[");
        add_text(out, sorted[i]->name);
        buf_add_char(out, ',');
        add_text(out, sorted[i]->method);
        buf_add_char(out, ',');
        add_text(out, sorted[i]->path);
        buf_addf(out, ",%lld]", (long long)sorted[i]->credential_version);
    }
}

static void add_member(struct buf *out, const char *name, const char *text)
{
    buf_add_text(out, name);
    add_text(out, text);
}

static void add_step(struct buf *out, const struct plan_step *step, struct arena *arena)
{
    /* A slug holds no "/", so skill and action cannot be shifted into each other. */
    add_member(out, "{\"action\":", arena_format(arena, "%s/%s", step->skill, step->action));
    buf_add_text(out, ",\"files\":[");
    add_files(out, step, arena);
    buf_add_text(out, "],\"input\":");
    json_canonical(step->input, out);
    buf_add_text(out, ",\"resources\":[");
    add_resources(out, step, arena);
    add_member(out, "],\"runtime\":", step->runtime_digest);
    add_member(out, ",\"version\":", step->version_digest);
    buf_add_char(out, '}');
}

char *plan_digest(const struct plan *plan, char digest[PLAN_DIGEST_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    struct arena arena;
    struct buf text = { 0 };

    arena_init(&arena);
    buf_addf(&text, "{\"expires\":%lld,\"plan\":1,\"policy\":%lld", (long long)plan->confirmation.expires_at_us,
             (long long)plan->policy_version);
    add_member(&text, ",\"requester\":", plan->requester.text);
    add_member(&text, ",\"risk\":", skill_risk_name(plan->risk));
    buf_add_text(&text, ",\"steps\":[");
    for (size_t i = 0; i < plan->step_count; i++) {
        if (i)
            buf_add_char(&text, ',');
        add_step(&text, &plan->steps[i], &arena);
    }
    add_member(&text, "],\"tenant\":", plan->tenant.text);
    buf_add_char(&text, '}');
    crypto_hash_sha256(hash, (const unsigned char *)text.data, text.length);
    sodium_bin2hex(digest, PLAN_DIGEST_BYTES, hash, sizeof hash);
    buf_release(&text);
    arena_release(&arena);
    return digest;
}
