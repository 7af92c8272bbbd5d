/* Formats: their magics, and who opens them. */
#include "templates/disk_format.h"
#include "templates/disk_nbd.h"
#include "templates/disk_qcow2.h"
#include "templates/vmdk_text.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

static const struct name_row {
	const char *word;
	enum disk_format format;
} names[] = {
	{"raw", DISK_RAW},
	{"qcow2", DISK_QCOW2},
	{"vmdk", DISK_VMDK},
	{"vdi", DISK_VDI},
	{"vhd", DISK_VHD},
	{"vhdx", DISK_VHDX},
	{"parallels", DISK_PARALLELS},
	{"qcow1", DISK_QCOW1},
	{"qed", DISK_QED},
	{"dmg", DISK_DMG},
	{"img", DISK_RAW},
	{"vpc", DISK_VHD},
	{"qcow", DISK_QCOW1},
};

/* Bytes at a place; at < 0 counts from the end. */
static const struct magic_row {
	enum disk_format format;
	int at;
	const char *bytes;
	size_t len;
} magics[] = {
	{DISK_VMDK, 0, "KDMV", 4},
	{DISK_VMDK, 0, "COWD", 4},
	{DISK_VDI, 64, "\x7f\x10\xda\xbe", 4},
	{DISK_VHDX, 0, "vhdxfile", 8},
	{DISK_PARALLELS, 0, "WithoutFreeSpace", 16},
	{DISK_PARALLELS, 0, "WithouFreSpacExt", 16},
	{DISK_QED, 0, "QED\0", 4},
	{DISK_VHD, 0, "conectix", 8},
	{DISK_VHD, -512, "conectix", 8},
	/* Old VHD writers left out the last byte. */
	{DISK_VHD, -511, "conectix", 8},
	{DISK_DMG, -512, "koly", 4},
};

const char *disk_format_name(enum disk_format f)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].format == f)
			return names[i].word;
	return "unknown";
}

bool disk_format_parse(const char *word, enum disk_format *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(names[i].word, word) != 0)
			continue;
		*f = names[i].format;
		return true;
	}
	return false;
}

static bool magic_is(const struct magic_row *m, const uint8_t *head, size_t head_len,
		     const uint8_t *tail, size_t tail_len)
{
	size_t back = (size_t)-m->at;

	if (m->at >= 0)
		return range_inside((size_t)m->at, m->len, head_len) &&
		       memcmp(head + m->at, m->bytes, m->len) == 0;
	return back <= tail_len && memcmp(tail + tail_len - back, m->bytes, m->len) == 0;
}

int disk_format_sniff(struct disk *file, enum disk_format *f, struct err *e)
{
	uint8_t head[512] = {0}, tail[512] = {0};
	size_t n = file->size < sizeof head ? (size_t)file->size : sizeof head;
	int r = disk_pread(file, head, n, 0, e);

	if (r == 0)
		r = disk_pread(file, tail, n, file->size - n, e);
	if (r < 0)
		return r;
	*f = DISK_RAW;
	if (n >= 8 && memcmp(head, "QFI\xfb", 4) == 0)
		*f = be32(head + 4) == 1 ? DISK_QCOW1 : DISK_QCOW2;
	else if (vmdk_text_looks_like((char *)head, n))
		*f = DISK_VMDK;
	for (size_t i = 0; *f == DISK_RAW && i < ARRAY_SIZE(magics); i++)
		if (magic_is(&magics[i], head, n, tail, n))
			*f = magics[i].format;
	return 0;
}

/* ---- opening ---- */

static int open_raw(struct disk *file, const struct disk_image_options *o, struct disk **out,
		    struct err *e)
{
	(void)o;
	return disk_slice(file, 0, file->size, out, e);
}

static int open_qcow2(struct disk *file, const struct disk_image_options *o, struct disk **out,
		      struct err *e)
{
	return qcow2_open(file, o ? o->vmdk.parent : NULL, out, e);
}

static int open_vmdk(struct disk *file, const struct disk_image_options *o, struct disk **out,
		     struct err *e)
{
	return vmdk_open(file, o ? &o->vmdk : NULL, out, e);
}

static int open_vdi(struct disk *file, const struct disk_image_options *o, struct disk **out,
		    struct err *e)
{
	(void)o;
	return disk_nbd_open(file, "vdi", out, e);
}

static int open_vhd(struct disk *file, const struct disk_image_options *o, struct disk **out,
		    struct err *e)
{
	uint8_t footer[512];
	int r;

	(void)o;
	if (file->size < sizeof footer)
		return err_set(e, EINVAL, "vhd: shorter than its footer");
	r = disk_pread(file, footer, sizeof footer, file->size - sizeof footer, e);
	if (r < 0)
		return r;
	/* Type 4: what it holds is the difference to a parent, which QEMU would not see. */
	if (memcmp(footer, "conectix", 8) == 0 && be32(footer + 60) == 4)
		return err_set(e, ENOTSUP, "vhd: a differencing disk needs its parent");
	return disk_nbd_open(file, "vpc", out, e);
}

static int open_vhdx(struct disk *file, const struct disk_image_options *o, struct disk **out,
		     struct err *e)
{
	(void)o;
	return disk_nbd_open(file, "vhdx", out, e);
}

static int open_parallels(struct disk *file, const struct disk_image_options *o, struct disk **out,
			  struct err *e)
{
	(void)o;
	return disk_nbd_open(file, "parallels", out, e);
}

/* Version 1 has backing files, too, and QEMU would follow the name. */
static int open_qcow1(struct disk *file, const struct disk_image_options *o, struct disk **out,
		      struct err *e)
{
	uint8_t b[48];
	int r;

	(void)o;
	if (file->size < sizeof b)
		return err_set(e, EINVAL, "qcow: shorter than its header");
	r = disk_pread(file, b, sizeof b, 0, e);
	if (r < 0)
		return r;
	if (be64(b + 8) != 0)
		return err_set(e, ENOTSUP, "qcow: it needs a backing file");
	if (be32(b + 36) != 0)
		return err_set(e, ENOTSUP, "qcow: it is encrypted");
	return disk_nbd_open(file, "qcow", out, e);
}

static int (*const openers[DISK_FORMATS])(struct disk *, const struct disk_image_options *,
					  struct disk **, struct err *) = {
	[DISK_RAW] = open_raw,     [DISK_QCOW2] = open_qcow2,
	[DISK_VMDK] = open_vmdk,   [DISK_VDI] = open_vdi,
	[DISK_VHD] = open_vhd,     [DISK_VHDX] = open_vhdx,
	[DISK_QCOW1] = open_qcow1, [DISK_PARALLELS] = open_parallels,
};

int disk_image_open(struct disk *file, enum disk_format f, const struct disk_image_options *o,
		    struct disk **out, struct err *e)
{
	enum disk_format is;
	int r = disk_format_sniff(file, &is, e);

	if (r < 0)
		return r;
	if (is != f)
		return err_set(e, EINVAL, "it should be %s, but it is %s", disk_format_name(f),
			       disk_format_name(is));
	if (!openers[f])
		return err_set(e, ENOTSUP, "%s images are not read", disk_format_name(f));
	return openers[f](file, o, out, e);
}

int disk_image_open_path(const char *path, enum disk_format f, const struct disk_image_options *o,
			 struct disk **out, struct err *e)
{
	struct disk *file = NULL, *top = NULL;
	int r = disk_raw_open(path, true, &file, e);

	if (r < 0)
		return r;
	r = disk_image_open(file, f, o, &top, e);
	if (r < 0) {
		disk_close(file);
		return err_in(e, r, "%s", path);
	}
	*out = disk_keep(top, file);
	return 0;
}
