/* word.h - the words of an enum: a table indexed by the value, "" for one that has no word. */
#ifndef CORE_MODEL_WORD_H
#define CORE_MODEL_WORD_H

#include <stdbool.h>
#include <stddef.h>

/* The index of `text` among `count` words; false if it is none of them (NULL and "" never are). */
bool word_find(const char *const *words, size_t count, const char *text, int *value);

/* The word of `value`; a value outside the table is a bug. */
const char *word_of(const char *const *words, size_t count, int value);

#endif
