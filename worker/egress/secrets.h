/* secrets.h - values that must not be seen, and how they are taken out of what is stored and shown. */
#ifndef WORKER_EGRESS_SECRETS_H
#define WORKER_EGRESS_SECRETS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

/* A value travels in up to seven forms. */
enum { SECRET_VALUES_MAX = 64, SECRETS_MAX = 7 * SECRET_VALUES_MAX, SECRET_MASK_BYTES_MIN = 6 };

struct secrets {
    const char *texts[SECRETS_MAX];
    size_t count;
    bool full; /* something did not fit */
};

/* A value and the forms it travels in: as it is, inside JSON, base64, percent-encoded. Shorter than six bytes:
 * not, for it would take everything apart. Texts live in the arena. */
void secrets_add(struct secrets *secrets, const char *text, struct arena *arena);
/* This form and no other. */
void secrets_add_exact(struct secrets *secrets, const char *text);
/* Every text and number inside `value`. */
void secrets_add_json(struct secrets *secrets, const json_t *value, struct arena *arena);
/* False: INVALID_INPUT, there are more than can be masked, so that nothing may begin with them. */
bool secrets_fit(const struct secrets *secrets, struct gov_err *err);
const char *secret_base64(const char *text, struct arena *arena);
const char *secret_percent(const char *text, struct arena *arena);

/* Every one of them in `text` as "••••"; the same pointer if there is none. */
const char *secrets_mask(const struct secrets *secrets, const char *text, size_t bytes, size_t *length,
                         struct arena *arena);
/* How many bytes at the end of `text` may be the beginning of one: what is masked piece by piece is held back so far. */
size_t secrets_tail(const struct secrets *secrets, const char *text, size_t bytes);
/* A copy with every text and name masked, owned by the arena; `json` if there is nothing to mask. */
json_t *secrets_mask_json(const struct secrets *secrets, json_t *json, struct arena *arena);
/* In the texts of a failure. */
void secrets_mask_error(const struct secrets *secrets, struct gov_err *err, struct arena *arena);

#endif
