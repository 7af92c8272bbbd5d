/* Reading and rewriting what LVM2 keeps at the start of a physical volume. */
#include "provision/lvm_pv.h"

#include "provision/lvm_text.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

enum {
	L_CRC = 16,
	L_OFFSET = 20,
	L_TYPE = 24,
	PV_DISKS = 40, /* behind the id and the size */
	M_MAGIC = 4,
	M_LOCN = 40,
	LOCN_SIZE = 24,
	LOCN_IGNORED = 1,
};

static const char mda_magic[] = " LVM2 x[5A%r0N*>";

static uint32_t lvm_crc(const void *p, size_t n)
{
	/* LVM's start value, and no inversion at the end. */
	return ~libdeflate_crc32(~UINT32_C(0xf597a6cf), p, n);
}

static void id_text(const uint8_t *id, char out[LVM_ID_TEXT])
{
	snprintf(out, LVM_ID_TEXT, "%.6s-%.4s-%.4s-%.4s-%.4s-%.4s-%.6s", id, id + 6, id + 10,
		 id + 14, id + 18, id + 22, id + 26);
}

static void id_bytes(const char *text, uint8_t out[32])
{
	for (size_t n = 0; n < 32 && *text; text++)
		if (*text != '-')
			out[n++] = (uint8_t)*text;
}

void lvm_id_format(const uint8_t raw[32], char out[LVM_ID_TEXT])
{
	static const char digits[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	uint8_t id[32];

	for (int i = 0; i < 32; i++)
		id[i] = (uint8_t)digits[raw[i] % 62];
	id_text(id, out);
}

/* Data areas come first, then metadata areas, each list ended by an offset of zero. */
static int areas_read(struct lvm_pv *pv, const uint8_t *s, uint32_t at, struct err *e)
{
	unsigned list = 0;

	for (; list < 2 && at + 16 <= LVM_SECTOR; at += 16) {
		uint64_t off = le64(s + at), size = le64(s + at + 8);

		if (off == 0) {
			list++;
			continue;
		}
		if (list == 0)
			continue;
		if (size < 2 * LVM_SECTOR || size > LVM_MDA_MAX ||
		    !range_inside(off, size, pv->disk->size))
			return err_set(e, EUCLEAN, "LVM: a metadata area outside its volume");
		if (pv->nmdas < LVM_MDAS_MAX) {
			pv->mdas[pv->nmdas].off = off;
			pv->mdas[pv->nmdas++].size = size;
		}
	}
	return list == 2 ? 0 : err_set(e, EUCLEAN, "LVM: the label has no end");
}

int lvm_pv_read(struct disk *d, struct lvm_pv *out, struct err *e)
{
	uint8_t s[LVM_SECTOR];
	struct lvm_pv pv = {.disk = d};
	int r;

	for (; pv.label < 4 * LVM_SECTOR; pv.label += LVM_SECTOR) {
		r = disk_pread(d, s, sizeof s, pv.label, e);
		if (r < 0)
			return r;
		if (memcmp(s, "LABELONE", 8) == 0 && memcmp(s + L_TYPE, "LVM2 001", 8) == 0)
			break;
	}
	if (pv.label == 4 * LVM_SECTOR)
		return err_set(e, EINVAL, "LVM: there is no label");
	if (lvm_crc(s + L_OFFSET, LVM_SECTOR - L_OFFSET) != le32(s + L_CRC))
		return err_set(e, EUCLEAN, "LVM: the label's checksum is wrong");
	pv.id_at = le32(s + L_OFFSET);
	if (pv.id_at < 32 || pv.id_at > LVM_SECTOR - PV_DISKS - 32)
		return err_set(e, EUCLEAN, "LVM: the label is damaged");
	id_text(s + pv.id_at, pv.id);
	r = areas_read(&pv, s, pv.id_at + PV_DISKS, e);
	if (r == 0)
		*out = pv;
	return r;
}

static int mda_header(const struct lvm_pv *pv, size_t i, uint8_t h[LVM_SECTOR], struct err *e)
{
	int r = disk_pread(pv->disk, h, LVM_SECTOR, pv->mdas[i].off, e);

	if (r < 0)
		return r;
	if (memcmp(h + M_MAGIC, mda_magic, 16) != 0 || lvm_crc(h + 4, LVM_SECTOR - 4) != le32(h))
		return err_set(e, EUCLEAN, "LVM: a metadata area's header is damaged");
	return 0;
}

/* Where the n-th copy is, bounded; false when there is none. */
static bool locn_read(const struct lvm_pv *pv, size_t i, const uint8_t *locn, uint64_t *off,
		      uint64_t *size)
{
	*off = le64(locn);
	*size = le64(locn + 8);
	return *off >= LVM_SECTOR && *off<pv->mdas[i].size && * size> 0 &&
	       *size <= pv->mdas[i].size - LVM_SECTOR && *size <= LVM_TEXT_MAX &&
	       !(le32(locn + 20) & LOCN_IGNORED);
}

/* The area is a ring behind its header. */
static void ring_copy(const uint8_t *area, uint64_t area_size, uint64_t off, uint64_t size,
		      char *out)
{
	uint64_t first = size < area_size - off ? size : area_size - off;

	memcpy(out, area + off, first);
	memcpy(out + first, area + LVM_SECTOR, size - first);
}

int lvm_pv_text(const struct lvm_pv *pv, struct arena *a, const char **text, size_t *n,
		struct err *e)
{
	*text = NULL;
	for (size_t i = 0; i < pv->nmdas; i++) {
		uint64_t off, size, first;
		uint8_t h[LVM_SECTOR];
		char *to;
		int r = mda_header(pv, i, h, e);

		if (r < 0)
			return r;
		if (!locn_read(pv, i, h + M_LOCN, &off, &size))
			continue;
		to = arena_alloc(a, (size_t)size + 1);
		first = size < pv->mdas[i].size - off ? size : pv->mdas[i].size - off;
		r = disk_pread(pv->disk, to, (size_t)first, pv->mdas[i].off + off, e);
		if (r == 0 && first < size)
			r = disk_pread(pv->disk, to + first, (size_t)(size - first),
				       pv->mdas[i].off + LVM_SECTOR, e);
		if (r < 0)
			return r;
		if (lvm_crc(to, (size_t)size) != le32(h + M_LOCN + 16))
			return err_set(e, EUCLEAN, "LVM: the metadata's checksum is wrong");
		*text = to;
		*n = (size_t)size;
		return 0;
	}
	return 0;
}

/* Every place where an id stands. */
static void replace_ids(void *text, size_t size, const struct lvm_change *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *at = text, *end = at + size;

		while ((at = memmem(at, (size_t)(end - at), c[i].from, LVM_ID_TEXT - 1)))
			memcpy(at, c[i].to, LVM_ID_TEXT - 1);
	}
}

static void ring_put(uint8_t *area, uint64_t area_size, uint64_t off, uint64_t size,
		     const char *from)
{
	uint64_t first = size < area_size - off ? size : area_size - off;

	memcpy(area + off, from, first);
	memcpy(area + LVM_SECTOR, from + first, size - first);
}

static int mda_change(const struct lvm_pv *pv, size_t i, const struct lvm_change *changes, size_t n,
		      struct err *e)
{
	size_t size = (size_t)pv->mdas[i].size;
	SCOPED(free_at) uint8_t *area = xmalloc(size), *was = xmalloc(size);
	SCOPED(free_at) char *text = xmalloc(size);
	int r = mda_header(pv, i, area, e);

	if (r == 0)
		r = disk_pread(pv->disk, area, size, pv->mdas[i].off, e);
	if (r < 0)
		return r;
	memcpy(was, area, size);
	/* Older texts, wherever they are; the current ones again below, where an id may go around the end. */
	replace_ids(area + LVM_SECTOR, size - LVM_SECTOR, changes, n);
	for (size_t k = 0; k < 4; k++) {
		uint8_t *locn = area + M_LOCN + k * LOCN_SIZE;
		uint64_t off, len;

		if (!locn_read(pv, i, locn, &off, &len))
			continue;
		ring_copy(area, size, off, len, text);
		replace_ids(text, len, changes, n);
		ring_put(area, size, off, len, text);
		put_le32(locn + 16, lvm_crc(text, len));
	}
	put_le32(area, lvm_crc(area + 4, LVM_SECTOR - 4));
	for (size_t at = 0; at < size && r == 0; at += LVM_SECTOR) {
		size_t part = size - at < LVM_SECTOR ? size - at : LVM_SECTOR;

		if (memcmp(area + at, was + at, part) != 0)
			r = disk_pwrite(pv->disk, area + at, part, pv->mdas[i].off + at, e);
	}
	return r;
}

static int label_change(const struct lvm_pv *pv, const char *to, struct err *e)
{
	uint8_t s[LVM_SECTOR];
	int r = disk_pread(pv->disk, s, sizeof s, pv->label, e);

	if (r < 0)
		return r;
	id_bytes(to, s + pv->id_at);
	put_le32(s + L_CRC, lvm_crc(s + L_OFFSET, LVM_SECTOR - L_OFFSET));
	return disk_pwrite(pv->disk, s, sizeof s, pv->label, e);
}

int lvm_pv_change(const struct lvm_pv *pv, const struct lvm_change *changes, size_t n,
		  struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < pv->nmdas && r == 0; i++)
		r = mda_change(pv, i, changes, n, e);
	for (size_t i = 0; i < n && r == 0; i++)
		if (strcmp(changes[i].from, pv->id) == 0)
			r = label_change(pv, changes[i].to, e);
	return r;
}
