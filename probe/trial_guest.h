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
void guest_close(struct guest *g);

/* Marks a step; the second returns r < 0 for "return guest_failed(...)". */
void step_enter(struct trial_notes *n, enum trial_step s);
void step_pass(struct trial_notes *n, enum trial_step s);
bool step_fail(struct trial_notes *n, enum trial_step s, int err);

uint64_t now_ns(void);
