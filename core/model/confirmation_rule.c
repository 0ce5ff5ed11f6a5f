/* confirmation_rule.c - defaults first, then the first rule that matches, then the floor. */
#include "core/model/confirmation_rule.h"

#include <stdio.h>
#include <string.h>

#include "core/base/civil.h"
#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/model/fault.h"

enum {
    EXPIRES_S = 24 * 3600,
    EXPIRES_MIN_S = 300,
    CLOCK_MIN_S = 60,
    CLOCK_MAX_S = 30 * 24 * 3600,
    OPENS_S = 9 * 3600,
    CLOSES_S = 18 * 3600,
    SATURDAY = 5
};

struct confirmation_settings confirmation_settings_read(const json_t *setting)
{
    return (struct confirmation_settings){
        .expires_s = json_get_int(setting, "expires_s", 0),
        .reminder_s = json_get_int(setting, "reminder_s", 0),
        .people = json_get_int(setting, "people", 0),
        .rules = json_object_get(setting, "rules"),
        .version = json_get_int(setting, "version", 0),
    };
}

/* --- what may be written --- */

struct written {
    const char *name;
    const json_t *when, *roles, *escalate_roles;
    int64_t people, expires_s, reminder_s, escalate_s, extend_s;
    bool required, other_than_requester, business_hours;
};
struct condition {
    const char *skill, *action, *risk, *resource, *method;
};

static const char *const risks[] = { "low", "high", NULL };
static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", NULL };
/* Roles that only look are not among them; the database keeps to the same list. */
static const char *const deciders[] = { "owner", "admin", "operator", "approver", "finance", NULL };

#define AT(type, member) offsetof(struct type, member)
static const struct json_field rule_fields[] = {
    { "name", JSON_FIELD_TEXT, true, AT(written, name), 1, 200, NULL },
    { "when", JSON_FIELD_OBJECT, true, AT(written, when), 0, 0, NULL },
    { "required", JSON_FIELD_BOOL, false, AT(written, required), 0, 0, NULL },
    { "people", JSON_FIELD_INT, false, AT(written, people), 1, CONFIRMATION_PEOPLE_MAX, NULL },
    { "roles", JSON_FIELD_ARRAY, false, AT(written, roles), 0, 5, NULL },
    { "other_than_requester", JSON_FIELD_BOOL, false, AT(written, other_than_requester), 0, 0, NULL },
    { "expires_s", JSON_FIELD_INT, false, AT(written, expires_s), EXPIRES_MIN_S, CLOCK_MAX_S, NULL },
    { "reminder_s", JSON_FIELD_INT, false, AT(written, reminder_s), CLOCK_MIN_S, CLOCK_MAX_S, NULL },
    { "escalate_s", JSON_FIELD_INT, false, AT(written, escalate_s), CLOCK_MIN_S, CLOCK_MAX_S, NULL },
    { "escalate_roles", JSON_FIELD_ARRAY, false, AT(written, escalate_roles), 0, 5, NULL },
    { "extend_s", JSON_FIELD_INT, false, AT(written, extend_s), CLOCK_MIN_S, CLOCK_MAX_S, NULL },
    { "business_hours", JSON_FIELD_BOOL, false, AT(written, business_hours), 0, 0, NULL },
};
static const struct json_field condition_fields[] = {
    { "skill", JSON_FIELD_SLUG, false, AT(condition, skill), 0, 0, NULL },
    { "action", JSON_FIELD_SLUG, false, AT(condition, action), 0, 0, NULL },
    { "risk", JSON_FIELD_TEXT, false, AT(condition, risk), 0, 0, risks },
    { "resource", JSON_FIELD_TEXT, false, AT(condition, resource), 1, 200, NULL },
    { "method", JSON_FIELD_TEXT, false, AT(condition, method), 0, 0, methods },
};
#undef AT

static void adopt(struct fault_list *faults, const struct gov_err *err, const char *path)
{
    for (size_t i = 0; i < err->item_count; i++)
        fault_add_text(faults, arena_format(faults->arena, "%s%s", path, err->items[i].path),
                       err->items[i].code, err->items[i].message);
}

static bool decides(const char *role)
{
    for (const char *const *d = deciders; role && *d; d++)
        if (strcmp(*d, role) == 0)
            return true;
    return false;
}

static void check_roles(struct fault_list *faults, const char *path, const json_t *roles)
{
    size_t i;
    const json_t *role;

    if (json_is_array(roles) && json_array_size(roles) == 0)
        fault_add(faults, path, "min_items", "name at least one role, or leave this out",
                  "请至少指定一个角色，或省略该字段");
    json_array_foreach ((json_t *)roles, i, role)
        if (!decides(json_string_value(role)))
            fault_add(faults, arena_format(faults->arena, "%s/%zu", path, i), "enum",
                      "one of owner, admin, operator, approver, finance",
                      "只能是 owner、admin、operator、approver、finance 之一");
}

static void check_rule(struct fault_list *faults, const json_t *rule, const char *path)
{
    struct written w = { 0 };
    struct condition c = { 0 };
    struct gov_err err = { 0 };
    struct arena *arena = faults->arena;

    if (!JSON_DECODE(rule, rule_fields, &w, arena, &err)) {
        adopt(faults, &err, path);
        return;
    }
    if (!JSON_DECODE(w.when, condition_fields, &c, arena, &err))
        adopt(faults, &err, arena_format(arena, "%s/when", path));
    check_roles(faults, arena_format(arena, "%s/roles", path), w.roles);
    check_roles(faults, arena_format(arena, "%s/escalate_roles", path), w.escalate_roles);
    int64_t expires_s = w.expires_s ? w.expires_s : CLOCK_MAX_S;
    if (w.reminder_s >= expires_s)
        fault_add(faults, arena_format(arena, "%s/reminder_s", path), "maximum",
                  "the reminder has to come before it expires", "提醒须早于到期时间");
    if (w.escalate_s >= expires_s)
        fault_add(faults, arena_format(arena, "%s/escalate_s", path), "maximum",
                  "the escalation has to come before it expires", "升级须早于到期时间");
    if (!w.escalate_s != !w.escalate_roles)
        fault_add(faults, arena_format(arena, "%s/escalate_roles", path), "required",
                  "escalate_s and escalate_roles go together", "escalate_s 与 escalate_roles 须同时给出");
}

bool confirmation_rules_check(const json_t *rules, const char *path, struct arena *arena,
                              struct gov_err *err)
{
    struct fault_list faults = { .arena = arena };
    size_t i;
    const json_t *rule;

    if (!json_is_array(rules) || json_array_size(rules) > CONFIRMATION_RULES_MAX)
        return gov_fail_at(err, GOV_INVALID_INPUT, path, "type", "an array of at most %d rules",
                           "最多 %d 条规则的数组", CONFIRMATION_RULES_MAX);
    json_array_foreach ((json_t *)rules, i, rule)
        check_rule(&faults, rule, arena_format(arena, "%s/%zu", path, i));
    return fault_report(&faults, GOV_INVALID_INPUT, err);
}

/* --- which one counts --- */

static bool says(const json_t *when, const char *name, const char *value)
{
    const char *wanted = json_get_text(when, name);
    return !wanted || strcmp(wanted, value) == 0;
}

/* With no word about resources every step matches; with one, some resource has to be all it says. */
static bool resource_matches(const json_t *when, const struct plan_step *step)
{
    if (!json_object_get(when, "resource") && !json_object_get(when, "method"))
        return true;
    for (size_t i = 0; i < step->resource_count; i++)
        if (says(when, "resource", step->resources[i].name) &&
            says(when, "method", step->resources[i].method))
            return true;
    return false;
}

static const json_t *rule_find(const json_t *rules, const struct skill_action *action,
                               const struct plan_step *step)
{
    size_t i;
    const json_t *rule;

    json_array_foreach ((json_t *)rules, i, rule) {
        const json_t *when = json_object_get(rule, "when");
        if (says(when, "skill", step->skill) && says(when, "action", action->name) &&
            says(when, "risk", skill_risk_name(action->risk)) && resource_matches(when, step))
            return rule;
    }
    return NULL;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct confirmation_rule confirmation_rule_for(const struct skill_action *action,
                                               const struct plan_step *step,
                                               const struct confirmation_settings *settings,
                                               bool force, struct arena *arena)
{
    bool high = action->risk == SKILL_RISK_HIGH;
    const json_t *own = rule_find(settings->rules, action, step);
    struct confirmation_rule rule = {
        .required = high || action->confirm_required || force || json_get_bool(own, "required", own),
        .other_than_requester = high || json_get_bool(own, "other_than_requester", false),
    };

    if (!rule.required)
        return rule;
    rule.name = json_get_text(own, "name");
    rule.people = greater(greater(action->confirm_people, 1), json_get_int(own, "people", 1));
    if (high)
        rule.people = greater(rule.people, settings->people);
    rule.roles = json_text_list(json_object_get(own, "roles"), arena);
    rule.expires_s = settings->expires_s ? settings->expires_s : EXPIRES_S;
    rule.expires_s = action->confirm_expires_s ? action->confirm_expires_s : rule.expires_s;
    rule.expires_s = json_get_int(own, "expires_s", rule.expires_s);
    rule.reminder_s = json_get_int(own, "reminder_s", settings->reminder_s);
    if (rule.reminder_s <= 0 || rule.reminder_s >= rule.expires_s)
        rule.reminder_s = rule.expires_s / 2;
    rule.escalate_s = json_get_int(own, "escalate_s", 0);
    if (rule.escalate_s >= rule.expires_s)
        rule.escalate_s = rule.expires_s / 2;
    rule.escalate_roles = json_text_list(json_object_get(own, "escalate_roles"), arena);
    rule.extend_s = json_get_int(own, "extend_s", 0);
    rule.business_hours = json_get_bool(own, "business_hours", false);
    return rule;
}

/* --- its clock --- */

/* The moment when a clock of the zone shows so many seconds after midnight of `day`. */
static int64_t moment_of(const struct zone *zone, int64_t day, int64_t seconds)
{
    int64_t local = day * 86400 + seconds;
    return local - zone_offset_local(zone, local);
}

int64_t confirmation_rule_after(const struct confirmation_rule *rule, const struct zone *zone,
                                int64_t now_us, int64_t seconds)
{
    int64_t now = now_us / 1000000;

    if (!rule->business_hours)
        return now_us + seconds * 1000000;
    for (int64_t day = zone_day(zone, now);; day++) {
        int64_t opens = moment_of(zone, day, OPENS_S), closes = moment_of(zone, day, CLOSES_S);
        if (civil_weekday(civil_from_days(day)) >= SATURDAY || now >= closes)
            continue;
        int64_t from = greater(now, opens);
        if (seconds <= closes - from)
            return (from + seconds) * 1000000;
        seconds -= closes - from;
    }
}

/* --- for the row --- */

static json_t *roles_encode(const char *const *roles)
{
    json_t *list = roles ? json_array() : NULL;

    for (; roles && *roles; roles++)
        json_array_append_new(list, json_string(*roles));
    return list;
}

json_t *confirmation_rule_encode(const struct confirmation_rule *rule, int64_t escalate_at_us)
{
    char at[CLOCK_TEXT_BYTES];
    json_t *json = json_pack("{s:I, s:b, s:s*, s:o*}", "people", (json_int_t)rule->people,
                             "four_eyes", rule->other_than_requester, "name", rule->name, "roles",
                             roles_encode(rule->roles));

    if (rule->extend_s)
        json_object_set_new(json, "extend_s", json_integer(rule->extend_s));
    if (escalate_at_us) {
        json_object_set_new(json, "escalate_at", json_string(clock_format(escalate_at_us, at)));
        json_object_set_new(json, "escalate_roles", roles_encode(rule->escalate_roles));
    }
    return json;
}

bool confirmation_rule_names(const struct confirmation_rule *rule, enum role role)
{
    if (!rule->roles)
        return policy_may(role, MAY_CONFIRM);
    for (const char *const *name = rule->roles; *name; name++)
        if (strcmp(*name, role_name(role)) == 0)
            return true;
    return false;
}
