/* db_refused.h - what a function of ours refused, out of the server's answer.
 *
 * `raise exception 'code: text' using errcode = 'GV000'` becomes that code with the text as its cause. public.gov_must knows a code
 * alone: who gave up is added, "code: the transaction was given up by FUNCTION()", or by a query's name. People read neither; api/refusal.h
 * has the words for both.
 */
#ifndef CORE_IO_DB_DB_REFUSED_H
#define CORE_IO_DB_DB_REFUSED_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "core/base/err.h"

#define DB_GIVEN_UP "the transaction was given up"

/* True: it was one of ours, and `err` says which. `query` is the statement's name, for one that calls gov_must itself. */
bool db_refused(const PGresult *result, const char *query, struct gov_err *err);

/* The innermost function but gov_must in what the server says of where it was; "" if there is none. */
void db_refused_by(const char *context, char *name, size_t size);

#endif
