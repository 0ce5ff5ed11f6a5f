/* pattern.c - PCRE2 set to read ECMA-262 patterns.
 *
 * PCRE2's match limit bounds one match. What has to be bounded is a whole validation, where a list
 * of 10,000 texts may each come near the limit. So patterns are compiled with automatic callouts,
 * and each item that is tried takes a step from the validation's budget; an item may scan the
 * whole text, so long texts make dearer steps. The limits stay as a second fence.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/model/schema/pattern.h"

#include <pcre2.h>
#include <stdio.h>

#include "core/base/check.h"
#include "core/model/schema/schema.h"

enum { MATCH_LIMIT = 1000000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KB = 4096, NEST_LIMIT = 50 };

struct meter {
    int64_t *steps;
    int64_t price; /* of one item */
};

static void code_free(void *code)
{
    pcre2_code_free(code);
}

struct schema_pattern *schema_pattern_compile(const char *text, size_t bytes, struct arena *arena,
                                              char why[SCHEMA_PATTERN_WHY_BYTES])
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    int fault;
    PCRE2_SIZE at;

    CHECK(context);
    pcre2_set_max_pattern_length(context, SCHEMA_PATTERN_BYTES_MAX);
    pcre2_set_parens_nest_limit(context, NEST_LIMIT);
    pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, bytes,
                                     PCRE2_UTF | PCRE2_AUTO_CALLOUT | PCRE2_ALT_BSUX |
                                         PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS |
                                         PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C,
                                     &fault, &at, context);
    pcre2_compile_context_free(context);
    if (!code) {
        PCRE2_UCHAR message[100];
        pcre2_get_error_message(fault, message, sizeof message);
        snprintf(why, SCHEMA_PATTERN_WHY_BYTES, "%s (%zu)", (const char *)message, (size_t)at);
        return NULL;
    }
    arena_defer(arena, code_free, code);
    return (struct schema_pattern *)code;
}

static int meter_step(pcre2_callout_block *block, void *data)
{
    struct meter *meter = data;
    (void)block;
    *meter->steps -= meter->price;
    return *meter->steps < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

enum schema_match schema_pattern_match(const struct schema_pattern *pattern, const char *text,
                                       size_t bytes, int64_t *steps)
{
    const pcre2_code *code = (const pcre2_code *)pattern;
    struct meter meter = { steps, 1 + (int64_t)(bytes / 256) };
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);

    CHECK(context && data);
    pcre2_set_match_limit(context, MATCH_LIMIT);
    pcre2_set_depth_limit(context, DEPTH_LIMIT);
    pcre2_set_heap_limit(context, HEAP_LIMIT_KB);
    pcre2_set_callout(context, meter_step, &meter);
    int rc = pcre2_match(code, (PCRE2_SPTR)text, bytes, 0, 0, data, context);
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    if (rc >= 0)
        return SCHEMA_MATCH_YES;
    return rc == PCRE2_ERROR_NOMATCH ? SCHEMA_MATCH_NO : SCHEMA_MATCH_TOO_COSTLY;
}
