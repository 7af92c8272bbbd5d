/* Names of hosts and people, and network addresses. */
#include "base/scrub_alias.h"

#include "base/scope.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- names of hosts and addresses ---- */

static void make_host(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	(void)from;
	snprintf(to, SCRUB_WORD_MAX, "host-%u", n);
}

static bool is_everybodys_host(const char *name)
{
	return str_starts(name, "localhost") || str_starts(name, "ip6-") || str_eq(name, "(none)");
}

void scrub_host(struct scrub_words *w, struct strbuf *text)
{
	SCOPED(free_at) char *copy = strndup(strbuf_str(text), text->len);
	const char *name = str_trim(copy);

	if (*name && !is_everybodys_host(name) && !strchr(name, '\n'))
		scrub_whole(w, text, HOST, make_host, 0);
}

void scrub_uname(struct scrub_words *w, struct strbuf *text)
{
	const char *at = strbuf_str(text), *line;
	struct strbuf out = {0}, name = {0};
	size_t n;

	for (int i = 0; str_line(&at, &line, &n); i++) {
		strbuf_addn(&name, line, n);
		if (i == 1)
			scrub_host(w, &name);
		strbuf_addn(&out, strbuf_str(&name), name.len);
		strbuf_addc(&out, '\n');
		strbuf_fini(&name);
	}
	strbuf_fini(text);
	*text = out;
}

static bool in_name(char c)
{
	return scrub_is_word(c) || c == '-';
}

static void replace_word(struct strbuf *text, const char *from, const char *to)
{
	struct strbuf out = {0};
	const char *end = text->text + text->len;
	size_t n = strlen(from);

	for (const char *p = text->text; p < end;) {
		bool here = (size_t)(end - p) >= n && !memcmp(p, from, n) &&
			    (p == text->text || !in_name(p[-1])) &&
			    (p + n == end || !in_name(p[n]));

		if (here)
			strbuf_add(&out, to);
		else
			strbuf_addc(&out, *p);
		p += here ? n : 1;
	}
	strbuf_fini(text);
	*text = out;
}

void scrub_host_words(struct scrub_words *w, struct strbuf *text)
{
	for (const struct alias *a = w->aliases; a; a = a->next)
		if (a->kind == HOST && text->len)
			replace_word(text, a->from, a->to);
}

static void make_ipv4(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	(void)from;
	n--;
	/* The three blocks that are reserved for documentation. */
	snprintf(to, SCRUB_WORD_MAX, "%s.%u",
		 n / 254 % 3 == 0   ? "192.0.2"
		 : n / 254 % 3 == 1 ? "198.51.100"
				    : "203.0.113",
		 n % 254 + 1);
}

static void make_ipv6(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	(void)from;
	snprintf(to, SCRUB_WORD_MAX, "2001:db8::%x", n);
}

static size_t find_ipv4(const char *p, const char *end, char before)
{
	size_t n = 0, dots = 0;

	if (scrub_is_word(before) || before == '.' || before == '-')
		return 0;
	for (unsigned value = 0, digits = 0; p + n <= end; n++) {
		char c = p + n < end ? p[n] : '\0';

		if (isdigit((unsigned char)c)) {
			value = value * 10 + (unsigned)(c - '0');
			if (++digits > 3 || value > 255)
				return 0;
			continue;
		}
		if (!digits)
			return 0;
		if (c != '.' || dots == 3)
			return dots == 3 && !scrub_is_word(c) && c != '.' ? n : 0;
		dots++;
		value = digits = 0;
	}
	return 0;
}

static size_t find_ipv6(const char *p, const char *end, char before)
{
	size_t n = 0, colons = 0;
	bool gap = false;

	if (scrub_is_word(before) || before == ':' || before == '.')
		return 0;
	for (; p + n < end && (isxdigit((unsigned char)p[n]) || p[n] == ':'); n++) {
		colons += p[n] == ':';
		gap |= p[n] == ':' && n && p[n - 1] == ':';
	}
	if (p + n < end && (scrub_is_word(p[n]) || p[n] == '.'))
		return 0;
	return n > 3 && n < 40 && ((gap && colons <= 7) || (!gap && colons == 7)) ? n : 0;
}

static void replace_address(struct scrub_words *w, const char *p, size_t n, struct strbuf *out)
{
	SCOPED(free_at) char *word = strndup(p, n);
	bool four = strchr(word, '.') != NULL;

	if (four && (str_starts(word, "127.") || str_starts(word, "0.") ||
		     str_starts(word, "255.") || str_eq(word, "169.254.169.254")))
		strbuf_addn(out, p, n);
	else
		strbuf_add(out, scrub_alias(w, ADDRESS, word, four ? make_ipv4 : make_ipv6));
}

void scrub_addresses(struct scrub_words *w, struct strbuf *text)
{
	scrub_rewrite(w, text, &(struct scrub_finder){find_ipv6, replace_address});
	scrub_rewrite(w, text, &(struct scrub_finder){find_ipv4, replace_address});
}

void scrub_hosts(struct scrub_words *w, struct strbuf *text)
{
	struct strbuf out = {0};
	const char *at = strbuf_str(text), *line, *word;
	size_t n, k;

	while (str_line(&at, &line, &n)) {
		SCOPED(free_at) char *copy = strndup(line, strcspn(line, "#\n"));
		const char *rest = copy;

		for (bool first = true; str_word(&rest, &word, &k); first = false) {
			SCOPED(free_at) char *name = strndup(word, k);

			if (!first && !is_everybodys_host(name))
				scrub_alias(w, HOST, name, make_host);
		}
		strbuf_addn(&out, line, n);
		strbuf_addc(&out, '\n');
	}
	scrub_host_words(w, &out);
	scrub_addresses(w, &out);
	strbuf_fini(text);
	*text = out;
}

/* ---- names of people ---- */

static void make_user(const char *from, unsigned n, char to[SCRUB_WORD_MAX])
{
	(void)from;
	snprintf(to, SCRUB_WORD_MAX, "user%u", n);
}

static void add_user(struct scrub_words *w, struct strbuf *out, const char *name, size_t n)
{
	SCOPED(free_at) char *copy = strndup(name, n);

	strbuf_add(out, scrub_alias(w, USER, copy, make_user));
}

static size_t find_home(const char *p, const char *end, char before)
{
	size_t n = 6;

	if (scrub_is_word(before) || end - p < 7 || strncmp(p, "/home/", n) != 0)
		return 0;
	while (p + n < end && (in_name(p[n]) || p[n] == '.'))
		n++;
	return n > 6 ? n : 0;
}

static void replace_home(struct scrub_words *w, const char *p, size_t n, struct strbuf *out)
{
	strbuf_addn(out, p, 6);
	add_user(w, out, p + 6, n - 6);
}

void scrub_homes(struct scrub_words *w, struct strbuf *text)
{
	scrub_rewrite(w, text, &(struct scrub_finder){find_home, replace_home});
}

enum { FIELDS = 7 };

/* Fields between colons; the last one takes the rest. Returns their count. */
static size_t split(const char *line, size_t n, const char *field[FIELDS], size_t len[FIELDS])
{
	const char *end = line + n;
	size_t count = 0;

	while (count < FIELDS) {
		const char *colon = memchr(line, ':', (size_t)(end - line));
		const char *stop = colon && count + 1 < FIELDS ? colon : end;

		field[count] = line;
		len[count++] = (size_t)(stop - line);
		if (stop == end)
			break;
		line = stop + 1;
	}
	return count;
}

static bool is_persons_id(const char *id, size_t n)
{
	SCOPED(free_at) char *copy = strndup(id, n);
	uint64_t value;

	return num_parse(copy, 10, &value) && value >= 1000 && value != 65534;
}

static void each_line(struct scrub_words *w, struct strbuf *text,
		      void (*one)(struct scrub_words *, const char *, size_t, struct strbuf *))
{
	struct strbuf out = {0};
	const char *at = strbuf_str(text), *line;
	size_t n;

	while (str_line(&at, &line, &n)) {
		one(w, line, n, &out);
		strbuf_addc(&out, '\n');
	}
	if (out.len && text->text[text->len - 1] != '\n')
		out.text[--out.len] = '\0';
	strbuf_fini(text);
	*text = out;
}

static void passwd_line(struct scrub_words *w, const char *line, size_t n, struct strbuf *out)
{
	const char *field[FIELDS];
	size_t len[FIELDS], count = split(line, n, field, len);

	if (count < 3 || !is_persons_id(field[2], len[2]) || str_starts(line, "root:")) {
		strbuf_addn(out, line, n);
		return;
	}
	add_user(w, out, field[0], len[0]);
	for (size_t i = 1; i < count; i++) {
		strbuf_addc(out, ':');
		if (i != 4) /* their full name and telephone */
			strbuf_addn(out, field[i], len[i]);
	}
}

void scrub_passwd(struct scrub_words *w, struct strbuf *text)
{
	each_line(w, text, passwd_line);
	scrub_homes(w, text);
}

static void add_members(struct scrub_words *w, const char *p, size_t n, struct strbuf *out)
{
	static const char *const services[] = {"root", "libvirt-qemu", "qemu", "nobody", "daemon"};
	const char *end = p + n;

	while (p < end) {
		size_t k = 0;

		while (p + k < end && p[k] != ',')
			k++;
		SCOPED(free_at) char *name = strndup(p, k);

		if (!k || scrub_is_one_of(name, services, ARRAY_SIZE(services)))
			strbuf_addn(out, p, k);
		else
			add_user(w, out, p, k);
		if (p + k < end)
			strbuf_addc(out, ',');
		p += k + 1;
	}
}

static void group_line(struct scrub_words *w, const char *line, size_t n, struct strbuf *out)
{
	static const char *const known[] = {"kvm",    "libvirt", "docker", "lxd",      "incus",
					    "render", "video",   "qemu",   "vboxusers"};
	const char *field[FIELDS];
	size_t len[FIELDS], count = split(line, n, field, len);

	if (count < 4) {
		strbuf_addn(out, line, n);
		return;
	}
	SCOPED(free_at) char *name = strndup(field[0], len[0]);

	if (is_persons_id(field[2], len[2]) && !scrub_is_one_of(name, known, ARRAY_SIZE(known)))
		add_user(w, out, field[0], len[0]);
	else
		strbuf_addn(out, field[0], len[0]);
	strbuf_addn(out, line + len[0], (size_t)(field[3] - line) - len[0]);
	add_members(w, field[3], n - (size_t)(field[3] - line), out);
}

void scrub_group(struct scrub_words *w, struct strbuf *text)
{
	each_line(w, text, group_line);
}
