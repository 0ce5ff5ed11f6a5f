/* zygote_person.c - lines of /proc/<pid>/status, which an unprivileged process cannot forge. */
#include "worker/sandbox/daemon/zygote_person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct person {
    unsigned uid;
    unsigned threads;
    unsigned long long resident_kb;
    int levels;  /* of pid namespaces, ours included */
    unsigned inner_pid; /* in the innermost */
    pid_t parent;
};

static bool person_read(pid_t pid, struct person *p)
{
    char path[64], line[512];

    memset(p, 0, sizeof *p);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    while (fgets(line, sizeof line, f)) {
        sscanf(line, "Uid: %u", &p->uid);
        sscanf(line, "PPid: %d", &p->parent);
        sscanf(line, "Threads: %u", &p->threads);
        sscanf(line, "VmRSS: %llu", &p->resident_kb);
        if (strncmp(line, "NSpid:", 6) == 0) {
            for (char *at = line + 6, *end;; at = end) {
                unsigned long n = strtoul(at, &end, 10);
                if (end == at)
                    break;
                p->levels++;
                p->inner_pid = (unsigned)n;
            }
        }
    }
    fclose(f);
    return p->levels > 0;
}

bool zygote_person_check(const struct zygote *z, pid_t pid)
{
    struct person own, other;
    uid_t first = z->host->user_namespace ? host_slot_uid(z->host, 0)
                                          : host_zygote_uid(z->host, z->range);
    uid_t count = z->host->user_namespace ? 1 : (uid_t)z->host->options.slots + 1;

    return person_read(z->jail.pid, &own) && person_read(pid, &other) && other.uid >= first &&
           other.uid < first + count && other.parent == z->jail.pid && other.inner_pid == 1 &&
           other.levels == own.levels + 1;
}

bool zygote_person_quiet(const struct zygote *z, uint64_t *resident_bytes)
{
    struct person own;
    char path[64], text[64] = "";

    if (!person_read(z->jail.pid, &own))
        return false;
    *resident_bytes = own.resident_kb * 1024;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", z->jail.pid, z->jail.pid);
    FILE *f = fopen(path, "re");
    bool alone = !f || !fgets(text, sizeof text, f); /* a kernel without the file says nothing */
    if (f)
        fclose(f);
    return own.threads == 1 && alone;
}
