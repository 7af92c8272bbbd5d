/* The few things we ask of jansson beyond its own calls. */
#include "base/json.h"

#include "base/scope.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

json_t *json_text(const char *s)
{
	json_t *t = json_string(s);
	struct strbuf clean = {0};

	if (t)
		return t;
	for (const unsigned char *p = (const unsigned char *)s; *p;) {
		uint32_t c;
		size_t n = utf8_next(p, &c);

		if (n)
			strbuf_addn(&clean, p, n);
		else
			strbuf_add(&clean, "\xef\xbf\xbd");
		p += n ? n : 1;
	}
	t = json_string(strbuf_str(&clean));
	strbuf_fini(&clean);
	return t;
}

void json_set_text(json_t *object, const char *key, const char *s)
{
	json_object_set_new(object, key, json_text(s));
}

const char *json_get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

void json_add(struct strbuf *out, const json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2));

	if (text)
		strbuf_add(out, text);
	strbuf_addc(out, '\n');
	free(text);
}

json_t *json_parse(const char *text, size_t len, const char *name, struct err *e)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		err_set(e, EINVAL, "%s:%d:%d: %s", name, error.line, error.column, error.text);
	return root;
}

int json_read_beneath(int dir, const char *path, size_t limit, json_t **out, struct err *e)
{
	SCOPED(close_at) int fd = sys_open_beneath(dir, path, O_RDONLY | O_NONBLOCK, 0);
	struct strbuf text = {0};
	int r = fd < 0 ? fd : sys_read_all(fd, &text, limit);

	if (r < 0) {
		err_sys(e, r, "%s", path);
	} else {
		*out = json_parse(strbuf_str(&text), text.len, path, e);
		r = *out ? 0 : -EINVAL;
	}
	strbuf_fini(&text);
	return r;
}
