/* Numbers that name a thing: hardware addresses, UUIDs, machine ids, serial numbers. */
#include "base/scrub_alias.h"

#include "base/scope.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool are_hex(const char *p, const char *end, size_t n)
{
	if ((size_t)(end - p) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isxdigit((unsigned char)p[i]))
			return false;
	return true;
}

static bool ends_word(const char *p, const char *end)
{
	return p == end || !scrub_is_word(*p);
}

/* ---- words made of hex digits ---- */

/* The digits alone, small letters. */
static void digits_of(const char *p, size_t n, char out[SCRUB_WORD_MAX])
{
	size_t d = 0;

	for (size_t i = 0; i < n && d < SCRUB_WORD_MAX - 1; i++)
		if (isxdigit((unsigned char)p[i]))
			out[d++] = (char)tolower((unsigned char)p[i]);
	out[d] = '\0';
}

/* The word at p with its digits exchanged for those of `digits`. */
static void add_like(struct strbuf *out, const char *p, size_t n, const char *digits)
{
	for (size_t i = 0; i < n; i++)
		strbuf_addc(out, isxdigit((unsigned char)p[i]) && *digits ? *digits++ : p[i]);
}

static bool all_same(const char *digits)
{
	return (*digits == '0' || *digits == 'f') &&
	       strspn(digits, *digits == '0' ? "0" : "f") == strlen(digits);
}

/* n in hex over the last `width` digits. */
static void put_number(char *digits, unsigned n, size_t width)
{
	for (size_t i = strlen(digits); width && i; width--, n >>= 4)
		digits[--i] = "0123456789abcdef"[n & 15];
}

static void make_mac(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	snprintf(to, SCRUB_WORD_MAX, "%s", from);
	put_number(to, n, 6);
}

static void make_uuid(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	snprintf(to, SCRUB_WORD_MAX, "%s", "00000000000040008000000000000000");
	put_number(to, n, 8);
	/* By this Xen guests of EC2 are known. */
	if (str_starts(from, "ec2"))
		memcpy(to, "ec2", 3);
}

static void make_hex(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	size_t width = strlen(from);

	memset(to, '0', width);
	to[width] = '\0';
	put_number(to, n, 8);
}

static size_t find_mac(const char *p, const char *end, char before)
{
	size_t pairs = 1;

	if (scrub_is_word(before) || before == ':' || !are_hex(p, end, 2))
		return 0;
	while (end - p > (ptrdiff_t)(pairs * 3) && p[pairs * 3 - 1] == ':' &&
	       are_hex(p + pairs * 3, end, 2))
		pairs++;
	p += pairs * 3 - 1;
	if (!ends_word(p, end) || (p < end && *p == ':'))
		return 0;
	/* Ethernet, EUI-64, InfiniBand */
	return pairs == 6 || pairs == 8 || pairs == 20 ? pairs * 3 - 1 : 0;
}

/* enx0123456789ab, wlx...: a network interface named after its address. */
static size_t find_mac_name(const char *p, const char *end, char before)
{
	if (scrub_is_word(before) || end - p < 15 || p[2] != 'x' || !are_hex(p + 3, end, 12))
		return 0;
	if (strncmp(p, "en", 2) != 0 && strncmp(p, "wl", 2) != 0 && strncmp(p, "ww", 2) != 0)
		return 0;
	return ends_word(p + 15, end) ? 15 : 0;
}

static void replace_mac(struct scrub_words *w, const char *p, size_t n, struct strbuf *out)
{
	char digits[SCRUB_WORD_MAX];

	digits_of(p, n, digits);
	add_like(out, p, n, all_same(digits) ? digits : scrub_alias(w, MAC, digits, make_mac));
}

static void replace_mac_name(struct scrub_words *w, const char *p, size_t n, struct strbuf *out)
{
	strbuf_addn(out, p, 3);
	replace_mac(w, p + 3, n - 3, out);
}

void scrub_macs(struct scrub_words *w, struct strbuf *text)
{
	scrub_rewrite(w, text, &(struct scrub_finder){find_mac, replace_mac});
	scrub_rewrite(w, text, &(struct scrub_finder){find_mac_name, replace_mac_name});
}

/* With '-' between the groups, or '_' as systemd writes it in unit names. */
static size_t find_uuid(const char *p, const char *end, char before)
{
	static const size_t groups[] = {8, 4, 4, 4, 12};
	const char *at = p;

	if (isalnum((unsigned char)before))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (!are_hex(at, end, groups[i]))
			return 0;
		at += groups[i];
		if (i + 1 < ARRAY_SIZE(groups) && (at == end || (*at != '-' && *at != '_')))
			return 0;
		at++;
	}
	at--;
	return at == end || !isalnum((unsigned char)*at) ? 36 : 0;
}

static void replace_uuid(struct scrub_words *w, const char *p, size_t n, struct strbuf *out)
{
	/* What firmware makers leave in place of a UUID. */
	static const char *const junk[] = {"03000200040005000006000700080009",
					   "123456781234567890abcddeefaabbcc"};
	char digits[SCRUB_WORD_MAX];

	digits_of(p, n, digits);
	if (all_same(digits) || str_eq(digits, junk[0]) || str_eq(digits, junk[1]))
		strbuf_addn(out, p, n);
	else
		add_like(out, p, n, scrub_alias(w, UUID, digits, make_uuid));
}

void scrub_uuids(struct scrub_words *w, struct strbuf *text)
{
	scrub_rewrite(w, text, &(struct scrub_finder){find_uuid, replace_uuid});
}

static size_t find_hex(const char *p, const char *end, char before)
{
	size_t n = 0;

	if (isalnum((unsigned char)before))
		return 0;
	while (p + n < end && isxdigit((unsigned char)p[n]))
		n++;
	if (p + n < end && isalnum((unsigned char)p[n]))
		return 0;
	return n == 32 || n == 64 ? n : 0;
}

static void replace_hex(struct scrub_words *w, const char *p, size_t n, struct strbuf *out)
{
	char digits[SCRUB_WORD_MAX];

	digits_of(p, n, digits);
	strbuf_add(out, scrub_alias(w, HEX, digits, make_hex));
}

void scrub_hex(struct scrub_words *w, struct strbuf *text)
{
	scrub_rewrite(w, text, &(struct scrub_finder){find_hex, replace_hex});
}

/* ---- serial numbers ---- */

static void make_serial(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	size_t len = strlen(from);

	for (size_t i = 0; i < len; i++)
		to[i] = isdigit((unsigned char)from[i])   ? '0'
			: isupper((unsigned char)from[i]) ? 'X'
			: islower((unsigned char)from[i]) ? 'x'
							  : from[i];
	to[len] = '\0';
	for (size_t i = len; i-- && n;)
		if (isalnum((unsigned char)from[i])) {
			to[i] = (char)('0' + n % 10);
			n /= 10;
		}
}

/* By these the virtual machine's maker is known. */
static size_t known_prefix(const char *serial)
{
	static const char *const prefixes[] = {"VMware-", "Parallels-", "ec2", "EC2"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(serial, prefixes[i]))
			return strlen(prefixes[i]);
	return 0;
}

void scrub_serial(struct scrub_words *w, struct strbuf *text)
{
	static const char *const blanks[] = {"none",
					     "0",
					     "n/a",
					     "not specified",
					     "to be filled by o.e.m.",
					     "default string",
					     "unknown",
					     "oem",
					     "system serial number",
					     "chassis serial number",
					     "not applicable",
					     "empty",
					     "-",
					     "base board serial number"};
	SCOPED(free_at) char *copy = strndup(strbuf_str(text), text->len);
	const char *word = str_trim(copy);

	if (*word && !scrub_is_one_of(word, blanks, ARRAY_SIZE(blanks)))
		scrub_whole(w, text, SERIAL, make_serial, known_prefix(word));
}

void scrub_asset_tag(struct scrub_words *w, struct strbuf *text)
{
	static const char *const tags[] = {
		"Amazon EC2",      "OpenStack Compute", "OpenStack Nova",
		"OracleCloud.com", "Alibaba Cloud",     "7783-7084-3265-9085-8269-3286-77",
		"No Asset Tag",    "HUAWEICLOUD",       "SAP CCloud VM",
		"Hetzner",         "no asset tag",      "Asset-1234567890",
		"Asset Tag",       "OpenTelekomCloud"};
	SCOPED(free_at) char *copy = strndup(strbuf_str(text), text->len);

	if (!scrub_is_one_of(str_trim(copy), tags, ARRAY_SIZE(tags)))
		scrub_serial(w, text);
}
