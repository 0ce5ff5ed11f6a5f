/* export.c - execgov export FOLDER: everything the API shows an owner of his tenant, as a folder (bundle.h).
 *
 * It only reads, so that it works while the tenant is shut down; at the end the server is told that the copy is had. What is
 * added while it runs may be in or not. A page lives in an arena of its own: memory does not grow with the tenant.
 */
#include <string.h>
#include <unistd.h>

#include "cli/command/commands.h"
#include "cli/command/people/bundle.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

enum { BUSY_MAX = 60, SHOWN_EVERY = 1000 };

/* How to add one: a row. `each` is asked for each item of the list, by its member `key`. */
static const struct source {
    const char *name, *path, *each, *key;
    enum { ONE, LIST, EACH, EACH_LIST, LOG } kind;
} sources[] = {
    { "me", "/v1/me", NULL, NULL, ONE },
    { "settings", "/v1/settings", NULL, NULL, ONE },
    { "confirmation_rules", "/v1/confirmation-rules", NULL, NULL, ONE },
    { "subscription", "/v1/subscription", NULL, NULL, ONE },
    { "members", "/v1/members", NULL, NULL, LIST },
    { "tokens", "/v1/tokens", NULL, NULL, LIST },
    { "callback_hosts", "/v1/callback-hosts", NULL, NULL, LIST },
    { "delegations", "/v1/delegations", NULL, NULL, LIST },
    { "http_resources", "/v1/http-resources", NULL, NULL, LIST },
    { "orders", "/v1/orders", NULL, NULL, LIST },
    { "skills", "/v1/skills?all=true", "/v1/skills/%s", "name", EACH },
    { "skill_versions", "/v1/skills?all=true", "/v1/skills/%s/versions", "name", EACH_LIST },
    { "skill_bindings", "/v1/skills?all=true", "/v1/skills/%s/bindings", "name", EACH_LIST },
    { "unmet", "/v1/unmet", NULL, NULL, LIST },
    { "schedules", "/v1/schedules", "/v1/schedules/%s", "id", EACH },
    { "schedule_firings", "/v1/schedules", "/v1/schedules/%s/firings", "id", EACH_LIST },
    { "requests", "/v1/requests", "/v1/requests/%s", "id", EACH },
    { "runs", "/v1/runs", "/v1/runs/%s", "id", EACH },
    { "run_logs", "/v1/runs", "/v1/runs/%s/log", "id", LOG },
    { "confirmations", "/v1/confirmations", NULL, NULL, LIST },
    { "deliveries", "/v1/deliveries", NULL, NULL, LIST },
    { "audit", "/v1/audit", NULL, NULL, LIST },
};
static const char *const file_kinds[] = { "upload", "package", "artifact" };

/* One answer; whoever is asked too fast says so, and is asked again. */
static bool ask(struct cli *cli, const char *path, const json_t **answer, struct gov_err *err)
{
    for (int busy = 0; !remote_get(cli, path, answer, err); busy++) {
        if (err->code != GOV_RATE_LIMITED || busy == BUSY_MAX)
            return false;
        sleep(1);
    }
    return true;
}

typedef bool each_item(struct bundle *b, struct cli *cli, const struct source *source, const json_t *item, struct gov_err *err);

/* Every item of a list, a page at a time. The page's calls share the connection, not the memory. */
static bool walk(struct bundle *b, const char *path, const struct source *source, each_item *each, struct gov_err *err)
{
    struct arena kept = { 0 };
    const char *cursor = NULL;
    bool good = true;

    arena_init(&kept);
    do {
        struct cli page = *b->cli;
        const json_t *answer, *item;
        size_t i;

        arena_init(&page.arena);
        good = ask(&page, remote_path(&page, path, "limit", "200", "cursor", cursor, NULL), &answer, err);
        if (good)
            json_array_foreach(json_object_get(answer, "items"), i, item)
            {
                good = good && each(b, &page, source, item, err);
            }
        cursor = good && i > 0 ? json_get_text(answer, "next_cursor") : NULL;
        if (cursor)
            cursor = arena_text(&kept, cursor);
        b->cli->problem = page.problem;
        arena_release(&page.arena);
    } while (cursor);
    arena_release(&kept);
    return good;
}

static bool add(struct bundle *b, const json_t *object, struct gov_err *err)
{
    if (b->lines_records && b->lines_records % SHOWN_EVERY == 0)
        cli_note(b->cli, "%s: %lld …", "%s：%lld 条……", b->path, (long long)b->lines_records);
    return bundle_add(b, object, err);
}

static bool item_itself(struct bundle *b, struct cli *cli, const struct source *source, const json_t *item, struct gov_err *err)
{
    (void)cli;
    (void)source;
    return add(b, item, err);
}

static const char *its_path(struct cli *cli, const struct source *source, const json_t *item)
{
    const char *hole = strstr(source->each, "%s"), *key = json_get_text(item, source->key);

    return arena_format(&cli->arena, "%.*s%s%s", (int)(hole - source->each), source->each, remote_segment(cli, key ? key : ""),
                        hole + 2);
}

/* Gone since the list was made: nothing to take. */
static bool gone(const struct gov_err *err)
{
    return err->code == GOV_NOT_FOUND;
}

static bool item_whole(struct bundle *b, struct cli *cli, const struct source *source, const json_t *item, struct gov_err *err)
{
    const json_t *answer;

    if (!ask(cli, its_path(cli, source, item), &answer, err))
        return gone(err);
    return add(b, answer, err);
}

/* Its own list: every one says whose it is. */
static bool item_list(struct bundle *b, struct cli *cli, const struct source *source, const json_t *item, struct gov_err *err)
{
    const char *path = its_path(cli, source, item), *cursor = NULL;
    const json_t *answer, *one;
    size_t i;

    do {
        if (!ask(cli, remote_path(cli, path, "limit", "200", "cursor", cursor, NULL), &answer, err))
            return gone(err);
        json_array_foreach(json_object_get(answer, "items"), i, one)
        {
            json_t *owned = json_own(&cli->arena, json_copy((json_t *)one));
            json_object_set(owned, "of", json_object_get(item, source->key));
            if (!add(b, owned, err))
                return false;
        }
        cursor = i > 0 ? json_get_text(answer, "next_cursor") : NULL;
    } while (cursor);
    return true;
}

static bool item_log(struct bundle *b, struct cli *cli, const struct source *source, const json_t *item, struct gov_err *err)
{
    const char *path = its_path(cli, source, item);
    const json_t *answer, *one;
    int64_t after = 0;
    size_t i;

    do {
        const char *from = arena_format(&cli->arena, "%lld", (long long)after);
        if (!ask(cli, remote_path(cli, path, "limit", "1000", "after", after ? from : NULL, NULL), &answer, err))
            return gone(err);
        json_array_foreach(json_object_get(answer, "items"), i, one)
        {
            json_t *owned = json_own(&cli->arena, json_copy((json_t *)one));
            json_object_set(owned, "of", json_object_get(item, source->key));
            if (!add(b, owned, err))
                return false;
        }
        after = json_get_int(answer, "next_after", after);
    } while (i > 0);
    return true;
}

static bool collect(struct bundle *b, const struct source *source, struct gov_err *err)
{
    static each_item *const each[] = { [LIST] = item_itself, [EACH] = item_whole, [EACH_LIST] = item_list, [LOG] = item_log };
    const char *path = arena_format(&b->cli->arena, "%s.json%s", source->name, source->kind == ONE ? "" : "l");
    const json_t *answer;

    if (bundle_has(b, path))
        return true;
    if (!bundle_begin(b, path, err))
        return false;
    bool good = source->kind == ONE ? ask(b->cli, source->path, &answer, err) && bundle_add(b, answer, err)
                                    : walk(b, source->path, source, each[source->kind], err);
    if (!good) {
        fclose(b->lines);
        unlink(b->fresh);
        return false;
    }
    return bundle_end(b, err);
}

static bool fetch(struct bundle *b, struct cli *cli, const struct source *source, const json_t *item, struct gov_err *err)
{
    const char *id = json_get_text(item, "id"), *sha256 = json_get_text(item, "sha256");

    (void)source;
    if (!bundle_fetch(b, arena_format(&cli->arena, "/v1/files/%s", id), id, sha256, json_get_int(item, "size", 0), err))
        return gone(err);
    return true;
}

static bool files(struct bundle *b, struct gov_err *err)
{
    for (size_t i = 0; i < sizeof file_kinds / sizeof *file_kinds; i++) {
        const char *path = arena_format(&b->cli->arena, "/v1/files?kind=%s", file_kinds[i]);
        struct source list = { arena_format(&b->cli->arena, "files_%s", file_kinds[i]), path, NULL, NULL, LIST };

        if (!collect(b, &list, err) || !walk(b, path, &list, fetch, err))
            return false;
    }
    return true;
}

static bool allowed(const json_t *me)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(me, "permissions"), i, one)
        if (strcmp(json_string_value(one), "tenant.export") == 0)
            return true;
    return false;
}

bool command_export(struct cli *cli, const struct args *args, struct gov_err *err)
{
    const json_t *me, *kept;
    struct bundle b;

    if (!ask(cli, "/v1/me", &me, err))
        return false;
    const json_t *tenant = json_object_get(me, "tenant");
    if (!json_is_object(tenant) || !allowed(me))
        return gov_fail(err, GOV_FORBIDDEN, "only an owner takes a copy of the whole tenant: log in as one",
                        "只有租户所有者可以导出全部数据：请以所有者身份登录");
    if (!bundle_open(&b, cli, args->words[0], err))
        return false;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (!collect(&b, &sources[i], err))
            return false;
    if (!files(&b, err) || !bundle_finish(&b, tenant, err))
        return false;
    json_t *body = json_own(&cli->arena, json_pack("{s:s, s:I, s:I, s:I}", "manifest_sha256", b.digest, "records",
                                                   (json_int_t)b.records, "files", (json_int_t)b.files, "bytes",
                                                   (json_int_t)b.bytes));
    if (!remote_post(cli, "/v1/exports", body, &kept, err))
        return false;
    if (cli->json)
        cli_print_json(kept);
    else
        cli_say(cli, "%s holds %lld records and %lld files; check it with: cd %s && sha256sum -c SHA256SUMS",
                "%s 包含 %lld 条记录和 %lld 个文件；校验：cd %s && sha256sum -c SHA256SUMS", args->words[0], (long long)b.records,
                (long long)b.files, args->words[0]);
    return true;
}
