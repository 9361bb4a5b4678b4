// Outcomes of transactions: from PostgreSQL's answer to a reply, a refusal, or what has to be done next.
#pragma once

#include "steps.h"

enum outcome_kind {
    OUTCOME_REPLY,
    OUTCOME_PAGES, // a reply whose further pages follow
    OUTCOME_REFUSAL,
    OUTCOME_REPLAY, // it was answered before: what was said then is to be fetched
    OUTCOME_LOSE,   // the act once more, without what it refused of the body, which was to be read leniently
    OUTCOME_REPEAT, // nobody knows what came of it, and the same may safely be run again
};

struct outcome {
    enum outcome_kind kind;
    bool is_told; // the refusal is one of ours: the database was asked, and said no
    struct refusal refusal;
    struct reply reply;
};

void outcome_of(struct api_call *call, const struct db_answer *answer, struct outcome *outcome);
// The outcome of the transaction that fetches what was answered before.
void outcome_of_replay(struct api_call *call, const struct db_answer *answer, struct outcome *outcome);

// A column that the last statement of an operation may answer.
struct fact {
    const char *name, *about;
};
const struct fact *fact_row(size_t number); // NULL: past the last
bool fact_is(const char *column);
struct str fact_next(const struct db_answer *answer, size_t number); // `next_1…`, counted from 0
