// The last word of a call: the one place that sends.
#pragma once

#include "run.h"

// Send a reply, or a refusal: each once, and it ends the call.
void serve_reply(struct api_call *call, struct reply *reply);
void serve_refusal(struct api_call *call, const struct refusal *refusal);
// Ends a call whose transaction did not commit: a refusal, or another try.
void serve_failed(struct api_call *call, const struct db_answer *answer);
