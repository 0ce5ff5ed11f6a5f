/* err.h - how failing is said, in one place and in both languages.
 *
 * A function that can fail returns false and fills a `struct gov_err`. Texts a
 * person may read are given in English and Chinese side by side, with the same
 * arguments; the compiler checks both against them:
 *
 *     return gov_fail(err, GOV_NOT_FOUND, "there is no skill \"%s\"", "没有技能“%s”", name);
 *
 * How to add a code: one row in err_codes.def. Nothing else.
 */
#ifndef CORE_BASE_ERR_H
#define CORE_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

enum gov_code {
    GOV_OK = 0,
#define ERR(name, wire, status, exit_code, retry, en, zh) GOV_##name,
#include "core/base/err_codes.def"
#undef ERR
    GOV_CODE_COUNT
};

enum gov_language { GOV_EN, GOV_ZH };

/* A text in both languages; used wherever something is worded for a person. */
struct gov_text {
    const char *en;
    const char *zh;
};

struct gov_code_info {
    const char *wire;      /* problem+json `code` */
    int http_status;
    int exit_code;         /* of the CLI */
    bool retry_helps;
    struct gov_text title;
};

enum { GOV_DETAIL_BYTES = 480, GOV_PATH_BYTES = 160, GOV_ERR_ITEMS_MAX = 20 };

/* One of several faults in the same input. Lives in the arena of whoever collected it. */
struct gov_err_item {
    const char *path; /* JSON Pointer into the body, or a header's or file's name */
    const char *code; /* stable snake_case: required, unknown_field, type, maximum, ... */
    struct gov_text message;
};

struct gov_err {
    enum gov_code code;
    char path[GOV_PATH_BYTES];    /* where: JSON Pointer, header, file; "" if nowhere */
    char item[40];                /* what kind of fault at that path; "" if none */
    char en[GOV_DETAIL_BYTES];
    char zh[GOV_DETAIL_BYTES];
    char cause[GOV_DETAIL_BYTES]; /* for the log and operators only; never sent to a client */
    const struct gov_err_item *items;
    size_t item_count;
    int retry_after_s; /* 0: the default of the code */
    bool contended;    /* another transaction held what was needed: the same again helps, and it says nothing about the row */
};

const struct gov_code_info *gov_code_info(enum gov_code code);
/* GOV_INTERNAL for an unknown wire code. */
enum gov_code gov_code_from_wire(const char *wire);
const char *gov_text_in(struct gov_text text, enum gov_language language);
const char *gov_err_detail(const struct gov_err *err, enum gov_language language);

/* Always false. */
bool gov_fail(struct gov_err *err, enum gov_code code, const char *en, const char *zh, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));

/* Always false. `path` and `item` say where and what in a document. */
bool gov_fail_at(struct gov_err *err, enum gov_code code, const char *path, const char *item,
                 const char *en, const char *zh, ...)
    __attribute__((format(printf, 5, 7), format(printf, 6, 7)));

/* Always false. For causes a client must not see (a database's words, an errno): the detail says
 * what the code's title says, the cause goes to the log. */
bool gov_fail_cause(struct gov_err *err, enum gov_code code, const char *cause, ...)
    __attribute__((format(printf, 3, 4)));

/* An analyser looks into one file at a time: "always false" has to be said where it can be seen. */
#ifdef __clang_analyzer__
#define gov_fail(...) ((void)gov_fail(__VA_ARGS__), false)
#define gov_fail_at(...) ((void)gov_fail_at(__VA_ARGS__), false)
#define gov_fail_cause(...) ((void)gov_fail_cause(__VA_ARGS__), false)
#endif

/* Put "context: " before the cause, on the way up. Always false. */
bool gov_err_context(struct gov_err *err, const char *context, ...)
    __attribute__((format(printf, 2, 3)));

#endif
