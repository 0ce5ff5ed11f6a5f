/* recogniser.h - which skill somebody means, and whether that is sure enough.
 *
 * A model is one tenant's: it is a pure function of that tenant's skills, the same bytes for the
 * same skills in the same order, and holds nothing of anybody else. Training gives a file image;
 * a worker maps the file and predicts from it in microseconds without allocating.
 *
 * Scores are made over *all* skills of the tenant and only then restricted to those the person may
 * run: a request for a forbidden skill is refused, never steered to its neighbour.
 */
#ifndef WORKER_INTENT_RECOGNISER_RECOGNISER_H
#define WORKER_INTENT_RECOGNISER_RECOGNISER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buf.h"
#include "core/base/err.h"

enum {
    RECOGNISER_SKILLS_MAX = 2000,
    RECOGNISER_EXAMPLES_MAX = 200,      /* a skill; later ones are not read */
    RECOGNISER_TEXT_BYTES_MAX = 4096,   /* of a request or an example; the rest is not read */
    RECOGNISER_README_BYTES_MAX = 8192, /* likewise */
    RECOGNISER_CANDIDATES_MAX = 5,
};

/* What is learnt of one action. Every text may be NULL; several languages go into one text, a line
 * each. Nothing in a text can do more than make its own skill likelier. */
struct recogniser_skill {
    const char *id; /* what predictions name: "skill/action" or an id; at most 200 bytes */
    const char *name;
    const char *title;
    const char *description;
    const char *parameters; /* names, titles and descriptions of its parameters */
    const char *readme;
    const char *const *examples; /* requests that mean this skill */
    size_t example_count;
};

struct recogniser_training {
    const struct recogniser_skill *skills;
    size_t skill_count;
    /* Requests that mean none of the skills, if such are known ("asked but not available"). With
     * them the threshold is where both kinds of error balance; without, it is found by
     * cross-validation on the skills' own examples. */
    const char *const *none_of_these;
    size_t none_count;
};

/* Append the model of a tenant to `model`. INVALID_INPUT: no id, the same id twice, too many. */
bool recogniser_train(const struct recogniser_training *training, struct buf *model,
                      struct gov_err *err);

/* A model ready for use. Fields are the recogniser's own. */
struct recogniser {
    const unsigned char *image;
    size_t bytes;
    bool mapped;
    const struct model_header *header;
};

/* Use an image in memory, which must be 8-byte aligned and outlive `recogniser`. Every offset in it
 * is checked here, so that a damaged file is refused and never followed. */
bool recogniser_open(struct recogniser *recogniser, const void *image, size_t bytes,
                     struct gov_err *err);
/* Map a model file. */
bool recogniser_map(struct recogniser *recogniser, const char *path, struct gov_err *err);
void recogniser_release(struct recogniser *recogniser);
const char *recogniser_skill_id(const struct recogniser *recogniser, size_t skill);
/* The confidence below which nothing is done. */
double recogniser_threshold(const struct recogniser *recogniser);

enum recogniser_decision {
    RECOGNISER_ACT,     /* candidates[0] is meant */
    RECOGNISER_ASK,     /* one of the candidates is meant; ask which */
    RECOGNISER_ABSTAIN, /* nothing here does that */
    RECOGNISER_REFUSE,  /* candidates is empty; `refused` is meant and this person may not run it */
};

/* "act", "ask", "abstain", "refuse" */
const char *recogniser_decision_name(enum recogniser_decision decision);

struct recogniser_candidate {
    const char *id; /* lives as long as the recogniser */
    double score;   /* 0..1; shares of one whole over all skills of the tenant */
};

struct recogniser_answer {
    enum recogniser_decision decision;
    double confidence; /* that the best skill of all is meant at all; compare with the threshold */
    /* Best first, only allowed ones. Filled for ABSTAIN as well ("did you mean"), because
     * the person may see these skills anyway. */
    struct recogniser_candidate candidates[RECOGNISER_CANDIDATES_MAX];
    size_t candidate_count;
    const char *refused; /* for the audit, not for the person; NULL unless REFUSE */
};

/* May this person run it? Called once a skill that would be shown. */
typedef bool recogniser_allowed(void *context, const char *id);

/* `allowed` NULL: everything. Never fails: what cannot be understood is abstained from. */
void recogniser_predict(const struct recogniser *recogniser, const char *text, size_t bytes,
                        recogniser_allowed *allowed, void *context,
                        struct recogniser_answer *answer);

#endif
