#include "core/model/fault.h"

#include <stdarg.h>
#include <stdio.h>

void fault_add(struct fault_list *faults, const char *path, const char *code, const char *en,
               const char *zh, ...)
{
    va_list args;

    if (faults->count == GOV_ERR_ITEMS_MAX) {
        faults->dropped++;
        return;
    }
    if (!faults->items)
        faults->items = ARENA_ARRAY(faults->arena, struct gov_err_item, GOV_ERR_ITEMS_MAX);
    struct gov_err_item *item = &faults->items[faults->count++];
    item->path = arena_text(faults->arena, path);
    item->code = code;
    va_start(args, zh);
    item->message.en = arena_vformat(faults->arena, en, args);
    va_end(args);
    va_start(args, zh);
    item->message.zh = arena_vformat(faults->arena, zh, args);
    va_end(args);
}

bool fault_report(const struct fault_list *faults, enum gov_code code, struct gov_err *err)
{
    if (faults->count == 0)
        return true;
    const struct gov_err_item *first = &faults->items[0];
    size_t others = faults->count + faults->dropped - 1;
    const char *gap = *first->path ? " " : "";

    if (others)
        gov_fail_at(err, code, first->path, first->code, "%s%s%s (and %zu more)",
                    "%s%s%s（另有 %zu 处）", first->path, gap, first->message.en, others);
    else
        gov_fail_at(err, code, first->path, first->code, "%s%s%s", "%s%s%s", first->path, gap,
                    first->message.en);
    /* The arguments differ by language, which gov_fail_at does not know. */
    if (others)
        snprintf(err->zh, sizeof err->zh, "%s%s%s（另有 %zu 处）", first->path, gap,
                 first->message.zh, others);
    else
        snprintf(err->zh, sizeof err->zh, "%s%s%s", first->path, gap, first->message.zh);
    err->items = faults->items;
    err->item_count = faults->count;
    return false;
}
