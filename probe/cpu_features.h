/* x86 feature bits by name: one table, used for live CPUs, captures, dumps and CPU models. */
#pragma once

#include "probe/cpu_regs.h"

#include <stdbool.h>
#include <stddef.h>

/* The registers that hold feature bits. */
enum cpu_word {
	WORD_1_EDX,
	WORD_1_ECX,
	WORD_6_EAX,
	WORD_7_EBX,
	WORD_7_ECX,
	WORD_7_EDX,
	WORD_7_1_EAX,
	WORD_D_1_EAX,
	WORD_X1_ECX, /* 0x80000001 */
	WORD_X1_EDX,
	WORD_X7_EDX,
	WORD_X8_EBX,
	WORD_XA_EDX,  /* 0x8000000a: SVM */
	WORD_X1F_EAX, /* 0x8000001f: memory encryption */
	WORD_X21_EAX,
	CPU_WORDS
};

struct cpu_word_row {
	uint32_t leaf, sub;
	enum cpu_reg reg;
	bool per_cpu; /* cheap to ask everywhere, and every CPU must agree */
};

extern const struct cpu_word_row cpu_words[CPU_WORDS];

struct cpu_feature {
	const char *name; /* as in /proc/cpuinfo, or as QEMU says where Linux has no name */
	enum cpu_word word;
	unsigned bit;
};

extern const struct cpu_feature cpu_features[];
extern const size_t ncpu_features;

/* NULL when nobody here knows the name. */
const struct cpu_feature *cpu_feature_find(const char *name);
bool cpu_words_have(const uint32_t words[CPU_WORDS], const char *name);

/* The highest x86-64 psABI level (1 to 4) all of whose features are there; 0 for a 32-bit CPU.
 * *missing names the first feature that the next level wants, or NULL at level 4. */
int cpu_level(bool (*has)(const void *self, const char *name), const void *self,
	      const char **missing);
int cpu_words_level(const uint32_t words[CPU_WORDS], const char **missing);
/* The same from a line of words as in /proc/cpuinfo. */
int cpu_flags_level(const char *flags, const char **missing);
