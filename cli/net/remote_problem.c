#include "cli/net/remote_problem.h"

#include <string.h>

#include "cli/net/route_words.h"
#include "core/base/json.h"

enum gov_code remote_problem_code(long status)
{
    switch (status) {
    case 401:
        return GOV_UNAUTHENTICATED;
    case 403:
        return GOV_FORBIDDEN;
    case 404:
        return GOV_NOT_FOUND;
    case 408:
    case 504:
        return GOV_DEADLINE;
    case 409:
    case 412:
        return GOV_CONFLICT;
    case 410:
        return GOV_EXPIRED;
    case 413:
        return GOV_BODY_TOO_LARGE;
    case 422:
        return GOV_INVALID_INPUT;
    case 429:
        return GOV_RATE_LIMITED;
    default:
        break;
    }
    if (status >= 400 && status < 500)
        return GOV_BAD_REQUEST;
    return status >= 502 && status <= 503 ? GOV_SERVER_UNREACHABLE : GOV_INTERNAL;
}

static enum gov_code code_of(const char *wire, long status)
{
    enum gov_code code = wire ? gov_code_from_wire(wire) : GOV_INTERNAL;

    /* gov_code_from_wire says INTERNAL for what it does not know. */
    if (code == GOV_INTERNAL && !(wire && strcmp(wire, "internal") == 0))
        return remote_problem_code(status);
    return code;
}

/* An answer that is no problem+json: a proxy's page, or not this server at all. */
static bool fail_foreign(struct cli *cli, long status, struct gov_err *err)
{
    gov_fail(err, remote_problem_code(status), "%s answered %ld without saying why",
             "%s 返回了 %ld，但没有说明原因", cli->profile.url, status);
    return false;
}

bool remote_problem_judge(struct cli *cli, struct remote_answer *answer, struct gov_err *err)
{
    bool good = answer->status >= 200 && answer->status < 300;
    char first = answer->body[strspn(answer->body, " \t\r\n")];
    struct gov_err unread;
    json_t *json = NULL;

    if (first == '{' || first == '[')
        json = json_parse(&cli->arena, answer->body, answer->bytes, &unread);
    answer->json = json;
    if (good && (first == '{' || first == '[') && !json)
        return gov_fail(err, GOV_INTERNAL, "the server's answer is not valid JSON: %s",
                        "服务器的响应不是合法的 JSON：%s",
                        gov_err_detail(&unread, cli->language));
    if (good)
        return true;
    const char *wire = json_get_text(json, "code");
    if (!wire)
        return fail_foreign(cli, answer->status, err);
    const char *detail = json_get_text(json, "detail");
    const char *title = json_get_text(json, "title");
    const char *said = route_words_in(detail && *detail ? detail : title ? title : wire, &cli->arena);
    cli->problem = json;
    return gov_fail(err, code_of(wire, answer->status), "%s", "%s", said);
}
