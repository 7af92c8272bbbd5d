/* Reading CPU dumps: each style is a line reader in one table; JSON is its own file. */
#include "probe/cpu_dump.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/cpu_dump_json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a line reader stands in the text. */
struct reader {
	struct arena *a;
	struct cpu_dump *d;
	unsigned base;               /* CPUs that were in the dump before this text */
	unsigned cpu;                /* the one whose lines are being read */
	unsigned *numbers, nnumbers; /* the text's own numbers of its CPUs */
	size_t numbers_room;
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

/* ---- filling the dump ---- */

void cpu_dump_add(struct arena *a, struct cpu_dump *d, struct cpu_dump_leaf leaf)
{
	ARENA_GROW(a, d->leaves, d->count, d->room);
	leaf.order = d->count;
	d->leaves[d->count++] = leaf;
	if (leaf.cpu >= d->ncpus)
		d->ncpus = leaf.cpu + 1;
}

void cpu_dump_add_msr(struct arena *a, struct cpu_dump *d, struct cpu_dump_value v)
{
	ARENA_GROW(a, d->msrs, d->nmsrs, d->msrs_room);
	d->msrs[d->nmsrs++] = v;
	if (v.cpu >= d->ncpus)
		d->ncpus = v.cpu + 1;
}

void cpu_dump_add_midr(struct arena *a, struct cpu_dump *d, struct cpu_dump_value v)
{
	ARENA_GROW(a, d->midrs, d->nmidrs, d->midrs_room);
	d->midrs[d->nmidrs++] = v;
	if (v.cpu >= d->ncpus)
		d->ncpus = v.cpu + 1;
}

static void add(struct reader *r, uint32_t leaf, uint32_t sub, struct cpu_regs regs)
{
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
	for (unsigned i = 0; i < r->nnumbers; i++)
		if (r->numbers[i] == n) {
			r->cpu = r->base + i;
			return true;
		}
	if (r->base + r->nnumbers >= CPU_DUMP_CPUS)
		return true;
	ARENA_GROW(r->a, r->numbers, r->nnumbers, r->numbers_room);
	r->numbers[r->nnumbers] = (unsigned)n;
	r->cpu = r->base + r->nnumbers++;
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

static bool arm_line(struct reader *r, const char *line)
{
	const char *p = line;
	uint64_t midr;

	if (!literal(&p, "arm_midr=") || !number(&p, 16, &midr))
		return false;
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
	cpu_dump_add_msr(r->a, r->d, (struct cpu_dump_value){r->cpu, address, value});
	return true;
}

/* Headings first: "CPUID Registers (CPU #1):" also begins like a list line. */
static bool (*const styles[])(struct reader *, const char *) = {
	list_line, hwloc_line, libcpuid_line, named_line, arm_line, msr_line, heading,
};

static bool read_line(struct reader *r, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(styles); i++)
		if (styles[i](r, line))
			return true;
	return false;
}

/* ---- order and lookup ---- */

static int by_place(const void *a, const void *b)
{
	const struct cpu_dump_leaf *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->leaf != y->leaf)
		return x->leaf < y->leaf ? -1 : 1;
	return x->sub < y->sub ? -1 : x->sub > y->sub;
}

static int by_place_and_order(const void *a, const void *b)
{
	const struct cpu_dump_leaf *x = a, *y = b;
	int r = by_place(a, b);

	return r ? r : x->order < y->order ? -1 : x->order > y->order;
}

/* New CPUs come after the old ones: only the new part needs sorting. */
static void settle_order(struct cpu_dump *d, size_t from)
{
	size_t kept = from;

	if (d->count == from)
		return;
	qsort(d->leaves + from, d->count - from, sizeof *d->leaves, by_place_and_order);
	for (size_t i = from; i < d->count; i++)
		if (kept == from || by_place(&d->leaves[kept - 1], &d->leaves[i]) != 0)
			d->leaves[kept++] = d->leaves[i];
	d->count = kept;
}

static int dump_ask(void *self, unsigned cpu, uint32_t leaf, uint32_t sub, struct cpu_regs *out)
{
	const struct cpu_dump *d = self;
	const struct cpu_dump_leaf key = {.cpu = cpu, .leaf = leaf, .sub = sub};
	const struct cpu_dump_leaf *found =
		d->count ? bsearch(&key, d->leaves, d->count, sizeof key, by_place) : NULL;

	if (!found)
		return -ENODATA;
	*out = found->regs;
	return 0;
}

struct cpu_source cpu_dump_source(const struct cpu_dump *d)
{
	return (struct cpu_source){.ask = dump_ask, .self = (void *)d};
}

const struct cpu_dump_value *cpu_dump_msr(const struct cpu_dump *d, uint64_t address)
{
	for (size_t i = 0; i < d->nmsrs; i++)
		if (d->msrs[i].key == address)
			return &d->msrs[i];
	return NULL;
}

/* ---- whole texts ---- */

static const char *first_word(const char *text, size_t len)
{
	while (len && isspace((unsigned char)*text))
		text++, len--;
	return len ? text : "";
}

static int parse_lines(struct arena *a, const char *text, size_t len, struct cpu_dump *d)
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

int cpu_dump_parse(struct arena *a, const char *text, size_t len, const char *name,
		   struct cpu_dump *out, struct err *e)
{
	struct cpu_dump d = *out;
	int r;

	if (len > CPU_DUMP_TEXT)
		return err_set(e, EFBIG, "%s: too big for a CPU dump", name);
	if (*first_word(text, len) == '{')
		r = cpu_dump_parse_json(a, text, len, &d);
	else
		r = parse_lines(a, text, len, &d);
	if (r < 0)
		return err_sys(e, r, "%s: not read as a CPU dump", name);
	if (d.count == out->count && d.nmidrs == out->nmidrs)
		return err_set(e, EINVAL, "%s: nothing in it that a CPU answered", name);
	settle_order(&d, out->count);
	*out = d;
	return 0;
}

bool cpu_dump_looks_like_one(const char *text, size_t len)
{
	struct arena a = {0};
	struct cpu_dump d = {0};
	bool yes;

	if (len > 4096)
		len = 4096;
	if (*first_word(text, len) == '{')
		return memmem(text, len, "cpuid_modifiers", 15) ||
		       memmem(text, len, "guest_cpu_config", 16);
	yes = parse_lines(&a, text, len, &d) == 0 && (d.count || d.nmidrs);
	arena_fini(&a);
	return yes;
}
