#include "api/peer.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

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

/* Of several headers the last: proxies that do not append to what the client sent add one of their own behind it. */
static const char *last_header(struct call *call, const char *wanted)
{
    const char *name, *value, *last = NULL;

    for (size_t i = 0; http_request_header_at(call->request, i, &name, &value); i++)
        if (strcasecmp(name, wanted) == 0)
            last = value;
    return last;
}

const char *call_peer(struct call *call)
{
    const char *wanted = call->api->settings.client_address_header;
    const char *said = *wanted ? last_header(call, wanted) : NULL;
    const char *told = said ? last_address(call, said) : NULL;
    const char *peer = http_request_peer(call->request);

    if (told)
        return told;
    return *peer && strcmp(peer, "unix") != 0 ? peer : NULL;
}
