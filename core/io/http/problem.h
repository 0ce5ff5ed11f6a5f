/* problem.h - errors on the wire: application/problem+json (RFC 9457). */
#ifndef CORE_IO_HTTP_PROBLEM_H
#define CORE_IO_HTTP_PROBLEM_H

#include "core/base/buf.h"
#include "core/base/err.h"
#include "core/io/http/http_request.h"

/* {type, title, status, code, detail, instance, request_id, errors:[{path, code, message}]}.
 * Texts in `language`; err->cause is never told. */
void http_problem_write(struct buf *out, const struct gov_err *err, const char *instance,
                        const char *request_id, enum gov_language language);

/* Answer `r` with it: the code's status, Retry-After where a retry helps, Content-Language. */
void http_problem(struct http_request *r, const struct gov_err *err, enum gov_language language);

#endif
