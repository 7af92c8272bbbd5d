/* libcpuid's name for a CPU model, from leaves that we ask: its own asking costs half a millisecond. */
#include "base/str.h"
#include "probe/cpu_parts.h"
#include "probe/host.h"

#include <errno.h>
#include <libcpuid.h>
#include <string.h>

enum { SUBLEAVES = 4 };

static void fill(const struct cpu_source *s, unsigned cpu, uint32_t leaf, uint32_t sub,
		 uint32_t *to)
{
	struct cpu_regs r;

	if (cpu_ask(s, cpu, leaf, sub, &r) == 0)
		memcpy(to, r.r, sizeof r.r);
}

/* Number of cores and sizes of caches tell some models apart: libcpuid wants those leaves, too. */
static void fill_all(const struct cpu_source *s, unsigned cpu, const struct cpu_id *id,
		     struct cpu_raw_data_t *raw)
{
	for (uint32_t i = 0; i < MAX_CPUID_LEVEL && i <= id->max_leaf; i++)
		fill(s, cpu, i, 0, raw->basic_cpuid[i]);
	for (uint32_t i = 0; i < MAX_EXT_CPUID_LEVEL && i <= (id->max_extended & 0xffff); i++)
		fill(s, cpu, 0x80000000 + i, 0, raw->ext_cpuid[i]);
	for (uint32_t i = 0; i < SUBLEAVES; i++) {
		if (id->max_leaf >= 4)
			fill(s, cpu, 4, i, raw->intel_fn4[i]);
		if (id->max_leaf >= 0xb)
			fill(s, cpu, 0xb, i, raw->intel_fn11[i]);
		if (id->max_extended >= 0x8000001d)
			fill(s, cpu, 0x8000001d, i, raw->amd_fn8000001dh[i]);
	}
}

/* libcpuid says what it does not know on standard error unless told otherwise. */
static void say_nothing(const char *text)
{
	(void)text;
}

/* libcpuid 0.6 answers with the nearest model it knows, however far. An answer that stays the same for a model number
 * that no CPU has did not come from the model number: it is a guess, and no better than none. */
static bool is_a_guess(struct cpu_raw_data_t *raw, struct cpu_id_t *scratch, const char *codename)
{
	const uint32_t no_model = 0xf0000 | 0x00f0;
	uint32_t *version = &raw->basic_cpuid[1][0];
	const uint32_t before = *version;
	bool same;

	*version ^= (*version & no_model) == no_model ? 0x10000 : (~*version & 0xf0000);
	same = cpu_identify(raw, scratch) == 0 && str_eq(scratch->cpu_codename, codename);
	*version = before;
	return same;
}

struct fact cpu_codename(struct host *h, const struct cpu_source *s, unsigned cpu)
{
	struct cpu_raw_data_t raw = {0};
	struct cpu_id_t *id = arena_alloc(h->a, 2 * sizeof *id);

	cpuid_set_warn_function(say_nothing);
	fill_all(s, cpu, &h->cpu.id, &raw);
	if (cpu_identify(&raw, id) < 0 || !id->cpu_codename[0] ||
	    str_starts(id->cpu_codename, "Unknown") || is_a_guess(&raw, id + 1, id->cpu_codename))
		return fact_unknown("libcpuid", ENODATA);
	return fact_text("libcpuid", id->cpu_codename);
}
