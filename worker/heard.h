/* heard.h - whose end may have been asked for, lately: news that came before there was work to look for.
 *
 * A claim is committed before its answer is read. Who cancels the run in between tells a worker that knows of no such
 * work yet; what it heard is kept here for as long as a claim may take, and a work that starts is asked after.
 */
#ifndef WORKER_HEARD_H
#define WORKER_HEARD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/id.h"

enum { HEARD_KEPT = 512 };

struct heard {
    uint64_t count; /* of all there was; zero at first */
    struct {
        char schema[20];
        struct id request; /* "": any of the tenant's */
    } latest[HEARD_KEPT];
};

/* Something happened to `request` of that tenant; NULL: to any of them, for nobody listened before. */
void heard_note(struct heard *heard, const char *schema, const struct id *request);
/* Was that so since `count` was what `since` is? True also if there was too much to tell. */
bool heard_since(const struct heard *heard, uint64_t since, const char *schema, const struct id *request);

#endif
