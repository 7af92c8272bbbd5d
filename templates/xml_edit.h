/* Changes to an XML document that leave every other byte of it alone. */
#pragma once

#include "templates/xml.h"

struct xml_edits {
	struct arena *a;
	struct xml_change *changes;
	size_t count, room;
};

enum xml_where { XML_BEFORE, XML_AFTER, XML_FIRST_INSIDE, XML_LAST_INSIDE };

/* The attribute whose local name is that of qname gets the value; where there is none, qname="value" is added. */
void xml_set_attr(struct xml_edits *x, const struct xml_node *n, const char *qname,
		  const char *value);
/* The attribute of this local name, in any namespace; where there is none, nothing happens. */
void xml_remove_attr(struct xml_edits *x, const struct xml_node *n, const char *name);
/* The element's whole content becomes this text. */
void xml_set_text(struct xml_edits *x, const struct xml_node *n, const char *text);
void xml_remove(struct xml_edits *x, const struct xml_node *n);
/* raw is XML, and goes in as it is. */
void xml_insert(struct xml_edits *x, const struct xml_node *n, enum xml_where where,
		const char *raw);

/* The document with all changes made; changes inside a removed element are dropped. name is for messages. */
int xml_edit(const struct xml_doc *doc, const struct xml_edits *x, const char *name,
	     struct strbuf *out, struct err *e);
