/* Any log of a filesystem: written back, then emptied. The log is the whole disk, and writes into itself. */
#include "provision/jbd2.h"

#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 1024, BLOCKS = 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(BLOCK * BLOCKS);
	struct jbd2_run runs[2] = {{0, 0, 1}, {1, 1, BLOCKS - 1}};
	struct jbd2 j = {
		.disk = d, .block_size = BLOCK, .blocks = BLOCKS, .runs = runs, .nruns = 2};
	struct jbd2_done done;
	struct err e = {0};

	memcpy(disk_memory_bytes(d), data, size < BLOCK * BLOCKS ? size : BLOCK * BLOCKS);
	jbd2_replay(&j, &done, &e);
	jbd2_clear(&j, NULL);
	/* an emptied log has nothing to write back, but for errors the kernel left in it */
	if (!e.code && (jbd2_replay(&j, &done, NULL) < 0 || done.transactions))
		__builtin_trap();
	return 0;
}
