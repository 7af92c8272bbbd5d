/* getopt_long behind a table. */
#include "base/opts.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static const struct opt *by_letter(const struct opt *opts, size_t n, char letter)
{
	for (size_t i = 0; i < n; i++)
		if (opts[i].letter && opts[i].letter == letter)
			return &opts[i];
	return NULL;
}

static const struct opt *by_name(const struct opt *opts, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (opts[i].name && strlen(opts[i].name) == len &&
		    memcmp(opts[i].name, name, len) == 0)
			return &opts[i];
	return NULL;
}

static int unknown(const struct opt *opts, size_t n, const char *arg, size_t len, struct err *e)
{
	const char *names[64], *near;
	char word[64];
	size_t count = 0;

	for (size_t i = 0; i < n && count < ARRAY_SIZE(names); i++)
		if (opts[i].name && opts[i].help)
			names[count++] = opts[i].name;
	snprintf(word, sizeof word, "%.*s", (int)len, arg);
	near = str_nearest(word, names, count);
	if (near)
		return err_set(e, EINVAL, "there is no option --%s; did you mean --%s?", word,
			       near);
	return err_set(e, EINVAL, "there is no option --%s", word);
}

static int store(const struct opt *o, const char *value, struct err *e)
{
	struct opt_list *list;

	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->target = true;
		return 0;
	case OPT_TEXT:
		*(const char **)o->target = value;
		return 0;
	case OPT_NUMBER:
		if (!num_parse(value, 10, o->target))
			return err_set(e, EINVAL, "--%s %s: not a whole number", o->name, value);
		return 0;
	case OPT_LIST:
		list = o->target;
		if (list->count == ARRAY_SIZE(list->items))
			return err_set(e, EINVAL, "--%s: given more than %zu times", o->name,
				       ARRAY_SIZE(list->items));
		list->items[list->count++] = value;
		return 0;
	}
	return 0;
}

/* Takes the value from "=value" or from the next argument. */
static int store_with_value(const struct opt *o, const char *joined, int argc, char **argv, int *i,
			    struct err *e)
{
	if (o->kind == OPT_FLAG) {
		if (joined)
			return err_set(e, EINVAL, "--%s takes no value", o->name);
		return store(o, NULL, e);
	}
	if (joined)
		return store(o, joined, e);
	if (*i + 1 >= argc)
		return err_set(e, EINVAL, "--%s needs a value (%s)", o->name, o->value);
	return store(o, argv[++*i], e);
}

static int parse_long(const struct opt *opts, size_t n, int argc, char **argv, int *i,
		      struct err *e)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct opt *o = by_name(opts, n, name, len);

	if (!o)
		return unknown(opts, n, name, len, e);
	return store_with_value(o, equals ? equals + 1 : NULL, argc, argv, i, e);
}

static int parse_letters(const struct opt *opts, size_t n, int argc, char **argv, int *i,
			 struct err *e)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct opt *o = by_letter(opts, n, *p);
		int r;

		if (!o)
			return err_set(e, EINVAL, "there is no option -%c", *p);
		if (o->kind != OPT_FLAG)
			return store_with_value(o, p[1] ? p + 1 : NULL, argc, argv, i, e);
		r = store(o, NULL, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int opts_parse(const struct opt *opts, size_t n, int argc, char **argv, size_t *rest, struct err *e)
{
	size_t count = 0;
	int i, r;

	for (i = 1; i < argc; i++) {
		if (str_eq(argv[i], "--")) {
			i++;
			break;
		}
		if (argv[i][0] != '-' || !argv[i][1]) {
			argv[count++] = argv[i];
			continue;
		}
		r = argv[i][1] == '-' ? parse_long(opts, n, argc, argv, &i, e)
				      : parse_letters(opts, n, argc, argv, &i, e);
		if (r < 0)
			return r;
	}
	for (; i < argc; i++)
		argv[count++] = argv[i];
	*rest = count;
	return 0;
}
