/* money_show.h - orders, payments, subscriptions and their kin for people: lists as tables, one as lines. */
#ifndef CLI_COMMAND_MONEY_MONEY_SHOW_H
#define CLI_COMMAND_MONEY_MONEY_SHOW_H

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/out/show.h"
#include "core/base/err.h"

/* A column of a list: a member of each item, or "member/of it"; money is shown as "299.00 CNY", "…_minor"
 * as "299.00", of the item's currency. */
struct money_column {
    const char *member;
    struct gov_text heading;
};

/* "299.00 CNY", "active", "3", "2026-11-27 14:12:28", "one, two"; "-" for null. Text lives in the cli's arena. */
const char *money_cell(struct cli *cli, const json_t *value);
/* The same of a member of an object, or "member/of it"; codes in the person's language. */
const char *money_member(struct cli *cli, const json_t *item, const char *path);
/* Fetch a list and show it. `columns` ends with a NULL member. */
bool money_list(struct cli *cli, const char *path, const struct money_column *columns, struct gov_err *err);
/* The same of items that are there already. */
void money_table(struct cli *cli, const json_t *items, const struct money_column *columns);
/* Every plain member of an object, one a line. */
void money_one(struct cli *cli, const json_t *object);
/* Fetch one and show it. */
bool money_get(struct cli *cli, const char *path, struct gov_err *err);
/* Post, then show the answer, or what has to be approved first. `body` is consumed; NULL: {}. */
bool money_post(struct cli *cli, const char *path, json_t *body, struct gov_err *err);
/* Put, then show the answer. `body` is consumed. */
bool money_put(struct cli *cli, const char *path, json_t *body, struct gov_err *err);

/* --evidence as the API wants it; NULL without it. A file's name is the mistake that is made. */
bool money_evidence(const struct args *args, const char **sha256, struct gov_err *err);

#endif
