/* A fact about a host: known yes, known no, or unknown because. Unknown is never reported as no. */
#pragma once

#include "base/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum known { UNKNOWN, NO, YES };

struct fact {
	enum known is; /* YES also when num or text holds a value */
	bool has_num;
	int err;            /* why UNKNOWN: a positive errno; 0 means nobody could ask */
	const char *source; /* the path, ioctl or instruction that answered */
	const char *text;   /* raw value as read, or NULL */
	int64_t num;
};

struct fact fact_yes(const char *source);
struct fact fact_no(const char *source);
struct fact fact_bool(const char *source, bool yes);
struct fact fact_num(const char *source, int64_t num);
struct fact fact_text(const char *source, const char *text);
/* err may be negative or positive. */
struct fact fact_unknown(const char *source, int err);
/* YES/NO with the raw value that showed it. */
struct fact fact_because(const char *source, bool yes, const char *text);

/* One file, one fact. ENOENT and ENOTDIR are NO; other errors UNKNOWN. */
struct fact fact_exists(struct tree *t, const char *path);
struct fact fact_from_line(struct tree *t, const char *path); /* text; UNKNOWN when absent */
struct fact fact_from_num(struct tree *t, const char *path); /* num and text; UNKNOWN when absent */
/* "Y", "y", "1" or a positive number: YES; "N", "n", "0" or a negative number: NO. */
struct fact fact_from_flag(struct tree *t, const char *path);

static inline bool fact_is_yes(struct fact f)
{
	return f.is == YES;
}

static inline bool fact_is_no(struct fact f)
{
	return f.is == NO;
}

static inline bool fact_is_unknown(struct fact f)
{
	return f.is == UNKNOWN;
}

/* The text of a known fact, or fallback. */
const char *fact_str(struct fact f, const char *fallback);

/* A row of the catalogue: what the fact is called outside the program. Ids are stable. */
struct fact_row {
	const char *id;    /* "cpu.vmx" */
	const char *title; /* "CPU offers VT-x (vmx)" */
	size_t offset;     /* of a struct fact in struct host */
};

#define FACT(id_, member_, title_)                                                                 \
	{                                                                                          \
		.id = (id_), .title = (title_), .offset = offsetof(struct host, member_)           \
	}
