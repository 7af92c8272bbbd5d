/* vmint audit: identities that machines share. */
#include "cli/engines.h"
#include "cli/verb.h"

#include "base/json.h"
#include "base/opts.h"
#include "base/scope.h"
#include "base/str.h"
#include "provision/guest_audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct settings {
	const char *format, *engines;
	bool help, quiet, verbose;
};

/* clang-format off */
#define OPTIONS(s)                                                                                 \
	{                                                                                          \
		{'f', "format", OPT_TEXT, &(s)->format, "FORMAT", "text or json"},                 \
		{0, "engines", OPT_TEXT, &(s)->engines, "P",                                       \
		 "auto, or native: libguestfs is not used for XFS and btrfs"},                     \
		{'q', "quiet", OPT_FLAG, &(s)->quiet, NULL, "no output, only the exit status"},    \
		{'v', "verbose", OPT_FLAG, &(s)->verbose, NULL, "also what could not be looked at"}, \
		{'h', "help", OPT_FLAG, &(s)->help, NULL, "this text"},                            \
	}
/* clang-format on */

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint audit [OPTION]... PATH...\n\n"
	       "Compares machines, whoever made them: disk images, OVAs, folders with an .ovf, a\n"
	       "folder of images (one machine), a folder of such folders, a fleet.json. Says\n"
	       "which identities any two share: machine-id, host name, SSH host keys, MACs;\n"
	       "ids of filesystems, LVM, LUKS, md, partitions and disks; and of the machine "
	       "itself\n"
	       "(SMBIOS, cards, disks), where a descriptor or a clone's identity.json tells them.\n"
	       "Nothing is changed.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 nothing is shared, 1 something is, 2 usage error, 3 a path cannot "
	       "be read.\n");
}

/* What a guest says, without its control characters. */
static void print_plain(const char *text)
{
	struct strbuf out = {0};

	strbuf_add_plain(&out, text, 0);
	printf("%s", strbuf_str(&out));
	strbuf_fini(&out);
}

static void print_text(const struct audit *x, const struct audit_shared *s, size_t n, bool verbose)
{
	for (size_t i = 0; i < n; i++) {
		printf("%-14s ", s[i].kind);
		print_plain(s[i].value);
		printf("\n");
		for (size_t k = 0; k < s[i].n; k++) {
			printf("    %s (", x->machines[s[i].items[k]->machine]);
			print_plain(s[i].items[k]->where);
			printf(")\n");
		}
	}
	for (size_t i = 0; verbose && i < x->nwarnings; i++) {
		printf("warning: ");
		print_plain(x->warnings[i]);
		printf("\n");
	}
	if (n)
		printf("%zu %s shared among %zu machines\n", n,
		       n == 1 ? "identity is" : "identities are", x->nmachines);
	else
		printf("%zu machine%s, no identity is shared\n", x->nmachines,
		       x->nmachines == 1 ? "" : "s");
}

static json_t *shared_json(const struct audit *x, const struct audit_shared *s)
{
	json_t *o = json_object(), *list = json_array();

	json_set_text(o, "kind", s->kind);
	json_set_text(o, "value", s->value);
	for (size_t k = 0; k < s->n; k++) {
		json_t *m = json_object();

		json_set_text(m, "machine", x->machines[s->items[k]->machine]);
		json_set_text(m, "where", s->items[k]->where);
		json_array_append_new(list, m);
	}
	json_object_set_new(o, "machines", list);
	return o;
}

static void print_json(const struct audit *x, const struct audit_shared *s, size_t n)
{
	json_t *root = json_object(), *machines = json_array(), *shared = json_array(),
	       *warnings = json_array();
	struct strbuf out = {0};

	for (size_t i = 0; i < x->nmachines; i++)
		json_array_append_new(machines, json_text(x->machines[i]));
	for (size_t i = 0; i < n; i++)
		json_array_append_new(shared, shared_json(x, &s[i]));
	for (size_t i = 0; i < x->nwarnings; i++)
		json_array_append_new(warnings, json_text(x->warnings[i]));
	json_set_text(root, "schema", "vmint.audit/1");
	json_object_set_new(root, "machines", machines);
	json_object_set_new(root, "shared", shared);
	json_object_set_new(root, "warnings", warnings);
	json_add(&out, root);
	json_decref(root);
	fwrite(strbuf_str(&out), 1, out.len, stdout);
	strbuf_fini(&out);
}

static int audit(char **paths, size_t count, const struct settings *s, struct err *e)
{
	struct arena a = {0};
	struct audit x = {.a = &a};
	struct audit_shared *shared;
	int status = STATUS_TROUBLE, r = 0;
	size_t n;

	for (size_t i = 0; i < count && r == 0; i++)
		r = audit_path(&x, paths[i], e);
	if (r == 0) {
		audit_compare(&x, &shared, &n);
		if (!s->quiet && str_eq(s->format, "json"))
			print_json(&x, shared, n);
		else if (!s->quiet)
			print_text(&x, shared, n, s->verbose);
		status = n ? STATUS_NO : STATUS_OK;
	}
	arena_fini(&a);
	return status;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {.format = "text"};
	const struct opt opts[] = OPTIONS(&s);
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	if (!rest) {
		err_set(e, EINVAL, "which images? see `vmint audit --help`");
		return STATUS_USAGE;
	}
	if (!str_eq(s.format, "text") && !str_eq(s.format, "json")) {
		err_set(e, EINVAL, "there is no format '%s': text or json", s.format);
		return STATUS_USAGE;
	}
	if (engines_choose(s.engines, e) < 0)
		return STATUS_USAGE;
	return audit(argv, rest, &s, e);
}

const struct verb verb_audit = {
	.name = "audit",
	.summary = "identities shared between any images, whoever made them",
	.run = run,
};
