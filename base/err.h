/* One error: a number for the code, one sentence for people. Lives on the caller's stack. */
#pragma once

#include <stdarg.h>

struct err {
	int code; /* positive errno; 0 when nothing went wrong */
	char text[480];
};

/* Says what went wrong and returns -code, so that `return err_set(e, EINVAL, ...)` reads well.
 * e may be NULL when nobody wants the sentence. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with ": <what the system calls this errno>" at the end. code may be negative. */
int err_sys(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<prefix>: " in front of the sentence already there; returns r unchanged. */
int err_in(struct err *e, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "No such file or directory" and its short name "ENOENT". */
const char *err_word(int code);
const char *err_name(int code);
/* The number of "ENOENT"; 0 for a word that names none. */
int err_number(const char *name);
