/* Reads the qcow2 header and refuses what must not be opened. */
#include "templates/disk_qcow2_header.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { V2_LENGTH = 72, V3_LENGTH = 104, MIN_BITS = 9, MAX_BITS = 21 };

/* The largest L1 table QEMU opens, too: 32 MiB. */
enum { L1_MAX = 32 << 20 };

static const struct feature {
	unsigned bit;
	bool refused;
	const char *reason;
} features[] = {
	{0, false, "dirty"}, /* only refcounts may be stale, and reading needs none */
	{1, true, "it is marked corrupt"},
	{2, true, "its data is in another file"},
	{3, false, "compression type"},
	{4, false, "extended L2"},
};

static int check_features(uint64_t bits, struct err *e)
{
	uint64_t unknown = bits;

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		uint64_t bit = UINT64_C(1) << features[i].bit;

		unknown &= ~bit;
		if (features[i].refused && (bits & bit))
			return err_set(e, ENOTSUP, "qcow2: %s", features[i].reason);
	}
	if (unknown)
		return err_set(e, ENOTSUP, "qcow2: unknown incompatible features 0x%" PRIx64,
			       unknown);
	return 0;
}

static int read_v3(const uint8_t *b, struct qcow2_header *h, uint32_t *length, struct err *e)
{
	uint64_t features_set = be64(b + 72);
	int r = check_features(features_set, e);

	if (r < 0)
		return r;
	*length = be32(b + 100);
	if (*length < V3_LENGTH || *length > UINT32_C(1) << h->cluster_bits || *length % 8)
		return err_set(e, EINVAL, "qcow2: a header of %" PRIu32 " bytes", *length);
	if (be32(b + 96) > 6)
		return err_set(e, EINVAL, "qcow2: refcounts of 2^%" PRIu32 " bits", be32(b + 96));
	h->extended = features_set >> 4 & 1;
	if (features_set >> 3 & 1)
		h->compression = b[104];
	if (h->compression > QCOW2_ZSTD)
		return err_set(e, ENOTSUP, "qcow2: unknown compression type %u", h->compression);
	if (h->extended && h->cluster_bits < 14)
		return err_set(e, EINVAL, "qcow2: clusters too small for subclusters");
	return 0;
}

static int read_backing_name(struct disk *file, const uint8_t *b, struct qcow2_header *h,
			     struct err *e)
{
	uint64_t off = be64(b + 8);
	uint32_t len = be32(b + 16);
	int r;

	if (off == 0)
		return 0;
	if (len == 0 || len >= sizeof h->backing.name ||
	    !range_inside(off, len, UINT64_C(1) << h->cluster_bits))
		return err_set(e, EINVAL, "qcow2: a backing file name of %" PRIu32 " bytes", len);
	r = disk_pread(file, h->backing.name, len, off, e);
	if (r < 0)
		return r;
	h->backing.name[len] = 0;
	for (uint32_t i = 0; i < len; i++)
		if ((unsigned char)h->backing.name[i] < ' ' || h->backing.name[i] == 0x7f)
			return err_set(e, EINVAL,
				       "qcow2: a backing file name with control characters");
	if (str_starts(h->backing.name, "json:") || strstr(h->backing.name, "://"))
		return err_set(e, ENOTSUP, "qcow2: backing file \"%.200s\" is not a plain name",
			       h->backing.name);
	return 0;
}

enum { EXT_END = 0, EXT_BACKING_FORMAT = 0xe2792aca, EXT_DATA_FILE = 0x44415441 };

static int read_extensions(struct disk *file, uint64_t at, uint64_t end, struct qcow2_header *h,
			   struct err *e)
{
	while (range_inside(at, 8, end)) {
		uint8_t b[8];
		uint32_t type, len;
		int r = disk_pread(file, b, 8, at, e);

		if (r < 0)
			return r;
		type = be32(b);
		len = be32(b + 4);
		at += 8;
		if (type == EXT_END)
			return 0;
		if (!range_inside(at, len, end))
			return err_set(e, EINVAL, "qcow2: a header extension of %" PRIu32 " bytes",
				       len);
		if (type == (uint32_t)EXT_DATA_FILE)
			return err_set(e, ENOTSUP, "qcow2: its data is in another file");
		if (type == (uint32_t)EXT_BACKING_FORMAT) {
			if (len >= sizeof h->backing.format)
				return err_set(e, EINVAL,
					       "qcow2: a backing format of %" PRIu32 " bytes", len);
			r = disk_pread(file, h->backing.format, len, at, e);
			if (r < 0)
				return r;
			h->backing.format[len] = 0;
		}
		at += ((uint64_t)len + 7) & ~UINT64_C(7);
	}
	return 0;
}

/* The L1 table must cover the disk and lie in the file. */
static int check_tables(struct disk *file, struct qcow2_header *h, struct err *e)
{
	uint64_t entries = UINT64_C(1) << (h->cluster_bits - (h->extended ? 4 : 3));
	uint64_t cover = entries << h->cluster_bits;
	uint64_t needed = h->size / cover + (h->size % cover != 0);

	if (h->size > INT64_MAX)
		return err_set(e, EINVAL, "qcow2: a capacity of %" PRIu64 " bytes", h->size);
	if ((uint64_t)h->l1_size * 8 > L1_MAX)
		return err_set(e, EINVAL, "qcow2: an L1 table of %" PRIu32 " entries", h->l1_size);
	if (needed > h->l1_size)
		return err_set(e, EINVAL,
			       "qcow2: a capacity of %" PRIu64
			       " bytes, and an L1 table of only %" PRIu32 " entries",
			       h->size, h->l1_size);
	h->l1_size = (uint32_t)needed;
	if (h->l1_offset & ((UINT64_C(1) << h->cluster_bits) - 1))
		return err_set(e, EINVAL, "qcow2: the L1 table is not at a cluster's start");
	if (!range_inside(h->l1_offset, needed * 8, file->size))
		return err_set(e, EINVAL, "qcow2: the L1 table reaches past the end of the file");
	return 0;
}

int qcow2_header_read(struct disk *file, struct qcow2_header *h, struct err *e)
{
	uint8_t b[112] = {0};
	uint32_t length = V2_LENGTH;
	int r;

	memset(h, 0, sizeof *h);
	if (file->size < V2_LENGTH)
		return err_set(e, EINVAL, "qcow2: shorter than its header");
	r = disk_pread(file, b, file->size < sizeof b ? (size_t)file->size : sizeof b, 0, e);
	if (r < 0)
		return r;
	if (memcmp(b, "QFI\xfb", 4) != 0)
		return err_set(e, EINVAL, "not a qcow2 image");
	h->version = be32(b + 4);
	if (h->version != 2 && h->version != 3)
		return err_set(e, ENOTSUP, "qcow2: version %" PRIu32, h->version);
	h->cluster_bits = be32(b + 20);
	if (h->cluster_bits < MIN_BITS || h->cluster_bits > MAX_BITS)
		return err_set(e, EINVAL, "qcow2: clusters of 2^%" PRIu32 " bytes",
			       h->cluster_bits);
	if (be32(b + 32) != 0)
		return err_set(e, ENOTSUP, "qcow2: it is encrypted");
	/* Other states of the disk, which no digest of what the guest sees would cover. */
	if (be32(b + 60) != 0)
		return err_set(e, ENOTSUP,
			       "qcow2: it holds %" PRIu32
			       " internal snapshot%s; `qemu-img convert` "
			       "leaves them out",
			       be32(b + 60), be32(b + 60) == 1 ? "" : "s");
	h->size = be64(b + 24);
	h->l1_size = be32(b + 36);
	h->l1_offset = be64(b + 40);
	if (h->version == 3)
		r = read_v3(b, h, &length, e);
	if (r == 0)
		r = read_backing_name(file, b, h, e);
	if (r == 0) {
		uint64_t end = UINT64_C(1) << h->cluster_bits;
		uint64_t name = be64(b + 8);

		if (name && name < end)
			end = name;
		if (file->size < end)
			end = file->size;
		r = read_extensions(file, length, end, h, e);
	}
	return r < 0 ? r : check_tables(file, h, e);
}

int qcow2_backing(struct disk *file, struct qcow2_backing *b, struct err *e)
{
	struct qcow2_header h;
	int r = qcow2_header_read(file, &h, e);

	if (r == 0)
		*b = h.backing;
	return r;
}
