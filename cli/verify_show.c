/* A verification as text, JSON and JUnit XML. */
#include "cli/verify.h"

#include "base/json.h"
#include "base/xml_escape.h"

/* ---- text ---- */

static void add_row(struct strbuf *out, const struct verify_row *row, const struct verify_check *c)
{
	strbuf_printf(out, "  %-4s  %-18s ", verify_verdict_name(row->verdict), c->id);
	if (row->verdict != VERIFY_FAIL) {
		strbuf_add_plain(out, *row->note ? row->note : c->title, 0);
		strbuf_addc(out, '\n');
		return;
	}
	for (size_t i = 0; i < row->n; i++) {
		strbuf_add(out, i ? "                            " : "");
		strbuf_add_plain(out, row->findings[i], 0);
		strbuf_addc(out, '\n');
	}
}

static bool belongs(const struct verify_subject *s, size_t check)
{
	bool boots = check >= VERIFY_BOOT_LOGIN && check <= VERIFY_BOOT_TIME;

	return verify_checks[check].of_fleet == s->is_fleet && (s->booted || !boots);
}

static void add_subject(struct strbuf *out, const struct verify_subject *s, bool verbose)
{
	if (!s->failed && !s->unsure && !verbose)
		return;
	strbuf_add_plain(out, s->name, 0);
	strbuf_addc(out, '\n');
	for (size_t i = 0; i < VERIFY_CHECKS; i++)
		if (belongs(s, i) && (verbose || s->rows[i].verdict == VERIFY_FAIL ||
				      (s->unsure && i == VERIFY_BOOT_LOGIN)))
			add_row(out, &s->rows[i], &verify_checks[i]);
	for (size_t i = 0; verbose && i < s->nexceptions; i++) {
		const struct verify_exception *x = &s->exceptions[i];

		strbuf_printf(out, "  kept  %-18s ", x->kind);
		strbuf_add_plain(out, x->where, 0);
		strbuf_addc(out, ' ');
		strbuf_add_plain(out, x->value, 0);
		strbuf_add(out, ": ");
		strbuf_add_plain(out, x->reason, 0);
		strbuf_addc(out, '\n');
	}
}

void verify_text(const struct verify *v, bool verbose, struct strbuf *out)
{
	size_t machines = 0, bad = 0, kept = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct verify_subject *s = v->subjects[i];

		add_subject(out, s, verbose);
		machines += !s->is_fleet;
		bad += !s->is_fleet && s->failed;
		kept += s->nexceptions;
	}
	if (verify_failed(v))
		strbuf_printf(out, "%zu of %zu machine%s failed, %zu check%s in all\n", bad,
			      machines, machines == 1 ? "" : "s", verify_failed(v),
			      verify_failed(v) == 1 ? "" : "s");
	else if (verify_unsure(v))
		strbuf_printf(out,
			      "%zu machine%s verified; of %zu it could not be found out whether "
			      "they start\n",
			      machines, machines == 1 ? "" : "s", verify_unsure(v));
	else
		strbuf_printf(out, "%zu machine%s verified, nothing is wrong\n", machines,
			      machines == 1 ? "" : "s");
	if (kept && !verbose)
		strbuf_printf(out, "%zu id%s may stay, with a reason each: --verbose lists them\n",
			      kept, kept == 1 ? "" : "s");
}

/* ---- JSON ---- */

static json_t *row_json(const struct verify_row *row, const struct verify_check *c)
{
	json_t *o = json_object(), *list = json_array();

	json_set_text(o, "id", c->id);
	json_set_text(o, "verdict", verify_verdict_name(row->verdict));
	json_set_text(o, "note", row->note);
	for (size_t i = 0; i < row->n; i++)
		json_array_append_new(list, json_text(row->findings[i]));
	json_object_set_new(o, "findings", list);
	return o;
}

static json_t *exceptions_json(const struct verify_subject *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->nexceptions; i++) {
		const struct verify_exception *x = &s->exceptions[i];
		json_t *o = json_object();

		json_set_text(o, "kind", x->kind);
		json_set_text(o, "where", x->where);
		json_set_text(o, "value", x->value);
		json_set_text(o, "reason", x->reason);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *subject_json(const struct verify_subject *s)
{
	json_t *o = json_object(), *rows = json_array();

	json_set_text(o, "name", s->name);
	json_set_text(o, "kind", s->is_fleet ? "fleet" : "machine");
	json_object_set_new(o, "ok", json_boolean(!s->failed && !s->unsure));
	for (size_t i = 0; i < VERIFY_CHECKS; i++)
		if (belongs(s, i))
			json_array_append_new(rows, row_json(&s->rows[i], &verify_checks[i]));
	json_object_set_new(o, "checks", rows);
	json_object_set_new(o, "kept", exceptions_json(s));
	json_object_set_new(o, "seconds", json_real(s->seconds));
	return o;
}

void verify_json(const struct verify *v, struct strbuf *out)
{
	json_t *root = json_object(), *list = json_array();

	json_set_text(root, "schema", "vmint.verify/1");
	json_object_set_new(root, "ok", json_boolean(!verify_failed(v) && !verify_unsure(v)));
	json_object_set_new(root, "scanned_bytes", json_integer((json_int_t)v->scanned));
	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, subject_json(v->subjects[i]));
	json_object_set_new(root, "subjects", list);
	json_add(out, root);
	json_decref(root);
}

/* ---- JUnit ---- */

static void add_case(struct strbuf *out, const struct verify_subject *s, size_t i)
{
	const struct verify_row *row = &s->rows[i];

	strbuf_add(out, "    <testcase classname=\"");
	xml_escape(out, s->name, true);
	strbuf_printf(out, "\" name=\"%s\">", verify_checks[i].id);
	if (row->verdict == VERIFY_FAIL) {
		strbuf_add(out, "<failure message=\"");
		xml_escape(out, row->findings[0], true);
		strbuf_add(out, "\">");
		for (size_t k = 1; k < row->n; k++) {
			xml_escape(out, row->findings[k], false);
			strbuf_addc(out, '\n');
		}
		strbuf_add(out, "</failure>");
	} else if (row->verdict == VERIFY_SKIP) {
		strbuf_add(out, "<skipped message=\"");
		xml_escape(out, row->note, true);
		strbuf_add(out, "\"/>");
	}
	strbuf_add(out, "</testcase>\n");
}

static void count(const struct verify_subject *s, size_t *cases, size_t *skipped)
{
	*cases = *skipped = 0;
	for (size_t i = 0; i < VERIFY_CHECKS; i++) {
		*cases += belongs(s, i);
		*skipped += belongs(s, i) && s->rows[i].verdict == VERIFY_SKIP;
	}
}

void verify_junit(const struct verify *v, struct strbuf *out)
{
	strbuf_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
	for (size_t i = 0; i < v->n; i++) {
		const struct verify_subject *s = v->subjects[i];
		size_t cases, skipped;

		count(s, &cases, &skipped);
		strbuf_add(out, "  <testsuite name=\"");
		xml_escape(out, s->name, true);
		strbuf_printf(out,
			      "\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
			      cases, s->failed, skipped, s->seconds);
		for (size_t k = 0; k < VERIFY_CHECKS; k++)
			if (belongs(s, k))
				add_case(out, s, k);
		strbuf_add(out, "  </testsuite>\n");
	}
	strbuf_add(out, "</testsuites>\n");
}
