/* confirmation_rule.h - who has to confirm what, and until when.
 *
 * A tenant writes a list of rules; the first whose conditions all hold for a step counts, for the
 * members it has. What it leaves out comes from the action's manifest and the tenant's general
 * settings. A rule can only ask for more: a high-risk action needs at least one other person, whatever
 * is written.
 *
 *     {"name": "refunds", "when": {"skill": "refund", "risk": "high", "resource": "billing",
 *      "method": "POST"}, "people": 2, "roles": ["finance"], "other_than_requester": true,
 *      "expires_s": 86400, "reminder_s": 43200, "escalate_s": 21600, "escalate_roles": ["owner"],
 *      "extend_s": 86400, "business_hours": true}
 *
 * What a rule came to stands in confirmation.rule; confirmation_decide reads it there.
 */
#ifndef CORE_MODEL_CONFIRMATION_RULE_H
#define CORE_MODEL_CONFIRMATION_RULE_H

#include "core/base/zone.h"
#include "core/model/plan.h"
#include "core/model/policy.h"
#include "core/model/skill/manifest.h"

enum { CONFIRMATION_RULES_MAX = 50, CONFIRMATION_PEOPLE_MAX = 5 };

/* A tenant's settings about confirmations (setting "confirmation"); 0 and NULL take the default. */
struct confirmation_settings {
    int64_t expires_s;   /* 24 h */
    int64_t reminder_s;  /* half of the time until it expires */
    int64_t people;      /* at least that many for high risk; 1 */
    const json_t *rules; /* as confirmation_rules_check let them pass */
    int64_t version;     /* of all this: part of the plan's digest */
};
struct confirmation_settings confirmation_settings_read(const json_t *setting);

struct confirmation_rule {
    bool required;
    const char *name;                  /* of the tenant's rule that counted; NULL: none did */
    int64_t people;
    bool other_than_requester;
    const char *const *roles;          /* NULL: whoever has the permission "confirm" */
    int64_t expires_s, reminder_s;
    int64_t escalate_s;                /* 0: never */
    const char *const *escalate_roles;
    int64_t extend_s;                  /* 0: no extension */
    bool business_hours;               /* the clock runs Monday to Friday, 9 to 18, only */
};

/* False: `err` is INVALID_INPUT with every fault, by JSON Pointer below `path`. */
bool confirmation_rules_check(const json_t *rules, const char *path, struct arena *arena,
                              struct gov_err *err);

/* The rule for one step of a plan: its skill, resources, and the action behind it. `force`: something
 * is uncertain, so that somebody has to look even where nothing else asks for it. */
struct confirmation_rule confirmation_rule_for(const struct skill_action *action,
                                               const struct plan_step *step,
                                               const struct confirmation_settings *settings,
                                               bool force, struct arena *arena);

/* When `seconds` of the rule's clock have gone by since `now_us`; `zone` is the tenant's. */
int64_t confirmation_rule_after(const struct confirmation_rule *rule, const struct zone *zone,
                                int64_t now_us, int64_t seconds);

/* As confirmation.rule keeps it. `escalate_at_us` 0: no escalation. New reference. */
json_t *confirmation_rule_encode(const struct confirmation_rule *rule, int64_t escalate_at_us);

/* May somebody of this role decide, by the rule as it was first asked? */
bool confirmation_rule_names(const struct confirmation_rule *rule, enum role role);

#endif
