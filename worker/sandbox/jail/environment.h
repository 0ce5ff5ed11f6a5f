/* environment.h - the environment of every job, cold or warm: seven fixed variables and TZ. */
#ifndef WORKER_SANDBOX_JAIL_ENVIRONMENT_H
#define WORKER_SANDBOX_JAIL_ENVIRONMENT_H

enum { ENVIRONMENT_MAX = 12 };

/* `zone` is "TZ=…". NULL-terminated. */
void environment_fill(const char *zone, const char *envp[ENVIRONMENT_MAX]);

#endif
