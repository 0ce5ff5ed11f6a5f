/* An entry as Redis holds it, from whoever can write there: it is read or not, and what was read can be written, as
 * it is when it is given back. */
#include <stdint.h>
#include <string.h>

#include "core/base/check.h"
#include "core/store/queue/job_queue_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct queue_entry entry = { 0 };
    struct arena arena;

    if (bytes > 4000)
        return 0;
    arena_init(&arena);
    const char *text = arena_copy(&arena, data, bytes);
    if (queue_entry_read(&arena, text, "py", &entry)) {
        const char *written = queue_entry_text(&arena, &entry);
        CHECK(!id_empty(&entry.job) && strstr(written, entry.job.text));
        CHECK(strncmp(written, "py ", 3) == 0 && strstr(written, entry.tenant) && strstr(written, entry.kind));
    }
    arena_release(&arena);
    return 0;
}
