/* worker_platform.c - digests are shown by their first eight digits, as many as tell two machines apart. */
#include "cli/command/platform/worker_platform.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"

enum { SHOWN = 8 };

static const char *take(struct cli *cli, struct buf *text)
{
    const char *copy = text->length ? arena_text(&cli->arena, text->data) : NULL;
    buf_release(text);
    return copy;
}

const char *worker_platform_text(struct cli *cli, const json_t *worker)
{
    struct buf text = { 0 };
    const char *name;
    json_t *platform = json_object_get(worker, "platform"), *digest;

    json_object_foreach(platform, name, digest)
        buf_addf(&text, "%s%s %.*s", text.length ? ", " : "", name, SHOWN, json_string_value(digest));
    const char *shown = take(cli, &text);
    return shown ? shown : "-";
}

static bool lives(const json_t *worker)
{
    const char *state = json_get_text(worker, "state");

    return state && strcmp(state, "dead") != 0;
}

/* {runtime: {digest: [host, ...]}} of those that live. */
static json_t *hosts_by_digest(struct cli *cli, const json_t *workers)
{
    json_t *all = json_own(&cli->arena, json_object()), *digest;
    const json_t *worker;
    const char *name;
    size_t i;

    json_array_foreach(workers, i, worker)
    {
        json_t *platform = json_object_get(worker, "platform");
        json_object_foreach(platform, name, digest)
        {
            const char *host = json_get_text(worker, "host"), *hex = json_string_value(digest);
            if (!lives(worker) || !host || !hex)
                continue;
            if (!json_object_get(all, name))
                json_object_set_new(all, name, json_object());
            json_t *digests = json_object_get(all, name);
            if (!json_object_get(digests, hex))
                json_object_set_new(digests, hex, json_object());
            json_object_set_new(json_object_get(digests, hex), host, json_true());
        }
    }
    return all;
}

const char *worker_platforms_differ(struct cli *cli, const json_t *workers)
{
    struct buf text = { 0 };
    const char *name, *hex, *host;
    json_t *all = hosts_by_digest(cli, workers), *digests, *hosts, *is;

    json_object_foreach(all, name, digests)
    {
        if (json_object_size(digests) < 2)
            continue;
        buf_addf(&text, "%s%s:", text.length ? "; " : "", name);
        const char *between = " ";
        json_object_foreach(digests, hex, hosts)
        {
            buf_addf(&text, "%s%.*s", between, SHOWN, hex);
            between = ", ";
            const char *on = cli_text(cli, " on ", " 位于 ");
            json_object_foreach(hosts, host, is)
            {
                buf_addf(&text, "%s%s", on, host);
                on = " ";
            }
        }
    }
    if (text.length)
        buf_add_text(&text, cli_text(cli,
                                     " - what people confirm on one machine is refused on another (plan_stale): install the same "
                                     "packages on all of them and restart execgov-sandboxd",
                                     "；在一台机器上确认的计划会被另一台拒绝（plan_stale）：请在所有机器上安装相同的软件包并重启 "
                                     "execgov-sandboxd"));
    return take(cli, &text);
}
