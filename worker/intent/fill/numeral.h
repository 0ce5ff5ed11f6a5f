/* numeral.h - numbers as people write them: "1,200.50", "3 million", "twenty-five", "1.2万",
 * "三千五百". */
#ifndef WORKER_INTENT_FILL_NUMERAL_H
#define WORKER_INTENT_FILL_NUMERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/intent/fill/phrase.h"

enum numeral_form { NUMERAL_DIGITS, NUMERAL_ENGLISH, NUMERAL_CHINESE };

struct numeral {
    double value;
    size_t start, end;
    enum numeral_form form;
    bool whole;   /* no decimal point was written and the value is an integer */
    bool ordinal; /* "3rd", "third", "第三" */
    bool kilo;    /* a "K" behind it made it thousands; it may have meant kelvin */
    bool single;  /* one word or character like "one" or "一", that may be no number at all */
};

/* Read the numeral at `at`, with its multiplier; false if there is none. A sign counts when no
 * letter or digit stands before it. */
bool numeral_read(const struct phrase *phrase, size_t at, struct numeral *numeral);

#endif
