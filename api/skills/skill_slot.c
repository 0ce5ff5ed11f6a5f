#include "api/skills/skill_slot.h"

#include <string.h>

void skill_slot_explain(struct gov_err *err)
{
    if (err->code != GOV_QUOTA_EXCEEDED || !strstr(err->cause, "slot for a skill"))
        return;
    gov_fail_at(err, GOV_QUOTA_EXCEEDED, "skills", "slots",
                "every slot for a skill is taken (GET /v1/me, quotas); switch a skill off (PATCH /v1/skills/{name}, "
                "enabled false), or order a slot pack (POST /v1/orders)",
                "技能槽位已用完（见 GET /v1/me 的 quotas）；请停用某个技能（PATCH /v1/skills/{name}，enabled 为 false）"
                "或订购槽位包（POST /v1/orders）");
}
