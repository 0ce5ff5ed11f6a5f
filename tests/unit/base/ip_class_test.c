/* Every block of the special-purpose registries, at its edges and just outside. */
#include "core/base/ip_class.h"

#include <string.h>

#include "tests/lib/test.h"

static const struct {
    const char *text;
    enum ip_class class;
} table[] = {
    { "0.0.0.0", IP_UNSPECIFIED },
    { "0.255.255.255", IP_UNSPECIFIED },
    { "1.0.0.0", IP_GLOBAL },
    { "1.1.1.1", IP_GLOBAL },
    { "8.8.8.8", IP_GLOBAL },
    { "9.255.255.255", IP_GLOBAL },
    { "10.0.0.0", IP_PRIVATE },
    { "10.255.255.255", IP_PRIVATE },
    { "11.0.0.0", IP_GLOBAL },
    { "100.63.255.255", IP_GLOBAL },
    { "100.64.0.0", IP_PRIVATE },
    { "100.127.255.255", IP_PRIVATE },
    { "100.128.0.0", IP_GLOBAL },
    { "126.255.255.255", IP_GLOBAL },
    { "127.0.0.1", IP_LOOPBACK },
    { "127.255.255.255", IP_LOOPBACK },
    { "128.0.0.0", IP_GLOBAL },
    { "169.253.255.255", IP_GLOBAL },
    { "169.254.0.0", IP_LINK_LOCAL },
    { "169.254.169.254", IP_LINK_LOCAL },
    { "169.255.0.0", IP_GLOBAL },
    { "172.15.255.255", IP_GLOBAL },
    { "172.16.0.0", IP_PRIVATE },
    { "172.31.255.255", IP_PRIVATE },
    { "172.32.0.0", IP_GLOBAL },
    { "192.0.0.170", IP_RESERVED },
    { "192.0.1.0", IP_GLOBAL },
    { "192.0.2.1", IP_RESERVED },
    { "192.0.3.0", IP_GLOBAL },
    { "192.31.196.1", IP_RESERVED },
    { "192.52.193.1", IP_RESERVED },
    { "192.88.99.1", IP_RESERVED },
    { "192.167.255.255", IP_GLOBAL },
    { "192.168.0.1", IP_PRIVATE },
    { "192.169.0.0", IP_GLOBAL },
    { "192.175.48.6", IP_RESERVED },
    { "198.17.255.255", IP_GLOBAL },
    { "198.18.0.0", IP_RESERVED },
    { "198.19.255.255", IP_RESERVED },
    { "198.20.0.0", IP_GLOBAL },
    { "198.51.100.7", IP_RESERVED },
    { "203.0.113.7", IP_RESERVED },
    { "203.0.114.0", IP_GLOBAL },
    { "223.255.255.255", IP_GLOBAL },
    { "224.0.0.1", IP_MULTICAST },
    { "239.255.255.255", IP_MULTICAST },
    { "240.0.0.0", IP_RESERVED },
    { "255.255.255.255", IP_RESERVED },
    { "::", IP_UNSPECIFIED },
    { "::1", IP_LOOPBACK },
    { "::2", IP_EMBEDDED },
    { "::127.0.0.1", IP_EMBEDDED },
    { "::ffff:127.0.0.1", IP_EMBEDDED },
    { "::ffff:8.8.8.8", IP_EMBEDDED },
    { "::ffff:0:10.0.0.1", IP_EMBEDDED },
    { "64:ff9b::a00:1", IP_EMBEDDED },
    { "64:ff9b::808:808", IP_EMBEDDED },
    { "64:ff9b:1::a00:1", IP_EMBEDDED },
    { "64:ff9b:2::1", IP_RESERVED },
    { "100::1", IP_RESERVED },
    { "1fff::1", IP_RESERVED },
    { "2000::1", IP_GLOBAL },
    { "2001::1", IP_EMBEDDED },
    { "2001:0:53aa:64c:0:1::", IP_EMBEDDED },
    { "2001:2::1", IP_RESERVED },
    { "2001:10::1", IP_RESERVED },
    { "2001:20::1", IP_RESERVED },
    { "2001:1ff:ffff::1", IP_RESERVED },
    { "2001:200::1", IP_GLOBAL },
    { "2001:4860:4860::8888", IP_GLOBAL },
    { "2001:db7:ffff::1", IP_GLOBAL },
    { "2001:db8::1", IP_RESERVED },
    { "2001:db9::1", IP_GLOBAL },
    { "2002::1", IP_EMBEDDED },
    { "2002:7f00:1::", IP_EMBEDDED },
    { "2002:c0a8:101::1", IP_EMBEDDED },
    { "2003::1", IP_GLOBAL },
    { "2606:4700:4700::1111", IP_GLOBAL },
    { "2620:4f:8000::1", IP_RESERVED },
    { "2a00:1450::1", IP_GLOBAL },
    { "3fff::1", IP_RESERVED },
    { "3fff:fff::1", IP_RESERVED },
    { "3fff:1000::1", IP_GLOBAL },
    { "4000::1", IP_RESERVED },
    { "fbff::1", IP_RESERVED },
    { "fc00::1", IP_PRIVATE },
    { "fd12:3456::1", IP_PRIVATE },
    { "fe00::1", IP_RESERVED },
    { "fe80::1", IP_LINK_LOCAL },
    { "febf::1", IP_LINK_LOCAL },
    { "fec0::1", IP_PRIVATE },
    { "ff02::1", IP_MULTICAST },
};

static void each_address_has_its_class(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct ip_address a;
        assert_true(ip_parse(table[i].text, &a));
        if (ip_class(&a) != table[i].class)
            fail_msg("%s is %s, not %s", table[i].text, ip_class_name(ip_class(&a)),
                     ip_class_name(table[i].class));
    }
}

static void loose_spellings_are_no_addresses(void **state)
{
    static const char *const texts[] = { "",        "1.2.3",       "0x7f.1", "2130706433", "127.1",
                                         "01.2.3.4", "1.2.3.4 ",   "[::1]",  "fe80::1%lo", "1.2.3.256",
                                         "::1::",    "localhost" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ip_address a;
        if (ip_parse(texts[i], &a))
            fail_msg("\"%s\" was taken for an address", texts[i]);
    }
}

static bool holds(const char *nets, const char *address)
{
    struct ip_nets parsed;
    struct ip_address a;
    struct gov_err err;

    assert_true(ip_nets_parse(nets, &parsed, &err));
    assert_true(ip_parse(address, &a));
    return ip_nets_hold(&parsed, &a);
}

static void only_opened_networks_hold_an_address(void **state)
{
    (void)state;
    assert_false(holds("", "127.0.0.1"));
    assert_true(holds("loopback", "127.0.0.1"));
    assert_true(holds("loopback", "::1"));
    assert_false(holds("loopback", "10.0.0.1"));
    assert_false(holds("loopback", "::ffff:127.0.0.1"));
    assert_true(holds("10.1.0.0/16, fd00::/8", "10.1.255.1"));
    assert_false(holds("10.1.0.0/16, fd00::/8", "10.2.0.1"));
    assert_true(holds("10.1.0.0/16, fd00::/8", "fd00::1"));
    assert_true(holds("192.0.2.128/25", "192.0.2.129"));
    assert_false(holds("192.0.2.128/25", "192.0.2.127"));
    assert_true(holds("0.0.0.0/0", "8.8.8.8"));
    assert_false(holds("0.0.0.0/0", "::1"));
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const texts[] = { "10.0.0.0", "10.0.0.0/33", "::/129", "lan", "10.0.0.0/-1",
                                         "loopback;10.0.0.0/8" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ip_nets nets;
        struct gov_err err;
        assert_false(ip_nets_parse(texts[i], &nets, &err));
        assert_int_equal(err.code, GOV_CONFIGURATION);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_has_its_class),
        cmocka_unit_test(loose_spellings_are_no_addresses),
        cmocka_unit_test(only_opened_networks_hold_an_address),
        cmocka_unit_test(what_is_no_network_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
