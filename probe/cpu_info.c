/* Parsing /proc/cpuinfo: "key : value" lines whose meaning differs by architecture. */
#include "probe/cpu_info.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/cpu_dump.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const arch_names[ARCH_COUNT] = {
	[ARCH_UNKNOWN] = "unknown",     [ARCH_X86] = "x86",     [ARCH_ARM] = "arm",
	[ARCH_S390] = "s390",           [ARCH_PPC] = "ppc",     [ARCH_RISCV] = "riscv",
	[ARCH_LOONGARCH] = "loongarch", [ARCH_MIPS] = "mips",   [ARCH_SPARC] = "sparc",
	[ARCH_IA64] = "ia64",           [ARCH_ALPHA] = "alpha", [ARCH_PARISC] = "parisc",
	[ARCH_M68K] = "m68k",           [ARCH_SH] = "sh",
};

/* Keys that only one architecture's kernel prints. */
static const struct {
	const char *key;
	enum cpu_arch arch;
} arch_keys[] = {
	{"cpuid level", ARCH_X86},
	{"wp", ARCH_X86},
	{"cpu family", ARCH_X86},
	{"CPU implementer", ARCH_ARM},
	{"CPU architecture", ARCH_ARM},
	{"Processor", ARCH_ARM},
	{"# processors", ARCH_S390},
	{"bogomips per cpu", ARCH_S390},
	{"timebase", ARCH_PPC},
	{"isa", ARCH_RISCV},
	{"hart", ARCH_RISCV},
	{"mvendorid", ARCH_RISCV},
	{"CPU Family", ARCH_LOONGARCH},
	{"CPU Revision", ARCH_LOONGARCH},
	{"cpu model", ARCH_MIPS},
	{"ncpus probed", ARCH_SPARC},
	{"MMU Type", ARCH_SPARC},
	{"archrev", ARCH_IA64},
	{"cpu regs", ARCH_IA64},
	{"cpu variation", ARCH_ALPHA},
	{"cpus detected", ARCH_ALPHA},
	{"hversion", ARCH_PARISC},
	{"capabilities", ARCH_PARISC},
	{"CPU", ARCH_M68K},
	{"MMU", ARCH_M68K},
	{"cpu type", ARCH_SH},
};

/* Keys whose first value is kept. Earlier rows win over later ones for the same field.
 * any: whatever the architecture. */
#define FIELD(member_) offsetof(struct cpuinfo, member_)
enum { ANY = ARCH_COUNT };
static const struct {
	const char *key;
	unsigned arch;
	size_t field;
} fields[] = {
	{"vendor_id", ANY, FIELD(vendor)},
	{"vendor", ARCH_IA64, FIELD(vendor)},
	{"model name", ANY, FIELD(brand)},
	{"Model Name", ARCH_LOONGARCH, FIELD(brand)},
	{"Processor", ARCH_ARM, FIELD(brand)},
	{"uarch", ARCH_RISCV, FIELD(brand)},
	{"cpu model", ANY, FIELD(brand)},
	{"cpu", ANY, FIELD(brand)},
	{"CPU", ARCH_M68K, FIELD(brand)},
	{"cpu type", ARCH_SH, FIELD(brand)},
	{"Hardware", ARCH_ARM, FIELD(machine)},
	{"machine", ANY, FIELD(machine)},
	{"system type", ANY, FIELD(machine)},
	{"platform string", ARCH_ALPHA, FIELD(machine)},
	{"type", ARCH_SPARC, FIELD(machine)},
	{"model", ARCH_PARISC, FIELD(machine)},
	{"platform", ARCH_PPC, FIELD(platform)},
	{"cpu family", ANY, FIELD(family)},
	{"CPU Family", ARCH_LOONGARCH, FIELD(family)},
	{"family", ARCH_IA64, FIELD(family)},
	{"model", ARCH_X86, FIELD(model)},
	{"model", ARCH_IA64, FIELD(model)},
	{"stepping", ARCH_X86, FIELD(stepping)},
	{"microcode", ARCH_X86, FIELD(microcode)},
	{"flags", ANY, FIELD(flags)},
	{"Features", ANY, FIELD(flags)},
	{"features", ANY, FIELD(flags)},
	{"cpucaps", ARCH_SPARC, FIELD(flags)},
	{"ASEs implemented", ARCH_MIPS, FIELD(flags)},
	{"vmx flags", ARCH_X86, FIELD(vmx_flags)},
	{"isa", ARCH_RISCV, FIELD(isa)},
};

/* Lost on one CPU, each of these breaks guests that are moved there. */
static const char *const same_flags[] = {"vmx", "svm", "ept", "npt", "lm", "nx", "cx16", "sie"};

static const struct {
	unsigned code;
	const char *name;
} implementers[] = {
	{0x41, "Arm"},       {0x42, "Broadcom"},
	{0x43, "Cavium"},    {0x44, "DEC"},
	{0x46, "Fujitsu"},   {0x48, "HiSilicon"},
	{0x49, "Infineon"},  {0x4d, "Motorola/Freescale"},
	{0x4e, "NVIDIA"},    {0x50, "Applied Micro"},
	{0x51, "Qualcomm"},  {0x53, "Samsung"},
	{0x56, "Marvell"},   {0x61, "Apple"},
	{0x66, "Faraday"},   {0x69, "Intel"},
	{0x6d, "Microsoft"}, {0x70, "Phytium"},
	{0xc0, "Ampere"},
};

/* One line, taken apart where the text stands. */
struct entry {
	const char *key, *value;
	size_t nkey, nvalue;
};

struct parser {
	struct arena *a;
	struct cpuinfo *out;
	unsigned keys;       /* lines that looked like cpuinfo's */
	unsigned processors; /* "processor : 3" lines, or s390's "processor 3: ..." */
	unsigned declared;   /* a line that tells the number */
	unsigned per_cpu;    /* sparc: "CPU6: online" lines */
	const char *implementer, *mvendor, *revision;
	unsigned flag_lines, have[ARRAY_SIZE(same_flags)];
	unsigned lacks[ARRAY_SIZE(same_flags)]; /* the first CPU without, where others have it */
	unsigned missing[ARRAY_SIZE(same_flags)];
};

const char *cpu_arch_name(enum cpu_arch a)
{
	return arch_names[a];
}

const char *cpu_arm_implementer(unsigned implementer)
{
	for (size_t i = 0; i < ARRAY_SIZE(implementers); i++)
		if (implementers[i].code == implementer)
			return implementers[i].name;
	return NULL;
}

static bool is(const struct entry *e, const char *key)
{
	return strlen(key) == e->nkey && memcmp(e->key, key, e->nkey) == 0;
}

static const char *value(struct parser *p, const struct entry *e)
{
	return arena_dupn(p->a, e->value, e->nvalue);
}

static void trim(const char **s, size_t *n)
{
	while (*n && isspace((unsigned char)**s))
		(*s)++, (*n)--;
	while (*n && isspace((unsigned char)(*s)[*n - 1]))
		(*n)--;
}

static bool split(const char *line, size_t n, struct entry *e)
{
	const char *colon = memchr(line, ':', n);

	if (!colon)
		return false;
	*e = (struct entry){.key = line, .nkey = (size_t)(colon - line), .value = colon + 1};
	e->nvalue = n - e->nkey - 1;
	trim(&e->key, &e->nkey);
	trim(&e->value, &e->nvalue);
	return e->nkey > 0;
}

static void note_arch(struct parser *p, const struct entry *e)
{
	if (p->out->arch)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(arch_keys); i++)
		if (is(e, arch_keys[i].key)) {
			p->out->arch = arch_keys[i].arch;
			return;
		}
}

static void note_field(struct parser *p, const struct entry *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char **to = (const char **)((char *)p->out + fields[i].field);

		if (!is(e, fields[i].key))
			continue;
		if (fields[i].arch != ANY && fields[i].arch != p->out->arch)
			continue;
		/* An empty value is one, too: of a CPU that has no flags. */
		if (!*to)
			*to = value(p, e);
		return;
	}
}

static bool words_have(const char *text, size_t n, const char *word)
{
	size_t want = strlen(word);

	for (const char *at = text; (at = memmem(at, n - (size_t)(at - text), word, want)); at++)
		if ((at == text || isspace((unsigned char)at[-1])) &&
		    (at + want == text + n || isspace((unsigned char)at[want])))
			return true;
	return false;
}

/* Linux prints flags CPU by CPU: a CPU whose firmware setting differs shows here. */
static void note_flags(struct parser *p, const struct entry *e)
{
	unsigned cpu = p->processors ? p->processors - 1 : 0;

	if (!is(e, "flags") && !is(e, "Features"))
		return;
	p->flag_lines++;
	for (size_t i = 0; i < ARRAY_SIZE(same_flags); i++) {
		if (words_have(e->value, e->nvalue, same_flags[i]))
			p->have[i]++;
		else if (!p->missing[i]++)
			p->lacks[i] = cpu;
	}
}

static bool starts_with_number(const char *s, size_t n)
{
	return n && isdigit((unsigned char)*s);
}

static void note_count(struct parser *p, const struct entry *e)
{
	uint64_t n;

	if (is(e, "processor") && starts_with_number(e->value, e->nvalue))
		p->processors++;
	else if (e->nkey > 10 && memcmp(e->key, "processor ", 10) == 0 &&
		 starts_with_number(e->key + 10, e->nkey - 10))
		p->processors++; /* s390: "processor 3: version = 00, ..." */
	else if ((is(e, "# processors") || is(e, "ncpus active") || is(e, "cpus active")) &&
		 num_parse(value(p, e), 10, &n) && n <= CPU_DUMP_CPUS)
		p->declared = (unsigned)n;
	else if (e->nkey > 3 && memcmp(e->key, "CPU", 3) == 0 &&
		 starts_with_number(e->key + 3, e->nkey - 3) && p->out->arch == ARCH_SPARC)
		p->per_cpu++;
}

static void note_numbers(struct parser *p, const struct entry *e)
{
	if (is(e, "CPU implementer") && !p->implementer)
		p->implementer = value(p, e);
	else if (is(e, "mvendorid") && !p->mvendor)
		p->mvendor = value(p, e);
	else if (is(e, "microcode") && p->out->microcode && !p->out->microcode_differs &&
		 (strlen(p->out->microcode) != e->nvalue ||
		  memcmp(p->out->microcode, e->value, e->nvalue) != 0))
		p->out->microcode_differs =
			arena_printf(p->a, "%s and %s", p->out->microcode, value(p, e));
}

/* What decides the architecture can stand below what depends on it: ppc's "timebase" is near the end. */
static void each_line(struct parser *p, const char *text, size_t len,
		      void (*note)(struct parser *, const struct entry *))
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);
		struct entry e;

		if (split(text, n, &e))
			note(p, &e);
		text = stop ? stop + 1 : end;
	}
}

static void note_all(struct parser *p, const struct entry *e)
{
	p->keys++;
	note_count(p, e);
	note_field(p, e);
	note_flags(p, e);
	note_numbers(p, e);
}

static void settle_vendor(struct parser *p)
{
	struct cpuinfo *out = p->out;
	const char *name = NULL;
	uint64_t n;

	if (out->vendor)
		return;
	if (p->implementer && num_parse(p->implementer, 0, &n) && n <= 255)
		name = cpu_arm_implementer((unsigned)n);
	if (name)
		out->vendor = name;
	else if (p->implementer)
		out->vendor = p->implementer;
	else if (p->mvendor)
		out->vendor = p->mvendor;
	else if (out->arch == ARCH_PPC && out->brand && str_starts(out->brand, "POWER"))
		out->vendor = "IBM";
	else if (out->arch == ARCH_LOONGARCH)
		out->vendor = "Loongson";
}

static void settle_differences(struct parser *p)
{
	struct strbuf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(same_flags); i++) {
		if (!p->missing[i] || !p->have[i])
			continue;
		strbuf_printf(&text, "%sCPU %u", text.len ? "; " : "", p->lacks[i]);
		if (p->missing[i] > 1)
			strbuf_printf(&text, " and %u more", p->missing[i] - 1);
		strbuf_printf(&text, ": no %s", same_flags[i]);
	}
	if (text.len)
		p->out->differs = arena_dup(p->a, text.text);
	strbuf_fini(&text);
}

int cpuinfo_parse(struct arena *a, const char *text, size_t len, struct cpuinfo *out)
{
	struct cpuinfo info = {0};
	struct parser p = {.a = a, .out = &info};

	each_line(&p, text, len, note_arch);
	each_line(&p, text, len, note_all);
	if (!p.keys)
		return -ENODATA;
	info.count = p.processors ? p.processors : p.declared ? p.declared : p.per_cpu;
	settle_vendor(&p);
	settle_differences(&p);
	*out = info;
	return 0;
}

bool cpuinfo_has_flag(const struct cpuinfo *i, const char *flag)
{
	return i->flags && str_has_word(i->flags, flag);
}

bool cpuinfo_isa_has(const char *isa, const char *extension)
{
	size_t n = strlen(extension);
	const char *p = isa;

	if (!str_starts(p, "rv"))
		return false;
	p += strspn(p, "rv0123456789");
	if (n == 1) {
		/* Single letters come first; Linux puts "_" before every longer name. */
		return memchr(p, *extension, strcspn(p, "_")) != NULL;
	}
	while ((p = strchr(p, '_'))) {
		p++;
		if (strncmp(p, extension, n) == 0 &&
		    (!p[n] || p[n] == '_' || isspace((unsigned char)p[n])))
			return true;
	}
	return false;
}
