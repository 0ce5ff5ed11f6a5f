/* fault.h - a list of what is wrong with one document, each fault with its place, in both
 * languages.
 *
 *     struct fault_list faults = { .arena = arena };
 *     fault_add(&faults, path, "maximum", "must be %d at most", "不得大于 %d", limit);
 *     ...
 *     return fault_report(&faults, GOV_INVALID_INPUT, err);
 *
 * The first GOV_ERR_ITEMS_MAX faults are kept, the others counted.
 */
#ifndef CORE_MODEL_FAULT_H
#define CORE_MODEL_FAULT_H

#include "core/base/arena.h"
#include "core/base/err.h"

struct fault_list {
    struct arena *arena;        /* texts and items live here */
    struct gov_err_item *items; /* NULL until the first fault */
    size_t count;               /* kept, at most GOV_ERR_ITEMS_MAX */
    size_t dropped;             /* found beyond those */
};

/* Are all places taken? Then one more fault is counted as dropped; lets a caller skip making
 * texts. */
bool fault_full(struct fault_list *faults);

/* At most `most` bytes of `text`, cut between characters, "…" behind if something is missing. For
 * words from outside in a message: "%.60s" would cut a Chinese one in half. */
const char *fault_excerpt(struct arena *arena, const char *text, size_t most);

/* `path` is copied; `code` is kept as it is (a literal). The arguments serve both texts. */
void fault_add(struct fault_list *faults, const char *path, const char *code, const char *en,
               const char *zh, ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));

/* The same for texts that differ in more than words; they are kept as they are. */
void fault_add_text(struct fault_list *faults, const char *path, const char *code,
                    struct gov_text message);

/* True if there is no fault. Otherwise `err` gets `code`, the first fault as its detail, and all
 * kept faults as items. */
bool fault_report(const struct fault_list *faults, enum gov_code code, struct gov_err *err);

#endif
