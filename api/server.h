/* server.h - the API process: made, run, drained. */
#ifndef API_SERVER_H
#define API_SERVER_H

#include "api/api.h"
#include "core/io/settings.h"

extern const struct setting api_settings_table[];

/* Connect, listen, and run the loop until drained. False: could not start. */
bool server_run(const struct api_settings *settings, struct gov_err *err);

#endif
