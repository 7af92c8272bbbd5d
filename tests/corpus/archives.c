/* Every recorded host that lies in an archive: it opens, holds something, and is refused when cut short.
 * usage: archives DATA-FOLDER; prints "not ok: ..." lines and "archives: N passed, N failed". */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/tree_archive.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

enum { ARCHIVE_MAX = 64 << 20 };

static const char *const patterns[] = {
	"host/lscpu/*.tar.gz", "host/hwloc-linux/*.tar.bz2",     "host/hwloc-x86/*.tar.bz2",
	"host/sysfs/*.xz",     "host/hwloc-x86+linux/*.tar.bz2",
};

struct score {
	unsigned passed, failed;
};

static void fail(struct score *s, const char *path, const char *why)
{
	s->failed++;
	printf("not ok: %s: %s\n", path, why);
}

static void test_whole(struct score *s, const char *path)
{
	struct tree_names names;
	struct tree *t = NULL;
	struct err e = {0};

	if (tree_open(&t, path, &e) < 0)
		fail(s, path, e.text);
	else if (tree_list(t, "/", &names) < 0 || !names.count)
		fail(s, path, "its root is empty");
	else
		s->passed++;
	tree_close(t);
}

static void test_cut(struct score *s, const char *path, const struct strbuf *bytes, size_t n)
{
	struct tree *t = NULL;
	struct err e = {0};
	char why[64];

	snprintf(why, sizeof why, "%zu of %zu bytes were taken for the whole", n, bytes->len);
	if (tree_archive_parse(&t, path, bytes->text, n, &e) == 0)
		fail(s, path, why);
	else if (!str_ends(e.text, "the capture is cut short"))
		fail(s, path, e.text);
	else
		s->passed++;
	tree_close(t);
}

static void test_file(struct score *s, const char *path)
{
	struct strbuf bytes = {0};

	test_whole(s, path);
	if (sys_read_file(path, &bytes, ARCHIVE_MAX) < 0 || bytes.len < 64)
		fail(s, path, "cannot be read");
	else
		for (size_t part = 1; part < 4; part++)
			test_cut(s, path, &bytes, bytes.len * part / 4);
	strbuf_fini(&bytes);
}

int main(int argc, char **argv)
{
	struct score s = {0};
	char pattern[4096];
	glob_t found;

	if (argc != 2)
		return 2;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		snprintf(pattern, sizeof pattern, "%s/%s", argv[1], patterns[i]);
		if (glob(pattern, 0, NULL, &found) != 0)
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++)
			test_file(&s, found.gl_pathv[j]);
		globfree(&found);
	}
	printf("archives: %u passed, %u failed\n", s.passed, s.failed);
	return s.failed > 0;
}
