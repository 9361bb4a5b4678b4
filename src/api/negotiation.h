// Quality values of content negotiation (RFC 9110 §12.4.2).
#pragma once

#include "marbre/base.h"

// What stands behind `q=` among the parameters of a range; STR_NONE where nothing does.
struct str negotiation_quality(struct str parameters);
