#include <stdio.h>
#include <string.h>

#include "cli/package/argparse_scan.h"
#include "cli/package/package.h"
#include "core/base/json.h"
#include "core/base/text.h"

/* Lower-case letters and digits of the folder's name, the rest dashes. */
static const char *slug_of(const char *name, struct arena *arena)
{
    char *slug = arena_alloc(arena, 64);
    size_t used = 0;

    for (; *name && used < 62; name++) {
        char c = *name;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        bool letter = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        if (letter || (digit && used > 0))
            slug[used++] = c;
        else if (used > 0 && slug[used - 1] != '-')
            slug[used++] = '-';
    }
    while (used > 0 && slug[used - 1] == '-')
        slug[--used] = '\0';
    return used ? slug : "my-skill";
}

/* The first line of README.md that is a heading, and the first that is not. */
static void words_of(const char *readme, const char **title, const char **about,
                     struct arena *arena)
{
    *title = *about = NULL;
    while (readme && *readme && !*about) {
        size_t length = strcspn(readme, "\r\n");
        bool heading = *readme == '#';
        size_t skip = heading ? strspn(readme, "# ") : 0;
        if (heading && !*title && skip < length)
            *title = arena_copy(arena, readme + skip, length - skip);
        else if (!heading && length > 0)
            *about = arena_copy(arena, readme, length < 500 ? length : 500);
        readme += length;
        readme += strspn(readme, "\r\n");
    }
    if (*about && !text_utf8_valid(*about, strlen(*about)))
        *about = NULL; /* cut inside a character */
}

json_t *package_draft(const struct package *package, struct arena *arena)
{
    const char *script = package_text(package, "main.py", arena);
    const char *title, *about;
    const char *name = slug_of(package->name, arena);

    words_of(package_text(package, "README.md", arena), &title, &about, arena);
    json_t *scan = script ? json_own(arena, argparse_scan(script)) : NULL;
    json_t *schema = json_object_get(scan, "schema");
    json_t *action = json_pack("{s:s, s:s, s:s}", "name", "run", "entry",
                               package_has(package, "main.py") ? "main.py" : "main.sh", "risk",
                               "low");
    json_object_set_new(action, "input", schema ? json_incref(schema)
                                                : json_pack("{s:s, s:{}}", "type", "object",
                                                            "properties"));
    if (scan)
        json_object_set(action, "args", json_object_get(scan, "args"));
    return json_own(arena, json_pack("{s:s, s:s, s:s*, s:[s], s:[o]}", "name", name, "title",
                                     title ? title : name, "description", about, "examples",
                                     title ? title : name, "actions", action));
}
