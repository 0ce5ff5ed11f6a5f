/* visible.h - text shown to somebody who is about to decide on it.
 *
 * What is shown must be what runs: characters that cannot be seen, or that reorder what is seen,
 * are replaced by something that can. C0 controls and DEL become their Unicode picture (U+0000 ->
 * ␀, line feed -> ␊), every other hidden character (text_code_point_hidden) becomes ⟨U+202E⟩,
 * bytes that are not UTF-8 become ⟨0xFF⟩.
 */
#ifndef CORE_MODEL_VISIBLE_H
#define CORE_MODEL_VISIBLE_H

#include <stddef.h>

#include "core/base/buf.h"

void visible_add(struct buf *out, const char *text, size_t bytes);
void visible_add_text(struct buf *out, const char *text);

#endif
