/* page.h - lists whose query answers (cursor, item as JSON) and was asked for one row more than fits. */
#ifndef API_PEOPLE_PAGE_H
#define API_PEOPLE_PAGE_H

#include "api/call.h"

struct page {
    struct call_page asked;
    const char *before; /* the cursor, NULL for the first page */
    const char *limit;  /* one more than asked for, as text */
};

/* Read ?limit= and ?cursor=; a cursor is an id, or a whole number where `numbers`. */
bool page_read(struct call *call, bool numbers, struct page *page, struct gov_err *err);

/* Answer {items, next_cursor} from column 0 (cursor) and 1 (item). */
void page_answer(struct call *call, const struct page *page, const struct db_rows *rows);
/* The same where these rows are not all there may be: `rest` is the cursor behind them, NULL for none. */
void page_answer_then(struct call *call, const struct page *page, const struct db_rows *rows, const char *rest);

/* ?name= as one of `choices` (NULL-terminated), as a UUID, as RFC 3339; *text NULL where absent. */
bool page_choice(struct call *call, const char *name, const char *const *choices, const char **text,
                 struct gov_err *err);
bool page_id(struct call *call, const char *name, const char **text, struct gov_err *err);
bool page_time(struct call *call, const char *name, const char **text, struct gov_err *err);
/* Free text of at most `bytes_max`. */
bool page_words(struct call *call, const char *name, size_t bytes_max, const char **text,
                struct gov_err *err);

/* Answer column 1 of the only row; NOT_FOUND where there is none. */
bool page_one(struct call *call, int status, const struct db_rows *rows, struct gov_err *err);

#endif
