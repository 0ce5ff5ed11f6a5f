/* schedule.c - schedules of the tenant. */
#include "cli/command/schedule.h"

#include <string.h>

#include "cli/net/remote.h"
#include "core/base/id.h"
#include "core/base/json.h"

bool schedule_id(struct cli *cli, const char *word, const char **id, struct gov_err *err)
{
    struct id parsed;
    json_t *items;
    const json_t *one;
    size_t i;

    *id = word;
    if (id_parse(word, &parsed))
        return true;
    if (!remote_list(cli, "/v1/schedules", 0, &items, NULL, err))
        return false;
    json_array_foreach (items, i, one) {
        *id = json_get_text(one, "id");
        if (strcmp(json_get_text(one, "name"), word) == 0)
            return true;
    }
    return gov_fail(err, GOV_NOT_FOUND, "there is no schedule \"%s\"; see execgov schedule ls",
                    "没有计划“%s”；请查看 execgov schedule ls", word);
}
