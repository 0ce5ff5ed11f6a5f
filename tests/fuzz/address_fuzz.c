/* An address or a list of networks, as somebody might write them: what is read is what its own spelling says (as
 * inet_pton reads it), what is not global is never called so, and a network holds what lies in it. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "core/base/arena.h"
#include "core/base/check.h"
#include "core/base/ip_class.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool begins(const uint8_t *at, const char *prefix, size_t bytes)
{
    return memcmp(at, prefix, bytes) == 0;
}

/* The blocks that matter most, written down a second time. */
static void check_class(const struct ip_address *address)
{
    const uint8_t *b = address->bytes;
    bool inner = address->v6 ? (b[0] & 0xe0) != 0x20 || begins(b, "\x20\x01\x0d\xb8", 4) || begins(b, "\x20\x02", 2) ||
                                   begins(b, "\x20\x01\x00\x00", 4)
                             : b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 || (b[0] == 169 && b[1] == 254) ||
                                   (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
                                   (b[0] == 100 && (b[1] & 0xc0) == 64);

    CHECK(!inner || ip_class(address) != IP_GLOBAL);
    CHECK(*ip_class_name(ip_class(address)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct ip_address address;
    struct ip_nets nets;
    struct arena arena;
    struct gov_err err;
    uint8_t read[16];

    if (bytes > 2000)
        return 0;
    arena_init(&arena);
    const char *text = arena_copy(&arena, data, bytes);
    if (ip_parse(text, &address)) {
        CHECK(inet_pton(address.v6 ? AF_INET6 : AF_INET, text, read) == 1);
        CHECK(memcmp(read, address.bytes, address.v6 ? 16 : 4) == 0);
        check_class(&address);
        const char *own = arena_format(&arena, "%s/%d", text, address.v6 ? 128 : 32);
        CHECK(ip_nets_parse(own, &nets, &err) && nets.count == 1 && ip_nets_hold(&nets, &address));
    }
    if (ip_nets_parse(text, &nets, &err)) {
        CHECK(nets.count <= IP_NETS_MAX);
        for (size_t i = 0; i < nets.count; i++) {
            CHECK(nets.items[i].bits >= 0 && nets.items[i].bits <= (nets.items[i].address.v6 ? 128 : 32));
            CHECK(ip_nets_hold(&nets, &nets.items[i].address));
        }
    } else {
        CHECK(err.code == GOV_CONFIGURATION && *err.en && *err.zh);
    }
    arena_release(&arena);
    return 0;
}
