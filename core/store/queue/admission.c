#include "core/store/queue/admission.h"

#include <stdio.h>
#include <string.h>

static enum role role_of(const struct admission *a)
{
    enum role role = ROLE_NONE;

    if (a->role)
        role_parse(a->role, &role);
    return role;
}

static const char *owner_of(const struct admission *a)
{
    return a->owner_name ? a->owner_name : "?";
}

static bool is_published(const struct admission *a)
{
    return strcmp(a->state, "published") == 0;
}

static bool draft(const struct admission *a, struct gov_err *err)
{
    bool mine = strcmp(a->uploaded_by.text, a->requester.text) == 0;

    if (!policy_may(role_of(a), mine ? MAY_UPLOAD_SKILLS : MAY_REVIEW_SKILLS))
        return gov_fail(err, GOV_FORBIDDEN, "only its author and reviewers may try a draft",
                        "只有作者和审核人可以试运行草稿");
    if (strcmp(a->state, "checking") == 0 || strcmp(a->state, "refused") == 0)
        return gov_fail(err, GOV_NOT_PUBLISHED, "this version is %s; it cannot be tried",
                        "该版本状态为 %s，不能试运行", a->state);
    return true;
}

bool admission_version(const struct admission *a, struct gov_err *err)
{
    if (strcmp(a->state, "yanked") == 0)
        return gov_fail_at(err, GOV_VERSION_YANKED, "/version", "yanked",
                           "version %lld of \"%s\" was withdrawn; its owner is %s",
                           "“%2$s”的版本 %1$lld 已撤回；负责人：%3$s", (long long)a->version,
                           a->skill, owner_of(a));
    if (a->is_try && !is_published(a))
        return draft(a, err);
    if (!is_published(a))
        return gov_fail_at(err, GOV_NOT_PUBLISHED, "/version", "not_published",
                           "version %lld is %s; only published versions run",
                           "版本 %lld 状态为 %s；只有已发布的版本可以运行", (long long)a->version,
                           a->state);
    if (!a->enabled)
        return gov_fail_at(err, GOV_SKILL_DISABLED, "/skill", "disabled",
                           "skill \"%s\" is switched off; its owner is %s",
                           "技能“%s”已停用；负责人：%s", a->skill, owner_of(a));
    return true;
}

static const char *const *actions_of(const json_t *list, struct arena *arena)
{
    if (!json_is_array(list))
        return NULL;
    const char **actions = ARENA_ARRAY(arena, const char *, json_array_size(list) + 1);
    for (size_t i = 0; i < json_array_size(list); i++)
        actions[i] = json_string_value(json_array_get(list, i));
    return actions;
}

const struct policy_binding *admission_bindings(const json_t *list, size_t *count,
                                                struct arena *arena)
{
    *count = json_array_size(list);
    struct policy_binding *bindings = ARENA_ARRAY(arena, struct policy_binding, *count + 1);

    for (size_t i = 0; i < *count; i++) {
        const json_t *b = json_array_get(list, i);
        if (strcmp(json_get_text(b, "kind"), "role") == 0)
            role_parse(json_get_text(b, "subject"), &bindings[i].role);
        else
            id_parse(json_get_text(b, "subject"), &bindings[i].user);
        bindings[i].actions = actions_of(json_object_get(b, "actions"), arena);
    }
    return bindings;
}

bool admission_binding(const struct admission *a, const char *action, struct arena *arena,
                       struct gov_err *err)
{
    struct gov_text reason;
    size_t count;

    if (!a->role)
        return gov_fail(err, GOV_FORBIDDEN, "who asked for this is no active member of the tenant any more",
                        "发起人已不再是该租户的有效成员");
    /* Trying is for what is not published: a published version runs by the bindings, whoever wrote it. */
    if (a->is_try && !is_published(a) && policy_may(role_of(a), MAY_RUN))
        return true;
    const struct policy_binding *bindings = admission_bindings(a->bindings, &count, arena);
    if (policy_binding_explain(bindings, count, role_of(a), &a->requester, action, arena, &reason))
        return true;
    /* Who may not run anything is told so; who may not run this is told no more than that. */
    gov_fail(err, GOV_FORBIDDEN, "%s", "%s", reason.en);
    snprintf(err->zh, sizeof err->zh, "%s", reason.zh);
    return false;
}
