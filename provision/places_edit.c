/* Line and word editors. */
#include "provision/places_edit.h"

#include "base/bytes.h"

#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_';
}

/* One line of a text with its newline, if it has one. */
static bool next_line(const char *text, size_t len, size_t *at, const char **line, size_t *n)
{
	const char *end;

	if (*at >= len)
		return false;
	*line = text + *at;
	end = memchr(*line, '\n', len - *at);
	*n = end ? (size_t)(end - *line) + 1 : len - *at;
	*at += *n;
	return true;
}

static size_t without_newline(const char *line, size_t n)
{
	return n && line[n - 1] == '\n' ? n - 1 : n;
}

static bool is_comment(const char *line, size_t n)
{
	while (n && is_space(*line))
		line++, n--;
	return !n || *line == '#' || *line == '\n';
}

static bool word_is(const char *word, size_t n, const char *name)
{
	return *name && strlen(name) == n && strncasecmp(word, name, n) == 0;
}

/* ---- the host name ---- */

static void add_full_name(const struct edit_names *n, struct strbuf *out)
{
	const char *domain = *n->domain ? n->domain : n->old_domain;

	strbuf_add(out, n->name);
	if (*domain)
		strbuf_printf(out, ".%s", domain);
}

size_t edit_hostname(const char *text, size_t len, const struct edit_names *n, struct strbuf *out)
{
	const char *line;
	size_t at = 0, k, done = 0;

	while (next_line(text, len, &at, &line, &k)) {
		if (done || is_comment(line, k)) {
			strbuf_addn(out, line, k);
			continue;
		}
		if (memchr(line, '.', k))
			add_full_name(n, out);
		else
			strbuf_add(out, n->name);
		strbuf_addc(out, '\n');
		done = 1;
	}
	if (!done)
		strbuf_printf(out, "%s\n", n->name);
	return 1;
}

/* The name, the name with its domain, or the name with any domain behind it. */
static bool is_old_name(const char *word, size_t n, const struct edit_names *names, bool *full)
{
	size_t short_len = strlen(names->old_name);

	*full = false;
	if (!short_len || n < short_len || strncasecmp(word, names->old_name, short_len) != 0)
		return false;
	if (n == short_len)
		return true;
	*full = true;
	return word[short_len] == '.' && !word_is(names->old_name, short_len, "localhost");
}

/* web.example.com becomes web-001.example.com, or web-001 in the clone's own domain. */
static void add_renamed(const char *word, size_t n, bool full, const struct edit_names *names,
			struct strbuf *out)
{
	size_t short_len = strlen(names->old_name);

	strbuf_add(out, names->name);
	if (full && *names->domain)
		strbuf_printf(out, ".%s", names->domain);
	else if (full)
		strbuf_addn(out, word + short_len, n - short_len);
}

static size_t hosts_line(const char *line, size_t n, const struct edit_names *names,
			 struct strbuf *out)
{
	size_t i = 0, start, done = 0, field = 0;

	while (i < n && line[i] != '#') {
		bool full;

		for (start = i; i < n && (is_space(line[i]) || line[i] == '\n'); i++)
			;
		strbuf_addn(out, line + start, i - start);
		for (start = i; i < n && !is_space(line[i]) && line[i] != '\n' && line[i] != '#';)
			i++;
		if (i > start && field++ && is_old_name(line + start, i - start, names, &full)) {
			add_renamed(line + start, i - start, full, names, out);
			done++;
		} else {
			strbuf_addn(out, line + start, i - start);
		}
	}
	strbuf_addn(out, line + i, n - i);
	return done;
}

static bool is_own_line(const char *line, size_t n)
{
	return n > 9 && memcmp(line, "127.0.1.1", 9) == 0 && is_space(line[9]);
}

static void own_line(const char *line, size_t n, const struct edit_names *names, struct strbuf *out)
{
	bool full = memchr(line + 9, '.', n - 9) != NULL;

	strbuf_add(out, "127.0.1.1\t");
	if (full && (*names->domain || *names->old_domain)) {
		add_full_name(names, out);
		strbuf_addc(out, ' ');
	}
	strbuf_printf(out, "%s\n", names->name);
}

size_t edit_hosts(const char *text, size_t len, const struct edit_names *n, struct strbuf *out)
{
	const char *line;
	size_t at = 0, k, done = 0;

	while (next_line(text, len, &at, &line, &k)) {
		size_t changed = hosts_line(line, k, n, out);

		if (!changed && is_own_line(line, k)) {
			out->len -= k;
			own_line(line, k, n, out);
			changed = 1;
		}
		done += changed;
	}
	return done;
}

size_t edit_name_words(const char *text, size_t len, const struct edit_names *n, struct strbuf *out)
{
	size_t i = 0, start, done = 0;

	while (i < len) {
		for (start = i; i < len && !is_name_char(text[i]); i++)
			;
		strbuf_addn(out, text + start, i - start);
		for (start = i; i < len && is_name_char(text[i]); i++)
			;
		if (i > start && word_is(text + start, i - start, n->old_name) &&
		    strcmp(n->old_name, "localhost") != 0) {
			strbuf_add(out, n->name);
			done++;
		} else {
			strbuf_addn(out, text + start, i - start);
		}
	}
	return done;
}

/* ---- ids in texts ---- */

static bool uuid_at(const char *text, size_t len, size_t off)
{
	if (len - off < 36 || (off && is_hex(text[off - 1])) ||
	    (len - off > 36 && is_hex(text[off + 36])))
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[off + i] != '-' : !is_hex(text[off + i]))
			return false;
	}
	return true;
}

size_t edit_uuid_text(const char *text, size_t len, const struct uuid *u, struct strbuf *out)
{
	char new_text[UUID_TEXT];
	size_t done = 0;

	uuid_format(u, new_text);
	for (size_t i = 0; i < len;) {
		if (uuid_at(text, len, i)) {
			strbuf_add(out, new_text);
			i += 36;
			done++;
		} else {
			strbuf_addc(out, text[i++]);
		}
	}
	return done;
}

size_t edit_initiator(const char *text, size_t len, const char *unique, struct strbuf *out)
{
	static const char key[] = "InitiatorName=";
	const char *line;
	size_t at = 0, k, done = 0;

	while (next_line(text, len, &at, &line, &k)) {
		size_t n = without_newline(line, k), last = 0;

		for (size_t i = 0; i < n; i++)
			if (line[i] == ':')
				last = i;
		if (strncmp(line, key, n < sizeof key - 1 ? n : sizeof key - 1) == 0 && last) {
			strbuf_addn(out, line, last + 1);
			strbuf_add(out, unique);
			strbuf_addn(out, line + n, k - n);
			done++;
		} else {
			strbuf_addn(out, line, k);
		}
	}
	return done;
}

/* ---- what is in a text ---- */

static bool mac_at(const char *text, size_t len, size_t off, char mac[18])
{
	char dash;

	if (len - off < 17)
		return false;
	dash = text[off + 2];
	if (dash != ':' && dash != '-')
		return false;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2 ? text[off + i] != dash : !is_hex(text[off + i]))
			return false;
		mac[i] = text[off + i];
		if (mac[i] >= 'A' && mac[i] <= 'F')
			mac[i] = (char)(mac[i] + 32);
		if (i % 3 == 2)
			mac[i] = ':';
	}
	mac[17] = '\0';
	/* a longer row of pairs is something else */
	if (len - off > 17 && (is_hex(text[off + 17]) || text[off + 17] == dash))
		return false;
	return !off || (!is_hex(text[off - 1]) && text[off - 1] != dash);
}

/* The value behind key= in a line; NULL when the key is not there. */
static const char *field_of(const char *line, size_t n, const char *key, size_t *len)
{
	size_t k = strlen(key);

	for (size_t i = 0; i + k < n; i++) {
		if ((i && !is_space(line[i - 1])) || memcmp(line + i, key, k) != 0)
			continue;
		for (*len = 0; i + k + *len < n && !is_space(line[i + k + *len]) &&
			       line[i + k + *len] != '\n';)
			++*len;
		return line + i + k;
	}
	return NULL;
}

static bool follows_the_disk(const char *type, size_t n)
{
	static const char *const types[] = {"sys_serial", "sys_wwid", "mpath_uuid",
					    "wwid_naa",   "wwid_eui", "wwid_t10"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (n == strlen(types[i]) && memcmp(type, types[i], n) == 0)
			return true;
	return false;
}

size_t edit_lvm_devices(const char *text, size_t len, struct strbuf *out)
{
	size_t at = 0, n, done = 0;
	const char *line;

	while (next_line(text, len, &at, &line, &n)) {
		size_t ntype = 0, nname = 0, ndev = 0;
		const char *type = field_of(line, n, "IDTYPE=", &ntype),
			   *name = field_of(line, n, "IDNAME=", &nname),
			   *dev = field_of(line, n, "DEVNAME=", &ndev);

		if (!type || !name || name < type || !follows_the_disk(type, ntype)) {
			strbuf_addn(out, line, n);
			continue;
		}
		strbuf_addn(out, line, (size_t)(type - line));
		strbuf_add(out, "devname");
		strbuf_addn(out, type + ntype, (size_t)(name - type) - ntype);
		strbuf_addn(out, ndev ? dev : ".", ndev ? ndev : 1);
		strbuf_addn(out, name + nname, n - (size_t)(name - line) - nname);
		done++;
	}
	return done;
}

/* The word of a line that begins at i. */
static size_t word_length(const char *line, size_t n, size_t i)
{
	size_t len = 0;

	while (i + len < n && !is_space(line[i + len]) && line[i + len] != '\n')
		len++;
	return len;
}

static bool is_word(const char *word, size_t n, const char *key, const char *value, size_t nvalue)
{
	size_t nkey = strlen(key), quoted = n > nkey && word[nkey] == '"';

	return n == nkey + nvalue + 2 * quoted && strncasecmp(word, key, nkey) == 0 &&
	       strncasecmp(word + nkey + quoted, value, nvalue) == 0;
}

size_t edit_mdadm(const char *text, size_t len, const char *from, const char *to,
		  struct strbuf *out)
{
	size_t at = 0, n, done = 0, host = strcspn(from, ":"), new_host = strcspn(to, ":");
	const char *line;

	while (next_line(text, len, &at, &line, &n)) {
		bool homehost = n > 8 && strncasecmp(line, "HOMEHOST", 8) == 0, quoted;

		for (size_t i = 0, word; i < n; i += word) {
			word = word_length(line, n, i);
			quoted = word > 5 && line[i + 5] == '"';
			if (line[i] == '#') {
				strbuf_addn(out, line + i, n - i);
				break;
			}
			if (word && is_word(line + i, word, "name=", from, strlen(from))) {
				strbuf_printf(out, quoted ? "name=\"%s\"" : "name=%s", to);
				done++;
			} else if (word && homehost && is_word(line + i, word, "", from, host)) {
				strbuf_addn(out, to, new_host);
				done++;
			} else {
				word += !word;
				strbuf_addn(out, line + i, word);
			}
		}
	}
	return done;
}

long mac_next(const char *text, size_t len, size_t from, char mac[18])
{
	for (size_t i = from; i < len; i++)
		if (is_hex(text[i]) && mac_at(text, len, i, mac))
			return (long)i;
	return -1;
}

bool mac_is_machine(const char *mac)
{
	/* the second digit's lowest bit: a group address */
	return strchr("02468ace", mac[1]) && strcmp(mac, "00:00:00:00:00:00") != 0;
}

bool connection_uuid_next(const char *text, size_t len, size_t *at, char uuid[UUID_TEXT])
{
	const char *line;
	size_t n;

	while (next_line(text, len, at, &line, &n)) {
		size_t i = 5;

		if (n < 41 || strncasecmp(line, "uuid=", 5) != 0)
			continue;
		if (line[i] == '"' || line[i] == '\'')
			i++;
		if (!uuid_at(line, n, i))
			continue;
		memcpy(uuid, line + i, 36);
		uuid[36] = '\0';
		return true;
	}
	return false;
}

bool text_is_plain(const char *text, size_t len)
{
	size_t odd = 0;

	for (size_t i = 0; i < len; i++) {
		if (!text[i])
			return false;
		odd += (unsigned char)text[i] < 32 && !strchr("\t\n\r\f\v\033", text[i]);
	}
	return odd <= len / 256;
}
