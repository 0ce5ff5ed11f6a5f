/* queue_script.h - the Lua scripts of the queue, as Redis wants them.
 *
 * A script is a file of core/store/lua; its first line, "--!needs names ring entry", says which
 * parts (lua/part_<name>.lua) come before it. Redis knows a script by the SHA-1 of its text, so
 * two versions of the platform can share one Redis.
 */
#ifndef CORE_STORE_QUEUE_SCRIPT_H
#define CORE_STORE_QUEUE_SCRIPT_H

#include "core/base/buf.h"
#include "lua_functions.h"

enum { QUEUE_SHA_BYTES = 41 };

/* Append the whole text of `script` to `text`. */
void queue_script_text(enum lua_functions script, struct buf *text);

/* Lower-case hexadecimal SHA-1 of `text`, as SCRIPT LOAD answers it. */
void queue_script_sha(const struct buf *text, char sha[QUEUE_SHA_BYTES]);

#endif
