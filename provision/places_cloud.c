/* Editors of cloud-init's own configuration. */
#include "provision/places_edit.h"

#include <string.h>

static bool is_any(char c, const char *of)
{
	return c && strchr(of, c);
}

static bool line_has_key(const char *line, size_t n, const char *key)
{
	size_t k = strlen(key);

	return n > k && !memcmp(line, key, k) && line[k] == ':';
}

static bool has_word(const char *text, size_t n, const char *word)
{
	size_t k = strlen(word);

	for (size_t i = 0; i + k <= n; i++) {
		bool begins = i == 0 || is_any(text[i - 1], " \t\r\n[,'\"-");
		bool ends = i + k == n || is_any(text[i + k], " \t\r\n],'\"#");

		if (begins && ends && !memcmp(text + i, word, k))
			return true;
	}
	return false;
}

/* Where a value begins, behind blanks, line ends and comments. */
static size_t value_begin(const char *text, size_t n)
{
	size_t at = 0;

	while (at < n && is_any(text[at], " \t\r\n#")) {
		const char *end = text[at] == '#' ? memchr(text + at, '\n', n - at) : text + at;

		at = end ? (size_t)(end - text) + 1 : n;
	}
	return at;
}

/* How long the value is: to the closing bracket, or as far as lines are entries or indented. */
static size_t value_length(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n), *close;
	size_t len = end ? (size_t)(end - text) + 1 : n, begin = value_begin(text, n);

	if (begin < n && text[begin] == '[') {
		close = memchr(text + begin, ']', n - begin);
		return close ? (size_t)(close - text) + 1 : n;
	}
	while (len < n && is_any(text[len], " \t-#")) {
		end = memchr(text + len, '\n', n - len);
		len = end ? (size_t)(end - text) + 1 : n;
	}
	return len;
}

/* text begins behind "datasource_list:". False for what is no list. */
static bool add_nocloud(const char *text, size_t n, struct strbuf *out)
{
	size_t begin = value_begin(text, n), line = begin;

	if (begin == n) {
		strbuf_add(out, " [NoCloud, None]\n");
		return true;
	}
	if (text[begin] == '[') {
		size_t first = begin + 1;

		while (first < n && is_any(text[first], " \t\r\n"))
			first++;
		strbuf_addn(out, text, first);
		strbuf_add(out, first < n && text[first] == ']' ? "NoCloud" : "NoCloud, ");
		strbuf_addn(out, text + first, n - first);
		return true;
	}
	while (line > 0 && text[line - 1] != '\n')
		line--;
	if (text[begin] != '-' || line == 0)
		return false;
	strbuf_addn(out, text, begin);
	strbuf_add(out, "- NoCloud\n");
	strbuf_addn(out, text + line, n - line);
	return true;
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
				struct strbuf list = {0};

				if (add_nocloud(line + k, value, &list)) {
					strbuf_addn(out, line, k);
					strbuf_addn(out, list.text, list.len);
					strbuf_fini(&list);
					changed++;
					at += n;
					continue;
				}
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
