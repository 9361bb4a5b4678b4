// Quality values: `;q=0.8` behind a media range or a language range.
#include "negotiation.h"

struct str negotiation_quality(struct str parameters)
{
    while (parameters.ptr) {
        struct str value, parameter = str_trim(str_cut(parameters, ';', &parameters));
        if (str_eq_nocase(str_trim(str_cut(parameter, '=', &value)), STR("q")))
            return value.ptr ? str_trim(value) : STR("");
    }
    return STR_NONE;
}
