// The one file that knows libsodium: random bytes, hashes, base64url, passwords; and the ids that random bytes make.
#include "marbre/base.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static bool is_ready; // set before there is a second thread

void secret_init(void)
{
    if (sodium_init() < 0)
        fatal("libsodium found no source of random bytes");
    is_ready = true;
}

void secret_random(void *bytes, size_t n)
{
    assert(is_ready);
    randombytes_buf(bytes, n);
}

bool secret_equal(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

void secret_hash(struct str bytes, unsigned char hash[HASH_BYTES])
{
    assert(is_ready);
    crypto_generichash(hash, HASH_BYTES, (const unsigned char *)bytes.ptr, bytes.len, NULL, 0);
}

void secret_sha256(struct str bytes, unsigned char hash[HASH_BYTES])
{
    _Static_assert(HASH_BYTES == crypto_hash_sha256_BYTES, "SHA-256");
    crypto_hash_sha256(hash, (const unsigned char *)bytes.ptr, bytes.len);
}

void secret_mac(struct str bytes, struct str key, unsigned char mac[HASH_BYTES])
{
    assert(is_ready && key.len >= crypto_generichash_KEYBYTES_MIN && key.len <= crypto_generichash_KEYBYTES_MAX);
    if (key.len < crypto_generichash_KEYBYTES_MIN || key.len > crypto_generichash_KEYBYTES_MAX)
        fatal("a key of %zu bytes for a MAC", key.len);
    crypto_generichash(mac, HASH_BYTES, (const unsigned char *)bytes.ptr, bytes.len, (const unsigned char *)key.ptr,
                       key.len);
}

struct str secret_base64(struct arena *arena, const void *bytes, size_t n)
{
    size_t capacity = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(arena, capacity);
    sodium_bin2base64(text, capacity, bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (struct str){text, capacity - 1};
}

bool secret_unbase64(struct arena *arena, struct str text, struct str *bytes)
{
    size_t capacity = text.len / 4 * 3 + 3, n = 0;
    unsigned char *decoded = arena_alloc(arena, capacity);
    if (sodium_base642bin(decoded, capacity, text.len ? text.ptr : "", text.len, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;
    *bytes = (struct str){(const char *)decoded, n};
    return true;
}

struct str secret_hex(struct arena *arena, const void *bytes, size_t n)
{
    char *text = arena_alloc(arena, n * 2 + 1);
    sodium_bin2hex(text, n * 2 + 1, bytes, n);
    return (struct str){text, n * 2};
}

uint64_t secret_short_hash(struct str bytes, const unsigned char key[SHORT_KEY_BYTES])
{
    assert(is_ready);
    uint64_t hash;
    _Static_assert(sizeof hash == crypto_shorthash_BYTES && SHORT_KEY_BYTES == crypto_shorthash_KEYBYTES,
                   "SipHash-2-4");
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)bytes.ptr, bytes.len, key);
    return hash;
}

struct str secret_password_hash(struct arena *arena, struct str password, unsigned passes, size_t memory)
{
    assert(is_ready && passes > 0 && memory >= crypto_pwhash_argon2id_MEMLIMIT_MIN);
    char *phc = arena_alloc(arena, crypto_pwhash_STRBYTES);
    if (crypto_pwhash_str_alg(phc, password.len ? password.ptr : "", password.len, passes, memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        fatal("out of memory: %zu bytes for argon2id", memory);
    return str_of(phc);
}

// libsodium reads a terminated text of a fixed size.
static bool take_phc(struct str phc, char terminated[crypto_pwhash_STRBYTES])
{
    memset(terminated, 0, crypto_pwhash_STRBYTES);
    if (phc.len >= crypto_pwhash_STRBYTES)
        return false;
    memcpy(terminated, phc.ptr, phc.len);
    return true;
}

bool secret_password_fits(struct str password, struct str phc)
{
    char terminated[crypto_pwhash_STRBYTES];
    return take_phc(phc, terminated) &&
           crypto_pwhash_str_verify(terminated, password.len ? password.ptr : "", password.len) == 0;
}

bool secret_password_costs(struct str phc, unsigned passes, size_t memory)
{
    char terminated[crypto_pwhash_STRBYTES];
    return take_phc(phc, terminated) && crypto_pwhash_str_needs_rehash(terminated, passes, memory) == 0;
}

// An id is made for every request, and a system call for each would be felt: each thread draws for many at once.
static void draw(unsigned char *bytes, size_t n)
{
    static _Thread_local unsigned char drawn[1024];
    static _Thread_local size_t left;
    if (left < n) {
        randombytes_buf(drawn, sizeof drawn);
        left = sizeof drawn;
    }
    left -= n;
    memcpy(bytes, drawn + left, n);
}

struct uuid uuid_new(void)
{
    unsigned char b[16];
    draw(b, sizeof b);
    uint64_t ms = (uint64_t)clock_wall_ms();
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)(ms >> (40 - 8 * i));
    b[6] = (unsigned char)(0x70 | (b[6] & 0x0F));
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3F));
    struct uuid id;
    char *text = id.text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *text++ = '-';
        *text++ = "0123456789abcdef"[b[i] >> 4];
        *text++ = "0123456789abcdef"[b[i] & 0x0F];
    }
    *text = '\0';
    return id;
}

bool uuid_is(struct str text)
{
    if (text.len != UUID_TEXT)
        return false;
    for (size_t i = 0; i < UUID_TEXT; i++) {
        char c = text.ptr[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (dash ? c != '-' : !hex)
            return false;
    }
    return true;
}
