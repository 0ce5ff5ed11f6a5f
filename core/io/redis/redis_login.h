/* redis_login.h - what a daemon's settings say of its Redis: where it is, who we are there.
 *
 *     struct x_settings { struct redis_login redis; … };
 *     REDIS_LOGIN_SETTINGS(struct x_settings, redis, "127.0.0.1:6379", ""),   -- rows of its settings table
 */
#ifndef CORE_IO_REDIS_REDIS_LOGIN_H
#define CORE_IO_REDIS_REDIS_LOGIN_H

#include "core/io/redis/redis.h"

struct redis_login {
    const char *address;
    const char *user;          /* "": the default user */
    const char *password_file; /* its first line is the password; "": none */
};

/* NOLINTBEGIN(bugprone-macro-parentheses): neither a type nor a member stands in parentheses there */
#define REDIS_LOGIN_SETTINGS(type, field, usual, help)                                                                  \
    { "redis", SETTING_TEXT, offsetof(type, field.address), usual, 0, 500, false,                                       \
      "Redis: unix:/path/socket or host:port; several with commas: nodes of a cluster, or a master and replicas" help }, \
    { "redis_user", SETTING_TEXT, offsetof(type, field.user), "", 0, 100, false,                                        \
      "user at Redis; empty: the default user" },                                                                       \
    { "redis_password_file", SETTING_TEXT, offsetof(type, field.password_file), "", 0, 1000, false,                     \
      "file with the password at Redis in its first line; empty: no login there" }
/* NOLINTEND(bugprone-macro-parentheses) */

/* The login as options; texts that were read live in the arena. False, CONFIGURATION: no address, or no password in
 * that file. */
bool redis_login_read(const struct redis_login *login, struct arena *arena, struct redis_options *options,
                      struct gov_err *err);

#endif
