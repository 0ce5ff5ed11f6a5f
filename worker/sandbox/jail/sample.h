/* sample.h - what the processes of this pid namespace use now, read from /proc.
 *
 * Only for a jail without a cgroup (isolation level 1): a bound that is looked at twenty times a
 * second can be overrun for a moment.
 */
#ifndef WORKER_SANDBOX_JAIL_SAMPLE_H
#define WORKER_SANDBOX_JAIL_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct sample {
    uint64_t memory_bytes; /* resident; a page shared by n of them counts 1/n for each */
    uint64_t processes;    /* threads included, pid 1 left out */
};

/* False where there is no /proc. */
bool sample_take(struct sample *sample);

#endif
