/* vmint pack: a template becomes an OVA or an OVF folder. */
#include "cli/inspect.h"
#include "cli/progress.h"
#include "cli/template_opts.h"
#include "cli/verb.h"
#include "templates/pack.h"

#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct settings {
	struct template_settings from;
	const char *path, *target, *key, *cert, *format;
	uint64_t level;
	bool quiet, help;
};

/* clang-format off */
#define OPTIONS(s)                                                                                 \
	{                                                                                          \
		{'o', "output", OPT_TEXT, &(s)->path, "FILE.ova|DIR",                              \
		 "what to make; it must not exist"},                                               \
		{0, "for", OPT_TEXT, &(s)->target, "TARGET",                                       \
		 "generic (default), vsphere8, vsphere6 or virtualbox"},                           \
		{0, "sign", OPT_TEXT, &(s)->key, "KEY", "sign with this private key (PEM)"},       \
		{0, "cert", OPT_TEXT, &(s)->cert, "FILE", "its certificate and chain (PEM)"},      \
		{0, "level", OPT_NUMBER, &(s)->level, "N", "compression, 1 to 12 (default 6)"},    \
		{0, "format", OPT_TEXT, &(s)->format, "FORMAT", "text (default) or json"},         \
		TEMPLATE_OPTIONS(&(s)->from),                                                      \
		{'q', "quiet", OPT_FLAG, &(s)->quiet, NULL, "no output, only the exit status"},    \
		{'h', "help", OPT_FLAG, &(s)->help, NULL, "this text"},                            \
	}
/* clang-format on */

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint pack [OPTION]... -o FILE.ova TEMPLATE\n\n"
	       "Writes a template, such as a folder made by `vmint import`, as an OVA, or as an "
	       "OVF\n"
	       "folder when the name does not end in .ova. Disks become streamOptimized "
	       "VMDKs.\n\n");
	opts_print(opts, n);
	printf("\nTargets:\n");
	for (size_t i = 0; i < npack_targets; i++)
		printf("  %-12s %s\n", pack_targets[i].name, pack_targets[i].about);
	printf("\nExit status: 0 done, 2 usage error, 3 refused or failed, 130 interrupted.\n");
}

static void print_result(struct template *t, const struct settings *s,
			 const struct pack_result *out, double seconds)
{
	struct strbuf text = {0};

	strbuf_add_plain(&text, s->path, 0);
	strbuf_printf(&text, ": %s in %.2f s, %zu file%s", size_words(&t->a, out->size), seconds,
		      out->nfiles, out->nfiles == 1 ? "" : "s");
	if (out->converted)
		strbuf_printf(&text, ", %zu disk%s converted", out->converted,
			      out->converted == 1 ? "" : "s");
	strbuf_printf(&text, ", manifest%s\n", s->key ? " and signature" : "");
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
}

static void print_json(struct template *t, const struct settings *s, const struct pack_result *out,
		       double seconds)
{
	json_t *o = json_object();
	struct strbuf text = {0};

	json_set_text(o, "schema", "vmint.pack/1");
	json_set_text(o, "version", VMINT_VERSION);
	json_set_text(o, "template", t->package.path);
	json_set_text(o, "path", s->path);
	json_set_text(o, "target", s->target);
	json_object_set_new(o, "bytes", json_integer((json_int_t)out->size));
	json_object_set_new(o, "files", json_integer((json_int_t)out->nfiles));
	json_object_set_new(o, "disks_converted", json_integer((json_int_t)out->converted));
	json_object_set_new(o, "signed", json_boolean(s->key != NULL));
	json_object_set_new(o, "seconds", json_real(seconds));
	json_add(&text, o);
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
	json_decref(o);
}

static int pack(const char *path, const struct settings *s, const struct signer *signer,
		struct err *e)
{
	const struct template_choices choices = template_choices_of(&s->from);
	struct progress bar;
	struct pack_request request = {
		.path = s->path,
		.target = pack_target_find(s->target),
		.signer = signer,
		.trust = s->from.trust,
		.level = (int)s->level,
		.progress = progress_step,
		.ctx = &bar,
	};
	struct pack_result out;
	struct template t;
	int r = template_open(&t, path, &choices, e);

	if (r == 0) {
		progress_begin(&bar, "packing", s->quiet);
		t.package.stop = (struct stop){progress_stop, &bar};
		r = pack_template(&t, &request, &out, e);
		progress_end(&bar);
	}
	if (r == 0 && str_eq(s->format, "json"))
		print_json(&t, s, &out, progress_seconds(&bar));
	else if (r == 0 && !s->quiet)
		print_result(&t, s, &out, progress_seconds(&bar));
	template_close(&t);
	return r == 0 ? STATUS_OK : r == -EINTR ? STATUS_INTERRUPTED : STATUS_TROUBLE;
}

static int check_settings(const struct settings *s, size_t rest, struct err *e)
{
	const char *names[16], *near;

	if (rest != 1 || !s->path)
		return err_set(e, EINVAL,
			       "give one template, and -o FILE.ova; see `vmint pack --help`");
	if (!s->key != !s->cert)
		return err_set(e, EINVAL, "--sign KEY and --cert FILE go together");
	if (s->level > 12)
		return err_set(e, EINVAL, "--level %llu: 1 to 12", (unsigned long long)s->level);
	if (!str_eq(s->format, "text") && !str_eq(s->format, "json"))
		return err_set(e, EINVAL, "--format %s: text or json", s->format);
	if (pack_target_find(s->target))
		return 0;
	for (size_t i = 0; i < npack_targets && i < ARRAY_SIZE(names); i++)
		names[i] = pack_targets[i].name;
	near = str_nearest(s->target, names, npack_targets);
	return err_set(e, EINVAL, "there is no target '%s'%s%s%s", s->target,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {.target = "generic", .format = "text"};
	const struct opt opts[] = OPTIONS(&s);
	struct signer signer = {0};
	int status = STATUS_TROUBLE;
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	if (check_settings(&s, rest, e) < 0)
		return STATUS_USAGE;
	if (!s.key || signer_open(&signer, s.key, s.cert, e) == 0)
		status = pack(argv[0], &s, s.key ? &signer : NULL, e);
	signer_close(&signer);
	return status;
}

const struct verb verb_pack = {
	.name = "pack",
	.summary = "a template becomes an OVA that other programs import",
	.run = run,
};
