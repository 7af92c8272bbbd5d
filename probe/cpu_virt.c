/* Whether the CPU has hardware virtualization, and whether firmware left it switched on. */
#include "base/scope.h"
#include "base/str.h"
#include "base/sys.h"
#include "probe/cpu_parts.h"
#include "probe/cpu_source.h"
#include "probe/host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char cpuinfo_path[] = "/proc/cpuinfo";

enum {
	MSR_FEATURE_CONTROL = 0x3a,
	FEATURE_LOCKED = 1 << 0,
	FEATURE_VMX = 1 << 2, /* outside SMX */
	VM_CR_SVMDIS = 1 << 4,
	KMSG_MAX = 8 << 20,
};

static const uint32_t msr_vm_cr = 0xc0010114;

static struct fact virt_because(struct fact f, const char *word)
{
	if (f.is == YES)
		f.text = word;
	return f;
}

/* One question for all architectures. ARM shows no such thing to programs. */
void cpu_settle_virt(struct cpu *c)
{
	const struct cpuinfo *i = &c->info;

	switch (c->arch_kind) {
	case ARCH_X86:
		c->virt = c->vmx.is == YES   ? virt_because(c->vmx, "vmx")
			  : c->svm.is == YES ? virt_because(c->svm, "svm")
			  : c->vmx.is == NO  ? c->svm
					     : c->vmx;
		c->kernel_virt = !i->flags                    ? fact_unknown(cpuinfo_path, ENODATA)
				 : cpuinfo_has_flag(i, "vmx") ? fact_text(cpuinfo_path, "vmx")
				 : cpuinfo_has_flag(i, "svm") ? fact_text(cpuinfo_path, "svm")
							      : fact_no(cpuinfo_path);
		return;
	case ARCH_S390:
		c->virt = virt_because(c->sie, "sie");
		break;
	case ARCH_RISCV:
		c->virt = virt_because(c->riscv_h, "h");
		break;
	case ARCH_LOONGARCH:
		c->virt = i->flags ? fact_bool(cpuinfo_path, cpuinfo_has_flag(i, "lvz"))
				   : fact_unknown(cpuinfo_path, ENODATA);
		c->virt = virt_because(c->virt, "lvz");
		break;
	case ARCH_PPC:
		/* A logical partition (pSeries) may still have KVM PR, or nested HV: not known from here. */
		c->virt = i->platform && str_eq(i->platform, "PowerNV")
				  ? fact_text(cpuinfo_path, "PowerNV")
				  : fact_unknown(cpuinfo_path, 0);
		break;
	default:
		c->virt = fact_unknown(NULL, 0);
	}
	c->kernel_virt = c->virt;
}

/* ---- switched off by firmware? ---- */

static struct fact msr(struct host *h, bool wanted, uint32_t address, const char *source)
{
	uint64_t v = 0;
	int r = wanted ? cpu_msr(h->t, 0, address, &v) : -ENODATA;

	if (r < 0)
		return fact_unknown(source, r);
	return (struct fact){.is = YES,
			     .source = source,
			     .num = (int64_t)v,
			     .has_num = true,
			     .text = arena_printf(h->a, "%#llx", (unsigned long long)v)};
}

void cpu_gather_msrs(struct host *h)
{
	struct cpu *c = &h->cpu;
	/* In a VM these are the hypervisor's to answer, and mean nothing about firmware. */
	bool bare = c->hypervisor.is == NO;

	c->msr_feature_control =
		msr(h, bare && c->vmx.is == YES, MSR_FEATURE_CONTROL, "MSR 0x3a (/dev/cpu/0/msr)");
	c->msr_vm_cr =
		msr(h, bare && c->svm.is == YES, msr_vm_cr, "MSR 0xc0010114 (/dev/cpu/0/msr)");
}

/* Since when the kernel takes the flag away where firmware switched the feature off (release as in kernel.release). */
static bool kernel_hides_disabled(const struct host *h, bool intel)
{
	int64_t since = intel ? 5006 : 6007;

	return h->kernel.release.has_num && h->kernel.release.num >= since;
}

/* What kvm_intel, kvm_amd and the CPU setup say when firmware is in the way. */
static bool is_refusal(const char *line)
{
	static const char *const subjects[] = {"kvm", "vmx", "svm"};

	if (!strcasestr(line, "disabled by bios") && !strcasestr(line, "(by bios)"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
		if (strcasestr(line, subjects[i]))
			return true;
	return false;
}

/* Appends the first such message that the kernel still remembers, or nothing. */
static int search_log(void *arg, struct strbuf *out)
{
	SCOPED(close_at) int fd = sys_open("/dev/kmsg", O_RDONLY | O_NONBLOCK, 0);
	SCOPED(strbuf_fini) struct strbuf log = {0};
	const char *at, *line;
	size_t n;
	int r;

	(void)arg;
	if (fd < 0)
		return fd;
	/* The end of the log is "nothing yet"; a message lost meanwhile is no reason to give up the others. */
	r = sys_read_all(fd, &log, KMSG_MAX);
	if (r < 0 && r != -EAGAIN && r != -EPIPE && r != -EFBIG)
		return r;
	for (at = strbuf_str(&log); str_line(&at, &line, &n);) {
		SCOPED(free_at) char *copy = strndup(line, n);
		const char *text = copy ? strchr(copy, ';') : NULL;

		if (text && is_refusal(text)) {
			strbuf_add(out, text + 1);
			return 0;
		}
	}
	return 0;
}

/* For kernels whose flags do not tell: what the log remembers, and whether the driver came up. */
static struct fact firmware_from_driver(struct host *h, bool intel)
{
	static const char log[] = "kernel log (/dev/kmsg)";
	const struct module *m = &h->kernel.modules[intel ? MODULE_KVM_INTEL : MODULE_KVM_AMD];
	const char *text;
	int r;

	/* It does not stay loaded on a CPU where it cannot work; built in, it is there in any case. */
	if (str_eq(fact_str(m->present, ""), "loaded"))
		return fact_yes(intel ? "/sys/module/kvm_intel" : "/sys/module/kvm_amd");
	r = tree_answer(h->t, "kmsg/virtualization", search_log, NULL, &text);
	if (r < 0)
		return fact_unknown(log, r);
	if (*text)
		return fact_because(log, false, arena_dup(h->a, text));
	return fact_unknown(log, 0);
}

static struct fact firmware_from_flags(struct host *h)
{
	struct cpu *c = &h->cpu;
	bool intel = c->vmx.is == YES;

	if (c->kernel_virt.is == UNKNOWN)
		return fact_unknown(cpuinfo_path, c->kernel_virt.err);
	/* CPUID says the CPU can, the kernel says it cannot be used. */
	if (c->kernel_virt.is == NO && c->id_known)
		return fact_because("CPUID against /proc/cpuinfo", false,
				    intel ? "CPUID has vmx, the kernel's flags do not"
					  : "CPUID has svm, the kernel's flags do not");
	if (kernel_hides_disabled(h, intel))
		return fact_yes(cpuinfo_path);
	/* Older kernels show the flag either way. */
	return firmware_from_driver(h, intel);
}

void cpu_settle_firmware(struct host *h)
{
	struct cpu *c = &h->cpu;
	const int64_t control = c->msr_feature_control.num, vm_cr = c->msr_vm_cr.num;

	if (c->arch_kind != ARCH_X86 || c->hypervisor.is != NO || c->virt.is != YES)
		c->firmware = fact_unknown(NULL, 0);
	else if (c->msr_feature_control.is == YES && control & FEATURE_LOCKED)
		c->firmware = fact_because(c->msr_feature_control.source, control & FEATURE_VMX,
					   c->msr_feature_control.text);
	else if (c->msr_vm_cr.is == YES)
		c->firmware = fact_because(c->msr_vm_cr.source, !(vm_cr & VM_CR_SVMDIS),
					   c->msr_vm_cr.text);
	else
		c->firmware = firmware_from_flags(h);
}
