/* CPU vulnerabilities and mitigations, SMT and microcode, seen by somebody who runs other people's guests. */
#include "probe/security.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
static const char smt_active[] = "/sys/devices/system/cpu/smt/active";
static const char smt_control[] = "/sys/devices/system/cpu/smt/control";

/* Those that reach across the border of a guest, or of a container. Linux Documentation/admin-guide/hw-vuln. */
static const struct {
	const char *name, *harm;
} crossing[] = {
	{"gather_data_sampling", "a guest can read vector registers of others on the same core"},
	{"ghostwrite", "any program can write to physical memory"},
	{"indirect_target_selection", "a guest can steer the host's indirect branches"},
	{"itlb_multihit", "a guest can crash the host"},
	{"l1tf", "a guest can read the host's memory from the L1 cache"},
	{"mds", "a guest can read data of others from the core's buffers"},
	{"meltdown", "programs and paravirtual guests can read the kernel's memory"},
	{"mmio_stale_data", "a guest with a device can read stale data from the core's buffers"},
	{"reg_file_data_sampling", "a guest can read stale registers of others"},
	{"retbleed", "a guest can steer the host's returns and read its memory"},
	{"spec_rstack_overflow", "a guest can steer the host's returns and read its memory"},
	{"spectre_v2", "a guest can steer the host's indirect branches and read its memory"},
	{"srbds", "a guest can see the random numbers that others draw"},
	{"tsa", "a guest can infer data of others from timing"},
	{"tsx_async_abort", "a guest can read data of others from the core's buffers"},
	{"vmscape", "a guest can read the memory of its own QEMU"},
};

/* Kernel command line words that switch mitigations off. */
static const char *const off_words[] = {
	"mitigations=off",
	"nopti",
	"pti=off",
	"nospectre_v2",
	"spectre_v2=off",
	"l1tf=off",
	"mds=off",
	"tsx_async_abort=off",
	"mmio_stale_data=off",
	"retbleed=off",
	"spec_rstack_overflow=off",
	"gather_data_sampling=off",
	"kvm-intel.vmentry_l1d_flush=never",
	"kvm.nx_huge_pages=off",
};

enum exposure vulnerability_exposure(const char *text)
{
	/* "KVM: Mitigation: Split huge pages" (itlb_multihit) */
	if (str_starts(text, "KVM: "))
		text += 5;
	if (str_starts(text, "Not affected"))
		return NOT_AFFECTED;
	if (str_starts(text, "Unknown") || !*text)
		return EXPOSURE_UNKNOWN;
	if (!str_starts(text, "Mitigation"))
		return VULNERABLE;
	/* Part of it may be open: "Mitigation: PTE Inversion; VMX: vulnerable". "SMT vulnerable" is judged apart. */
	return strcasestr(text, ": vulnerable") ? VULNERABLE : MITIGATED;
}

static struct fact list_of(struct host *h, bool (*wanted)(const struct vulnerability *))
{
	const struct security *s = &h->security;
	struct strbuf names = {0};
	struct fact f;

	for (size_t i = 0; i < s->count; i++)
		if (wanted(&s->list[i]))
			strbuf_printf(&names, "%s%s", names.len ? ", " : "", s->list[i].name);
	if (s->listed.is != YES)
		f = fact_unknown(folder, s->listed.err);
	else if (names.len)
		f = fact_text(folder, arena_dup(h->a, names.text));
	else
		f = fact_no(folder);
	strbuf_fini(&names);
	return f;
}

static bool is_exposed(const struct vulnerability *v)
{
	return v->exposure == VULNERABLE && v->harm;
}

static bool is_inside(const struct vulnerability *v)
{
	return v->exposure == VULNERABLE && !v->harm;
}

static bool is_unknown(const struct vulnerability *v)
{
	return v->exposure == EXPOSURE_UNKNOWN;
}

static bool is_open_to_threads(const struct vulnerability *v)
{
	return v->smt;
}

static bool wants_microcode(const struct vulnerability *v)
{
	return v->microcode;
}

static void gather_vulnerabilities(struct host *h)
{
	struct security *s = &h->security;
	struct tree_names names;
	int r = tree_list(h->t, folder, &names);

	for (size_t i = 0; r == 0 && i < names.count && s->count < VULNERABILITIES_MAX; i++) {
		struct vulnerability v = {.name = names.names[i]};

		if (tree_readf_line(h->t, &v.text, "%s/%s", folder, v.name) < 0)
			continue;
		for (size_t j = 0; j < ARRAY_SIZE(crossing); j++)
			if (str_eq(crossing[j].name, v.name))
				v.harm = crossing[j].harm;
		v.exposure = vulnerability_exposure(v.text);
		v.smt = strcasestr(v.text, "SMT vulnerable") != NULL;
		v.microcode = v.exposure == VULNERABLE && strcasestr(v.text, "no microcode");
		s->list[s->count++] = v;
	}
	s->listed = r < 0 ? fact_unknown(folder, r) : fact_num(folder, (int64_t)s->count);
	s->exposed = list_of(h, is_exposed);
	s->inside = list_of(h, is_inside);
	s->unknown = list_of(h, is_unknown);
	s->smt_exposed = list_of(h, is_open_to_threads);
	s->microcode_missing = list_of(h, wants_microcode);
}

static void gather(struct host *h)
{
	struct security *s = &h->security;
	const struct cpuinfo *info = &h->cpu.info;

	gather_vulnerabilities(h);
	s->smt = fact_from_flag(h->t, smt_active);
	s->smt_control = fact_from_line(h->t, smt_control);
	s->microcode = h->cpu.microcode;
	if (s->microcode.is == YES)
		s->microcode_same = fact_because("/proc/cpuinfo", !info->microcode_differs,
						 info->microcode_differs);
	else
		s->microcode_same = fact_unknown("/proc/cpuinfo", s->microcode.err);
}

static void details(const struct host *h, json_t *to)
{
	const struct security *s = &h->security;
	json_t *all = json_object();

	for (size_t i = 0; i < s->count; i++)
		json_object_set_new(all, s->list[i].name, json_string(s->list[i].text));
	json_object_set_new(to, "vulnerabilities", all);
}

/* ---- checks ---- */

static const struct vulnerability *first_exposed(const struct security *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_exposed(&s->list[i]))
			return &s->list[i];
	return NULL;
}

static void fix_exposed(const struct host *h, struct finding *f)
{
	const char *cmdline = fact_str(h->kernel.cmdline, "");

	for (size_t i = 0; i < ARRAY_SIZE(off_words); i++)
		if (str_has_word(cmdline, off_words[i])) {
			finding_cite(f, &h->kernel.cmdline);
			finding_fix(f, "remove %s from the kernel command line and reboot",
				    off_words[i]);
			return;
		}
	if (h->cpu.hypervisor.is == YES)
		finding_fix(f, "update this kernel; in a VM also the host's microcode and kernel, "
			       "and the CPU "
			       "model it shows, decide");
}

static void judge_vulnerabilities(const struct host *h, struct finding *f)
{
	const struct security *s = &h->security;
	const struct vulnerability *v = first_exposed(s);

	if (finding_if_unknown(f, &s->listed))
		return;
	finding_cite(f, &s->exposed);
	finding_cite(f, &s->inside);
	if (v) {
		finding_warn(f, "%s: %s%s", s->exposed.text, v->harm,
			     strchr(s->exposed.text, ',') ? ", and more" : "");
		fix_exposed(h, f);
	} else if (s->inside.is == YES) {
		finding_pass(f, "%s: open, but only inside one guest or process", s->inside.text);
	} else if (s->unknown.is == YES) {
		finding_cite(f, &s->unknown);
		finding_unsure(f, "the kernel cannot tell about %s", s->unknown.text);
	} else {
		finding_pass(f, NULL);
	}
}

static void judge_smt(const struct host *h, struct finding *f)
{
	const struct security *s = &h->security;

	if (finding_if_unknown(f, &s->smt))
		return;
	finding_cite(f, &s->smt);
	finding_cite(f, &s->smt_control);
	finding_cite(f, &s->smt_exposed);
	if (s->smt.is == NO)
		finding_pass(f, "hyper-threads are not in use");
	else if (s->smt_exposed.is == YES)
		finding_warn(f, "hyper-threads are in use, and %s leaks between them",
			     s->smt_exposed.text);
	else
		finding_pass(f, "hyper-threads are in use; the kernel knows of nothing that leaks "
				"between them");
}

static void judge_microcode(const struct host *h, struct finding *f)
{
	const struct security *s = &h->security;

	finding_cite(f, &s->microcode);
	finding_cite(f, &s->microcode_missing);
	if (h->cpu.hypervisor.is == YES)
		finding_skip(f, "in a VM the host's microcode counts");
	else if (h->cpu.arch_kind && h->cpu.arch_kind != ARCH_X86)
		finding_skip(f, "an x86 question");
	else if (s->microcode_missing.is == YES)
		finding_warn(f, "%s: the kernel needs newer microcode than %s",
			     s->microcode_missing.text, fact_str(s->microcode, "this"));
	else if (s->microcode_same.is == NO)
		finding_warn(f, "the CPUs run different microcode: %s", s->microcode_same.text);
	else if (!finding_if_unknown(f, &s->microcode))
		finding_pass(f, "version %s", s->microcode.text);
}

static const struct fact_row facts[] = {
	FACT("security.vulnerabilities", security.listed, "CPU vulnerabilities the kernel knows"),
	FACT("security.exposed", security.exposed, "open to guests"),
	FACT("security.inside", security.inside, "open, but only inside one guest"),
	FACT("security.unknown", security.unknown, "not known to the kernel"),
	FACT("security.smt", security.smt, "hyper-threads are in use"),
	FACT("security.smt-control", security.smt_control, "how hyper-threads are switched"),
	FACT("security.smt-exposed", security.smt_exposed, "open between hyper-threads"),
	FACT("security.microcode-same", security.microcode_same, "all CPUs run the same microcode"),
	FACT("security.microcode-missing", security.microcode_missing,
	     "waiting for newer microcode"),
};

static const struct check checks[] = {
	{
		.id = "security.vulnerabilities",
		.title = "the CPU's flaws are closed to guests",
		.category = CAT_SECURITY,
		.miss = WARN,
		.judge = judge_vulnerabilities,
		.why = "Some CPU flaws let a guest read, or crash, what is outside it: the host "
		       "and its other guests. "
		       "The kernel lists each with its mitigation. It matters where guests are not "
		       "all yours.",
		.fix = "update the kernel and the package intel-microcode or amd64-microcode "
		       "(linux-firmware on other "
		       "distributions), then reboot",
	},
	{
		.id = "security.smt",
		.title = "hyper-threads do not leak between guests",
		.category = CAT_SECURITY,
		.miss = WARN,
		.judge = judge_smt,
		.why = "Two hyper-threads share a core's caches and buffers. With some CPUs a "
		       "guest on one can read what the "
		       "other works on, and no mitigation short of switching them off, or of core "
		       "scheduling, helps. "
		       "Firecracker's production advice is to switch them off.",
		.fix = "echo off > /sys/devices/system/cpu/smt/control, or nosmt on the kernel "
		       "command line",
	},
	{
		.id = "security.microcode",
		.title = "the CPU's microcode is new enough",
		.category = CAT_SECURITY,
		.miss = WARN,
		.judge = judge_microcode,
		.why = "Many mitigations are only there with newer microcode than the CPU was made "
		       "with, and all CPUs of a host "
		       "should run the same.",
		.fix = "install intel-microcode or amd64-microcode (linux-firmware on other "
		       "distributions), or newer firmware, "
		       "then reboot",
	},
};

const struct area security_area = {
	.name = "security",
	.gather = gather,
	.facts = facts,
	.nfacts = ARRAY_SIZE(facts),
	.checks = checks,
	.nchecks = ARRAY_SIZE(checks),
	.details = details,
};
