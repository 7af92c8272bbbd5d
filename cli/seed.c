/* vmint seed: files and options into a NoCloud seed. */
#include "cli/verb.h"

#include "base/opts.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "cloud-init/carrier.h"
#include "cloud-init/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct settings {
	const char *output, *filesystem;
	const char *user_data, *meta_data, *vendor_data, *network_config, *interfaces;
	const char *hostname, *instance_id, *dsmode;
	struct opt_list ssh_keys;
	bool no_check, quiet, help;
};

struct run {
	struct arena a;
	struct seed seed;
	struct seed_files files;
};

static int read_text(struct arena *a, const char *path, struct seed_text *out, struct err *e)
{
	struct strbuf b = {0};
	int r = str_eq(path, "-") ? sys_read_all(STDIN_FILENO, &b, SEED_FILE_MAX)
				  : sys_read_file(path, &b, SEED_FILE_MAX);

	if (r < 0)
		err_sys(e, r, "%s", str_eq(path, "-") ? "standard input" : path);
	else
		*out = (struct seed_text){arena_dupn(a, strbuf_str(&b), b.len), b.len, path};
	strbuf_fini(&b);
	return r;
}

static int read_optional(struct arena *a, const char *path, struct seed_text *out, struct err *e)
{
	return path ? read_text(a, path, out, e) : 0;
}

/* A key itself, or a file of them as ssh-keygen and authorized_keys have it. */
static int add_keys(struct run *run, const char *arg, struct err *e)
{
	struct seed_text text = {arg, strlen(arg)};
	const char *at, *line;
	size_t len, before = run->seed.ssh_keys.count;
	int r = 0;

	if (!str_starts(arg, "ssh-") && !str_starts(arg, "ecdsa-") && !str_starts(arg, "sk-"))
		r = read_text(&run->a, arg, &text, e);
	if (r < 0)
		return r;
	at = text.bytes;
	while (str_line(&at, &line, &len)) {
		char *key = str_trim(arena_dupn(&run->a, line, len));

		if (str_starts(key, "-----BEGIN"))
			return err_set(e, EINVAL, "%s: a private key; its .pub file is wanted",
				       arg);
		if (*key && *key != '#')
			seed_list_add(&run->a, &run->seed.ssh_keys, key);
	}
	if (run->seed.ssh_keys.count == before)
		return err_set(e, EINVAL, "%s: no key in it", arg);
	return 0;
}

static int gather(struct run *run, const struct settings *s, struct err *e)
{
	struct seed *seed = &run->seed;
	struct seed_text interfaces = {0};
	int r = 0;

	const struct {
		const char *path;
		struct seed_text *text;
	} files[] = {
		{s->user_data, &seed->user_data},     {s->meta_data, &seed->meta_data},
		{s->vendor_data, &seed->vendor_data}, {s->network_config, &seed->network_config},
		{s->interfaces, &interfaces},
	};

	seed->hostname = s->hostname;
	seed->instance_id = s->instance_id;
	seed->dsmode = s->dsmode;
	for (size_t i = 0; i < ARRAY_SIZE(files) && r >= 0; i++)
		r = read_optional(&run->a, files[i].path, files[i].text, e);
	for (size_t i = 0; i < s->ssh_keys.count && r >= 0; i++)
		r = add_keys(run, s->ssh_keys.items[i], e);
	seed->interfaces = interfaces.bytes;
	return r;
}

static int write_image(const char *path, const struct strbuf *image, struct err *e)
{
	bool to_stdout = str_eq(path, "-");
	int r = to_stdout ? sys_write(STDOUT_FILENO, image->text, image->len)
			  : sys_write_whole(path, image->text, image->len, 0600);

	return r < 0 ? err_sys(e, r, "%s", to_stdout ? "standard output" : path) : 0;
}

/* Warnings and errors on standard error; -EINVAL when there are errors. */
static int check_all(struct run *run, const struct settings *s, struct err *e)
{
	struct findings found = {.a = &run->a};

	if (s->no_check)
		return 0;
	check_seed(&run->seed, NULL, &found);
	for (size_t i = 0; i < found.count; i++)
		if (!found.items[i].warning || !s->quiet)
			fprintf(stderr, "%s%s\n", found.items[i].warning ? "warning: " : "",
				found.items[i].text);
	if (!found.errors)
		return 0;
	return err_set(e, EINVAL,
		       "%zu error%s, so nothing was written (--no-check writes it anyhow)",
		       found.errors, found.errors > 1 ? "s" : "");
}

static int make(struct run *run, const struct settings *s, struct err *e)
{
	struct strbuf image = {0};
	int r = gather(run, s, e);

	if (r >= 0)
		r = check_all(run, s, e);
	if (r >= 0)
		r = seed_build(&run->a, &run->seed, &run->files, e);
	if (r >= 0)
		r = seed_iso(&run->files, SEED_LABEL, &image, e);
	if (r >= 0)
		r = write_image(s->output, &image, e);
	strbuf_fini(&image);
	return r < 0 ? STATUS_TROUBLE : STATUS_OK;
}

/* cloud-localds' way: OUTPUT USER-DATA [META-DATA]. */
static int take_positional(struct settings *s, char **argv, size_t n, struct err *e)
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
	if (!s->output)
		return err_set(e, EINVAL,
			       "-o FILE says where the seed goes (- is standard output)");
	return 0;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {0};
	struct run work = {0};
	const struct opt opts[] = {
		{'o', "output", OPT_TEXT, &s.output, "FILE",
		 "where the seed goes; - is standard output"},
		{0, "user-data", OPT_TEXT, &s.user_data, "FILE", "user-data, as it is"},
		{0, "meta-data", OPT_TEXT, &s.meta_data, "FILE", "meta-data, as it is"},
		{'V', "vendor-data", OPT_TEXT, &s.vendor_data, "FILE", "vendor-data, as it is"},
		{'N', "network-config", OPT_TEXT, &s.network_config, "FILE",
		 "network-config, as it is"},
		{'H', "hostname", OPT_TEXT, &s.hostname, "NAME",
		 "the machine's name, with its domain or without"},
		{0, "instance-id", OPT_TEXT, &s.instance_id, "ID",
		 "default: made from the contents"},
		{0, "ssh-key", OPT_LIST, &s.ssh_keys, "FILE|KEY", "a public key that may log in"},
		{'m', "dsmode", OPT_TEXT, &s.dsmode, "MODE", "local or net"},
		{'i', "interfaces", OPT_TEXT, &s.interfaces, "FILE",
		 "an /etc/network/interfaces for old guests"},
		{0, "no-check", OPT_FLAG, &s.no_check, NULL, "pass on whatever is given"},
		{'q', "quiet", OPT_FLAG, &s.quiet, NULL, "no warnings"},
		{'h', "help", OPT_FLAG, &s.help, NULL, "this text"},
	};
	size_t rest;
	int status;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		printf("usage: vmint seed -o FILE [OPTION]...\n"
		       "       vmint seed FILE USER-DATA [META-DATA]\n\n"
		       "Writes a seed for cloud-init's NoCloud data source.\n\n");
		opts_print(opts, ARRAY_SIZE(opts));
		printf("\nExit status: 0 written, 2 usage error, 3 could not be written.\n");
		return STATUS_OK;
	}
	if (take_positional(&s, argv, rest, e) < 0)
		return STATUS_USAGE;
	status = make(&work, &s, e);
	arena_fini(&work.a);
	return status;
}

const struct verb verb_seed = {
	.name = "seed",
	.summary = "write a cloud-init seed: an ISO or VFAT image, or a folder",
	.run = run,
};
