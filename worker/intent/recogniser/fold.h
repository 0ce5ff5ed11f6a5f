/* fold.h - text as rules and features see it: folded code points that know where they came from.
 *
 * Folding makes "ＡＢＣ", "Abc" and "abc" one: full-width forms become ASCII, the ideographic space
 * a space, upper case lower case (Latin, Greek, Cyrillic; by table, never by locale), typographic
 * quotes and dashes stay what they are. Hidden characters (bidi and zero-width controls) are
 * dropped, so that they cannot split a word. One code point in gives at most one out.
 */
#ifndef WORKER_INTENT_RECOGNISER_FOLD_H
#define WORKER_INTENT_RECOGNISER_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t fold_code_point(uint32_t c);

/* Fold `bytes` of UTF-8 into at most `max` code points; a malformed byte becomes a space. Returns
 * how many. */
size_t fold_text(const char *text, size_t bytes, uint32_t *out, size_t max);

/* Written without spaces between words: Han, Kana, Hangul. */
bool fold_is_cjk(uint32_t c);
/* A letter of a script with spaces. Everything unknown above U+00BF that is no punctuation counts.
 */
bool fold_is_letter(uint32_t c);
bool fold_is_digit(uint32_t c);
bool fold_is_space(uint32_t c);

#endif
