#include "core/model/policy.h"

#include <stdio.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/check.h"
#include "core/model/word.h"

/* --- roles --- */

static const struct {
    char letter; /* in policy_permissions.def */
    struct gov_text title;
} roles[ROLE_COUNT] = {
    [ROLE_NONE] = { 0, { "nobody", "无角色" } },
    [ROLE_OWNER] = { 'o', { "owner", "所有者" } },
    [ROLE_ADMIN] = { 'a', { "administrator", "管理员" } },
    [ROLE_OPERATOR] = { 'p', { "operator", "操作员" } },
    [ROLE_APPROVER] = { 'v', { "approver", "审批人" } },
    [ROLE_FINANCE] = { 'f', { "finance", "财务" } },
    [ROLE_AUDITOR] = { 'u', { "auditor", "审计员" } },
    [ROLE_VIEWER] = { 'w', { "viewer", "查看者" } },
    [ROLE_PLATFORM_ADMIN] = { 'A', { "platform administrator", "平台管理员" } },
    [ROLE_PLATFORM_FINANCE] = { 'F', { "platform finance", "平台财务" } },
    [ROLE_PLATFORM_AUDITOR] = { 'U', { "platform auditor", "平台审计员" } },
};

static const char *const role_names[ROLE_COUNT] = {
    "",        "owner",  "admin",          "operator",         "approver",         "finance",
    "auditor", "viewer", "platform_admin", "platform_finance", "platform_auditor",
};

const char *role_name(enum role role)
{
    return word_of(role_names, ROLE_COUNT, role);
}

struct gov_text role_title(enum role role)
{
    CHECK((unsigned)role < ROLE_COUNT);
    return roles[role].title;
}

bool role_parse(const char *text, enum role *role)
{
    int value = ROLE_NONE;
    bool found = word_find(role_names, ROLE_COUNT, text, &value);
    *role = (enum role)value;
    return found;
}

bool role_is_platform(enum role role)
{
    return role >= ROLE_PLATFORM_ADMIN && role < ROLE_COUNT;
}

bool role_may_assign(enum role by, enum role role)
{
    if (role == ROLE_NONE || role_is_platform(role) || !policy_may(by, MAY_MANAGE_MEMBERS))
        return false;
    return role != ROLE_OWNER || by == ROLE_OWNER;
}

/* --- permissions --- */

static const struct {
    const char *name;
    const char *roles; /* letters */
    const char *scope;
} permissions[PERMISSION_COUNT] = {
#define PERMISSION(name, wire, roles, scope) [MAY_##name] = { wire, roles, scope },
#include "core/model/policy_permissions.def"
#undef PERMISSION
};

const char *permission_name(enum permission permission)
{
    CHECK((unsigned)permission < PERMISSION_COUNT);
    return permissions[permission].name;
}

const char *permission_scope(enum permission permission)
{
    CHECK((unsigned)permission < PERMISSION_COUNT);
    return permissions[permission].scope;
}

bool policy_may(enum role role, enum permission permission)
{
    CHECK((unsigned)permission < PERMISSION_COUNT && (unsigned)role < ROLE_COUNT);
    return role != ROLE_NONE && strchr(permissions[permission].roles, roles[role].letter);
}

bool policy_token_names(const char *const *skills, const char *skill)
{
    for (const char *const *named = skills; named && *named; named++)
        if (strcmp(*named, skill) == 0)
            return true;
    return !skills;
}

/* --- scopes --- */

static const char *const scopes_known[] = {
    "runs:read",   "runs:write",     "skills:read",        "skills:write",  "files:read",
    "files:write", "schedules:read", "schedules:write",    "members:read",  "audit:read",
    "usage:read",  "billing:read",   "announcements:read", "platform:read", NULL,
};
enum { SCOPE_COUNT = sizeof scopes_known / sizeof *scopes_known - 1 };

const char *const *policy_scopes(void)
{
    return scopes_known;
}

static const char *scopes_text(char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < SCOPE_COUNT && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", scopes_known[i]);
    return text;
}

bool policy_scopes_parse(const char *const *names, uint32_t *scopes, struct gov_err *err)
{
    *scopes = 0;
    for (int i = 0; names[i]; i++) {
        char path[32], known[400];
        int bit;
        if (word_find(scopes_known, SCOPE_COUNT, names[i], &bit)) {
            *scopes |= 1u << bit;
            continue;
        }
        snprintf(path, sizeof path, "/scopes/%d", i);
        scopes_text(known, sizeof known);
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "enum", "\"%.40s\" is no scope; known: %s",
                           "“%.40s”不是有效的权限范围；可用：%s", names[i], known);
    }
    return true;
}

bool policy_token_may(enum role role, uint32_t scopes, enum permission permission)
{
    int bit;
    return policy_may(role, permission) &&
           word_find(scopes_known, SCOPE_COUNT, permissions[permission].scope, &bit) &&
           (scopes & (1u << bit));
}

static void roles_that_may(enum permission permission, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int role = 0; role < ROLE_COUNT && used < size; role++)
        if (policy_may((enum role)role, permission))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", role_name((enum role)role));
}

bool policy_refuse(enum role role, bool is_token, enum permission permission, struct gov_err *err)
{
    const char *name = permission_name(permission);

    if (is_token && policy_may(role, permission)) {
        if (!permissions[permission].scope)
            return gov_fail(err, GOV_SESSION_REQUIRED,
                            "\"%s\" needs a person who has logged in; an API token is not enough",
                            "“%s”需要人员登录后操作，API 令牌不可用", name);
        return gov_fail(err, GOV_FORBIDDEN, "this token lacks the scope \"%s\"",
                        "该令牌缺少权限范围“%s”", permissions[permission].scope);
    }
    char holders[200];
    roles_that_may(permission, holders, sizeof holders);
    return gov_fail(err, GOV_FORBIDDEN, "the role \"%s\" does not include \"%s\" (these do: %s); ask an administrator",
                    "角色“%s”不包含“%s”权限（拥有该权限的角色：%s），请联系管理员", role_name(role), name, holders);
}

/* --- who may run a skill --- */

static bool names_action(const struct policy_binding *binding, const char *action)
{
    if (!binding->actions)
        return true;
    for (const char *const *a = binding->actions; *a; a++)
        if (strcmp(*a, action) == 0)
            return true;
    return false;
}

static bool names_person(const struct policy_binding *binding, enum role role,
                         const struct id *user)
{
    if (binding->role != ROLE_NONE)
        return binding->role == role;
    return !id_empty(user) && strcmp(binding->user.text, user->text) == 0;
}

#define REASON(reason, arena, english, chinese, a, b)                                              \
    (*(reason) = (struct gov_text){ arena_format((arena), (english), (a).en, (b)),                 \
                                    arena_format((arena), (chinese), (a).zh, (b)) })

bool policy_binding_explain(const struct policy_binding *bindings, size_t count, enum role role,
                            const struct id *user, const char *action, struct arena *arena,
                            struct gov_text *reason)
{
    struct gov_text title = role_title(role);
    bool named = false;

    if (!policy_may(role, MAY_RUN)) {
        REASON(reason, arena,
               "the role %s never runs skills (\"%s\"); owner, administrator and operator do",
               "%s角色不能运行技能（“%s”）；所有者、管理员和操作员可以", title, action);
        return false;
    }
    if (count == 0) {
        REASON(reason, arena,
               "the skill has no bindings, so the role %s may run every action (\"%s\")",
               "该技能没有绑定限制，%s可以运行所有操作（“%s”）", title, action);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!names_person(&bindings[i], role, user))
            continue;
        named = true;
        if (!names_action(&bindings[i], action))
            continue;
        struct gov_text who =
            bindings[i].role != ROLE_NONE ? title : (struct gov_text){ "person", "该用户" };
        REASON(reason, arena, "a binding lets this %s run \"%s\"", "绑定允许%s运行“%s”", who,
               action);
        return true;
    }
    if (named)
        REASON(reason, arena, "a binding names this %s, but not the action \"%s\"",
               "绑定包含该%s，但不包含操作“%s”", title, action);
    else
        REASON(reason, arena,
               "the skill's bindings name neither this person nor the role %s (action \"%s\"); "
               "an administrator can add one",
               "该技能的绑定既不包含该用户，也不包含角色%s（操作“%s”）；管理员可以添加", title,
               action);
    return false;
}
