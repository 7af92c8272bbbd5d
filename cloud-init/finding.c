/* Findings of a check. */
#include "cloud-init/finding.h"

#include <stdarg.h>
#include <stdio.h>

static void add(struct findings *f, bool warning, const char *text)
{
	f->errors += !warning;
	if (f->count == FINDINGS_MAX)
		return;
	ARENA_GROW(f->a, f->items, f->count, f->room);
	f->items[f->count++] = (struct finding){warning, text};
}

void finding_add(struct findings *f, bool warning, const struct yaml_node *at, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(f->a, fmt, ap);
	va_end(ap);
	add(f, warning,
	    arena_printf(f->a, "%s:%u:%u: %s", f->name, f->lines + at->line,
			 f->columns + at->column, text));
}

void finding_add_line(struct findings *f, bool warning, unsigned line, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(f->a, fmt, ap);
	va_end(ap);
	if (line)
		text = arena_printf(f->a, "%s:%u: %s", f->name, f->lines + line, text);
	else
		text = arena_printf(f->a, "%s: %s", f->name, text);
	add(f, warning, text);
}

void finding_add_yaml(struct findings *f, const struct err *e)
{
	struct yaml_node at = {0};
	int n = 0;

	if (sscanf(e->text, ":%u:%u: %n", &at.line, &at.column, &n) == 2 && n)
		finding_add(f, false, &at, "%s", e->text + n);
	else
		finding_add_line(f, false, 0, "%s", e->text[0] == ':' ? e->text + 2 : e->text);
}
