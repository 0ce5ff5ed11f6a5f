/* sms.c - text messages through a provider; the table says which there are. How to add one: a form and a judge, a row
 * here, its name in core/model/channel.c.
 *
 * "http": POST {request_id, to, template, params: {subject, link}} with a bearer token; a 2xx answer {id} is the
 * provider's number of it. An adapter of one's own provider is a few lines behind that address. */
#include <string.h>

#include "core/base/json.h"
#include "worker/egress/daemon/message/message.h"

struct sms_provider {
    const char *name;
    bool (*form)(struct message *m, struct gov_err *err);
    void (*judge)(struct message *m);
};

static bool http_form(struct message *m, struct gov_err *err)
{
    struct arena *arena = &m->op.arena;
    const char *token = message_secret(m, "token");
    const char *headers[] = { token ? arena_format(arena, "Authorization: Bearer %s", token) : NULL, NULL };

    (void)err;
    message_post(m, m->settings.url,
                 json_pack("{s:s, s:s, s:s?, s:{s:s, s:s?}}", "request_id", m->id, "to", m->endpoint, "template",
                           m->settings.template, "params", "subject", m->subject, "link", m->link),
                 headers);
    return true;
}

static void http_judge(struct message *m)
{
    const char *id = json_get_text(message_answer(m), "id");

    m->result.outcome = DELIVERY_SENT;
    snprintf(m->result.provider_code, sizeof m->result.provider_code, "%.60s", id ? id : "");
}

static const struct sms_provider providers[] = { { "http", http_form, http_judge } };

static const struct sms_provider *provider(const struct message *m)
{
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++)
        if (strcmp(providers[i].name, m->settings.provider) == 0)
            return &providers[i];
    return &providers[0]; /* the settings were checked */
}

static bool form(struct message *m, struct gov_err *err)
{
    return provider(m)->form(m, err);
}

static void judge(struct message *m)
{
    provider(m)->judge(m);
}

const struct message_kind message_sms = { "sms", "chat", form, judge };
