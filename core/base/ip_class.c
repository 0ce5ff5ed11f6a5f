/* ip_class.c - tables in the order they are asked: the first row that holds decides. */
#include "core/base/ip_class.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"

struct row {
    uint8_t prefix[16];
    int bits;
    enum ip_class class;
};

static const struct row v4_rows[] = {
    { { 0 }, 8, IP_UNSPECIFIED },            /* RFC 791: this network */
    { { 10 }, 8, IP_PRIVATE },               /* RFC 1918 */
    { { 100, 64 }, 10, IP_PRIVATE },         /* RFC 6598: shared address space */
    { { 127 }, 8, IP_LOOPBACK },             /* RFC 1122 */
    { { 169, 254 }, 16, IP_LINK_LOCAL },     /* RFC 3927 */
    { { 172, 16 }, 12, IP_PRIVATE },         /* RFC 1918 */
    { { 192, 0, 0 }, 24, IP_RESERVED },      /* RFC 6890: IETF protocol assignments */
    { { 192, 0, 2 }, 24, IP_RESERVED },      /* RFC 5737: documentation */
    { { 192, 31, 196 }, 24, IP_RESERVED },   /* RFC 7535: AS112 */
    { { 192, 52, 193 }, 24, IP_RESERVED },   /* RFC 7450: AMT */
    { { 192, 88, 99 }, 24, IP_RESERVED },    /* RFC 7526: 6to4 relay, withdrawn */
    { { 192, 168 }, 16, IP_PRIVATE },        /* RFC 1918 */
    { { 192, 175, 48 }, 24, IP_RESERVED },   /* RFC 7534: AS112 */
    { { 198, 18 }, 15, IP_RESERVED },        /* RFC 2544: benchmarking */
    { { 198, 51, 100 }, 24, IP_RESERVED },   /* RFC 5737 */
    { { 203, 0, 113 }, 24, IP_RESERVED },    /* RFC 5737 */
    { { 224 }, 4, IP_MULTICAST },            /* RFC 5771 */
    { { 240 }, 4, IP_RESERVED },             /* RFC 1112, and 255.255.255.255 */
    { { 0 }, 0, IP_GLOBAL },
};

static const struct row v6_rows[] = {
    { { 0 }, 128, IP_UNSPECIFIED },
    { { [15] = 1 }, 128, IP_LOOPBACK },
    { { 0 }, 96, IP_EMBEDDED },                               /* ::a.b.c.d, compatible */
    { { [10] = 0xff, [11] = 0xff }, 96, IP_EMBEDDED },        /* ::ffff:a.b.c.d, mapped */
    { { [8] = 0xff, [9] = 0xff }, 96, IP_EMBEDDED },          /* ::ffff:0:a.b.c.d, translated */
    { { 0x00, 0x64, 0xff, 0x9b }, 96, IP_EMBEDDED },          /* RFC 6052: NAT64 */
    { { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, IP_EMBEDDED }, /* RFC 8215 */
    { { 0x20, 0x02 }, 16, IP_EMBEDDED },                      /* RFC 3056: 6to4 */
    { { 0x20, 0x01 }, 32, IP_EMBEDDED },                      /* RFC 4380: Teredo */
    { { 0x20, 0x01 }, 23, IP_RESERVED },                      /* RFC 2928: ORCHID and the like */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32, IP_RESERVED },          /* RFC 3849: documentation */
    { { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48, IP_RESERVED },    /* RFC 7534: AS112 */
    { { 0x3f, 0xff }, 20, IP_RESERVED },                      /* RFC 9637: documentation */
    { { 0x20 }, 3, IP_GLOBAL },                               /* RFC 4291: global unicast */
    { { 0xfc }, 7, IP_PRIVATE },                              /* RFC 4193: unique local */
    { { 0xfe, 0x80 }, 10, IP_LINK_LOCAL },
    { { 0xfe, 0xc0 }, 10, IP_PRIVATE },                       /* RFC 3879: site local, withdrawn */
    { { 0xff }, 8, IP_MULTICAST },
    { { 0 }, 0, IP_RESERVED },
};

static bool within(const uint8_t *bytes, const uint8_t *prefix, int bits)
{
    int whole = bits / 8, rest = bits % 8;

    if (memcmp(bytes, prefix, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ prefix[whole]) & (0xff << (8 - rest)) & 0xff) == 0;
}

enum ip_class ip_class(const struct ip_address *address)
{
    const struct row *row = address->v6 ? v6_rows : v4_rows;

    while (!within(address->bytes, row->prefix, row->bits))
        row++; /* the last row holds everything */
    return row->class;
}

const char *ip_class_name(enum ip_class class)
{
    static const char *const names[] = { "global",    "loopback",    "private",  "link-local",
                                         "multicast", "unspecified", "embedded", "reserved" };
    return names[class];
}

bool ip_parse(const char *text, struct ip_address *address)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, address->bytes) == 1)
        return true;
    address->v6 = true;
    return inet_pton(AF_INET6, text, address->bytes) == 1;
}

/* --- networks --- */

static bool add_net(struct ip_nets *nets, const char *text)
{
    char address[64];
    const char *slash = strchr(text, '/');
    struct ip_net net;
    int64_t bits;

    if (nets->count == IP_NETS_MAX || !slash || (size_t)(slash - text) >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)(slash - text), text);
    if (!ip_parse(address, &net.address) ||
        !text_parse_i64(slash + 1, 0, net.address.v6 ? 128 : 32, &bits))
        return false;
    net.bits = (int)bits;
    nets->items[nets->count++] = net;
    return true;
}

bool ip_nets_parse(const char *text, struct ip_nets *nets, struct gov_err *err)
{
    char word[80];

    nets->count = 0;
    for (;;) {
        text += strspn(text, ", ");
        size_t bytes = strcspn(text, ", ");
        if (bytes == 0)
            return true;
        snprintf(word, sizeof word, "%.*s", (int)(bytes < sizeof word ? bytes : sizeof word - 1), text);
        bool good = strcmp(word, "loopback") == 0
                        ? add_net(nets, "127.0.0.0/8") && add_net(nets, "::1/128")
                        : add_net(nets, word);
        if (!good)
            return gov_fail(err, GOV_CONFIGURATION,
                            "\"%s\" is no network; write \"loopback\" or a CIDR like 10.1.0.0/16",
                            "“%s”不是网络；请写 loopback 或形如 10.1.0.0/16 的 CIDR", word);
        text += bytes;
    }
}

bool ip_nets_hold(const struct ip_nets *nets, const struct ip_address *address)
{
    for (size_t i = 0; i < nets->count; i++) {
        const struct ip_net *net = &nets->items[i];
        if (net->address.v6 == address->v6 && within(address->bytes, net->address.bytes, net->bits))
            return true;
    }
    return false;
}

bool ip_nets_same(const struct ip_nets *a, const struct ip_nets *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        const struct ip_net *x = &a->items[i], *y = &b->items[i];
        if (x->bits != y->bits || x->address.v6 != y->address.v6 ||
            memcmp(x->address.bytes, y->address.bytes, x->address.v6 ? 16 : 4) != 0)
            return false;
    }
    return a->count == b->count;
}
