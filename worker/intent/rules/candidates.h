/* candidates.h - what of a text could be the value of a free string, and for which parameter. */
#ifndef WORKER_INTENT_RULES_CANDIDATES_H
#define WORKER_INTENT_RULES_CANDIDATES_H

#include "worker/intent/rules/rules.h"

enum { CANDIDATES_FOUND_MAX = 48 };

enum candidate_form { FORM_NAME, FORM_CODE, FORM_PHRASE, FORM_EXAMPLE, FORM_BESIDE };

struct candidate {
    struct span span;
    enum candidate_form form;
    const char *preposition;      /* before it; "" if none */
    const struct parameter *only; /* of an example or a name beside: for this parameter */
};

struct candidates {
    struct candidate items[CANDIDATES_FOUND_MAX];
    size_t count;
};

/* Quoted words of the parameter's description that the text repeats, and in Chinese what follows
 * its name: for this parameter only. */
void candidates_for(struct fill_context *c, const struct parameter *p, struct candidates *found);
/* Capitalised words, codes, and what follows a preposition: for any parameter. */
void candidates_of(const struct phrase *p, struct candidates *found);
/* Is the token one of these words? */
bool candidates_listed(const struct phrase *p, const struct token *t, const char *const *list,
                       size_t n);

/* How well the candidate suits the parameter; 0: not at all. */
float candidate_score(const struct fill_context *c, const struct parameter *p,
                      const struct candidate *k);
/* Two names with a comma in one span: "London, United Kingdom". */
bool candidate_is_pair(const struct phrase *p, struct span span);

#endif
