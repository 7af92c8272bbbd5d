/* OpenSSH's texts of keys: base64, strings with lengths, the private file. */
#pragma once

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Standard base64 with padding; a newline after every wrap characters, 0 for none. */
void base64_add(struct strbuf *out, const void *p, size_t n, size_t wrap);
/* Stops at the first character that is not base64; false when what was read is no whole number of bytes. */
bool base64_read(const char *s, size_t n, struct strbuf *out);

/* SSH's wire forms: a length in four bytes, then the bytes; an mpint is such a string, positive. */
void ssh_add_u32(struct strbuf *out, uint32_t v);
void ssh_add_string(struct strbuf *out, const void *p, size_t n);
void ssh_add_text(struct strbuf *out, const char *s);
void ssh_add_mpint(struct strbuf *out, const void *p, size_t n);

/* The file of a key whose public part and private fields are given: check repeats in it, any 32 bits. */
void ssh_private_file(struct strbuf *out, const struct strbuf *public_blob,
		      const struct strbuf *fields, const char *comment, uint32_t check);
