/* What the carriers need of a seed's meta-data. */
#pragma once

#include "cloud-init/seed.h"

/* The one given, or the one made from the contents of all files but meta-data. */
const char *seed_instance_id(struct arena *a, const struct seed *s, const struct seed_files *files);
