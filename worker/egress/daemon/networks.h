/* networks.h - which internal networks one purpose may reach now. */
#ifndef WORKER_EGRESS_DAEMON_NETWORKS_H
#define WORKER_EGRESS_DAEMON_NETWORKS_H

#include "core/base/ip_class.h"
#include "core/io/db/db.h"

/* Those of a setting ("" = none) and the rows of open_networks.sql. None, if they do not read. */
struct ip_nets networks_open(const char *setting, const struct db_rows *rows);

#endif
