/* keeper.h - keeps what is sealed openable: publishes the ring's public keys, and wraps every credential
 * that is still sealed to another key than the chosen one. Looks every half minute, and again at once
 * while there is something to do. */
#ifndef WORKER_EGRESS_DAEMON_KEEPER_H
#define WORKER_EGRESS_DAEMON_KEEPER_H

#include "worker/egress/egress.h"

struct keeper *keeper_start(struct egress *egress);
/* `stopped` comes when nothing of it runs any more. */
void keeper_stop(struct keeper *keeper, void (*stopped)(struct egress *egress));
/* The ring is another one: publish it now. */
void keeper_again(struct keeper *keeper);
/* Was everything published? Not before the database was reached once. */
bool keeper_settled(const struct keeper *keeper);

#endif
