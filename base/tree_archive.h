/* Archives read into memory: what base/tree_archive.c shares with the capture and ttar readers and the tests. */
#pragma once

#include "base/tree_memory.h"

/* The text form of node_exporter's test data ("Path: ... Lines: ..."). True when text looks like one. */
bool ttar_is(const char *text, size_t len);
/* Fills m. -EINVAL with a sentence (without the file's name) for what is no such text. */
int ttar_read(struct memory *m, const char *text, size_t len, struct err *e);

/* A tree that answers as recorded: index is the text of that member, m holds the other members. Takes m on success. */
int capture_read(struct tree **out, const char *name, struct memory *m, const char *index,
		 size_t len, struct err *e);

/* An archive that lies in memory. Fails with a sentence that begins with name. */
int tree_archive_parse(struct tree **out, const char *name, const void *data, size_t len,
		       struct err *e);
