#include "templates/ovf_property.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- types ---- */

struct type_row {
	const char *name;
	enum { TYPE_UNSIGNED, TYPE_SIGNED, TYPE_BOOLEAN, TYPE_REAL, TYPE_TEXT } kind;
	unsigned bits;
	enum ovf_type of;
};

static const struct type_row types[] = {
	{"uint8", TYPE_UNSIGNED, 8, OVF_TYPE_STANDARD},
	{"uint16", TYPE_UNSIGNED, 16, OVF_TYPE_STANDARD},
	{"uint32", TYPE_UNSIGNED, 32, OVF_TYPE_STANDARD},
	{"uint64", TYPE_UNSIGNED, 64, OVF_TYPE_STANDARD},
	{"sint8", TYPE_SIGNED, 8, OVF_TYPE_STANDARD},
	{"sint16", TYPE_SIGNED, 16, OVF_TYPE_STANDARD},
	{"sint32", TYPE_SIGNED, 32, OVF_TYPE_STANDARD},
	{"sint64", TYPE_SIGNED, 64, OVF_TYPE_STANDARD},
	{"boolean", TYPE_BOOLEAN, 1, OVF_TYPE_STANDARD},
	{"real32", TYPE_REAL, 32, OVF_TYPE_STANDARD},
	{"real64", TYPE_REAL, 64, OVF_TYPE_STANDARD},
	{"char16", TYPE_TEXT, 16, OVF_TYPE_STANDARD},
	{"string", TYPE_TEXT, 0, OVF_TYPE_STANDARD},
	{"int", TYPE_SIGNED, 32, OVF_TYPE_VENDORS},
	{"real", TYPE_REAL, 64, OVF_TYPE_VENDORS},
	{"password", TYPE_TEXT, 0, OVF_TYPE_VENDORS},
};

static const struct type_row *find_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcasecmp(types[i].name, name))
			return &types[i];
	return NULL;
}

static bool is_boolean(const char *value)
{
	static const char *const words[] = {"true", "false", "1", "0"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(value, words[i]))
			return true;
	return false;
}

static bool type_holds(const struct type_row *row, const char *value)
{
	uint64_t u;
	int64_t s;
	char *end;

	switch (row->kind) {
	case TYPE_UNSIGNED:
		return num_parse(value, 10, &u) && (row->bits == 64 || u >> row->bits == 0);
	case TYPE_SIGNED:
		return num_parse_signed(value, 10, &s) &&
		       (row->bits == 64 ||
			(s < (1ll << (row->bits - 1)) && s >= -(1ll << (row->bits - 1))));
	case TYPE_BOOLEAN:
		return is_boolean(value);
	case TYPE_REAL:
		strtod(value, &end);
		return end != value && !*end;
	case TYPE_TEXT:
		return true;
	}
	return true;
}

enum ovf_type ovf_type_of(const char *type)
{
	const struct type_row *row = find_type(type);

	return row ? row->of : OVF_TYPE_UNKNOWN;
}

const char *ovf_type_problem(struct arena *a, const char *type, const char *value)
{
	const struct type_row *row = find_type(type);

	return !row || type_holds(row, value)
		       ? NULL
		       : arena_printf(a, "it must be of the type %s", row->name);
}

/* ---- qualifiers ---- */

/* The number in "MinLen(5)", anywhere in the qualifiers. */
static bool qualifier(const char *qualifiers, const char *name, double *n)
{
	const char *at = strcasestr(qualifiers, name);
	char *end;

	if (!at)
		return false;
	at += strlen(name);
	if (*at != '(')
		return false;
	*n = strtod(at + 1, &end);
	return end != at + 1 && *end == ')';
}

/* Whether value is one of ValueMap{"a", "b"}; numbers may stand without quotes. */
static bool in_value_map(const char *map, const char *value)
{
	const char *p = strchr(map, '{'), *stop = p ? strchr(p, '}') : NULL;
	size_t n = strlen(value);

	while (p && stop && p < stop) {
		const char *from, *to;

		p += strspn(p, "{, \t\n");
		if (*p == '"') {
			from = ++p;
			to = p + strcspn(p, "\"");
			p = *to ? to + 1 : to;
		} else {
			from = p;
			to = p + strcspn(p, ",}");
			p = to;
		}
		while (*from != '"' && to > from && to[-1] == ' ')
			to--;
		if ((size_t)(to - from) == n && !memcmp(from, value, n))
			return true;
		if (*p == '}')
			break;
	}
	return false;
}

static bool is_address(const char *value)
{
	struct in6_addr six;
	struct in_addr four;

	return inet_pton(AF_INET, value, &four) == 1 || inet_pton(AF_INET6, value, &six) == 1;
}

const char *ovf_qualifier_problem(struct arena *a, const char *q, const char *value)
{
	static const char *const addresses[] = {"Ip(", "Netmask(", "Gateway("};
	size_t n = strlen(value);
	const char *map = strstr(q, "ValueMap");
	double limit;

	if (qualifier(q, "MinLen", &limit) && (double)n < limit)
		return arena_printf(a, "it must have at least %.0f characters", limit);
	if (qualifier(q, "MaxLen", &limit) && (double)n > limit)
		return arena_printf(a, "it must have at most %.0f characters", limit);
	if (qualifier(q, "MinValue", &limit) && strtod(value, NULL) < limit)
		return arena_printf(a, "it must be at least %g", limit);
	if (qualifier(q, "MaxValue", &limit) && strtod(value, NULL) > limit)
		return arena_printf(a, "it must be at most %g", limit);
	if (map && !in_value_map(map, value))
		return arena_printf(a, "it must be one of %.200s", map);
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (n && str_starts(q, addresses[i]) && !is_address(value))
			return "it must be an IP address";
	return NULL;
}
