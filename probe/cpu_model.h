/* QEMU's named CPU models: what a guest that asks for one is promised. */
#pragma once

#include <stddef.h>

struct cpu_model {
	const char *name, *vendor; /* "EPYC-Rome-v1", "AuthenticAMD" */
	const char *features;      /* words as in probe/cpu_features.h */
};

struct cpu_model_alias {
	const char *name, *means;
};

extern const struct cpu_model cpu_models[];
extern const size_t ncpu_models;

/* By name or alias; NULL when there is none. */
const struct cpu_model *cpu_model_find(const char *name);
/* The nearest name to one that is none, or NULL. */
const char *cpu_model_nearest(const char *name);
