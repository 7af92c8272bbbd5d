/* jansson with our manners: any bytes become valid text, output is stable and ends in a newline. */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

/* A JSON string; bytes that are not UTF-8 become U+FFFD. */
json_t *json_text(const char *s);
void json_set_text(json_t *object, const char *key, const char *s);
/* A string member, or NULL when it is not there or not a string. */
const char *json_get_text(const json_t *object, const char *key);
/* Indented, keys in the order they were set. */
void json_add(struct strbuf *out, const json_t *root);
/* Bounded parse; NULL with "NAME:LINE:COLUMN: reason". */
json_t *json_parse(const char *text, size_t len, const char *name, struct err *e);
/* The same of a file below dir, of at most limit bytes, without following links. The sentence names path. */
int json_read_beneath(int dir, const char *path, size_t limit, json_t **out, struct err *e);
