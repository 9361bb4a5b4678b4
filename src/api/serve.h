// The last word of a call: the one place that sends.
#pragma once

#include "run.h"

// Each is said once, and ends the call.
void serve_reply(struct api_call *call, struct reply *reply);
void serve_refusal(struct api_call *call, const struct refusal *refusal);
// What came of a transaction that the call's own operation is not done with: a refusal, or another try.
void serve_failed(struct api_call *call, const struct db_answer *answer);
