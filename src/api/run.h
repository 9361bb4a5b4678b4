// Running statements: a call's transactions on the worker's connections, and answers that are sent page by page.
#pragma once

#include "outcome.h"

// One transaction of the call with its values; `done` hears of it, whatever came of it. One at a time.
void run(struct api_call *call, const struct transaction *transaction,
         void (*done)(struct db_call *db, const struct db_answer *answer));
// A password on the thread pool, then `finish`; or 503 at once, when too many wait.
struct refusal run_password_check(struct api_call *call, struct str password, struct str phc,
                                  void (*finish)(struct api_call *call, bool fits, struct str rehashed));
struct refusal run_password_hash(struct api_call *call, struct str password,
                                 void (*finish)(struct api_call *call, struct str phc));
// The first page of an answer that is sent page by page: `answer` is of the operation's own transaction. The others
// follow by themselves.
struct reply stream_begin(struct api_call *call, const struct db_answer *answer);
