/* text.h - small rules about text that several places must agree on. */
#ifndef CORE_BASE_TEXT_H
#define CORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode one code point; returns its bytes, 0 if `text` is not valid UTF-8 there. */
size_t text_utf8_decode(const char *text, size_t bytes, uint32_t *code_point);
bool text_utf8_valid(const char *text, size_t bytes);

/* How many of the first `most` bytes end with a whole character: where to cut UTF-8. */
size_t text_utf8_cut(const char *text, size_t bytes, size_t most);

/* Characters that a person cannot see or that reorder what he sees: C0/C1 controls, bidi controls,
 * zero-width characters, BOM. */
bool text_code_point_hidden(uint32_t code_point);

/* May this be a file's name? NFC is not checked here. 1-200 bytes of UTF-8, no '/' or '\\', no hidden
 * characters, no leading dot or dash. `why` (may be NULL) gets a stable word: empty, too_long,
 * not_utf8, slash, hidden_character, leading_dot, leading_dash. */
bool text_file_name_valid(const char *name, const char **why);

/* Names of skills, actions, lanes: ^[a-z][a-z0-9_-]{0,62}$ */
bool text_slug_valid(const char *slug);

/* Whole decimal number within bounds; false otherwise. */
bool text_parse_i64(const char *text, int64_t min, int64_t max, int64_t *value);

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
bool text_equal_ignoring_case(const char *a, const char *b); /* ASCII */

/* FNV-1a, for tables in memory: text_hash(TEXT_HASH, "one"), and with its result as `hash` a longer key. */
#define TEXT_HASH 14695981039346656037u
uint64_t text_hash(uint64_t hash, const char *text);

#endif
