/* skill_near.c - only what GET /v1/skills lists is named: published, and the caller's to run. The server does not do it: it would have to
 * load and judge every skill for each refusal, and whoever is no person at a keyboard has no use for it. */
#include "cli/command/run/skill_near.h"

#include <string.h>

#include "cli/args.h"
#include "cli/net/remote.h"
#include "core/base/json.h"

enum { LOOKED_AT_MAX = 1000, NAMED_MAX = 3 };

/* The nearest of `names`, the best first, with commas; NULL: none is near. Takes them out of the list. */
static const char *nearest_of(struct arena *arena, const char *skill, const char **names, size_t count)
{
    const char *said = NULL, *one;

    for (int named = 0; named < NAMED_MAX && (one = args_nearest(skill, names, count)); named++) {
        said = said ? arena_format(arena, "%s, %s", said, one) : one;
        for (size_t i = 0; i < count; i++)
            if (names[i] == one)
                names[i] = names[--count];
    }
    return said;
}

bool skill_near(struct cli *cli, const char *skill, struct gov_err *err)
{
    json_t *items, *problem = cli->problem;
    struct gov_err unasked;
    size_t count = 0, i;
    const json_t *one;

    if (err->code != GOV_NOT_FOUND || cli->json)
        return false;
    bool listed = remote_list(cli, "/v1/skills?limit=200", LOOKED_AT_MAX, &items, NULL, &unasked);
    cli->problem = problem;
    if (!listed)
        return false;
    const char **names = ARENA_ARRAY(&cli->arena, const char *, json_array_size(items) + 1);
    json_array_foreach(items, i, one)
    {
        const char *name = json_get_text(one, "name");
        if (name && strcmp(name, skill) == 0)
            return false; /* something else of it is not there */
        if (name)
            names[count++] = name;
    }
    const char *near = nearest_of(&cli->arena, skill, names, count);
    if (near && problem) /* whose only fault is the sentence that the name is added to */
        json_object_set_new(problem, "errors", json_array());
    if (near)
        gov_fail(err, GOV_NOT_FOUND, "%s (%s ?)", "%s (%s ?)", arena_text(&cli->arena, gov_err_detail(err, cli->language)), near);
    return false;
}
