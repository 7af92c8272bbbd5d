/* Comma-separated keys and values. */
#include "cloud-init/spec.h"

#include "base/str.h"

#include <errno.h>
#include <string.h>

int spec_next(struct arena *a, const char **at, struct spec_pair *out, struct err *e)
{
	size_t n = strcspn(*at, ",");
	char *pair, *equals;

	if (!**at)
		return 0;
	pair = arena_dupn(a, *at, n);
	*at += n + ((*at)[n] == ',');
	equals = strchr(pair, '=');
	if (equals)
		*equals = 0;
	if (!*pair)
		return err_set(e, EINVAL, "an empty name in a list of name=value");
	*out = (struct spec_pair){pair, equals ? equals + 1 : NULL};
	return 1;
}

int spec_unknown(const char *option, const char *key, const char *const *known, size_t n,
		 struct err *e)
{
	const char *near = str_nearest(key, known, n);

	return err_set(e, EINVAL, "%s knows no '%.40s'%s%s%s", option, key,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}
