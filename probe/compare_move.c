/* Whether a VM can go on running elsewhere, and which CPU models can everywhere. */
#include "probe/compare_parts.h"

#include "base/scope.h"
#include "probe/cpu_features.h"
#include "probe/cpu_model.h"

#include <string.h>

/* Bits that speak of the machine, not of instructions: no guest sees them, so none misses them. Only used where
 * nobody could ask KVM what it gives. */
static const char *const hosts_only[] = {
	"acpi",       "bpext",       "cid",     "cqm",      "dca",       "ds_cpl",  "dtes64",
	"dts",        "enqcmd",      "est",     "extapic",  "flush_l1d", "ht",      "hwp",
	"hybrid_cpu", "ia64",        "ibs",     "intel_pt", "irperf",    "lwp",     "monitor",
	"mwaitx",     "nodeid_msr",  "osxsave", "ospke",    "pbe",       "pconfig", "pdcm",
	"perfctr_nb", "perfctr_llc", "pn",      "rdt_a",    "sdbg",      "sev",     "sev_es",
	"sev_snp",    "sgx",         "sgx_lc",  "skinit",   "sme",       "smx",     "tm",
	"tm2",        "tme",         "wdt",     "xtpr",     "svm_lock",
};

/* What KVM makes up itself, whatever the CPU. */
static const char *const given_anywhere[] = {
	"apic",   "arat", "arch_capabilities", "hypervisor", "tsc_adjust", "tsc_deadline_timer",
	"x2apic",
};

/* ---- sets ---- */

static size_t set_count(const struct feature_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < COMPARE_FEATURES; i++)
		n += set->has[i];
	return n;
}

static void set_remove(struct feature_set *set, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct cpu_feature *f = cpu_feature_find(names[i]);

		if (f && (size_t)(f - cpu_features) < COMPARE_FEATURES)
			set->has[f - cpu_features] = false;
	}
}

static struct feature_set set_of_model(const struct cpu_model *m)
{
	struct feature_set set = {0};
	const char *at = m->features, *word;
	char name[64];
	size_t n;

	while (str_word(&at, &word, &n))
		if (n < sizeof name) {
			memcpy(name, word, n);
			name[n] = '\0';
			feature_set_add(&set, name);
		}
	return set;
}

/* ---- moving ---- */

/* What a guest can be given on one side; the same source for both, or the sets could not be compared. */
static struct feature_set given_on(const struct side *s, bool by_kvm)
{
	struct feature_set set = by_kvm ? s->guest : s->cpu;

	if (!by_kvm)
		set_remove(&set, hosts_only, ARRAY_SIZE(hosts_only));
	/* Without svm its details mean nothing; Intel's vnmi goes by the same name. */
	for (size_t i = 0; i < ncpu_features && !feature_set_has(&set, "svm"); i++)
		if (cpu_features[i].word == WORD_XA_EDX)
			set.has[i] = false;
	for (size_t i = 0; i < ARRAY_SIZE(given_anywhere); i++)
		feature_set_add(&set, given_anywhere[i]);
	return set;
}

/* The features of `want` that are not in `have`. */
static void note_lacking(struct move *m, struct arena *a, const struct feature_set *want,
			 const struct feature_set *have)
{
	size_t room = 0;

	for (size_t i = 0; i < ncpu_features && i < COMPARE_FEATURES; i++)
		if (want->has[i] && !have->has[i]) {
			ARENA_GROW(a, m->lacking, m->nlacking, room);
			m->lacking[m->nlacking++] = cpu_features[i].name;
		}
}

static void refuse(struct move *m, const char *reason)
{
	m->can = MOVE_NO;
	m->reason = reason;
}

static void judge_move(struct move *m, struct arena *a, const struct cpu_model *model)
{
	const struct side *from = m->from, *to = m->to;
	bool by_kvm = from->guest_known && to->guest_known;
	struct feature_set here, there, wanted;

	m->can = MOVE_UNKNOWN;
	if (!from->cpu_known || !to->cpu_known) {
		m->reason = arena_printf(a, "the CPU features of %s are not known",
					 from->cpu_known ? to->name : from->name);
		return;
	}
	here = given_on(from, by_kvm);
	there = given_on(to, by_kvm);
	wanted = model ? set_of_model(model) : here;
	m->can = MOVE_YES;
	if (from->vendor && to->vendor && !str_eq(from->vendor, to->vendor)) {
		note_lacking(m, a, &wanted, &there);
		refuse(m, arena_printf(a, "the CPUs are of different makers (%s, %s)", from->vendor,
				       to->vendor));
		return;
	}
	note_lacking(m, a, &wanted, &here);
	if (m->nlacking) {
		refuse(m, arena_printf(a, "%s does not start whole on %s, which lacks", model->name,
				       from->name));
		return;
	}
	note_lacking(m, a, &wanted, &there);
	if (m->nlacking)
		refuse(m, arena_printf(a, "%s lacks", to->name));
	else if (!model && to->physical_bits && from->physical_bits > to->physical_bits)
		refuse(m, arena_printf(a, "%s addresses %lld bits of memory, %s only %lld",
				       from->name, (long long)from->physical_bits, to->name,
				       (long long)to->physical_bits));
}

void compare_moves(struct comparison *c, struct arena *a, const struct cpu_model *model)
{
	c->moves = arena_alloc(a, c->nsides * c->nsides * sizeof *c->moves);
	for (size_t i = 0; i < c->nsides; i++)
		for (size_t j = 0; j < c->nsides; j++)
			if (i != j) {
				struct move *m = &c->moves[c->nmoves++];

				*m = (struct move){.from = &c->sides[i], .to = &c->sides[j]};
				judge_move(m, a, model);
			}
}

/* ---- models that fit everywhere ---- */

static bool moves_everywhere(const struct comparison *c, const struct cpu_model *model)
{
	struct arena a = {0};
	bool fits = true;

	for (size_t i = 0; i < c->nsides && fits; i++)
		for (size_t j = 0; j < c->nsides && fits; j++) {
			struct move m = {.from = &c->sides[i], .to = &c->sides[j]};

			judge_move(&m, &a, model);
			fits = m.can == MOVE_YES;
		}
	arena_fini(&a);
	return fits;
}

enum { MODELS_SHOWN = 3 };

/* The generic ones of any maker are for hosts of that maker as well as any. */
static bool is_for(const struct cpu_model *m, const char *vendor)
{
	return !vendor || str_eq(m->vendor, vendor) || str_starts(m->name, "kvm") ||
	       str_starts(m->name, "qemu");
}

void compare_models(struct comparison *c, struct arena *a)
{
	size_t counts[MODELS_SHOWN] = {0};

	c->models = arena_alloc(a, MODELS_SHOWN * sizeof *c->models);
	for (size_t i = 0; i < ncpu_models; i++) {
		struct feature_set set = set_of_model(&cpu_models[i]);
		size_t n = set_count(&set), at = 0;

		if (!feature_set_has(&set, "lm") || !is_for(&cpu_models[i], c->sides[0].vendor) ||
		    !moves_everywhere(c, &cpu_models[i]))
			continue;
		while (at < c->nmodels && counts[at] >= n)
			at++;
		if (at == MODELS_SHOWN)
			continue;
		if (c->nmodels < MODELS_SHOWN)
			c->nmodels++;
		for (size_t k = c->nmodels - 1; k > at; k--) {
			counts[k] = counts[k - 1];
			c->models[k] = c->models[k - 1];
		}
		counts[at] = n;
		c->models[at] = cpu_models[i].name;
	}
}
