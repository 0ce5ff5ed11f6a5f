/* dingtalk.h - how a DingTalk robot's messages are signed. */
#ifndef WORKER_EGRESS_DAEMON_MESSAGE_DINGTALK_H
#define WORKER_EGRESS_DAEMON_MESSAGE_DINGTALK_H

#include <stdint.h>

#include "core/base/arena.h"

/* base64(HMAC-SHA256(key = secret, of "<milliseconds>\n<secret>")), percent-encoded for a query; good for an hour. */
const char *dingtalk_sign(int64_t now_ms, const char *secret, struct arena *arena);

#endif
