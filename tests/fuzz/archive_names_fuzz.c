/* Names from archives, one a line: whatever is taken stays below the package's folder, is UTF-8 that a
 * person can see, and normalises to itself; two that would be one file on another system are found. */
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"
#include "worker/sandbox/unpack/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void part_check(const char *part, size_t n)
{
    char name[NAME_PATH_BYTES];

    CHECK(n > 0 && n < sizeof name);
    memcpy(name, part, n);
    name[n] = 0;
    CHECK(strcmp(name, "..") != 0 && strcmp(name, ".") != 0 && text_file_name_valid(name, NULL));
}

static void taken_check(const struct name *name, iconv_t gb18030)
{
    struct name again;
    int depth = 0;

    for (const char *part = name->path;; part++) {
        size_t n = strcspn(part, "/");
        part_check(part, n);
        CHECK(++depth <= NAME_DEPTH_MAX + 1);
        part += n;
        if (!*part)
            break;
    }
    CHECK(!strchr(name->path, '\\'));
    CHECK(name_normalise(name->path, gb18030, &again) == NAME_TAKE);
    CHECK(strcmp(again.path, name->path) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static iconv_t gb18030;
    struct arena arena;
    char *text = malloc(bytes + 1), *line, *rest = text;

    if (!gb18030)
        gb18030 = iconv_open("UTF-8", "GB18030");
    CHECK(text);
    memcpy(text, data, bytes);
    text[bytes] = 0;
    arena_init(&arena);
    struct name_set set = { .arena = &arena };
    for (int i = 0; i < 200 && (line = strsep(&rest, "\n")); i++) {
        struct name name;
        enum name_verdict verdict = name_normalise(line, gb18030, &name);
        CHECK(memchr(name.path, 0, sizeof name.path) && text_utf8_valid(name.path, strlen(name.path)));
        if (verdict != NAME_TAKE)
            continue;
        taken_check(&name, gb18030);
        name_set_add(&set, name.path);
        CHECK(name_set_add(&set, name.path) != NAME_NEW);
    }
    arena_release(&arena);
    free(text);
    return 0;
}
