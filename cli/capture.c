/* vmint capture: asks everything probe asks and writes down the answers. */
#include "cli/verb.h"

#include "base/opts.h"
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/cpu_dump.h"
#include "probe/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

struct settings {
	const char *output, *root;
	bool raw, no_trial, help;
};

/* Renaming over a device or a FIFO would take it away from everybody else. */
static int check_output(const char *path, struct err *e)
{
	SCOPED(close_at) int fd = sys_open(path, O_PATH, 0);
	struct stat st;

	if (fd < 0)
		return 0; /* not there yet, or the writing will tell */
	if (sys_fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: there, and no regular file (- is standard output)",
			       path);
	return 0;
}

static int write_out(const char *path, const struct strbuf *bytes, struct err *e)
{
	bool to_stdout = str_eq(path, "-");
	/* What it tells is the owner's: not even the scrubbed one is for others to read. */
	int r = to_stdout ? sys_write(STDOUT_FILENO, bytes->text, bytes->len)
			  : sys_write_whole(path, bytes->text, bytes->len, 0600);

	return r < 0 ? err_sys(e, r, "%s", to_stdout ? "standard output" : path) : 0;
}

static int capture(struct tree *t, const struct settings *s, struct err *e)
{
	const struct probe_options opt = {.trial = !s->no_trial, .versions = true};
	SCOPED(free_at) struct host *h = xcalloc(1, sizeof *h);
	struct strbuf bytes = {0};
	int r;

	tree_record(t);
	host_gather(h, t, &opt);
	r = tree_save(t, &bytes, s->raw, e);
	if (r == 0)
		r = write_out(s->output, &bytes, e);
	strbuf_fini(&bytes);
	return r < 0 ? STATUS_TROUBLE : STATUS_OK;
}

static int check_settings(const struct settings *s, struct err *e)
{
	if (!s->output)
		return err_set(e, EINVAL,
			       "-o FILE says where the capture goes (- is standard output)");
	if (str_eq(s->output, "-") && isatty(STDOUT_FILENO))
		return err_set(e, EINVAL,
			       "a capture is no text for a terminal; give -o FILE or a pipe");
	return 0;
}

static int run(int argc, char **argv, struct err *e)
{
	struct settings s = {0};
	const struct opt opts[] = {
		{'o', "output", OPT_TEXT, &s.output, "FILE",
		 "where the capture goes; - is standard output"},
		{0, "raw", OPT_FLAG, &s.raw, NULL, "keep serial numbers, addresses and names"},
		{0, "no-trial", OPT_FLAG, &s.no_trial, NULL, "do not run the trial guest"},
		{0, "root", OPT_TEXT, &s.root, "PATH",
		 "capture this captured host again, not this one"},
		{'h', "help", OPT_FLAG, &s.help, NULL, "this text"},
	};
	struct tree *t = NULL;
	int status;
	size_t rest;

	if (opts_parse(opts, ARRAY_SIZE(opts), argc, argv, &rest, e) < 0)
		return STATUS_USAGE;
	if (s.help) {
		printf("usage: vmint capture -o FILE [OPTION]...\n\n"
		       "Records everything `vmint probe` asks this host, for `vmint probe --root "
		       "FILE` anywhere.\n"
		       "Serial numbers, hardware addresses, UUIDs and names are replaced unless "
		       "--raw is given.\n\n");
		opts_print(opts, ARRAY_SIZE(opts));
		printf("\nExit status: 0 written, 2 usage error, 3 could not be written.\n");
		return STATUS_OK;
	}
	if (rest) {
		err_set(e, EINVAL, "'%s' is not expected here; see `vmint capture --help`",
			argv[0]);
		return STATUS_USAGE;
	}
	if (check_settings(&s, e) < 0)
		return STATUS_USAGE;
	if (!str_eq(s.output, "-") && check_output(s.output, e) < 0)
		return STATUS_TROUBLE;
	if (s.root && cpu_tree_open(&t, s.root, e) < 0)
		return STATUS_TROUBLE;
	if (!t)
		t = tree_live();
	status = capture(t, &s, e);
	tree_close(t);
	return status;
}

const struct verb verb_capture = {
	.name = "capture",
	.summary = "record this host, so that probe can be asked about it anywhere",
	.run = run,
};
