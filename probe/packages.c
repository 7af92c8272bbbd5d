/* dpkg's and apk's databases are text, pacman's is a folder of folders. */
#include "probe/packages.h"

#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <string.h>

#define DPKG "/var/lib/dpkg/status"
#define APK "/lib/apk/db/installed"
#define PACMAN "/var/lib/pacman/local"

enum { DATABASE_MAX = 64 << 20 }; /* a desktop with 4,000 packages has 6 MB */

static const char *among(const char *const *names, size_t n, const char *text, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
			return names[i];
	return NULL;
}

static size_t line_length(const char *s)
{
	return strcspn(s, "\r\n");
}

/* The value of a field inside one paragraph; NULL when it has none. */
static const char *field(const char *paragraph, const char *key, size_t *len)
{
	const char *line = paragraph;
	size_t n = strlen(key);

	while (*line && *line != '\n') {
		if (strncmp(line, key, n) == 0) {
			*len = line_length(line + n);
			return line + n;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return NULL;
}

static void add_row(struct strbuf *out, const char *name, const char *version, size_t len)
{
	strbuf_printf(out, "%s ", name);
	strbuf_addn(out, version, len < 80 ? len : 80);
	strbuf_addc(out, '\n');
}

void packages_from_dpkg(const char *text, const char *const *names, size_t n, struct strbuf *out)
{
	static const char key[] = "Package: ";
	const char *at = text;

	/* Paragraphs begin with Package; strstr to the next one is what makes megabytes cheap. */
	while (at && strncmp(at, key, sizeof key - 1) == 0) {
		const char *name = at + sizeof key - 1, *status, *version;
		const char *wanted = among(names, n, name, line_length(name));
		size_t slen, vlen;

		if (wanted) {
			status = field(at, "Status: ", &slen);
			version = field(at, "Version: ", &vlen);
			if (status && version && slen >= 9 &&
			    memcmp(status + slen - 9, "installed", 9) == 0 &&
			    strncmp(status + slen - 10, " ", 1) == 0)
				add_row(out, wanted, version, vlen);
		}
		at = strstr(name, "\n\nPackage: ");
		at = at ? at + 2 : NULL;
	}
}

void packages_from_apk(const char *text, const char *const *names, size_t n, struct strbuf *out)
{
	const char *line, *wanted = NULL;
	size_t len;

	while (str_line(&text, &line, &len)) {
		if (len > 2 && strncmp(line, "P:", 2) == 0)
			wanted = among(names, n, line + 2, len - 2);
		else if (wanted && len > 2 && strncmp(line, "V:", 2) == 0)
			add_row(out, wanted, line + 2, len - 2);
		else if (len == 0)
			wanted = NULL;
	}
}

/* Where the version begins: before the last dash but one. */
static size_t pacman_name_length(const char *dir)
{
	const char *end = strrchr(dir, '-');

	while (end && end > dir && *--end != '-')
		;
	return end ? (size_t)(end - dir) : 0;
}

void packages_from_pacman(const struct tree_names *dirs, const char *const *names, size_t n,
			  struct strbuf *out)
{
	for (size_t i = 0; i < dirs->count; i++) {
		const char *dir = dirs->names[i];
		size_t len = pacman_name_length(dir);
		const char *wanted = len ? among(names, n, dir, len) : NULL;

		if (wanted)
			add_row(out, wanted, dir + len + 1, strlen(dir + len + 1));
	}
}

/* ---- which database ---- */

static const struct {
	const char *path;
	void (*parse)(const char *text, const char *const *names, size_t n, struct strbuf *out);
} databases[] = {
	{DPKG, packages_from_dpkg},
	{APK, packages_from_apk},
};

struct question {
	struct tree *t;
	const char *const *names;
	size_t n;
};

/* Live, past the tree: the answer is recorded, not megabytes of what else is installed. */
static int ask_live(void *arg, struct strbuf *out)
{
	const struct question *q = arg;

	for (size_t i = 0; i < ARRAY_SIZE(databases); i++) {
		struct strbuf text = {0};
		int r = sys_read_file(databases[i].path, &text, DATABASE_MAX);

		if (r == 0)
			databases[i].parse(strbuf_str(&text), q->names, q->n, out);
		strbuf_fini(&text);
		if (r == 0)
			return 0;
	}
	return -ENODATA;
}

static int read_folder(const struct question *q, struct strbuf *out)
{
	const char *text;

	for (size_t i = 0; i < ARRAY_SIZE(databases); i++)
		if (tree_read(q->t, databases[i].path, DATABASE_MAX, &text, NULL) == 0) {
			databases[i].parse(text, q->names, q->n, out);
			return 0;
		}
	return -ENODATA;
}

int packages_versions(struct tree *t, const char *const *names, size_t n, const char **text)
{
	struct question q = {.t = t, .names = names, .n = n};
	SCOPED(strbuf_fini) struct strbuf out = {0};
	struct tree_names dirs;
	int r = tree_answer(t, "packages/versions", ask_live, &q, text);

	if (r >= 0)
		return 0;
	if (!tree_has_answers(t) && read_folder(&q, &out) == 0)
		r = 0;
	else if (tree_list(t, PACMAN, &dirs) == 0) {
		packages_from_pacman(&dirs, names, n, &out);
		r = 0;
	}
	if (r == 0)
		*text = arena_dup(tree_arena(t), strbuf_str(&out));
	return r;
}

const char *packages_find(struct arena *a, const char *text, const char *name)
{
	size_t n = strlen(name), len;
	const char *line;

	while (str_line(&text, &line, &len))
		if (len > n + 1 && line[n] == ' ' && strncmp(line, name, n) == 0)
			return arena_dupn(a, line + n + 1, len - n - 1);
	return NULL;
}
