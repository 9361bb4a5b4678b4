// auth: who is calling. Access tokens (JWT, HS256) and the keys that sign them; API keys; passwords, hashed off the
// loop. Knows libjwt. Whether a caller may do a thing is decided by enter.sql, in the transaction of the thing itself.
#pragma once

#include "marbre/db.h"

enum { AUTH_ACCESS_SECONDS = 600, AUTH_KEY_BYTES_MIN = 32, AUTH_KEYS_MAX = 8 };

// ------------------------------------------------------------------------------------------------------------- keys

// A file of lines `kid:base64url`. The first key signs, all of them verify.
struct auth_keys;

struct auth_keys *auth_keys_read(struct arena *arena, struct str path, struct error *error);
// Reads the file again, from the thread that owns the arena, while others sign and check. When the file is not good the
// keys stay as they are.
MUST_CHECK bool auth_keys_reload(struct auth_keys *keys, struct error *error);
// Makes the file with one new key, 0600, unless it is there.
MUST_CHECK bool auth_keys_make(struct str path, struct error *error);
// 32 bytes derived from the signing key for another purpose (signing cursors), so that ops have one secret to keep.
void auth_keys_derive(const struct auth_keys *keys, struct str purpose, unsigned char key[HASH_BYTES]);

// ------------------------------------------------------------------------------------------------------------ token

// Claims of an access token: the account, its session, and the epoch of the account in which it was made. Or of an API
// key its hash, by which it is known, and nothing else.
struct auth_caller {
    struct str account, session, epoch;
    struct str key;
};

// A token that is good for AUTH_ACCESS_SECONDS.
struct str auth_token_make(struct arena *arena, const struct auth_keys *keys, const struct auth_caller *caller);
// Algorithm and key are pinned before the signature is looked at, every claim and its type after it. False for anything
// that this server did not make or that is out of its time; there is no finer answer, on purpose.
MUST_CHECK bool auth_token_check(struct arena *arena, const struct auth_keys *keys, struct str token,
                                 struct auth_caller *caller);

// ---------------------------------------------------------------------------------------------------------- API keys

// `mbk_` and 32 random bytes in base64url. Only the hash is ever stored.
struct auth_api_key {
    struct str text, hash;
};
struct auth_api_key auth_api_key_make(struct arena *arena);
bool auth_api_key_is(struct str token); // looks like one, so it is no access token
// The caller that a key is known by. False for what has not the form of a key.
MUST_CHECK bool auth_api_key_read(struct arena *arena, struct str token, struct auth_caller *caller);

// --------------------------------------------------------------------------------------------------------- password

struct auth_password_cost {
    unsigned passes;
    size_t memory; // bytes
};

// Password hashing (argon2id) off the loop: on which threads, at what cost, and on which loop its result is told.
struct auth_hashing {
    struct arena *arena; // must live until `done`
    struct thread_pool *threads;
    struct loop *loop;
    struct auth_password_cost cost;
};

// Checks a password on the thread pool, then calls `done` on the loop. `phc` may be STR_NONE (no such account): then it
// costs the same and never fits. `rehashed` is a hash of the present cost for a password that fits a hash of another
// cost, else STR_NONE. False at once when the pool's queue is full.
MUST_CHECK bool auth_password_check(const struct auth_hashing *hashing, struct str password, struct str phc,
                                    void (*done)(void *context, bool fits, struct str rehashed), void *context);
// Hashes a password on the thread pool, then calls `done` on the loop. False at once when the pool's queue is full.
MUST_CHECK bool auth_password_hash(const struct auth_hashing *hashing, struct str password,
                                   void (*done)(void *context, struct str phc), void *context);
// A password that nobody could guess, of 16 letters and digits (96 bits).
struct str auth_password_make(struct arena *arena);
