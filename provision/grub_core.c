/* boot.img names the first sector of the image, diskboot.img there lists the others; behind it stand a decompressor,
 * with the sizes in its header, and one LZMA stream without a header of its own. Where the stream begins is not
 * written anywhere: at the first place from which it unpacks to exactly its size, with modules in it. */
#include "provision/grub_core.h"

#include "base/bytes.h"
#include "base/lazy_archive.h"
#include "base/scope.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	SECTOR = 512,
	BOOT_CODE = 440,
	BOOT_NEXT = 0x5c, /* where boot.img says the image begins */
	LIST_LAST = 0x1f4,
	LIST_FIRST = 0x100,
	LIST_ENTRY = 12,
	CORE_MAX = 8 << 20,
	PACKED_SIZE = 8,
	UNPACKED_SIZE = 12,
	UNPACKED_MAX = 64 << 20,
	DECOMPRESSOR_LEAST = 0x100,
	DECOMPRESSOR_MOST = 0x2000,
	ALIGNED = 16,
	LZMA_HEADER = 13,
	PROPERTIES = 0x5d, /* lc 3, lp 0, pb 2: grub-mkimage's */
	DICTIONARY = 1 << 16,
};

static int no_image(struct err *e, const char *why)
{
	return err_set(e, EUCLEAN, "GRUB's image %s", why);
}

/* The sectors behind the first one, in order. */
static int read_sectors(struct disk *d, const uint8_t *list, struct arena *a, uint8_t **out,
			size_t *len, struct err *e)
{
	size_t total = 0, at = 0;
	uint64_t off;
	int r = 0;

	for (size_t i = LIST_LAST; i >= LIST_FIRST && le16(list + i + 8); i -= LIST_ENTRY)
		total += (size_t)le16(list + i + 8) * SECTOR;
	if (!total || total > CORE_MAX)
		return no_image(e, "has no sectors");
	*out = arena_alloc(a, total);
	for (size_t i = LIST_LAST; i >= LIST_FIRST && le16(list + i + 8) && r == 0;
	     i -= LIST_ENTRY) {
		size_t n = (size_t)le16(list + i + 8) * SECTOR;

		if (!mul_fits(le64(list + i), SECTOR, &off) || !range_inside(off, n, d->size))
			return no_image(e, "is outside of its disk");
		r = disk_pread(d, *out + at, n, off, e);
		at += n;
	}
	*len = total;
	return r;
}

static void reader_free_at(struct archive **r)
{
	if (*r)
		archive_read_free(*r);
}

/* True when the stream, a header in front, gives exactly n bytes. */
static bool gives(const uint8_t *stream, size_t len, uint8_t *to, size_t n)
{
	SCOPED(reader_free_at) struct archive *r = archive_read_new();
	struct archive_entry *entry;
	size_t done = 0;

	lazy_archive_filters(r);
	archive_read_support_format_raw(r);
	if (archive_read_open_memory(r, stream, len) != ARCHIVE_OK ||
	    archive_read_next_header(r, &entry) != ARCHIVE_OK)
		return false;
	while (done < n) {
		ssize_t got = archive_read_data(r, to + done, n - done);

		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return memmem(to, n, "mimg", 4) != NULL;
}

static int unpack(const uint8_t *image, size_t len, struct arena *a, const uint8_t **out, size_t *n,
		  struct err *e)
{
	SCOPED(free_at) uint8_t *stream = NULL;
	uint32_t packed = le32(image + PACKED_SIZE), unpacked = le32(image + UNPACKED_SIZE);
	uint8_t *to;

	if (packed < ALIGNED || packed > len || !unpacked || unpacked > UNPACKED_MAX ||
	    unpacked < packed)
		return no_image(e, "has a header that is not known here");
	stream = xmalloc((size_t)packed + LZMA_HEADER);
	stream[0] = PROPERTIES;
	put_le32(stream + 1, DICTIONARY);
	put_le64(stream + 5, unpacked);
	to = arena_alloc(a, unpacked);
	for (size_t at = DECOMPRESSOR_LEAST; at <= DECOMPRESSOR_MOST && at + packed <= len;
	     at += ALIGNED) {
		/* every LZMA stream begins with a zero, and no decompressor has many */
		if (image[at] || !image[at + 1])
			continue;
		memcpy(stream + LZMA_HEADER, image + at, packed);
		if (!gives(stream, (size_t)packed + LZMA_HEADER, to, unpacked))
			continue;
		*out = to;
		*n = unpacked;
		return 0;
	}
	return no_image(e, "is compressed in a way that is not known here");
}

int grub_core_read(struct disk *d, struct arena *a, const uint8_t **data, size_t *len,
		   struct err *e)
{
	uint8_t boot[SECTOR], first[SECTOR], *image = NULL;
	uint64_t off;
	size_t n = 0;
	int r = d->size < SECTOR ? -ENOENT : disk_pread(d, boot, sizeof boot, 0, e);

	if (r == 0 && (le16(boot + SECTOR - 2) != 0xaa55 || !memmem(boot, BOOT_CODE, "GRUB", 4)))
		r = -ENOENT;
	if (r == 0)
		r = lazy_archive_load(e);
	if (r < 0)
		return r;
	if (!le64(boot + BOOT_NEXT) || !mul_fits(le64(boot + BOOT_NEXT), SECTOR, &off) ||
	    !range_inside(off, SECTOR, d->size))
		return no_image(e, "is outside of its disk");
	r = disk_pread(d, first, sizeof first, off, e);
	if (r == 0)
		r = read_sectors(d, first, a, &image, &n, e);
	return r < 0 ? r : unpack(image, n, a, data, len, e);
}
