/* multipart.h - multipart/form-data (RFC 7578), fed in whatever pieces the network gives.
 *
 * Nothing is stored but the header of the part at hand; data goes to the
 * callbacks as it comes, so a body of any size takes a few KB.
 */
#ifndef CORE_IO_HTTP_MULTIPART_H
#define CORE_IO_HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

enum { MULTIPART_BOUNDARY_BYTES = 70, MULTIPART_HEADER_BYTES = 4096, MULTIPART_PARTS_MAX = 100 };

/* Valid during on_part only. */
struct multipart_part {
    const char *name;         /* UTF-8, at most 200 bytes */
    const char *filename;     /* NULL: a plain field. text_file_name_valid holds */
    const char *content_type; /* "text/plain" if the part says nothing */
};

/* Each returns false to stop, with `err` filled. */
struct multipart_handlers {
    bool (*on_part)(void *ctx, const struct multipart_part *part, struct gov_err *err);
    bool (*on_data)(void *ctx, const char *data, size_t bytes, struct gov_err *err);
    bool (*on_part_end)(void *ctx, struct gov_err *err);
};

struct multipart {
    const struct multipart_handlers *handlers;
    void *ctx;
    int parts_max;
    int parts;

    /* From here on the parser's own. */
    int state;
    bool failed;
    char delimiter[4 + MULTIPART_BOUNDARY_BYTES + 1]; /* "\r\n--boundary" */
    size_t delimiter_bytes;
    size_t matched; /* bytes of the delimiter seen and held back */
    size_t header_bytes;
    char header[MULTIPART_HEADER_BYTES + 1];
};

/* Take the boundary out of `content_type`. False: UNSUPPORTED_MEDIA_TYPE (not form-data) or
 * BAD_REQUEST (no or a bad boundary). parts_max 0: MULTIPART_PARTS_MAX. */
bool multipart_init(struct multipart *m, const char *content_type, int parts_max,
                    const struct multipart_handlers *handlers, void *ctx, struct gov_err *err);

/* The next piece. After a false no more may be fed. */
bool multipart_feed(struct multipart *m, const char *data, size_t bytes, struct gov_err *err);

/* The body is over: was the closing boundary there? */
bool multipart_finish(struct multipart *m, struct gov_err *err);

#endif
