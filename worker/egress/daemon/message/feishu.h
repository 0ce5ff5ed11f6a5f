/* feishu.h - how a Feishu robot's messages are signed. */
#ifndef WORKER_EGRESS_DAEMON_MESSAGE_FEISHU_H
#define WORKER_EGRESS_DAEMON_MESSAGE_FEISHU_H

#include <stdint.h>

#include "core/base/arena.h"

/* base64(HMAC-SHA256(key = "<seconds>\n<secret>", of nothing)); good for an hour. */
const char *feishu_sign(int64_t now_s, const char *secret, struct arena *arena);

#endif
