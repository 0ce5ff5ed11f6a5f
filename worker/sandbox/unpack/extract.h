/* extract.h - opens an archive inside a jail and says everything that is wrong with it.
 *
 * Writes plain files below /work/tree and one line a finding to /result/report:
 *
 *     <code> TAB <path> TAB <line> TAB <detail> TAB <extra> NEWLINE
 *
 * Codes are those of findings.h; whoever reads the report trusts nothing in it but that it is
 * lines. The last line is "end"; without it the report was cut short.
 */
#ifndef WORKER_SANDBOX_UNPACK_EXTRACT_H
#define WORKER_SANDBOX_UNPACK_EXTRACT_H

#include <iconv.h>
#include <stdint.h>

#include "worker/sandbox/jail/jail.h"

enum {
    EXTRACT_FILES_MAX = 2000,
    EXTRACT_ENTRIES_MAX = 20000, /* looked at, ignored ones included */
    EXTRACT_FINDINGS_MAX = 200,
    EXTRACT_ARCHIVE_BYTES_MAX = 64 << 20,
    EXTRACT_FILE_BYTES_MAX = 32 << 20,
    EXTRACT_BYTES_MAX = 64 << 20
};

/* A jail_spec's `inside`: inside_fd is the archive, inside_data an iconv_t. Afterwards the jail
 * execs the check of the code. 0 unless the report could not be written. */
int extract_inside(const struct jail_spec *spec, int work);

#endif
