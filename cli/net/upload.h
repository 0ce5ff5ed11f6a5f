/* upload.h - a local file becomes one of the server's.
 *
 * A small one in one request. A large one in pieces of 16 MB: a piece that was not taken is sent again from where
 * the server is, and a command that was ended goes on when it is given again for the same, unchanged file.
 */
#ifndef CLI_NET_UPLOAD_H
#define CLI_NET_UPLOAD_H

#include "cli/cli.h"

/* *id, of the file, lives in the cli's arena. */
bool upload_send(struct cli *cli, const char *path, const char *name, const char **id, struct gov_err *err);

#endif
