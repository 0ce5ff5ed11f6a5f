/* wecom.c - a robot of a WeCom group. The key stands in the address and is a secret; success is errcode 0 in a 200.
 * 20 messages a minute: beyond, 45009. */
#include <string.h>

#include "core/base/json.h"
#include "worker/egress/daemon/message/message.h"

enum { TEXT_BYTES_MAX = 2048 };

static bool form(struct message *m, struct gov_err *err)
{
    struct arena *arena = &m->op.arena;
    const char *key = message_secret(m, "key");
    const char *base = m->settings.url ? m->settings.url : "https://qyapi.weixin.qq.com/cgi-bin/webhook/send";

    if (!key)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the channel needs a credential: the robot's key",
                        "该渠道需要凭据：机器人的 key");
    json_t *text = json_pack("{s:s}", "content", message_plain(m, TEXT_BYTES_MAX));
    bool phone = strspn(m->endpoint, "+0123456789") == strlen(m->endpoint);
    if (strcmp(m->endpoint, "-") != 0)
        json_object_set_new(text, phone ? "mentioned_mobile_list" : "mentioned_list", json_pack("[s]", m->endpoint));
    message_post(m, arena_format(arena, "%s?key=%s", base, key),
                 json_pack("{s:s, s:o}", "msgtype", "text", "text", text), NULL);
    return true;
}

static void judge(struct message *m)
{
    static const int busy[] = { 45009, 45033, 0 }; /* too often; too many at once */
    const json_t *answer = message_answer(m);
    const char *words = json_get_text(answer, "errmsg");

    message_judge_code(m, json_get_int(answer, "errcode", -1), words ? words : "no errcode in the answer", busy, 60);
}

const struct message_kind message_wecom = { "wecom", "chat", form, judge };
