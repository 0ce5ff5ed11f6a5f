/* simulation_acts.h - what customers and finance do now and then, as calls of the product's own functions on rows they may be done
 * to; what the rules refuse is refused. */
#ifndef TESTS_LIB_SIMULATION_ACTS_H
#define TESTS_LIB_SIMULATION_ACTS_H

#include <libpq-fe.h>

#include "tests/lib/pg_server.h"

struct simulation_act {
    const char *name;
    const char *call, *of; /* as columns of x */
};
extern const struct simulation_act simulation_acts[];
extern const size_t simulation_act_count;

/* The functions that the acts call where somebody else has to approve. */
void simulation_acts_create(const struct pg_server *server, PGconn *admin);
/* Somebody with a personal account, who may buy slots and found a team: a row of public.sim_person. */
void simulation_person(const struct pg_server *server, PGconn *admin, const char *schema_like, int n);

#endif
