/* run_artifact.h - the files a run left: taken over from the sandbox, stored, and rows of its end. */
#ifndef WORKER_RUN_RUN_ARTIFACT_H
#define WORKER_RUN_RUN_ARTIFACT_H

#include "worker/work.h"

struct run_artifact {
    struct id id;
    const char *name;
    int fd;
    struct file_stored stored;
};

struct run_artifacts {
    struct run_artifact *items;
    size_t count;
};

/* The report's descriptors are ours from here on; names are flat, each is one that a
 * file may have, and each occurs once. */
void run_artifacts_take(struct run_artifacts *artifacts, struct sandbox_report *report,
                        struct arena *arena);
void run_artifacts_close(struct run_artifacts *artifacts);
/* As I/O of `op`: their bytes go into the file store. */
void run_artifacts_store(struct op *op, struct file_store *files, struct run_artifacts *artifacts);
/* Their rows, in the transaction that ends the job. */
void run_artifacts_add(const struct run_artifacts *artifacts, struct work *work,
                       struct db_group *group);

#endif
