/* http_parameter.h - parameters of a header value: form-data; name="file"; filename*=UTF-8''a%20b
 */
#ifndef CORE_IO_HTTP_HTTP_PARAMETER_H
#define CORE_IO_HTTP_HTTP_PARAMETER_H

#include <stdbool.h>
#include <stddef.h>

enum http_parameter_found {
    HTTP_PARAMETER_ABSENT,
    HTTP_PARAMETER_FOUND,
    HTTP_PARAMETER_BAD, /* malformed, said twice, or longer than the room */
};

/* The value before the first ';', without blanks: does it equal `token`, ignoring case? */
bool http_parameter_main_is(const char *value, const char *token);

/* The parameter `name` (RFC 9110, 5.6.6; in quotes, backslash escapes the next byte) into `out`,
 * NUL-terminated. `room` counts the NUL. The whole value is checked, not only up to the parameter.
 */
enum http_parameter_found http_parameter_get(const char *value, const char *name, char *out,
                                             size_t room);

#endif
