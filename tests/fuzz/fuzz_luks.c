/* Any bytes as the headers of a LUKS volume, read and given a new UUID. */
#include "provision/guestfs.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/scope.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 64 << 10, SIZE_AT = 8, SUM_AT = 448, SUM_SIZE = 64 };

/* no fuzzer guesses a checksum */
static void sum(uint8_t *image, uint64_t at, uint64_t size)
{
	if (!range_inside(at, size, IMAGE) || size < 512)
		return;
	memset(image + at + SUM_AT, 0, SUM_SIZE);
	digest_of(DIGEST_SHA256, image + at, size, image + at + SUM_AT, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct uuid u = {{1, 2, 3, 4}};
	SCOPED(disk_close_at) struct disk *d = disk_memory(IMAGE);
	uint8_t *b = disk_memory_bytes(d);
	struct guest_fs *fs;

	memcpy(b, data, size < IMAGE ? size : IMAGE);
	sum(b, 0, be64(b + SIZE_AT));
	sum(b, be64(b + SIZE_AT), be64(b + SIZE_AT));
	if (guest_fs_open(d, "crypto_LUKS", &fs, NULL) < 0)
		return 0;
	if (guest_fs_set_uuid(fs, &u, false, NULL) == 0 && memcmp(b + 168, "01020304-", 9) != 0)
		__builtin_trap();
	guest_fs_close(fs);
	return 0;
}
