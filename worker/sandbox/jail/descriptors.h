/* descriptors.h - which descriptors a child keeps: a list of few, and nothing else. */
#ifndef WORKER_SANDBOX_JAIL_DESCRIPTORS_H
#define WORKER_SANDBOX_JAIL_DESCRIPTORS_H

#include <stdbool.h>

enum { DESCRIPTOR_BROKER = 3 };

/* Close every descriptor that is not in `keep` (-1s are skipped); sorts the list. */
bool descriptors_keep(int *keep, int count);

/* Put the broker's descriptor where the script looks for it, and leave it open to what the script
 * starts. `channel` moves away if it is there. */
bool descriptors_place_broker(int broker, int *channel);

/* Nothing that is opened later may get the number of a standard stream: main puts others there. */
bool descriptors_occupy_streams(void);

#endif
