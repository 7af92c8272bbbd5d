/* The trial guest on x86-64: 64 KiB of memory, a few instructions a step, 64-bit mode with paging.
 *
 * Guest-physical = guest-virtual, one 2 MiB page:
 *	0x1000 PML4   0x2000 PDPT   0x3000 page directory   0x4000 code   0x5000 XSAVE area   0x6000 operands
 *	0x8000 stack, downwards
 * There is no IDT: an instruction that faults ends in a triple fault, which KVM reports as KVM_EXIT_SHUTDOWN. */
#include "probe/trial_guest.h"

#if TRIAL_OFFERED

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* Present, writable, accessed, dirty: set beforehand, so that the walker has nothing to write. */
enum { PTE_TABLE = 0x23, PTE_LARGE = 0xe3 };

/* ---- one vCPU ---- */

bool guest_cpuid_bit(const struct guest *g, uint32_t function, int reg, int bit)
{
	if (!g->cpuid)
		return false;
	for (unsigned i = 0; i < g->cpuid->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &g->cpuid->entries[i];
		uint32_t regs[] = {e->eax, e->ebx, e->ecx, e->edx};

		if (e->function == function)
			return regs[reg] >> bit & 1;
	}
	return false;
}

bool guest_has_xsave(const struct guest *g)
{
	return guest_cpuid_bit(g, 1, 2, 26) && g->notes->caps[KVM_CAP_XCRS];
}

bool guest_has_avx(const struct guest *g)
{
	return guest_has_xsave(g) && guest_cpuid_bit(g, 1, 2, 28);
}

static struct kvm_segment segment(uint16_t selector, uint8_t type, bool code)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.s = 1,
		.l = code,
		.db = !code,
		.g = 1,
	};
}

static int set_sregs(struct guest *g)
{
	struct kvm_sregs s;
	struct kvm_segment data = segment(0x10, 3, false);

	if (ioctl(g->vcpu, KVM_GET_SREGS, &s) < 0)
		return -errno;
	s.cs = segment(0x08, 11, true);
	s.ds = s.es = s.fs = s.gs = s.ss = data;
	s.cr0 = 0x80010033; /* PG WP NE ET MP PE */
	s.cr3 = AT_PML4;
	s.cr4 = 0x620; /* PAE OSFXSR OSXMMEXCPT */
	if (guest_has_xsave(g))
		s.cr4 |= 1 << 18; /* OSXSAVE */
	s.efer = 0x500;           /* LME LMA */
	return ioctl(g->vcpu, KVM_SET_SREGS, &s) < 0 ? -errno : 0;
}

static int set_state(struct guest *g)
{
	struct kvm_xcrs x = {.nr_xcrs = 1};
	int r = set_sregs(g);

	if (r < 0 || !guest_has_xsave(g))
		return r;
	x.xcrs[0].value = guest_has_avx(g) ? 7 : 3;
	return ioctl(g->vcpu, KVM_SET_XCRS, &x) < 0 ? -errno : 0;
}

static void close_vcpu(struct guest *g)
{
	if (g->run)
		munmap(g->run, g->run_size);
	g->run = NULL;
	close_at(&g->vcpu);
	g->vcpu = -1;
}

/* The first vCPU reports its steps; a later one replaces a broken one and has nothing new to say. */
bool guest_open_vcpu(struct guest *g)
{
	struct trial_notes *n = g->notes;
	void *run;
	int r;

	step_enter(n, STEP_CREATE_VCPU);
	g->vcpu = ioctl(g->vm, KVM_CREATE_VCPU, g->next_vcpu++);
	if (g->vcpu < 0)
		return step_fail(n, STEP_CREATE_VCPU, errno);
	step_pass(n, STEP_CREATE_VCPU);
	step_enter(n, STEP_MMAP);
	if (n->mmap_size < (int)sizeof(struct kvm_run) || n->mmap_size > 1 << 24)
		return step_fail(n, STEP_MMAP, EINVAL);
	g->run_size = (size_t)n->mmap_size;
	run = mmap(NULL, g->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, g->vcpu, 0);
	if (run == MAP_FAILED)
		return step_fail(n, STEP_MMAP, errno);
	g->run = run;
	step_pass(n, STEP_MMAP);
	step_enter(n, STEP_CPUID);
	if (!g->cpuid)
		return step_fail(n, STEP_CPUID, (int)n->leaves_err);
	if (ioctl(g->vcpu, KVM_SET_CPUID2, g->cpuid) < 0)
		return step_fail(n, STEP_CPUID, errno);
	step_pass(n, STEP_CPUID);
	step_enter(n, STEP_STATE);
	r = set_state(g);
	if (r < 0)
		return step_fail(n, STEP_STATE, r);
	step_pass(n, STEP_STATE);
	g->broken = false;
	return true;
}

bool guest_open_vm(struct guest *g)
{
	struct trial_notes *n = g->notes;

	step_enter(n, STEP_CREATE_VM);
	do
		g->vm = ioctl(g->kvm, KVM_CREATE_VM, 0UL);
	while (g->vm < 0 && errno == EINTR);
	if (g->vm < 0)
		return step_fail(n, STEP_CREATE_VM, errno);
	step_pass(n, STEP_CREATE_VM);
	/* Only VT-x without "unrestricted guest" needs it; where it is refused, KVM_RUN will tell. */
	if (n->caps[KVM_CAP_SET_TSS_ADDR])
		(void)ioctl(g->vm, KVM_SET_TSS_ADDR, 0xfffbd000UL);
	return true;
}

bool guest_open_memory(struct guest *g)
{
	struct kvm_userspace_memory_region slot = {.memory_size = GUEST_BYTES};
	void *p;

	step_enter(g->notes, STEP_MEMORY);
	p = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return step_fail(g->notes, STEP_MEMORY, errno);
	g->memory = p;
	slot.userspace_addr = (uintptr_t)p;
	if (ioctl(g->vm, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
		return step_fail(g->notes, STEP_MEMORY, errno);
	put_le64(g->memory + AT_PML4, AT_PDPT | PTE_TABLE);
	put_le64(g->memory + AT_PDPT, AT_PD | PTE_TABLE);
	put_le64(g->memory + AT_PD, PTE_LARGE);
	step_pass(g->notes, STEP_MEMORY);
	return true;
}

/* ---- running ---- */

/* Runs until the vCPU halts; each port write is counted and stepped over. False: it stopped for another reason. */
static bool run_to_hlt(struct guest *g, enum trial_step s, uint64_t *outs)
{
	struct step_result *r = &g->notes->steps[s];
	struct kvm_run *run = g->run;
	struct kvm_regs regs;

	for (*outs = 0;;) {
		if (ioctl(g->vcpu, KVM_RUN, 0) < 0) {
			if (errno == EINTR || errno == EAGAIN)
				continue;
			g->broken = true;
			return step_fail(g->notes, s, errno);
		}
		if (run->exit_reason == KVM_EXIT_HLT)
			return true;
		if (run->exit_reason == KVM_EXIT_INTR)
			continue;
		if (run->exit_reason != KVM_EXIT_IO || run->io.port != TRIAL_PORT)
			break;
		++*outs;
	}
	g->broken = true;
	r->exit = run->exit_reason;
	if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		r->suberror = run->internal.suberror;
	if (run->exit_reason == KVM_EXIT_FAIL_ENTRY)
		r->hardware = run->fail_entry.hardware_entry_failure_reason;
	if (run->exit_reason == KVM_EXIT_UNKNOWN)
		r->hardware = run->hw.hardware_exit_reason;
	if (ioctl(g->vcpu, KVM_GET_REGS, &regs) == 0)
		r->rip = regs.rip;
	return step_fail(g->notes, s, 0);
}

struct kvm_regs guest_regs(void)
{
	return (struct kvm_regs){
		.rip = AT_CODE,
		.rsp = AT_STACK,
		.rflags = 2,
		.rsi = AT_DATA,
		.rdi = AT_XSAVE,
	};
}

/* Loads the code and runs it; the caller has filled the operands. A broken vCPU is replaced first. */
bool guest_run(struct guest *g, enum trial_step s, const uint8_t *code, size_t len,
	       struct kvm_regs regs, uint64_t *outs)
{
	step_enter(g->notes, s);
	if (g->broken) {
		close_vcpu(g);
		if (!guest_open_vcpu(g))
			return step_fail(g->notes, s, ECANCELED);
	}
	memcpy(g->memory + AT_CODE, code, len);
	if (ioctl(g->vcpu, KVM_SET_REGS, &regs) < 0)
		return step_fail(g->notes, s, errno);
	return run_to_hlt(g, s, outs);
}

#endif
