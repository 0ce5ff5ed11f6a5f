#include "core/model/request.h"

#include <string.h>

#include "tests/lib/test.h"

struct example {
    struct request_facts facts;
    enum request_state state;
    enum run_state run;
};

/* One life after the other, each line a moment of it. */
static const struct example examples[] = {
    /* asked in words, runs */
    { { 0 }, REQUEST_RECEIVED, RUN_QUEUED },
    { { true, JOB_INTENT, LIVE_READY }, REQUEST_RECEIVED, RUN_QUEUED },
    { { true, JOB_INTENT, LIVE_DELAYED }, REQUEST_RECEIVED, RUN_QUEUED },
    { { true, JOB_INTENT, LIVE_RUNNING }, REQUEST_RECOGNISING, RUN_QUEUED },
    { { true, JOB_INTENT, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_ACT },
      REQUEST_PLANNING,
      RUN_QUEUED },
    { { true, JOB_PLAN, LIVE_READY, OUTCOME_NONE, false, INTENT_ACT },
      REQUEST_PLANNING,
      RUN_QUEUED },
    { { true, JOB_PLAN, LIVE_RUNNING, OUTCOME_NONE, false, INTENT_ACT },
      REQUEST_PLANNING,
      RUN_QUEUED },
    { { true, JOB_RUN, LIVE_READY, OUTCOME_NONE, false, INTENT_ACT }, REQUEST_QUEUED, RUN_QUEUED },
    { { true, JOB_RUN, LIVE_DELAYED }, REQUEST_QUEUED, RUN_QUEUED },
    { { true, JOB_RUN, LIVE_WAITING }, REQUEST_QUEUED, RUN_QUEUED },
    { { true, JOB_RUN, LIVE_HELD }, REQUEST_QUEUED, RUN_HELD },
    { { true, JOB_RUN, LIVE_RUNNING }, REQUEST_RUNNING, RUN_RUNNING },
    { { true, JOB_RUN, LIVE_NONE, OUTCOME_SUCCEEDED }, REQUEST_SUCCEEDED, RUN_SUCCEEDED },
    { { true, JOB_RUN, LIVE_NONE, OUTCOME_FAILED }, REQUEST_FAILED, RUN_FAILED },
    { { true, JOB_RUN, LIVE_NONE, OUTCOME_DEAD }, REQUEST_FAILED, RUN_FAILED },
    { { true, JOB_RUN, LIVE_NONE, OUTCOME_CANCELLED }, REQUEST_CANCELLED, RUN_CANCELLED },
    { { true, JOB_RUN, LIVE_NONE, OUTCOME_EXPIRED }, REQUEST_EXPIRED, RUN_EXPIRED },
    /* a run that succeeded before its cancel arrived has succeeded */
    { { true, JOB_RUN, LIVE_NONE, OUTCOME_SUCCEEDED, true }, REQUEST_SUCCEEDED, RUN_SUCCEEDED },
    { { true, JOB_RUN, LIVE_RUNNING, OUTCOME_NONE, true }, REQUEST_RUNNING, RUN_RUNNING },
    /* asks back, abstains */
    { { true, JOB_INTENT, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_ASK },
      REQUEST_NEEDS_ANSWER,
      RUN_QUEUED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_ASK },
      REQUEST_NEEDS_ANSWER,
      RUN_QUEUED },
    { { true, JOB_INTENT, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_ABSTAIN },
      REQUEST_ABSTAINED,
      RUN_QUEUED },
    /* answered: a plan job is live again */
    { { true, JOB_PLAN, LIVE_READY, OUTCOME_NONE, false, INTENT_ASK },
      REQUEST_PLANNING,
      RUN_QUEUED },
    /* only planned */
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_ACT },
      REQUEST_PLANNED,
      RUN_PLANNED },
    /* waits for a person */
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_ACT, CONFIRMATION_WAITING },
      REQUEST_AWAITING_CONFIRMATION,
      RUN_AWAITING_CONFIRMATION },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_NONE, CONFIRMATION_REJECTED },
      REQUEST_REJECTED,
      RUN_REJECTED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_NONE, CONFIRMATION_EXPIRED },
      REQUEST_EXPIRED,
      RUN_EXPIRED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_NONE, CONFIRMATION_WITHDRAWN },
      REQUEST_CANCELLED,
      RUN_CANCELLED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, false, INTENT_NONE, CONFIRMATION_CONFIRMED },
      REQUEST_QUEUED,
      RUN_QUEUED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_SUCCEEDED, true, INTENT_NONE, CONFIRMATION_WAITING },
      REQUEST_CANCELLED,
      RUN_CANCELLED },
    { { true, JOB_RUN, LIVE_RUNNING, OUTCOME_NONE, false, INTENT_ACT, CONFIRMATION_CONFIRMED },
      REQUEST_RUNNING,
      RUN_RUNNING },
    /* cancelled, or broken, on the way */
    { { true, JOB_INTENT, LIVE_READY, OUTCOME_NONE, true }, REQUEST_CANCELLED, RUN_CANCELLED },
    { { true, JOB_INTENT, LIVE_NONE, OUTCOME_FAILED }, REQUEST_FAILED, RUN_FAILED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_FAILED, false, INTENT_ACT },
      REQUEST_FAILED,
      RUN_FAILED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_DEAD, false, INTENT_ASK }, REQUEST_FAILED, RUN_FAILED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_CANCELLED }, REQUEST_CANCELLED, RUN_CANCELLED },
    { { true, JOB_PLAN, LIVE_NONE, OUTCOME_EXPIRED }, REQUEST_EXPIRED, RUN_EXPIRED },
};

static void state_follows_from_the_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        enum request_state request = request_state_derive(&examples[i].facts);
        enum run_state run = run_state_derive(&examples[i].facts);
        if (request != examples[i].state || run != examples[i].run)
            fail_msg("line %zu: %s, %s", i, request_state_name(request), run_state_name(run));
    }
}

static void every_state_is_reached(void **state)
{
    bool request[REQUEST_STATE_COUNT] = { 0 }, run[RUN_STATE_COUNT] = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        request[examples[i].state] = true;
        run[examples[i].run] = true;
    }
    for (int i = 0; i < REQUEST_STATE_COUNT; i++)
        if (!request[i])
            fail_msg("no example of %s", request_state_name((enum request_state)i));
    for (int i = 0; i < RUN_STATE_COUNT; i++)
        if (!run[i])
            fail_msg("no example of %s", run_state_name((enum run_state)i));
}

static void every_combination_of_facts_has_a_state(void **state)
{
    (void)state;
    /* Also those no transaction leaves behind; an aborting status page helps nobody. */
    for (int job = 0; job < JOB_KIND_COUNT; job++)
        for (int live = 0; live < LIVE_COUNT; live++)
            for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
                for (int rest = 0; rest < 4 * INTENT_DECISION_COUNT * CONFIRMATION_STATE_COUNT;
                     rest++) {
                    struct request_facts facts = {
                        .has_job = rest & 1,
                        .cancelled = rest & 2,
                        .job = (enum job_kind)job,
                        .live = (enum job_live)live,
                        .outcome = (enum job_outcome)outcome,
                        .intent = (enum intent_decision)(rest / 4 % INTENT_DECISION_COUNT),
                        .confirmation = (enum confirmation_state)(rest / 4 / INTENT_DECISION_COUNT),
                    };
                    enum request_state s = request_state_derive(&facts);
                    enum run_state r = run_state_derive(&facts);
                    assert_true((unsigned)s < REQUEST_STATE_COUNT && (unsigned)r < RUN_STATE_COUNT);
                    assert_false(request_state_ended(s) && request_state_needs_person(s));
                    /* the two views agree about the end, but for what a run has no word for */
                    if (s != REQUEST_PLANNED && s != REQUEST_ABSTAINED)
                        assert_int_equal(request_state_ended(s), run_state_ended(r));
                }
}

static void names_are_those_of_the_contract(void **state)
{
    static const char *const requests = "received recognising needs_answer planning planned "
                                        "awaiting_confirmation queued running succeeded "
                                        "failed rejected expired cancelled abstained ";
    static const char *const runs = "planned awaiting_confirmation queued running succeeded failed "
                                    "rejected expired cancelled held ";
    char all[400] = "";
    size_t used = 0;
    (void)state;
    for (int i = 0; i < REQUEST_STATE_COUNT; i++) {
        enum request_state got;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s ",
                                 request_state_name((enum request_state)i));
        assert_true(request_state_parse(request_state_name((enum request_state)i), &got));
        assert_int_equal(got, i);
        assert_string_not_equal(request_state_title(got).en, request_state_title(got).zh);
    }
    assert_string_equal(all, requests);
    used = 0;
    for (int i = 0; i < RUN_STATE_COUNT; i++) {
        enum run_state got;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s ",
                                 run_state_name((enum run_state)i));
        assert_true(run_state_parse(run_state_name((enum run_state)i), &got));
        assert_int_equal(got, i);
    }
    assert_string_equal(all, runs);
    enum intent_decision decision;
    enum confirmation_state confirmation;
    assert_true(intent_decision_parse("ask", &decision) && decision == INTENT_ASK);
    assert_true(confirmation_state_parse("withdrawn", &confirmation) &&
                confirmation == CONFIRMATION_WITHDRAWN);
    assert_false(intent_decision_parse("", &decision));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_follows_from_the_rows),
        cmocka_unit_test(every_state_is_reached),
        cmocka_unit_test(every_combination_of_facts_has_a_state),
        cmocka_unit_test(names_are_those_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
