/* ip_class.h - what kind of address a host is, and whether we may talk to it.
 *
 * After IANA's special-purpose registries (RFC 6890 and its updates). An IPv6 address that carries an
 * IPv4 one (mapped, NAT64, 6to4, Teredo, compatible) is never global: whoever means the IPv4 address can
 * write it.
 */
#ifndef CORE_BASE_IP_CLASS_H
#define CORE_BASE_IP_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

enum ip_class {
    IP_GLOBAL, /* unicast, reachable from anywhere */
    IP_LOOPBACK,
    IP_PRIVATE,     /* RFC 1918, unique local, shared (CGN) */
    IP_LINK_LOCAL,  /* 169.254/16 (cloud metadata!), fe80::/10 */
    IP_MULTICAST,
    IP_UNSPECIFIED, /* 0/8, :: */
    IP_EMBEDDED,    /* IPv6 that carries IPv4 */
    IP_RESERVED     /* documentation, benchmarking, future use, anything else */
};

/* Network byte order. */
struct ip_address {
    bool v6;
    uint8_t bytes[16]; /* four of them for IPv4 */
};

enum ip_class ip_class(const struct ip_address *address);
const char *ip_class_name(enum ip_class class); /* "global", "loopback", … */

/* Dotted quad or IPv6 without brackets and zone, nothing looser. */
bool ip_parse(const char *text, struct ip_address *address);

/* Networks that are opened although they are not global. */
enum { IP_NETS_MAX = 32 };
struct ip_net {
    struct ip_address address;
    int bits;
};
struct ip_nets {
    struct ip_net items[IP_NETS_MAX];
    size_t count;
};

/* "loopback, 10.1.0.0/16, fd00::/8"; "" for none. False: CONFIGURATION. */
bool ip_nets_parse(const char *text, struct ip_nets *nets, struct gov_err *err);
bool ip_nets_hold(const struct ip_nets *nets, const struct ip_address *address);
/* The same networks in the same order. */
bool ip_nets_same(const struct ip_nets *a, const struct ip_nets *b);

#endif
