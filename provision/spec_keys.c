/* One row a key: how its value is read and what it may be. */
#include "provision/spec_keys.h"
#include "provision/names.h"
#include "provision/target.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { MIB = 1 << 20, PLACES_MAX = 1 << 20 };

/* ---- values ---- */

int spec_number(const char *value, uint64_t least, uint64_t most, uint64_t *out, struct err *e)
{
	uint64_t n;

	if (!num_parse(value, 10, &n))
		return err_set(e, EINVAL, "'%.60s' is not a whole number", value);
	if (n < least || n > most)
		return err_set(e, EINVAL, "%" PRIu64 " is outside of %" PRIu64 " to %" PRIu64, n,
			       least, most);
	*out = n;
	return 0;
}

int spec_size(const char *value, uint64_t least, uint64_t *out, struct err *e)
{
	uint64_t n;

	if (!size_parse(value, &n))
		return err_set(e, EINVAL, "'%.60s' is not a size such as 512M or 4G", value);
	if (n < least || n > INT64_MAX)
		return err_set(e, EINVAL, "%" PRIu64 " bytes is %s (a size such as 512M or 4G)", n,
			       n < least ? "too small" : "too large");
	*out = n;
	return 0;
}

int spec_word(const char *value, const char *const *words, size_t n, size_t *out, struct err *e)
{
	struct strbuf all = {0};
	const char *near;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (str_eq(value, words[i])) {
			*out = i;
			return 0;
		}
	}
	near = str_nearest(value, words, n);
	for (size_t i = 0; i < n; i++)
		strbuf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	r = near ? err_set(e, EINVAL, "'%.60s' is none of %s; did you mean '%s'?", value,
			   strbuf_str(&all), near)
		 : err_set(e, EINVAL, "'%.60s' is none of %s", value, strbuf_str(&all));
	strbuf_fini(&all);
	return r;
}

static int set_text(const char **to, struct spec_reading *r, const char *value, struct err *e)
{
	if (!*value)
		return err_set(e, EINVAL, "the value is empty");
	*to = arena_dup(r->a, value);
	return 0;
}

/* ---- rows' setters ---- */

static int set_template(struct spec_reading *r, const char *value, struct err *e)
{
	return set_text(&r->s->template, r, value, e);
}

static int set_output(struct spec_reading *r, const char *value, struct err *e)
{
	return set_text(&r->s->output, r, value, e);
}

static int set_key_file(struct spec_reading *r, const char *value, struct err *e)
{
	return set_text(&r->s->key_file, r, value, e);
}

static int set_domain(struct spec_reading *r, const char *value, struct err *e)
{
	int x = domain_check(value, e);

	return x < 0 ? x : set_text(&r->s->domain, r, value, e);
}

static int set_pattern(struct spec_reading *r, const char *value, struct err *e)
{
	struct names none = {0};
	int x = names_sample(r->a, value, "vm", &none, e);

	return x < 0 ? x : set_text(&r->s->pattern, r, value, e);
}

static int set_count(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_number(value, 1, NAMES_MAX, &r->s->count, e);
}

static int set_start(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_number(value, 0, UINT32_MAX, &r->s->start, e);
}

static int set_shard(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_shard(r->s, value, e);
}

static int set_cpus(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_number(value, 1, 4096, &r->s->cpus, e);
}

static int set_memory(struct spec_reading *r, const char *value, struct err *e)
{
	return spec_size(value, 16 * MIB, &r->s->memory, e);
}

static int set_mac_prefix(struct spec_reading *r, const char *value, struct err *e)
{
	return mac_prefix_parse(value, &r->s->mac_prefix, e);
}

static int set_mac_first(struct spec_reading *r, const char *value, struct err *e)
{
	return mac_parse(value, r->s->mac_first, e);
}

static const char *const machine_ids[] = {"new", "uninitialized", "keep"};

static int set_machine_id(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, machine_ids, ARRAY_SIZE(machine_ids), &i, e);

	r->s->machine_id = (enum machine_id_policy)i;
	return x;
}

static const char *const ssh_keys[] = {"generate", "remove", "keep", "modern"};

static int set_ssh_keys(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, ssh_keys, ARRAY_SIZE(ssh_keys), &i, e);

	r->s->ssh_keys = (enum ssh_keys_policy)i;
	return x;
}

static const char *const ext4_seeds[] = {"auto", "never", "always"};

static int set_ext4_seed(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, ext4_seeds, ARRAY_SIZE(ext4_seeds), &i, e);

	r->s->ext4_seed = (enum ext4_seed_policy)i;
	return x;
}

static const char *const engine_words[] = {"auto", "native"};

static int set_engines(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, engine_words, ARRAY_SIZE(engine_words), &i, e);

	r->s->engines = (enum engines_policy)i;
	return x;
}

static const char *const serials[] = {"keep", "on", "off"};

static int set_serial(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, serials, ARRAY_SIZE(serials), &i, e);

	r->s->serial_console = (enum serial_policy)i;
	return x;
}

/* The privacy set's rows, each by its id. */
static int add_clean(struct spec_reading *r, const char *value, struct err *e)
{
	const char *words[SPEC_CLEAN_MAX] = {"all"};
	size_t n = 1, i = 0;
	int x;

	for (size_t k = 0; k < places_count() && n < ARRAY_SIZE(words); k++)
		if (places_at(k)->privacy)
			words[n++] = places_at(k)->id;
	x = spec_word(value, words, n, &i, e);
	if (x < 0)
		return x;
	for (size_t k = 0; k < r->s->nclean; k++)
		if (str_eq(r->s->clean[k], words[i]))
			return err_set(e, EINVAL, "'%s' is named twice", words[i]);
	r->s->clean[r->s->nclean++] = words[i];
	return 0;
}

static void clear_clean(struct spec *s)
{
	s->nclean = 0;
}

static int set_places(struct spec_reading *r, const char *value, struct err *e)
{
	struct strbuf text = {0};
	struct place *rows;
	uint8_t raw[32];
	int x = sys_read_given(value, &text, PLACES_MAX);

	if (x < 0)
		err_sys(e, x, "%s", value);
	else
		x = places_read(r->a, strbuf_str(&text), text.len, arena_dup(r->a, value), &rows,
				&r->s->nplaces, e);
	if (x == 0)
		x = digest_of(DIGEST_SHA256, strbuf_str(&text), text.len, raw, e);
	if (x == 0) {
		r->s->places = rows;
		hex_format(raw, 8, r->s->places_id);
	}
	strbuf_fini(&text);
	return x;
}

static const char *const firmwares[] = {"auto", "bios", "uefi"};

static int set_firmware(struct spec_reading *r, const char *value, struct err *e)
{
	size_t i = 0;
	int x = spec_word(value, firmwares, ARRAY_SIZE(firmwares), &i, e);

	r->s->firmware = (enum firmware)i;
	return x;
}

static int set_accel(struct spec_reading *r, const char *value, struct err *e)
{
	static const char *const words[] = {"auto", "kvm", "tcg"};
	size_t i = 0;
	int x = spec_word(value, words, ARRAY_SIZE(words), &i, e);

	r->s->accel = (enum accel)i;
	return x;
}

static int set_sync(struct spec_reading *r, const char *value, struct err *e)
{
	static const char *const words[] = {"end", "each", "none"};
	size_t i = 0;
	int x = spec_word(value, words, ARRAY_SIZE(words), &i, e);

	r->s->sync = (enum sync_when)i;
	return x;
}

static int add_target(struct spec_reading *r, const char *value, struct err *e)
{
	const char *words[SPEC_TARGETS_MAX];
	size_t n = 0, i = 0;
	int x;

	for (; n < target_count && n < ARRAY_SIZE(words); n++)
		words[n] = targets[n].name;
	x = spec_word(value, words, n, &i, e);
	if (x < 0)
		return x;
	for (size_t k = 0; k < r->s->ntargets; k++)
		if (str_eq(r->s->targets[k], words[i]))
			return err_set(e, EINVAL, "'%s' is named twice", words[i]);
	r->s->targets[r->s->ntargets++] = words[i];
	return 0;
}

static void clear_targets(struct spec *s)
{
	s->ntargets = 0;
}

/* ---- the rows ---- */

static const struct spec_key hardware_keys[] = {
	{"cpus", .set = set_cpus},
	{"memory", .set = set_memory},
	{"firmware", .set = set_firmware},
	{"accel", .set = set_accel},
};

static const struct spec_key mac_keys[] = {
	{"prefix", .set = set_mac_prefix},
	{"first", .set = set_mac_first},
};

static const struct spec_key identity_keys[] = {
	{"machine-id", .set = set_machine_id},
	{"ssh-keys", .set = set_ssh_keys},
	{"ext4-seed", .set = set_ext4_seed},
	{"engines", .set = set_engines},
	{"serial-console", .set = set_serial},
	{"clean", .set = add_clean, .list = true, .clear = clear_clean},
	{"places", .set = set_places},
};

#define BELOW(rows) .keys = (rows), .nkeys = ARRAY_SIZE(rows)

const struct spec_key spec_keys[] = {
	{"template", .set = set_template},
	{"output", .set = set_output},
	{"count", .set = set_count},
	{"name", .set = set_pattern},
	{"start", .set = set_start},
	{"names", .read = spec_read_names},
	{"domain", .set = set_domain},
	{"key", .set = set_key_file},
	{"disk", .keys = spec_disk_keys, .nkeys = SPEC_DISK_KEYS},
	{"extra-disks", .set = spec_add_extra, .read = spec_read_extras,
	 .clear = spec_clear_extras},
	{"hardware", BELOW(hardware_keys)},
	{"networks", .read = spec_read_networks},
	{"mac", BELOW(mac_keys)},
	{"identity", BELOW(identity_keys)},
	{"cloud-init", .read = spec_read_cloud},
	{"targets", .set = add_target, .list = true, .clear = clear_targets},
	{"sync", .set = set_sync},
	{"shard", .set = set_shard},
};

const size_t spec_nkeys = ARRAY_SIZE(spec_keys);

const char *machine_id_name(enum machine_id_policy p)
{
	return machine_ids[p];
}

const char *ssh_keys_name(enum ssh_keys_policy p)
{
	return ssh_keys[p];
}

const char *firmware_name(enum firmware f)
{
	return firmwares[f];
}

const char *ext4_seed_name(enum ext4_seed_policy p)
{
	return ext4_seeds[p];
}

const char *engines_name(enum engines_policy p)
{
	return engine_words[p];
}

const char *serial_name(enum serial_policy p)
{
	return serials[p];
}
