/* The parameters of bonds and bridges, in the words of both versions. */
#pragma once

#include "cloud-init/network.h"

struct network_parameter {
	enum link_kind kind;
	const char *name, *v1;
	enum { PARAMETER_TEXT, PARAMETER_NUMBER, PARAMETER_SWITCH } kind_of_value;
};

/* NULL when there is none of that name (netplan's). */
const struct network_parameter *network_parameter(enum link_kind kind, const char *name);
