// Inside the room http: what its files promise one another.
#pragma once

#include "marbre/http.h"

#include <event2/event_struct.h>
#include <sys/uio.h>

// ------------------------------------------------------------------------------------------------- bytes and fields

// Byte classes of the grammars (RFC 9110 §5.6, RFC 3986 §3).
enum byte_class {
    BYTE_TOKEN = 1,   // methods, field names
    BYTE_FIELD = 2,   // field values
    BYTE_TARGET = 4,  // request targets: what is visible, without `#`
    BYTE_REGNAME = 8, // host names, escapes aside
    BYTE_HEX = 16,
    BYTE_QUOTED = 32, // inside of a quoted string, backslash and quote aside
};
extern const unsigned char byte_classes[256];

static inline bool byte_is(char c, enum byte_class wanted)
{
    return (byte_classes[(unsigned char)c] & wanted) != 0;
}

bool bytes_are(struct str text, enum byte_class wanted);
int byte_hex_value(char c); // of a BYTE_HEX

// Splits the target that is in `request` into path and query, and finds a host in an absolute one (RFC 9112 §3.2).
enum http_fault target_read(struct http_request *request);
bool host_is_valid(struct str host);

// Facts of a head that are known only once all of its fields were seen, or that a field leaves behind for the next.
struct field_facts {
    bool host, close;
    struct str host_value;
};
// Takes note of a field that decides about framing or about the connection.
enum http_fault field_read(struct http_request *request, struct str name, struct str value, struct field_facts *facts);

// -------------------------------------------------------------------------------------------------------- addresses

enum { PEER_TEXT = INET6_ADDRSTRLEN };

// A bound stream socket; -1 with errno. Workers share the port, a claim does not.
int address_bind(const struct http_address *address, bool shared);
uint16_t address_port(const struct http_address *address);
void address_peer_text(const struct sockaddr_storage *at, char text[PEER_TEXT]);

struct http_ip ip_of(const struct sockaddr_storage *at);
void ip_text(const struct http_ip *ip, char text[PEER_TEXT]);

// ------------------------------------------------------------------------------------------------- what is bounded

// Connections by address.
enum { ADDRESS_BUCKETS = 4096 };
struct address_counter;
struct address_counters {
    struct address_counter *buckets[ADDRESS_BUCKETS];
    uint64_t seed[2];
};

void address_counters_init(struct address_counters *counters);
// Counts one more connection of `ip`; false when it has `most` already.
MUST_CHECK bool address_counter_take(struct address_counters *counters, struct http_ip ip, unsigned most,
                                     struct address_counter **taken);
void address_counter_release(struct address_counters *counters,
                             struct address_counter *counter); // NULL: one that was not counted

// The room that bodies may take. The listener and each exchange are in it from their beginning to their end.
struct memory_quota;
struct memory_quota *memory_quota_new(uint64_t bytes);
struct memory_quota *memory_quota_join(struct memory_quota *quota);
void memory_quota_leave(struct memory_quota *quota, uint64_t held); // gives back what was taken
bool memory_quota_has(const struct memory_quota *quota, uint64_t bytes);
MUST_CHECK bool memory_quota_take(struct memory_quota *quota, uint64_t bytes);

// -------------------------------------------------------------------------------------------------------- exchanges

struct connection;

// A head, and a part between the line that says its length and the one that ends it.
enum { EXCHANGE_PIECES = 4 };

// An exchange: what the service sees, and what the room keeps beside it.
struct exchange {
    struct http_exchange open;     // first, so that one is found from the other
    struct connection *connection; // NULL once the client is gone
    void (*done)(void *context, struct http_exchange *exchange);
    void *context;
    char peer[PEER_TEXT];
    bool replied;
    bool whole; // the body, if there is one, was read to its end
    uint64_t body_max;
    int64_t body_began_us;
    struct http_chunks chunks;
    struct buf body;
    struct memory_quota *quota;
    uint64_t held;                     // of the quota
    struct iovec out[EXCHANGE_PIECES]; // what is left to write
    size_t out_count;
    void (*more)(struct http_exchange *exchange); // asks for what comes then; NULL: that was all
    bool chunked;                                 // each part says how long it is (RFC 9112 §7.1)
    char chunk_line[24];
};

// A fresh exchange for `connection`, with a copy of `head`, to which `parsed`, read from the very same bytes, is moved.
struct exchange *exchange_new(struct connection *connection, struct str head, const struct http_request *parsed);
void exchange_find_client(struct exchange *exchange); // behind a trusted proxy, once the head is known to be good
void exchange_finish(struct exchange *exchange);      // tells the service that it is done, and frees it
bool exchange_has_body(const struct exchange *exchange);
// Makes room for `more` bytes of the body or a little more, and says for how many; 0: the worker has none left. It
// grows with what came, not with what was announced.
size_t exchange_body_room(struct exchange *exchange, size_t more);

// ------------------------------------------------------------------------------------------------------ connections

enum stage {
    STAGE_HEAD,    // between requests, or in the middle of a head
    STAGE_BODY,    // admitted, reading the body
    STAGE_SERVICE, // the service has it
    STAGE_REPLY,   // writing
    STAGE_LINGER,  // all is said; reading so that a reset does not take the reply away
    STAGE_CLOSED,  // only memory is left
};

struct input {
    char *ptr;
    size_t start, end, capacity;
};

struct connection {
    struct connection *before, *next; // in the listener's list
    struct connection *next_due;      // among those whose time is over
    struct http_listener *listener;
    struct event readable, writable;
    int fd;
    enum stage stage;
    bool advancing; // `connection_advance` is below us on the stack
    bool reading, writing;
    bool ended;      // the client will send no more
    bool last;       // close after this reply
    bool linger;     // … but not before the client had time to read it
    bool served_one; // the wait is between two requests
    int64_t deadline_us, first_byte_us;
    size_t drained;
    struct input input;
    struct exchange *exchange;
    struct address_counter *address_counter; // NULL when nobody counts
    struct http_ip ip;
    char peer[PEER_TEXT];
};

// Takes over `fd`, and what `counter` counts.
void connection_begin(struct http_listener *listener, int fd, struct http_ip peer, struct address_counter *counter);
// Does all that can be done without waiting. Never calls itself: a burst of requests is a loop, not a stack.
void connection_advance(struct connection *connection);
void connection_close(struct connection *connection); // memory goes with the listener's next `listener_free_closed`
void connection_time_out(struct connection *connection);
bool connection_is_idle(const struct connection *connection);
bool connection_has_unread(const struct connection *connection);
void connection_reply(struct connection *connection); // the exchange's `out` is ready to go

// Stages, each in the file of its subject. True: something moved, go on.
bool reply_write(struct connection *connection);
bool request_read_head(struct connection *connection);
bool request_read_body(struct connection *connection);
void request_refuse(struct connection *connection, enum http_fault fault);

struct str input_view(const struct input *input);
size_t input_room(struct input *input); // makes room at the end; 0 when it is full
void input_skip(struct input *input, size_t n);
void input_drop(struct input *input);

// ---------------------------------------------------------------------------------------------------------- listener

struct http_listener {
    struct event_base *base;
    int fd; // -1 once stopped
    struct event *acceptable, *retry, *sweep;
    struct http_limits limits;
    struct http_service service;
    struct connection *connections, *dead;
    size_t count;
    struct address_counters address_counters;
    struct memory_quota *quota;
    bool open, draining, paused;
    int64_t now_us; // of the present callback
    int64_t date_s;
    char date[CLOCK_HTTP];
    struct http_metrics metrics;
    uint64_t rejected, crowded; // since it was last said
    int64_t rejected_logged_us;
    struct http_request request; // scratch for the parser
};

#define NEVER INT64_MAX
static inline int64_t in_ms(const struct http_listener *listener, unsigned ms)
{
    return listener->now_us + (int64_t)ms * 1000;
}
