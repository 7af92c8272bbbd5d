/* uname(2) through a tree, and where else the same words stand when nobody can ask. */
#include "probe/uname.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

static int ask_uname(void *arg, struct strbuf *out)
{
	struct utsname u;

	(void)arg;
	if (uname(&u) < 0)
		return -errno;
	strbuf_printf(out, "%s\n%s\n%s\n%s\n%s\n", u.sysname, u.nodename, u.release, u.version,
		      u.machine);
	return 0;
}

static void from_answer(struct tree *t, const char *text, struct uname_words *out)
{
	const char **fields[] = {&out->sysname, &out->nodename, &out->release, &out->version,
				 &out->machine};
	const char *line;
	size_t n;

	out->source = "uname(2)";
	for (size_t i = 0; i < 5 && str_line(&text, &line, &n); i++)
		if (n)
			*fields[i] = arena_dupn(tree_arena(t), line, n);
}

/* "Linux version 5.10.0 (builder) #1 SMP ...": the third word, and what follows the '#'. */
static void from_proc_version(struct tree *t, struct uname_words *out)
{
	const char *text, *at, *word = "", *hash;
	size_t n = 0;

	if (tree_line(t, "/proc/version", &text) < 0)
		return;
	at = text;
	for (int i = 0; i < 3; i++)
		if (!str_word(&at, &word, &n))
			return;
	hash = strchr(at, '#');
	out->release = arena_dupn(tree_arena(t), word, n);
	if (hash && !out->version)
		out->version = hash;
	out->source = "/proc/version";
}

static void from_files(struct tree *t, struct uname_words *out)
{
	static const char *const paths[] = {"/proc/sys/kernel/ostype", "/proc/sys/kernel/hostname",
					    "/proc/sys/kernel/osrelease",
					    "/proc/sys/kernel/version", "/proc/sys/kernel/arch"};
	const char **fields[] = {&out->sysname, &out->nodename, &out->release, &out->version,
				 &out->machine};

	for (size_t i = 0; i < 5; i++)
		tree_line(t, paths[i], fields[i]);
	out->source = paths[2];
	if (!out->release)
		from_proc_version(t, out);
}

int uname_read(struct tree *t, struct uname_words *out)
{
	const char *text;

	memset(out, 0, sizeof *out);
	if (tree_answer(t, "uname", ask_uname, NULL, &text) >= 0)
		from_answer(t, text, out);
	else
		from_files(t, out);
	return out->release ? 0 : -ENODATA;
}
