/* The CPU area: decoding, cpuinfo of every architecture, dumps, and what follows from them. */
#include "base/scope.h"
#include "base/str.h"
#include "base/tree_backend.h"
#include "probe/cpu_dump.h"
#include "probe/cpu_source.h"
#include "probe/host.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- a host made of texts ---- */

struct text {
	const char *key, *text;
};

struct fake {
	const struct text *texts;
	size_t count;
};

static int fake_find(void *self, const char *key, struct strbuf *out)
{
	const struct fake *f = self;

	for (size_t i = 0; i < f->count; i++)
		if (str_eq(f->texts[i].key, key)) {
			strbuf_add(out, f->texts[i].text);
			return 0;
		}
	return *key == '/' ? -ENOENT : -ENODATA;
}

static int fake_read(void *self, const char *path, size_t limit, struct strbuf *out)
{
	(void)limit;
	return fake_find(self, path, out);
}

static int fake_stat(void *self, const char *path, bool follow, struct tree_stat *st)
{
	struct strbuf text = {0};
	int r = fake_find(self, path, &text);

	(void)follow;
	strbuf_fini(&text);
	memset(st, 0, sizeof *st);
	return r;
}

/* A folder's names stand in its text, with blanks between them. */
static int fake_list(void *self, const char *path, struct strbuf *out)
{
	int r = fake_find(self, path, out);

	for (size_t i = 0; i < out->len; i++)
		if (out->text[i] == ' ')
			out->text[i] = '\0';
	if (r == 0)
		strbuf_addc(out, '\0');
	return r;
}

static void fake_close(void *self)
{
	(void)self;
}

static const struct tree_backend fake_ops = {
	.close = fake_close,
	.read = fake_read,
	.link = fake_find,
	.stat = fake_stat,
	.list = fake_list,
	.answer = fake_find,
};

static const struct probe_options options = {.trial = false};

static void gather(struct host *h, struct fake *f)
{
	memset(h, 0, sizeof *h);
	h->t = tree_new("fake", &fake_ops, f);
	h->a = tree_arena(h->t);
	h->opt = &options;
	host_gather(h, h->t, &options);
}

#define HOST(h_, ...)                                                                              \
	const struct text texts_[] = {__VA_ARGS__};                                                \
	struct fake fake_ = {texts_, ARRAY_SIZE(texts_)};                                          \
	struct host h_;                                                                            \
	gather(&h_, &fake_)

static struct finding judge(struct host *h, const char *id)
{
	const struct area *const both[] = {&cpu_area, &security_area};
	struct finding f = {.a = h->a};

	for (size_t k = 0; k < ARRAY_SIZE(both); k++)
		for (size_t i = 0; i < both[k]->nchecks; i++)
			if (str_eq(both[k]->checks[i].id, id)) {
				f.check = &both[k]->checks[i];
				f.check->judge(h, &f);
				return f;
			}
	fail_msg("no check %s", id);
	return f;
}

/* A made-up Intel CPU: leaf 1 says 6/94/3 with or without vmx (bit 5) and hypervisor (bit 31). */
#define INTEL_LEAVES(cpu_, ecx_)                                                                   \
	{"cpuid/" cpu_ "/0.0", "00000007 756e6547 6c65746e 49656e69"},                             \
		{"cpuid/" cpu_ "/1.0", "000506e3 00000800 " ecx_ " bfebfbff"},                     \
		{"cpuid/" cpu_ "/7.0", "00000000 00000000 00000000 00000000"},                     \
		{"cpuid/" cpu_ "/80000000.0", "80000001 00000000 00000000 00000000"},              \
	{                                                                                          \
		"cpuid/" cpu_ "/80000001.0", "00000000 00000000 00000001 28100800"                 \
	}

static const char intel_with_vmx[] =
	"processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 94\n"
	"flags\t\t: fpu lm nx vmx cx16\nvmx flags\t: vnmi ept vpid unrestricted_guest\n";
static const char intel_without[] = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\n"
				    "flags\t\t: fpu lm nx cx16\n";

static void vmx_hidden_by_firmware_is_seen_without_root(void **state)
{
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "00002021"),
	     {"/proc/cpuinfo", intel_without}, {"/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n"});

	(void)state;
	assert_int_equal(h.cpu.vmx.is, YES);
	assert_int_equal(h.cpu.kernel_virt.is, NO);
	assert_int_equal(h.cpu.firmware.is, NO);
	assert_int_equal(judge(&h, "cpu.firmware").verdict, WARN);
	tree_close(h.t);
}

static void a_vm_is_never_told_about_its_firmware(void **state)
{
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "80002021"),
	     {"/proc/cpuinfo", intel_without},
	     {"cpuid/0/40000000.0", "40000001 4b4d564b 564b4d56 0000004d"});

	(void)state;
	assert_int_equal(h.cpu.firmware.is, UNKNOWN);
	assert_string_equal(h.cpu.hypervisor_signature.text, "KVMKVMKVM");
	assert_string_equal(h.cpu.hypervisor_name.text, "KVM");
	assert_int_equal(judge(&h, "cpu.firmware").verdict, SKIP);
	tree_close(h.t);
}

static void the_firmware_register_has_the_last_word(void **state)
{
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "00002021"),
	     {"/proc/cpuinfo", intel_with_vmx}, {"msr/0/3a", "0x1"},
	     {"/proc/sys/kernel/osrelease", "5.4.0\n"});

	(void)state;
	assert_int_equal(h.cpu.firmware.is, NO);
	assert_int_equal(h.cpu.ept.is, YES);
	assert_int_equal(h.cpu.unrestricted_guest.is, YES);
	assert_int_equal(h.cpu.tpr_shadow.is, NO);
	tree_close(h.t);
}

static void an_old_kernel_cannot_tell(void **state)
{
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "00002021"),
	     {"/proc/cpuinfo", intel_with_vmx}, {"/proc/sys/kernel/osrelease", "5.4.0\n"});

	(void)state;
	assert_int_equal(h.cpu.firmware.is, UNKNOWN);
	assert_int_equal(judge(&h, "cpu.firmware").verdict, UNSURE);
	tree_close(h.t);
}

static void an_old_kernel_remembers_in_its_log(void **state)
{
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "00002021"),
	     {"/proc/cpuinfo", intel_with_vmx}, {"/proc/sys/kernel/osrelease", "5.4.0\n"},
	     {"kmsg/virtualization", "kvm: disabled by bios"});

	(void)state;
	assert_int_equal(h.cpu.firmware.is, NO);
	assert_string_equal(h.cpu.firmware.text, "kvm: disabled by bios");
	tree_close(h.t);
}

static void a_cpu_without_vmx_among_others_is_named(void **state)
{
	HOST(h, {"cpuid/cpus", "0-1"}, INTEL_LEAVES("0", "00002021"), INTEL_LEAVES("1", "00002001"),
	     {"/proc/cpuinfo", intel_with_vmx});

	(void)state;
	assert_int_equal(h.cpu.same.is, NO);
	assert_string_equal(h.cpu.same.text, "CPU 1 lacks vmx");
	assert_int_equal(judge(&h, "cpu.same").verdict, WARN);
	tree_close(h.t);
}

static void a_hypervisor_that_hides_vmx_gets_its_own_setting(void **state)
{
	struct finding f;
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "80002001"),
	     {"/proc/cpuinfo", intel_without},
	     {"cpuid/0/40000000.0", "40000010 61774d56 4d566572 65726177"});

	(void)state;
	f = judge(&h, "cpu.hypervisor-hides");
	assert_int_equal(f.verdict, WARN);
	assert_non_null(strstr(f.note, "VMware"));
	f = judge(&h, "cpu.virt");
	assert_int_equal(f.verdict, WARN);
	assert_non_null(strstr(f.fix, "vhv.enable"));
	tree_close(h.t);
}

static void a_hyperv_root_partition_is_sent_to_mshv(void **state)
{
	struct finding f;
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "80002001"),
	     {"/proc/cpuinfo", intel_without},
	     {"cpuid/0/40000000.0", "4000000c 7263694d 666f736f 76482074"},
	     {"cpuid/0/40000003.0", "00003fff 00000001 00000000 00000000"});

	(void)state;
	assert_int_equal(h.cpu.hyperv_root.is, YES);
	f = judge(&h, "cpu.hypervisor-hides");
	assert_non_null(strstr(f.fix, "/dev/mshv"));
	tree_close(h.t);
}

static void xen_behind_hyperv_leaves_is_found(void **state)
{
	HOST(h, {"cpuid/cpus", "0"}, INTEL_LEAVES("0", "80002001"),
	     {"cpuid/0/40000000.0", "40000006 7263694d 666f736f 76482074"},
	     {"cpuid/0/40000100.0", "40000105 566e6558 65584d4d 4d4d566e"});

	(void)state;
	assert_string_equal(h.cpu.hypervisor_name.text, "Xen");
	tree_close(h.t);
}

static void without_cpuid_the_flags_answer(void **state)
{
	HOST(h, {"/proc/cpuinfo", intel_with_vmx}, {"/proc/sys/kernel/osrelease", "6.8.0\n"});

	(void)state;
	assert_false(h.cpu.id_known);
	assert_int_equal(h.cpu.vmx.is, YES);
	assert_int_equal(h.cpu.svm.is, NO);
	assert_int_equal(h.cpu.hypervisor.is, NO);
	assert_int_equal(h.cpu.firmware.is, YES);
	assert_int_equal(h.cpu.nested_paging.is, YES);
	tree_close(h.t);
}

static void nothing_at_all_is_unknown_not_no(void **state)
{
	struct fake none = {0};
	struct host h;

	(void)state;
	gather(&h, &none);
	for (size_t i = 0; i < cpu_area.nfacts; i++) {
		const struct fact *f =
			(const struct fact *)((const char *)&h + cpu_area.facts[i].offset);

		if (f->is != UNKNOWN)
			fail_msg("%s is known from nothing", cpu_area.facts[i].id);
	}
	for (size_t i = 0; i < cpu_area.nchecks; i++) {
		struct finding f = judge(&h, cpu_area.checks[i].id);

		assert_true(f.verdict == UNSURE || f.verdict == SKIP);
	}
	tree_close(h.t);
}

/* ---- cpuinfo ---- */

static struct cpuinfo parse(struct arena *a, const char *text)
{
	struct cpuinfo i = {0};

	assert_int_equal(cpuinfo_parse(a, text, strlen(text), &i), 0);
	return i;
}

static void lines_may_be_longer_than_any_buffer(void **state)
{
	struct arena a = {0};
	struct strbuf b = {0};
	struct cpuinfo i;

	(void)state;
	strbuf_add(&b, "vendor_id\t: HygonGenuine\ncpu family\t: 24\nflags\t:");
	for (int n = 0; n < 20000; n++)
		strbuf_printf(&b, " word%d", n);
	strbuf_add(&b, " svm\n");
	i = parse(&a, strbuf_str(&b));
	assert_true(cpuinfo_has_flag(&i, "svm"));
	assert_string_equal(i.vendor, "HygonGenuine");
	strbuf_fini(&b);
	arena_fini(&a);
}

static void every_architecture_is_known_by_its_keys(void **state)
{
	static const struct {
		enum cpu_arch arch;
		const char *text, *vendor, *brand;
		unsigned count;
	} cases[] = {
		{ARCH_ARM,
		 "processor : 0\nFeatures : fp asimd\nCPU implementer : 0x41\nCPU part : 0xd40\n"
		 "\nprocessor : 1\n",
		 "Arm", NULL, 2},
		{ARCH_S390,
		 "vendor_id : IBM/S390\n# processors : 2\nfeatures : esan3 zarch sie\n"
		 "processor 0: version = 00, machine = 2964\nprocessor 1: version = 00\n",
		 "IBM/S390", NULL, 2},
		{ARCH_PPC,
		 "processor : 0\ncpu : POWER9, altivec supported\n\ntimebase : 512000000\nplatform "
		 ": PowerNV\n",
		 "IBM", "POWER9, altivec supported", 1},
		{ARCH_RISCV,
		 "processor : 0\nhart : 1\nisa : rv64imafdch_zicsr\nmvendorid : 0x489\n", "0x489",
		 NULL, 1},
		{ARCH_LOONGARCH,
		 "system type : generic\n\nprocessor : 0\nCPU Family : Loongson-64bit\n"
		 "Model Name : Loongson-3A5000\nFeatures : lam lvz\n",
		 "Loongson", "Loongson-3A5000", 1},
		{ARCH_SPARC,
		 "cpu : TI UltraSparc II\nncpus probed : 2\nncpus active : 2\nCPU6: online\n", NULL,
		 "TI UltraSparc II", 2},
		{ARCH_IA64,
		 "processor : 0\nvendor : GenuineIntel\narch : IA-64\nfamily : 32\narchrev : 0\n",
		 "GenuineIntel", NULL, 1},
		{ARCH_MIPS, "system type : x\nprocessor : 0\ncpu model : Cavium Octeon III\n", NULL,
		 "Cavium Octeon III", 1},
	};

	(void)state;
	for (size_t n = 0; n < ARRAY_SIZE(cases); n++) {
		struct arena a = {0};
		struct cpuinfo i = parse(&a, cases[n].text);

		assert_string_equal(cpu_arch_name(i.arch), cpu_arch_name(cases[n].arch));
		assert_int_equal(i.count, cases[n].count);
		assert_true(str_eq(i.vendor, cases[n].vendor));
		assert_true(str_eq(i.brand, cases[n].brand));
		arena_fini(&a);
	}
}

static void other_architectures_have_their_own_hint(void **state)
{
	HOST(s390, {"/proc/cpuinfo", "vendor_id : IBM/S390\n# processors : 1\nfeatures : zarch\n"});
	const struct text riscv_texts[] = {
		{"/proc/cpuinfo", "processor : 0\nhart : 0\nisa : rv64imafdch_zicsr\n"}};
	struct fake riscv_fake = {riscv_texts, 1};
	struct host riscv;

	(void)state;
	assert_int_equal(s390.cpu.virt.is, NO);
	assert_int_equal(s390.cpu.vmx.is, NO);
	assert_int_equal(s390.cpu.hypervisor.is, UNKNOWN);
	gather(&riscv, &riscv_fake);
	assert_int_equal(riscv.cpu.virt.is, YES);
	assert_string_equal(riscv.cpu.virt.text, "h");
	tree_close(s390.t);
	tree_close(riscv.t);
}

static void isa_extensions_are_whole_names(void **state)
{
	(void)state;
	assert_true(cpuinfo_isa_has("rv64imafdch_zicsr", "h"));
	assert_false(cpuinfo_isa_has("rv64imafdc_zihpm_zhx", "h"));
	assert_true(cpuinfo_isa_has("rv64imac_zicsr_zba", "zba"));
	assert_false(cpuinfo_isa_has("rv64imac_zicsrx", "zicsr"));
	assert_false(cpuinfo_isa_has("sparc", "h"));
}

static void one_cpu_without_the_flag_is_named(void **state)
{
	struct arena a = {0};
	struct cpuinfo i =
		parse(&a, "processor : 0\nflags : fpu vmx\nwp : yes\n"
			  "processor : 1\nflags : fpu\nprocessor : 2\nflags : fpu vmx\n");

	(void)state;
	assert_string_equal(i.differs, "CPU 1: no vmx");
	arena_fini(&a);
}

/* ---- dumps ---- */

static void every_style_of_dump_says_the_same(void **state)
{
	static const char *const texts[] = {
		"basic_cpuid[0]=00000001 756e6547 6c65746e 49656e69\nbasic_cpuid[1]=000506e3 "
		"00000800 00002021 bfebfbff\n",
		"------[ Logical CPU #0 ]------\nCPUID 00000000: "
		"00000001-756E6547-6C65746E-49656E69 [GenuineIntel]\n"
		"CPUID 00000001: 000506E3-00000800-00002021-BFEBFBFF\n",
		"CPUID 00000000  \t00000001-756E6547-6C65746E-49656E69\nCPUID 00000001  "
		"\t000506E3-00000800-00002021-BFEBFBFF\n",
		"# mask e[abcd]x => e[abcd]x\n1 0 0 0 0 => 1 756e6547 6c65746e 49656e69\n1 1 0 0 0 "
		"=> 506e3 800 2021 bfebfbff\n",
		"CPU 0:\n   0x00000000 0x00: eax=0x00000001 ebx=0x756e6547 ecx=0x6c65746e "
		"edx=0x49656e69\n"
		"   0x00000001 0x00: eax=0x000506e3 ebx=0x00000800 ecx=0x00002021 edx=0xbfebfbff\n",
		"<cpudata arch='x86'>\n <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x00000001' "
		"ebx='0x756e6547' ecx='0x6c65746e' edx='0x49656e69'/>\n"
		" <cpuid eax_in='0x00000001' ecx_in='0x00' eax='0x000506e3' ebx='0x00000800' "
		"ecx='0x00002021' edx='0xbfebfbff'/>\n",
		"{\"cpuid_modifiers\":[{\"leaf\":\"0x0\",\"subleaf\":\"0x0\",\"modifiers\":["
		"{\"register\":\"eax\",\"bitmap\":\"0b1\"},{\"register\":\"ebx\",\"bitmap\":"
		"\"0b01110101011011100110010101000111\"},"
		"{\"register\":\"ecx\",\"bitmap\":\"0b01101100011001010111010001101110\"},"
		"{\"register\":\"edx\",\"bitmap\":\"0b01001001011001010110111001101001\"}]},"
		"{\"leaf\":\"0x1\",\"subleaf\":\"0x0\",\"modifiers\":[{\"register\":\"eax\","
		"\"bitmap\":\"0b01010000011011100011\"},"
		"{\"register\":\"ecx\",\"bitmap\":\"0b10000000100001\"}]}]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct cpu_dump d = {0};
		struct arena a = {0};
		struct cpu_source s;
		struct cpu_id id;
		struct err e;

		assert_true(cpu_dump_looks_like_one(texts[i], strlen(texts[i])));
		assert_int_equal(cpu_dump_parse(&a, texts[i], strlen(texts[i]), "x", &d, &e), 0);
		s = cpu_dump_source(&d);
		assert_int_equal(cpu_decode(&s, 0, &id), 0);
		assert_string_equal(id.vendor, "GenuineIntel");
		assert_int_equal(id.model, 94);
		assert_true(cpu_has(&id, "vmx"));
		assert_true(cpu_has(&id, "cx16"));
		assert_int_equal(d.ncpus, 1);
		arena_fini(&a);
	}
}

static void files_add_up_to_one_dump(void **state)
{
	static const char zero[] =
		"1 0 0 0 0 => 1 756e6547 6c65746e 49656e69\n1 1 0 0 0 => 506e3 800 2021 0\n";
	static const char one[] =
		"1 0 0 0 0 => 1 756e6547 6c65746e 49656e69\n1 1 0 0 0 => 506e3 800 2001 0\n";
	struct cpu_dump d = {0};
	struct arena a = {0};
	struct host h = {0};

	(void)state;
	assert_int_equal(cpu_dump_parse(&a, zero, strlen(zero), "pu0", &d, NULL), 0);
	assert_int_equal(cpu_dump_parse(&a, one, strlen(one), "pu1", &d, NULL), 0);
	assert_int_equal(d.ncpus, 2);
	h.t = cpu_dump_tree(&d, "pu");
	h.a = tree_arena(h.t);
	cpu_area.gather(&h);
	assert_int_equal(h.cpu.count.num, 2);
	assert_string_equal(h.cpu.same.text, "CPU 1 lacks vmx");
	tree_close(h.t);
	arena_fini(&a);
}

static void leaf_0_again_is_another_cpu(void **state)
{
	static const char text[] =
		"CPUID Registers (CPU #1):\nCPUID 00000000: 00000001-756E6547-6C65746E-49656E69\n"
		"CPUID 00000001: 000506E3-00000800-00002021-BFEBFBFF\n"
		"CPUID Registers (CPU #1 Virtual):\nCPUID 00000000: "
		"00000001-756E6547-6C65746E-49656E69\n"
		"CPUID 00000001: 000506E3-01000800-00002001-BFEBFBFF\n"
		"------[ MSR Registers / Logical CPU #1 ]------\nMSR 0000003A: "
		"0000-0000-0000-0005\n";
	struct cpu_dump d = {0};
	struct arena a = {0};
	struct cpu_source s;
	struct cpu_id id;

	(void)state;
	assert_int_equal(cpu_dump_parse(&a, text, strlen(text), "x", &d, NULL), 0);
	assert_int_equal(d.ncpus, 2);
	s = cpu_dump_source(&d);
	assert_int_equal(cpu_decode(&s, 1, &id), 0);
	assert_false(cpu_has(&id, "vmx"));
	assert_int_equal(cpu_dump_msr(&d, 0x3a)->value, 5);
	arena_fini(&a);
}

static void arm_dumps_have_as_many_cpus_as_registers(void **state)
{
	static const char text[] = "___ Logical CPU #0 ___\narm_midr=00000000411fd070\n"
				   "arm_mpidr=0000000080000000\n"
				   "___ Logical CPU #1 ___\narm_midr=00000000411fd070\n";
	struct arena a = {0};
	struct cpu_dump d = {0};
	struct host h = {0};

	(void)state;
	assert_int_equal(cpu_dump_parse(&a, text, strlen(text), "x", &d, NULL), 0);
	h.t = cpu_dump_tree(&d, "arm");
	h.a = tree_arena(h.t);
	cpu_area.gather(&h);
	assert_string_equal(fact_str(h.cpu.vendor, ""), "Arm");
	assert_int_equal(h.cpu.count.num, 2);
	tree_close(h.t);
	arena_fini(&a);
}

static void a_text_without_cpus_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "hello\n", "{", "{}", "basic_cpuid[0]=1 2 3\n", "CPU #1\n"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct cpu_dump d = {0};
		struct arena a = {0};

		assert_true(cpu_dump_parse(&a, texts[i], strlen(texts[i]), "x", &d, &e) < 0);
		assert_true(str_starts(e.text, "x: "));
		assert_int_equal(d.count, 0);
		arena_fini(&a);
	}
}

static void levels_follow_the_abi(void **state)
{
	const char *missing;

	(void)state;
	assert_int_equal(cpu_flags_level("fpu", &missing), 0);
	assert_string_equal(missing, "lm");
	assert_int_equal(cpu_flags_level("lm cmov cx8 fpu fxsr mmx syscall sse sse2", &missing), 1);
	assert_int_equal(cpu_flags_level("lm cmov cx8 fpu fxsr mmx syscall sse sse2 cx16 lahf_lm "
					 "popcnt pni sse4_1 sse4_2 ssse3 avx",
					 &missing),
			 2);
	assert_string_equal(missing, "avx2");
}

static void feature_names_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < ncpu_features; i++)
		assert_ptr_equal(cpu_feature_find(cpu_features[i].name), &cpu_features[i]);
}

static void the_affinity_is_put_back(void **state)
{
	struct tree *t = tree_live();
	unsigned cpus[CPU_ASK_MAX];
	struct cpu_source s;
	struct cpu_asker k;
	struct cpu_regs r;
	int before, after;

	(void)state;
	cpu_asker_init(&k, t);
	before = cpu_asker_cpus(&k, cpus);
	if (before > 0) {
		s = cpu_asker_source(&k);
		assert_int_equal(cpu_ask(&s, cpus[before - 1], 0, 0, &r), 0);
	}
	cpu_asker_fini(&k);
	tree_close(t);
	t = tree_live();
	cpu_asker_init(&k, t);
	after = cpu_asker_cpus(&k, cpus);
	cpu_asker_fini(&k);
	tree_close(t);
	assert_int_equal(before, after);
}

/* ---- vulnerabilities ---- */

static void each_way_to_say_vulnerable_is_understood(void **state)
{
	static const struct {
		const char *text;
		enum exposure exposure;
	} cases[] = {
		{"Not affected", NOT_AFFECTED},
		{"Mitigation: PTI", MITIGATED},
		{"KVM: Mitigation: Split huge pages", MITIGATED},
		{"KVM: Mitigation: VMX disabled", MITIGATED},
		{"KVM: Vulnerable", VULNERABLE},
		{"Processor vulnerable", VULNERABLE},
		{"Vulnerable: Clear CPU buffers attempted, no microcode", VULNERABLE},
		{"Mitigation: Clear CPU buffers; SMT vulnerable", MITIGATED},
		{"Mitigation: PTE Inversion; VMX: vulnerable, SMT vulnerable", VULNERABLE},
		{"Mitigation: PTE Inversion; VMX: conditional cache flushes, SMT disabled",
		 MITIGATED},
		{"Mitigation: Enhanced IBRS; IBPB: conditional; BHI: Vulnerable", VULNERABLE},
		{"Unknown: Dependent on hypervisor status", EXPOSURE_UNKNOWN},
		{"", EXPOSURE_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (vulnerability_exposure(cases[i].text) != cases[i].exposure)
			fail_msg("%s", cases[i].text);
}

#define FLAWS "/sys/devices/system/cpu/vulnerabilities"

static void only_flaws_that_leave_a_guest_warn(void **state)
{
	struct finding f;
	HOST(h, {FLAWS, "l1tf spec_store_bypass"},
	     {FLAWS "/l1tf", "Mitigation: PTE Inversion; VMX: vulnerable\n"},
	     {FLAWS "/spec_store_bypass", "Vulnerable\n"}, {"/proc/cmdline", "quiet l1tf=off\n"});

	(void)state;
	assert_string_equal(h.security.exposed.text, "l1tf");
	assert_string_equal(h.security.inside.text, "spec_store_bypass");
	f = judge(&h, "security.vulnerabilities");
	assert_int_equal(f.verdict, WARN);
	assert_non_null(strstr(f.fix, "l1tf=off"));
	tree_close(h.t);
}

static void hyper_threads_warn_only_where_something_leaks(void **state)
{
	HOST(leaks, {FLAWS, "mds"},
	     {FLAWS "/mds", "Mitigation: Clear CPU buffers; SMT vulnerable\n"},
	     {"/sys/devices/system/cpu/smt/active", "1\n"});
	const struct text tight_texts[] = {{FLAWS, "mds"},
					   {FLAWS "/mds", "Not affected\n"},
					   {"/sys/devices/system/cpu/smt/active", "1\n"}};
	struct fake tight_fake = {tight_texts, ARRAY_SIZE(tight_texts)};
	struct host tight;

	(void)state;
	gather(&tight, &tight_fake);
	assert_int_equal(judge(&leaks, "security.vulnerabilities").verdict, PASS);
	assert_int_equal(judge(&leaks, "security.smt").verdict, WARN);
	assert_int_equal(judge(&tight, "security.smt").verdict, PASS);
	tree_close(leaks.t);
	tree_close(tight.t);
}

static void lists_of_cpus_are_read_whole(void **state)
{
	unsigned cpus[4] = {0};

	(void)state;
	assert_int_equal(cpu_list_parse("0-2,8", cpus, 4), 4);
	assert_int_equal(cpus[3], 8);
	assert_int_equal(cpu_list_parse("0-99999", cpus, 4), 100000);
	assert_int_equal(cpu_list_parse("3-1", cpus, 4), -EINVAL);
	assert_int_equal(cpu_list_parse("0-", cpus, 4), -EINVAL);
	assert_int_equal(cpu_list_parse("x", cpus, 4), -EINVAL);
	assert_int_equal(cpu_list_parse("", cpus, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vmx_hidden_by_firmware_is_seen_without_root),
		cmocka_unit_test(a_vm_is_never_told_about_its_firmware),
		cmocka_unit_test(the_firmware_register_has_the_last_word),
		cmocka_unit_test(an_old_kernel_cannot_tell),
		cmocka_unit_test(an_old_kernel_remembers_in_its_log),
		cmocka_unit_test(a_cpu_without_vmx_among_others_is_named),
		cmocka_unit_test(a_hypervisor_that_hides_vmx_gets_its_own_setting),
		cmocka_unit_test(a_hyperv_root_partition_is_sent_to_mshv),
		cmocka_unit_test(xen_behind_hyperv_leaves_is_found),
		cmocka_unit_test(without_cpuid_the_flags_answer),
		cmocka_unit_test(nothing_at_all_is_unknown_not_no),
		cmocka_unit_test(lines_may_be_longer_than_any_buffer),
		cmocka_unit_test(every_architecture_is_known_by_its_keys),
		cmocka_unit_test(other_architectures_have_their_own_hint),
		cmocka_unit_test(isa_extensions_are_whole_names),
		cmocka_unit_test(one_cpu_without_the_flag_is_named),
		cmocka_unit_test(every_style_of_dump_says_the_same),
		cmocka_unit_test(files_add_up_to_one_dump),
		cmocka_unit_test(arm_dumps_have_as_many_cpus_as_registers),
		cmocka_unit_test(leaf_0_again_is_another_cpu),
		cmocka_unit_test(a_text_without_cpus_is_refused),
		cmocka_unit_test(levels_follow_the_abi),
		cmocka_unit_test(feature_names_are_unique),
		cmocka_unit_test(the_affinity_is_put_back),
		cmocka_unit_test(only_flaws_that_leave_a_guest_warn),
		cmocka_unit_test(hyper_threads_warn_only_where_something_leaks),
		cmocka_unit_test(lists_of_cpus_are_read_whole),
		cmocka_unit_test(each_way_to_say_vulnerable_is_understood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
