/* Any bytes as the superblocks of a btrfs, read and given a new UUID. */
#include "provision/guestfs.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 128 << 10, AT = 64 << 10, SUPER = 4096, CSUM = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct uuid u = {{1, 2, 3, 4}};
	SCOPED(disk_close_at) struct disk *d = disk_memory(IMAGE);
	uint8_t *b = disk_memory_bytes(d) + AT;
	struct guest_fs *fs;

	memcpy(b, data, size < SUPER ? size : SUPER);
	/* no fuzzer guesses a checksum */
	put_le32(b, ~crc32c(~0U, b + CSUM, SUPER - CSUM));
	if (guest_fs_open(d, "btrfs", &fs, NULL) < 0)
		return 0;
	if (guest_fs_set_uuid(fs, &u, false, NULL) == 0 && memcmp(b + 32, u.bytes, 16) != 0)
		__builtin_trap();
	guest_fs_close(fs);
	return 0;
}
