#include "lifecycle/scan_asked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/io/db/dbsync.h"
#include "core/store/scan/preview.h"
#include "core/store/scan/scan.h"
#include "sql_queries.h"

const char *scan_tz_version(char *text, size_t bytes)
{
    FILE *file = fopen("/usr/share/zoneinfo/tzdata.zi", "re");
    char line[64] = "";

    if (file && fgets(line, sizeof line, file))
        line[strcspn(line, "\n")] = '\0';
    if (file)
        fclose(file);
    snprintf(text, bytes, "%s", strncmp(line, "# version ", 10) == 0 ? line + 10 : "");
    return text;
}

static PGresult *ask(struct arena *arena, PGconn *conn, enum sql_queries query, int count, const char *const *params,
                     struct gov_err *err)
{
    return dbsync_query(arena, conn, sql_queries[query].text, count, params, err);
}

static bool carry_out(PGconn *conn, const PGresult *asked, const bool *stop, struct arena *arena, struct gov_err *err)
{
    const char *digest = PQgetisnull(asked, 0, 2) ? NULL : PQgetvalue(asked, 0, 2);
    struct scan_options options = { .as_of_us = strtoll(PQgetvalue(asked, 0, 1), NULL, 10),
                                    .run = PQgetvalue(asked, 0, 0),
                                    .release_brake = PQgetvalue(asked, 0, 3)[0] == 't',
                                    .accept_gap = PQgetvalue(asked, 0, 4)[0] == 't',
                                    .stop = stop };
    struct preview_options look = { .as_of_us = options.as_of_us };
    struct preview preview;
    struct scan_report report = { .state = SCAN_REFUSED };
    char tz[64];

    /* What is left of one that was begun is not what was previewed, and was looked at then. */
    if (PQgetvalue(asked, 0, 5)[0] == 't')
        digest = NULL;
    if (digest && !preview_run(conn, &look, &preview, err))
        return false;
    if (digest && strcmp(digest, preview.digest) != 0)
        report.problem = "what a scan would do has changed since the preview; look again";
    else if (!scan_run(conn, &options, &report, err))
        return false;
    if (report.state == SCAN_STOPPED)
        report.problem = "stopped half way, because the daemon was asked to end; execgov-lifecycle goes on with it when it runs again";
    const char *params[] = { PQgetvalue(asked, 0, 0), report.state == SCAN_STOPPED ? "requested" : scan_state_name(report.state),
                             scan_counts_json(&report.counts, arena), report.problem, scan_tz_version(tz, sizeof tz) };
    return ask(arena, conn, SQL_QUERIES_SCAN_RUN_END, 5, params, err) != NULL;
}

bool scan_asked_carry_out(PGconn *conn, const bool *stop, bool *carried, struct gov_err *err)
{
    struct arena arena;
    bool good;

    arena_init(&arena);
    PGresult *asked = ask(&arena, conn, SQL_QUERIES_SCAN_RUN_TAKE, 0, NULL, err);
    *carried = asked && PQntuples(asked) > 0;
    good = asked && (!*carried || carry_out(conn, asked, stop, &arena, err));
    arena_release(&arena);
    return good;
}
