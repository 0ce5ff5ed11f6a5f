/* value.c - equality through an order, so that uniqueItems is a sort and not n² comparisons. */
#include "core/model/schema/value.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"

/* 64 bits of mantissa at least: every integer jansson knows is exact. */
static long double number(const json_t *value)
{
    return json_is_integer(value) ? (long double)json_integer_value(value)
                                  : (long double)json_real_value(value);
}

int schema_number_compare(const json_t *a, const json_t *b)
{
    long double x = number(a), y = number(b);
    return x < y ? -1 : x > y;
}

bool schema_number_whole(const json_t *value)
{
    if (!json_is_real(value))
        return json_is_integer(value);
    double real = json_real_value(value);
    return isfinite(real) && real == floor(real);
}

bool schema_number_multiple(const json_t *value, const json_t *step)
{
    if (json_is_integer(value) && json_is_integer(step))
        return json_integer_value(value) % json_integer_value(step) == 0;
    double v = json_number_value(value), s = json_number_value(step);
    double quotient = v / s;

    /* Beyond 2^53 rounding would call anything a multiple. */
    if (!isfinite(quotient) || fabs(quotient) > 9007199254740992.0)
        return fmod(v, s) == 0;
    return fabs(quotient - nearbyint(quotient)) <= 4 * DBL_EPSILON * fmax(1, fabs(quotient));
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **names_sorted(const json_t *object)
{
    const char **names = calloc(json_object_size(object) + 1, sizeof *names);
    size_t count = 0;
    const char *name;
    json_t *value;

    CHECK(names);
    json_object_foreach ((json_t *)object, name, value)
        names[count++] = name;
    qsort(names, count, sizeof *names, name_compare);
    return names;
}

static int object_compare(const json_t *a, const json_t *b)
{
    size_t size = json_object_size(a);
    if (size != json_object_size(b))
        return size < json_object_size(b) ? -1 : 1;

    const char **left = names_sorted(a), **right = names_sorted(b);
    int order = 0;
    for (size_t i = 0; i < size && order == 0; i++) {
        order = strcmp(left[i], right[i]);
        if (order == 0)
            order = schema_value_compare(json_object_get(a, left[i]), json_object_get(b, left[i]));
    }
    free(left);
    free(right);
    return order;
}

static int array_compare(const json_t *a, const json_t *b)
{
    size_t size = json_array_size(a);
    int order = 0;
    if (size != json_array_size(b))
        return size < json_array_size(b) ? -1 : 1;
    for (size_t i = 0; i < size && order == 0; i++)
        order = schema_value_compare(json_array_get(a, i), json_array_get(b, i));
    return order;
}

static int text_compare(const json_t *a, const json_t *b)
{
    size_t left = json_string_length(a), right = json_string_length(b);
    if (left != right)
        return left < right ? -1 : 1;
    return memcmp(json_string_value(a), json_string_value(b), left);
}

static int kind(const json_t *value)
{
    return json_is_real(value) ? JSON_INTEGER : (int)json_typeof(value);
}

int schema_value_compare(const json_t *a, const json_t *b)
{
    if (a == b)
        return 0;
    if (kind(a) != kind(b))
        return kind(a) < kind(b) ? -1 : 1;
    switch (json_typeof(a)) {
    case JSON_OBJECT:
        return object_compare(a, b);
    case JSON_ARRAY:
        return array_compare(a, b);
    case JSON_STRING:
        return text_compare(a, b);
    case JSON_INTEGER:
    case JSON_REAL:
        return schema_number_compare(a, b);
    default:
        return 0; /* true, false, null: the kind is the value */
    }
}

static int slot_compare(const void *a, const void *b)
{
    return schema_value_compare(*(const json_t *const *)a, *(const json_t *const *)b);
}

bool schema_array_unique(const json_t *array)
{
    size_t count = json_array_size(array);
    const json_t **sorted = calloc(count + 1, sizeof *sorted);
    bool unique = true;

    CHECK(sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(array, i);
    qsort(sorted, count, sizeof *sorted, slot_compare);
    for (size_t i = 1; i < count && unique; i++)
        unique = schema_value_compare(sorted[i - 1], sorted[i]) != 0;
    free(sorted);
    return unique;
}

size_t schema_text_length(const json_t *text)
{
    const char *bytes = json_string_value(text);
    size_t length = 0;
    for (size_t i = 0; i < json_string_length(text); i++)
        length += (bytes[i] & 0xc0) != 0x80;
    return length;
}
