/* Finding a CPU model by its name. */
#include "probe/cpu_model.h"

#include "base/scope.h"
#include "base/str.h"

#include "probe/cpu_models.h"

const size_t ncpu_models = ARRAY_SIZE(cpu_models);

const struct cpu_model *cpu_model_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (str_eq(aliases[i].name, name))
			return cpu_model_find(aliases[i].means);
	for (size_t i = 0; i < ncpu_models; i++)
		if (str_eq(cpu_models[i].name, name))
			return &cpu_models[i];
	return NULL;
}

const char *cpu_model_nearest(const char *name)
{
	const char *names[ARRAY_SIZE(cpu_models) + ARRAY_SIZE(aliases)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		names[n++] = aliases[i].name;
	for (size_t i = 0; i < ncpu_models; i++)
		names[n++] = cpu_models[i].name;
	return str_nearest(name, names, n);
}
