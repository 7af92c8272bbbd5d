/* The few pieces of YAML that a seed needs, written so that every reader takes them for what they are. */
#pragma once

#include "base/str.h"

/* One scalar that is text whatever it says: "yes", "10", "a: b" and 60-based MAC addresses stay text. */
void yaml_write_text(struct strbuf *out, const char *text, size_t len);
void yaml_write_str(struct strbuf *out, const char *text);
/* indent blanks, the key, ": ", the text, a newline. */
void yaml_write_pair(struct strbuf *out, unsigned indent, const char *key, const char *text);
/* indent blanks, "- ", the text, a newline. */
void yaml_write_item(struct strbuf *out, unsigned indent, const char *text);
