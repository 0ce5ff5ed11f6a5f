/* smtp.c - one letter to one recipient, so that the server's reply is about him. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "worker/egress/daemon/message/letter.h"
#include "worker/egress/daemon/message/message.h"

static bool envelope_fill(struct message *m, struct gov_err *err)
{
    const struct channel_settings *s = &m->settings;

    m->envelope = (struct mail_envelope){ .from = s->from, .to = m->endpoint, .ca_pem = s->ca,
                                          .plain = strcmp(s->security, "none") == 0,
                                          .user = json_get_text(m->secret, "username"),
                                          .password = json_get_text(m->secret, "password") };
    if (m->secret && (!m->envelope.user || !m->envelope.password))
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the channel's credential has to be {username, password}",
                        "该渠道的凭据必须是 {username, password}");
    if (m->envelope.plain && m->envelope.password)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "a password is only sent under TLS; set security to starttls",
                        "密码只在 TLS 下发送；请将 security 设为 starttls");
    return true;
}

static bool form(struct message *m, struct gov_err *err)
{
    struct arena *arena = &m->op.arena;
    const struct channel_settings *s = &m->settings;
    bool v6 = strchr(s->host, ':') != NULL;

    if (!envelope_fill(m, err))
        return false;
    const char *text = m->link ? arena_format(arena, "%s\n\n%s", m->text, m->link) : m->text;
    const struct letter letter = { s->from, m->endpoint, s->from_name, m->subject, text, m->id, m->now_us };
    m->exchange.mail = &m->envelope;
    /* What stands after the host is the name we say hello with. */
    m->exchange.url = arena_format(arena, "%s://%s%s%s:%lld/%s", strcmp(s->security, "tls") == 0 ? "smtps" : "smtp",
                                   v6 ? "[" : "", s->host, v6 ? "]" : "", (long long)s->port, strchr(s->from, '@') + 1);
    m->exchange.body = letter_write(&letter, arena);
    m->exchange.body_bytes = strlen(m->exchange.body);
    return true;
}

const struct message_kind message_smtp = { "smtp", "mail", form, NULL };
