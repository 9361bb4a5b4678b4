// What readers are told, in French.
#pragma once

// The same sentence in French, or itself where nobody has translated it.
const char *phrase_in_french(const char *english);
