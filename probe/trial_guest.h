/* The guest itself: its memory, its code and the order in which it is run. x86-64 only. Private to probe/trial*.c. */
#pragma once

#include "probe/trial.h"

#include <linux/kvm.h>
#include <stddef.h>

#if defined(__x86_64__)
#define TRIAL_OFFERED 1
#else
#define TRIAL_OFFERED 0
#endif

struct guest {
	int kvm, vm, vcpu;
	unsigned next_vcpu;
	size_t run_size;
	struct kvm_run *run;
	uint8_t *memory;
	struct trial_notes *notes;
	struct kvm_cpuid2 *cpuid;
	bool broken; /* the vCPU stopped in a way that it need not survive */
};

/* From KVM_CREATE_VM to the last timed loop, into g->notes. Stops at the first step that all later ones need. */
void guest_trial(struct guest *g);

#if TRIAL_OFFERED
/* Guest-physical addresses, and the port whose writes are counted. */
enum {
	GUEST_BYTES = 0x10000,
	AT_PML4 = 0x1000,
	AT_PDPT = 0x2000,
	AT_PD = 0x3000,
	AT_CODE = 0x4000,
	AT_XSAVE = 0x5000,
	AT_DATA = 0x6000,
	AT_STACK = 0x8000,
	TRIAL_PORT = 0x10,
};

/* Each marks its steps; false when one failed. */
bool guest_open_vm(struct guest *g);
bool guest_open_memory(struct guest *g);
bool guest_open_vcpu(struct guest *g);

/* In the CPUID that the guest gets: register 0 to 3 for eax to edx. */
bool guest_cpuid_bit(const struct guest *g, uint32_t function, int reg, int bit);
bool guest_has_xsave(const struct guest *g);
bool guest_has_avx(const struct guest *g);

/* At the code's first byte; rsi points to the operands, rdi to the XSAVE area. */
struct kvm_regs guest_regs(void);
/* Loads the code and runs it to HLT, counting writes to the port; the caller has filled the operands. A broken vCPU
 * is replaced first. False: it stopped for another reason, which the step's result tells. */
bool guest_run(struct guest *g, enum trial_step s, const uint8_t *code, size_t len,
	       struct kvm_regs regs, uint64_t *outs);
#endif

/* Marks a step; the second returns r < 0 for "return guest_failed(...)". */
void step_enter(struct trial_notes *n, enum trial_step s);
void step_pass(struct trial_notes *n, enum trial_step s);
bool step_fail(struct trial_notes *n, enum trial_step s, int err);

uint64_t now_ns(void);
