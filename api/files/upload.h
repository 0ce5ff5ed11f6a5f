/* upload.h - a file that comes in pieces, so that a connection that breaks costs a piece and not the file.
 *
 *     POST /v1/uploads {name, size} -> PATCH …/{id} with Upload-Offset, again and again -> POST …/{id}/finish
 *
 * A piece is kept whole or not at all: it is written, and then one statement moves the offset, if it is still
 * where the piece begins. What lies behind is the store's business: pieces are files of it like any other, so
 * any API process takes the next one.
 */
#ifndef API_FILES_UPLOAD_H
#define API_FILES_UPLOAD_H

#include "api/files/files.h"

ENDPOINT(upload_create);
ENDPOINT(upload_show);
ENDPOINT(upload_piece);
ENDPOINT(upload_finish);
ENDPOINT(upload_drop);

/* Columns of upload_begin.sql, upload_find.sql and upload_piece.sql. */
enum {
    UPLOAD_ID,
    UPLOAD_NAME,
    UPLOAD_SIZE,
    UPLOAD_RECEIVED,
    UPLOAD_MEDIA_TYPE,
    UPLOAD_EXPIRES,
    UPLOAD_PIECES
};

enum { UPLOAD_PIECES_MAX = 1000 };

/* A new reference: Upload of the contract. */
json_t *upload_shown(const struct db_rows *rows);

#endif
