/* stem.h - words that differ only in ending become one: reports, reporting, reported -> report.
 *
 * Lighter than Porter's on purpose: only inflection is removed, never derivation, because
 * "delivery" and "deliver" may be different skills. A stem need not be a word; it must only be the
 * same for the forms of one.
 */
#ifndef WORKER_INTENT_RECOGNISER_STEM_H
#define WORKER_INTENT_RECOGNISER_STEM_H

#include <stddef.h>
#include <stdint.h>

/* Shorten a folded word in place; returns its new length. Words that are not plain ASCII letters
 * stay as they are. */
size_t stem_word(uint32_t *word, size_t length);

#endif
