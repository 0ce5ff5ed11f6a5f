/* list.h - doubly linked, the links inside the members. A head that points to itself is empty. */
#ifndef CORE_BASE_LIST_H
#define CORE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *previous;
};

#define LIST_ITEM(link, type, member) ((type *)((char *)(link) - offsetof(type, member)))

static inline void list_init(struct list *list)
{
    list->next = list->previous = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_append(struct list *list, struct list *item)
{
    item->previous = list->previous;
    item->next = list;
    list->previous->next = item;
    list->previous = item;
}

/* Safe for an item that is in no list, if it was initialised or removed before. */
static inline void list_remove(struct list *item)
{
    item->previous->next = item->next;
    item->next->previous = item->previous;
    list_init(item);
}

/* NULL if empty. */
static inline struct list *list_first(const struct list *list)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not see that an item that was freed is out of the list */
    return list_empty(list) ? NULL : list->next;
}

#endif
