/* submit.h - what run, plan, ask and try share: hand in, stay as long as was asked for, tell the end. */
#ifndef CLI_COMMAND_RUN_SUBMIT_H
#define CLI_COMMAND_RUN_SUBMIT_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/args.h"
#include "cli/cli.h"

/* POST `body`; --idempotency-key is taken. */
bool submit_post(struct cli *cli, const struct args *args, const char *path, const json_t *body,
                 int wait_s, const json_t **thing, struct gov_err *err);

/* `thing` is a request or a run that `collection` ("/v1/requests", "/v1/runs") answered. With
 * --follow its events are shown until the end, with --wait (or `wait`) it is waited for; then it is
 * printed, --out DIR fetches its files, and cli->exit_code is set. */
bool submit_see_through(struct cli *cli, const struct args *args, const char *collection,
                        const json_t *thing, bool wait, struct gov_err *err);

/* Its two halves: stay with it (--follow, --wait or `wait`), and tell the end. */
bool submit_stay(struct cli *cli, const struct args *args, const char *collection,
                 const json_t **thing, bool wait, struct gov_err *err);
bool submit_finish(struct cli *cli, const struct args *args, const json_t *thing, bool waited,
                   struct gov_err *err);

/* Print a request or run and set cli->exit_code by how it ended. */
void submit_tell(struct cli *cli, const json_t *thing, bool waited);

/* "sales-report/run" or "sales-report" with --action: the skill's name and the action's or NULL. */
void submit_names(struct cli *cli, const struct args *args, const char *word, const char **skill,
                  const char **action);

/* GET the skill and find the action; `schema` is its input's. */
bool submit_schema(struct cli *cli, const char *skill, const char *action, const json_t **schema,
                   struct gov_err *err);

#endif
