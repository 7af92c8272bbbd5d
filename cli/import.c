/* vmint import: a template becomes a folder of verified disks. */
#include "cli/inspect.h"
#include "cli/progress.h"
#include "cli/template_opts.h"
#include "cli/verb.h"
#include "templates/import.h"

#include "base/scope.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct settings {
	struct template_settings from;
	const char *folder, *disk_format, *sync, *format;
	bool quiet, help;
};

/* clang-format off */
#define OPTIONS(s)                                                                                 \
	{                                                                                          \
		{'o', "output", OPT_TEXT, &(s)->folder, "DIR",                                     \
		 "the folder to make; it must not exist, or be empty"},                            \
		{0, "disk-format", OPT_TEXT, &(s)->disk_format, "FORMAT",                          \
		 "qcow2 (default) or raw"},                                                        \
		{0, "sync", OPT_TEXT, &(s)->sync, "WHEN",                                          \
		 "end (default): on stable storage before DIR has its name; or none"},             \
		{0, "format", OPT_TEXT, &(s)->format, "FORMAT", "text (default) or json"},         \
		TEMPLATE_OPTIONS(&(s)->from),                                                      \
		{'q', "quiet", OPT_FLAG, &(s)->quiet, NULL, "no output, only the exit status"},    \
		{'h', "help", OPT_FLAG, &(s)->help, NULL, "this text"},                            \
	}
/* clang-format on */

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint import [OPTION]... -o DIR TEMPLATE\n\n"
	       "Makes a folder with the template's disks as qcow2 or raw images, its other files "
	       "and\n"
	       "a descriptor that names them. Whatever the manifest and the signature say is "
	       "checked\n"
	       "in the same pass; the folder appears whole or not at all.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 done, 2 usage error, 3 refused or failed, 130 interrupted.\n");
}

static const char *verified(const struct trust *t)
{
	if (!t->has_manifest)
		return "nothing to verify it by: it has no manifest";
	if (t->signature == SIGNATURE_TRUSTED)
		return "verified by its manifest and an accepted signature";
	if (t->signature == SIGNATURE_SELF)
		return "verified by its manifest; nobody vouches for its signature";
	return "verified by its manifest, which is not signed";
}

static void print_result(struct template *t, const struct settings *s,
			 const struct import_result *out, double seconds)
{
	struct strbuf text = {0};

	strbuf_add_plain(&text, s->folder, 0);
	strbuf_printf(&text, ": %zu disk%s", out->ndisks, out->ndisks == 1 ? "" : "s");
	for (size_t i = 0; i < out->ndisks; i++)
		strbuf_printf(&text, "%s%s", i ? ", " : " (", out->disks[i]);
	strbuf_printf(&text, "%s%s%s", out->ndisks ? ")" : "", *out->descriptor ? ", " : "",
		      out->descriptor);
	if (out->nfiles)
		strbuf_printf(&text, ", %zu other file%s", out->nfiles,
			      out->nfiles == 1 ? "" : "s");
	strbuf_printf(&text, "; %s read in %.2f s; %s\n", size_words(&t->a, out->read), seconds,
		      verified(&out->trust));
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
}

static void print_json(struct template *t, const struct settings *s,
		       const struct import_result *out, double seconds)
{
	json_t *o = json_object(), *disks = json_array(), *warnings = json_array();
	struct strbuf text = {0};

	json_set_text(o, "schema", "vmint.import/1");
	json_set_text(o, "version", VMINT_VERSION);
	json_set_text(o, "template", t->package.path);
	json_set_text(o, "folder", s->folder);
	json_set_text(o, "disk_format", s->disk_format);
	if (*out->descriptor)
		json_set_text(o, "descriptor", out->descriptor);
	for (size_t i = 0; i < out->ndisks; i++)
		json_array_append_new(disks, json_text(out->disks[i]));
	json_object_set_new(o, "disks", disks);
	json_object_set_new(o, "other_files", json_integer((json_int_t)out->nfiles));
	json_object_set_new(o, "bytes_read", json_integer((json_int_t)out->read));
	json_object_set_new(o, "seconds", json_real(seconds));
	json_object_set_new(o, "synced", json_boolean(str_eq(s->sync, "end")));
	json_object_set_new(o, "trust",
			    trust_json(&t->package, &out->trust, NULL, out->trust.has_manifest));
	for (size_t i = 0; i < out->nwarnings; i++)
		json_array_append_new(warnings, json_text(out->warnings[i]));
	json_object_set_new(o, "warnings", warnings);
	json_add(&text, o);
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
	json_decref(o);
}

static void print_warnings(const struct import_result *out)
{
	struct strbuf text = {0};

	for (size_t i = 0; i < out->nwarnings; i++) {
		strbuf_add(&text, "vmint import: warning: ");
		strbuf_add_plain(&text, out->warnings[i], 0);
		strbuf_addc(&text, '\n');
	}
	fputs(strbuf_str(&text), stderr);
	strbuf_fini(&text);
}

static int import(const char *path, const struct settings *s, struct err *e)
{
	const struct template_choices choices = template_choices_of(&s->from);
	struct progress bar;
	struct import_request request = {
		.folder = s->folder,
		.qcow2 = str_eq(s->disk_format, "qcow2"),
		.no_sync = str_eq(s->sync, "none"),
		.trust = s->from.trust,
		.progress = progress_step,
		.ctx = &bar,
	};
	struct import_result out;
	struct template t;
	int r = template_open(&t, path, &choices, e);

	if (r == 0) {
		progress_begin(&bar, "importing", s->quiet);
		t.package.stop = (struct stop){progress_stop, &bar};
		r = import_template(&t, &request, &out, e);
		progress_end(&bar);
	}
	if (r == 0 && str_eq(s->format, "json"))
		print_json(&t, s, &out, progress_seconds(&bar));
	else if (r == 0 && !s->quiet)
		print_result(&t, s, &out, progress_seconds(&bar));
	if (r == 0 && !s->quiet)
		print_warnings(&out);
	template_close(&t);
	return r == 0 ? STATUS_OK : r == -EINTR ? STATUS_INTERRUPTED : STATUS_TROUBLE;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {.disk_format = "qcow2", .sync = "end", .format = "text"};
	const struct opt opts[] = OPTIONS(&s);
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	if (rest != 1 || !s.folder) {
		err_set(e, EINVAL, "give one template, and -o DIR; see `vmint import --help`");
		return STATUS_USAGE;
	}
	if (!str_eq(s.disk_format, "qcow2") && !str_eq(s.disk_format, "raw")) {
		err_set(e, EINVAL, "disks are made as qcow2 or raw, not '%s'", s.disk_format);
		return STATUS_USAGE;
	}
	if (!str_eq(s.sync, "end") && !str_eq(s.sync, "none")) {
		err_set(e, EINVAL, "--sync %s: end or none", s.sync);
		return STATUS_USAGE;
	}
	if (!str_eq(s.format, "text") && !str_eq(s.format, "json")) {
		err_set(e, EINVAL, "--format %s: text or json", s.format);
		return STATUS_USAGE;
	}
	return import(argv[0], &s, e);
}

const struct verb verb_import = {
	.name = "import",
	.summary = "a template becomes a folder of verified disks",
	.run = run,
};
