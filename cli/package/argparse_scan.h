/* argparse_scan.h - the arguments a Python script tells argparse of, read without running it.
 *
 * Tolerant: understands add_argument("--month", "-m", type=int, default=1, choices=["a", "b"],
 * required=True, help="…", action="store_true", nargs="+") with literals, over several lines. What it
 * does not understand it leaves out; the person looks at the result anyway.
 */
#ifndef CLI_PACKAGE_ARGPARSE_SCAN_H
#define CLI_PACKAGE_ARGPARSE_SCAN_H

#include <jansson.h>

/* {"schema": JSON Schema of the inputs, "args": template of core/model/skill/args.h}; NULL when the
 * text calls no add_argument. A new reference. */
json_t *argparse_scan(const char *text);

#endif
