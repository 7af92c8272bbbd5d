/* Which values a property may have: its type and its qualifiers. */
#pragma once

#include "base/arena.h"

enum ovf_type { OVF_TYPE_STANDARD, OVF_TYPE_VENDORS, OVF_TYPE_UNKNOWN };

enum ovf_type ovf_type_of(const char *type);
/* "it must be ...", or NULL; a type that is not known holds everything. */
const char *ovf_type_problem(struct arena *a, const char *type, const char *value);
const char *ovf_qualifier_problem(struct arena *a, const char *qualifiers, const char *value);
