// Refusals: what a step of a request decides when it cannot go on. Whoever refuses fills one in and gives it back;
// serve.c alone sends it, as a problem document (RFC 9457).
#pragma once

#include "call.h"
#include "reply.h"

struct refusal {
    int status;           // 0: nothing is refused
    const char *slug;     // of the kind of problem, where a status has several; or NULL
    struct str detail;    // a sentence for a person, in the reader's language
    struct str more;      // further members of the document, as JSON without braces; or STR_NONE
    unsigned retry_after; // seconds after which the same request may do better; 0: nobody knows
    struct str allow;     // the methods that there are, for a 405
    struct str document;  // the whole document, where it has been made before; then what is above makes none
};
#define REFUSAL_NONE ((struct refusal){0})

// The format is looked up in the reader's language first.
struct refusal refusal_of(const struct api_call *call, int status, const char *format, ...) PRINTF_LIKE(3, 4);
struct refusal refusal_of_faults(const struct api_call *call, int status); // all that the call has
// 422 with this one fault.
struct refusal refusal_of_fault(struct api_call *call, struct str pointer, struct str detail);

// A kind of problem: what its document says, and its page, in which `words` are code.
struct problem {
    int status;
    const char *slug, *title, *happened, *advice;
};
const struct problem *problem_row(size_t number); // NULL: past the last

struct str problem_document(const struct api_call *call, const struct refusal *refusal);
void problem_reply(const struct api_call *call, const struct refusal *refusal, struct reply *reply);
