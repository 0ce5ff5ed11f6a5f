#include <string.h>

#include "api/runs/show/why.h"

void why_add(struct why *why, const char *code, struct gov_text message, struct gov_text remedy)
{
    enum gov_language language = why->call->language;
    json_array_append_new(why->blockers, json_pack("{s:s, s:s, s:s}", "code", code, "message",
                                                   gov_text_in(message, language), "remedy",
                                                   gov_text_in(remedy, language)));
}

/* Ids of an array, with commas. */
static const char *ids_of(struct why *why, const json_t *ids)
{
    struct buf text = { 0 };
    const json_t *id;
    size_t i;

    json_array_foreach(ids, i, id)
        buf_addf(&text, "%s%s", i ? ", " : "", json_string_value(id));
    const char *copy = text.length ? arena_text(why->arena, text.data) : "-";
    buf_release(&text);
    return copy;
}

static struct gov_text wait_or_raise(struct why *why)
{
    return WHY_TEXT(why, "wait for one to end, cancel one, or ask the platform's operators for more",
                    "等待其中之一结束、取消其中之一，或请平台运营人员提高上限");
}

static void look_at_rate(struct why *why, const char *code, const char *of, const char *of_zh,
                         double rate, const json_t *wait)
{
    if (!json_is_integer(wait))
        return;
    why_add(why, code,
            WHY_TEXT(why, "%s may start %.6g times a second; the next start is in %lld ms",
                     "%s每秒最多启动 %.6g 次；下一次启动在 %lld 毫秒后",
                     why->call->language == GOV_ZH ? of_zh : of, rate, (long long)json_integer_value(wait)),
            WHY_TEXT(why, "wait; the platform's operators set the rate", "请等待；速率由平台运营人员设置"));
}

static void look_at_name(struct why *why, const json_t *limit)
{
    const char *name = json_get_text(limit, "name");
    const json_t *held = json_object_get(limit, "held");
    int64_t slots = json_get_int(limit, "slots", 0), used = (int64_t)json_array_size(held);
    bool key = strncmp(name, "k:", 2) == 0;

    if (json_get_bool(limit, "paused", false))
        why_add(why, "skill_paused",
                WHY_TEXT(why, "the skill %s is paused for this tenant", "技能 %s 已对本租户暂停", name + 2),
                WHY_TEXT(why, "the platform's operators end the pause", "由平台运营人员解除暂停"));
    if (slots > 0 && used >= slots && key)
        why_add(why, "concurrency_key",
                WHY_TEXT(why, "another run with the same concurrency_key goes first: %s",
                         "相同 concurrency_key 的另一个运行先执行：%s", ids_of(why, held)),
                WHY_TEXT(why, "wait for it to end, or cancel it", "等待其结束，或取消它"));
    else if (slots > 0 && used >= slots)
        why_add(why, "skill_limit",
                WHY_TEXT(why, "%lld of %lld slots of the skill %s are in use, by %s",
                         "%3$s 的 %2$lld 个槽位已使用 %1$lld 个：%4$s", (long long)used, (long long)slots,
                         name + 2, ids_of(why, held)),
                wait_or_raise(why));
    look_at_rate(why, "skill_rate", "the skill", "该技能",
                 json_number_value(json_object_get(limit, "rate")), json_object_get(limit, "rate_wait_ms"));
}

static void look_at_limits(struct why *why, const json_t *status)
{
    int64_t held = json_get_int(status, "held", 0), limit = json_get_int(status, "limit", 0);
    const json_t *name;
    size_t i;

    if (limit > 0 && held >= limit)
        why_add(why, "concurrency_limit",
                WHY_TEXT(why, "%lld of the tenant's %lld slots are in use, by %s",
                         "租户的 %2$lld 个槽位已使用 %1$lld 个：%3$s", (long long)held, (long long)limit,
                         ids_of(why, json_object_get(status, "holders"))),
                wait_or_raise(why));
    look_at_rate(why, "rate_limit", "the tenant", "该租户",
                 json_number_value(json_object_get(status, "rate")), json_object_get(status, "rate_wait_ms"));
    json_array_foreach(json_object_get(status, "names"), i, name)
        look_at_name(why, name);
}

static const json_t *queue_of(const json_t *status, const struct why_queue *place)
{
    const json_t *queue;
    size_t i;

    json_array_foreach(json_object_get(status, "queues"), i, queue)
        if (strcmp(json_get_text(queue, "lane"), place->lane) == 0 &&
            strcmp(json_get_text(queue, "class"), place->class) == 0)
            return queue;
    return NULL;
}

static bool aside_paused(const json_t *aside)
{
    return json_get_bool(aside, "paused", false);
}

/* "s:<skill>" or "k:<hash>". */
static const char *aside_name(const json_t *aside)
{
    const char *name = json_get_text(aside, "name");
    return name && strncmp(name, "s:", 2) == 0 ? name + 2 : "concurrency_key";
}

/* Nothing forbids it: is it only not its turn? */
static void look_at_turn(struct why *why, const struct why_queue *place, const json_t *status)
{
    const json_t *job = json_object_get(status, "job"), *queue = queue_of(status, place);
    int64_t position = json_get_int(job, "position", -1), busy = json_get_int(job, "lane_busy", 0);
    int64_t ahead = json_get_int(queue, "ahead", 0);

    const json_t *aside = json_object_get(queue, "aside");

    if (position < 0 && aside && json_get_bool(queue, "full", false))
        why_add(why, "backlog",
                WHY_TEXT(why, "more than %d runs of this tenant are before it, and it waits in the database; %lld of them may not "
                              "start, the first because %s is %s",
                         "本租户有超过 %d 个运行排在它之前；它在数据库中等待。其中 %lld 个暂不能启动，第一个因为 %s %s", QUEUE_IDS_MAX,
                         (long long)json_get_int(aside, "count", 0), aside_name(aside),
                         why->call->language == GOV_ZH ? (aside_paused(aside) ? "已暂停" : "已达上限")
                                                       : (aside_paused(aside) ? "paused" : "at its limit")),
                WHY_TEXT(why, "end that pause, raise that limit, or cancel what waits for it: it takes the places of others",
                         "解除该暂停、提高该上限，或取消等待它的运行：它占用了其他运行的位置"));
    else if (position < 0 && json_get_bool(queue, "full", false))
        why_add(why, "backlog",
                WHY_TEXT(why, "more than %d runs of this tenant are before it; it waits in the database",
                         "本租户有超过 %d 个运行排在它之前；它在数据库中等待", QUEUE_IDS_MAX),
                WHY_TEXT(why, "wait, or cancel what is not needed", "等待，或取消不需要的运行"));
    else if (!job)
        why_add(why, "being_queued", WHY_TEXT(why, "it is about to be put into the queue", "正在进入队列"),
                WHY_TEXT(why, "nothing to do: that takes a second or two", "无需操作：一两秒内完成"));
    else if (position > 0 || (position == 0 && (ahead > 0 || busy >= place->slots)))
        why_add(why, "waits_turn",
                WHY_TEXT(why, "%lld runs of this tenant and %lld other queues are before it; %lld of %lld "
                              "slots of the lane %s are in use",
                         "本租户有 %lld 个运行、另有 %lld 个队列排在它之前；已使用 %lld 个槽位（共 %lld 个，通道 %s）",
                         (long long)position, (long long)ahead, (long long)busy, (long long)place->slots,
                         place->lane),
                WHY_TEXT(why, "wait; an operator who starts another worker makes it faster",
                         "请等待；运维人员增加工作进程可加快"));
}

void why_queue(struct why *why, const struct why_queue *place)
{
    const json_t *status = place->queue->json, *job = json_object_get(status, "job");
    bool taken = job && strcmp(json_get_text(job, "state"), "q") == 0 &&
                 !json_object_get(job, "position");

    if (place->queue->err.code) {
        why_add(why, "queue_unavailable",
                WHY_TEXT(why, "the queue cannot be reached; it starts when it is back",
                         "队列暂不可用；恢复后即会开始"),
                WHY_TEXT(why, "an operator looks after Redis", "由运维人员检查 Redis"));
        return;
    }
    if (taken && json_array_size(why->blockers) == 0)
        return; /* a worker has it in its hands */
    if (place->workers == 0)
        why_add(why, "no_worker",
                WHY_TEXT(why, "no worker is alive that serves the lane %s and reaches its sandbox",
                         "没有服务于通道 %s 且能连接沙箱的存活工作进程",
                         place->lane),
                WHY_TEXT(why, "an operator starts one (execgov-worker --lanes %s), or execgov-sandboxd beside it",
                         "由运维人员启动（execgov-worker --lanes %s），或启动其旁的 execgov-sandboxd", place->lane));
    if (strcmp(place->lane, "ctl") != 0)
        look_at_limits(why, status);
    if (json_array_size(why->blockers) == 0)
        look_at_turn(why, place, status);
}
