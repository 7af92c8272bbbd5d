/* Handles that close themselves at the end of their scope. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCOPED(fn) __attribute__((cleanup(fn)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static inline void close_at(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void free_at(void *p)
{
	free(*(void **)p);
}

static inline void fclose_at(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* Hands a scoped handle over to somebody else. */
#define TAKE_FD(fd)                                                                                \
	__extension__({                                                                            \
		int took_ = (fd);                                                                  \
		(fd) = -1;                                                                         \
		took_;                                                                             \
	})
#define TAKE_PTR(p)                                                                                \
	__extension__({                                                                            \
		__typeof__(p) took_ = (p);                                                         \
		(p) = NULL;                                                                        \
		took_;                                                                             \
	})
