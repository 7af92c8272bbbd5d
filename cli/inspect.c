/* vmint inspect: opens a template, looks at every part of it, prints what is there. */
#include "cli/inspect.h"
#include "cli/engines.h"
#include "cli/template_opts.h"
#include "cli/verb.h"

#include "base/scope.h"
#include "provision/guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUEST_DISKS = 32 };

struct settings {
	struct template_settings from;
	const char *format, *engines;
	bool no_verify, help, quiet;
};

/* clang-format off */
#define OPTIONS(s)                                                                                 \
	{                                                                                          \
		{'f', "format", OPT_TEXT, &(s)->format, "FORMAT", "text or json"},                 \
		TEMPLATE_OPTIONS(&(s)->from),                                                      \
		{0, "no-verify", OPT_FLAG, &(s)->no_verify, NULL,                                  \
		 "do not read the disks to check their digests"},                                  \
		{0, "engines", OPT_TEXT, &(s)->engines, "P",                                       \
		 "auto, or native: libguestfs is not used for XFS and btrfs"},                     \
		{'q', "quiet", OPT_FLAG, &(s)->quiet, NULL, "no output, only the exit status"},    \
		{'h', "help", OPT_FLAG, &(s)->help, NULL, "this text"},                            \
	}
/* clang-format on */

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint inspect [OPTION]... TEMPLATE\n\n"
	       "Tells what a template is: an OVA, a folder with an .ovf, a zip or compressed tar "
	       "of\n"
	       "one, or a bare disk image. Nothing is unpacked, fetched or changed.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 fine, 1 it would be refused or is not what its manifest says,\n"
	       "2 usage error, 3 it cannot be read.\n");
}

/* ---- gathering ---- */

static void add_problem(struct inspection *i, const char *text)
{
	ARENA_GROW(&i->t.a, i->problems, i->nproblems, i->room);
	i->problems[i->nproblems++] = text;
}

/* The sentence without the package's own name, which is the headline already. */
static const char *without_path(const struct inspection *i, const char *text)
{
	const char *path = i->t.package.path;
	size_t n = strlen(path);

	return str_starts(text, path) && str_starts(text + n, ": ") ? text + n + 2 : text;
}

static const char *keep(struct inspection *i, const struct err *e)
{
	return arena_dup(&i->t.a, without_path(i, e->text));
}

static const char *type_of(const struct template_image *x, enum disk_format f)
{
	if (f != DISK_VMDK)
		return "";
	return vmdk_stream_of(x->image) ? "streamOptimized" : "";
}

static void look_at_disk(struct inspection *i, struct inspected_disk *d)
{
	SCOPED(template_image_close_at) struct template_image x = {0};
	struct err e = {0};

	d->format = d->is->format;
	d->type = "";
	if (template_disk_open(&i->t, d->is, &x, &e) < 0) {
		d->problem = keep(i, &e);
		add_problem(i, d->problem);
		return;
	}
	if (!x.image)
		return;
	d->size = x.image->size;
	if (!d->is->has_format)
		disk_format_sniff(x.file, &d->format, NULL);
	d->type = type_of(&x, d->format);
	d->warning = template_size_warning(&i->t, d->is, d->size);
}

static void look_at_files(struct inspection *i)
{
	const struct ovf *o = &i->t.package.ovf;

	for (size_t f = 0; f < o->nfiles; f++) {
		const struct member *pieces;
		struct err e = {0};
		bool disk = false;
		size_t n;

		for (size_t d = 0; d < o->ndisks; d++)
			disk = disk || o->disks[d].file == &o->files[f];
		if (!disk && package_file(&i->t.package, &o->files[f], &pieces, &n, &e) < 0)
			add_problem(i, keep(i, &e));
	}
}

static void look_at_trust(struct inspection *i, const struct settings *s)
{
	struct err e = {0};
	int r = trust_check(&i->t.package, &s->from.trust, &i->trust, &e);

	if (r == 0 && i->trust.has_manifest && !s->no_verify) {
		r = trust_check_members(&i->t.package, NULL, NULL, &e);
		i->digested = r == 0;
	}
	if (r < 0)
		i->trust_problem = keep(i, &e);
}

/* ---- what is inside the disks ---- */

static void describe(struct inspection *i, struct disk **disks, size_t n)
{
	struct strbuf text = {0};
	struct guest *g = NULL;
	struct err e = {0};

	if (guest_open(&g, &i->t.a, disks, n, &e) < 0) {
		i->guest = arena_printf(&i->t.a, "guest: %s\n", e.text);
		return;
	}
	guest_describe(guest_facts(g), &text);
	i->guest = arena_dup(&i->t.a, strbuf_str(&text));
	i->guest_json = guest_describe_json(guest_facts(g));
	strbuf_fini(&text);
	guest_close(g);
}

static void look_at_guest(struct inspection *i)
{
	struct template_image *images = xcalloc(GUEST_DISKS, sizeof *images);
	struct disk *disks[GUEST_DISKS];
	size_t n = 0, opened = 0;

	for (size_t d = 0; d < i->t.ndisks && opened < GUEST_DISKS; d++) {
		if (i->disks[d].problem ||
		    template_disk_open(&i->t, i->disks[d].is, &images[opened], NULL) < 0)
			continue;
		if (images[opened].image)
			disks[n++] = images[opened].image;
		opened++;
	}
	if (n)
		describe(i, disks, n);
	while (opened)
		template_image_close(&images[--opened]);
	free(images);
}

static void look(struct inspection *i, const struct settings *s)
{
	const struct ovf *o = &i->t.package.ovf;

	for (size_t p = 0; p < o->nproblems; p++)
		add_problem(i, without_path(i, o->problems[p]));
	for (size_t w = 0; w < o->nwarnings; w++)
		o->warnings[w] = without_path(i, o->warnings[w]);
	look_at_files(i);
	i->disks = arena_alloc(&i->t.a, (i->t.ndisks + 1) * sizeof *i->disks);
	for (size_t d = 0; d < i->t.ndisks; d++) {
		i->disks[d].is = &i->t.disks[d];
		look_at_disk(i, &i->disks[d]);
	}
	look_at_guest(i);
	look_at_trust(i, s);
}

/* ---- the verb ---- */

/* A file that is neither a package nor an image is no template with a flaw. */
static int no_template(const struct inspection *i, struct err *e)
{
	if (i->t.package.kind != PACKAGE_DISK || !i->nproblems)
		return 0;
	return err_set(e, EINVAL, "%s: %s", i->t.package.path, i->problems[0]);
}

static int inspect(const char *path, const struct settings *s, struct err *e)
{
	const struct template_choices choices = template_choices_of(&s->from);
	struct inspection i = {.nproblems = 0};
	struct strbuf out = {0};
	int status = STATUS_TROUBLE;

	if (template_open(&i.t, path, &choices, e) == 0) {
		look(&i, s);
		if (no_template(&i, e) < 0) {
			template_close(&i.t);
			return STATUS_TROUBLE;
		}
		status = i.nproblems || i.trust_problem ? STATUS_NO : STATUS_OK;
		if (!s->quiet && str_eq(s->format, "json"))
			inspect_json(&i, &out);
		else if (!s->quiet)
			inspect_text(&i, &out);
		fwrite(strbuf_str(&out), 1, out.len, stdout);
		strbuf_fini(&out);
	}
	json_decref(i.guest_json);
	template_close(&i.t);
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
	if (rest != 1) {
		err_set(e, EINVAL,
			rest ? "give one template" : "which template? see `vmint inspect --help`");
		return STATUS_USAGE;
	}
	if (!str_eq(s.format, "text") && !str_eq(s.format, "json")) {
		err_set(e, EINVAL, "there is no format '%s': text or json", s.format);
		return STATUS_USAGE;
	}
	if (engines_choose(s.engines, e) < 0)
		return STATUS_USAGE;
	return inspect(argv[0], &s, e);
}

const struct verb verb_inspect = {
	.name = "inspect",
	.summary = "what is in a template, and whether it may be trusted",
	.run = run,
};
