/* Edits change what they are told, and nothing else. */
#include "templates/xml_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct edited {
	struct arena a;
	struct xml_doc doc;
	struct xml_edits x;
};

static void open_doc(struct edited *d, const char *text)
{
	struct err e = {0};

	memset(d, 0, sizeof *d);
	d->x.a = &d->a;
	if (xml_parse(&d->a, text, strlen(text), "t.xml", &d->doc, &e) < 0)
		fail_msg("%s", e.text);
}

static void becomes(struct edited *d, const char *expected)
{
	struct strbuf out = {0};
	struct err e = {0};

	if (xml_edit(&d->doc, &d->x, "t.xml", &out, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(strbuf_str(&out), expected);
	strbuf_fini(&out);
	arena_fini(&d->a);
}

static void nothing_asked_is_nothing_changed(void **state)
{
	static const char text[] =
		"<?xml version='1.0'?>\n<!-- <a> -->\n<a  b = '1'>\r\n <c/><![CDATA[<d>]]></a >\n";
	struct edited d;

	(void)state;
	open_doc(&d, text);
	/* XML turns CR LF into LF for readers, but the bytes stay. */
	becomes(&d, text);
}

static void attributes_are_set_or_added(void **state)
{
	struct edited d;

	(void)state;
	open_doc(&d, "<a xmlns:o='urn:o' xmlns:id='urn:id' o:id='1' x=\"a>b\"><b/></a>");
	xml_set_attr(&d.x, d.doc.root, "o:id", "it's <2>");
	xml_set_attr(&d.x, d.doc.root->first, "o:new", "\"q\"");
	becomes(&d, "<a xmlns:o='urn:o' xmlns:id='urn:id' o:id='it&apos;s &lt;2&gt;' x=\"a>b\">"
		    "<b o:new=\"&quot;q&quot;\"/></a>");
}

static void attributes_go_with_the_space_before_them(void **state)
{
	struct edited d;

	(void)state;
	open_doc(&d, "<a xmlns:o='urn:o' o:id='1'\n   o:x = \"a>b\"\ty='2'><b x='1'/></a>");
	xml_remove_attr(&d.x, d.doc.root, "x");
	xml_remove_attr(&d.x, d.doc.root, "absent");
	xml_remove_attr(&d.x, d.doc.root->first, "x");
	becomes(&d, "<a xmlns:o='urn:o' o:id='1'\ty='2'><b/></a>");
}

static void texts_are_set(void **state)
{
	struct edited d;

	(void)state;
	open_doc(&d, "<a><b>old<c/></b><d/><e></e></a>");
	xml_set_text(&d.x, xml_child(d.doc.root, "b"), "1 < 2 & 3");
	xml_set_text(&d.x, xml_child(d.doc.root, "d"), "filled");
	xml_set_text(&d.x, xml_child(d.doc.root, "e"), "x");
	becomes(&d, "<a><b>1 &lt; 2 &amp; 3</b><d>filled</d><e>x</e></a>");
}

static void elements_come_and_go(void **state)
{
	struct edited d;

	(void)state;
	open_doc(&d, "<a><b><i>gone</i></b><c/></a>");
	xml_set_text(&d.x, xml_child(d.doc.root, "b")->first, "also gone");
	xml_remove(&d.x, xml_child(d.doc.root, "b"));
	xml_insert(&d.x, xml_child(d.doc.root, "c"), XML_AFTER, "<z/>");
	xml_insert(&d.x, xml_child(d.doc.root, "c"), XML_FIRST_INSIDE, "<y/>");
	xml_insert(&d.x, d.doc.root, XML_LAST_INSIDE, "<last/>");
	becomes(&d, "<a><c><y/></c><z/><last/></a>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_asked_is_nothing_changed),
		cmocka_unit_test(attributes_are_set_or_added),
		cmocka_unit_test(attributes_go_with_the_space_before_them),
		cmocka_unit_test(texts_are_set),
		cmocka_unit_test(elements_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
