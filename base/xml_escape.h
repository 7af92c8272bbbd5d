/* Text as XML writes it. */
#pragma once

#include "base/str.h"

/* Appends text with what XML needs escaped; control characters, which XML 1.0 cannot hold, become '?'. */
void xml_escape(struct strbuf *out, const char *text, bool in_attribute);
