/* bundle.h - a folder that holds a copy of a tenant: JSON lines, files, and a manifest that says what is in it.
 *
 *     FOLDER/<name>.json, <name>.jsonl   what the API says, one object a line
 *     FOLDER/files/<id>                  uploads, packages, artifacts; files.jsonl says their names
 *     FOLDER/manifest.json               every file with its SHA-256, bytes and how many records; written last
 *     FOLDER/SHA256SUMS                  the same for sha256sum -c
 *     FOLDER/progress.jsonl              what is done, while it is not whole
 *
 * A file gets its name when it is whole. Broken off, the next run goes on behind the last whole one; a folder that is
 * whole is made anew, but for the files, which never change.
 */
#ifndef CLI_COMMAND_PEOPLE_BUNDLE_H
#define CLI_COMMAND_PEOPLE_BUNDLE_H

#include <sodium.h>
#include <stdio.h>

#include "cli/cli.h"

struct bundle {
    struct cli *cli;
    const char *folder;
    json_t *entries; /* path -> {path, records?, bytes, sha256} */
    int64_t records, files, bytes;
    char digest[crypto_hash_sha256_BYTES * 2 + 1]; /* of the manifest, at the end */
    FILE *lines; /* of the collection that is written */
    const char *path, *fresh;
    crypto_hash_sha256_state hash;
    int64_t lines_records, lines_bytes;
};

/* CONFLICT: the folder holds something else. */
bool bundle_open(struct bundle *b, struct cli *cli, const char *folder, struct gov_err *err);
/* It was written before this run broke off. */
bool bundle_has(const struct bundle *b, const char *path);
/* One collection: begin, a line an object, end. An end that does not come leaves nothing with the name. */
bool bundle_begin(struct bundle *b, const char *path, struct gov_err *err);
bool bundle_add(struct bundle *b, const json_t *object, struct gov_err *err);
bool bundle_end(struct bundle *b, struct gov_err *err);
/* Fetch files/<id> from `url`, unless those bytes are there. */
bool bundle_fetch(struct bundle *b, const char *url, const char *id, const char *sha256, int64_t bytes, struct gov_err *err);
/* Manifest and sums. `about` is borrowed. */
bool bundle_finish(struct bundle *b, const json_t *about, struct gov_err *err);

#endif
