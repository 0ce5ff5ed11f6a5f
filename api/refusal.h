/* refusal.h - the words for what functions of the database refuse: they raise "code: text", this says it in both languages
 * and what to do. How to add one: a row in refusal.def. */
#ifndef API_REFUSAL_H
#define API_REFUSAL_H

#include "core/io/db/db_refused.h"

/* For rows of refusal.def: what public.gov_must was called with, by one function, or by any. */
#define GIVEN_UP_BY(code, function) code ": " DB_GIVEN_UP " by " function "()"
#define GIVEN_UP(code)              code ": " DB_GIVEN_UP

/* Only where the code alone would be told, and its text is known. */
void refusal_explain(struct gov_err *err);

#endif
