/* Filesystem checkers of the host, on copies without a name: nothing of the clone is open to them. */
#include "provision/verify_parts.h"

#include "provision/base_store.h"
#include "provision/guest_parts.h"

#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

enum { OUTPUT_MAX = 1 << 20, IMAGE_FD = 9 };

static const struct checker {
	const char *type; /* of the volume; "gpt": of a disk's table */
	const char *tool, *package;
	const char *args[3];
	const char *good; /* what it says when all is well; NULL: its exit status says it */
} checkers[] = {
	{"ext2", "e2fsck", "e2fsprogs", {"-fn"}, NULL},
	{"ext3", "e2fsck", "e2fsprogs", {"-fn"}, NULL},
	{"ext4", "e2fsck", "e2fsprogs", {"-fn"}, NULL},
	{"vfat", "fsck.fat", "dosfstools", {"-n"}, NULL},
	{"xfs", "xfs_repair", "xfsprogs", {"-n", "-f"}, NULL},
	{"btrfs", "btrfs", "btrfs-progs", {"check", "--readonly"}, NULL},
	{"gpt", "sgdisk", "gdisk", {"-v"}, "No problems found"},
};

static const struct checker *checker_of(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(checkers); i++)
		if (str_eq(checkers[i].type, type))
			return &checkers[i];
	return NULL;
}

/* ---- the copy ---- */

static int unnamed_file(void)
{
	const char *dir = getenv("TMPDIR");

	return sys_open(dir && *dir ? dir : "/tmp", O_RDWR | O_TMPFILE, 0600);
}

/* ---- the tool ---- */

static int run_tool(const struct checker *k, const char *tool, int image, int output, int *status)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C",
		    target[] = "/proc/self/fd/9";
	char *env[] = {path, locale, NULL}, *argv[6] = {(char *)k->tool};
	posix_spawn_file_actions_t act;
	size_t n = 1;
	pid_t pid;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(k->args) && k->args[i]; i++)
		argv[n++] = (char *)k->args[i];
	argv[n] = target;
	posix_spawn_file_actions_init(&act);
	posix_spawn_file_actions_addopen(&act, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&act, output, 1);
	posix_spawn_file_actions_adddup2(&act, output, 2);
	posix_spawn_file_actions_adddup2(&act, image, IMAGE_FD);
	r = -posix_spawn(&pid, tool, &act, NULL, argv, env);
	posix_spawn_file_actions_destroy(&act);
	while (r == 0 && waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			r = -errno;
	return r;
}

/* The last thing it said, in one line. */
static const char *last_words(struct arena *a, const char *text)
{
	const char *line, *last = "";
	size_t n, len = 0;

	while (str_line(&text, &line, &n))
		if (n > 3) {
			last = line;
			len = n;
		}
	return arena_dupn(a, last, len < 200 ? len : 200);
}

/* 1: all is well, 0: not, with what it said; -errno: it could not be run. */
static int check(const struct checker *k, const char *tool, struct disk *d, struct arena *a,
		 const char **said, struct err *e)
{
	SCOPED(close_at) int image = unnamed_file();
	SCOPED(close_at) int output = unnamed_file();
	struct strbuf text = {0};
	int status = 0, r = image < 0 ? image : output < 0 ? output : base_write_raw(image, d, e);

	/* out of the way of the number the child knows it by */
	if (r == 0 && image == IMAGE_FD)
		r = image = sys_dup(image);
	if (r >= 0)
		r = run_tool(k, tool, image, output, &status);
	for (ssize_t got = 1; r == 0 && got > 0 && text.len < OUTPUT_MAX;) {
		char part[4096];

		got = sys_pread(output, part, sizeof part, text.len);
		if (got > 0)
			strbuf_addn(&text, part, (size_t)got);
	}
	if (r == 0) {
		r = k->good ? strstr(strbuf_str(&text), k->good) != NULL
			    : WIFEXITED(status) && WEXITSTATUS(status) == 0;
		*said = last_words(a, strbuf_str(&text));
	}
	strbuf_fini(&text);
	return r;
}

/* ---- one machine ---- */

struct checking {
	struct verify_clone *c;
	struct strbuf missing;
	size_t done;
};

static void check_one(struct checking *w, const char *type, const char *name, struct disk *d,
		      struct disk *was)
{
	const struct checker *k = checker_of(type);
	const char *said = "", *before = "";
	struct err e = {0};
	char tool[256];
	int r;

	if (!k)
		return;
	if (tool_find(k->tool, tool, sizeof tool) < 0) {
		if (!strstr(strbuf_str(&w->missing), k->package))
			strbuf_printf(&w->missing, "%s%s", w->missing.len ? ", " : "", k->package);
		return;
	}
	r = check(k, tool, d, &w->c->mem, &said, &e);
	/* what the template has already is not the clone's */
	if (r == 0 && (!was || check(k, tool, was, &w->c->mem, &before, NULL) != 0))
		verify_wrong(w->c->subject, VERIFY_CHECKERS, "%s: %s: %s", name, k->tool, said);
	else if (r < 0)
		verify_wrong(w->c->subject, VERIFY_CHECKERS, "%s: %s could not be run: %s", name,
			     k->tool, e.code ? e.text : err_word(r));
	w->done++;
}

void verify_checkers(struct verify_clone *c)
{
	struct checking w = {.c = c};
	const struct storage *own = c->guest ? &c->guest->storage : NULL;
	const struct storage *was = c->base && c->base->guest ? &c->base->guest->storage : NULL;

	if (c->v->o->checkers == VERIFY_CHECK_NONE || c->unchecked) {
		verify_skip(c->subject, VERIFY_CHECKERS,
			    c->unchecked ? "run on other machines of this fleet only; --checkers "
					   "all runs them on every one"
					 : "not asked for");
		return;
	}
	for (size_t i = 0; own && i < own->ndisks; i++)
		if (own->disks[i].table == TABLE_GPT)
			check_one(&w, "gpt", arena_printf(&c->mem, "disk %zu", i),
				  own->disks[i].disk,
				  was && i < was->ndisks ? was->disks[i].disk : NULL);
	for (size_t i = 0; own && i < own->nvolumes; i++)
		check_one(&w, own->volumes[i].type, own->volumes[i].device, own->volumes[i].data,
			  was && i < was->nvolumes ? was->volumes[i].data : NULL);
	if (w.done)
		verify_holds(c->subject, VERIFY_CHECKERS,
			     w.missing.len ? "%zu run; not installed: %s" : "%zu run%s", w.done,
			     strbuf_str(&w.missing));
	else
		verify_skip(c->subject, VERIFY_CHECKERS,
			    w.missing.len ? "not installed: %s" : "nothing to check%s",
			    strbuf_str(&w.missing));
	strbuf_fini(&w.missing);
}
