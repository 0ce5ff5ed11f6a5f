/* planning_checks.c - what a plan says beside what it does: that it was looked at, and how long it takes. */
#include "core/store/planning/planning_checks.h"

#include <string.h>

#include "core/io/crypto/package_signature.h"

/* How many runs it is taken from, the middle and the slow end. */
void planning_add_history(struct planning *p)
{
    if (p->past.count == 0 || db_int(&p->past, 0, 0) == 0)
        return;
    p->plan.expected.runs = db_int(&p->past, 0, 0);
    p->plan.expected.usual_ms = db_int(&p->past, 0, 1);
    p->plan.expected.slow_ms = db_int(&p->past, 0, 2);
}

static struct plan_check check_subscription(const json_t *tenant)
{
    const char *state = json_get_text(tenant, "state");
    bool active = state && strcmp(state, "active") == 0;

    return (struct plan_check){ "subscription", active,
                                active ? (struct gov_text){ "the tenant is active", "租户状态正常" }
                                       : (struct gov_text){ "the tenant is suspended",
                                                            "租户已暂停" } };
}

/* More than may run at the same time is no refusal: it waits. */
static struct plan_check check_quota(struct planning *p, const json_t *tenant)
{
    struct arena *arena = &p->op.arena;
    long long limit = json_get_int(tenant, "limit", 0);
    struct plan_check check = { "quota", true, { "runs of this tenant are not limited", "运行数量不限" } };

    if (json_get_bool(tenant, "paused", false))
        check.detail = (struct gov_text){ "runs of this tenant are paused: it will wait",
                                          "本租户的运行已暂停：将排队等待" };
    else if (limit)
        check.detail = (struct gov_text){
            arena_format(arena, "at most %lld runs at the same time; more wait their turn", limit),
            arena_format(arena, "最多同时运行 %lld 个，超出的排队等待", limit)
        };
    return check;
}

/* Only of a version that carries a signature: its absence is no news where nobody signs. */
static bool check_signature(struct planning *p, struct plan_check *check)
{
    struct arena *arena = &p->op.arena;
    struct package_signature s = package_signature_look(db_json(&p->rows, 0, BASIS_SIGNATURE, arena),
                                                        db_json(&p->rows, 0, BASIS_SIGNING, arena),
                                                        db_text(&p->rows, 0, BASIS_DIGEST), arena);

    *check = (struct plan_check){ "signature", s.state == PACKAGE_SIGNED, { NULL, NULL } };
    if (s.state == PACKAGE_SIGNED)
        check->detail = (struct gov_text){ arena_format(arena, "the version is signed by %s (%s)", s.name, s.key_id),
                                           arena_format(arena, "版本由 %s 签名（%s）", s.name, s.key_id) };
    else if (s.state == PACKAGE_KEY_UNKNOWN)
        check->detail = (struct gov_text){
            arena_format(arena, "the version is signed by a key that is not trusted here (%s)", s.key_id),
            arena_format(arena, "版本由未受信任的密钥签名（%s）", s.key_id) };
    else
        check->detail = (struct gov_text){ "the version's signature does not fit its content", "版本签名与内容不符" };
    return s.state != PACKAGE_UNSIGNED;
}

void planning_add_checks(struct planning *p, const json_t *tenant)
{
    static const struct plan_check always[] = {
        { "authorised", true, { "you may run this action", "您可以运行该操作" } },
        { "version", true, { "the version is published", "版本已发布" } },
        { "inputs", true, { "the inputs fit the schema", "输入符合 schema" } },
        { "files", true, { "the files are there", "文件齐备" } },
    };
    enum { ALWAYS = sizeof always / sizeof *always };
    struct plan_check *checks = ARENA_ARRAY(&p->op.arena, struct plan_check, ALWAYS + 3);

    memcpy(checks, always, sizeof always);
    checks[ALWAYS] = check_subscription(tenant);
    checks[ALWAYS + 1] = check_quota(p, tenant);
    p->plan.checks = checks;
    p->plan.check_count = ALWAYS + 2 + check_signature(p, &checks[ALWAYS + 2]);
}
