#include "api/peer.h"

#include <arpa/inet.h>
#include <string.h>

/* The last address of "client, proxy, proxy": the one that the nearest proxy saw itself. */
static const char *last_address(struct call *call, const char *list)
{
    const char *comma = strrchr(list, ',');
    const char *text = comma ? comma + 1 : list;
    unsigned char address[sizeof(struct in6_addr)];

    text += strspn(text, " \t");
    const char *clean = arena_copy(&call->op.arena, text, strcspn(text, " \t"));
    bool valid = inet_pton(AF_INET, clean, address) == 1 || inet_pton(AF_INET6, clean, address) == 1;
    return valid ? clean : NULL;
}

const char *call_peer(struct call *call)
{
    const char *wanted = call->api->settings.client_address_header;
    const char *said = *wanted ? http_request_header(call->request, wanted) : NULL;
    const char *told = said ? last_address(call, said) : NULL;
    const char *peer = http_request_peer(call->request);

    if (told)
        return told;
    return *peer && strcmp(peer, "unix") != 0 ? peer : NULL;
}
