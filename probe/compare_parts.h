/* What the files of the comparison share. Private to probe/compare*.c. */
#pragma once

#include "probe/compare.h"

struct cpu_model;

/* Names that the table of features does not know are left out. */
void feature_set_add(struct feature_set *set, const char *name);
/* set: a struct feature_set, as cpu_level passes it. */
bool feature_set_has(const void *set, const char *name);

/* Fills c->moves; model NULL: the host's own CPU. */
void compare_moves(struct comparison *c, struct arena *a, const struct cpu_model *model);
/* Fills c->models. */
void compare_models(struct comparison *c, struct arena *a);
