#include "worker/run/run_artifact.h"

#include <string.h>
#include <unistd.h>

#include "core/model/media_type.h"

enum { ARTIFACTS_MAX = 64, ARTIFACT_BYTES_MAX = 512 * 1024 * 1024, NAME_BYTES_MAX = 200, NUMBER_BYTES = 10 };

/* At most `most` bytes of a name, from a character on with which a name may begin. The end stays: it says the most, and
 * the type. A path may be longer than a name (text_file_name_valid), each part of it may not. */
static const char *end_of(const char *name, size_t most)
{
    size_t bytes = strlen(name);

    if (bytes <= most)
        return name;
    name += bytes - most;
    while ((*name & 0xc0) == 0x80 || *name == '-' || *name == '.' || *name == ' ')
        name++;
    return name;
}

/* "out/a/b.csv" -> "a-b.csv"; "2-a-b.csv" if that is taken. */
static const char *name_of(const struct run_artifacts *a, const char *path, struct arena *arena)
{
    char *flat = arena_text(arena, strncmp(path, "out/", 4) == 0 ? path + 4 : path);

    for (char *c = flat; *c; c++)
        if (*c == '/')
            *c = '-';
    const char *name = end_of(flat, NAME_BYTES_MAX);
    for (size_t n = 2, i = 0; i < a->count; i++)
        if (strcmp(a->items[i].name, name) == 0) {
            name = arena_format(arena, "%zu-%s", n++, end_of(flat, NAME_BYTES_MAX - NUMBER_BYTES));
            i = (size_t)-1;
        }
    return name;
}

void run_artifacts_take(struct run_artifacts *a, struct sandbox_report *report, struct arena *arena)
{
    size_t count = report->artifact_count < ARTIFACTS_MAX ? report->artifact_count : ARTIFACTS_MAX;

    a->items = ARENA_ARRAY(arena, struct run_artifact, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct run_artifact *one = &a->items[a->count];
        one->id = id_new();
        one->name = name_of(a, report->artifacts[i].name, arena);
        one->fd = report->artifacts[i].fd;
        report->artifacts[i].fd = -1;
        a->count++;
    }
}

void run_artifacts_close(struct run_artifacts *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->items[i].fd >= 0)
            close(a->items[i].fd);
}

void run_artifacts_store(struct op *op, struct file_store *files, struct run_artifacts *a)
{
    for (size_t i = 0; i < a->count; i++)
        file_store_copy(op, files, &a->items[i].id, a->items[i].fd, ARTIFACT_BYTES_MAX,
                        &a->items[i].stored);
}

void run_artifacts_add(const struct run_artifacts *a, struct work *work, struct db_group *group)
{
    struct arena *arena = &work->op.arena;

    for (size_t i = 0; i < a->count; i++) {
        const struct run_artifact *one = &a->items[i];
        DB_GROUP_ADD(group, SQL_QUERIES_FILE_INSERT, NULL, one->id.text, "artifact", one->name,
                     arena_format(arena, "%lld", (long long)one->stored.bytes), one->stored.sha256,
                     media_type_of_name(one->name), work->job.id.text, work->job.created_by.text);
    }
}
