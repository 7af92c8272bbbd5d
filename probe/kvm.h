/* KVM as this user finds it: the trial's result as facts, capabilities, limits, what it offers to guests. */
#pragma once

#include "probe/check.h"
#include "probe/trial.h"

#include <jansson.h>

struct host;
struct area;

struct kvm {
	bool tried; /* trial holds an answer: made now, or recorded */
	struct trial trial;
	struct fact open, open_readonly, api, create_vm;
	struct fact run;          /* the guest came to HLT */
	struct fact instructions; /* every instruction tried works; text: those that do not */
	struct fact speed;        /* num: thousandths of native speed; text "0.05 % of native" */
	struct fact exit_cost;    /* num: ns */
	struct fact exit_class;   /* text: bare-metal, nested, emulated */
	struct fact failure; /* YES: text names the first step that failed and why; NO: none did */
	struct fact nr_vcpus, max_vcpus, max_vcpu_id, memslots;
	struct fact guest_memfd;
	struct fact vm_types;     /* num: bits; text: names */
	struct fact nested;       /* vmx or svm is in the CPUID that guests get */
	struct fact nested_state; /* a guest that runs guests can be saved and moved */
	struct fact caps;         /* num: how many of those asked are there */
	uint32_t cap[TRIAL_CAPS];
	struct fact leaves; /* num: entries of KVM_GET_SUPPORTED_CPUID */
	const struct trial_leaf *leaf;
};

extern const struct area kvm_area;
enum { KVM_CHECKS = 17 };
extern const struct check kvm_checks[KVM_CHECKS];

void kvm_gather_trial(struct host *h);

/* The entry, or NULL. */
const struct trial_leaf *kvm_leaf(const struct kvm *k, uint32_t function, uint32_t index);
/* "KVM_CAP_IRQCHIP"; NULL for a number without a name here. */
const char *kvm_cap_name(unsigned cap);
/* Nothing runs, and that is proven: not merely that nobody could ask. */
bool kvm_proven_dead(const struct kvm *k);
/* What the trial says about its step, in one clause: "KVM_CREATE_VM: Device or resource busy (EBUSY)". */
const char *kvm_step_words(const struct host *h, enum trial_step s);
/* A limit of this process or cgroup, rather than the host, kept the trial from being made. */
bool kvm_limited(const struct kvm *k);
