/* /proc/self/mountinfo: "36 35 98:0 /root /where rw,noatime shared:1 - ext3 /dev/x rw". */
#include "probe/mountinfo.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* "\040" and its like back to the byte, in place. */
static char *unescape(char *s)
{
	char *to = s;

	for (const char *from = s; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' &&
		    from[2] <= '7' && from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
	return s;
}

static bool parse_line(struct mount_line *m, struct arena *a, const char *line)
{
	enum { BEFORE = 6 };
	const char *words[BEFORE], *after[3], *word;
	size_t n, i;

	for (i = 0; i < BEFORE && str_word(&line, &word, &n); i++)
		words[i] = arena_dupn(a, word, n);
	if (i < BEFORE)
		return false;
	/* Any number of optional fields, then a lone dash. */
	do {
		if (!str_word(&line, &word, &n))
			return false;
	} while (n != 1 || *word != '-');
	for (i = 0; i < 3; i++)
		after[i] = str_word(&line, &word, &n) ? arena_dupn(a, word, n) : "";
	*m = (struct mount_line){
		.root = unescape((char *)words[3]),
		.where = unescape((char *)words[4]),
		.options = words[5],
		.type = after[0],
		.source = after[1],
		.super_options = after[2],
	};
	return sscanf(words[2], "%u:%u", &m->major, &m->minor) == 2 && m->where[0] == '/' &&
	       *m->type;
}

void mountinfo_parse(struct mount_list *out, struct arena *a, const char *text)
{
	const char *line;
	size_t n, room = 0;

	*out = (struct mount_list){0};
	while (out->count < MOUNTS_MAX && str_line(&text, &line, &n)) {
		ARENA_GROW(a, out->lines, out->count, room);
		if (parse_line(&out->lines[out->count], a, arena_dupn(a, line, n)))
			out->count++;
	}
}

int mountinfo_read(struct mount_list *out, struct tree *t)
{
	const char *text;
	int r = tree_read(t, "/proc/self/mountinfo", TREE_TEXT_MAX, &text, NULL);

	if (r < 0)
		return r;
	mountinfo_parse(out, tree_arena(t), text);
	return 0;
}

static bool covers(const char *where, const char *path, size_t *len)
{
	*len = strlen(where);
	if (*len == 1)
		return *path == '/';
	return strncmp(where, path, *len) == 0 && (path[*len] == '/' || path[*len] == 0);
}

const struct mount_line *mountinfo_of(const struct mount_list *m, const char *path)
{
	const struct mount_line *best = NULL;
	size_t longest = 0, n;

	for (size_t i = 0; i < m->count; i++)
		if (covers(m->lines[i].where, path, &n) && n >= longest) {
			best = &m->lines[i];
			longest = n;
		}
	return best;
}

bool mount_option(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = options; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strncmp(p, name, n) == 0 && (p[n] == ',' || p[n] == 0))
			return true;
	return false;
}
