/* Any boot sector, and what it says GRUB's image is. */
#include "provision/grub_core.h"

#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory_of(data, size);
	struct arena a = {0};
	const uint8_t *out;
	size_t len;

	grub_core_read(d, &a, &out, &len, NULL);
	arena_fini(&a);
	return 0;
}
