/* Memory of one run: everything in it dies together. Running out of memory ends the program with status 3;
 * a size that came from a file is capped by the caller first. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena {
	struct arena_block *blocks;
};

/* A zeroed arena is a valid empty one. */
void arena_fini(struct arena *a);

/* Zeroed, aligned for any type; n may be 0. */
void *arena_alloc(struct arena *a, size_t n);
char *arena_dup(struct arena *a, const char *s);
/* Copies n bytes and adds a NUL. */
char *arena_dupn(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* Grows an array in the arena by doubling: call before writing element `count`.
 *	ARENA_GROW(a, list->items, list->count, list->room);
 */
#define ARENA_GROW(a, items, count, room)                                                          \
	do {                                                                                       \
		if ((count) >= (room))                                                             \
			(items) = arena_grow((a), (items), (count), &(room), sizeof(*(items)));    \
	} while (0)

void *arena_grow(struct arena *a, void *items, size_t count, size_t *room, size_t item);

/* malloc and friends that end the program instead of failing: for small sizes only. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t item);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
