/* Any bytes as the superblocks of two disks, in the format that the first byte chooses; read, written through, renamed. */
#include "provision/storage.h"
#include "tests/unit/md_image.h"

#include "base/scope.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IMAGE = 256 << 10, BLOCK = 4096 };

/* no fuzzer guesses a checksum, or where the superblock says that it is */
static void put_block(uint8_t *image, unsigned format, const uint8_t *data, size_t n)
{
	static const unsigned minors[] = {90, 0, 1, 2};
	const struct md_member_spec m = {.minor = minors[format], .size = IMAGE};
	uint8_t *b = image + md_place(&m);
	size_t covered;

	memcpy(b, data, n < BLOCK ? n : BLOCK);
	put_le32(b, 0xa92b4efc);
	if (m.minor == 90) {
		put_le32(b + 152, md_sum(b, BLOCK, 152));
		return;
	}
	put_le32(b + 4, 1);
	put_le64(b + 144, md_place(&m) / 512);
	covered = 256 + 2 * (size_t)le32(b + 220);
	if (covered <= BLOCK)
		put_le32(b + 216, md_sum(b, covered, 216));
}

static void change(struct storage *s, const struct md_array *x)
{
	const struct uuid *devices[64] = {NULL};
	struct md_change c = {
		.to = {{1, 2, 3, 4}}, .name = "a:0", .devices = devices, .ndevices = x->nmembers};
	char from[33];

	for (size_t i = 0, n = 0; i < 35; i++)
		if (x->uuid[i] != ':')
			from[n++] = x->uuid[i];
	from[32] = '\0';
	uuid_parse(from, &c.from);
	storage_set_md(s, &c, 1, NULL);
}

static void use(struct storage *s)
{
	uint8_t buf[512] = {0};

	for (size_t i = 0; i < s->nvolumes; i++) {
		struct disk *d = s->volumes[i].data;

		if (!s->volumes[i].array || d->size < sizeof buf)
			continue;
		if (disk_pread(d, buf, sizeof buf, d->size - sizeof buf, NULL) < 0 ||
		    disk_pwrite(d, buf, sizeof buf, d->size - sizeof buf, NULL) < 0)
			abort();
	}
	for (size_t i = 0; i < s->narrays; i++)
		if (!s->arrays[i].why)
			change(s, &s->arrays[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk *disks[] = {disk_memory(IMAGE), disk_memory(IMAGE)};
	size_t half = size / 2, arrays;
	struct arena a = {0};
	struct storage s;

	if (size >= 3) {
		put_block(disk_memory_bytes(disks[0]), data[0] % 4, data + 1, half);
		put_block(disk_memory_bytes(disks[1]), data[0] % 4, data + 1 + half,
			  size - 1 - half);
	}
	if (storage_open(&s, &a, disks, 2, NULL) == 0) {
		arrays = s.narrays;
		use(&s);
		storage_close(&s);
		/* what has new ids is as sound as it was */
		if (storage_open(&s, &a, disks, 2, NULL) < 0 || s.narrays > arrays)
			abort();
		storage_close(&s);
	}
	arena_fini(&a);
	disk_close(disks[0]);
	disk_close(disks[1]);
	return 0;
}
