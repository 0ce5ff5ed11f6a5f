#include "core/io/db/db_plant.h"

#ifdef EXECGOV_PLANTS

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"

/* A parameter stays named, or PostgreSQL would not know its type. */
static const struct {
    const char *bug, *statement, *from, *to;
} plants[] = {
    { "no_fence", "job_complete", "and fence = $2::integer", "and $2::integer is not null" },
    { "no_fence", "job_complete", "and token = $3::uuid", "and $3::uuid is not null" },
    { "no_token", "job_complete", "and token = $3::uuid", "and $3::uuid is not null" },
    { "no_fence", "jobs_complete", "and l.fence = w.fence", "and w.fence is not null" },
    { "no_fence", "jobs_complete", "and l.token = w.token", "and w.token is not null" },
    { "no_token", "jobs_complete", "and l.token = w.token", "and w.token is not null" },
    { "no_sweep", "job_sweep", "where w.state = 'ready'", "where w.state = 'ready' and false" },
    { "no_sweep", "job_sweep", "where n.state = 'ready'", "where n.state = 'ready' and false" },
    { "no_tenant_filter", "member_page", "where m.tenant_id = $1::uuid", "where $1::uuid is not null" },
    /* what a scheduler would write whose own clock is an hour ahead */
    { "local_clock", "worker_bury", "heartbeat_at < now() - interval '25 seconds'",
      "heartbeat_at < now() + interval '1 hour' - interval '25 seconds'" },
};

bool planted(const char *bug)
{
    const char *wanted = getenv("EXECGOV_PLANT");
    return wanted && strcmp(wanted, bug) == 0;
}

/* The first time a text is asked for; a plant that fits nowhere is a plant that rotted. */
static char *replace(const char *text, const char *from, const char *to)
{
    struct buf out = { 0 };
    const char *at = strstr(text, from);

    CHECK(at);
    buf_add(&out, text, (size_t)(at - text));
    buf_add_text(&out, to);
    buf_add_text(&out, at + strlen(from));
    return out.data;
}

const char *planted_text(const char *name, const char *text)
{
    static struct {
        const char *before;
        char *after;
    } known[sizeof plants / sizeof *plants];

    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        if (!planted(plants[i].bug) || strcmp(name, plants[i].statement) != 0)
            continue;
        if (!known[i].after || known[i].before != text) {
            known[i].after = replace(text, plants[i].from, plants[i].to);
            known[i].before = text;
        }
        text = known[i].after;
    }
    return text;
}

#else
typedef int nothing_is_planted;
#endif
