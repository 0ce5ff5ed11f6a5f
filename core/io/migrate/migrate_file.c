/* migrate_file.c - the embedded tables are few and short: they are searched, not indexed. */
#include "core/io/migrate/migrate_file.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/check.h"
#include "core/base/text.h"

int migrate_file_version(const struct embedded *file)
{
    int version = atoi(file->name);

    CHECK(version > 0); /* the name of a file in our own tree */
    return version;
}

int migrate_file_last(const struct embedded *files)
{
    int last = 0;

    for (const struct embedded *file = files; file->name; file++)
        if (migrate_file_version(file) > last)
            last = migrate_file_version(file);
    return last;
}

char *migrate_file_sha256(const struct embedded *file, char hex[MIGRATE_SHA256_BYTES])
{
    unsigned char hash[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(hash, (const unsigned char *)file->text, file->bytes);
    return sodium_bin2hex(hex, MIGRATE_SHA256_BYTES, hash, sizeof hash);
}

bool migrate_file_as_superuser(const struct embedded *file)
{
    return text_starts(file->text, "-- as: superuser\n");
}

int migrate_file_find(const PGresult *applied, int version)
{
    for (int row = 0; row < PQntuples(applied); row++)
        if (atoi(PQgetvalue(applied, row, 0)) == version)
            return row;
    return -1;
}

bool migrate_file_same(const PGresult *applied, int row, const struct embedded *file)
{
    char hex[MIGRATE_SHA256_BYTES];

    return strcmp(PQgetvalue(applied, row, 2), migrate_file_sha256(file, hex)) == 0;
}
