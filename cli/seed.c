/* vmint seed: files and options into a seed for cloud-init. */
#include "cli/seed.h"
#include "cli/verb.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "cloud-init/carrier.h"
#include "cloud-init/carrier_text.h"
#include "cloud-init/check.h"
#include "cloud-init/mask.h"
#include "cloud-init/schema.h"
#include "cloud-init/seed_meta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Warnings and errors on standard error; -EINVAL when there are errors. */
static int check_all(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	struct findings found = {.a = &run->a};

	if (s->no_check)
		return 0;
	check_seed(&run->seed, run->macs.count ? &run->macs : NULL, &found);
	for (size_t i = 0; i < found.count; i++)
		if (!found.items[i].warning || !s->quiet)
			fprintf(stderr, "%s%s\n", found.items[i].warning ? "warning: " : "",
				found.items[i].text);
	if (s->verbose)
		fprintf(stderr, "checked against the schemas of %s\n", schema_version());
	if (!found.errors)
		return s->check_with ? seed_check_with(run, s->check_with, e) : 0;
	return err_set(e, EINVAL,
		       "%zu error%s, so nothing was written (--no-check writes it anyhow)",
		       found.errors, found.errors > 1 ? "s" : "");
}

static int write_bytes(const char *path, const void *bytes, size_t n, struct err *e)
{
	bool to_stdout = str_eq(path, "-");
	int r = to_stdout ? sys_write(STDOUT_FILENO, bytes, n)
			  : sys_write_whole(path, bytes, n, 0600);

	return r < 0 ? err_sys(e, r, "%s", to_stdout ? "standard output" : path) : 0;
}

static int write_lines(const char *path, const struct seed_list *l, struct err *e)
{
	struct strbuf b = {0};
	int r;

	for (size_t i = 0; i < l->count; i++)
		strbuf_printf(&b, "%s\n", l->items[i]);
	r = write_bytes(path, strbuf_str(&b), b.len, e);
	strbuf_fini(&b);
	return r;
}

static int write_image(const struct seed_settings *s, const struct strbuf *image, struct err *e)
{
	if (!s->disk_format || str_eq(s->disk_format, "raw"))
		return write_bytes(s->output, image->text, image->len, e);
	if (str_eq(s->output, "-"))
		return err_set(e, EINVAL, "-d %s cannot go to standard output", s->disk_format);
	return seed_convert(s->output, s->disk_format, image, e);
}

static int carry_image(struct seed_run *run, const struct seed_settings *s, struct err *e,
		       int (*make)(const struct seed_files *, const char *, struct strbuf *,
				   struct err *))
{
	struct strbuf image = {0};
	int r = make(&run->files, SEED_LABEL, &image, e);

	if (r >= 0)
		r = write_image(s, &image, e);
	strbuf_fini(&image);
	return r;
}

static int carry_iso(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	return carry_image(run, s, e, seed_iso);
}

static int carry_vfat(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	return carry_image(run, s, e, seed_vfat);
}

static int carry_folder(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	if (str_eq(s->output, "-"))
		return err_set(e, EINVAL, "a folder cannot go to standard output");
	return seed_folder(s->output, &run->files, e);
}

/* An image with the environment in it, as hypervisors attach it. */
static int carry_ovf(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	struct seed_files files = {.items = {{.name = "ovf-env.xml"}}, .count = 1};
	struct seed_variables properties = {0};
	struct strbuf image = {0};
	int r = ovf_properties(&run->a, &run->seed, &run->files, &run->properties, &properties, e);

	if (r >= 0)
		r = ovf_environment(&run->a, &properties, &files.items[0].text, e);
	if (r >= 0)
		r = seed_iso(&files, SEED_OVF_LABEL, &image, e);
	if (r >= 0)
		r = write_image(s, &image, e);
	strbuf_fini(&image);
	return r;
}

static int carry_guestinfo(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	struct seed_variables v = {0};
	struct seed_list lines = {0};

	guestinfo_properties(&run->a, &run->files, &v);
	for (size_t i = 0; i < v.count; i++)
		seed_list_add(
			&run->a, &lines,
			arena_printf(&run->a, "%s = \"%s\"", v.items[i].name, v.items[i].value));
	return write_lines(s->output, &lines, e);
}

static int carry_serial(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	struct seed_list lines = {0};
	const char *serial;
	int r = smbios_serial(&run->a, run->seed.hostname,
			      seed_instance_id(&run->a, &run->seed, &run->files), s->url, &serial,
			      e);

	if (r < 0)
		return r;
	seed_list_add(&run->a, &lines, serial);
	return write_lines(s->output, &lines, e);
}

static int carry_credentials(struct seed_run *run, const struct seed_settings *s, struct err *e)
{
	struct seed_list lines = {0};
	int r = smbios_credentials(&run->a, &run->seed, &lines, e);

	return r < 0 ? r : write_lines(s->output, &lines, e);
}

static const struct {
	const char *name;
	int (*carry)(struct seed_run *run, const struct seed_settings *s, struct err *e);
} carriers[] = {
	{"iso", carry_iso},       {"iso9660", carry_iso},
	{"vfat", carry_vfat},     {"dir", carry_folder},
	{"ovf", carry_ovf},       {"guestinfo", carry_guestinfo},
	{"serial", carry_serial}, {"credentials", carry_credentials},
};

static int find_carrier(const char *name, size_t *out, struct err *e)
{
	const char *names[ARRAY_SIZE(carriers)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(carriers); i++) {
		names[i] = carriers[i].name;
		if (str_eq(names[i], name)) {
			*out = i;
			return 0;
		}
	}
	near = str_nearest(name, names, ARRAY_SIZE(names));
	return err_set(e, EINVAL, "there is no carrier '%s'%s%s%s", name,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Each file under its name, secrets as ***. */
static int show(const struct seed_run *run)
{
	struct strbuf b = {0};

	for (size_t i = 0; i < run->files.count; i++) {
		strbuf_printf(&b, "%s== %s\n", i ? "\n" : "", run->files.items[i].name);
		seed_mask(&b, &run->files.items[i]);
	}
	fwrite(strbuf_str(&b), 1, b.len, stdout);
	strbuf_fini(&b);
	return 0;
}

static int make(struct seed_run *run, const struct seed_settings *s, size_t carrier, struct err *e)
{
	int r = seed_gather(run, s, e);

	if (r >= 0)
		r = check_all(run, s, e);
	if (r >= 0)
		r = seed_build(&run->a, &run->seed, &run->files, e);
	if (r >= 0)
		r = s->dry_run ? show(run) : carriers[carrier].carry(run, s, e);
	return r < 0 ? STATUS_TROUBLE : STATUS_OK;
}

/* cloud-localds' way: OUTPUT USER-DATA [META-DATA]. */
static int take_positional(struct seed_settings *s, char **argv, size_t n, struct err *e)
{
	const char **const places[] = {&s->output, &s->user_data, &s->meta_data};
	size_t at = s->output ? 1 : 0;

	for (size_t i = 0; i < n; i++, at++) {
		if (at >= ARRAY_SIZE(places) || *places[at])
			return err_set(e, EINVAL,
				       "'%s' is not expected here; see `vmint seed --help`",
				       argv[i]);
		*places[at] = argv[i];
	}
	if (!s->output && !s->dry_run)
		return err_set(e, EINVAL,
			       "-o FILE says where the seed goes (- is standard output)");
	if (s->disk_format && !seed_format_is_known(s->disk_format))
		return err_set(e, EINVAL, "-d %s: raw, qcow2, vmdk, vdi, vpc or vhdx",
			       s->disk_format);
	if (s->network_version != 1 && s->network_version != 2)
		return err_set(e, EINVAL, "--network-version: 1 or 2");
	return 0;
}

static int run_with(struct seed_settings *s, char **argv, size_t rest, struct err *e)
{
	struct seed_run work = {0};
	size_t carrier = 0;
	int status;

	if (take_positional(s, argv, rest, e) < 0 ||
	    (s->carrier && find_carrier(s->carrier, &carrier, e) < 0))
		return STATUS_USAGE;
	status = make(&work, s, carrier, e);
	arena_fini(&work.a);
	return status;
}

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint seed -o FILE [OPTION]...\n"
	       "       vmint seed FILE USER-DATA [META-DATA]\n\n"
	       "Writes a seed for cloud-init, checked before it is written, the same bytes every "
	       "time.\n\n");
	opts_print(opts, n);
	printf("\nCarriers: iso, vfat, dir, ovf, guestinfo, serial, credentials.\n"
	       "In values ${name} ${fqdn} ${index} ${mac0} ${ip0} and properties are replaced; $$ "
	       "is a dollar.\n"
	       "Exit status: 0 written, 2 usage error, 3 not written: wrong or unreadable "
	       "input.\n");
}

static int run(int argc, char **argv, struct err *e)
{
	struct seed_settings s = {.network_version = 2};
	const struct opt opts[] = {
		{'o', "output", OPT_TEXT, &s.output, "FILE",
		 "where the seed goes; - is standard output"},
		{'f', "filesystem", OPT_TEXT, &s.carrier, "CARRIER",
		 "what carries it (default: iso)"},
		{0, "carrier", OPT_TEXT, &s.carrier, "CARRIER", NULL},
		{0, "user-data", OPT_TEXT, &s.user_data, "FILE", "user-data, passed through"},
		{0, "meta-data", OPT_TEXT, &s.meta_data, "FILE", "meta-data, passed through"},
		{'V', "vendor-data", OPT_TEXT, &s.vendor_data, "FILE",
		 "vendor-data, passed through"},
		{'N', "network-config", OPT_TEXT, &s.network_config, "FILE",
		 "network-config, passed through"},
		{'H', "hostname", OPT_TEXT, &s.hostname, "NAME",
		 "the machine's name, with its domain or without"},
		{0, "instance-id", OPT_TEXT, &s.instance_id, "ID",
		 "default: made from the contents"},
		{0, "ssh-key", OPT_LIST, &s.ssh_keys, "FILE|KEY", "a public key that may log in"},
		{0, "user", OPT_LIST, &s.users, "NAME[,...]",
		 "a user: group=G,sudo,shell=S,ssh-key=F,password-file=F"},
		{0, "password-file", OPT_TEXT, &s.password_file, "FILE",
		 "the default user's password, hashed here"},
		{0, "password-hash", OPT_TEXT, &s.password_hash, "HASH",
		 "the same, hashed already"},
		{0, "password-login", OPT_FLAG, &s.password_login, NULL, "sshd takes passwords"},
		{0, "nic", OPT_LIST, &s.nics, "mac=M[,...]",
		 "an interface: dhcp, address=A/N,gateway=A,dns=A,name=N"},
		{0, "bond", OPT_LIST, &s.bonds, "name=N,...", "member=NAME,mode=M besides"},
		{0, "bridge", OPT_LIST, &s.bridges, "name=N,...", "member=NAME besides"},
		{0, "vlan", OPT_LIST, &s.vlans, "name=N,...", "link=NAME,id=NUMBER besides"},
		{0, "network-version", OPT_NUMBER, &s.network_version, "1|2",
		 "of what is made from these (default: 2)"},
		{0, "package", OPT_LIST, &s.packages, "NAME", "a package to install"},
		{0, "run", OPT_LIST, &s.run, "COMMAND", "a shell command for the first boot"},
		{0, "write", OPT_LIST, &s.writes, "PATH=FILE", "a file for the guest"},
		{0, "host-key", OPT_LIST, &s.host_keys, "FILE",
		 "an SSH host key; its FILE.pub beside it"},
		{0, "grow", OPT_FLAG, &s.grow, NULL, "the root filesystem to the end of the disk"},
		{0, "timezone", OPT_TEXT, &s.timezone, "ZONE", "such as Europe/Berlin"},
		{0, "locale", OPT_TEXT, &s.locale, "LOCALE", "such as en_US.UTF-8"},
		{0, "mac", OPT_LIST, &s.macs, "MAC",
		 "one the machine has: a network-config must match them"},
		{0, "property", OPT_LIST, &s.properties, "NAME=VALUE",
		 "for ${NAME} and the OVF environment"},
		{0, "index", OPT_NUMBER, &s.index, "N", "for ${index}"},
		{0, "template", OPT_FLAG, &s.template, NULL,
		 "replace ${...} in the files passed through, too"},
		{0, "url", OPT_TEXT, &s.url, "URL", "where a serial number points to"},
		{'m', "dsmode", OPT_TEXT, &s.dsmode, "MODE", "local or net"},
		{'i', "interfaces", OPT_TEXT, &s.interfaces, "FILE",
		 "an /etc/network/interfaces for old guests"},
		{'d', "disk-format", OPT_TEXT, &s.disk_format, "F",
		 "of an image: raw; others are made by qemu-img"},
		{0, "no-check", OPT_FLAG, &s.no_check, NULL, "pass on whatever is given"},
		{0, "check-with", OPT_TEXT, &s.check_with, "cloud-init",
		 "ask an installed cloud-init, too"},
		{'n', "dry-run", OPT_FLAG, &s.dry_run, NULL,
		 "show the files, secrets as ***; write nothing"},
		{'q', "quiet", OPT_FLAG, &s.quiet, NULL, "no warnings"},
		{'v', "verbose", OPT_FLAG, &s.verbose, NULL, "name the schemas"},
		{'h', "help", OPT_FLAG, &s.help, NULL, "this text"},
	};
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	return run_with(&s, argv, rest, e);
}

const struct verb verb_seed = {
	.name = "seed",
	.summary = "write a cloud-init seed: an ISO or VFAT image, or a folder",
	.run = run,
};
