/* fault.h - a list of what is wrong with one document, each fault with its place, in both languages.
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

/* `path` is copied; `code` is kept as it is (a literal). The arguments serve both texts. */
void fault_add(struct fault_list *faults, const char *path, const char *code, const char *en,
               const char *zh, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));

/* True if there is no fault. Otherwise `err` gets `code`, the first fault as its detail, and all
 * kept faults as items. */
bool fault_report(const struct fault_list *faults, enum gov_code code, struct gov_err *err);

#endif
