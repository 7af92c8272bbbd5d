/* Variables in texts. */
#include "cloud-init/substitute.h"

#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 1024, VARIABLE_MAX = 128 };

void seed_variable_set(struct arena *a, struct seed_variables *v, const char *name,
		       const char *value)
{
	for (size_t i = 0; i < v->count; i++) {
		if (str_eq(v->items[i].name, name)) {
			v->items[i].value = value;
			return;
		}
	}
	ARENA_GROW(a, v->items, v->count, v->room);
	v->items[v->count++] = (struct seed_variable){name, value};
}

static const char *value_of(const struct seed_variables *v, const char *name, size_t len)
{
	for (size_t i = 0; i < v->count; i++)
		if (strlen(v->items[i].name) == len && !memcmp(v->items[i].name, name, len))
			return v->items[i].value;
	return NULL;
}

static int unknown(const struct seed_variables *v, const char *name, size_t len, struct err *e)
{
	const char *names[NAMES_MAX], *near;
	char word[VARIABLE_MAX + 1];
	size_t n = 0;

	snprintf(word, sizeof word, "%.*s", (int)len, name);
	for (; n < v->count && n < NAMES_MAX; n++)
		names[n] = v->items[n].name;
	near = str_nearest(word, names, n);
	return err_set(e, EINVAL, "there is no ${%s}%s%s%s ($$ stands for a dollar)", word,
		       near ? "; did you mean ${" : "", near ? near : "", near ? "}?" : "");
}

/* At a '$' that is followed by something: appends what it stands for, returns how much of the text it takes. */
static int expand(const struct seed_variables *v, const char *p, size_t n, struct strbuf *out,
		  struct err *e)
{
	const char *close, *value;

	if (p[1] == '$') {
		strbuf_addc(out, '$');
		return 2;
	}
	if (p[1] != '{') {
		strbuf_addc(out, '$');
		return 1;
	}
	close = memchr(p, '}', n < VARIABLE_MAX ? n : VARIABLE_MAX);
	if (!close)
		return err_set(e, EINVAL, "${ without its } ($$ stands for a dollar)");
	value = value_of(v, p + 2, (size_t)(close - p - 2));
	if (!value)
		return unknown(v, p + 2, (size_t)(close - p - 2), e);
	strbuf_add(out, value);
	return (int)(close - p) + 1;
}

int seed_substitute(struct arena *a, const struct seed_variables *v, struct seed_text t,
		    struct seed_text *out, struct err *e)
{
	struct strbuf b = {0};
	int r = 0;

	for (size_t i = 0; i < t.size && r >= 0; i += (size_t)r) {
		const char *p = t.bytes + i, *next = memchr(p, '$', t.size - i);
		size_t plain = next ? (size_t)(next - p) : t.size - i;

		r = (int)plain;
		if (plain)
			strbuf_addn(&b, p, plain);
		else if (i + 1 == t.size)
			r = expand(v, "$.", 2, &b, e);
		else
			r = expand(v, p, t.size - i, &b, e);
		if (r >= 0 && b.len > SEED_FILE_MAX)
			r = err_set(e, EFBIG, "larger than %d MiB with its values put in",
				    SEED_FILE_MAX >> 20);
	}
	if (r >= 0)
		*out = (struct seed_text){arena_dupn(a, strbuf_str(&b), b.len), b.len, t.name};
	strbuf_fini(&b);
	return r < 0 ? r : 0;
}

int seed_substitute_str(struct arena *a, const struct seed_variables *v, const char **text,
			struct err *e)
{
	struct seed_text t = {.bytes = *text, .size = *text ? strlen(*text) : 0};
	int r = 0;

	if (*text && strchr(*text, '$'))
		r = seed_substitute(a, v, t, &t, e);
	if (r == 0)
		*text = t.bytes;
	return r;
}
