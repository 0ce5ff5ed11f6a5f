/* show.h - requests, plans and runs for people, and what their end means for the exit code. */
#ifndef CLI_OUT_SHOW_H
#define CLI_OUT_SHOW_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/cli.h"
#include "cli/out/table.h"

void show_request_card(const struct cli *cli, const json_t *request);
void show_plan_card(const struct cli *cli, const json_t *plan);
void show_run_card(const struct cli *cli, const json_t *run);

/* One aligned line: "  label  value". NULL and "" values are left out. */
void show_line(const struct cli *cli, const char *en, const char *zh, const char *value);
/* A table on stdout. */
void show_table(const struct cli *cli, const struct table *table);

/* The state in the person's language. */
const char *show_state(const struct cli *cli, const char *state);
/* "2026-11-21 11:08:15" in the zone of this machine; "-" for NULL. */
const char *show_local_time(struct cli *cli, const char *rfc3339);
/* "12.3 MB"; returns `text`. */
enum { SHOW_SIZE_BYTES = 24 };
const char *show_size(long long bytes, char text[SHOW_SIZE_BYTES]);

/* Will it change any more by itself? `planned` is an end, waiting for a person is not. */
bool show_state_ended(const char *state);
/* Does it wait for a person: needs_answer, awaiting_confirmation? */
bool show_state_waits(const char *state);
/* 0 succeeded, planned and everything that goes on; 1 failed, cancelled, abstained; 2 needs_answer;
 * 4 rejected, expired. A failure's own code may say otherwise (see err_codes.def). */
int show_exit_code(const json_t *thing);

#endif
