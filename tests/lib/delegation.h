/* delegation.h - a cgroup (v1) that belongs to nobody: what a plain user's sandboxd needs for level 2. */
#ifndef TESTS_LIB_DELEGATION_H
#define TESTS_LIB_DELEGATION_H

#include <stdbool.h>

/* This process, and so what it starts, in folders of nobody's. False: not root, or no cgroup v1. */
bool delegation_enter(void);
/* Back where it was made; what was started stays inside. */
void delegation_leave(void);
/* Once everything in it has ended. */
void delegation_remove(void);

#endif
