/* Building error sentences without allocating. */
#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	code = abs(code);
	if (!e)
		return -code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -code;
}

int err_sys(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	code = abs(code);
	if (!e)
		return -code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", err_word(code));
	return -code;
}

int err_in(struct err *e, int r, const char *fmt, ...)
{
	char old[sizeof e->text];
	va_list ap;
	size_t n;

	if (!e)
		return r;
	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", old);
	return r;
}

const char *err_word(int code)
{
	const char *s = strerrordesc_np(abs(code));

	return s ? s : "Unknown error";
}

const char *err_name(int code)
{
	const char *s = strerrorname_np(abs(code));

	return s ? s : "E?";
}

int err_number(const char *name)
{
	for (int code = 1; code < 200; code++) {
		const char *s = strerrorname_np(code);

		if (s && !strcmp(s, name))
			return code;
	}
	return 0;
}
