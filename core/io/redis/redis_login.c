/* redis_login.c - the password is read once, at the start. */
#include "core/io/redis/redis_login.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

enum { PASSWORD_BYTES_MAX = 512 };

static bool read_password(const char *file, struct arena *arena, const char **password, struct gov_err *err)
{
    char text[PASSWORD_BYTES_MAX + 1];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, PASSWORD_BYTES_MAX);

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    text[strcspn(text, "\r\n")] = 0;
    if (!*text)
        return gov_fail_at(err, GOV_CONFIGURATION, "redis_password_file", "unreadable",
                           "%s must hold the password at Redis in its first line, and be readable to this process",
                           "%s 的第一行须为 Redis 密码，且本进程须可读取该文件", file);
    *password = arena_text(arena, text);
    sodium_memzero(text, sizeof text);
    return true;
}

bool redis_login_read(const struct redis_login *login, struct arena *arena, struct redis_options *options,
                      struct gov_err *err)
{
    *options = (struct redis_options){ .address = login->address };
    if (!redis_address_check(login->address, err))
        return false;
    if (!*login->password_file) {
        if (*login->user)
            return gov_fail_at(err, GOV_CONFIGURATION, "redis_user", "password_missing",
                               "redis_user needs a redis_password_file", "设置 redis_user 时须同时设置 redis_password_file");
        return true;
    }
    options->user = *login->user ? login->user : NULL;
    return read_password(login->password_file, arena, &options->password, err);
}
