/* Block arena. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

enum {
	BLOCK = 64 * 1024,
	EXIT_UNKNOWN = 3, /* as cli/main.c says it: could not find out, or could not do it */
};

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "vmint: out of memory\n";

	/* No core dump: keys and passwords would be in it. */
	fwrite(text, 1, sizeof text - 1, stderr);
	_exit(EXIT_UNKNOWN);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xcalloc(size_t n, size_t item)
{
	void *p = calloc(n ? n : 1, item ? item : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

void arena_fini(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	size_t size;
	void *p;

	if (n > SIZE_MAX / 2)
		out_of_memory();
	n = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!b || b->size - b->used < n) {
		size = n > BLOCK ? n : BLOCK;
		b = xmalloc(sizeof *b + size);
		b->used = 0;
		b->size = size;
		b->next = a->blocks;
		a->blocks = b;
	}
	p = b->data + b->used;
	b->used += n;
	return memset(p, 0, n);
}

char *arena_dupn(struct arena *a, const void *p, size_t n)
{
	char *s = arena_alloc(a, n + 1);

	if (n)
		memcpy(s, p, n);
	return s;
}

char *arena_dup(struct arena *a, const char *s)
{
	return arena_dupn(a, s, strlen(s));
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	int n;
	char *s;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return arena_dup(a, "");
	s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void *arena_grow(struct arena *a, void *items, size_t count, size_t *room, size_t item)
{
	size_t more = *room ? *room * 2 : 8;
	void *p;

	if (more > SIZE_MAX / 2 / item)
		out_of_memory();
	p = arena_alloc(a, more * item);
	if (count)
		memcpy(p, items, count * item);
	*room = more;
	return p;
}
