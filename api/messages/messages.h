/* messages.h - how messages leave, and what became of them. The table of their routes is messages/routes.c. */
#ifndef API_MESSAGES_MESSAGES_H
#define API_MESSAGES_MESSAGES_H

#include "api/endpoint.h"

ENDPOINT(channel_list);
ENDPOINT(channel_get);
ENDPOINT(channel_put);
ENDPOINT(channel_delete);
ENDPOINT(channel_test);
ENDPOINT(message_list);
ENDPOINT(message_get);
ENDPOINT(message_again);

extern const struct route message_routes[];

#endif
