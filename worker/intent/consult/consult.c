#include "worker/intent/consult/consult.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "worker/intent/consult/redact.h"

enum {
    BUDGET_MS = 15000,
    REPAIR_LEAST_MS = 1000,
    GRACE_MS = 1000, /* egress keeps the budget itself; this is for one that does not answer at all */
    TRIES_MAX = 2,
    TEXT_BYTES_MAX = 2000,
    DESCRIPTION_BYTES_MAX = 400,
};

static const char none_of_these[] = "none_of_these";

const char *consult_outcome_name(enum consult_outcome outcome)
{
    static const char *const names[] = { "no_answer", "choice", "none_of_these" };
    return names[outcome];
}

/* --- what is asked --- */

/* The tenant's own words are redacted like the person's: a key in a description stays here. */
static json_t *question_of(struct consult *c)
{
    struct arena *arena = &c->op.arena;
    json_t *list = json_array();

    for (size_t i = 0; i < c->candidate_count; i++) {
        const struct consult_candidate *one = &c->candidates[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "name", one->name, "title",
                            redact_text(one->title, DESCRIPTION_BYTES_MAX, arena), "description",
                            redact_text(one->description, DESCRIPTION_BYTES_MAX, arena)));
    }
    return json_own(arena, json_pack("{s:s, s:o}", "request",
                                     redact_text(c->text, TEXT_BYTES_MAX, arena), "capabilities", list));
}

/* --- what is answered --- */

bool consult_read(const struct consult *c, const char *body, size_t bytes,
                  enum consult_outcome *outcome, size_t *choice, struct arena *arena)
{
    struct gov_err ignored;
    const json_t *reply = json_parse(arena, body, bytes, &ignored);
    const json_t *first = json_array_get(json_object_get(reply, "choices"), 0);
    const char *content = json_get_text(json_object_get(first, "message"), "content");
    const json_t *said = content ? json_parse(arena, content, strlen(content), &ignored) : NULL;
    const char *name = json_get_text(said, "choice");

    if (!name || json_object_size(said) != 1)
        return false;
    *outcome = CONSULT_NONE_OF_THESE;
    if (strcmp(name, none_of_these) == 0)
        return true;
    *outcome = CONSULT_CHOICE;
    for (*choice = 0; *choice < c->candidate_count; ++*choice)
        if (strcmp(c->candidates[*choice].name, name) == 0)
            return true;
    *outcome = CONSULT_NO_ANSWER;
    return false;
}

/* --- steps --- */

static int64_t left_ms(const struct consult *c)
{
    return BUDGET_MS - (clock_mono_us() - c->started_us) / 1000;
}

static void end_session(void *consult)
{
    struct consult *c = consult;

    egress_session_end(c->session);
}

static enum op_next begin(struct op *op)
{
    struct consult *c = (struct consult *)op;

    c->session = egress_session_new(op->loop, endpoint_socket(c->endpoint));
    arena_defer(&op->arena, end_session, c);
    egress_session_deadline(c->session, BUDGET_MS + GRACE_MS);
    egress_session_begin(op, c->session, &c->hello, -1, &c->answer);
    return OP_WAIT;
}

static enum op_next send_question(struct op *op)
{
    struct consult *c = (struct consult *)op;

    if (c->tries == 0 && c->answer.err.code)
        return OP_NEXT;
    json_t *asked = json_pack("{s:{s:O, s:b, s:I}}", "consult", "question", question_of(c), "again",
                              c->tries > 0, "timeout_ms", (json_int_t)left_ms(c));
    c->tries++;
    egress_session_call(op, c->session, json_own(&op->arena, asked), NULL, 0, &c->answer);
    return OP_WAIT;
}

static const char *failure_of(const struct consult *c, bool answered)
{
    if (c->answer.err.code)
        return gov_code_info(c->answer.err.code)->wire;
    return answered ? "unfit" : "status";
}

static void keep_facts(struct consult *c)
{
    const struct egress_answer *a = &c->answer;
    const char *digest = json_get_text(a->json, "request_sha256"), *model = json_get_text(a->json, "model");

    if (digest)
        snprintf(c->request_digest, sizeof c->request_digest, "%s", digest);
    if (model)
        c->model = arena_text(&c->op.arena, model);
    if (a->body_bytes)
        crypto_sha256_hex(a->body, a->body_bytes, c->response_digest);
    c->ms = (clock_mono_us() - c->started_us) / 1000;
}

/* Only an answer that does not fit is worth a second try; a peer that is away is not. */
static enum op_next read_answer(struct op *op)
{
    struct consult *c = (struct consult *)op;
    const struct egress_answer *a = &c->answer;
    int64_t status = a->err.code ? 0 : json_get_int(a->json, "status", 0);
    bool answered = status >= 200 && status < 300;

    keep_facts(c);
    c->failure = NULL;
    if (answered && consult_read(c, a->body, a->body_bytes, &c->outcome, &c->choice, &op->arena)) {
        endpoint_tell(c->endpoint, true);
        return OP_DONE;
    }
    c->failure = failure_of(c, answered);
    if (answered && c->tries < TRIES_MAX && left_ms(c) >= REPAIR_LEAST_MS)
        return OP_NEXT;
    endpoint_tell(c->endpoint, false);
    return OP_DONE;
}

static const struct op_step steps[] = { { "begin", begin },
                                        { "send", send_question },
                                        { "read", read_answer },
                                        { "send_again", send_question },
                                        { "read_again", read_answer },
                                        { 0 } };

void consult_init(struct consult *c, struct loop *loop)
{
    op_init(&c->op, "consult", steps, loop, NULL);
    c->outcome = CONSULT_NO_ANSWER;
    c->started_us = clock_mono_us();
    for (size_t i = 0; i < c->candidate_count; i++) {
        unsigned char random[4];
        randombytes_buf(random, sizeof random);
        snprintf(c->candidates[i].name, sizeof c->candidates[i].name, "c%02x%02x%02x%02x", random[0],
                 random[1], random[2], random[3]);
    }
}
