/* Any bytes as a streamOptimized VMDK, through the decoder that follows its markers. */
#include "templates/disk_vmdk.h"
#include "templates/import_disk.h"

#include "base/scope.h"

#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(disk_close_at) struct disk *file = disk_memory_of(data, size);
	SCOPED(disk_close_at) struct disk *image = NULL;
	struct import_options o = {.threads = 1, .qcow2 = size % 2};

	if (vmdk_open(file, NULL, &image, NULL) == 0 && image->size < 64 << 20) {
		SCOPED(close_at) int fd = memfd_create("out", MFD_CLOEXEC);

		import_disk(file, image, fd, &o, NULL);
	}
	return 0;
}
