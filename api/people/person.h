/* person.h - what may be somebody's name, e-mail, time zone and password. NULL passes: not given. */
#ifndef API_PEOPLE_PERSON_H
#define API_PEOPLE_PERSON_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/err.h"

enum { PERSON_EMAIL_BYTES_MAX = 254 };

/* 1-100 characters, not only blanks, nothing hidden. */
bool person_name_check(const char *name, const char *path, struct gov_err *err);
/* An IANA name, at /timezone. */
bool person_timezone_check(const char *timezone, struct gov_err *err);
/* Something@something without blanks, at /`path`; *email becomes lower case, in the arena. */
bool person_email_check(const char **email, const char *path, struct arena *arena,
                        struct gov_err *err);
/* 8-200 characters, not one of the well-known ones and not the e-mail, at /password. `email` may be
 * NULL. */
bool person_password_check(const char *password, const char *email, struct gov_err *err);

#endif
