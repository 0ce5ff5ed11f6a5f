/* model.h - the model endpoint: where it is, its key, and how long it may take.
 *
 * OpenAI-compatible: POST <model_url>/chat/completions. Off unless a URL is set.
 */
#ifndef WORKER_EGRESS_DAEMON_CALL_MODEL_H
#define WORKER_EGRESS_DAEMON_CALL_MODEL_H

#include "worker/egress/egress.h"

struct model {
    struct http_client *client;
    char *url;  /* with /chat/completions */
    char *name; /* of the model */
    char *key;  /* wiped by model_free; "" = none is sent */
};

/* *model is NULL where no URL is set. INVALID_INPUT: the URL, the name, the key file or the networks. Blocking. */
bool model_open(struct loop *loop, const struct egress_settings *settings, struct model **model,
                struct gov_err *err);
/* Before the loop ends; then model_free. Both take NULL. */
void model_cut(struct model *model);
void model_stop(struct model *model);
void model_free(struct model *model);

#endif
