/* A sparse extent's tables and grains. */
#include "templates/vmdk_sparse.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>

enum { TABLE_PART = 4096, TABLE_PARTS = 256, GRAINS_MEMORY = 4 << 20, MARKER = 12 };

static int read_directory(struct vmdk_sparse *s, struct err *e)
{
	size_t n = s->h.gd_entries;
	int r;

	/* As many bytes are in the file. */
	s->gd = xcalloc(n ? n : 1, sizeof s->gd[0]);
	r = disk_pread(s->file, s->gd, n * 4, s->h.gd_offset, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		s->gd[i] = le32(&s->gd[i]);
		if (s->gd[i] && !range_inside((uint64_t)s->gd[i] * VMDK_SECTOR,
					      (uint64_t)s->h.gtes * 4, s->file->size))
			return err_set(e, EINVAL,
				       "vmdk: a grain table reaches past the end of the file");
	}
	return r;
}

int vmdk_sparse_open(struct vmdk_sparse *s, struct disk *file, struct err *e)
{
	size_t grains;
	int r;

	memset(s, 0, sizeof *s);
	s->file = file;
	r = vmdk_header_read(file, &s->h, e);
	if (r == 0)
		r = read_directory(s, e);
	if (r < 0)
		return r;
	grains = GRAINS_MEMORY / s->h.grain;
	s->tables = disk_cache_new(TABLE_PARTS, TABLE_PART);
	s->grains = disk_cache_new(grains < 2 ? 2 : grains > 64 ? 64 : grains, s->h.grain);
	return 0;
}

void vmdk_sparse_close(struct vmdk_sparse *s)
{
	disk_cache_free(s->tables);
	disk_cache_free(s->grains);
	free(s->gd);
}

int vmdk_sparse_grain(struct vmdk_sparse *s, uint64_t i, enum vmdk_grain *kind, uint64_t *host,
		      struct err *e)
{
	uint64_t table = (uint64_t)s->gd[i / s->h.gtes] * VMDK_SECTOR;
	uint8_t b[4];
	uint32_t entry;
	int r;

	*kind = GRAIN_ABSENT;
	if (!table)
		return 0;
	r = disk_cache_pread(s->tables, s->file, b, 4, table + i % s->h.gtes * 4, e);
	if (r < 0)
		return r;
	entry = le32(b);
	*host = (uint64_t)entry * VMDK_SECTOR;
	if (entry == 0)
		return 0;
	*kind = entry == 1 && s->h.zero_grains ? GRAIN_ZERO : GRAIN_DATA;
	if (*kind == GRAIN_DATA && *host >= s->file->size)
		return err_set(e, EINVAL, "vmdk: grain %" PRIu64 " is past the end of the file", i);
	return 0;
}

int vmdk_sparse_map(struct vmdk_sparse *s, uint64_t n, uint64_t off, enum vmdk_grain *kind,
		    uint64_t *len, uint64_t *host, struct err *e)
{
	uint64_t i = off / s->h.grain, inside = off % s->h.grain, first = 0;
	int r = vmdk_sparse_grain(s, i, kind, &first, e);

	if (r < 0)
		return r;
	*len = s->h.grain - inside;
	*host = first + inside;
	while (*len < n) {
		enum vmdk_grain next;
		uint64_t next_host = 0;

		i++;
		/* Where a whole table is absent, so are its grains. */
		if (*kind == GRAIN_ABSENT && !s->gd[i / s->h.gtes] && i % s->h.gtes == 0) {
			*len += (uint64_t)s->h.grain * s->h.gtes;
			i += s->h.gtes - 1;
			continue;
		}
		r = vmdk_sparse_grain(s, i, &next, &next_host, e);
		if (r < 0)
			return r;
		if (next != *kind ||
		    (next == GRAIN_DATA && !s->h.compressed && next_host != *host + *len))
			break;
		*len += s->h.grain;
	}
	if (*len > n)
		*len = n;
	return 0;
}

int vmdk_inflate(struct libdeflate_decompressor *d, const void *in, size_t in_len, uint8_t *out,
		 uint32_t grain, uint32_t need)
{
	size_t got = 0;

	if (libdeflate_zlib_decompress(d, in, in_len, out, grain, &got) != LIBDEFLATE_SUCCESS)
		return -EINVAL;
	if (got < need)
		return -EINVAL;
	memset(out + got, 0, grain - got);
	return 0;
}

/* What of grain i belongs to the disk. */
static uint32_t grain_need(const struct vmdk_sparse *s, uint64_t i)
{
	uint64_t left = s->h.capacity - i * s->h.grain;

	return left < s->h.grain ? (uint32_t)left : s->h.grain;
}

int vmdk_sparse_compressed(struct vmdk_sparse *s, uint64_t i, uint64_t *host, uint32_t *len,
			   struct err *e)
{
	uint64_t most = (uint64_t)s->h.grain * 2 + VMDK_SECTOR;
	uint8_t marker[MARKER];
	int r;

	/* Without markers the length is unknown: inflating finds the end. */
	if (!s->h.markers) {
		*len = (uint32_t)(s->file->size - *host < most ? s->file->size - *host : most);
		return 0;
	}
	if (!range_inside(*host, MARKER, s->file->size))
		return err_set(e, EINVAL, "vmdk: grain %" PRIu64 " is past the end of the file", i);
	r = disk_pread(s->file, marker, MARKER, *host, e);
	if (r < 0)
		return r;
	*len = le32(marker + 8);
	*host += MARKER;
	if (le64(marker) != i * (s->h.grain / VMDK_SECTOR) || *len == 0 || *len > most)
		return err_set(e, EINVAL, "vmdk: a bad marker in front of grain %" PRIu64, i);
	if (!range_inside(*host, *len, s->file->size))
		return err_set(e, EINVAL, "vmdk: grain %" PRIu64 " is cut short", i);
	return 0;
}

static int read_grain(struct vmdk_sparse *s, uint64_t i, uint64_t host, uint8_t *out, struct err *e)
{
	SCOPED(free_at) uint8_t *in = NULL;
	struct libdeflate_decompressor *d;
	uint32_t len = 0;
	int r = vmdk_sparse_compressed(s, i, &host, &len, e);

	if (r < 0)
		return r;
	in = xmalloc(len ? len : 1);
	r = disk_pread(s->file, in, len, host, e);
	if (r < 0)
		return r;
	d = libdeflate_alloc_decompressor();
	r = d ? vmdk_inflate(d, in, len, out, s->h.grain, grain_need(s, i)) : -ENOMEM;
	libdeflate_free_decompressor(d);
	return r < 0 ? err_set(e, EINVAL, "vmdk: grain %" PRIu64 " is damaged", i) : 0;
}

static int pread_compressed(struct vmdk_sparse *s, void *buf, size_t n, uint64_t off, struct err *e)
{
	uint64_t i = off / s->h.grain, inside = off % s->h.grain, host = 0;
	SCOPED(free_at) uint8_t *grain = NULL;
	enum vmdk_grain kind;
	int r;

	if (disk_cache_get(s->grains, i, inside, buf, n))
		return 0;
	r = vmdk_sparse_grain(s, i, &kind, &host, e);
	if (r < 0)
		return r;
	grain = xmalloc(s->h.grain);
	r = read_grain(s, i, host, grain, e);
	if (r < 0)
		return r;
	memcpy(buf, grain + inside, n);
	if (n < s->h.grain)
		disk_cache_put(s->grains, i, grain);
	return 0;
}

/* Behind the end of the file the last grain reads as zeros: writers do not always pad it. */
static int pread_plain(struct vmdk_sparse *s, void *buf, size_t n, uint64_t host, struct err *e)
{
	size_t have = n;

	if (!range_inside(host, n, s->file->size))
		have = host < s->file->size ? (size_t)(s->file->size - host) : 0;
	memset((uint8_t *)buf + have, 0, n - have);
	return disk_pread(s->file, buf, have, host, e);
}

int vmdk_sparse_pread(struct vmdk_sparse *s, void *buf, size_t n, uint64_t off, uint64_t host,
		      struct err *e)
{
	uint8_t *to = buf;

	if (!s->h.compressed)
		return pread_plain(s, buf, n, host, e);
	while (n > 0) {
		uint64_t left = s->h.grain - off % s->h.grain;
		size_t part = n < left ? n : (size_t)left;
		int r = pread_compressed(s, to, part, off, e);

		if (r < 0)
			return r;
		to += part;
		off += part;
		n -= part;
	}
	return 0;
}
