/* vmint verify: proof, from the files alone. */
#include "cli/progress.h"
#include "cli/verb.h"
#include "cli/verify.h"
#include "cli/verify_boot.h"

#include "base/opts.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct settings {
	const char *format, *against, *checkers;
	bool help, quiet, verbose, list_checks;
	struct boot_settings boot;
};

/* clang-format off */
#define OPTIONS(s)                                                                                 \
	{                                                                                          \
		{'f', "format", OPT_TEXT, &(s)->format, "FORMAT", "text, json or junit"},          \
		{0, "against", OPT_TEXT, &(s)->against, "TEMPLATE",                                \
		 "what the images were made from: nothing of it may be left in them"},             \
		{0, "checkers", OPT_TEXT, &(s)->checkers, "WHICH",                                 \
		 "e2fsck, fsck.fat, sgdisk and the like on some (32 of a fleet), all or none"},    \
		BOOT_OPTIONS(&(s)->boot),                                                          \
		{0, "list-checks", OPT_FLAG, &(s)->list_checks, NULL, "the checks, and what they prove"}, \
		{'q', "quiet", OPT_FLAG, &(s)->quiet, NULL, "no output, only the exit status"},    \
		{'v', "verbose", OPT_FLAG, &(s)->verbose, NULL,                                    \
		 "also what holds, what was skipped and why, and ids that were kept"},             \
		{'h', "help", OPT_FLAG, &(s)->help, NULL, "this text"},                            \
	}
/* clang-format on */

static void print_help(const struct opt *opts, size_t n)
{
	printf("usage: vmint verify [OPTION]... PATH...\n\n"
	       "Proves what `vmint clone` made, by reading it back from the files alone: a "
	       "fleet's\n"
	       "folder, a clone's folder, an OVA or OVF, or any disk image. Ledger, descriptions,\n"
	       "images and the guests' insides must agree, every reference must lead somewhere\n"
	       "inside the machine, and nothing of the template's identity may be left. With "
	       "--boot\n"
	       "each is started in QEMU, turned off, and read again. Nothing is changed.\n\n");
	opts_print(opts, n);
	printf("\nExit status: 0 all holds, 1 something does not, 2 usage error, 3 it could not be "
	       "found out.\n");
}

static void print_checks(void)
{
	for (size_t i = 0; i < VERIFY_CHECKS; i++)
		printf("%-18s %s\n", verify_checks[i].id, verify_checks[i].title);
}

static void print(const struct verify *v, const struct settings *s)
{
	struct strbuf out = {0};

	if (str_eq(s->format, "json"))
		verify_json(v, &out);
	else if (str_eq(s->format, "junit"))
		verify_junit(v, &out);
	else
		verify_text(v, s->verbose, &out);
	fwrite(strbuf_str(&out), 1, out.len, stdout);
	strbuf_fini(&out);
}

static int which_checkers(const char *word, enum verify_which *out, struct err *e)
{
	static const char *const words[] = {[VERIFY_CHECK_SOME] = "some",
					    [VERIFY_CHECK_ALL] = "all",
					    [VERIFY_CHECK_NONE] = "none"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], word)) {
			*out = (enum verify_which)i;
			return 0;
		}
	return err_set(e, EINVAL, "--checkers %s: some, all or none", word);
}

static int verify(char **paths, size_t count, const struct settings *s, struct err *e)
{
	struct progress p = {0};
	struct verify_boot_options boot;
	struct verify_options o = {.against = s->against, .progress = progress_step, .ctx = &p};
	struct verify v = {.o = &o};
	int status = STATUS_TROUBLE, r = 0;

	if (which_checkers(s->checkers, &o.checkers, e) < 0 ||
	    boot_settings_apply(&s->boot, &boot, &o, e) < 0)
		return STATUS_USAGE;
	progress_begin(&p, "verifying", s->quiet || !str_eq(s->format, "text"));
	for (size_t i = 0; i < count && r == 0; i++)
		r = verify_path(&v, paths[i], e);
	progress_end(&p);
	if (r == 0) {
		if (!s->quiet)
			print(&v, s);
		status = verify_failed(&v)   ? STATUS_NO
			 : verify_unsure(&v) ? STATUS_TROUBLE
					     : STATUS_OK;
	} else if (r == -EINTR) {
		status = STATUS_INTERRUPTED;
	}
	verify_fini(&v);
	return status;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {.format = "text", .checkers = "some"};
	const struct opt opts[] = OPTIONS(&s);
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		print_help(opts, ARRAY_SIZE(opts));
		return STATUS_OK;
	}
	if (s.list_checks) {
		print_checks();
		return STATUS_OK;
	}
	if (!rest) {
		err_set(e, EINVAL, "which clones? see `vmint verify --help`");
		return STATUS_USAGE;
	}
	if (!str_eq(s.format, "text") && !str_eq(s.format, "json") && !str_eq(s.format, "junit")) {
		err_set(e, EINVAL, "there is no format '%s': text, json or junit", s.format);
		return STATUS_USAGE;
	}
	return verify(argv, rest, &s, e);
}

const struct verb verb_verify = {
	.name = "verify",
	.summary = "proof that clones are who the ledger says, whole, and nobody else",
	.run = run,
};
