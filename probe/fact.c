/* Making facts, from values and from files. */
#include "probe/fact.h"

#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fact fact_yes(const char *source)
{
	return (struct fact){.is = YES, .source = source};
}

struct fact fact_no(const char *source)
{
	return (struct fact){.is = NO, .source = source};
}

struct fact fact_bool(const char *source, bool yes)
{
	return (struct fact){.is = yes ? YES : NO, .source = source};
}

struct fact fact_num(const char *source, int64_t num)
{
	return (struct fact){.is = YES, .source = source, .num = num, .has_num = true};
}

struct fact fact_text(const char *source, const char *text)
{
	return (struct fact){.is = YES, .source = source, .text = text};
}

struct fact fact_unknown(const char *source, int err)
{
	return (struct fact){.is = UNKNOWN, .source = source, .err = abs(err)};
}

struct fact fact_because(const char *source, bool yes, const char *text)
{
	return (struct fact){.is = yes ? YES : NO, .source = source, .text = text};
}

static const char *keep(struct tree *t, const char *path)
{
	return arena_dup(tree_arena(t), path);
}

struct fact fact_exists(struct tree *t, const char *path)
{
	struct tree_stat st;
	int r = tree_stat(t, path, &st);

	if (r == -ENOENT || r == -ENOTDIR)
		return fact_no(keep(t, path));
	if (r < 0)
		return fact_unknown(keep(t, path), r);
	return fact_yes(keep(t, path));
}

struct fact fact_from_line(struct tree *t, const char *path)
{
	const char *text;
	int r = tree_line(t, path, &text);

	if (r < 0)
		return fact_unknown(keep(t, path), r);
	return fact_text(keep(t, path), text);
}

struct fact fact_from_num(struct tree *t, const char *path)
{
	struct fact f = fact_from_line(t, path);

	if (f.is != YES)
		return f;
	if (!num_parse_signed(f.text, 0, &f.num))
		return fact_unknown(f.source, EINVAL);
	f.has_num = true;
	return f;
}

struct fact fact_from_flag(struct tree *t, const char *path)
{
	struct fact f = fact_from_line(t, path);
	int64_t n;

	if (f.is != YES)
		return f;
	if (str_eq(f.text, "Y") || str_eq(f.text, "y"))
		return f;
	if (str_eq(f.text, "N") || str_eq(f.text, "n"))
		f.is = NO;
	else if (num_parse_signed(f.text, 0, &n))
		f.is = n > 0 ? YES : NO;
	else
		return fact_unknown(f.source, EINVAL);
	return f;
}

const char *fact_str(struct fact f, const char *fallback)
{
	return f.is == YES && f.text ? f.text : fallback;
}
