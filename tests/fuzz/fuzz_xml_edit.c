/* Any document that is read can be edited, and stays a document. */
#include "templates/xml_edit.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct xml_edits x = {.a = &a};
	struct xml_doc doc, again;
	struct strbuf out = {0};
	struct err e;

	if (xml_parse(&a, (const char *)data, size, "fuzz.xml", &doc, &e) == 0) {
		xml_set_attr(&x, doc.root, "fuzz", "<'\">");
		if (doc.root->last)
			xml_set_text(&x, doc.root->last, "a & b");
		xml_insert(&x, doc.root, XML_LAST_INSIDE, "<end/>");
		if (xml_edit(&doc, &x, "fuzz.xml", &out, &e) == 0 &&
		    xml_parse(&a, strbuf_str(&out), out.len, "out.xml", &again, &e) < 0)
			abort();
	}
	strbuf_fini(&out);
	arena_fini(&a);
	return 0;
}
