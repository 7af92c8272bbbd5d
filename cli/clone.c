/* vmint clone: N machines from one template. */
#include "cli/accel.h"
#include "cli/clone_show.h"
#include "cli/places_show.h"
#include "cli/term.h"
#include "cli/verb.h"

#include "base/opts.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SPEC_MAX = 8 << 20 };

struct settings {
	const char *spec, *format;
	/* Each is given to the key of the spec of the same row below. */
	const char *count, *name, *output, *disk, *disk_format, *key, *shard, *domain, *mac_prefix,
		*cpus, *memory, *sync, *machine_id, *ssh_keys, *ext4_seed, *engines, *accel,
		*firmware, *key_pool, *serial_console, *places;
	const char *define;
	uint64_t fill;
	/* Of the cloud-init section. */
	const char *carrier, *user_data, *vendor_data, *network_config, *password_file;
	struct opt_list targets, clean, keys, users, packages, commands, properties;
	bool no_check, template, dry_run, replace, quiet, no_color, example, list_targets,
		list_places, help, start;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* ---- the spec: file first, then options ---- */

static int read_spec(struct spec *s, struct arena *a, const char *path, struct err *e)
{
	struct strbuf text = {0};
	int r = str_eq(path, "-") ? sys_read_all(STDIN_FILENO, &text, SPEC_MAX)
				  : sys_read_given(path, &text, SPEC_MAX);

	if (r < 0)
		err_sys(e, r, "%s", path);
	else
		r = spec_read(s, a, strbuf_str(&text), text.len, path, e);
	strbuf_fini(&text);
	return r;
}

static int set_options(struct spec *s, struct arena *a, const struct settings *o, struct err *e)
{
	const struct {
		const char *value, *key, *option;
	} rows[] = {
		{o->count, "count", "--count"},
		{o->name, "name", "--name"},
		{o->output, "output", "--output"},
		{o->disk, "disk.mode", "--disk"},
		{o->disk_format, "disk.format", "--disk-format"},
		{o->key, "key", "--key"},
		{o->shard, "shard", "--shard"},
		{o->domain, "domain", "--domain"},
		{o->mac_prefix, "mac.prefix", "--mac-prefix"},
		{o->cpus, "hardware.cpus", "--cpus"},
		{o->memory, "hardware.memory", "--memory"},
		{o->accel, "hardware.accel", "--accel"},
		{o->firmware, "hardware.firmware", "--firmware"},
		{o->sync, "sync", "--sync"},
		{o->machine_id, "identity.machine-id", "--machine-id"},
		{o->ssh_keys, "identity.ssh-keys", "--ssh-keys"},
		{o->ext4_seed, "identity.ext4-seed", "--ext4-seed"},
		{o->engines, "identity.engines", "--engines"},
		{o->serial_console, "identity.serial-console", "--serial-console"},
		{o->places, "identity.places", "--places"},
		{o->carrier, "cloud-init.carrier", "--carrier"},
		{o->user_data, "cloud-init.user-data", "--user-data"},
		{o->vendor_data, "cloud-init.vendor-data", "--vendor-data"},
		{o->network_config, "cloud-init.network-config", "--network-config"},
		{o->password_file, "cloud-init.password-file", "--password-file"},
		{o->template ? "yes" : NULL, "cloud-init.template", "--template"},
		{o->no_check ? "no" : NULL, "cloud-init.check", "--no-check"},
	};
	const struct {
		const struct opt_list *list;
		const char *key, *option;
	} lists[] = {
		{&o->targets, "targets", "--target"},
		{&o->clean, "identity.clean", "--clean"},
		{&o->keys, "cloud-init.ssh-keys", "--ssh-key"},
		{&o->users, "cloud-init.users", "--user"},
		{&o->packages, "cloud-init.packages", "--package"},
		{&o->commands, "cloud-init.runcmd", "--run"},
		{&o->properties, "cloud-init.properties", "--property"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		if (rows[i].value)
			r = spec_option(s, a, rows[i].key, rows[i].option, rows[i].value, true, e);
	for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
		for (size_t i = 0; r == 0 && i < lists[k].list->count; i++)
			r = spec_option(s, a, lists[k].key, lists[k].option,
					lists[k].list->items[i], i == 0, e);
	/* A pattern or a number on the command line means other names than the file's list. */
	if (o->name || o->count)
		s->nclones = 0;
	if (o->mac_prefix)
		memset(s->mac_first, 0, sizeof s->mac_first);
	return r;
}

static int build_spec(struct spec *s, struct arena *a, const struct settings *o,
		      const char *template, struct err *e)
{
	int r;

	spec_init(s);
	r = o->spec ? read_spec(s, a, o->spec, e) : 0;
	if (r == 0 && template)
		s->template = template;
	if (r == 0)
		r = set_options(s, a, o, e);
	if (r == 0 && s->ntargets == 0)
		r = spec_option(s, a, "targets", "--target", "qemu", true, e);
	return r == 0 ? spec_check(s, e) : r;
}

/* ---- does KVM accelerate here? ---- */

static bool wants_libvirt(const struct spec *s)
{
	for (size_t i = 0; i < s->ntargets; i++)
		if (str_eq(s->targets[i], "libvirt"))
			return true;
	return false;
}

/* Only libvirt's description needs to know when it is written; the trial guest says it. */
static bool kvm_accelerates(const struct spec *s)
{
	if (s->accel != ACCEL_AUTO || !wants_libvirt(s))
		return s->accel == ACCEL_KVM;
	return accel_kvm_is_fast();
}

/* ---- progress ---- */

struct progress {
	bool shown, on;
	struct timespec began, last;
	const char *stage;
	uint64_t first; /* done when the stage began */
};

static double seconds_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - t->tv_sec) + (double)(now.tv_nsec - t->tv_nsec) / 1e9;
}

static void draw(struct progress *p, uint64_t done, uint64_t total)
{
	double s = seconds_since(&p->began), rate = s > 0 ? (double)(done - p->first) / s : 0;
	double left = rate > 0 ? (double)(total - done) / rate : 0;

	if (str_eq(p->stage, "base"))
		fprintf(stderr, "\r\033[Kbase: %llu of %llu MiB, %.0f MiB/s, %.0f s left",
			(unsigned long long)(done >> 20), (unsigned long long)(total >> 20),
			rate / (1 << 20), left);
	else
		fprintf(stderr, "\r\033[K%s: %llu of %llu, %.0f/s, %.0f s left%s",
			str_eq(p->stage, "keys") ? "RSA keys" : "clones", (unsigned long long)done,
			(unsigned long long)total, rate, left,
			str_eq(p->stage, "clones, RSA") ? " (RSA host keys take the time)" : "");
	p->shown = true;
}

static int on_progress(void *ctx, const char *stage, uint64_t done, uint64_t total)
{
	struct progress *p = ctx;

	if (interrupted)
		return -EINTR;
	if (!p->on)
		return 0;
	if (p->stage != stage) {
		p->stage = stage;
		p->first = done;
		clock_gettime(CLOCK_MONOTONIC, &p->began);
		p->last = p->began;
	}
	if (seconds_since(&p->last) >= 0.1) {
		clock_gettime(CLOCK_MONOTONIC, &p->last);
		draw(p, done, total);
	}
	return 0;
}

static void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r\033[K");
	p->shown = false;
}

static void on_waiting(void *ctx)
{
	(void)ctx;
	fprintf(stderr, "vmint clone: another run works on this folder; waiting for it\n");
}

/* ---- the verb ---- */

static int run_fill(const struct settings *o, struct err *e)
{
	struct progress p = {.on = !o->quiet && term_width(stderr) > 0};
	struct arena a = {0};
	const struct clone_options co = {
		.progress = on_progress, .ctx = &p, .key_pool = clone_key_pool(&a, o->key_pool)};
	struct timespec began;
	size_t made, have;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &began);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	r = clone_fill_keys(&co, o->fill, &made, &have, e);
	progress_end(&p);
	if (!o->quiet && co.key_pool && (r == 0 || made))
		printf("%zu RSA host keys in %s (%zu made in %.1f s)\n", have, co.key_pool, made,
		       seconds_since(&began));
	arena_fini(&a);
	return r == 0 ? STATUS_OK : interrupted ? STATUS_INTERRUPTED : STATUS_TROUBLE;
}

static int define(const struct clone_run *run, const struct settings *o, struct err *e)
{
	size_t done;
	int r = o->define && !o->dry_run ? clone_define(&run->plan, o->define, o->start, &done, e)
					 : 1;

	if (r == 0 && !o->quiet && !str_eq(o->format, "json"))
		printf("%zu defined%s in %s\n", done, o->start ? " and running" : "", o->define);
	return r < 0 ? err_in(e, r, "the clones are made, but") : 0;
}

static int run_clone(struct spec *s, const struct settings *o, struct arena *a, struct err *e)
{
	struct progress p = {.on = !o->quiet && term_width(stderr) > 0};
	const struct clone_options co = {
		.dry_run = o->dry_run,
		.replace = o->replace,
		.kvm = kvm_accelerates(s),
		.key_pool = clone_key_pool(a, o->key_pool),
		.progress = on_progress,
		.waiting = on_waiting,
		.ctx = &p,
	};
	struct clone_run run;
	struct timespec began;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &began);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	r = clone_run(&run, s, &co, e);
	progress_end(&p);
	clone_show_findings(&run, o->quiet);
	if (r == 0 && str_eq(o->format, "json"))
		clone_show_json(&run, o->dry_run);
	else if (r == 0 && o->dry_run)
		clone_show_plan(&run);
	else if (r == 0 && !o->quiet)
		clone_show_summary(&run, seconds_since(&began));
	if (r == 0)
		r = define(&run, o, e);
	else if (run.result.made)
		fprintf(stderr,
			"vmint clone: %zu clones were finished before this; the same "
			"command goes on\n",
			run.result.made);
	clone_close(&run);
	return r == 0 ? STATUS_OK : interrupted ? STATUS_INTERRUPTED : STATUS_TROUBLE;
}

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint clone TEMPLATE -o DIR [OPTION]...\n"
	       "       vmint clone --spec FILE [OPTION]...\n\n"
	       "Makes machines from one template, each with an identity of its own. The same "
	       "command again\n"
	       "makes what is missing and nothing else.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 made, or nothing to do; 2 usage error; 3 could not be made; 130 "
	       "interrupted.\n");
}

static int check_define(const struct spec *s, const struct settings *o, struct err *e)
{
	if (o->start && !o->define)
		return err_set(e, EINVAL, "--start: --define says where");
	return o->define && !wants_libvirt(s) ? err_set(e, EINVAL, "--define needs -t libvirt") : 0;
}

static int run_verb(const struct settings *o, const char *template, struct err *e)
{
	struct arena a = {0};
	struct spec s;
	int status = STATUS_USAGE;

	if (build_spec(&s, &a, o, template, e) == 0 && check_define(&s, o, e) == 0)
		status = run_clone(&s, o, &a, e);
	arena_fini(&a);
	return status;
}

/* The table, with the rows of --places behind it. */
static int list_places(const struct settings *o, struct err *e)
{
	struct arena a = {0};
	struct spec s;
	int r = 0;

	spec_init(&s);
	if (o->places)
		r = spec_option(&s, &a, "identity.places", "--places", o->places, true, e);
	if (r == 0)
		places_show(s.places, s.nplaces, str_eq(o->format, "json"));
	arena_fini(&a);
	return r < 0 ? STATUS_USAGE : STATUS_OK;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {.format = "text"};
	const struct opt opts[] = {
		{'n', "count", OPT_TEXT, &s.count, "N", "how many (1)"},
		{0, "name", OPT_TEXT, &s.name, "PATTERN",
		 "web-{n:03}, {name}-{n}, web-{01..20} ({name}-{n:03})"},
		{'o', "output", OPT_TEXT, &s.output, "DIR", "the fleet's folder"},
		{0, "spec", OPT_TEXT, &s.spec, "FILE", "settings in YAML; - is standard input"},
		{0, "disk", OPT_TEXT, &s.disk, "MODE", "linked (over a shared base) or full"},
		{0, "disk-format", OPT_TEXT, &s.disk_format, "F", "full disks: qcow2, raw, vmdk"},
		{'t', "target", OPT_LIST, &s.targets, "T",
		 "what to write beside the disks (qemu); may be given again"},
		{0, "list-targets", OPT_FLAG, &s.list_targets, NULL, "the targets there are"},
		{0, "key", OPT_TEXT, &s.key, "FILE", "the fleet's key: 64 hex digits"},
		{0, "shard", OPT_TEXT, &s.shard, "I/N", "make share I of N only; needs --key"},
		{0, "domain", OPT_TEXT, &s.domain, "D", "the clones' domain"},
		{0, "mac-prefix", OPT_TEXT, &s.mac_prefix, "P", "one to five octets (0e)"},
		{0, "cpus", OPT_TEXT, &s.cpus, "N", "processors (the template's)"},
		{0, "memory", OPT_TEXT, &s.memory, "SIZE", "2G, 512M (the template's)"},
		{0, "define", OPT_TEXT, &s.define, "URI",
		 "define the clones there, all or none: qemu:///system; needs -t libvirt"},
		{0, "start", OPT_FLAG, &s.start, NULL, "and start them"},
		{0, "accel", OPT_TEXT, &s.accel, "A", "descriptions ask for auto, kvm or tcg"},
		{0, "firmware", OPT_TEXT, &s.firmware, "F", "auto, bios or uefi"},
		{0, "machine-id", OPT_TEXT, &s.machine_id, "P", "new, uninitialized or keep"},
		{0, "ssh-keys", OPT_TEXT, &s.ssh_keys, "P",
		 "generate, modern (no RSA), remove or keep"},
		{0, "key-pool", OPT_TEXT, &s.key_pool, "DIR",
		 "where prepared RSA host keys are ($XDG_STATE_HOME/vmint/rsa-keys)"},
		{0, "fill-key-pool", OPT_NUMBER, &s.fill, "N",
		 "prepare RSA host keys until there are N, and make no clones"},
		{0, "ext4-seed", OPT_TEXT, &s.ext4_seed, "P", "auto, never or always"},
		{0, "engines", OPT_TEXT, &s.engines, "P",
		 "auto, or native: libguestfs is not used for XFS and btrfs"},
		{0, "serial-console", OPT_TEXT, &s.serial_console, "P", "keep, on or off"},
		{0, "clean", OPT_LIST, &s.clean, "ID",
		 "remove logs, histories, ... too; all, or one by its id; may be given again"},
		{0, "places", OPT_TEXT, &s.places, "FILE", "more places with identity, in YAML"},
		{0, "list-places", OPT_FLAG, &s.list_places, NULL,
		 "what is looked for in a guest, and what is done with it"},
		{0, "user-data", OPT_TEXT, &s.user_data, "FILE", "for cloud-init in the clones"},
		{0, "vendor-data", OPT_TEXT, &s.vendor_data, "FILE", NULL},
		{0, "network-config", OPT_TEXT, &s.network_config, "FILE",
		 "instead of one made from the clones' addresses"},
		{0, "user", OPT_LIST, &s.users, "SPEC", "as for vmint seed: alice,sudo,group=adm"},
		{0, "ssh-key", OPT_LIST, &s.keys, "KEY", "a public key, or a file of them"},
		{0, "password-file", OPT_TEXT, &s.password_file, "FILE", "of the default user"},
		{0, "package", OPT_LIST, &s.packages, "NAME", "to install at the first boot"},
		{0, "run", OPT_LIST, &s.commands, "COMMAND", "to run at the first boot"},
		{0, "property", OPT_LIST, &s.properties, "NAME=VALUE", "for ${NAME}"},
		{0, "template", OPT_FLAG, &s.template, NULL, "replace ${...} in files, too"},
		{0, "no-check", OPT_FLAG, &s.no_check, NULL, "pass user-data on unchecked"},
		{0, "carrier", OPT_TEXT, &s.carrier, "C",
		 "how the seed gets in: auto, iso, vfat, dir, guest, serial, credentials, ovf, "
		 "guestinfo, none"},
		{0, "sync", OPT_TEXT, &s.sync, "WHEN", "end, each or none"},
		{0, "replace", OPT_FLAG, &s.replace, NULL,
		 "make clones anew that were made of something else"},
		{0, "dry-run", OPT_FLAG, &s.dry_run, NULL, "print the plan, write nothing"},
		{0, "example-spec", OPT_FLAG, &s.example, NULL, "print a commented spec"},
		{0, "format", OPT_TEXT, &s.format, "F", "text or json"},
		{'q', "quiet", OPT_FLAG, &s.quiet, NULL, "no summary and no progress"},
		{0, "no-color", OPT_FLAG, &s.no_color, NULL, NULL},
		{'h', "help", OPT_FLAG, &s.help, NULL, "this text"},
	};
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	if (s.example || s.list_targets) {
		if (s.example)
			fputs(spec_example(), stdout);
		for (size_t i = 0; s.list_targets && i < target_count; i++)
			printf("%-10s %s\n", targets[i].name, targets[i].summary);
		return STATUS_OK;
	}
	if (s.list_places)
		return list_places(&s, e);
	if (rest > 1 || (!str_eq(s.format, "text") && !str_eq(s.format, "json"))) {
		err_set(e, EINVAL,
			rest > 1 ? "'%s' is one argument too many" : "--format %s: text or json",
			rest > 1 ? argv[1] : s.format);
		return STATUS_USAGE;
	}
	if (s.fill)
		return run_fill(&s, e);
	return run_verb(&s, rest ? argv[0] : NULL, e);
}

const struct verb verb_clone = {
	.name = "clone",
	.summary = "N machines from one template, each with an identity of its own",
	.run = run,
};
