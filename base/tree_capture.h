/* The capture format: a gzip'ed tar whose first member is vmint-capture.json, the list of everything that was asked and
 * answered, followed by the files' bytes under root/, so that a person can look with tar. Private to base/tree*.c. */
#pragma once

#include "base/json.h"
#include "base/tree_backend.h"

#define CAPTURE_INDEX "vmint-capture.json"
#define CAPTURE_SCHEMA "vmint.capture/1"

/* What the format calls the kinds of struct tree_memo. */
struct capture_kind {
	char kind;
	const char *name;
};

extern const struct capture_kind capture_kinds[];
extern const size_t capture_kinds_count;

/* A JSON string; {"hex": "..."} for bytes that JSON cannot hold. */
json_t *capture_bytes(const char *p, size_t n);
/* Appends such bytes; false when it is neither. */
bool capture_bytes_read(const json_t *value, struct strbuf *out);
