/* Profiles: what a host is wanted for, as lists of checks. Built in ones are compiled from probe/profiles. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>

struct profile {
	const char *id, *title, *about;
	const char **require; /* the answer is no without these */
	size_t nrequire;
	const char **want; /* works without them, with a loss */
	size_t nwant;
};

struct profile_text {
	const char *id, *text;
	size_t len;
};

/* The built-in profiles' sources, made by the Makefile; "kvm" is the first. */
extern const struct profile_text profile_texts[];
extern const size_t nprofile_texts;

/* Unknown check ids are refused with the nearest known one. */
int profile_parse(struct arena *a, const char *text, size_t len, const char *name,
		  struct profile *out, struct err *e);
/* A built-in profile by id, or a YAML file when the name holds a '/' or ends in .yaml or .yml. */
int profile_find(struct arena *a, const char *name, struct profile *out, struct err *e);
