/* A clone booted for real: what its console, its card and its power button tell. verify_booted.c reads what it wrote. */
#include "provision/boot.h"
#include "provision/verify_booted.h"
#include "provision/verify_parts.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "templates/disk_format.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CPUS_MOST = 4, MEMORY_USUAL = 1024 };

/* Booting takes from here on as long as this at least before a machine is called slow. */
static const double slow_factor = 2, slow_seconds = 15;

/* ---- the machine ---- */

static const char *real_path(struct arena *a, const char *path)
{
	char real[PATH_MAX];

	return realpath(path, real) ? arena_dup(a, real) : NULL;
}

static const char *in_folder(struct verify_clone *c, const char *name)
{
	return real_path(&c->mem,
			 c->f ? arena_printf(&c->mem, "%s/%s/%s", c->f->path, c->name, name)
			      : name);
}

/* The format of a disk's file; an image that no ledger knows is a single file, and no member of a package. */
static const char *format_of(struct verify_clone *c, size_t i, const char *path)
{
	struct disk *file = c->files[i], *opened = NULL;
	const char *name = NULL;
	enum disk_format f;

	if (!path || (!file && disk_raw_open(path, true, &opened, NULL) < 0))
		return NULL;
	file = file ? file : opened;
	if (disk_format_sniff(file, &f, NULL) == 0 &&
	    (f != DISK_RAW || file->size == c->disks[i]->size))
		name = disk_format_name(f);
	disk_close(opened);
	return name;
}

static bool describe_disks(struct verify_clone *c, struct boot_machine *m)
{
	const json_t *rows = json_object_get(c->record, "disks");
	size_t n = c->ndisks + c->nextra;
	struct boot_disk *disks = arena_alloc(&c->mem, (n + 1) * sizeof *disks);

	for (size_t i = 0; i < n; i++) {
		const json_t *row = json_array_get(rows, i);
		const char *bus = json_get_text(row, "bus"), *serial = json_get_text(row, "serial");
		const char *file = json_get_text(row, "file");

		disks[i] = (struct boot_disk){
			.path = in_folder(c, file ? file : c->name),
			.bus = bus ? bus : "virtio",
			.serial = serial ? serial : "",
			.image = c->disks[i],
		};
		disks[i].format = format_of(c, i, disks[i].path);
		if (!disks[i].format)
			return false;
	}
	m->disks = disks;
	m->ndisks = n;
	return true;
}

static void describe_nics(struct verify_clone *c, struct boot_machine *m)
{
	const json_t *macs = json_object_get(c->record, "macs"),
		     *models = json_object_get(c->record, "nic_models");
	size_t n = json_array_size(macs);
	struct boot_nic *nics = arena_alloc(&c->mem, (n + 1) * sizeof *nics);

	for (size_t i = 0; i < n; i++) {
		const char *model = json_string_value(json_array_get(models, i));
		const char *mac = json_string_value(json_array_get(macs, i));

		nics[i] = (struct boot_nic){mac ? mac : "52:54:00:00:00:01",
					    model ? model : "virtio"};
	}
	m->nics = nics;
	m->nnics = n;
}

static const char *seed_of(struct verify_clone *c)
{
	const json_t *files = json_object_get(c->record, "files"), *f;
	size_t i;

	json_array_foreach((json_t *)files, i, f)
	{
		const char *name = json_get_text(f, "file");

		if (name && (str_eq(name, "seed.iso") || str_eq(name, "seed.img")))
			return in_folder(c, name);
	}
	return NULL;
}

static bool wants_uefi(struct verify_clone *c, const struct guest_facts *f)
{
	const char *said = json_get_text(c->record, "firmware");

	return said ? str_eq(said, "uefi") : guest_needs_uefi(f);
}

static bool describe(struct verify_clone *c, struct boot_machine *m)
{
	const json_t *recipe = json_object_get(c->identity, "recipe");
	const struct guest_facts *f = guest_facts(c->guest);
	int64_t cpus = json_integer_value(json_object_get(recipe, "cpus"));
	int64_t memory = json_integer_value(json_object_get(recipe, "memory"));

	*m = (struct boot_machine){
		.efi = wants_uefi(c, f),
		.silent = f->serial_console != GUEST_YES,
		.cpus = cpus < 1           ? 1
			: cpus > CPUS_MOST ? CPUS_MOST
					   : (unsigned)cpus,
		.memory = memory > 0 ? (uint64_t)memory : (uint64_t)MEMORY_USUAL << 20,
		.smbios = json_get_text(c->record, "smbios_uuid"),
		.vmgenid = json_get_text(c->record, "vmgenid"),
		.seed = seed_of(c),
	};
	describe_nics(c, m);
	return describe_disks(c, m);
}

/* ---- what was heard ---- */

static void login_row(struct verify_clone *c, const struct boot_result *r, unsigned limit)
{
	struct verify_subject *s = c->subject;
	const char *last = *r->console.last ? r->console.last : "nothing";

	switch (r->end) {
	case BOOT_LOGIN:
		verify_holds(s, VERIFY_BOOT_LOGIN, "login prompt after %.1f s", r->seconds);
		break;
	case BOOT_AT_REST:
		verify_holds(s, VERIFY_BOOT_LOGIN, "no console to log in on; at rest after %.1f s",
			     r->seconds);
		break;
	case BOOT_FAILED:
		verify_wrong(s, VERIFY_BOOT_LOGIN, "%s%s after %.1f s: %s",
			     console_end_name(r->console.end),
			     r->console.logged_in ? " behind the login prompt" : "", r->seconds,
			     r->console.why);
		break;
	case BOOT_TIMEOUT:
		verify_wrong(s, VERIFY_BOOT_LOGIN,
			     "no login prompt in %u s; the console's last line: %s", limit, last);
		break;
	case BOOT_RESETS:
		verify_wrong(s, VERIFY_BOOT_LOGIN,
			     "it starts over and over; the console's last line: %s", last);
		break;
	case BOOT_ENDED:
		verify_wrong(s, VERIFY_BOOT_LOGIN, "it ended after %.1f s: %s", r->seconds,
			     *r->qemu_says ? r->qemu_says : last);
		break;
	}
}

static void notes_rows(struct verify_clone *c, const struct boot_result *r)
{
	const struct console_watch *w = &r->console;

	for (size_t i = 0; i < w->nnotes; i++)
		verify_wrong(c->subject,
			     w->notes[i].kind == NOTE_UNIT ? VERIFY_BOOT_UNITS
							   : VERIFY_BOOT_CONSOLE,
			     "%s", w->notes[i].text);
	if (w->more)
		verify_wrong(c->subject, VERIFY_BOOT_CONSOLE, "and %zu more such lines", w->more);
	verify_holds(c->subject, VERIFY_BOOT_CONSOLE, "no time-out, no failed dependency");
}

static bool same_host(const char *prompt, const char *want)
{
	size_t n = strcspn(prompt, ".");

	return strlen(want) == n ? strncasecmp(prompt, want, n) == 0
				 : strcasecmp(prompt, want) == 0;
}

static void name_row(struct verify_clone *c, const struct boot_result *r)
{
	const char *want = json_get_text(c->record, "hostname");

	want = want ? want : guest_facts(c->guest)->hostname;
	if (!*r->console.host)
		verify_skip(c->subject, VERIFY_BOOT_NAME, "the login prompt names no host");
	else if (same_host(r->console.host, want))
		verify_holds(c->subject, VERIFY_BOOT_NAME, "%s", r->console.host);
	else
		verify_wrong(c->subject, VERIFY_BOOT_NAME,
			     "it asks for a login as '%s', its name is '%s'", r->console.host,
			     want);
}

static const char *mac_text(struct arena *a, const uint8_t m[6])
{
	return arena_printf(a, "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static const char *address_text(struct arena *a, uint32_t ip)
{
	return arena_printf(a, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static void mac_row(struct verify_clone *c, const uint8_t mac[6], const char *want)
{
	const char *text = mac_text(&c->mem, mac);

	if (strcasecmp(text, want) != 0)
		verify_wrong(c->subject, VERIFY_BOOT_NETWORK,
			     "its first card sends as %s, its address is %s", text, want);
}

static void network_row(struct verify_clone *c, const struct boot_machine *m,
			const struct boot_result *r, bool unplugged)
{
	const struct frame_facts *n = &r->net;

	if (!m->nnics || unplugged) {
		verify_skip(c->subject, VERIFY_BOOT_NETWORK,
			    m->nnics ? "booted with --net none" : "it has no card");
		return;
	}
	if (n->frames)
		mac_row(c, n->mac, m->nics[0].mac);
	if (n->other_mac)
		mac_row(c, n->mac2, m->nics[0].mac);
	if (n->lease)
		verify_holds(c->subject, VERIFY_BOOT_NETWORK, "%s leased to %s%s%s",
			     address_text(&c->mem, n->lease), m->nics[0].mac,
			     *n->hostname ? " as " : "", n->hostname);
	else if (n->address)
		verify_holds(c->subject, VERIFY_BOOT_NETWORK, "%s used by %s",
			     address_text(&c->mem, n->address), m->nics[0].mac);
	else if (guest_facts(c->guest)->nnetworks)
		verify_wrong(c->subject, VERIFY_BOOT_NETWORK,
			     "%s is configured in it, and its first card took no address (%zu "
			     "frames sent)",
			     guest_facts(c->guest)->networks[0], n->frames);
	else
		verify_skip(c->subject, VERIFY_BOOT_NETWORK,
			    "no address was taken, and no configuration asks for one");
}

static void off_row(struct verify_clone *c, const struct boot_result *r)
{
	if (!r->power_asked)
		verify_skip(c->subject, VERIFY_BOOT_OFF, "it did not start");
	else if (!r->powered_off)
		verify_wrong(c->subject, VERIFY_BOOT_OFF, "it did not obey its power button");
	else
		verify_holds(c->subject, VERIFY_BOOT_OFF, "by its power button in %.1f s",
			     r->off_seconds);
}

/* ---- the template, once a fleet ---- */

static int boot_template(struct verify_clone *c, const struct boot_machine *like,
			 const struct boot_options *o, struct err *e)
{
	struct verify_base *b = c->base;
	struct boot_disk *disks = arena_alloc(&c->mem, b->n * sizeof *disks);
	const struct guest_facts *f = guest_facts(b->guest);
	struct boot_nic nic = {f->nmacs ? f->macs[0].text : "52:54:00:00:00:01", "virtio"};
	struct boot_machine m = *like;
	struct boot_result r;
	int x;

	for (size_t i = 0; i < b->n; i++) {
		disks[i] = (struct boot_disk){
			real_path(&c->mem, arena_printf(&c->mem, "%s/%s", c->f->path, b->names[i])),
			"qcow2", i < like->ndisks ? like->disks[i].bus : "virtio", "", b->disks[i]};
		if (!disks[i].path)
			return err_set(e, ENOENT, "%s", b->names[i]);
	}
	if (like->nnics)
		nic.model = like->nics[0].model;
	m.disks = disks;
	m.ndisks = b->n;
	m.nics = &nic;
	m.nnics = like->nnics ? 1 : 0;
	m.seed = m.smbios = m.vmgenid = NULL;
	x = boot_run(&m, o, &r, e);
	if (x == 0)
		b->boot_seconds = r.end == BOOT_LOGIN || r.end == BOOT_AT_REST ? r.seconds : -1;
	boot_result_fini(&r);
	return x;
}

static int template_seconds(struct verify_clone *c, const struct boot_machine *m,
			    const struct boot_options *o, double *out, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&c->base->booting);
	if (c->base->boot_seconds == 0)
		r = boot_template(c, m, o, e);
	*out = c->base->boot_seconds;
	pthread_mutex_unlock(&c->base->booting);
	return r;
}

static int time_row(struct verify_clone *c, const struct boot_machine *m,
		    const struct boot_options *o, double seconds, struct err *e)
{
	double base = 0;
	int r;

	if (!c->v->o->boot->compare || !c->base) {
		verify_skip(c->subject, VERIFY_BOOT_TIME, "%s",
			    c->base ? "not asked for (--compare-template)"
				    : "its template is not here");
		return 0;
	}
	r = template_seconds(c, m, o, &base, e);
	if (r < 0)
		return r;
	if (base < 0)
		verify_skip(c->subject, VERIFY_BOOT_TIME, "the template itself did not start");
	else if (seconds > base * slow_factor + slow_seconds)
		verify_wrong(c->subject, VERIFY_BOOT_TIME, "%.1f s, the template starts in %.1f s",
			     seconds, base);
	else
		verify_holds(c->subject, VERIFY_BOOT_TIME, "%.1f s, the template %.1f s", seconds,
			     base);
	return 0;
}

/* ---- all of it ---- */

static void skip_rest(struct verify_clone *c, const char *why)
{
	for (size_t i = VERIFY_BOOT_LOGIN; i <= VERIFY_BOOT_TIME; i++)
		if (!*c->subject->rows[i].note)
			verify_skip(c->subject, i, "%s", why);
}

static int keep_log(struct verify_clone *c, const struct boot_result *r, struct err *e)
{
	const char *dir = c->v->o->boot->log_dir, *path;
	int x;

	for (size_t i = VERIFY_BOOT_LOGIN; dir && i <= VERIFY_BOOT_TIME; i++)
		if (c->subject->unsure || verify_is_wrong(c->subject, i))
			break;
		else if (i == VERIFY_BOOT_TIME)
			return 0;
	if (!dir)
		return 0;
	path = strrchr(c->name, '/');
	path = arena_printf(&c->mem, "%s/%s.log", dir, path ? path + 1 : c->name);
	x = sys_mkdirat(AT_FDCWD, dir, 0755);
	if (x == 0 || x == -EEXIST)
		x = sys_write_whole(path, strbuf_str(&r->log), r->log.len, 0600);
	return x < 0 ? err_sys(e, x, "%s", path) : 0;
}

static int judge(struct verify_clone *c, const struct boot_machine *m, const struct boot_options *o,
		 struct boot_result *r, struct err *e)
{
	bool started = r->end == BOOT_LOGIN || r->end == BOOT_AT_REST;
	int x = 0;

	login_row(c, r, o->seconds);
	notes_rows(c, r);
	if (started) {
		name_row(c, r);
		network_row(c, m, r, o->unplugged);
	}
	off_row(c, r);
	if (started && r->powered_off)
		x = verify_booted(c, r, e);
	if (x == 0 && started)
		x = time_row(c, m, o, r->seconds, e);
	skip_rest(c, started ? "it was not turned off cleanly" : "it did not start");
	return x < 0 ? x : keep_log(c, r, e);
}

struct telling {
	struct verify_clone *c;
};

static int tell(void *ctx, const char *doing, double seconds)
{
	struct verify_clone *c = ((struct telling *)ctx)->c;
	const struct verify_boot_options *b = c->v->o->boot;

	return b->progress ? b->progress(c->v->o->ctx, c->name, doing, seconds) : 0;
}

/* Once more when the host may have starved it; twice is no answer. */
static int boot_twice(struct verify_clone *c, const struct boot_machine *m,
		      const struct boot_options *o, struct boot_result *r, struct err *e)
{
	const char *why;
	int x = boot_run(m, o, r, e);

	if (x < 0 || !boot_starved(r, &c->mem))
		return x;
	boot_result_fini(r);
	x = boot_run(m, o, r, e);
	why = x == 0 ? boot_starved(r, &c->mem) : NULL;
	if (why)
		c->subject->unsure = arena_printf(&c->subject->mem,
						  "the host had no time for it, twice: %s", why);
	return x;
}

int verify_boot(struct verify_clone *c, struct err *e)
{
	const struct verify_boot_options *b = c->v->o->boot;
	struct telling t = {c};
	const struct boot_options o = {.kvm = b->kvm,
				       .unplugged = b->unplugged,
				       .seconds = b->seconds,
				       .progress = tell,
				       .ctx = &t};
	struct boot_machine m;
	struct boot_result r;
	int x;

	c->subject->booted = true;
	if (!c->guest || !describe(c, &m)) {
		if (c->record)
			verify_wrong(c->subject, VERIFY_BOOT_LOGIN, "its disks cannot be opened");
		skip_rest(c, c->record ? "it did not start"
				       : "clones of a fleet and single images are booted; this is "
					 "neither");
		return 0;
	}
	if (b->uefi != BOOT_BY_TEMPLATE)
		m.efi = b->uefi == BOOT_BY_UEFI;
	x = boot_twice(c, &m, &o, &r, e);
	if (x == 0 && c->subject->unsure) {
		verify_skip(c->subject, VERIFY_BOOT_LOGIN, "%s", c->subject->unsure);
		skip_rest(c, "the host had no time for it");
		x = keep_log(c, &r, e);
	} else if (x == 0) {
		x = judge(c, &m, &o, &r, e);
	}
	boot_result_fini(&r);
	return x;
}
