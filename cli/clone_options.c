/* Option rows of vmint clone, and which key of the spec each one sets. */
#include "cli/clone_options.h"
#include "cli/verb.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SPEC_MAX = 8 << 20, OPTS_MAX = 64 };

/* ---- the rows ---- */

static size_t opts_of(struct clone_settings *s, struct opt out[OPTS_MAX])
{
	const struct opt rows[] = {
		{'n', "count", OPT_TEXT, &s->count, "N", "how many (1)"},
		{0, "name", OPT_TEXT, &s->name, "PATTERN",
		 "web-{n:03}, {name}-{n}, web-{01..20} ({name}-{n:03})"},
		{'o', "output", OPT_TEXT, &s->output, "DIR", "the fleet's folder"},
		{0, "spec", OPT_TEXT, &s->spec, "FILE", "settings in YAML; - is standard input"},
		{0, "disk", OPT_TEXT, &s->disk, "MODE", "linked (over a shared base) or full"},
		{0, "disk-format", OPT_TEXT, &s->disk_format, "F",
		 "full disks: qcow2, raw, vmdk, vdi, vhdx, vhd"},
		{0, "grow", OPT_LIST, &s->grow, "SIZE",
		 "make the first disk larger; 1=SIZE: the second one; may be given again"},
		{0, "extra-disk", OPT_LIST, &s->extra_disks, "SIZE",
		 "a blank disk beside the template's; may be given again"},
		{'t', "target", OPT_LIST, &s->targets, "T",
		 "what to write beside the disks (qemu); may be given again"},
		{0, "list-targets", OPT_FLAG, &s->list_targets, NULL, "the targets there are"},
		{0, "key", OPT_TEXT, &s->key, "FILE", "the fleet's key: 64 hex digits"},
		{0, "shard", OPT_TEXT, &s->shard, "I/N", "make share I of N only; needs --key"},
		{0, "domain", OPT_TEXT, &s->domain, "D", "the clones' domain"},
		{0, "mac-prefix", OPT_TEXT, &s->mac_prefix, "P", "one to five octets (0e)"},
		{0, "cpus", OPT_TEXT, &s->cpus, "N", "processors (the template's)"},
		{0, "memory", OPT_TEXT, &s->memory, "SIZE", "2G, 512M (the template's)"},
		{0, "define", OPT_TEXT, &s->define, "URI",
		 "define the clones there, all or none: qemu:///system; needs -t libvirt"},
		{0, "start", OPT_FLAG, &s->start, NULL, "and start them"},
		{0, "accel", OPT_TEXT, &s->accel, "A", "descriptions ask for auto, kvm or tcg"},
		{0, "firmware", OPT_TEXT, &s->firmware, "F", "auto, bios or uefi"},
		{0, "machine-id", OPT_TEXT, &s->machine_id, "P", "new, uninitialized or keep"},
		{0, "ssh-keys", OPT_TEXT, &s->ssh_keys, "P",
		 "generate, modern (no RSA), remove or keep"},
		{0, "key-pool", OPT_TEXT, &s->key_pool, "DIR",
		 "where prepared RSA host keys are ($XDG_STATE_HOME/vmint/rsa-keys)"},
		{0, "fill-key-pool", OPT_NUMBER, &s->fill, "N",
		 "prepare RSA host keys until there are N, and make no clones"},
		{0, "ext4-seed", OPT_TEXT, &s->ext4_seed, "P", "auto, never or always"},
		{0, "engines", OPT_TEXT, &s->engines, "P",
		 "auto, or native: libguestfs is not used for XFS and btrfs"},
		{0, "serial-console", OPT_TEXT, &s->serial_console, "P", "keep, on or off"},
		{0, "clean", OPT_LIST, &s->clean, "ID",
		 "remove logs, histories, ... too; all, or one by its id; may be given again"},
		{0, "places", OPT_TEXT, &s->places, "FILE", "more places with identity, in YAML"},
		{0, "list-places", OPT_FLAG, &s->list_places, NULL,
		 "what is looked for in a guest, and what is done with it"},
		{0, "user-data", OPT_TEXT, &s->user_data, "FILE", "for cloud-init in the clones"},
		{0, "vendor-data", OPT_TEXT, &s->vendor_data, "FILE", NULL},
		{0, "network-config", OPT_TEXT, &s->network_config, "FILE",
		 "instead of one made from the clones' addresses"},
		{0, "user", OPT_LIST, &s->users, "SPEC", "as for vmint seed: alice,sudo,group=adm"},
		{0, "ssh-key", OPT_LIST, &s->keys, "KEY", "a public key, or a file of them"},
		{0, "password-file", OPT_TEXT, &s->password_file, "FILE", "of the default user"},
		{0, "package", OPT_LIST, &s->packages, "NAME", "to install at the first boot"},
		{0, "run", OPT_LIST, &s->commands, "COMMAND", "to run at the first boot"},
		{0, "property", OPT_LIST, &s->properties, "NAME=VALUE", "for ${NAME}"},
		{0, "template", OPT_FLAG, &s->template, NULL, "replace ${...} in files, too"},
		{0, "no-check", OPT_FLAG, &s->no_check, NULL, "pass user-data on unchecked"},
		{0, "carrier", OPT_TEXT, &s->carrier, "C",
		 "how the seed gets in: auto, iso, vfat, dir, guest, serial, credentials, ovf, "
		 "guestinfo, none"},
		{0, "sync", OPT_TEXT, &s->sync, "WHEN", "end, each or none"},
		{0, "replace", OPT_FLAG, &s->replace, NULL,
		 "make clones anew that were made of something else"},
		{0, "dry-run", OPT_FLAG, &s->dry_run, NULL, "print the plan, write nothing"},
		{0, "example-spec", OPT_FLAG, &s->example, NULL, "print a commented spec"},
		{0, "format", OPT_TEXT, &s->format, "F", "text or json"},
		{'q', "quiet", OPT_FLAG, &s->quiet, NULL, "no summary and no progress"},
		{0, "no-color", OPT_FLAG, &s->no_color, NULL, NULL},
		{'h', "help", OPT_FLAG, &s->help, NULL, "this text"},
	};

	_Static_assert(ARRAY_SIZE(rows) <= OPTS_MAX, "more room for options");
	memcpy(out, rows, sizeof rows);
	return ARRAY_SIZE(rows);
}

int clone_options_parse(struct clone_settings *s, int argc, char **argv, size_t *rest,
			struct err *e)
{
	struct opt opts[OPTS_MAX];
	size_t n;

	*s = (struct clone_settings){.format = "text"};
	n = opts_of(s, opts);
	return opts_parse(opts, n, argc, argv, rest, e);
}

void clone_options_help(void)
{
	struct clone_settings s = {0};
	struct opt opts[OPTS_MAX];
	size_t n = opts_of(&s, opts);

	printf("usage: vmint clone TEMPLATE -o DIR [OPTION]...\n"
	       "       vmint clone --spec FILE [OPTION]...\n\n"
	       "Makes machines from one template, each with an identity of its own. The same "
	       "command again\n"
	       "makes what is missing and nothing else.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 made, or nothing to do; 2 usage error; 3 could not be made; 130 "
	       "interrupted.\n");
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

static int set_options(struct spec *s, struct arena *a, const struct clone_settings *o,
		       struct err *e)
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
		{&o->grow, "disk.grow", "--grow"},
		{&o->extra_disks, "extra-disks", "--extra-disk"},
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

int clone_options_spec(struct spec *s, struct arena *a, const struct clone_settings *o,
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
