/* udev rules: lines of KEY OP "value" pairs, separated by commas. */
#include "probe/udev_rules.h"

#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

struct pair {
	char key[48], op[3], value[192];
};

static const char *skip_space(const char *p)
{
	while (*p && (isspace((unsigned char)*p) || *p == ','))
		p++;
	return p;
}

/* The next pair at *at; false at the end of the line and at what is no pair. */
static bool next_pair(const char **at, struct pair *out)
{
	const char *p = skip_space(*at), *end;
	size_t n = strcspn(p, "=!+:- \t\""), ops;

	if (!n || n >= sizeof out->key)
		return false;
	memcpy(out->key, p, n);
	out->key[n] = 0;
	p = skip_space(p + n);
	ops = strspn(p, "=!+:-");
	if (!ops || ops >= sizeof out->op)
		return false;
	memcpy(out->op, p, ops);
	out->op[ops] = 0;
	p = skip_space(p + ops);
	end = *p == '"' ? strchr(p + 1, '"') : NULL;
	if (!end || (size_t)(end - p) >= sizeof out->value)
		return false;
	memcpy(out->value, p + 1, (size_t)(end - p - 1));
	out->value[end - p - 1] = 0;
	*at = end + 1;
	return true;
}

/* "a|b*" */
static bool matches(const char *patterns, const char *name)
{
	char one[192];

	for (const char *p = patterns;; p++) {
		size_t n = strcspn(p, "|");

		memcpy(one, p, n);
		one[n] = 0;
		if (fnmatch(one, name, 0) == 0)
			return true;
		p += n;
		if (!*p)
			return false;
	}
}

static bool is_match(const struct pair *p)
{
	return str_eq(p->op, "==") || str_eq(p->op, "!=");
}

/* A condition that cannot be judged from here (ATTR, ENV, TEST, PROGRAM) counts as not met: rules for the nodes
 * asked about carry none, except guards on ACTION. */
static bool holds(const struct pair *p, const char *kernel, const char *subsystem)
{
	bool want = str_eq(p->op, "==");

	if (str_eq(p->key, "KERNEL"))
		return matches(p->value, kernel) == want;
	if (str_eq(p->key, "SUBSYSTEM"))
		return matches(p->value, subsystem) == want;
	if (str_eq(p->key, "ACTION"))
		return matches(p->value, "add") == want;
	return false;
}

static void assign(struct udev_effect *e, struct arena *a, const struct pair *p, const char *file)
{
	uint64_t mode;

	if (str_eq(p->key, "MODE") && num_parse(p->value, 8, &mode) && mode <= 07777) {
		e->mode = (unsigned)mode;
		e->has_mode = true;
	} else if (str_eq(p->key, "GROUP")) {
		e->group = arena_dup(a, p->value);
	} else if (str_eq(p->key, "OWNER")) {
		e->owner = arena_dup(a, p->value);
	} else if (str_eq(p->key, "TAG") && str_eq(p->value, "uaccess")) {
		e->uaccess = !str_eq(p->op, "-=");
		return;
	} else if (str_eq(p->key, "OPTIONS") && str_starts(p->value, "static_node=")) {
		e->static_node = true;
		return;
	} else {
		return;
	}
	e->matched = true;
	e->file = file;
}

static void apply_line(struct udev_effect *e, struct arena *a, const char *line, const char *file,
		       const char *kernel, const char *subsystem)
{
	struct pair p;
	bool named = false;

	/* A rule that names no KERNEL speaks of other things, or of everything. */
	for (const char *at = line; next_pair(&at, &p);)
		if (is_match(&p)) {
			if (!holds(&p, kernel, subsystem))
				return;
			named = named || str_eq(p.key, "KERNEL");
		}
	if (!named)
		return;
	for (const char *at = line; next_pair(&at, &p);)
		if (!is_match(&p))
			assign(e, a, &p, file);
}

void udev_rules_apply(struct udev_effect *e, struct arena *a, const char *text, const char *file,
		      const char *kernel, const char *subsystem)
{
	struct strbuf whole = {0};
	const char *line;
	size_t n;

	while (str_line(&text, &line, &n)) {
		bool more = n && line[n - 1] == '\\';

		if (!whole.len && n && *line == '#')
			continue;
		strbuf_addn(&whole, line, more ? n - 1 : n);
		if (more && whole.len < 65536)
			continue;
		apply_line(e, a, skip_space(strbuf_str(&whole)), file, kernel, subsystem);
		strbuf_fini(&whole);
		whole = (struct strbuf){0};
	}
	if (whole.len)
		apply_line(e, a, skip_space(strbuf_str(&whole)), file, kernel, subsystem);
	strbuf_fini(&whole);
}

/* In the order of preference for files of one name. */
static const char *const folders[] = {
	"/etc/udev/rules.d",     "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
	"/usr/lib/udev/rules.d", "/lib/udev/rules.d",
};

enum { ADMIN_FOLDERS = 2, RULES_MAX = 64, RULES_BYTES = 256 << 10 };

/* A distribution ships some hundred files; those that set these nodes' modes are few and known. All of the
 * administrator's own files are read. */
static bool can_matter(size_t folder, const char *name)
{
	static const char *const words[] = {"kvm",       "virt", "qemu", "vhost", "50-udev-default",
					    "70-uaccess"};

	if (!str_ends(name, ".rules"))
		return false;
	if (folder < ADMIN_FOLDERS)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

struct rules_file {
	const char *name, *path;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rules_file *)a)->name, ((const struct rules_file *)b)->name);
}

static bool has_name(const struct rules_file *files, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(files[i].name, name))
			return true;
	return false;
}

int udev_rules_read(struct udev_effect *e, struct tree *t, const char *kernel,
		    const char *subsystem)
{
	struct rules_file files[RULES_MAX];
	size_t count = 0;

	*e = (struct udev_effect){0};
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct tree_names names;

		if (tree_list(t, folders[i], &names) < 0)
			continue;
		for (size_t k = 0; k < names.count && count < RULES_MAX; k++)
			if (can_matter(i, names.names[k]) &&
			    !has_name(files, count, names.names[k]))
				files[count++] = (struct rules_file){
					names.names[k], arena_printf(tree_arena(t), "%s/%s",
								     folders[i], names.names[k])};
	}
	if (!count)
		return -ENOENT;
	qsort(files, count, sizeof *files, by_name);
	for (size_t i = 0; i < count; i++) {
		const char *text;

		/* A link to /dev/null masks a file: it is not a regular file, and that is all there is to it. */
		if (tree_read(t, files[i].path, RULES_BYTES, &text, NULL) == 0)
			udev_rules_apply(e, tree_arena(t), text, files[i].path, kernel, subsystem);
	}
	return 0;
}
