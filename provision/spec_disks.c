/* What a spec says of disks. */
#include "provision/spec_keys.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

enum { MIB = 1 << 20, SECTOR = 512 };

static const char *const modes[] = {"linked", "full"};

static int set_mode(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, modes, ARRAY_SIZE(modes), &i, e);

	r->s->mode = (enum disk_mode)i;
	return x;
}

static int set_format(struct spec_reading *r, const char *value, struct err *e)
{
	static const char *const words[] = {"qcow2", "raw", "vmdk"};
	size_t i = 0;
	int x = spec_word(value, words, ARRAY_SIZE(words), &i, e);

	r->s->disk_format = words[i];
	return x;
}

static int set_bus(struct spec_reading *r, const char *value, struct err *e)
{
	static const char *const words[] = {"virtio", "scsi", "sata", "ide"};
	size_t i = 0;
	int x = spec_word(value, words, ARRAY_SIZE(words), &i, e);

	r->s->disk_bus = words[i];
	return x;
}

/* ---- grow ---- */

static int disk_size(const char *value, uint64_t *out, struct err *e)
{
	int x = spec_size(value, MIB, out, e);

	if (x == 0 && *out % SECTOR)
		return err_set(e, EINVAL, "'%.60s' does not end at a sector of 512 bytes", value);
	return x;
}

/* "20G" is the first disk's, "1=50G" the second one's. */
static int add_grow(struct spec_reading *r, const char *value, struct err *e)
{
	const char *equals = strchr(value, '=');
	struct spec *s = r->s;
	uint64_t disk = 0, size;
	int x = 0;

	if (equals)
		x = spec_number(arena_dupn(r->a, value, (size_t)(equals - value)), 0,
				SPEC_DISKS_MAX - 1, &disk, e);
	if (x == 0)
		x = disk_size(equals ? equals + 1 : value, &size, e);
	if (x < 0)
		return x;
	if (s->grow[disk])
		return err_set(e, EINVAL, "disk %d has two sizes", (int)disk);
	s->grow[disk] = size;
	if (s->ngrow <= disk)
		s->ngrow = (size_t)disk + 1;
	return 0;
}

static int read_grow_one(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	struct err why = {0};
	const char *value;
	int x = spec_scalar(r, n, "grow", &value, e);

	if (x < 0)
		return x;
	x = add_grow(r, value, &why);
	return x < 0 ? yaml_err(e, r->name, n, "grow: %s", why.text) : 0;
}

/* One size, or a list. */
static int read_grow(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	int x = 0;

	if (n->kind != YAML_LIST)
		return read_grow_one(r, n, e);
	for (size_t i = 0; x == 0 && i < n->count; i++)
		x = read_grow_one(r, n->items[i], e);
	return x;
}

static void clear_grow(struct spec *s)
{
	memset(s->grow, 0, sizeof s->grow);
	s->ngrow = 0;
}

/* ---- the rows ---- */

const struct spec_key spec_disk_keys[SPEC_DISK_KEYS] = {
	{"mode", .set = set_mode},
	{"format", .set = set_format},
	{"bus", .set = set_bus},
	{"grow", .set = add_grow, .read = read_grow, .clear = clear_grow},
};

const char *disk_mode_name(enum disk_mode m)
{
	return modes[m];
}
