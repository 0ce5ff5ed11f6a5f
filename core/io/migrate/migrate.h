/* migrate.h - bring a database to the shape this program expects, and say whether it has it.
 *
 * The texts are sql/migrations, embedded. Forward only: a file that was applied is never edited
 * (`migrate verify` finds it) and never undone. Files of `public` run one transaction each; a tenant
 * gets all it lacks in one transaction, several tenants at a time. Interrupted anywhere, the next
 * `up` goes on from there; two at once take turns. Blocking: for programs that do one thing at a time.
 *
 * The connection is the operator's: a superuser, because revoking rights on PostgreSQL's own functions
 * needs one. The daemons never have it.
 */
#ifndef CORE_IO_MIGRATE_MIGRATE_H
#define CORE_IO_MIGRATE_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum {
    MIGRATE_STRIPES_DEFAULT = 4,
    MIGRATE_STRIPES_MAX = 1000,
    MIGRATE_JOBS_DEFAULT = 4,
    MIGRATE_JOBS_MAX = 64,
};

struct migrate_options {
    const char *conninfo;          /* of a superuser in the database to migrate */
    const char *platform_password; /* for execgov_platform; NULL: leave it as it is */
    const char *stripe_password;   /* for every execgov_stripe_<n>; NULL: leave it */
    const char *egress_password;   /* for execgov_egress; NULL: leave it */
    int stripes;                   /* at least so many; 0: MIGRATE_STRIPES_DEFAULT */
    int jobs;                      /* tenants at the same time; 0: MIGRATE_JOBS_DEFAULT */
    /* Called when something was done; may be NULL. `what` is a file's or a schema's name. */
    void (*progress)(void *self, const char *what, size_t done, size_t total);
    void *progress_self;
};

struct migrate_report {
    size_t public_applied;  /* files applied by this call */
    size_t tenants_applied; /* tenants brought up by this call */
    size_t tenants_failed;  /* their schema and cause are in `failures` */
    const char *const *failures;
};

/* False: nothing further was tried; what was applied before stays applied. With tenants_failed > 0
 * it is false too (INTERNAL), and the others are up. `failures` live in `arena`; no connection and
 * no lock outlive the call. */
bool migrate_up(const struct migrate_options *options, struct migrate_report *report,
                struct arena *arena, struct gov_err *err);

/* What `up` would do. */
struct migrate_plan {
    const char *const *public_files, *const *tenant_files; /* names; each list ends with NULL */
    size_t tenants; /* that would be brought up */
};

/* Only reads. False also where `up` would refuse: a file was applied with another text. The names live in `arena`. */
bool migrate_plan_read(const char *conninfo, struct migrate_plan *plan, struct arena *arena, struct gov_err *err);

struct migrate_status {
    int public_have, public_want; /* versions; have 0: not a database of ExecGov */
    int tenant_stored, tenant_want;
    size_t tenants;
    size_t tenants_behind; /* what `up` would bring to tenant_want */
};

bool migrate_status_read(const char *conninfo, struct migrate_status *status, struct gov_err *err);

/* Something that is not as it should be: an edited migration, a foreign owner, a right too many. */
struct migrate_fault {
    const char *check;   /* file of sql/verify, or "migration" */
    const char *subject; /* what it is about */
    const char *problem;
};

/* True also when there are faults: look at `count`. They live in `arena`. */
bool migrate_verify(const char *conninfo, const struct migrate_fault **faults, size_t *count,
                    struct arena *arena, struct gov_err *err);

#endif
