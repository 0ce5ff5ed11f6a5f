/* feishu.c - a custom robot of a Feishu group. A "post" is used, not "text": in a text <at …> would be read, and what
 * we send is data. */
#include "worker/egress/daemon/message/feishu.h"

#include <string.h>

#include "core/base/json.h"
#include "core/io/crypto/crypto.h"
#include "worker/egress/daemon/message/message.h"

enum { TEXT_BYTES_MAX = 16 * 1024 };

const char *feishu_sign(int64_t now_s, const char *secret, struct arena *arena)
{
    const char *key = arena_format(arena, "%lld\n%s", (long long)now_s, secret);

    return crypto_hmac_base64(arena, key, strlen(key), "", 0);
}

static json_t *content(const struct message *m)
{
    struct arena *arena = (struct arena *)&m->op.arena;
    const char *text = arena_format(arena, "%.*s", TEXT_BYTES_MAX, m->text);
    json_t *lines = json_pack("[[{s:s, s:s}]]", "tag", "text", "text", text);

    if (m->link)
        json_array_append_new(lines, json_pack("[{s:s, s:s, s:s}]", "tag", "a", "text", m->link, "href", m->link));
    if (strcmp(m->endpoint, "-") != 0)
        json_array_append_new(lines, json_pack("[{s:s, s:s}]", "tag", "at", "user_id", m->endpoint));
    return json_pack("{s:{s:{s:s, s:o}}}", "post", "zh_cn", "title", m->subject, "content", lines);
}

static bool form(struct message *m, struct gov_err *err)
{
    struct arena *arena = &m->op.arena;
    const char *token = message_secret(m, "token"), *secret = json_get_text(m->secret, "secret");
    const char *base = m->settings.url ? m->settings.url : "https://open.feishu.cn/open-apis/bot/v2/hook";
    int64_t now_s = m->now_us / 1000000;

    if (!token)
        return gov_fail(err, GOV_CREDENTIAL_UNAVAILABLE, "the channel needs a credential: {token, secret} of the robot",
                        "该渠道需要凭据：机器人的 {token, secret}");
    json_t *body = json_pack("{s:s, s:o}", "msg_type", "post", "content", content(m));
    if (secret) {
        json_object_set_new(body, "timestamp", json_string(arena_format(arena, "%lld", (long long)now_s)));
        json_object_set_new(body, "sign", json_string(feishu_sign(now_s, secret, arena)));
    }
    message_post(m, arena_format(arena, "%s/%s", base, token), body, NULL);
    return true;
}

static void judge(struct message *m)
{
    static const int busy[] = { 11232, 9499, 0 }; /* too often, in both generations of their codes */
    const json_t *answer = message_answer(m);
    const char *words = json_get_text(answer, "msg");
    int64_t code = json_get_int(answer, "code", json_get_int(answer, "StatusCode", -1));

    message_judge_code(m, code, words ? words : "no code in the answer", busy, 60);
}

const struct message_kind message_feishu = { "feishu", "chat", form, judge };
