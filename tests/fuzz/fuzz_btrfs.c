/* Any bytes as a btrfs: its superblock, read and given a new UUID, and its blocks, whose gaps are wiped. */
#include "provision/guestfs.h"
#include "provision/guestfs_btrfs_gaps.h"
#include "provision/guestfs_btrfs_super.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 128 << 10, AT = 64 << 10 };

/* no fuzzer guesses a checksum */
static void put_checksum(uint8_t *b, size_t n)
{
	put_le32(b, ~crc32c(~0U, b + BTRFS_CSUM, n - BTRFS_CSUM));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct uuid u = {{1, 2, 3, 4}};
	SCOPED(disk_close_at) struct disk *d = disk_memory(IMAGE);
	uint8_t *b = disk_memory_bytes(d) + AT;
	struct guest_fs *fs;
	size_t node;

	memcpy(b, data, size < IMAGE - AT ? size : IMAGE - AT);
	put_checksum(b, BTRFS_SUPER);
	node = le32(b + BTRFS_NODESIZE);
	for (size_t at = BTRFS_SUPER; range_inside(at, node, IMAGE - AT) && node >= 4096;
	     at += node)
		if (memcmp(b + at + BTRFS_FSID, b + BTRFS_FSID, 16) == 0)
			put_checksum(b + at, node);
	if (guest_fs_open(d, "btrfs", &fs, NULL) < 0)
		return 0;
	if (!guest_fs_pinned(fs))
		btrfs_gaps_wipe(d, b, NULL);
	if (guest_fs_set_uuid(fs, &u, false, NULL) == 0 && memcmp(b + BTRFS_FSID, u.bytes, 16) != 0)
		__builtin_trap();
	guest_fs_close(fs);
	return 0;
}
