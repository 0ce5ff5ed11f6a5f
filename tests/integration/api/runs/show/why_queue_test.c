/* No blocker means that it starts: what /why says of waiting jobs is held against what the next take hands over, in a world
 * that moves at random under limits, pauses, rates, weights, classes and names. */
#include <string.h>

#include "api/runs/show/why.h"
#include "tests/lib/queue_rig.h"
#include "tests/lib/test.h"

enum { SEEDS = 20, STEPS = 40, TENANTS = 4, SLOTS = 6, JOBS_MAX = STEPS * 3 + 1 };

static struct queue_rig rig;

enum place { GONE, WAITS, TAKEN, RUNS };
static struct world {
    uint64_t state; /* of the dice */
    struct rig_entry jobs[JOBS_MAX];
    enum place place[JOBS_MAX];
    int count;
    bool paused[TENANTS];
    int free_seen, blocked_seen; /* jobs without a blocker, jobs with one that is not their turn */
} world;

static int dice(int sides)
{
    world.state = world.state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int)((world.state >> 33) % (uint64_t)sides);
}

static void enqueue(void)
{
    static const char *const classes[] = { "interactive", "normal", "bulk" };
    static const char *const actions[] = { "a.run", "b.run", "c.run", "a.run#k:1" };
    struct rig_entry e = { .class = classes[dice(3)], .tenant = dice(TENANTS), .job = world.count + 1,
                           .cost_ms = 1 + dice(50), .action = actions[dice(4)] };

    assert_int_equal(rig_enqueue(&rig, e), 'A');
    world.jobs[world.count] = e;
    world.place[world.count++] = WAITS;
}

static void limit(void)
{
    int tenant = dice(TENANTS);

    rig_expect(&rig, "OK", LUA_FUNCTIONS_CONF, "%s|0|%d|%d|%d", rig_tenant(tenant), 1 + dice(4), dice(4), dice(3) ? 0 : 1 + dice(3));
    rig_integer(&rig, LUA_FUNCTIONS_LIMITS, "%s|0|s:a|%d|%d|%d|s:b|%d|0|0", rig_tenant(tenant), dice(3), dice(3) ? 0 : 1, !dice(4),
                dice(3));
}

static void pause_or_resume(void)
{
    int tenant = dice(TENANTS);

    world.paused[tenant] = !world.paused[tenant];
    rig_expect(&rig, "OK", world.paused[tenant] ? LUA_FUNCTIONS_PAUSE : LUA_FUNCTIONS_RESUME, "%s|0", rig_tenant(tenant));
}

/* What was handed over is claimed, what runs ends, by chance. */
static void go_on(void)
{
    for (int i = 0; i < world.count; i++)
        if (world.place[i] == TAKEN) {
            rig_claim(&rig, world.jobs[i]);
            world.place[i] = RUNS;
        } else if (world.place[i] == RUNS && dice(3) == 0) {
            rig_finish(&rig, world.jobs[i], 1, 1 + dice(80));
            world.place[i] = GONE;
        }
}

static int busy(void)
{
    int sum = 0;

    for (int i = 0; i < world.count; i++)
        sum += world.place[i] == TAKEN || world.place[i] == RUNS;
    return sum;
}

/* The blockers of a ready job, owned by the caller. */
static json_t *why_of(struct rig_entry e)
{
    struct arena arena = { 0 };
    struct call call = { .language = GOV_EN };
    struct why why = { .call = &call, .arena = &arena, .blockers = json_array() };
    redisReply *reply = rig_call(&rig, LUA_FUNCTIONS_STATUS, "%s|%s|%s", rig_tenant(e.tenant), rig_job(e.job), e.action);
    struct queue_document queue = { .json = json_loadb(reply->str, reply->len, 0, NULL) };
    struct why_queue place = { .lane = "py", .class = e.class, .queue = &queue, .workers = 1, .slots = SLOTS };

    assert_non_null(queue.json);
    why_queue(&why, &place);
    if (json_is_true(json_object_get(queue.json, "paused"))) /* which /why reads from the tenant's row */
        json_array_append_new(why.blockers, json_pack("{s:s}", "code", "tenant_paused"));
    json_decref(queue.json);
    freeReplyObject(reply);
    arena_release(&arena);
    return why.blockers;
}

static bool is_only(const json_t *blockers, const char *code)
{
    return json_array_size(blockers) == 1 && strcmp(json_get_text(json_array_get(blockers, 0), "code"), code) == 0;
}

static bool waits_only_its_turn(const json_t *blockers)
{
    return is_only(blockers, "waits_turn");
}

static void look_and_take(uint64_t seed, int step)
{
    json_t *why[JOBS_MAX] = { NULL };
    bool started[JOBS_MAX] = { false };
    int free = SLOTS - busy();

    rig_promote(&rig);
    for (int i = 0; i < world.count; i++)
        if (world.place[i] == WAITS)
            why[i] = why_of(world.jobs[i]);
    if (free > 0)
        rig_take(&rig, "py", 1 + dice(free));
    for (int t = 0; free > 0 && t < rig.taken_count; t++)
        started[rig.taken[t].job - 1] = true;
    for (int i = 0; i < world.count; i++) {
        if (world.place[i] != WAITS)
            continue;
        bool none = json_array_size(why[i]) == 0;
        if ((none && !started[i]) || (started[i] && !none && !waits_only_its_turn(why[i])))
            fail_msg("seed %d, step %d: job %d of tenant %d, %s %s, %s although /why says %s", (int)seed, step, i + 1,
                     world.jobs[i].tenant, world.jobs[i].class, world.jobs[i].action, started[i] ? "starts" : "does not start",
                     json_dumps(why[i], JSON_COMPACT));
        world.free_seen += none;
        world.blocked_seen += !none && !waits_only_its_turn(why[i]);
        if (started[i])
            world.place[i] = TAKEN;
        json_decref(why[i]);
    }
}

static void no_blocker_means_that_the_next_take_has_it(void **state)
{
    int free_seen = 0, blocked_seen = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        rig_reset(&rig);
        world = (struct world){ .state = seed };
        for (int step = 0; step < STEPS; step++) {
            for (int i = dice(3); i; i--)
                enqueue();
            if (dice(5) == 0)
                limit();
            if (dice(12) == 0)
                pause_or_resume();
            go_on();
            rig.now_ms += dice(400);
            look_and_take(seed, step);
        }
        free_seen += world.free_seen;
        blocked_seen += world.blocked_seen;
    }
    assert_true(free_seen > 100 && blocked_seen > 500); /* both sides were looked at */
}

static void its_one_blocker_is(struct rig_entry e, const char *code)
{
    json_t *blockers = why_of(e);
    const json_t *first = json_array_get(blockers, 0);

    if (!is_only(blockers, code))
        fail_msg("job %d: %s where %s was expected", e.job, first ? json_get_text(first, "code") : "nothing", code);
    assert_true(*json_get_text(first, "message") && *json_get_text(first, "remedy"));
    json_decref(blockers);
}

static void what_the_queue_does_not_know_is_about_to_come_or_behind_a_backlog(void **state)
{
    struct rig_entry e = { .class = "normal", .tenant = 1, .job = 1, .cost_ms = 1, .action = "a.run" };

    (void)state;
    rig_reset(&rig);
    its_one_blocker_is(e, "being_queued");
    assert_int_equal(rig_enqueue(&rig, e), 'A');
    json_t *blockers = why_of(e);
    assert_int_equal(json_array_size(blockers), 0);
    json_decref(blockers);
    e.job = 2;
    rig_enqueue_many(&rig, e, QUEUE_IDS_MAX);
    e.job = QUEUE_IDS_MAX + 1; /* for which there was no place */
    its_one_blocker_is(e, "backlog");
    e.job = QUEUE_IDS_MAX;
    its_one_blocker_is(e, "waits_turn");
    e.tenant = 2, e.job = 5000;
    its_one_blocker_is(e, "being_queued"); /* the backlog is somebody else's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_blocker_means_that_the_next_take_has_it),
        cmocka_unit_test(what_the_queue_does_not_know_is_about_to_come_or_behind_a_backlog),
    };
    rig_start(&rig);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rig_stop(&rig);
    return failed;
}
