/* extend.c - the period that a payment buys. Late in grace it goes on where the last ended: no free days,
 * no drift. After a shutdown the edition's late policy says whether it goes on or begins today. */
#include "core/base/check.h"
#include "core/model/lifecycle.h"

static bool begins_anew(const struct lifecycle_terms *t, int64_t today)
{
    if (t->period_no == 0)
        return true;
    if (t->state == SUB_SHUTDOWN || t->state == SUB_CANCELLED)
        return t->late == LATE_RESTART;
    return t->restart && today < t->end_day; /* the paid period is cut short; once it has ended there is no gap */
}

bool lifecycle_extend(const struct lifecycle_terms *t, int64_t as_of_us, struct lifecycle_extension *x,
                      struct gov_err *err)
{
    int64_t today = calendar_day(t->zone, as_of_us);
    bool anew = begins_anew(t, today);

    if (t->state == SUB_TERMINATED)
        return gov_fail(err, GOV_CONFLICT, "the subscription is terminated, which is final; order a new one",
                        "该订阅已终止，不可恢复；请新建订阅");
    x->period_no = t->period_no + 1;
    if (anew) {
        x->anchor = civil_from_days(today);
        x->anchor_no = x->period_no;
    } else if (t->reanchor || t->restart) {
        x->anchor = civil_from_days(t->end_day);
        x->anchor_no = x->period_no;
    } else {
        x->anchor = t->anchor;
        x->anchor_no = t->anchor_no;
    }
    if (!calendar_period(x->anchor, t->interval, x->period_no - x->anchor_no, t->zone, &x->period))
        return gov_fail(err, GOV_INVALID_INPUT, "the period would end after the year 9999", "该周期将超出 9999 年");
    /* Another zone or a change of the anchor never opens a gap: the next begins where the last ended. */
    if (!anew && x->period.start_day != t->end_day) {
        x->period.start_day = t->end_day;
        x->period.start_us = calendar_day_us(t->zone, t->end_day);
        CHECK(x->period.start_day < x->period.end_day);
    }
    /* In another zone that day begins at another moment; the last period's end stays what it was. */
    if (!anew && t->end_us && t->end_us < x->period.end_us)
        x->period.start_us = t->end_us;
    return true;
}
