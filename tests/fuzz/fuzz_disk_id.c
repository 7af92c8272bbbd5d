/* Ids of VDI, VHD and VHDX images: what was written is what is read. */
#include "templates/disk_id.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum disk_format formats[] = {DISK_VDI, DISK_VHD, DISK_VHDX};
	const struct disk_ids ids = {.image = {1, 2, 3, 4, 5}, .content = {6, 7}};
	struct disk *d;
	uint8_t id[16];

	if (!size)
		return 0;
	d = disk_memory_of(data + 1, size - 1);
	for (size_t i = 0; i < 3; i++) {
		disk_id_read(d, formats[i], id, NULL);
		if (disk_ids_write(d, formats[i], &ids, NULL) == 0 &&
		    (disk_id_read(d, formats[i], id, NULL) < 0 || memcmp(id, ids.image, 16) != 0))
			abort();
	}
	disk_close(d);
	return 0;
}
