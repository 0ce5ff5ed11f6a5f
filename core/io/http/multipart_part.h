/* multipart_part.h - inside multipart: the header of one part. */
#ifndef CORE_IO_HTTP_MULTIPART_PART_H
#define CORE_IO_HTTP_MULTIPART_PART_H

#include "core/base/err.h"
#include "core/io/http/multipart.h"

/* Long enough for text_file_name_valid's 200 bytes to have the last word. */
enum { MULTIPART_NAME_BYTES = 400 };

/* `header` is NUL-terminated, ends with an empty line, and is cut into strings here; `number`
 * counts from 1, for messages. name and filename are room for what `part` points to. */
bool multipart_part_parse(char *header, size_t bytes, int number,
                          char name[MULTIPART_NAME_BYTES + 1],
                          char filename[MULTIPART_NAME_BYTES + 1], struct multipart_part *part,
                          struct gov_err *err);

/* The name in a Content-Disposition, filename* before filename (RFC 6266), decoded; "" for none.
 * False: malformed. Not checked with text_file_name_valid. */
bool multipart_file_name_take(const char *disposition, char filename[MULTIPART_NAME_BYTES + 1]);

#endif
