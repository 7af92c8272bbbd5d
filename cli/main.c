/* vmint: finds the verb, prints its error, exits. */
#include "cli/verb.h"
#include "cli/version.h"

#include "base/scope.h"
#include "base/str.h"
#include "provision/appliance.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct verb *const verbs[] = {
	&verb_probe,
	&verb_capture,
	&verb_compare,
	&verb_seed,
	&verb_inspect,
	&verb_import,
	&verb_clone,
	&verb_pack,
	&verb_audit,
	&verb_verify,
};
/* clang-format on */

static void print_help(void)
{
	printf("vmint: can this host run virtual machines, and N of them from one template.\n\n"
	       "usage: vmint VERB [OPTION]... [ARGUMENT]...\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		printf("  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
	printf("\n`vmint VERB --help` tells the options of a verb, `vmint --version` the libraries "
	       "found.\n"
	       "Exit status: 0 fine, 1 the answer is no, 2 usage error, 3 could not find out or "
	       "could not do it.\n");
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (str_eq(verbs[i]->name, name))
			return verbs[i];
	return NULL;
}

static int no_such_verb(const char *name)
{
	const char *names[ARRAY_SIZE(verbs)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		names[i] = verbs[i]->name;
	near = str_nearest(name, names, ARRAY_SIZE(verbs));
	fprintf(stderr, "vmint: there is no verb '%s'%s%s%s (`vmint --help` lists them)\n", name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	return STATUS_USAGE;
}

/* A pipe that closed is the reader's choice; a full disk is not. */
static int finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	fprintf(stderr, "vmint: standard output: %s\n", strerror(errno));
	return STATUS_TROUBLE;
}

/* The sentence may hold names from a file somebody else made. */
static void print_error(const char *verb, const struct err *e)
{
	struct strbuf text = {0};

	strbuf_add_plain(&text, e->text, 0);
	fprintf(stderr, "vmint %s: %s\n", verb, strbuf_str(&text));
	strbuf_fini(&text);
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
	struct err e = {0};
	int status = verb->run(argc, argv, &e);

	appliance_stop();
	if (e.code)
		print_error(verb->name, &e);
	return finish(status);
}

static const char *program_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
	const struct verb *verb;

	signal(SIGPIPE, SIG_IGN);
	/* A limit on the size of files is an error like a full disk: what is half made is removed. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc && str_eq(program_name(argv[0]), "kvm-ok"))
		return run_verb(&verb_probe, argc, argv);
	if (argc < 2) {
		print_help();
		return STATUS_USAGE;
	}
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h") || str_eq(argv[1], "help")) {
		print_help();
		return finish(STATUS_OK);
	}
	if (str_eq(argv[1], "--version")) {
		version_print();
		return finish(STATUS_OK);
	}
	verb = find_verb(argv[1]);
	if (!verb)
		return no_such_verb(argv[1]);
	return run_verb(verb, argc - 1, argv + 1);
}
