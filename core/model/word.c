#include "core/model/word.h"

#include <string.h>

#include "core/base/check.h"

bool word_find(const char *const *words, size_t count, const char *text, int *value)
{
    if (!text || !*text)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *value = (int)i;
            return true;
        }
    }
    return false;
}

const char *word_of(const char *const *words, size_t count, int value)
{
    CHECK(value >= 0 && (size_t)value < count);
    return words[value];
}
