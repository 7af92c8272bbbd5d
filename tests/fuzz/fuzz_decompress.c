/* Compressed members. The first byte chooses what the descriptor says of the rest. */
#include "base/scope.h"
#include "templates/decompress.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unnamed files in memory, where that is possible. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 1);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"gzip", "bzip2", "xz", "zstd"};
	struct decompress_options o = {.limit = 1 << 20};
	SCOPED(disk_close_at) struct disk *file = NULL;
	SCOPED(disk_close_at) struct disk *out = NULL;
	uint8_t buf[512];

	if (size < 2)
		return 0;
	o.compression = names[data[0] % ARRAY_SIZE(names)];
	file = disk_memory_of(data + 1, size - 1);
	if (decompress_disk(file, &o, &out, NULL) < 0)
		return 0;
	if (out->size > o.limit)
		abort();
	if (out->size >= sizeof buf)
		disk_pread(out, buf, sizeof buf, out->size - sizeof buf, NULL);
	return 0;
}
