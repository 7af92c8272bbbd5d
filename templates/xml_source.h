/* An XML document's text before it is parsed. Private to templates/xml.c. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

struct xml_source {
	const char *
		text; /* in the arena; UTF-8, or one of the encodings that are ASCII where it matters */
	size_t len;
	const char *encoding; /* to be taken instead of the one that is declared, or NULL */
};

/* Refuses what no honest descriptor has and a parser would spend its time on: encodings that hide markup, document
 * types, tags and comments of a megabyte. */
int xml_source_read(struct arena *a, const char *text, size_t len, const char *name,
		    struct xml_source *out, struct err *e);
