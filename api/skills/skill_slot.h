/* skill_slot.h - what to tell somebody whose tenant has no slot left for a skill. */
#ifndef API_SKILLS_SKILL_SLOT_H
#define API_SKILLS_SKILL_SLOT_H

#include "core/base/err.h"

/* Puts the remedy into `err` if that is what the database refused; others are left as they are. */
void skill_slot_explain(struct gov_err *err);

#endif
