// Quality values of content negotiation (RFC 9110 §12.4.2).
#pragma once

#include "marbre/base.h"

// The weight of a range: what stands behind `q=` among its parameters; STR_NONE where nothing does.
struct str negotiation_quality(struct str parameters);
