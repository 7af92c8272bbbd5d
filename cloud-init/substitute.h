/* "${name}" in values. */
#pragma once

#include "cloud-init/seed.h"

struct seed_variable {
	const char *name, *value;
};

struct seed_variables {
	struct seed_variable *items;
	size_t count, room;
};

/* Later ones of the same name win. Texts are borrowed. */
void seed_variable_set(struct arena *a, struct seed_variables *v, const char *name,
		       const char *value);

/* Puts values for ${NAME}, and one dollar for "$$"; every other dollar stays. A name that is not there is -EINVAL with
 * a sentence; so is a result above SEED_FILE_MAX. Values are not looked into again. */
int seed_substitute(struct arena *a, const struct seed_variables *v, struct seed_text t,
		    struct seed_text *out, struct err *e);
/* The same for a string; NULL stays NULL. */
int seed_substitute_str(struct arena *a, const struct seed_variables *v, const char **text,
			struct err *e);
