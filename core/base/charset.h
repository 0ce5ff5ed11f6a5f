/* charset.h - text files of others: UTF-8, or what Chinese banks write. */
#ifndef CORE_BASE_CHARSET_H
#define CORE_BASE_CHARSET_H

#include "core/base/arena.h"
#include "core/base/err.h"

enum charset { CHARSET_AUTO, CHARSET_UTF_8, CHARSET_GB18030 };
bool charset_parse(const char *name, enum charset *charset); /* auto, utf-8, gb18030 */

/* As UTF-8 without a mark at its beginning, NUL behind it, in the arena. AUTO: what is valid UTF-8 is UTF-8, the rest
 * is GB18030 (GBK and GB2312 are parts of it). NULL: INVALID_INPUT with the byte where it is none of it; a NUL is none. */
const char *charset_utf8(enum charset charset, const char *data, size_t bytes, struct arena *arena, size_t *out_bytes,
                         struct gov_err *err);

#endif
