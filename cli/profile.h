/* profile.h - servers and tokens, kept in profiles.json (mode 0600) of the configuration folder.
 *
 * The folder is $EXECGOV_CONFIG_DIR, else $XDG_CONFIG_HOME/execgov, else ~/.config/execgov.
 * EXECGOV_URL and EXECGOV_TOKEN win over the profile. A profile's token goes only to the profile's
 * own server: with EXECGOV_URL naming another one it is left out.
 */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include <stdbool.h>

#include "core/base/arena.h"
#include "core/base/err.h"

struct profile {
    const char *name;   /* "default" unless chosen */
    const char *url;    /* without a trailing slash; never NULL */
    const char *token;  /* NULL: not logged in */
    const char *email, *tenant; /* what login said, for whoami and doctor; may be NULL */
    bool token_from_environment;
};

/* Path of profiles.json. False: CONFIGURATION when there is no home folder. */
bool profile_path(struct arena *arena, const char **path, struct gov_err *err);

/* Read the profile `name` (NULL: EXECGOV_PROFILE, else the file's current one) and apply the
 * environment and `url` (NULL: none). A missing file is an empty one. */
bool profile_read(const char *name, const char *url, struct profile *profile, struct arena *arena,
                  struct gov_err *err);

/* Write the profile and make it the current one. A NULL token removes it. Replaces the file in one
 * step, so that two shells at once lose at most one change. */
bool profile_write(const struct profile *profile, struct arena *arena, struct gov_err *err);

/* The stored login that is called `wanted`, or whose tenant is: the file alone counts, no environment. False:
 * NOT_FOUND without one that has a token, CONFLICT when more than one may be meant. */
bool profile_find(const char *wanted, struct profile *found, struct arena *arena, struct gov_err *err);

/* Others than the owner can read the file. `mode` gets the permission bits; false also when there
 * is no file. */
bool profile_exposed(const char *path, unsigned *mode);

#endif
