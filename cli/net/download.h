/* download.h - bytes of the server into a file, held against their digest. */
#ifndef CLI_NET_DOWNLOAD_H
#define CLI_NET_DOWNLOAD_H

#include <stdbool.h>

#include "cli/cli.h"

/* GET `url_path` into `fd`, which is closed in any case; `shown` is how errors call the file, `sha256` may be NULL. False:
 * what is in the file is not to be believed. */
bool download_into(struct cli *cli, const char *url_path, const char *shown, int fd, const char *sha256,
                   struct gov_err *err);

#endif
