/* files.h - uploads, downloads, artifacts. The table of their routes is files/routes.c. */
#ifndef API_FILES_FILES_H
#define API_FILES_FILES_H

#include "api/call.h"
#include "api/endpoint.h"

ENDPOINT(file_create);
ENDPOINT(file_list);
ENDPOINT(file_get);
ENDPOINT(artifact_get);
ENDPOINT(package_get); /* its route is among those of skills */

extern const struct route file_routes[];

/* Columns of file_show.sql, file_page.sql, artifact_find.sql and package_find.sql. */
enum {
    FILE_ID,
    FILE_KIND,
    FILE_NAME,
    FILE_SIZE,
    FILE_SHA256,
    FILE_MEDIA_TYPE,
    FILE_BY,
    FILE_BY_NAME,
    FILE_CREATED
};

/* A new reference: File of the contract. */
json_t *file_shown(const struct db_rows *rows, int row);

#endif
