/* CPU dumps made of lines: one reader a style, all in one table. */
#include "base/scope.h"
#include "base/str.h"
#include "probe/cpu_dump_parts.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Where a line reader stands in the text. */
struct reader {
	struct arena *a;
	struct cpu_dump *d;
	unsigned base;     /* CPUs that were in the dump before this text */
	unsigned cpu;      /* the one whose lines are being read */
	unsigned ncpus;    /* that this text has had so far */
	bool started;      /* leaf 0 of this CPU was there already */
	unsigned *indices; /* CPU_DUMP_CPUS of them: the text's own number of a CPU -> index + 1 */
};

/* ---- small scanners: each moves *at only when it matched ---- */

static void blanks(const char **at)
{
	while (**at == ' ' || **at == '\t')
		(*at)++;
}

static bool literal(const char **at, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(*at, text, n) != 0)
		return false;
	*at += n;
	return true;
}

/* At most 16 digits, with or without 0x. */
static bool number(const char **at, int base, uint64_t *out)
{
	const char *p = *at;
	uint64_t v = 0;
	size_t n = 0;

	if (base == 16 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X'))
		p += 2;
	for (; n <= 16; n++, p++) {
		int c = tolower((unsigned char)*p);
		unsigned digit = isdigit(c)             ? (unsigned)c - '0'
				 : c >= 'a' && c <= 'f' ? (unsigned)c - 'a' + 10
							: 99;

		if (digit >= (unsigned)base)
			break;
		v = v * (unsigned)base + digit;
	}
	if (!n || n > 16)
		return false;
	*out = v;
	*at = p;
	return true;
}

static bool hex32(const char **at, uint32_t *out)
{
	const char *p = *at;
	uint64_t v;

	if (!number(&p, 16, &v) || v > UINT32_MAX)
		return false;
	*out = (uint32_t)v;
	*at = p;
	return true;
}

/* Four registers with the given character between them, or blanks. */
static bool four(const char **at, char between, struct cpu_regs *out)
{
	const char *p = *at;

	for (int i = 0; i < CPU_REGS; i++) {
		if (i && between != ' ' && *p++ != between)
			return false;
		blanks(&p);
		if (!hex32(&p, &out->r[i]))
			return false;
	}
	*at = p;
	return true;
}

/* ---- whose lines these are ---- */

/* From here on another CPU's lines. */
static void next_cpu(struct reader *r)
{
	if (r->base + r->ncpus < CPU_DUMP_CPUS)
		r->cpu = r->base + r->ncpus++;
	r->started = false;
}

/* Leaf 0 once more: another CPU, whatever the heading says. AIDA64 numbers hyper-threads "#1" and "#1 Virtual". */
static void add(struct reader *r, uint32_t leaf, uint32_t sub, struct cpu_regs regs)
{
	if (!r->ncpus || (leaf == 0 && r->started))
		next_cpu(r);
	if (leaf == 0)
		r->started = true;
	cpu_dump_add(r->a, r->d, (struct cpu_dump_leaf){r->cpu, leaf, sub, regs, 0});
}

/* ---- one reader a style; each says whether the line was its own ---- */

/* "Logical CPU #3", "CPU#003 AffMask", "CPUID Registers (CPU #1)", "CPU 3:": from here on that CPU's lines.
 * The numbers may start at 1, have holes, or come again for another kind of table. */
static bool heading(struct reader *r, const char *line)
{
	const char *p = strstr(line, "CPU #");
	uint64_t n;

	if (p)
		p += 5;
	else if (str_starts(line, "CPU#"))
		p = line + 4;
	else if (str_starts(line, "CPU "))
		p = line + 4;
	if (!p || !number(&p, 10, &n) || n >= CPU_DUMP_CPUS)
		return false;
	if (!r->indices)
		r->indices = arena_alloc(r->a, CPU_DUMP_CPUS * sizeof *r->indices);
	if (!r->indices[n]) {
		next_cpu(r);
		r->indices[n] = r->cpu - r->base + 1;
	} else if (r->cpu != r->base + r->indices[n] - 1) {
		r->cpu = r->base + r->indices[n] - 1;
		r->started = true;
	}
	return true;
}

/* libcpuid: "basic_cpuid[1]=00100f42 00030800 00802009 178bfbff" */
static bool libcpuid_line(struct reader *r, const char *line)
{
	static const struct {
		const char *name;
		uint32_t leaf;
		bool counts_leaves; /* the index is the leaf, not the subleaf */
	} arrays[] = {
		{"basic_cpuid[", 0, true},
		{"ext_cpuid[", 0x80000000, true},
		{"intel_fn4[", 4, false},
		{"intel_fn11[", 0xb, false},
		{"intel_fn12h[", 0x12, false},
		{"intel_fn14h[", 0x14, false},
		{"amd_fn8000001dh[", 0x8000001d, false},
		{"amd_fn80000026h[", 0x80000026, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(arrays); i++) {
		const char *p = line;
		struct cpu_regs regs;
		uint64_t n;

		if (!literal(&p, arrays[i].name))
			continue;
		if (!number(&p, 10, &n) || n > 0xffff || !literal(&p, "]="))
			return false;
		if (!four(&p, ' ', &regs))
			return false;
		if (arrays[i].counts_leaves)
			add(r, arrays[i].leaf + (uint32_t)n, 0, regs);
		else
			add(r, arrays[i].leaf, (uint32_t)n, regs);
		return true;
	}
	return false;
}

/* AIDA64, CPU-Z and InstLatx64: "CPUID 0000000B: 00000001-00000002-00000100-00000000 [SL 00]" */
static bool list_line(struct reader *r, const char *line)
{
	const char *p = line, *mark;
	uint32_t leaf, sub = 0;
	struct cpu_regs regs;

	if (!literal(&p, "CPUID"))
		return false;
	blanks(&p);
	if (!hex32(&p, &leaf))
		return false;
	blanks(&p);
	literal(&p, ":");
	blanks(&p);
	if (!four(&p, '-', &regs))
		return false;
	mark = strstr(p, "[SL ");
	if (mark) {
		mark += 4;
		hex32(&mark, &sub);
	}
	add(r, leaf, sub, regs);
	return true;
}

/* hwloc: "mask eax ebx ecx edx => eax ebx ecx edx"; bit 2 of the mask: ecx was looked at. */
static bool hwloc_line(struct reader *r, const char *line)
{
	struct cpu_regs in, out;
	const char *p = line;
	uint32_t mask;

	if (!hex32(&p, &mask) || mask > 15 || !four(&p, ' ', &in))
		return false;
	blanks(&p);
	if (!literal(&p, "=>") || !four(&p, ' ', &out))
		return false;
	add(r, in.r[CPU_EAX], mask & 4 ? in.r[CPU_ECX] : 0, out);
	return true;
}

/* The hex value behind name, as in eax=0x1 or eax_in='0x1'. The name must stand alone. */
static bool attribute(const char *line, const char *name, uint32_t *out)
{
	size_t n = strlen(name);

	for (const char *p = strstr(line, name); p; p = strstr(p + 1, name)) {
		const char *v = p + n;

		if ((p > line && (isalnum((unsigned char)p[-1]) || p[-1] == '_')) || *v != '=')
			continue;
		v++;
		if (*v == '\'' || *v == '"')
			v++;
		return hex32(&v, out);
	}
	return false;
}

/* cpuid -r: "   0x00000001 0x00: eax=0x000a0f10 ebx=..."; libvirt: "<cpuid eax_in='0x1' ecx_in='0x0' eax='0x..' .../>" */
static bool named_line(struct reader *r, const char *line)
{
	static const char *const names[CPU_REGS] = {"eax", "ebx", "ecx", "edx"};
	const char *p = line;
	uint32_t leaf, sub = 0;
	struct cpu_regs regs;

	for (int i = 0; i < CPU_REGS; i++)
		if (!attribute(line, names[i], &regs.r[i]))
			return false;
	if (attribute(line, "eax_in", &leaf)) {
		attribute(line, "ecx_in", &sub);
	} else {
		blanks(&p);
		if (!hex32(&p, &leaf))
			return false;
		blanks(&p);
		hex32(&p, &sub);
	}
	add(r, leaf, sub, regs);
	return true;
}

/* cpuid_dump: "0x00000001 0x0:  0x00A50F00 0x070C0800 0x7EF8320B 0x178BFBFF  [...]" */
static bool bare_line(struct reader *r, const char *line)
{
	const char *p = line;
	struct cpu_regs regs;
	uint32_t leaf, sub;

	blanks(&p);
	if (!str_starts(p, "0x") || !hex32(&p, &leaf))
		return false;
	blanks(&p);
	if (!hex32(&p, &sub) || !literal(&p, ":") || !four(&p, ' ', &regs))
		return false;
	add(r, leaf, sub, regs);
	return true;
}

static bool arm_line(struct reader *r, const char *line)
{
	const char *p = line;
	uint64_t midr;

	if (!literal(&p, "arm_midr=") || !number(&p, 16, &midr))
		return false;
	if (!r->ncpus)
		next_cpu(r);
	cpu_dump_add_midr(r->a, r->d, (struct cpu_dump_value){.cpu = r->cpu, .value = midr});
	return true;
}

/* AIDA64: "MSR 0000003A: 0000-0000-0000-0005", and the same with fewer dashes. */
static bool msr_line(struct reader *r, const char *line)
{
	const char *p = line;
	uint64_t address, value = 0, part;
	int parts = 0;

	if (!literal(&p, "MSR "))
		return false;
	blanks(&p);
	if (!number(&p, 16, &address))
		return false;
	blanks(&p);
	if (!literal(&p, ":"))
		return false;
	blanks(&p);
	for (; parts < 4 && number(&p, 16, &part) && part <= 0xffff; parts++) {
		value = value << 16 | part;
		literal(&p, "-");
	}
	if (parts != 4)
		return false;
	if (!r->ncpus)
		next_cpu(r);
	cpu_dump_add_msr(r->a, r->d, (struct cpu_dump_value){r->cpu, address, value});
	return true;
}

/* Headings first: "CPUID Registers (CPU #1):" also begins like a list line. */
static bool (*const styles[])(struct reader *, const char *) = {
	list_line, hwloc_line, libcpuid_line, named_line, bare_line, arm_line, msr_line, heading,
};

static bool read_line(struct reader *r, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(styles); i++)
		if (styles[i](r, line))
			return true;
	return false;
}

int cpu_dump_parse_lines(struct arena *a, const char *text, size_t len, struct cpu_dump *d)
{
	struct reader r = {.a = a, .d = d, .base = d->ncpus, .cpu = d->ncpus};
	const char *end = text + len;
	char line[512];

	if (r.base >= CPU_DUMP_CPUS)
		return -E2BIG;
	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);
		size_t keep = n < sizeof line ? n : sizeof line - 1;

		memcpy(line, text, keep);
		line[keep] = '\0';
		read_line(&r, line);
		text = stop ? stop + 1 : end;
	}
	return 0;
}
