/* Any bytes as an XFS: its superblocks and its log, read and given a new UUID, and its freed inodes wiped. */
#include "provision/guestfs.h"
#include "provision/guestfs_xfs_inodes.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 256 << 10, SECTOR = 512, CRC_AT = 224 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct uuid u = {{1, 2, 3, 4}};
	SCOPED(disk_close_at) struct disk *d = disk_memory(IMAGE);
	uint8_t *b = disk_memory_bytes(d);
	struct guest_fs *fs;

	memcpy(b, data, size < IMAGE ? size : IMAGE);
	/* no fuzzer guesses a checksum */
	for (size_t at = 0; at < IMAGE; at += SECTOR)
		if (memcmp(b + at, "XFSB", 4) == 0) {
			put_le32(b + at + CRC_AT, 0);
			put_le32(b + at + CRC_AT, ~crc32c(~0U, b + at, SECTOR));
		}
	if (guest_fs_open(d, "xfs", &fs, NULL) < 0)
		return 0;
	if (guest_fs_set_uuid(fs, &u, false, NULL) == 0 && memcmp(b + 32, u.bytes, 16) != 0)
		__builtin_trap();
	xfs_inodes_wipe_free(d, b, NULL);
	guest_fs_close(fs);
	return 0;
}
