/* Brings a large file to the disk while it is still being written, so that the sync at its end has little left. */
#pragma once

#include <stddef.h>

struct writeback;

/* Begins for fd, which stays the caller's and outlives it. NULL, which all of these take, when no thread can be had:
 * then the sync does all of it. */
struct writeback *writeback_begin(int fd);
/* n more bytes were written; from any thread, never waits. */
void writeback_wrote(struct writeback *w, size_t n);
void writeback_end(struct writeback **w);
