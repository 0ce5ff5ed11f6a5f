/* check.h - what only a bug can break.
 *
 * CHECK stays in release builds: going on with a broken invariant costs more
 * than a restart, because every unit of work is idempotent.
 */
#ifndef CORE_BASE_CHECK_H
#define CORE_BASE_CHECK_H

_Noreturn void check_failed(const char *what, const char *file, int line);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            check_failed(#condition, __FILE__, __LINE__);                                          \
    } while (0)

#endif
