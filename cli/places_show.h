/* The table of places, as `vmint clone --list-places` prints it. */
#pragma once

#include "provision/places.h"

#include <stdbool.h>

/* mine: the user's rows, behind the built-in ones. */
void places_show(const struct place *mine, size_t n, bool json);
