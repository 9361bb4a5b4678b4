// http: bytes from the internet in, replies out, HTTP/1.0 and 1.1 (RFC 9110, RFC 9112), on one worker's loop.
//
// This room knows nothing of JSON, of the contract or of SQL. It frames requests, keeps connections, bounds sizes and
// time, and asks a `struct http_service` for everything that has a meaning. Requests of one connection are answered in
// the order in which they came.
#pragma once

#include "marbre/base.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum { HTTP_HEAD_MAX = 16 * 1024, HTTP_TARGET_MAX = 8 * 1024, HTTP_HEADERS_MAX = 100 };

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_OTHER,
};

struct http_header {
    struct str name, value;
};

// ---------------------------------------------------------------------------------------------------------- parser

// One request's head, as views into the bytes that were parsed.
struct http_request {
    enum http_method method;
    struct str method_text;
    struct str target;      // as sent
    struct str path, query; // of the target, still percent-encoded; query is STR_NONE when there is no `?`
    struct str host;
    unsigned minor; // of HTTP/1.minor
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    bool has_length, chunked, keep_alive, expects_continue;
    uint64_t length; // of the body, when has_length
};

// Why bytes are refused, or how a wait ended. `http_fault_status` gives the status code, `http_fault_detail` a
// sentence.
enum http_fault {
    HTTP_FINE,
    HTTP_UNFINISHED,      // no fault: more bytes are needed
    HTTP_BAD_REQUEST,     // 400
    HTTP_DOT_SEGMENT,     // 400
    HTTP_TIMEOUT,         // 408
    HTTP_LENGTH_REQUIRED, // 411
    HTTP_BODY_TOO_LARGE,  // 413
    HTTP_TARGET_TOO_LONG, // 414
    HTTP_EXPECTATION,     // 417
    HTTP_HEAD_TOO_LARGE,  // 431
    HTTP_CODING_UNKNOWN,  // 501
    HTTP_BUSY,            // 503
    HTTP_VERSION_UNKNOWN, // 505
};

int http_fault_status(enum http_fault fault);
const char *http_fault_detail(enum http_fault fault);

// Parses one request head from the start of `bytes` (RFC 9112 §2 to §6), a pure function: the same bytes give the same
// answer, however they came. On HTTP_FINE `*used` is the length of the head. Strict: whatever is ambiguous is refused.
enum http_fault http_parse_head(struct str bytes, struct http_request *request, size_t *used);

// The body in chunks (RFC 9112 §7.1). Feed it bytes as they come; it keeps only numbers between calls. Appends what it
// decodes to `body`, `*used` says how many bytes it consumed; HTTP_FINE once the last chunk and its trailers were seen.
struct http_chunks {
    int state;
    uint64_t left, total;
    size_t line, trailer; // bytes of the line and of the trailers so far
};
enum http_fault http_parse_chunks(struct http_chunks *chunks, struct str bytes, uint64_t body_max, struct buf *body,
                                  size_t *used);

// An address without a port. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2), so that each has one spelling.
struct http_ip {
    unsigned char bytes[16];
};
MUST_CHECK bool http_ip_read(struct str text, struct http_ip *ip);

// Addresses that share their first `bits`, of 128.
struct http_network {
    struct http_ip first;
    unsigned bits;
};
struct http_networks {
    const struct http_network *list;
    size_t count;
};
// `127.0.0.1, 10.0.0.0/8, 2001:db8::/32`; nothing gives none of them. False when a part is no address and no network.
MUST_CHECK bool http_networks_read(struct arena *arena, struct str text, struct http_networks *networks);
bool http_networks_have(const struct http_networks *networks, const struct http_ip *ip);

// The client's address behind proxies, when `peer` is at the other end of the socket. Only a trusted peer is believed:
// then it is the rightmost address of Forwarded (RFC 7239) or X-Forwarded-For that is not trusted as well; at an
// element that is no address, the last good one. Where both fields are there and differ, one of them is the client's
// own invention: `peer`.
struct http_ip http_client_find(const struct http_networks *trusted, const struct http_request *request,
                                struct http_ip peer);

// Percent-decodes (RFC 3986 §2.1) once. False on a bad escape, invalid UTF-8, or a NUL. `plus` turns + into a space,
// for queries.
MUST_CHECK bool http_decode(struct arena *arena, struct str text, bool plus, struct str *decoded);

// -------------------------------------------------------------------------------------------------------- exchange

// One request and its reply. Lives until the reply was written or the client went away, and the service is done with
// it.
struct http_exchange {
    struct arena *arena; // freed with the exchange
    struct http_request request;
    struct str body;    // whole, once `serve` is called; STR_NONE when the request had none
    struct str peer;    // the client's address as text; behind a trusted proxy, what that says
    int64_t began_us;   // clock_mono_us of the first byte
    void *service_data; // the service's own
    // Filled for `done`:
    int status;
    uint64_t bytes_out;
    bool cut; // the client went away before the reply was written
};

struct http_reply {
    int status;
    const struct http_header *headers; // Date, Content-Length and Connection are this room's
    size_t header_count;
    struct str body; // must live as long as the exchange; not sent for HEAD, 204 and 304
    uint64_t length; // Content-Length where the body is left out on purpose (HEAD); 0: body.len
    bool close;      // ask for the connection to end
    // The body comes in parts, of which `body` is the first: asked for the next one each time that the client has taken
    // all before. NULL: it is whole.
    void (*more)(struct http_exchange *exchange);
};

// The value of a header, or STR_NONE. Names in any case. For a name that came twice: the first.
struct str http_header_value(const struct http_request *request, struct str name);
// The value of a header that is a list and may come in several lines: all of them as one (RFC 9110 §5.3).
struct str http_header_list(struct arena *arena, const struct http_request *request, struct str name);

// Answers. Exactly once an exchange, at once or later, from the loop's thread; for a client that is gone it does
// nothing but finish the exchange. After it the exchange may be freed at any time.
void http_reply_send(struct http_exchange *exchange, const struct http_reply *reply);

// The next part of a reply that comes in parts, for each time that `more` is called, at once or later; it must live
// until `more` is called again, or the exchange is done.
void http_reply_more(struct http_exchange *exchange, struct str part, bool last);
// Instead of a part: the rest cannot be had. The client sees that the reply was cut.
void http_reply_cut(struct http_exchange *exchange);

struct http_service {
    void *context;
    // The head is in. Returns the largest body it takes, in bytes; or answers at once with http_reply_send (then the
    // return value does not count, and a body is not read).
    uint64_t (*admit)(void *context, struct http_exchange *exchange);
    // The body is in: answer, now or later.
    void (*serve)(void *context, struct http_exchange *exchange);
    // Bytes that are no request, a body too large, a time out: answer now. `exchange->request` may be half filled.
    void (*refuse)(void *context, struct http_exchange *exchange, enum http_fault fault);
    // The last thing that happens to an exchange: for the log and the metrics.
    void (*done)(void *context, struct http_exchange *exchange);
};

// --------------------------------------------------------------------------------------------------------- listener

// Times in milliseconds, absolute from the moment named; sizes in bytes.
struct http_limits {
    unsigned head_ms;                 // from the first byte (or the accept) to the end of the head
    unsigned body_ms;                 // from the head's end to the body's, plus 1 s for each `body_rate` bytes
    unsigned body_rate;               // bytes a second
    unsigned idle_ms;                 // between two requests
    unsigned write_ms;                // without one byte of the reply taken
    unsigned connections_max;         // of this listener
    unsigned connections_per_address; // of them, from one IPv4 address or one /64 of IPv6; 0: any number
    uint64_t request_bytes;           // room that bodies may take here, read or held; 0: any
    struct http_networks proxies;     // are believed about their clients, and may have any number of connections
};
extern const struct http_limits http_limits_default;

// `127.0.0.1:8080`, `[::1]:8080`, `:8080` (every address); false when it is none of these.
struct http_address {
    struct sockaddr_storage at;
    socklen_t size;
};
MUST_CHECK bool http_address_read(struct str text, struct http_address *address);

// Claims an address for this process: a second server on it is told so, although workers share the port by
// SO_REUSEPORT. Returns a descriptor to hold as long as the process serves, or -1 with errno (EADDRINUSE).
int http_address_claim(const struct http_address *address);

// A worker's listener: its own socket (SO_REUSEPORT), on its loop, that has the address and takes no connection before
// http_listener_open. `limits` and `service` are copied, the list of proxies is not. NULL with errno when the address
// cannot be had.
struct http_listener;
struct http_listener *http_listener_new(struct loop *loop, const struct http_address *address,
                                        const struct http_limits *limits, const struct http_service *service);
void http_listener_open(struct http_listener *listener); // does nothing once it drains
// Draining: from now on replies carry `Connection: close`, and idle connections end. Accepting goes on.
void http_listener_drain(struct http_listener *listener);
// Accepts what the kernel has queued, and then no more.
void http_listener_stop(struct http_listener *listener);
size_t http_listener_connections(const struct http_listener *listener);
// A listener that accepts connections is open, with a descriptor left in the process for the next one.
bool http_listener_accepts(const struct http_listener *listener);

// Metrics of a listener; any thread may read them.
struct http_metrics {
    struct counter accepted, rejected;
};
const struct http_metrics *http_listener_metrics(const struct http_listener *listener);
// Ends every connection that is left. Exchanges that the service still has are cut, and end when it answers. Not from
// inside of a service's function.
void http_listener_free(struct http_listener *listener);
