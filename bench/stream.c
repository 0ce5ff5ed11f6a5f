/* stream.c - bench-stream: what a Redis stream alone can do, by hiredis and nothing else.
 *
 * usage: bench-stream SOCKET
 *
 * Adds entries of a job's size one by one and a hundred at a time, then reads and acknowledges them a hundred at a
 * time; prints a line each, entries a second. The stream is deleted.
 */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ENTRIES = 50000, AT_ONCE = 100 };

#define ENTRY "XADD bench-stream * job 01a21a3e-8e35-7002-9e3f-9dcb66448259 fence 1 skill noop.run cost 1"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static redisReply *answer(redisContext *redis)
{
    void *reply = NULL;

    if (redisGetReply(redis, &reply) != REDIS_OK || !reply || ((redisReply *)reply)->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "bench-stream: %s\n", reply ? ((redisReply *)reply)->str : redis->errstr);
        exit(1);
    }
    return reply;
}

static void send_and_wait(redisContext *redis, const char *command, int count)
{
    for (int i = 0; i < count; i++)
        redisAppendCommand(redis, command);
    for (int i = 0; i < count; i++)
        freeReplyObject(answer(redis));
}

static void tell(const char *what, int entries, double since)
{
    printf("%s %.0f\n", what, entries / (now() - since));
}

/* Reads so many and acknowledges each by its id. */
static int read_some(redisContext *redis)
{
    redisAppendCommand(redis, "XREADGROUP GROUP g c COUNT %d STREAMS bench-stream >", (int)AT_ONCE);
    redisReply *reply = answer(redis);
    if (reply->type != REDIS_REPLY_ARRAY)
        return 0;
    redisReply *entries = reply->element[0]->element[1];
    int count = (int)entries->elements;
    for (int i = 0; i < count; i++)
        redisAppendCommand(redis, "XACK bench-stream g %s", entries->element[i]->element[0]->str);
    freeReplyObject(reply);
    for (int i = 0; i < count; i++)
        freeReplyObject(answer(redis));
    return count;
}

int main(int argc, char **argv)
{
    redisContext *redis = argc == 2 ? redisConnectUnix(argv[1]) : NULL;

    if (!redis || redis->err) {
        fprintf(stderr, "usage: bench-stream SOCKET\n%s\n", redis ? redis->errstr : "");
        return 2;
    }
    send_and_wait(redis, "DEL bench-stream", 1);
    send_and_wait(redis, "XGROUP CREATE bench-stream g $ MKSTREAM", 1);
    double since = now();
    for (int i = 0; i < ENTRIES / 5; i++)
        send_and_wait(redis, ENTRY, 1);
    tell("XADD one by one, /s", ENTRIES / 5, since);
    since = now();
    for (int i = 0; i < ENTRIES / AT_ONCE; i++)
        send_and_wait(redis, ENTRY, AT_ONCE);
    tell("XADD a hundred at a time, /s", ENTRIES, since);
    since = now();
    int count = 0;
    for (int n; (n = read_some(redis)) > 0; count += n)
        ;
    tell("XREADGROUP and XACK a hundred at a time, /s", count, since);
    send_and_wait(redis, "DEL bench-stream", 1);
    redisFree(redis);
    return 0;
}
