/* page.h - lists in pages: what was asked for, and the answer. The query is asked for one row more than fits, which
 * says whether there is another page. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include "api/call.h"

struct page {
    int64_t size;       /* how many it shows at most */
    const char *before; /* the cursor: the last row of the page before; NULL for the first page */
    const char *limit;  /* size + 1, as text */
};

enum page_cursor { PAGE_OF_IDS, PAGE_OF_NUMBERS, PAGE_OF_WORDS /* the caller looks at it */ };

/* Read ?limit= (1-200, default 50) and ?cursor=. False: INVALID_INPUT. */
bool page_read(struct call *call, enum page_cursor of, struct page *page, struct gov_err *err);
/* The cursor is of another list, or of none. Always false. */
bool page_cursor_refuse(struct gov_err *err);

/* How many of `rows` the page shows, and the next page's cursor: `column` of the last of them, NULL where no more
 * follow. For call_list. */
int page_shown(const struct page *page, const struct db_rows *rows);
const char *page_next(const struct page *page, const struct db_rows *rows, int column);

/* Answer {items, next_cursor} from rows of (cursor, item as JSON). */
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
