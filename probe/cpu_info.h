/* /proc/cpuinfo of every architecture, without limits on lines or CPUs. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum cpu_arch {
	ARCH_UNKNOWN,
	ARCH_X86,
	ARCH_ARM,
	ARCH_S390,
	ARCH_PPC,
	ARCH_RISCV,
	ARCH_LOONGARCH,
	ARCH_MIPS,
	ARCH_SPARC,
	ARCH_IA64,
	ARCH_ALPHA,
	ARCH_PARISC,
	ARCH_M68K,
	ARCH_SH,
	ARCH_COUNT
};

const char *cpu_arch_name(enum cpu_arch a); /* "x86", "arm"... "unknown" */

/* Texts are NULL when the file does not say; they live in the arena. */
struct cpuinfo {
	enum cpu_arch arch;
	unsigned count;       /* CPUs listed */
	const char *vendor;   /* vendor_id, or what the implementer or vendor number stands for */
	const char *brand;    /* "model name", "cpu", "uarch"... */
	const char *machine;  /* the board, where the file tells */
	const char *platform; /* ppc: "PowerNV" runs guests in hardware, "pSeries" is one */
	const char *family, *model, *stepping;
	const char *microcode;
	const char *
		microcode_differs; /* another version on some CPU: "0xf0 and 0xf4"; NULL when all agree */
	const char *flags;         /* the first CPU's feature words, whatever the file calls them */
	const char *vmx_flags; /* the line Linux >= 5.8 has on Intel */
	const char *isa;       /* RISC-V */
	/* Flags that matter to VMs and that not every CPU listed has: "CPU 3: no vmx". NULL when all agree. */
	const char *differs;
};

/* -ENODATA when no line of text is one of cpuinfo's. */
int cpuinfo_parse(struct arena *a, const char *text, size_t len, struct cpuinfo *out);

bool cpuinfo_has_flag(const struct cpuinfo *i, const char *flag);
/* RISC-V: whether the isa string has an extension of one letter ("h"), or of several ("zicsr"). */
bool cpuinfo_isa_has(const char *isa, const char *extension);
