/* consult.h - asking the model endpoint which of a few capabilities is meant. A child op.
 *
 *     begin -> send -> read [-> send once more -> read]
 *
 * It is a witness and never the judge. It is told the redacted words, and under names made up for this one
 * question the candidates that this person may run anyway; it can answer with one of these names or with
 * none_of_these, and whatever else it says counts as no answer. One repair, 15 seconds for both.
 */
#ifndef WORKER_INTENT_CONSULT_CONSULT_H
#define WORKER_INTENT_CONSULT_CONSULT_H

#include "core/io/crypto/crypto.h"
#include "core/io/egress/egress_client.h"
#include "worker/intent/consult/endpoint.h"

enum { CONSULT_CANDIDATES_MAX = 8, CONSULT_NAME_BYTES = 12 };

enum consult_outcome {
    CONSULT_NO_ANSWER, /* away, slow, or nothing that fits */
    CONSULT_CHOICE,
    CONSULT_NONE_OF_THESE,
};

struct consult_candidate {
    const char *title, *description; /* as the tenant wrote them */
    char name[CONSULT_NAME_BYTES];   /* made up by consult_init */
};

struct consult {
    struct op op;

    /* in */
    struct endpoint *endpoint;
    struct egress_hello hello; /* the intent's claim */
    const char *text;
    struct consult_candidate candidates[CONSULT_CANDIDATES_MAX];
    size_t candidate_count;

    /* out */
    enum consult_outcome outcome;
    size_t choice;                           /* of CONSULT_CHOICE */
    const char *model;                       /* its name, as egress says; NULL: egress was not reached */
    char request_digest[CRYPTO_HEX_BYTES];   /* of the last body sent; "" if none was */
    char response_digest[CRYPTO_HEX_BYTES];  /* of what came back; "" if nothing did */
    int tries;
    int64_t ms;
    const char *failure; /* why there is no answer; NULL */

    /* the steps' own */
    struct egress_session *session;
    struct egress_answer answer;
    int64_t started_us;
};

/* After the `in` part was filled. op_call or op_try it; it never fails. */
void consult_init(struct consult *consult, struct loop *loop);

/* The answer in the text of a completion: exactly {"choice": name}. False: it is none. For tests. */
bool consult_read(const struct consult *consult, const char *body, size_t bytes,
                  enum consult_outcome *outcome, size_t *choice, struct arena *arena);

const char *consult_outcome_name(enum consult_outcome outcome);

#endif
