/* What a worker may send to sandboxd: a START is refused or taken apart into texts that lie inside it;
 * a PREPARE likewise. The first byte says how many descriptors came along, the rest is the message,
 * zeroes where it is short. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "worker/sandbox/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* NUL-terminated inside the message. */
static size_t inside(const struct wire_start *m, const char *text)
{
    CHECK(text >= m->text && text < m->text + m->text_bytes);
    const char *end = memchr(text, 0, (size_t)(m->text + m->text_bytes - text));
    CHECK(end);
    return (size_t)(end - text);
}

/* Could it name anything above the folder it is looked up in? A name like "a..b" is just a name. */
static bool climbs(const char *path)
{
    for (const char *part = path;; part++) {
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            return true;
        part += n;
        if (!*part)
            return false;
    }
}

static void start_decode(const uint8_t *data, size_t bytes)
{
    struct wire_start *m = calloc(1, sizeof *m);
    struct wire_job job;
    struct gov_err err = { 0 };

    CHECK(m);
    memcpy(m, data + 1, bytes - 1 < sizeof *m ? bytes - 1 : sizeof *m);
    if (wire_start_decode(m, data[0], &job, &err)) {
        CHECK(data[0] == m->file_count + 1 + m->broker);
        CHECK(inside(m, job.entry) > 0 && !climbs(job.entry));
        CHECK(inside(m, job.scope) < SANDBOX_SCOPE_BYTES && !strpbrk(job.scope, "/. "));
        CHECK(inside(m, job.timezone) > 0 && !strstr(job.timezone, ".."));
        CHECK(text_slug_valid(job.runtime));
        for (uint32_t i = 0; i < m->arg_count; i++)
            inside(m, job.args[i]);
        for (uint32_t i = 0; i < m->file_count; i++)
            CHECK(inside(m, job.files[i].name) > 0 && !strchr(job.files[i].name, '/'));
        for (uint32_t i = 0; i < m->collect_count; i++)
            CHECK(inside(m, job.collect[i]) <= 200);
        CHECK(!job.args[m->arg_count] && !job.collect[m->collect_count]);
        CHECK(sandbox_limits_check(&m->limits, &err));
    } else {
        CHECK(err.code == GOV_INVALID_INPUT);
    }
    free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct wire_prepare prepare = { 0 };

    if (bytes < 1)
        return 0;
    start_decode(data, bytes);
    memcpy(&prepare, data + 1, bytes - 1 < sizeof prepare ? bytes - 1 : sizeof prepare);
    if (wire_prepare_valid(&prepare))
        CHECK(prepare.scope[0] && strlen(prepare.scope) < sizeof prepare.scope &&
              !strchr(prepare.runtime, '/'));
    return 0;
}
