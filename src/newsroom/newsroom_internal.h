// What the files of the newsroom share: the handlers of its resources.
#pragma once

#include "marbre/newsroom.h"

void sessions_log_in(struct api_call *call);
void sessions_refresh(struct api_call *call);
