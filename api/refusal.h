/* refusal.h - the words for what functions of the database refuse: they raise "code: text", this says it in both languages
 * and what to do. How to add one: a row in refusal.def. */
#ifndef API_REFUSAL_H
#define API_REFUSAL_H

#include "core/base/err.h"

/* Only where the code alone would be told, and its text is known. */
void refusal_explain(struct gov_err *err);

#endif
