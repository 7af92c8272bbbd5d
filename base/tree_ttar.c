/* ttar, the text archive of node_exporter's and procfs' test data: headers "Path:", "Lines:", "Directory:",
 * "SymlinkTo:", "Mode:", and the lines of each file as they are. */
#include "base/tree_archive.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

struct ttar {
	struct memory *m;
	const char *at, *end;
	char path[PATH_MAX]; /* of the file the next headers speak about */
};

/* The next line without its newline. */
static bool next_line(struct ttar *t, const char **line, size_t *n)
{
	const char *nl;

	if (t->at >= t->end)
		return false;
	nl = memchr(t->at, '\n', (size_t)(t->end - t->at));
	*line = t->at;
	*n = (size_t)((nl ? nl : t->end) - t->at);
	t->at = nl ? nl + 1 : t->end;
	return true;
}

/* "Key: value": the value into out, NUL-terminated. */
static bool header(const char *line, size_t n, const char *key, char out[PATH_MAX])
{
	size_t k = strlen(key);

	if (n < k || n - k >= PATH_MAX || memcmp(line, key, k) != 0)
		return false;
	memcpy(out, line + k, n - k);
	out[n - k] = '\0';
	return strlen(out) == n - k;
}

/* The words for what text cannot hold; a backslash in front makes them ordinary words again. */
static void add_line(struct strbuf *out, const char *line, size_t n, bool last)
{
	static const char zero[] = "NULLBYTE", no_newline[] = "EOF";
	size_t z = sizeof zero - 1;

	for (size_t i = 0; i < n; i++) {
		if (last && n - i == 3 && !memcmp(line + i, no_newline, 3))
			return;
		if (n - i >= z && !memcmp(line + i, zero, z)) {
			strbuf_addc(out, '\0');
			i += z - 1;
		} else if (line[i] == '\\' && n - i > z && !memcmp(line + i + 1, zero, z)) {
			strbuf_addn(out, zero, z);
			i += z;
		} else if (line[i] == '\\' && last && n - i == 4 &&
			   !memcmp(line + i + 1, no_newline, 3)) {
			strbuf_addn(out, no_newline, 3);
			i += 3;
		} else {
			strbuf_addc(out, line[i]);
		}
	}
	strbuf_addc(out, '\n');
}

static int add_lines(struct ttar *t, const char *count, struct err *e)
{
	struct tree_stat st = {.mode = S_IFREG | 0644};
	struct strbuf text = {0};
	const char *line;
	uint64_t lines;
	size_t n;
	int r = 0;

	if (!num_parse(count, 10, &lines))
		return err_set(e, EINVAL, "%s: 'Lines: %s' is no number", t->path, count);
	while (lines-- && r == 0) {
		if (!next_line(t, &line, &n))
			r = err_set(e, EINVAL, "the capture is cut short");
		else
			add_line(&text, line, n, lines == 0);
	}
	st.size = text.len;
	if (r == 0)
		r = memory_add(t->m, t->path, &st, text.text, text.len);
	strbuf_fini(&text);
	return r;
}

static int add_link(struct ttar *t, const char *target)
{
	struct tree_stat st = {.mode = S_IFLNK | 0777, .size = strlen(target)};

	return memory_add(t->m, t->path, &st, target, strlen(target));
}

static int add_folder(struct ttar *t)
{
	struct tree_stat st = {.mode = S_IFDIR | 0755};

	return memory_add(t->m, t->path, &st, NULL, 0);
}

static int read_line(struct ttar *t, const char *line, size_t n, struct err *e)
{
	char value[PATH_MAX];

	if (!n || *line == '#' || header(line, n, "Path: ", t->path) ||
	    header(line, n, "Mode: ", value))
		return 0;
	if (header(line, n, "Directory: ", t->path))
		return add_folder(t);
	if (header(line, n, "SymlinkTo: ", value))
		return add_link(t, value);
	if (header(line, n, "Lines: ", value))
		return add_lines(t, value, e);
	return err_set(e, EINVAL, "a line after '%.60s' is no ttar", t->path);
}

bool ttar_is(const char *text, size_t len)
{
	static const char *const starts[] = {"# Archive created by ttar", "Path: ", "Directory: "};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (len >= strlen(starts[i]) && !memcmp(text, starts[i], strlen(starts[i])))
			return true;
	return false;
}

int ttar_read(struct memory *m, const char *text, size_t len, struct err *e)
{
	struct ttar t = {.m = m, .at = text, .end = text + len};
	const char *line;
	size_t n;

	while (next_line(&t, &line, &n)) {
		int r = read_line(&t, line, n, e);

		if (r == -E2BIG)
			return err_set(e, EINVAL, "holds more than %d files", MEMORY_NODES_MAX);
		if (r == -EINVAL)
			return r;
		/* Other trouble is a name that cannot be: left out. */
	}
	return 0;
}
