/* channels.h - the ways out there are. A row in channels.c is one. */
#ifndef LIFECYCLE_CHANNELS_H
#define LIFECYCLE_CHANNELS_H

#include "core/store/outbox/delivery.h"
#include "lifecycle/lifecycle.h"

/* NULL: there is none of that name, and no file that takes them all. */
const struct delivery_channel *channel_find(const struct lifecycle_settings *settings, const char *name);

#endif
