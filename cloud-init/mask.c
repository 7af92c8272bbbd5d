/* Secrets out of YAML that is shown to people. By lines rather than by parsing: what cannot be parsed is shown, too,
 * and hiding too much does no harm. */
#include "cloud-init/mask.h"

#include "base/scope.h"
#include "cloud-init/userdata.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const secrets[] = {
	"passwd",        "password",        "hashed_passwd",
	"hashed-passwd", "hashed_password", "plain_text_passwd",
	"chpasswd",      "_private",        "content",
	"private_key",   "activation_key",  "activation-key",
	"token",         "secret",          "psk",
	"runcmd",        "bootcmd",         "key",
};

/* Where the value of a secret begins in a line: behind "password:" at the end of a word; NULL for none. */
static const char *find_secret(const char *line)
{
	for (const char *colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':')) {
		const char *end = colon;

		while (end > line && strchr("\"' ", end[-1]))
			end--;
		for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
			size_t n = strlen(secrets[i]);
			const char *start = end - n;

			if ((size_t)(end - line) < n || strncasecmp(start, secrets[i], n) != 0)
				continue;
			if (start == line || *start == '_' ||
			    !(isalnum((unsigned char)start[-1]) || strchr("_-", start[-1])))
				return colon + 1;
		}
	}
	return NULL;
}

static size_t indent_of(const char *line)
{
	return strspn(line, " -");
}

static void mask_yaml(struct strbuf *out, struct seed_text t)
{
	size_t hidden_below = SIZE_MAX;
	struct seed_text line;

	while (seed_text_line(&t, &line)) {
		SCOPED(free_at) char *text = xcalloc(line.size + 1, 1);
		const char *value;

		memcpy(text, line.bytes, line.size);
		/* A list may stand as far left as its key. */
		if (hidden_below != SIZE_MAX &&
		    (!*text || indent_of(text) > hidden_below ||
		     (strspn(text, " ") >= hidden_below && text[strspn(text, " ")] == '-')))
			continue;
		hidden_below = SIZE_MAX;
		value = find_secret(text);
		if (value) {
			hidden_below = indent_of(text);
			strbuf_printf(out, "%.*s ***\n", (int)(value - text), text);
		} else {
			strbuf_printf(out, "%s\n", text);
		}
	}
}

void seed_mask(struct strbuf *out, const struct seed_file *f)
{
	bool data = str_ends(f->name, "-data") && !str_eq(f->name, "meta-data");
	enum userdata_kind kind = data ? userdata_kind(f->text) : USERDATA_CLOUD_CONFIG;

	if (kind == USERDATA_CLOUD_CONFIG)
		mask_yaml(out, f->text);
	else
		strbuf_printf(out, "(%s, %zu bytes)\n",
			      kind == USERDATA_MIME   ? "a MIME message"
			      : kind == USERDATA_GZIP ? "gzip"
						      : userdata_mime_type(kind),
			      f->text.size);
}
