/* limits.c - one table: name, default, bounds. */
#include "worker/sandbox/limits.h"

#include <stddef.h>

static const struct {
    const char *name;
    size_t offset;
    uint64_t preset, least, most;
} table[] = {
#define LIMIT(name, preset, least, most)                                                           \
    {                                                                                              \
#name, offsetof(struct sandbox_limits, name), (preset), (least), (most)                    \
    }
    LIMIT(wall_ms, 60000, 10, 24ull * 3600 * 1000),
    LIMIT(cpu_s, 60, 1, 24ull * 3600),
    LIMIT(memory_mb, 256, 16, 1024 * 1024),
    LIMIT(processes, 64, 1, 4096),
    LIMIT(disk_mb, 256, 1, 1024 * 1024),
    LIMIT(inodes, 10000, 16, 10000000),
    LIMIT(output_bytes, 4 << 20, 1024, 1ull << 30),
    LIMIT(artifact_count, 64, 0, 1024),
    LIMIT(artifact_bytes, 128 << 20, 0, 1ull << 40),
#undef LIMIT
};

static uint64_t *field(const struct sandbox_limits *limits, size_t offset)
{
    return (uint64_t *)((char *)limits + offset);
}

struct sandbox_limits sandbox_limits_default(void)
{
    struct sandbox_limits limits;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        *field(&limits, table[i].offset) = table[i].preset;
    return limits;
}

bool sandbox_limits_check(const struct sandbox_limits *limits, struct gov_err *err)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        uint64_t value = *field(limits, table[i].offset);
        if (value < table[i].least || value > table[i].most)
            return gov_fail_at(err, GOV_INVALID_INPUT, "limits", "range",
                               "limit %s must be %llu to %llu", "限制 %s 必须在 %llu 到 %llu 之间",
                               table[i].name, (unsigned long long)table[i].least,
                               (unsigned long long)table[i].most);
    }
    return true;
}

static const struct {
    const char *name;
    enum gov_code code;
} limit_info[SANDBOX_LIMIT_COUNT] = {
    [SANDBOX_LIMIT_NONE] = { "none", GOV_OK },
    [SANDBOX_LIMIT_WALL] = { "wall", GOV_TIMED_OUT },
    [SANDBOX_LIMIT_CPU] = { "cpu", GOV_TIMED_OUT },
    [SANDBOX_LIMIT_MEMORY] = { "memory", GOV_MEMORY_LIMIT },
    [SANDBOX_LIMIT_PROCESSES] = { "processes", GOV_PROCESS_LIMIT },
    [SANDBOX_LIMIT_DISK] = { "disk", GOV_DISK_LIMIT },
    [SANDBOX_LIMIT_OUTPUT] = { "output", GOV_OUTPUT_LIMIT },
    [SANDBOX_LIMIT_CANCELLED] = { "cancelled", GOV_CANCELLED },
    [SANDBOX_LIMIT_LOST] = { "lost", GOV_SANDBOX_UNAVAILABLE },
};

const char *sandbox_limit_name(enum sandbox_limit limit)
{
    return (unsigned)limit < SANDBOX_LIMIT_COUNT ? limit_info[limit].name : "unknown";
}

enum gov_code sandbox_limit_code(enum sandbox_limit limit)
{
    return (unsigned)limit < SANDBOX_LIMIT_COUNT ? limit_info[limit].code : GOV_INTERNAL;
}

void sandbox_limit_explain(enum sandbox_limit limit, const struct sandbox_limits *l,
                           struct gov_err *err)
{
    enum gov_code code = sandbox_limit_code(limit);
    unsigned long long n = 0;

    switch (limit) {
    case SANDBOX_LIMIT_WALL:
        n = (l->wall_ms + 999) / 1000;
        gov_fail(err, code, "the script ran longer than %llu s", "脚本运行超过 %llu 秒", n);
        break;
    case SANDBOX_LIMIT_CPU:
        gov_fail(err, code, "the script used more than %llu s of CPU time",
                 "脚本使用 CPU 时间超过 %llu 秒", (unsigned long long)l->cpu_s);
        break;
    case SANDBOX_LIMIT_MEMORY:
        gov_fail(err, code, "the script used more than %llu MB of memory",
                 "脚本使用内存超过 %llu MB", (unsigned long long)l->memory_mb);
        break;
    case SANDBOX_LIMIT_PROCESSES:
        gov_fail(err, code, "the script started more than %llu processes",
                 "脚本启动的进程超过 %llu 个", (unsigned long long)l->processes);
        break;
    case SANDBOX_LIMIT_DISK:
        gov_fail(err, code, "the script wrote more than %llu MB or %llu files",
                 "脚本写入超过 %llu MB 或 %llu 个文件", (unsigned long long)l->disk_mb,
                 (unsigned long long)l->inodes);
        break;
    case SANDBOX_LIMIT_OUTPUT:
        gov_fail(err, code, "the script printed more than %llu bytes", "脚本输出超过 %llu 字节",
                 (unsigned long long)l->output_bytes);
        break;
    case SANDBOX_LIMIT_CANCELLED:
        gov_fail(err, code, "the run was cancelled", "运行已取消");
        break;
    default:
        gov_fail(err, code, "the sandbox ended before the script did", "沙箱先于脚本结束");
    }
}
