/* The table of x86 feature bits, and the x86-64 levels made of them. */
#include "probe/cpu_features.h"

#include "base/scope.h"
#include "base/str.h"

const struct cpu_word_row cpu_words[CPU_WORDS] = {
	[WORD_1_EDX] = {1, 0, CPU_EDX, true},
	[WORD_1_ECX] = {1, 0, CPU_ECX, true},
	[WORD_6_EAX] = {6, 0, CPU_EAX, false},
	[WORD_7_EBX] = {7, 0, CPU_EBX, true},
	[WORD_7_ECX] = {7, 0, CPU_ECX, true},
	[WORD_7_EDX] = {7, 0, CPU_EDX, true},
	[WORD_7_1_EAX] = {7, 1, CPU_EAX, false},
	[WORD_D_1_EAX] = {0xd, 1, CPU_EAX, false},
	[WORD_X1_ECX] = {0x80000001, 0, CPU_ECX, true},
	[WORD_X1_EDX] = {0x80000001, 0, CPU_EDX, true},
	[WORD_X7_EDX] = {0x80000007, 0, CPU_EDX, false},
	[WORD_X8_EBX] = {0x80000008, 0, CPU_EBX, false},
	[WORD_XA_EDX] = {0x8000000a, 0, CPU_EDX, true},
	[WORD_X1F_EAX] = {0x8000001f, 0, CPU_EAX, false},
	[WORD_X21_EAX] = {0x80000021, 0, CPU_EAX, false},
};

/* clang-format off */
const struct cpu_feature cpu_features[] = {
	{"fpu", WORD_1_EDX, 0}, {"vme", WORD_1_EDX, 1}, {"de", WORD_1_EDX, 2}, {"pse", WORD_1_EDX, 3},
	{"tsc", WORD_1_EDX, 4}, {"msr", WORD_1_EDX, 5}, {"pae", WORD_1_EDX, 6}, {"mce", WORD_1_EDX, 7},
	{"cx8", WORD_1_EDX, 8}, {"apic", WORD_1_EDX, 9}, {"sep", WORD_1_EDX, 11}, {"mtrr", WORD_1_EDX, 12},
	{"pge", WORD_1_EDX, 13}, {"mca", WORD_1_EDX, 14}, {"cmov", WORD_1_EDX, 15}, {"pat", WORD_1_EDX, 16},
	{"pse36", WORD_1_EDX, 17}, {"pn", WORD_1_EDX, 18}, {"clflush", WORD_1_EDX, 19}, {"dts", WORD_1_EDX, 21},
	{"acpi", WORD_1_EDX, 22}, {"mmx", WORD_1_EDX, 23}, {"fxsr", WORD_1_EDX, 24}, {"sse", WORD_1_EDX, 25},
	{"sse2", WORD_1_EDX, 26}, {"ss", WORD_1_EDX, 27}, {"ht", WORD_1_EDX, 28}, {"tm", WORD_1_EDX, 29},
	{"ia64", WORD_1_EDX, 30}, {"pbe", WORD_1_EDX, 31},

	{"pni", WORD_1_ECX, 0}, {"pclmulqdq", WORD_1_ECX, 1}, {"dtes64", WORD_1_ECX, 2}, {"monitor", WORD_1_ECX, 3},
	{"ds_cpl", WORD_1_ECX, 4}, {"vmx", WORD_1_ECX, 5}, {"smx", WORD_1_ECX, 6}, {"est", WORD_1_ECX, 7},
	{"tm2", WORD_1_ECX, 8}, {"ssse3", WORD_1_ECX, 9}, {"cid", WORD_1_ECX, 10}, {"sdbg", WORD_1_ECX, 11},
	{"fma", WORD_1_ECX, 12}, {"cx16", WORD_1_ECX, 13}, {"xtpr", WORD_1_ECX, 14}, {"pdcm", WORD_1_ECX, 15},
	{"pcid", WORD_1_ECX, 17}, {"dca", WORD_1_ECX, 18}, {"sse4_1", WORD_1_ECX, 19}, {"sse4_2", WORD_1_ECX, 20},
	{"x2apic", WORD_1_ECX, 21}, {"movbe", WORD_1_ECX, 22}, {"popcnt", WORD_1_ECX, 23},
	{"tsc_deadline_timer", WORD_1_ECX, 24}, {"aes", WORD_1_ECX, 25}, {"xsave", WORD_1_ECX, 26},
	{"osxsave", WORD_1_ECX, 27}, {"avx", WORD_1_ECX, 28}, {"f16c", WORD_1_ECX, 29}, {"rdrand", WORD_1_ECX, 30},
	{"hypervisor", WORD_1_ECX, 31},

	{"arat", WORD_6_EAX, 2}, {"hwp", WORD_6_EAX, 7},

	{"fsgsbase", WORD_7_EBX, 0}, {"tsc_adjust", WORD_7_EBX, 1}, {"sgx", WORD_7_EBX, 2}, {"bmi1", WORD_7_EBX, 3},
	{"hle", WORD_7_EBX, 4}, {"avx2", WORD_7_EBX, 5}, {"smep", WORD_7_EBX, 7}, {"bmi2", WORD_7_EBX, 8},
	{"erms", WORD_7_EBX, 9}, {"invpcid", WORD_7_EBX, 10}, {"rtm", WORD_7_EBX, 11}, {"cqm", WORD_7_EBX, 12},
	{"mpx", WORD_7_EBX, 14}, {"rdt_a", WORD_7_EBX, 15}, {"avx512f", WORD_7_EBX, 16}, {"avx512dq", WORD_7_EBX, 17},
	{"rdseed", WORD_7_EBX, 18}, {"adx", WORD_7_EBX, 19}, {"smap", WORD_7_EBX, 20}, {"avx512ifma", WORD_7_EBX, 21},
	{"clflushopt", WORD_7_EBX, 23}, {"clwb", WORD_7_EBX, 24}, {"intel_pt", WORD_7_EBX, 25},
	{"avx512pf", WORD_7_EBX, 26}, {"avx512er", WORD_7_EBX, 27}, {"avx512cd", WORD_7_EBX, 28},
	{"sha_ni", WORD_7_EBX, 29}, {"avx512bw", WORD_7_EBX, 30}, {"avx512vl", WORD_7_EBX, 31},

	{"avx512vbmi", WORD_7_ECX, 1}, {"umip", WORD_7_ECX, 2}, {"pku", WORD_7_ECX, 3}, {"ospke", WORD_7_ECX, 4},
	{"waitpkg", WORD_7_ECX, 5}, {"avx512_vbmi2", WORD_7_ECX, 6}, {"shstk", WORD_7_ECX, 7}, {"gfni", WORD_7_ECX, 8},
	{"vaes", WORD_7_ECX, 9}, {"vpclmulqdq", WORD_7_ECX, 10}, {"avx512_vnni", WORD_7_ECX, 11},
	{"avx512_bitalg", WORD_7_ECX, 12}, {"tme", WORD_7_ECX, 13}, {"avx512_vpopcntdq", WORD_7_ECX, 14},
	{"la57", WORD_7_ECX, 16}, {"rdpid", WORD_7_ECX, 22}, {"bus_lock_detect", WORD_7_ECX, 24},
	{"cldemote", WORD_7_ECX, 25}, {"movdiri", WORD_7_ECX, 27}, {"movdir64b", WORD_7_ECX, 28},
	{"enqcmd", WORD_7_ECX, 29}, {"sgx_lc", WORD_7_ECX, 30}, {"pks", WORD_7_ECX, 31},

	{"avx512_4vnniw", WORD_7_EDX, 2}, {"avx512_4fmaps", WORD_7_EDX, 3}, {"fsrm", WORD_7_EDX, 4},
	{"uintr", WORD_7_EDX, 5}, {"avx512_vp2intersect", WORD_7_EDX, 8}, {"md_clear", WORD_7_EDX, 10},
	{"serialize", WORD_7_EDX, 14}, {"hybrid_cpu", WORD_7_EDX, 15}, {"tsxldtrk", WORD_7_EDX, 16},
	{"pconfig", WORD_7_EDX, 18}, {"arch_lbr", WORD_7_EDX, 19}, {"ibt", WORD_7_EDX, 20}, {"amx_bf16", WORD_7_EDX, 22},
	{"avx512_fp16", WORD_7_EDX, 23}, {"amx_tile", WORD_7_EDX, 24}, {"amx_int8", WORD_7_EDX, 25},
	{"spec_ctrl", WORD_7_EDX, 26}, {"intel_stibp", WORD_7_EDX, 27}, {"flush_l1d", WORD_7_EDX, 28},
	{"arch_capabilities", WORD_7_EDX, 29}, {"core_capabilities", WORD_7_EDX, 30},
	{"spec_ctrl_ssbd", WORD_7_EDX, 31},

	{"sha512", WORD_7_1_EAX, 0}, {"sm3", WORD_7_1_EAX, 1}, {"sm4", WORD_7_1_EAX, 2}, {"avx_vnni", WORD_7_1_EAX, 4},
	{"avx512_bf16", WORD_7_1_EAX, 5}, {"cmpccxadd", WORD_7_1_EAX, 7}, {"fzrm", WORD_7_1_EAX, 10},
	{"fsrs", WORD_7_1_EAX, 11}, {"fsrc", WORD_7_1_EAX, 12}, {"fred", WORD_7_1_EAX, 17}, {"lkgs", WORD_7_1_EAX, 18},
	{"amx_fp16", WORD_7_1_EAX, 21}, {"avx_ifma", WORD_7_1_EAX, 23}, {"lam", WORD_7_1_EAX, 26},

	{"xsaveopt", WORD_D_1_EAX, 0}, {"xsavec", WORD_D_1_EAX, 1}, {"xgetbv1", WORD_D_1_EAX, 2},
	{"xsaves", WORD_D_1_EAX, 3}, {"xfd", WORD_D_1_EAX, 4},

	{"lahf_lm", WORD_X1_ECX, 0}, {"cmp_legacy", WORD_X1_ECX, 1}, {"svm", WORD_X1_ECX, 2}, {"extapic", WORD_X1_ECX, 3},
	{"cr8_legacy", WORD_X1_ECX, 4}, {"abm", WORD_X1_ECX, 5}, {"sse4a", WORD_X1_ECX, 6},
	{"misalignsse", WORD_X1_ECX, 7}, {"3dnowprefetch", WORD_X1_ECX, 8}, {"osvw", WORD_X1_ECX, 9},
	{"ibs", WORD_X1_ECX, 10}, {"xop", WORD_X1_ECX, 11}, {"skinit", WORD_X1_ECX, 12}, {"wdt", WORD_X1_ECX, 13},
	{"lwp", WORD_X1_ECX, 15}, {"fma4", WORD_X1_ECX, 16}, {"tce", WORD_X1_ECX, 17}, {"nodeid_msr", WORD_X1_ECX, 19},
	{"tbm", WORD_X1_ECX, 21}, {"topoext", WORD_X1_ECX, 22}, {"perfctr_core", WORD_X1_ECX, 23},
	{"perfctr_nb", WORD_X1_ECX, 24}, {"bpext", WORD_X1_ECX, 26}, {"perfctr_llc", WORD_X1_ECX, 28},
	{"mwaitx", WORD_X1_ECX, 29},

	{"syscall", WORD_X1_EDX, 11}, {"nx", WORD_X1_EDX, 20}, {"mmxext", WORD_X1_EDX, 22}, {"fxsr_opt", WORD_X1_EDX, 25},
	{"pdpe1gb", WORD_X1_EDX, 26}, {"rdtscp", WORD_X1_EDX, 27}, {"lm", WORD_X1_EDX, 29},
	{"3dnowext", WORD_X1_EDX, 30}, {"3dnow", WORD_X1_EDX, 31},

	{"invtsc", WORD_X7_EDX, 8},

	{"clzero", WORD_X8_EBX, 0}, {"irperf", WORD_X8_EBX, 1}, {"xsaveerptr", WORD_X8_EBX, 2}, {"rdpru", WORD_X8_EBX, 4},
	{"wbnoinvd", WORD_X8_EBX, 9}, {"ibpb", WORD_X8_EBX, 12}, {"ibrs", WORD_X8_EBX, 14}, {"stibp", WORD_X8_EBX, 15},
	{"ssbd", WORD_X8_EBX, 24}, {"virt_ssbd", WORD_X8_EBX, 25},

	{"npt", WORD_XA_EDX, 0}, {"lbrv", WORD_XA_EDX, 1}, {"svm_lock", WORD_XA_EDX, 2}, {"nrip_save", WORD_XA_EDX, 3},
	{"tsc_scale", WORD_XA_EDX, 4}, {"vmcb_clean", WORD_XA_EDX, 5}, {"flushbyasid", WORD_XA_EDX, 6},
	{"decodeassists", WORD_XA_EDX, 7}, {"pausefilter", WORD_XA_EDX, 10}, {"pfthreshold", WORD_XA_EDX, 12},
	{"avic", WORD_XA_EDX, 13}, {"v_vmsave_vmload", WORD_XA_EDX, 15}, {"vgif", WORD_XA_EDX, 16},
	{"x2avic", WORD_XA_EDX, 18}, {"v_spec_ctrl", WORD_XA_EDX, 20}, {"vnmi", WORD_XA_EDX, 25},

	{"sme", WORD_X1F_EAX, 0}, {"sev", WORD_X1F_EAX, 1}, {"sev_es", WORD_X1F_EAX, 3}, {"sev_snp", WORD_X1F_EAX, 4},

	{"nullseg_base", WORD_X21_EAX, 6}, {"autoibrs", WORD_X21_EAX, 8},
};
/* clang-format on */
const size_t ncpu_features = ARRAY_SIZE(cpu_features);

/* x86-64 psABI, "Micro-Architecture Levels". osxsave and lzcnt go by the names in this table: xsave and abm.
 * syscall is left out: lm implies it, and Intel's CPUs do not show it to dumps made in 32-bit mode. */
static const struct {
	int level;
	const char *name;
} wanted[] = {
	{1, "lm"},       {1, "cmov"},     {1, "cx8"},      {1, "fpu"},      {1, "fxsr"},
	{1, "mmx"},      {1, "sse"},      {1, "sse2"},     {2, "cx16"},     {2, "lahf_lm"},
	{2, "popcnt"},   {2, "pni"},      {2, "sse4_1"},   {2, "sse4_2"},   {2, "ssse3"},
	{3, "avx"},      {3, "avx2"},     {3, "bmi1"},     {3, "bmi2"},     {3, "f16c"},
	{3, "fma"},      {3, "abm"},      {3, "movbe"},    {3, "xsave"},    {4, "avx512f"},
	{4, "avx512bw"}, {4, "avx512cd"}, {4, "avx512dq"}, {4, "avx512vl"},
};

const struct cpu_feature *cpu_feature_find(const char *name)
{
	for (size_t i = 0; i < ncpu_features; i++)
		if (str_eq(cpu_features[i].name, name))
			return &cpu_features[i];
	return NULL;
}

bool cpu_words_have(const uint32_t words[CPU_WORDS], const char *name)
{
	const struct cpu_feature *f = cpu_feature_find(name);

	return f && words[f->word] >> f->bit & 1;
}

int cpu_level(bool (*has)(const void *self, const char *name), const void *self,
	      const char **missing)
{
	*missing = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!has(self, wanted[i].name)) {
			*missing = wanted[i].name;
			return wanted[i].level - 1;
		}
	return 4;
}

static bool words_have(const void *self, const char *name)
{
	return cpu_words_have(self, name);
}

static bool flags_have(const void *self, const char *name)
{
	return str_has_word(self, name);
}

int cpu_words_level(const uint32_t words[CPU_WORDS], const char **missing)
{
	return cpu_level(words_have, words, missing);
}

int cpu_flags_level(const char *flags, const char **missing)
{
	return cpu_level(flags_have, flags, missing);
}
