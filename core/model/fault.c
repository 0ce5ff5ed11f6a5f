#include "core/model/fault.h"

#include <stdarg.h>
#include <string.h>

#include "core/base/text.h"

bool fault_full(struct fault_list *faults)
{
    if (faults->count < GOV_ERR_ITEMS_MAX)
        return false;
    faults->dropped++;
    return true;
}

void fault_add_text(struct fault_list *faults, const char *path, const char *code,
                    struct gov_text message)
{
    if (fault_full(faults))
        return;
    if (!faults->items)
        faults->items = ARENA_ARRAY(faults->arena, struct gov_err_item, GOV_ERR_ITEMS_MAX);
    faults->items[faults->count++] =
        (struct gov_err_item){ arena_text(faults->arena, path), code, message };
}

void fault_add(struct fault_list *faults, const char *path, const char *code, const char *en,
               const char *zh, ...)
{
    struct gov_text message;
    va_list args;

    if (fault_full(faults))
        return;
    va_start(args, zh);
    message.en = arena_vformat(faults->arena, en, args);
    va_end(args);
    va_start(args, zh);
    message.zh = arena_vformat(faults->arena, zh, args);
    va_end(args);
    fault_add_text(faults, path, code, message);
}

const char *fault_excerpt(struct arena *arena, const char *text, size_t most)
{
    size_t bytes = strlen(text), cut = text_utf8_cut(text, bytes, most);
    return arena_format(arena, "%.*s%s", (int)cut, text, cut < bytes ? "…" : "");
}

bool fault_report(const struct fault_list *faults, enum gov_code code, struct gov_err *err)
{
    if (faults->count == 0)
        return true;
    const struct gov_err_item *first = &faults->items[0];
    size_t others = faults->count + faults->dropped - 1;
    const char *gap = *first->path ? " " : "";
    const char *en = arena_format(faults->arena, "%s%s%s", first->path, gap, first->message.en);
    const char *zh = arena_format(faults->arena, "%s%s%s", first->path, gap, first->message.zh);

    if (others) {
        en = arena_format(faults->arena, "%s (and %zu more)", en, others);
        zh = arena_format(faults->arena, "%s（另有 %zu 处）", zh, others);
    }
    gov_fail_at(err, code, first->path, first->code, "%s", "%s", en);
    /* The argument differs by language, which gov_fail_at does not know. */
    size_t bytes = text_utf8_cut(zh, strlen(zh), sizeof err->zh - 1);
    memcpy(err->zh, zh, bytes);
    err->zh[bytes] = 0;
    err->items = faults->items;
    err->item_count = faults->count;
    return false;
}
