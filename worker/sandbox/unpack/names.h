/* names.h - what a name inside an archive may become below the package's folder.
 *
 * UTF-8 is taken as it is; anything else is tried as GB18030 (zip files made by Chinese Windows
 * carry GBK without saying so). Backslashes count as slashes. Nothing here touches a file system.
 */
#ifndef WORKER_SANDBOX_UNPACK_NAMES_H
#define WORKER_SANDBOX_UNPACK_NAMES_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/arena.h"

enum { NAME_PATH_BYTES = 512, NAME_DEPTH_MAX = 16 };

enum name_verdict {
    NAME_TAKE,
    NAME_IGNORE,   /* __MACOSX, .DS_Store, __pycache__, .git and other hidden files */
    NAME_EMPTY,    /* the archive's own "./" */
    NAME_ABSOLUTE, /* /x, C:\x */
    NAME_DOTDOT,
    NAME_ENCODING, /* neither UTF-8 nor GB18030 */
    NAME_HIDDEN,   /* control, bidi or zero-width characters */
    NAME_INVALID,  /* a component is too long or begins with a dash */
    NAME_TOO_LONG,
    NAME_TOO_DEEP
};

struct name {
    char path[NAME_PATH_BYTES]; /* normalised when TAKE or IGNORE; printable in any case */
    bool was_gbk;
};

/* `gb18030` from iconv_open("UTF-8", "GB18030"), opened while its tables can still be loaded. */
enum name_verdict name_normalise(const char *raw, iconv_t gb18030, struct name *name);

/* Paths seen so far, files and folders, to find two that differ only in case or not at all. */
struct name_set {
    struct arena *arena;
    struct name_seen {
        const char *folded, *original;
        bool is_file;
    } * seen;
    size_t count, capacity;
};

enum name_clash { NAME_NEW, NAME_DUPLICATE, NAME_CASE_DUPLICATE };

/* Add a file's path and its folders'. */
enum name_clash name_set_add(struct name_set *set, const char *path);

#endif
