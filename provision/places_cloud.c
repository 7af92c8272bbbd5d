/* Editors of cloud-init's own configuration. */
#include "provision/places_edit.h"

#include <string.h>

static bool line_has_key(const char *line, size_t n, const char *key)
{
	size_t k = strlen(key);

	return n > k && !memcmp(line, key, k) && line[k] == ':';
}

static bool has_word(const char *text, size_t n, const char *word)
{
	size_t k = strlen(word);

	for (size_t i = 0; i + k <= n; i++) {
		bool begins = i == 0 || strchr(" \t\n[,'\"-", text[i - 1]);
		bool ends = i + k == n || strchr(" \t\r\n],'\"#", text[i + k]);

		if (begins && ends && !memcmp(text + i, word, k))
			return true;
	}
	return false;
}

/* How long the value is: to the closing bracket, or as far as lines are entries or indented. */
static size_t value_length(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n), *open = memchr(text, '[', n), *close;
	size_t len = end ? (size_t)(end - text) + 1 : n, blanks = 0;

	while (blanks < n && strchr(" \t\r\n", text[blanks]))
		blanks++;
	if (open && (open < text + len || open == text + blanks)) {
		close = memchr(open, ']', n - (size_t)(open - text));
		return close ? (size_t)(close - text) + 1 : n;
	}
	while (len < n && strchr(" \t-", text[len])) {
		end = memchr(text + len, '\n', n - len);
		len = end ? (size_t)(end - text) + 1 : n;
	}
	return len;
}

/* text begins behind "datasource_list:". */
static void add_nocloud(const char *text, size_t n, struct strbuf *out)
{
	const char *open = memchr(text, '[', n), *dash = memchr(text, '-', n), *line = dash;

	if (open && (!dash || open < dash)) {
		size_t behind = (size_t)(open - text) + 1, blanks = 0;

		while (behind + blanks < n && strchr(" \t\r\n", text[behind + blanks]))
			blanks++;
		strbuf_addn(out, text, behind + blanks);
		strbuf_add(out, behind + blanks < n && text[behind + blanks] == ']' ? "NoCloud"
										    : "NoCloud, ");
		strbuf_addn(out, text + behind + blanks, n - behind - blanks);
		return;
	}
	if (!dash) {
		strbuf_add(out, " [NoCloud, None]\n");
		return;
	}
	while (line > text && line[-1] != '\n')
		line--;
	strbuf_addn(out, text, (size_t)(line - text));
	strbuf_addn(out, line, (size_t)(dash - line));
	strbuf_add(out, "- NoCloud\n");
	strbuf_addn(out, line, n - (size_t)(line - text));
}

size_t edit_datasources(const char *text, size_t len, struct strbuf *out)
{
	static const char key[] = "datasource_list";
	size_t changed = 0;

	for (size_t at = 0; at < len;) {
		const char *line = text + at, *end = memchr(line, '\n', len - at);
		size_t n = end ? (size_t)(end - line) + 1 : len - at;

		if (line_has_key(line, n, key)) {
			size_t k = sizeof key, value = value_length(line + k, len - at - k);

			n = k + value;
			if (!has_word(line + k, value, "NoCloud")) {
				strbuf_addn(out, line, k);
				add_nocloud(line + k, value, out);
				changed++;
				at += n;
				continue;
			}
		}
		strbuf_addn(out, line, n);
		at += n;
	}
	return changed;
}

/* "policy: disabled" and a fixed "datasource: Ec2" both keep it from a NoCloud seed. */
size_t edit_identify_policy(const char *text, size_t len, struct strbuf *out)
{
	size_t changed = 0;

	for (size_t at = 0; at < len;) {
		const char *line = text + at, *end = memchr(line, '\n', len - at);
		size_t n = end ? (size_t)(end - line) + 1 : len - at;

		at += n;
		if (line_has_key(line, n, "datasource") && !has_word(line, n, "NoCloud")) {
			changed++;
		} else if (line_has_key(line, n, "policy") && has_word(line, n, "disabled")) {
			strbuf_add(out, "policy: search,found=first,maybe=all,notfound=disabled\n");
			changed++;
		} else {
			strbuf_addn(out, line, n);
		}
	}
	return changed;
}
