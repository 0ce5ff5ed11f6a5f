/* receive.h - a streamed body becomes a file of the store, never held in memory.
 *
 *     open -> take, take ... -> close
 *
 * At most 64 KB wait here: the request is paused while they are written. An upload that breaks off,
 * or whose op ends without having stored it, leaves nothing behind.
 */
#ifndef API_FILES_RECEIVE_H
#define API_FILES_RECEIVE_H

#include "api/call.h"
#include "core/io/http/multipart.h"

enum { RECEIVE_NAME_BYTES = 200 };

/* A child op; its struct lies inside the endpoint's. */
struct receive {
    struct op op;
    struct call *call;

    /* in */
    const char *part;   /* name of the multipart part that is the file */
    const char *field;  /* name of a text part that may come besides; NULL: none */
    bool raw_too;       /* any other media type is a raw body */
    bool nameless;      /* always a raw body, and a piece of a file: without name and type */
    int64_t bytes_max;  /* 0: the largest upload */

    /* out */
    struct id id;       /* of the file */
    const char *name;   /* valid as a file's name */
    const char *media_type;
    const char *value;  /* of `field`; NULL: it was not sent */
    struct file_stored stored;

    /* the steps' own */
    struct file_writer *writer;
    struct multipart multipart;
    bool is_multipart, in_part, in_field, has_file;
    struct buf waiting, field_text;
    struct gov_err fault;
    bool ended, holding, writing;
};

/* As I/O of `op`. Failures: INVALID_INPUT (name, no file), UNSUPPORTED_MEDIA_TYPE, BAD_REQUEST,
 * BODY_TOO_LARGE, FILES_UNAVAILABLE. */
void receive_body(struct op *op, struct receive *receive, struct call *call);

#endif
