// A reply while it is being put together: a status, header fields and a body.
#pragma once

#include "marbre/api.h"

enum { HEADERS_MAX = 24 };

struct reply {
    int status;
    struct http_header headers[HEADERS_MAX];
    size_t header_count;
    struct str body;
    void (*more)(struct http_exchange *exchange); // asks for the next page of what is sent page by page
};

void reply_header(struct reply *reply, struct str name, struct str value);
// True for header fields that the contract may promise, beside what belongs to HTTP itself.
bool reply_promises(struct str header);

struct reply reply_nothing(void); // 204
struct reply reply_json(int status, struct str json);
// The strong entity tag of these bytes (RFC 9110 §8.8.3).
struct str reply_etag(struct arena *arena, struct str body);
// A conditional request (RFC 9110 §13.1.2): the reply becomes 304 when the client has these bytes.
void reply_unless_known(struct reply *reply, struct arena *arena, const struct http_request *request, struct str etag);
// 200 with Cache-Control and Content-Security-Policy, or 304.
struct reply reply_asset(struct arena *arena, const struct http_request *request, const struct api_asset *asset);
