// French translations of what readers are told.
#pragma once

// The translation of a sentence, or itself where nobody has translated it.
const char *phrase_in_french(const char *english);
