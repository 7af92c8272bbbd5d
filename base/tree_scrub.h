/* What names a machine or a person, replaced: the same value by the same replacement wherever it appears,
 * in the same shape, so that whoever parses it sees valid text. */
#pragma once

#include "base/str.h"

struct scrub;

struct scrub *scrub_new(void);
void scrub_free(struct scrub *s);

/* Learns the host's names from an answer, so that they are found in answers that came before. Rewrites nothing. */
void scrub_learn(struct scrub *s, char kind, const char *key, const char *text, size_t len);
/* kind as in struct tree_memo. Rewrites the text of an answer to the question `key`. */
void scrub_data(struct scrub *s, char kind, const char *key, struct strbuf *text);
/* Rewrites the question itself, so that names from scrubbed lists find their answers. */
void scrub_key(struct scrub *s, struct strbuf *key);
