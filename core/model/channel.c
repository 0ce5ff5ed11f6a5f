#include "core/model/channel.h"

#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"

const char *const channel_kinds[] = { "smtp", "webhook", "wecom", "feishu", "dingtalk", "sms", NULL };

static const char *const securities[] = { "starttls", "tls", "none", NULL };
static const char *const providers[] = { "http", NULL };

#define AT(member) offsetof(struct channel_settings, member)
static const struct json_field smtp_fields[] = {
    { "host", JSON_FIELD_TEXT, true, AT(host), 1, 253, NULL },
    { "port", JSON_FIELD_INT, false, AT(port), 1, 65535, NULL },
    { "security", JSON_FIELD_TEXT, false, AT(security), 0, 0, securities },
    { "from", JSON_FIELD_TEXT, true, AT(from), 3, 254, NULL },
    { "from_name", JSON_FIELD_TEXT, false, AT(from_name), 1, 100, NULL },
    { "ca", JSON_FIELD_TEXT, false, AT(ca), 1, 60000, NULL },
};
static const struct json_field webhook_fields[] = {
    { "url", JSON_FIELD_TEXT, true, AT(url), 8, 1000, NULL },
};
static const struct json_field robot_fields[] = {
    { "url", JSON_FIELD_TEXT, false, AT(url), 8, 1000, NULL },
};
static const struct json_field sms_fields[] = {
    { "url", JSON_FIELD_TEXT, true, AT(url), 8, 1000, NULL },
    { "provider", JSON_FIELD_TEXT, false, AT(provider), 0, 0, providers },
    { "template", JSON_FIELD_TEXT, false, AT(template), 1, 100, NULL },
};

static bool address_valid(const char *text)
{
    const char *at = strchr(text, '@');

    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c <= ' ' || *c == 127 || strchr("<>,;:\"\\()[]", *c))
            return false;
    return at && at > text && at[1] && !strchr(at + 1, '@') && strlen(text) <= 254;
}

static bool url_check(const char *url, struct gov_err *err)
{
    return !url || ((text_starts(url, "https://") || text_starts(url, "http://")) && !strpbrk(url, " \t\r\n\"<>@#?")) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/settings/url", "format",
                       "must be an http or https address without query, fragment and user; secrets go into the credential",
                       "必须是不含查询参数、片段和用户信息的 http 或 https 地址；密钥请放入凭据");
}

static bool smtp_check(const struct channel_settings *s, struct gov_err *err)
{
    for (const char *c = s->host; *c; c++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:", *c))
            return gov_fail_at(err, GOV_INVALID_INPUT, "/settings/host", "format",
                               "must be a host name or an address", "必须是主机名或地址");
    if (s->from_name && strpbrk(s->from_name, "\"\\\r\n"))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/settings/from_name", "format",
                           "must have no quotes, backslashes and line breaks", "不能包含引号、反斜杠或换行");
    return address_valid(s->from) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/settings/from", "format", "must be a mail address", "必须是邮箱地址");
}

bool channel_settings_read(const char *kind, const json_t *settings, struct channel_settings *read, struct arena *arena,
                           struct gov_err *err)
{
    json_t *empty = settings ? NULL : json_own(arena, json_object());
    const json_t *given = settings ? settings : empty;

    *read = (struct channel_settings){ .port = 587, .security = "starttls", .provider = "http" };
    if (strcmp(kind, "smtp") == 0)
        return JSON_DECODE(given, smtp_fields, read, arena, err) && smtp_check(read, err);
    if (strcmp(kind, "webhook") == 0)
        return JSON_DECODE(given, webhook_fields, read, arena, err) && url_check(read->url, err);
    if (strcmp(kind, "sms") == 0)
        return JSON_DECODE(given, sms_fields, read, arena, err) && url_check(read->url, err);
    return JSON_DECODE(given, robot_fields, read, arena, err) && url_check(read->url, err);
}

static bool phone_valid(const char *text)
{
    size_t digits = strspn(text + (*text == '+'), "0123456789");

    return digits >= 5 && digits <= 20 && text[(*text == '+') + digits] == 0;
}

bool channel_endpoint_check(const char *kind, const char *endpoint, const char *path, struct gov_err *err)
{
    if (strcmp(kind, "smtp") == 0)
        return address_valid(endpoint) || gov_fail_at(err, GOV_INVALID_INPUT, path, "format", "must be a mail address",
                                                      "必须是邮箱地址");
    if (strcmp(kind, "sms") == 0)
        return phone_valid(endpoint) || gov_fail_at(err, GOV_INVALID_INPUT, path, "format", "must be a phone number",
                                                    "必须是电话号码");
    if (strcmp(kind, "webhook") == 0)
        return strcmp(endpoint, "-") == 0 ||
               gov_fail_at(err, GOV_INVALID_INPUT, path, "format", "a webhook has one address, its own: write \"-\"",
                           "Webhook 只有自身的地址，请填“-”");
    for (const unsigned char *c = (const unsigned char *)endpoint; *c; c++)
        if (*c <= ' ' || *c == 127 || strchr("<>\"\\@", *c))
            return gov_fail_at(err, GOV_INVALID_INPUT, path, "format",
                               "must be the user id or phone number a robot mentions, or \"-\" for nobody",
                               "必须是机器人要提醒的用户编号或手机号，或用“-”表示不提醒任何人");
    return *endpoint || gov_fail_at(err, GOV_INVALID_INPUT, path, "length", "must not be empty", "不能为空");
}
