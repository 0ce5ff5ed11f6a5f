/* Events between processes. */
#include "core/store/event_bus.h"

#include <stdio.h>

#include "tests/lib/queue_world.h"
#include "tests/lib/test.h"

struct ear {
    int heard;
    int listening;
    char tenant[32];
    struct id request;
    bool went_on[3];
    struct event_bus *bus;
};

static void happened(void *context, const char *tenant, const struct id *request, bool goes_on)
{
    struct ear *ear = context;
    if (ear->heard < 3)
        ear->went_on[ear->heard] = goes_on;
    ear->heard++;
    ear->request = *request;
    snprintf(ear->tenant, sizeof ear->tenant, "%s", tenant);
}

static void listening(void *context, const char *tenant)
{
    struct ear *ear = context;
    ear->listening++;
    snprintf(ear->tenant, sizeof ear->tenant, "%s", tenant);
}

static bool ear_listens(void *context)
{
    return ((struct ear *)context)->listening > 0;
}

static bool ear_is_up(void *context)
{
    return event_bus_up(((struct ear *)context)->bus);
}

static bool ear_heard(void *context)
{
    return ((struct ear *)context)->heard > 0;
}

static void events_reach_who_joined_the_tenant(void **state)
{
    struct queue_world *w = *state;
    struct ear ear = { 0 };
    struct event_bus_events events = { happened, NULL, &ear };
    struct id one = id_new(), two = id_new();
    ear.bus = event_bus_new(w->redis, &events);
    event_bus_join(ear.bus, "t_00000000000000aa");
    event_bus_join(ear.bus, "t_00000000000000aa");
    event_bus_join(ear.bus, "t_00000000000000bb");
    loop_until(&w->loop, ear_is_up, &ear, 5000);
    event_bus_leave(ear.bus, "t_00000000000000bb");
    event_bus_leave(ear.bus, "t_00000000000000aa");
    event_bus_publish(ear.bus, "t_00000000000000bb", &one);
    event_bus_publish(ear.bus, "t_00000000000000aa", &two);
    loop_until(&w->loop, ear_heard, &ear, 5000);
    assert_int_equal(ear.heard, 1);
    assert_string_equal(ear.tenant, "t_00000000000000aa");
    assert_string_equal(ear.request.text, two.text);
    event_bus_publish(ear.bus, "t_00000000000000aa", &two);
    event_bus_stop(ear.bus);
}

static bool ear_heard_two(void *context)
{
    return ((struct ear *)context)->heard == 2;
}

static bool ear_heard_three(void *context)
{
    return ((struct ear *)context)->heard == 3;
}

/* One message is on its way at a time, so the second carries two ids with different marks. */
static void an_event_says_whether_it_goes_on(void **state)
{
    struct queue_world *w = *state;
    struct ear ear = { 0 };
    struct event_bus_events events = { happened, NULL, &ear };
    struct id one = id_new(), two = id_new(), three = id_new();

    ear.bus = event_bus_new(w->redis, &events);
    event_bus_join(ear.bus, "t_00000000000000aa");
    loop_until(&w->loop, ear_is_up, &ear, 5000);
    event_bus_publish_going_on(ear.bus, "t_00000000000000aa", &one);
    event_bus_publish(ear.bus, "t_00000000000000aa", &two);
    event_bus_publish_going_on(ear.bus, "t_00000000000000aa", &three);
    loop_until(&w->loop, ear_heard_three, &ear, 5000);
    assert_true(ear.went_on[0]);
    assert_false(ear.went_on[1]);
    assert_true(ear.went_on[2]);
    event_bus_stop(ear.bus);
}

/* A version before the marks wrote a space between two ids, and nothing behind the last. */
static void an_event_of_the_version_before_may_be_the_end(void **state)
{
    struct queue_world *w = *state;
    struct ear ear = { 0 };
    struct event_bus_events events = { happened, NULL, &ear };
    char news[2 * 36 + 2];
    struct id one = id_new(), two = id_new();

    snprintf(news, sizeof news, "%s %s", one.text, two.text);
    ear.bus = event_bus_new(w->redis, &events);
    event_bus_join(ear.bus, "t_00000000000000aa");
    loop_until(&w->loop, ear_is_up, &ear, 5000);
    freeReplyObject(redisCommand(w->direct, "PUBLISH ev:t_00000000000000aa %s", news));
    loop_until(&w->loop, ear_heard_two, &ear, 5000);
    assert_false(ear.went_on[0]);
    assert_false(ear.went_on[1]);
    event_bus_stop(ear.bus);
}

static long long subscribers(struct queue_world *w, const char *tenant)
{
    redisReply *reply = redisCommand(w->direct, "PUBSUB NUMSUB ev:%s", tenant);
    long long count = reply->element[1]->integer;

    freeReplyObject(reply);
    return count;
}

/* What was published before is lost, so who joined has to look at that moment. */
static void who_joined_is_told_when_it_is_heard(void **state)
{
    struct queue_world *w = *state;
    struct ear ear = { 0 };
    struct event_bus_events events = { happened, NULL, &ear, NULL, listening };

    ear.bus = event_bus_new(w->redis, &events);
    loop_until(&w->loop, ear_is_up, &ear, 5000);
    assert_int_equal(ear.listening, 0);
    event_bus_join(ear.bus, "t_00000000000000aa");
    assert_int_equal(ear.listening, 0);
    loop_until(&w->loop, ear_listens, &ear, 5000);
    assert_string_equal(ear.tenant, "t_00000000000000aa");
    assert_int_equal(subscribers(w, "t_00000000000000aa"), 1);
    event_bus_stop(ear.bus);
}

/* The channels of those that were left last stay subscribed to, and nobody is told what comes there. */
static void who_was_left_last_costs_nothing_to_join_again(void **state)
{
    struct queue_world *w = *state;
    struct ear ear = { 0 };
    struct event_bus_events events = { happened, NULL, &ear, NULL, listening };
    struct id one = id_new();
    char tenant[32];

    ear.bus = event_bus_new(w->redis, &events);
    for (int i = 0; i <= EVENT_BUS_LEFT_MAX; i++) {
        snprintf(tenant, sizeof tenant, "t_%016x", i);
        event_bus_join(ear.bus, tenant);
        event_bus_leave(ear.bus, tenant);
    }
    event_bus_join(ear.bus, "t_00000000000000aa");
    loop_until(&w->loop, ear_listens, &ear, 5000);
    assert_int_equal(subscribers(w, "t_0000000000000000"), 0);
    assert_int_equal(subscribers(w, "t_0000000000000001"), 1);
    event_bus_publish(ear.bus, "t_0000000000000001", &one);
    event_bus_publish(ear.bus, "t_00000000000000aa", &one);
    loop_until(&w->loop, ear_heard, &ear, 5000);
    assert_string_equal(ear.tenant, "t_00000000000000aa");
    event_bus_join(ear.bus, "t_0000000000000001");
    event_bus_publish(ear.bus, "t_0000000000000001", &one);
    loop_until(&w->loop, ear_heard_two, &ear, 5000);
    assert_string_equal(ear.tenant, "t_0000000000000001");
    assert_int_equal(ear.listening, 1);
    event_bus_stop(ear.bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_start, world_stop)
        TEST(events_reach_who_joined_the_tenant),
        TEST(an_event_says_whether_it_goes_on),
        TEST(an_event_of_the_version_before_may_be_the_end),
        TEST(who_joined_is_told_when_it_is_heard),
        TEST(who_was_left_last_costs_nothing_to_join_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
