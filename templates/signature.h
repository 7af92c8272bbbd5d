/* The X.509 signature over a manifest. Private to templates/trust.c. */
#pragma once

#include "templates/trust.h"

int signature_check(struct package *p, const struct trust_options *o, struct trust *t,
		    struct err *e);
