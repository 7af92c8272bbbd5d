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

static int format_word(const char **to, const char *value, struct err *e)
{
	static const char *const words[] = {"qcow2", "raw", "vmdk", "vdi", "vhdx", "vhd"};
	size_t i = 0;
	int x = spec_word(value, words, ARRAY_SIZE(words), &i, e);

	*to = words[i];
	return x;
}

static int set_format(struct spec_reading *r, const char *value, struct err *e)
{
	return format_word(&r->s->disk_format, value, e);
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

/* ---- extra disks ---- */

static struct spec_extra *current(struct spec_reading *r)
{
	return &r->s->extras[r->s->nextras];
}

static int set_extra_size(struct spec_reading *r, const char *value, struct err *e)
{
	return disk_size(value, &current(r)->size, e);
}

static int set_extra_format(struct spec_reading *r, const char *value, struct err *e)
{
	return format_word(&current(r)->format, value, e);
}

static const char word_bytes[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

static int set_extra_name(struct spec_reading *r, const char *value, struct err *e)
{
	if (!*value || strlen(value) > 32 || value[strspn(value, word_bytes)])
		return err_set(e, EINVAL,
			       "'%.60s' is no name of 1 to 32 letters, digits and hyphens", value);
	current(r)->name = arena_dup(r->a, value);
	return 0;
}

/* Every clone's disk has a serial of its own, so the clone's name must be in it. */
static int set_extra_serial(struct spec_reading *r, const char *value, struct err *e)
{
	static const char name[] = "${name}";
	const char *at = strstr(value, name), *rest = at ? at + strlen(name) : "";

	if (!at)
		return err_set(e, EINVAL, "'%.60s' would be every clone's: put ${name} into it",
			       value);
	if (strlen(value) > 60 || strspn(value, word_bytes) < (size_t)(at - value) ||
	    rest[strspn(rest, word_bytes)])
		return err_set(e, EINVAL,
			       "'%.60s' has more in it than ${name}, letters, digits and hyphens",
			       value);
	current(r)->serial = arena_dup(r->a, value);
	return 0;
}

static const struct spec_key extra_keys[] = {
	{"size", .set = set_extra_size},
	{"format", .set = set_extra_format},
	{"name", .set = set_extra_name},
	{"serial", .set = set_extra_serial},
};

int spec_add_extra(struct spec_reading *r, const char *value, struct err *e)
{
	int x;

	if (r->s->nextras == SPEC_EXTRAS_MAX)
		return err_set(e, EINVAL, "more than %d extra disks", SPEC_EXTRAS_MAX);
	*current(r) = (struct spec_extra){.size = 0};
	x = set_extra_size(r, value, e);
	r->s->nextras += x == 0;
	return x;
}

static int check_extra(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	const struct spec_extra *now = current(r);

	if (!now->size)
		return yaml_err(e, r->name, n, "an extra disk without a size");
	for (size_t i = 0; i < r->s->nextras; i++) {
		const struct spec_extra *was = &r->s->extras[i];

		if (now->name && was->name && str_eq(now->name, was->name))
			return yaml_err(e, r->name, n, "two extra disks are called '%s'",
					now->name);
		if (now->serial && was->serial && str_eq(now->serial, was->serial))
			return yaml_err(e, r->name, n, "two extra disks have the serial '%s'",
					now->serial);
	}
	return 0;
}

static int read_extra(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	struct err why = {0};
	const char *value;
	int x;

	if (r->s->nextras == SPEC_EXTRAS_MAX)
		return yaml_err(e, r->name, n, "more than %d extra disks", SPEC_EXTRAS_MAX);
	*current(r) = (struct spec_extra){.size = 0};
	if (n->kind == YAML_MAP) {
		x = spec_read_map(r, n, "an extra disk", extra_keys, ARRAY_SIZE(extra_keys), e);
	} else {
		x = spec_scalar(r, n, "an extra disk", &value, e);
		if (x == 0 && set_extra_size(r, value, &why) < 0)
			x = yaml_err(e, r->name, n, "extra-disks: %s", why.text);
	}
	if (x == 0)
		x = check_extra(r, n, e);
	r->s->nextras += x == 0;
	return x;
}

int spec_read_extras(struct spec_reading *r, const struct yaml_node *n, struct err *e)
{
	int x = 0;

	if (n->kind != YAML_LIST)
		return yaml_err(
			e, r->name, n,
			"extra-disks must be a list, such as [10G, {size: 1T, name: data}]");
	for (size_t i = 0; x == 0 && i < n->count; i++)
		x = read_extra(r, n->items[i], e);
	return x;
}

void spec_clear_extras(struct spec *s)
{
	s->nextras = 0;
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
