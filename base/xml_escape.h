/* Text as XML writes it. */
#pragma once

#include "base/str.h"

/* Appends text with what XML needs escaped; what is no UTF-8, and control characters that XML 1.0 cannot hold, become
 * U+FFFD. */
void xml_escape(struct strbuf *out, const char *text, bool in_attribute);
