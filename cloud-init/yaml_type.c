/* Which type PyYAML gives a plain scalar: YAML 1.1's words and numbers, exactly as its resolver spells them. */
#include "cloud-init/schema.h"

#include "base/scope.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

static bool is_word(const char *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, words[i]))
			return true;
	return false;
}

/* One or more of the characters of set; what follows, or NULL. */
static const char *run(const char *s, const char *set)
{
	size_t n = strspn(s, set);

	return n ? s + n : NULL;
}

/* [:0-5]?[0-9] again and again, at least once: 60-based numbers. */
static const char *sixties(const char *s)
{
	const char *start = s;

	while (*s == ':' && isdigit((unsigned char)s[1])) {
		if (isdigit((unsigned char)s[2])) {
			if (s[1] > '5')
				return NULL;
			s += 3;
		} else {
			s += 2;
		}
	}
	return s > start ? s : NULL;
}

static bool at_end(const char *s)
{
	return s && !*s;
}

static bool is_integer(const char *s)
{
	if (*s == '-' || *s == '+')
		s++;
	if (s[0] == '0' && s[1] == 'b')
		return at_end(run(s + 2, "01_"));
	if (s[0] == '0' && s[1] == 'x')
		return at_end(run(s + 2, "0123456789abcdefABCDEF_"));
	if (s[0] == '0')
		return !s[1] || at_end(run(s + 1, "01234567_"));
	if (!isdigit((unsigned char)*s))
		return false;
	s = run(s, "0123456789_");
	return at_end(s) || at_end(sixties(s));
}

/* PyYAML wants a dot, and a sign in an exponent. */
static bool is_float(const char *s)
{
	static const char *const words[] = {".inf", ".Inf", ".INF"};
	static const char *const nans[] = {".nan", ".NaN", ".NAN"};
	bool digits = false;

	if (is_word(s, nans, ARRAY_SIZE(nans)))
		return true;
	if (*s == '-' || *s == '+')
		s++;
	if (is_word(s, words, ARRAY_SIZE(words)))
		return true;
	if (isdigit((unsigned char)*s)) {
		const char *colon;

		s = run(s, "0123456789_");
		colon = sixties(s);
		s = colon ? colon : s;
		digits = true;
	}
	if (*s++ != '.')
		return false;
	if (!digits && !isdigit((unsigned char)*s))
		return false;
	s += strspn(s, "0123456789_");
	if ((*s == 'e' || *s == 'E') && (s[1] == '+' || s[1] == '-'))
		return at_end(run(s + 2, "0123456789"));
	return !*s;
}

/* 2030-01-31, and that with a time behind it. */
static bool is_date(const char *s)
{
	static const char shape[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof shape - 1; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)s[i]) : s[i] != shape[i])
			return false;
	s += sizeof shape - 1;
	if (!*s)
		return true;
	if (!strchr("Tt \t", *s))
		return false;
	s += 1 + strspn(s + 1, " \t");
	return isdigit((unsigned char)*s) && strspn(s, "0123456789:.Zz+- \t") == strlen(s) &&
	       strchr(s, ':');
}

static enum schema_type by_tag(const char *tag)
{
	static const struct {
		const char *name;
		enum schema_type type;
	} tags[] = {
		{"null", SCHEMA_NULL},    {"bool", SCHEMA_BOOLEAN},   {"int", SCHEMA_INTEGER},
		{"float", SCHEMA_NUMBER}, {"timestamp", SCHEMA_DATE},
	};
	const char *colon = strrchr(tag, ':');

	for (size_t i = 0; colon && i < ARRAY_SIZE(tags); i++)
		if (str_eq(colon + 1, tags[i].name))
			return tags[i].type;
	return SCHEMA_STRING;
}

enum schema_type schema_type_of(const struct yaml_node *n)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	static const char *const booleans[] = {
		"yes",   "Yes",   "YES",   "no", "No", "NO", "true", "True", "TRUE",
		"false", "False", "FALSE", "on", "On", "ON", "off",  "Off",  "OFF",
	};

	if (n->kind == YAML_LIST)
		return SCHEMA_ARRAY;
	if (n->kind == YAML_MAP)
		return SCHEMA_OBJECT;
	if (n->tag && !str_eq(n->tag, "!"))
		return by_tag(n->tag);
	if (n->quoted || n->tag)
		return SCHEMA_STRING;
	if (is_word(n->text, nulls, ARRAY_SIZE(nulls)))
		return SCHEMA_NULL;
	if (is_word(n->text, booleans, ARRAY_SIZE(booleans)))
		return SCHEMA_BOOLEAN;
	if (is_integer(n->text))
		return SCHEMA_INTEGER;
	if (is_float(n->text))
		return SCHEMA_NUMBER;
	return is_date(n->text) ? SCHEMA_DATE : SCHEMA_STRING;
}
