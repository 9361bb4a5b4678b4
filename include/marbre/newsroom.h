// newsroom: the resources. A folder each under src/newsroom, with its statements (.sql), and C only where SQL is not
// enough. What a resource looks like over HTTP stands in openapi/, what it guarantees in migrations/.
#pragma once

#include "marbre/api.h"

// The operations that need C between their statements, ended by a row without a name.
extern const struct api_handler newsroom_handlers[];

// A periodic job of the servers: `jobs/<name>.sql`, at the earliest so many seconds after it was done before, by one of
// them. The statement answers the column `erased`.
extern const struct api_job newsroom_jobs[]; // ended by a row without a name
