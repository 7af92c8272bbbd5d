/* Firecracker's CPU descriptions: leaves, MSRs and ARM registers as strings of bits. */
#include "probe/cpu_dump_parts.h"

#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* KVM's name for MIDR_EL1: 64-bit ARM system register 3,0,0,0,0. */
static const uint64_t kvm_midr = 0x603000000013c000;

static void decref_at(json_t **j)
{
	json_decref(*j);
}

/* "0b0101x1" (x: left alone, taken as 0), "0x1f" or decimal. */
static bool bits(const json_t *j, uint64_t *out)
{
	const char *s = json_string_value(j);
	uint64_t v = 0;

	if (!s)
		return false;
	if (!str_starts(s, "0b"))
		return num_parse(s, 0, out);
	for (s += 2; *s; s++) {
		if (*s == '_')
			continue;
		if (!strchr("01x", *s))
			return false;
		v = v << 1 | (*s == '1');
	}
	*out = v;
	return true;
}

static bool one_register(const json_t *j, struct cpu_regs *regs)
{
	static const char *const names[CPU_REGS] = {"eax", "ebx", "ecx", "edx"};
	const char *name = json_string_value(json_object_get(j, "register"));
	uint64_t v;

	if (!name || !bits(json_object_get(j, "bitmap"), &v) || v > UINT32_MAX)
		return false;
	for (int i = 0; i < CPU_REGS; i++)
		if (str_eq(names[i], name)) {
			regs->r[i] = (uint32_t)v;
			return true;
		}
	return false;
}

static void one_leaf(struct arena *a, const json_t *j, unsigned cpu, struct cpu_dump *d)
{
	const json_t *registers = json_object_get(j, "modifiers");
	struct cpu_dump_leaf leaf = {.cpu = cpu};
	uint64_t number, sub = 0;

	if (!bits(json_object_get(j, "leaf"), &number) || number > UINT32_MAX)
		return;
	bits(json_object_get(j, "subleaf"), &sub);
	leaf.leaf = (uint32_t)number;
	leaf.sub = (uint32_t)sub;
	for (size_t i = 0; i < json_array_size(registers); i++)
		one_register(json_array_get(registers, i), &leaf.regs);
	cpu_dump_add(a, d, leaf);
}

static void values(struct arena *a, const json_t *list, unsigned cpu, struct cpu_dump *d, bool arm)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		struct cpu_dump_value v = {.cpu = cpu};

		if (!bits(json_object_get(j, "addr"), &v.key) ||
		    !bits(json_object_get(j, "bitmap"), &v.value))
			continue;
		if (!arm)
			cpu_dump_add_msr(a, d, v);
		else if (v.key == kvm_midr)
			cpu_dump_add_midr(a, d, v);
	}
}

int cpu_dump_parse_json(struct arena *a, const char *text, size_t len, struct cpu_dump *d)
{
	json_error_t why;
	SCOPED(decref_at) json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	const json_t *config = json_object_get(root, "guest_cpu_config");
	const unsigned cpu = d->ncpus;
	const json_t *leaves;

	if (!root)
		return -EINVAL;
	if (!config)
		config = root;
	if (cpu >= CPU_DUMP_CPUS)
		return -E2BIG;
	leaves = json_object_get(config, "cpuid_modifiers");
	for (size_t i = 0; i < json_array_size(leaves); i++)
		one_leaf(a, json_array_get(leaves, i), cpu, d);
	values(a, json_object_get(config, "msr_modifiers"), cpu, d, false);
	values(a, json_object_get(config, "reg_modifiers"), cpu, d, true);
	return 0;
}
