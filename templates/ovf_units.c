/* Units of capacities and allocations, as DSP0004 writes them and as producers do. */
#include "templates/ovf.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *word;
	uint64_t bytes;
} words[] = {
	{"", 1},
	{"byte", 1},
	{"bytes", 1},
	{"kilobytes", 1ull << 10},
	{"kilobyte", 1ull << 10},
	{"kb", 1ull << 10},
	{"kib", 1ull << 10},
	{"kibibytes", 1ull << 10},
	{"kibibyte", 1ull << 10},
	{"megabytes", 1ull << 20},
	{"megabyte", 1ull << 20},
	{"mb", 1ull << 20},
	{"mib", 1ull << 20},
	{"mebibytes", 1ull << 20},
	{"mebibyte", 1ull << 20},
	{"gigabytes", 1ull << 30},
	{"gigabyte", 1ull << 30},
	{"gb", 1ull << 30},
	{"gib", 1ull << 30},
	{"gibibytes", 1ull << 30},
	{"gibibyte", 1ull << 30},
	{"terabytes", 1ull << 40},
	{"terabyte", 1ull << 40},
	{"tb", 1ull << 40},
	{"tib", 1ull << 40},
	{"tebibytes", 1ull << 40},
	{"tebibyte", 1ull << 40},
	{"count", 1},
	{"hertz", 1},
	{"mhz", 1000000},
};

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

static bool digits(const char **p, uint64_t *out)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)**p))
		return false;
	while (isdigit((unsigned char)**p))
		if (!mul_fits(v, 10, &v) || !add_fits(v, (uint64_t)(*(*p)++ - '0'), &v))
			return false;
	*out = v;
	return true;
}

/* A factor: "1024", or "2^30". */
static bool factor(const char **p, uint64_t *out)
{
	uint64_t base, power, v = 1;

	if (!digits(p, &base))
		return false;
	*p = skip_space(*p);
	if (**p != '^') {
		*out = base;
		return true;
	}
	*p = skip_space(*p + 1);
	if (!digits(p, &power) || power > 63)
		return false;
	while (power--)
		if (!mul_fits(v, base, &v))
			return false;
	*out = v;
	return true;
}

bool ovf_unit_parse(const char *text, uint64_t *bytes)
{
	const char *p = skip_space(text), *end = p;
	uint64_t v = 0, f;

	while (isalpha((unsigned char)*end))
		end++;
	for (size_t i = 0; i < ARRAY_SIZE(words) && !v; i++)
		if (strlen(words[i].word) == (size_t)(end - p) &&
		    !strncasecmp(words[i].word, p, (size_t)(end - p)))
			v = words[i].bytes;
	p = skip_space(end);
	while (v && *p == '*') {
		p = skip_space(p + 1);
		if (!factor(&p, &f) || !mul_fits(v, f, &v))
			return false;
		p = skip_space(p);
	}
	if (!v || *p)
		return false;
	*bytes = v;
	return true;
}
