/* Any bytes as a VMDK: opened, with itself as every member it asks for, its extents walked, the first data read. */
#include "templates/disk_vmdk.h"

#include "base/scope.h"

enum { STEPS = 500 };

struct input {
	const uint8_t *data;
	size_t size;
};

static int member(void *ctx, const char *name, struct disk **out, struct err *e)
{
	const struct input *in = ctx;

	(void)name;
	(void)e;
	/* What follows the descriptor's first 256 bytes. */
	*out = disk_memory_of(in->data + 256, in->size - 256);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct vmdk_options o = {.member = size > 256 ? member : NULL, .ctx = &in};
	SCOPED(disk_close_at) struct disk *file = disk_memory_of(data, size);
	SCOPED(disk_close_at) struct disk *d = NULL;
	static uint8_t buf[8192];
	uint64_t at = 0;

	if (vmdk_open(file, &o, &d, NULL) < 0)
		return 0;
	for (int i = 0; i < STEPS && at < d->size; i++) {
		struct extent x;

		if (disk_extent(d, d->size - at, at, &x, NULL) < 0)
			x = (struct extent){.len = 1};
		disk_pread(d, buf, x.len < sizeof buf ? (size_t)x.len : sizeof buf, at, NULL);
		at += x.len;
	}
	return 0;
}
