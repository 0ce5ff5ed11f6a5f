#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "worker/egress/daemon/message/message.h"

static const struct message_kind *const kinds[] = { &message_smtp,   &message_webhook,  &message_wecom,
                                                    &message_feishu, &message_dingtalk, &message_sms };

const struct message_kind *message_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

const char *message_secret(const struct message *m, const char *part)
{
    return json_is_string(m->secret) ? json_string_value(m->secret) : json_get_text(m->secret, part);
}

void message_post(struct message *m, const char *url, json_t *body, const char *const *headers)
{
    struct arena *arena = &m->op.arena;
    const char **all = ARENA_ARRAY(arena, const char *, 6);
    const char *text = json_text(arena, json_own(arena, body));

    all[0] = "Content-Type: application/json; charset=utf-8";
    for (size_t i = 0; headers && headers[i] && i < 4; i++)
        all[i + 1] = headers[i];
    m->exchange.method = "POST";
    m->exchange.url = url;
    m->exchange.headers = all;
    m->exchange.body = text;
    m->exchange.body_bytes = strlen(text);
}

const char *message_plain(const struct message *m, size_t bytes_max)
{
    struct arena *arena = (struct arena *)&m->op.arena;
    const char *tail = m->link ? arena_format(arena, "\n%s", m->link) : "";
    const char *text = arena_format(arena, "%s\n%s", m->subject, m->text);
    size_t room = bytes_max - strlen(tail), bytes = strlen(text);

    if (bytes > room)
        text = arena_format(arena, "%.*s…", (int)text_utf8_cut(text, bytes, room - strlen("…")), text);
    return arena_format(arena, "%s%s", text, tail);
}

json_t *message_answer(struct message *m)
{
    json_error_t where;
    json_t *json = json_loadb(m->exchange.answer, m->exchange.answer_bytes, JSON_REJECT_DUPLICATES, &where);

    return json ? json_own(&m->op.arena, json) : NULL;
}

void message_judge_code(struct message *m, int64_t code, const char *words, const int *busy, int wait_s)
{
    struct delivery_result *r = &m->result;
    bool again = code == -1;

    for (const int *b = busy; *b; b++)
        again = again || code == *b;
    snprintf(r->provider_code, sizeof r->provider_code, "%lld", (long long)code);
    snprintf(r->detail, sizeof r->detail, "%.*s", (int)text_utf8_cut(words, strlen(words), sizeof r->detail - 1), words);
    r->outcome = code == 0 ? DELIVERY_SENT : again ? DELIVERY_RETRY : DELIVERY_DEAD;
    if (again)
        r->retry_after_s = wait_s;
}
