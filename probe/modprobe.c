/* modprobe.d: the folders, the lines, the continuations. */
#include "probe/modprobe.h"

#include "base/scope.h"
#include "base/str.h"

#include <string.h>

enum { FILE_MAX = 1 << 20, FILES_MAX = 512 };

bool modprobe_same_name(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] && !((a[i] == '-' || a[i] == '_') && (b[i] == '-' || b[i] == '_')))
			return false;
	return true;
}

static bool word_is(const char *word, size_t n, const char *want)
{
	return n == strlen(want) && modprobe_same_name(word, want, n);
}

/* Ends where a line without a backslash at its end does. */
static const char *logical_end(const char *p, unsigned *lines)
{
	const char *end = strchrnul(p, '\n');

	while (*end && end > p && end[-1] == '\\') {
		++*lines;
		end = strchrnul(end + 1, '\n');
	}
	return end;
}

bool modprobe_find_in(struct arena *a, const char *text, const char *verb, const char *module,
		      struct modprobe_line *out)
{
	unsigned line = 1;

	while (*text) {
		unsigned lines = 1;
		const char *end = logical_end(text, &lines), *at = text, *word;
		size_t n;

		if (str_word(&at, &word, &n) && word < end && word_is(word, n, verb) &&
		    str_word(&at, &word, &n) && word < end && word_is(word, n, module)) {
			out->line = line;
			out->rest = str_trim(arena_dupn(a, at, at < end ? (size_t)(end - at) : 0));
			return true;
		}
		line += lines;
		text = *end ? end + 1 : end;
	}
	return false;
}

bool modprobe_find(struct tree *t, const char *verb, const char *module, struct modprobe_line *out)
{
	static const char *const folders[] = {"/etc/modprobe.d", "/run/modprobe.d",
					      "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d",
					      "/lib/modprobe.d"};
	struct tree_names names[ARRAY_SIZE(folders)] = {0};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		tree_list(t, folders[i], &names[i]);
		for (size_t j = 0; j < names[i].count && j < FILES_MAX; j++) {
			const char *name = names[i].names[j], *path, *text;
			bool hidden = false;

			for (size_t k = 0; k < i && !hidden; k++)
				for (size_t l = 0; l < names[k].count && !hidden; l++)
					hidden = str_eq(names[k].names[l], name);
			if (hidden || !str_ends(name, ".conf"))
				continue;
			path = arena_printf(tree_arena(t), "%s/%s", folders[i], name);
			if (tree_read(t, path, FILE_MAX, &text, NULL) == 0 &&
			    modprobe_find_in(tree_arena(t), text, verb, module, out)) {
				out->path = path;
				return true;
			}
		}
	}
	return false;
}
