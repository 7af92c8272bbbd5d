/* Any bytes as a disk: its table, its volumes, its volume groups; then new ids for all of it. */
#include "provision/storage.h"

#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct uuid id = {{1, 2, 3}};
	/* The input is the head of a larger disk, so that small inputs reach far. */
	SCOPED(disk_close_at) struct disk *d = disk_memory(1 << 20);
	struct arena a = {0};
	struct storage s;

	memcpy(disk_memory_bytes(d), data, size < 1 << 20 ? size : 1 << 20);
	if (storage_open(&s, &a, &d, 1, NULL) == 0) {
		for (size_t i = 0; i < s.nvolumes; i++) {
			uint8_t buf[512];

			if (s.volumes[i].data->size >= sizeof buf)
				disk_pread(s.volumes[i].data, buf, sizeof buf, 0, NULL);
		}
		if (s.ngroups) {
			struct lvm_change c = {.to = "aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg"};

			memcpy(c.from, s.groups[0].id, sizeof c.from);
			storage_set_lvm(&s, &c, 1, NULL);
		}
		storage_set_ids(&s.disks[0], &id, NULL, NULL);
		storage_close(&s);
	}
	arena_fini(&a);
	return 0;
}
