#include "provision/guestfs_btrfs_super.h"

#include "base/bytes.h"
#include "base/crc.h"
#include "base/digest.h"

#include <errno.h>

enum { CSUM_CRC32C = 0, CSUM_SHA256 = 2 };

int btrfs_checksum(uint16_t type, const uint8_t *block, size_t n, uint8_t out[BTRFS_CSUM],
		   struct err *e)
{
	memset(out, 0, BTRFS_CSUM);
	switch (type) {
	case CSUM_CRC32C:
		put_le32(out, ~crc32c(~0U, block + BTRFS_CSUM, n - BTRFS_CSUM));
		return 0;
	case CSUM_SHA256:
		return digest_of(DIGEST_SHA256, block + BTRFS_CSUM, n - BTRFS_CSUM, out, e);
	default:
		return err_set(e, ENOTSUP, "btrfs: checksums of its kind (%u) are not made here",
			       type);
	}
}

size_t btrfs_uuid_inside(const uint8_t *superblock)
{
	return le64(superblock + BTRFS_INCOMPAT) & btrfs_has_metadata_uuid ? BTRFS_METADATA_UUID
									   : BTRFS_FSID;
}
