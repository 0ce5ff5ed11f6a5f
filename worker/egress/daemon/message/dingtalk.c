/* dingtalk.c - a custom robot of a DingTalk group. 20 messages a minute: beyond, it is silent for ten minutes. */
#include "worker/egress/daemon/message/dingtalk.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/json.h"
#include "core/io/crypto/crypto.h"
#include "worker/egress/daemon/message/message.h"

enum { TEXT_BYTES_MAX = 16 * 1024, THROTTLED_S = 600 };

const char *dingtalk_sign(int64_t now_ms, const char *secret, struct arena *arena)
{
    const char *said = arena_format(arena, "%lld\n%s", (long long)now_ms, secret);
    const char *base64 = crypto_hmac_base64(arena, secret, strlen(secret), said, strlen(said));
    struct buf out = { 0 };

    for (const char *c = base64; *c; c++)
        if (*c == '+' || *c == '/' || *c == '=')
            buf_addf(&out, "%%%02X", (unsigned char)*c);
        else
            buf_add_char(&out, *c);
    const char *text = arena_copy(arena, buf_text(&out), out.length);
    buf_release(&out);
    return text;
}

static bool form(struct message *m, struct gov_err *err)
{
    struct arena *arena = &m->op.arena;
    const char *token = message_secret(m, "token"), *secret = json_get_text(m->secret, "secret");
    const char *base = m->settings.url ? m->settings.url : "https://oapi.dingtalk.com/robot/send";
    const char *text = message_plain(m, TEXT_BYTES_MAX), *url;
    bool phone = strspn(m->endpoint, "+0123456789") == strlen(m->endpoint);

    if (!token)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the channel needs a credential: {token, secret} of the robot",
                        "该渠道需要凭据：机器人的 {token, secret}");
    url = arena_format(arena, "%s?access_token=%s", base, token);
    if (secret)
        url = arena_format(arena, "%s&timestamp=%lld&sign=%s", url, (long long)(m->now_us / 1000),
                           dingtalk_sign(m->now_us / 1000, secret, arena));
    json_t *at = json_object();
    if (strcmp(m->endpoint, "-") != 0) { /* who is mentioned has to stand in the text as well */
        text = arena_format(arena, "%s\n@%s", text, m->endpoint);
        json_object_set_new(at, phone ? "atMobiles" : "atUserIds", json_pack("[s]", m->endpoint));
    }
    message_post(m, url, json_pack("{s:s, s:{s:s}, s:o}", "msgtype", "text", "text", "content", text, "at", at), NULL);
    return true;
}

static void judge(struct message *m)
{
    static const int busy[] = { 130101, 410100, 0 }; /* sent too fast */
    const json_t *answer = message_answer(m);
    const char *words = json_get_text(answer, "errmsg");

    message_judge_code(m, json_get_int(answer, "errcode", -1), words ? words : "no errcode in the answer", busy,
                       THROTTLED_S);
}

const struct message_kind message_dingtalk = { "dingtalk", "chat", form, judge };
