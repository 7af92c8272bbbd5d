/* The comparison for people: the answer first, then who is who, then what differs. */
#include "probe/compare.h"

#include "probe/cpu_features.h"

#include <string.h>

enum { FEATURES_SHOWN = 12 };

static void add_level(struct strbuf *out, int level, const char *missing)
{
	strbuf_add(out, level >= 1 ? "x86-64" : "32-bit x86");
	if (level >= 1)
		strbuf_printf(out, "-v%d", level);
	if (missing && level < 4)
		strbuf_printf(out, " (no %s)", missing);
}

static void add_move(const struct comparison *c, const struct move *m, struct strbuf *out)
{
	static const char *const words[] = {
		[MOVE_NO] = "no", [MOVE_YES] = "yes", [MOVE_UNKNOWN] = "unknown"};

	(void)c;
	strbuf_printf(out, "  %s -> %s: %s", m->from->name, m->to->name, words[m->can]);
	if (m->can != MOVE_YES)
		strbuf_printf(out, ", %s", m->reason);
	for (size_t i = 0; i < m->nlacking && i < FEATURES_SHOWN; i++)
		strbuf_printf(out, "%s%s",
			      i ? ", "
			      : str_ends(m->reason, "lack") || str_ends(m->reason, "lacks")
				      ? " "
				      : "; lacking there: ",
			      m->lacking[i]);
	if (m->nlacking > FEATURES_SHOWN)
		strbuf_printf(out, " and %zu more", m->nlacking - FEATURES_SHOWN);
	strbuf_addc(out, '\n');
}

static void add_verdict(const struct comparison *c, struct strbuf *out)
{
	static const char *const words[] = {
		[MOVE_NO] = "no", [MOVE_YES] = "yes", [MOVE_UNKNOWN] = "unknown"};
	enum movable v = compare_verdict(c);

	strbuf_printf(out, "%s: a VM with %s%s %s move from %s to %s\n", words[v],
		      strcmp(c->cpu_model, "host") ? "CPU model " : "the host's CPU",
		      strcmp(c->cpu_model, "host") ? c->cpu_model : "",
		      v == MOVE_YES  ? "can"
		      : v == MOVE_NO ? "can not"
				     : "may or may not",
		      c->sides[0].name, c->nsides == 2 ? c->sides[1].name : "each of the others");
	for (size_t i = 0; i < c->nmoves; i++)
		add_move(c, &c->moves[i], out);
}

static void add_sides(const struct comparison *c, struct strbuf *out)
{
	size_t shared = 0;

	strbuf_add(out, "\nHosts:\n");
	for (size_t i = 0; i < c->nsides; i++) {
		const struct side *s = &c->sides[i];

		strbuf_printf(out, "  %s: ", s->name);
		if (s->cpu_known)
			add_level(out, s->level, s->missing);
		else
			strbuf_add(out, "CPU features not known");
		if (s->brand || s->vendor)
			strbuf_printf(out, ", %s", s->brand ? s->brand : s->vendor);
		strbuf_addc(out, '\n');
	}
	if (!c->cpu_known)
		return;
	for (size_t i = 0; i < COMPARE_FEATURES; i++)
		shared += c->shared.has[i];
	strbuf_printf(out, "  all of them: ");
	add_level(out, c->level, c->missing);
	strbuf_printf(out, ", %zu CPU features\n", shared);
	if (c->nmodels) {
		strbuf_add(out, "  QEMU CPU models for all of them: ");
		for (size_t i = 0; i < c->nmodels; i++)
			strbuf_printf(out, "%s%s", i ? ", " : "", c->models[i]);
		strbuf_addc(out, '\n');
	}
}

static void add_difference(const struct comparison *c, const struct difference *d,
			   struct strbuf *out)
{
	strbuf_printf(out, "  %s:", d->id);
	for (size_t i = 0; i < c->nsides; i++)
		strbuf_printf(out, "%s %.160s", i ? " |" : "",
			      d->values[i] ? d->values[i] : "unknown");
	strbuf_addc(out, '\n');
}

static size_t add_some(const struct comparison *c, bool known, bool show, struct strbuf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < c->ndifferences; i++) {
		if (difference_is_known(&c->differences[i], c->nsides) != known)
			continue;
		if (show && !n++)
			strbuf_printf(out, "\n%s:\n", known ? "What differs" : "Not known of each");
		else if (!show)
			n++;
		if (show)
			add_difference(c, &c->differences[i], out);
	}
	return n;
}

void compare_text(const struct comparison *c, bool verbose, struct strbuf *out)
{
	size_t unknown;

	add_verdict(c, out);
	add_sides(c, out);
	if (!add_some(c, true, true, out))
		strbuf_add(out, "\nNo known fact differs.\n");
	unknown = add_some(c, false, verbose, out);
	if (unknown && !verbose)
		strbuf_printf(out, "\nNot known of each: %zu facts (--verbose lists them).\n",
			      unknown);
}
