/* peer.h - who calls, as a network address. */
#ifndef API_PEER_H
#define API_PEER_H

#include "api/call.h"

/* The caller's address in the call's arena: "192.0.2.1", "2001:db8::1"; NULL where there is none (unix
 * socket). Behind a proxy that the settings name (client_address_header) it is what the proxy says. */
const char *call_peer(struct call *call);

#endif
