/* Images made by other people's tools, for tests; and what those tools say afterwards. */
#pragma once

#include "base/scope.h"
#include "templates/disk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of its own for one test. */
struct image {
	char path[64];
};

static inline void image_gone(struct image *i)
{
	if (i->path[0])
		unlink(i->path);
}

static inline struct image image_new(uint64_t size)
{
	struct image i = {"/tmp/vmint-test-XXXXXX"};
	int fd = mkstemp(i.path);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		i.path[0] = '\0';
	if (fd >= 0)
		close(fd);
	return i;
}

__attribute__((format(printf, 1, 2))) static inline int shell(const char *fmt, ...)
{
	char text[2048] = "PATH=$PATH:/usr/sbin:/sbin; ";
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - n, fmt, ap);
	va_end(ap);
	return system(text);
}

static inline bool have(const char *tool)
{
	bool found = shell("command -v %s >/dev/null 2>&1", tool) == 0;

	if (!found)
		printf("%s is not installed\n", tool);
	return found;
}

/* The first line a command prints. */
__attribute__((format(printf, 3, 4))) static inline const char *said(char *out, size_t room,
								     const char *fmt, ...)
{
	char text[1024] = "PATH=$PATH:/usr/sbin:/sbin; ";
	size_t n = strlen(text);
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - n, fmt, ap);
	va_end(ap);
	out[0] = '\0';
	f = popen(text, "r");
	if (f && fgets(out, (int)room, f))
		out[strcspn(out, "\n")] = '\0';
	if (f)
		pclose(f);
	return out;
}

static inline struct disk *image_open(const struct image *i, bool readonly)
{
	struct disk *d = NULL;

	disk_raw_open(i->path, readonly, &d, NULL);
	return d;
}

/* The whole image in memory: tests change a lot, and look at it once. */
static inline struct disk *image_in_memory(const struct image *i)
{
	SCOPED(disk_close_at) struct disk *d = image_open(i, true);
	struct disk *m = d ? disk_memory(d->size) : NULL;

	if (m)
		disk_pread(d, disk_memory_bytes(m), (size_t)m->size, 0, NULL);
	return m;
}

static inline void image_keep(const struct image *i, struct disk *m)
{
	SCOPED(disk_close_at) struct disk *d = image_open(i, false);

	if (d)
		disk_pwrite(d, disk_memory_bytes(m), (size_t)m->size, 0, NULL);
}
