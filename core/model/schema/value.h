/* value.h - JSON values as JSON Schema compares them: 1 and 1.0 are one number, members have no
 * order. */
#ifndef CORE_MODEL_SCHEMA_VALUE_H
#define CORE_MODEL_SCHEMA_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A total order over all values; 0 means equal. */
int schema_value_compare(const json_t *a, const json_t *b);
/* Of two numbers, exact also where a double cannot hold the integer. */
int schema_number_compare(const json_t *a, const json_t *b);
/* Is `value` a multiple of `step` (> 0)? Fractions are taken as written: 19.99 is one of 0.01. */
bool schema_number_multiple(const json_t *value, const json_t *step);
/* An integer, or a real without a fraction. */
bool schema_number_whole(const json_t *value);
bool schema_array_unique(const json_t *array);
/* Code points of a string. */
size_t schema_text_length(const json_t *text);

#endif
