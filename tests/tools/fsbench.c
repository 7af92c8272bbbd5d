/* Times work on a guest's filesystems: fsbench uuid|seed|edit|storage IMAGE ROUNDS prints the median in ms.
 * Every round works on an overlay of its own; the image is not changed. fsbench set IMAGE UUID changes it. */
#include "base/scope.h"
#include "base/str.h"
#include "provision/guestfs.h"
#include "provision/storage.h"
#include "templates/disk_overlay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS_MAX = 1000, KEYS = 6 };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int edit(struct guest_fs *fs, struct err *e)
{
	char name[64];
	int r = 0;

	for (int i = 0; i < KEYS && r == 0; i++) {
		snprintf(name, sizeof name, "/vmint-bench-%d", i);
		r = guest_fs_create(fs, name, 0600, 0, 0, name, sizeof name, e);
	}
	return r;
}

static int on_fs(struct disk *d, const char *verb, struct err *e)
{
	static const struct uuid u = {{0xaa, 2, 3, 4, 5, 6, 0x47, 8, 0x89}};
	struct guest_fs *fs;
	int r = guest_fs_open(d, "ext4", &fs, e);

	if (r < 0)
		return r;
	r = str_eq(verb, "edit") ? edit(fs, e) : guest_fs_set_uuid(fs, &u, str_eq(verb, "seed"), e);
	if (r == 0)
		r = guest_fs_flush(fs, e);
	guest_fs_close(fs);
	return r;
}

static int on_storage(struct disk *d, struct err *e)
{
	struct arena a = {0};
	struct storage s;
	int r = storage_open(&s, &a, &d, 1, e);

	if (r == 0)
		storage_close(&s);
	arena_fini(&a);
	return r;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int rounds(struct disk *below, const char *verb, size_t n, struct err *e)
{
	double took[ROUNDS_MAX] = {0};

	for (size_t i = 0; i < n; i++) {
		SCOPED(disk_close_at) struct disk *d = disk_overlay(below);
		double from = now_ms();
		int r = str_eq(verb, "storage") ? on_storage(d, e) : on_fs(d, verb, e);

		if (r < 0)
			return r;
		took[i] = now_ms() - from;
	}
	qsort(took, n, sizeof *took, by_size);
	printf("%.3f\n", took[n / 2]);
	return 0;
}

static int set(struct disk *d, const char *text, struct err *e)
{
	struct guest_fs *fs;
	struct uuid u;
	int r;

	if (uuid_parse(text, &u) < 0)
		return err_set(e, 22, "%s: not a UUID", text);
	r = guest_fs_open(d, "ext4", &fs, e);
	if (r < 0)
		return r;
	r = guest_fs_set_uuid(fs, &u, false, e);
	guest_fs_close(fs);
	return r;
}

int main(int argc, char **argv)
{
	SCOPED(disk_close_at) struct disk *d = NULL;
	struct err e = {0};
	uint64_t n = 0;
	bool sets = argc == 4 && str_eq(argv[1], "set");
	int r;

	if (argc != 4 || (!sets && (!num_parse(argv[3], 10, &n) || n < 1 || n > ROUNDS_MAX)))
		return 2;
	r = disk_raw_open(argv[2], !sets, &d, &e);
	if (r == 0)
		r = sets ? set(d, argv[3], &e) : rounds(d, argv[1], (size_t)n, &e);
	if (r < 0)
		fprintf(stderr, "fsbench: %s\n", e.text);
	return r < 0;
}
