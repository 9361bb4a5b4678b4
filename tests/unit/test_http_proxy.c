// Networks, and who the client is behind proxies that are trusted.
#include "marbre/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct http_ip ip(const char *text)
{
    struct http_ip read;
    assert_true(http_ip_read(str_of(text), &read));
    return read;
}

static void test_an_address_has_one_spelling(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",      "10.0.0",      "10.0.0.256",   "10.0.0.1 ", "010.0.0.1", "::g",
                                        "[::1]", "10.0.0.1:80", "fe80::1%eth0", "localhost", "::1::"};
    struct http_ip v4 = ip("10.0.0.1"), mapped = ip("::FFFF:10.0.0.1"), ignored;
    assert_memory_equal(&v4, &mapped, sizeof v4);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (http_ip_read(str_of(wrong[i]), &ignored))
            fail_msg("%s is no address", wrong[i]);
    assert_false(http_ip_read(STR("10.0.0.1\0"), &ignored));
}

static void test_networks_are_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int count; // -1: refused
    } rows[] = {
        {"", 0},
        {"127.0.0.1", 1},
        {"10.0.0.0/8, 192.168.0.0/16 ,2001:db8::/32,::1", 4},
        {"0.0.0.0/0", 1},
        {"::/0", 1},
        {"10.0.0.0/33", -1},
        {"::/129", -1},
        {"10.0.0.0/", -1},
        {"10.0.0.0/-1", -1},
        {"10.0.0.0/8/8", -1},
        {"10.0.0.0/8,", -1},
        {",", -1},
        {"proxy.example", -1},
        {"10.0.0.1 10.0.0.2", -1},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_networks networks;
        bool fine = http_networks_read(arena, str_of(rows[i].text), &networks);
        if (fine != (rows[i].count >= 0) || (fine && networks.count != (size_t)rows[i].count))
            fail_msg("%s: %s, %zu", rows[i].text, fine ? "read" : "refused", networks.count);
    }
    arena_free(arena);
}

static void test_a_network_ends_at_its_bit(void **state)
{
    (void)state;
    static const struct {
        const char *network, *address;
        bool inside;
    } rows[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.4/30", "10.0.0.7", true},
        {"10.0.0.4/30", "10.0.0.8", false},
        {"10.0.0.4", "10.0.0.5", false},
        {"10.9.9.9/8", "10.1.1.1", true},
        {"0.0.0.0/0", "192.0.2.1", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::/0", "10.1.2.3", true},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"2001:db8::1/128", "2001:db8::1", true},
        {"2001:db8::1/127", "2001:db8::2", false},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_networks networks;
        struct http_ip address = ip(rows[i].address);
        assert_true(http_networks_read(arena, str_of(rows[i].network), &networks));
        if (http_networks_have(&networks, &address) != rows[i].inside)
            fail_msg("%s in %s", rows[i].address, rows[i].network);
    }
    arena_free(arena);
}

#define FOR   "X-Forwarded-For: "
#define FWD   "Forwarded: "
#define PROXY "10.0.0.1"
#define ME    "192.0.2.7"

// The socket's peer, what its request says, and who that makes the client. Trusted are 10.0.0.0/8 and 2001:db8:1::/48.
static const struct {
    const char *says, *peer, *fields, *client;
} stories[] = {
    {"a proxy that says nothing", PROXY, "", PROXY},
    {"a proxy", PROXY, FOR ME "\r\n", ME},
    {"a proxy, in the other field", PROXY, FWD "for=" ME "\r\n", ME},
    {"a stranger", "198.51.100.1", FOR ME "\r\n", "198.51.100.1"},
    {"a stranger, in the other field", "198.51.100.1", FWD "for=" ME "\r\n", "198.51.100.1"},
    {"a proxy over IPv6", "2001:db8:1::5", FOR "2001:db8:2::7\r\n", "2001:db8:2::7"},
    {"a proxy, mapped", "::ffff:10.0.0.1", FOR ME "\r\n", ME},
    {"what the client wrote before it came to the proxy", PROXY, FOR "6.6.6.6, " ME "\r\n", ME},
    {"the same in a field of its own", PROXY, FOR "6.6.6.6\r\n" FOR ME "\r\n", ME},
    {"a chain of proxies", PROXY, FOR "6.6.6.6, " ME ", 10.0.0.3,10.0.0.2\r\n", ME},
    {"a chain over several fields", PROXY, FOR "6.6.6.6, " ME "\r\n" FOR "10.0.0.3\r\nX: y\r\n" FOR "10.0.0.2\r\n", ME},
    {"nobody but proxies", PROXY, FOR "10.0.0.3, 10.0.0.2\r\n", "10.0.0.3"},
    {"the name in any case", PROXY, "x-FORWARDED-for: " ME "\r\n", ME},
    {"an empty field", PROXY, FOR "\r\n", PROXY},
    {"empty elements", PROXY, FOR ",, " ME " ,,\r\n", ME},
    {"a port", PROXY, FOR ME ":4711\r\n", ME},
    {"IPv6 with brackets", PROXY, FOR "[2001:db8:2::7]\r\n", "2001:db8:2::7"},
    {"IPv6 with a port", PROXY, FOR "[2001:db8:2::7]:80\r\n", "2001:db8:2::7"},
    {"no address", PROXY, FOR "unknown\r\n", PROXY},
    {"no address before a good one", PROXY, FOR "rubbish, " ME "\r\n", ME},
    {"no address between: the last good one", PROXY, FOR ME ", rubbish, 10.0.0.2\r\n", "10.0.0.2"},
    {"a port that no socket has", PROXY, FOR ME ":65536\r\n", PROXY},
    {"a port without a digit", PROXY, FOR ME ":\r\n", PROXY},
    {"brackets around IPv4", PROXY, FOR "[" ME "]\r\n", PROXY},
    {"an open bracket", PROXY, FOR "[::1\r\n", PROXY},
    {"something after the bracket", PROXY, FOR "[::1]x\r\n", PROXY},
    {"all the pairs of an element", PROXY, FWD "by=10.0.0.1; For=\"" ME ":47\";proto=https;host=a.b\r\n", ME},
    {"quoted IPv6", PROXY, FWD "for=\"[2001:db8:2::7]:80\"\r\n", "2001:db8:2::7"},
    {"several elements", PROXY, FWD "for=6.6.6.6, for=" ME ";by=10.0.0.2, for=10.0.0.2\r\n", ME},
    {"a name instead of an address", PROXY, FWD "for=" ME ", for=_hidden\r\n", PROXY},
    {"an element without `for`", PROXY, FWD "for=" ME ", by=10.0.0.2\r\n", PROXY},
    {"two in one element", PROXY, FWD "for=6.6.6.6;for=" ME "\r\n", PROXY},
    {"a quote that does not end", PROXY, FWD "for=\"" ME "\r\n", PROXY},
    {"a quote that the client left open", PROXY, FWD "for=\", for=" ME "\r\n", ME},
    {"an element inside of a quote", PROXY, FWD "for=" ME ";host=\"a, for=6.6.6.6\"\r\n", PROXY},
    {"an escaped quote", PROXY, FWD "for=" ME ";host=\"a\\\", for=6.6.6.6;x=\\\"\"\r\n", PROXY},
    {"both fields, of one mind", PROXY, FWD "for=" ME "\r\n" FOR "6.6.6.6, " ME "\r\n", ME},
    {"both fields, of two minds", PROXY, FWD "for=6.6.6.6\r\n" FOR ME "\r\n", PROXY},
};

static void test_only_what_a_trusted_proxy_wrote_says_who_the_client_is(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct http_networks trusted;
    assert_true(http_networks_read(arena, STR("10.0.0.0/8,2001:db8:1::/48"), &trusted));
    for (size_t i = 0; i < COUNT_OF(stories); i++) {
        struct http_request request;
        size_t used;
        struct str head = arena_printf(arena, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", stories[i].fields);
        assert_int_equal(http_parse_head(head, &request, &used), HTTP_FINE);
        struct http_ip found = http_client_find(&trusted, &request, ip(stories[i].peer)),
                       wanted = ip(stories[i].client);
        if (memcmp(&found, &wanted, sizeof found) != 0)
            fail_msg("%s: it is not %s", stories[i].says, stories[i].client);
    }
    arena_free(arena);
}

static void test_nobody_is_trusted_unless_named(void **state)
{
    (void)state;
    struct http_networks nobody = {NULL, 0};
    struct http_request request;
    size_t used;
    assert_int_equal(http_parse_head(STR("GET / HTTP/1.1\r\nHost: a\r\n" FOR ME "\r\n\r\n"), &request, &used),
                     HTTP_FINE);
    struct http_ip peer = ip("127.0.0.1"), found = http_client_find(&nobody, &request, peer);
    assert_memory_equal(&found, &peer, sizeof peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_has_one_spelling),
        cmocka_unit_test(test_networks_are_read_or_refused),
        cmocka_unit_test(test_a_network_ends_at_its_bit),
        cmocka_unit_test(test_only_what_a_trusted_proxy_wrote_says_who_the_client_is),
        cmocka_unit_test(test_nobody_is_trusted_unless_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
