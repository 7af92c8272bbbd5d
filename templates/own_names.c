/* Making names harmless and unique. */
#include "templates/own_names.h"

#include "base/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_taken(const struct own_names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (!strcasecmp(n->taken[i], name))
			return true;
	return false;
}

static void make_harmless(char *name)
{
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-+", *p))
			*p = '_';
}

const char *own_name(struct own_names *n, const char *from, const char *suffix)
{
	const char *slash = strrchr(from, '/'), *last = slash ? slash + 1 : from;
	const char *dot = strrchr(last, '.');
	size_t stem = dot && dot != last ? (size_t)(dot - last) : strlen(last);
	char *base = arena_printf(n->a, "%.*s", stem > 64 ? 64 : (int)stem, last);
	char *ending = arena_printf(n->a, "%.20s", suffix ? suffix : last + stem);
	const char *name;

	make_harmless(base);
	make_harmless(ending);
	if (*base == '.' || *base == '-' || !*base)
		base = arena_printf(n->a, "file%s", base);
	name = arena_printf(n->a, "%s%s", base, ending);
	for (unsigned i = 2; is_taken(n, name); i++)
		name = arena_printf(n->a, "%s-%u%s", base, i, ending);
	ARENA_GROW(n->a, n->taken, n->count, n->room);
	n->taken[n->count++] = name;
	return name;
}
