#include "api/people/person.h"

#include <ctype.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/zone.h"

enum { NAME_MAX_CHARACTERS = 100, PASSWORD_LEAST = 8, PASSWORD_MOST = 200 };

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool visible(const char *text)
{
    bool seen = false;

    for (size_t left = strlen(text), bytes; left > 0; text += bytes, left -= bytes) {
        uint32_t c;
        bytes = text_utf8_decode(text, left, &c);
        if (bytes == 0 || text_code_point_hidden(c))
            return false;
        seen |= c != ' ' && c != 0x3000;
    }
    return seen;
}

bool person_name_check(const char *name, const char *path, struct gov_err *err)
{
    if (!name || (characters(name) <= NAME_MAX_CHARACTERS && visible(name)))
        return true;
    return gov_fail_at(err, GOV_INVALID_INPUT, path, "format",
                       "must be 1 to %d visible characters on one line",
                       "须为一行内 1 到 %d 个可见字符", NAME_MAX_CHARACTERS);
}

bool person_timezone_check(const char *timezone, struct gov_err *err)
{
    return !timezone || zone_known(timezone) ||
           gov_fail_at(err, GOV_INVALID_INPUT, "/timezone", "format",
                       "\"%s\" is no time zone; use a name like Asia/Shanghai",
                       "“%s”不是时区；请使用形如 Asia/Shanghai 的名称", timezone);
}

bool person_email_check(const char **email, const char *path, struct arena *arena,
                        struct gov_err *err)
{
    char *lower = arena_text(arena, *email);
    const char *at = strchr(lower, '@');
    bool good = at && at != lower && at[1] && !strchr(at + 1, '@') &&
                strlen(lower) <= PERSON_EMAIL_BYTES_MAX && visible(lower);

    /* Only ASCII: PostgreSQL's lower() would do more, and refuse what differs. */
    for (char *c = lower; *c; c++) {
        good = good && *c != ' ' && (unsigned char)*c < 0x80;
        *c = (char)tolower((unsigned char)*c);
    }
    *email = lower;
    return good || gov_fail_at(err, GOV_INVALID_INPUT, path, "format",
                               "must be an e-mail address like name@example.com",
                               "必须是形如 name@example.com 的邮箱地址");
}

/* What guessing programs try first, of eight characters and more. */
static const char *const well_known[] = {
    "password",   "password1",  "password12", "password123", "passw0rd",   "p@ssw0rd",
    "p@ssword",   "12345678",   "123456789",  "1234567890",  "0123456789", "87654321",
    "987654321",  "11111111",   "00000000",   "88888888",    "66666666",   "12341234",
    "11223344",   "123123123",  "qwertyui",   "qwertyuiop",  "qwerty123",  "1qaz2wsx",
    "1q2w3e4r",   "1q2w3e4r5t", "asdfghjkl",  "abcd1234",    "abc12345",   "a1b2c3d4",
    "iloveyou",   "sunshine",   "princess",   "football",    "baseball",   "superman",
    "trustno1",   "welcome1",   "letmein1",   "changeme",    "administrator", "admin123",
    "admin1234",  "admin12345", "root1234",   "woaini1314",  "woaini520",  "5201314520",
    "qq123456",   "aa123456",   "a12345678",  "a123456789",  "abc123456",  "zxcvbnm123",
    "test1234",   "default1",   "computer",   "michelle",    "internet",   "whatever",
};

static bool guessable(const char *password, const char *email)
{
    if (email && text_equal_ignoring_case(password, email))
        return true;
    for (size_t i = 0; i < sizeof well_known / sizeof *well_known; i++)
        if (text_equal_ignoring_case(password, well_known[i]))
            return true;
    return password[strspn(password, (const char[]){ password[0], 0 })] == '\0';
}

bool person_password_check(const char *password, const char *email, struct gov_err *err)
{
    size_t length = characters(password);

    if (length < PASSWORD_LEAST || length > PASSWORD_MOST)
        return gov_fail_at(err, GOV_INVALID_INPUT, "/password", "length",
                           "must have %d to %d characters", "须为 %d 到 %d 个字符", PASSWORD_LEAST,
                           PASSWORD_MOST);
    if (guessable(password, email))
        return gov_fail_at(err, GOV_INVALID_INPUT, "/password", "guessable",
                           "is among the first that anybody would try; take a longer, stranger one",
                           "过于常见，容易被猜中；请换一个更长、更少见的密码");
    return true;
}
