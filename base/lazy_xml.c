/* libxml2's table. */
#define LAZY_NO_REDIRECT
#include "base/lazy_xml.h"

#define ROW(f) {#f, offsetof(struct lazy_xml, f)},

static const struct lazy_symbol symbols[] = {XML_FUNCTIONS(ROW)};

LAZY_DEFINE(xml, "libxml2.so.2", "libxml2", symbols)
