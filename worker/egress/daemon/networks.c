#include "worker/egress/daemon/networks.h"

#include <string.h>

#include "core/base/buf.h"
#include "core/base/log.h"

struct ip_nets networks_open(const char *setting, const struct db_rows *rows)
{
    struct ip_nets nets;
    struct buf text = { 0 };
    struct gov_err err;

    buf_add_text(&text, setting);
    for (int row = 0; row < rows->count; row++)
        buf_addf(&text, "%s%s", text.length ? "," : "", db_text(rows, row, 0));
    if (!ip_nets_parse(buf_text(&text), &nets, &err)) {
        log_error(LEVEL_ERROR, "egress.networks_unreadable", &err); /* then none is open */
        memset(&nets, 0, sizeof nets);
    }
    buf_release(&text);
    return nets;
}
