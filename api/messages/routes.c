#include "api/messages/messages.h"

#define ADMIN(verb, path, may, name) ROUTE(verb, "/v1/platform/" path, ACCESS_PLATFORM, MAY_PLATFORM_##may, name)
/* Their answers are read by the transaction itself: a repeat is told already_done. */
#define CHANGE(verb, path, may, name)                                                              \
    { .method = (verb), .pattern = ("/v1/platform/" path), .access = ACCESS_PLATFORM,             \
      .permission = MAY_PLATFORM_##may, .steps = name##_steps, .bytes = &name##_bytes,            \
      .answer_secret = true }

const struct route message_routes[] = {
    ADMIN("GET", "channels", READ_MESSAGES, channel_list),
    ADMIN("GET", "channels/{name}", READ_MESSAGES, channel_get),
    CHANGE("PUT", "channels/{name}", MANAGE_CHANNELS, channel_put),
    CHANGE("DELETE", "channels/{name}", MANAGE_CHANNELS, channel_delete),
    CHANGE("POST", "channels/{name}/test", MANAGE_CHANNELS, channel_test),
    ADMIN("GET", "deliveries", READ_MESSAGES, message_list),
    ADMIN("GET", "deliveries/{id}", READ_MESSAGES, message_get),
    CHANGE("POST", "deliveries/{id}/send-again", MANAGE_CHANNELS, message_again),
    { 0 }
};
