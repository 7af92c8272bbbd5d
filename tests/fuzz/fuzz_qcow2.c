/* Any bytes as a qcow2 image: opened, its extents walked, the first data read. */
#include "templates/disk_qcow2.h"

#include "base/scope.h"

enum { STEPS = 500 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(disk_close_at) struct disk *file = disk_memory_of(data, size);
	SCOPED(disk_close_at) struct disk *back = disk_memory_of("backing", 7);
	SCOPED(disk_close_at) struct disk *d = NULL;
	static uint8_t buf[8192];
	uint64_t at = 0;

	if (qcow2_open(file, NULL, &d, NULL) < 0 && qcow2_open(file, back, &d, NULL) < 0)
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
