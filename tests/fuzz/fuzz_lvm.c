/* Any text as LVM metadata in a physical volume that is otherwise right. */
#include "provision/lvm_text.h"
#include "provision/storage.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <libdeflate.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 512 << 10, MDA = 4096, MDA_SIZE = 128 << 10 };

static uint32_t crc(const void *p, size_t n)
{
	return ~libdeflate_crc32(~UINT32_C(0xf597a6cf), p, n);
}

static void volume(uint8_t *b, const uint8_t *text, size_t n)
{
	uint8_t *label = b + 512, *mda = b + MDA;

	memcpy(label, "LABELONE\1\0\0\0\0\0\0\0", 16);
	put_le32(label + 20, 32);
	memcpy(label + 24, "LVM2 001", 8);
	memcpy(label + 32, "AAAAAABBBBCCCCDDDDEEEEFFFFGGGGGG", 32);
	put_le64(label + 64, IMAGE);
	put_le64(label + 72, 256 << 10);
	put_le64(label + 104, MDA);
	put_le64(label + 112, MDA_SIZE);
	put_le32(label + 16, crc(label + 20, 492));
	memcpy(mda + 4, " LVM2 x[5A%r0N*>", 16);
	put_le32(mda + 20, 1);
	put_le64(mda + 24, MDA);
	put_le64(mda + 32, MDA_SIZE);
	put_le64(mda + 40, 512);
	put_le64(mda + 48, n);
	memcpy(mda + 512, text, n);
	put_le32(mda + 56, crc(text, n));
	put_le32(mda, crc(mda + 4, 508));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(disk_close_at) struct disk *d = disk_memory(IMAGE);
	struct lvm_change c = {.from = "AAAAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGGGG",
			       .to = "aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg"};
	struct arena a = {0};
	struct storage s;

	if (size == 0 || size > MDA_SIZE - 512)
		return 0;
	volume(disk_memory_bytes(d), data, size);
	if (storage_open(&s, &a, &d, 1, NULL) == 0) {
		storage_set_lvm(&s, &c, 1, NULL);
		storage_close(&s);
	}
	arena_fini(&a);
	return 0;
}
