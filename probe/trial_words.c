/* What a trial's numbers mean: names of steps and exits, speed, the class of this KVM. */
#include "probe/trial.h"

#include "base/err.h"
#include "base/scope.h"

#include <linux/kvm.h>

static const struct {
	const char *name, *title;
} steps[STEP_COUNT] = {
	[STEP_BECOME] = {"become", "becoming the user"},
	[STEP_OPEN] = {"open", "opening /dev/kvm read-write"},
	[STEP_NODE] = {"node", "fstat of /dev/kvm"},
	[STEP_API] = {"api", "KVM_GET_API_VERSION"},
	[STEP_CREATE_VM] = {"create-vm", "KVM_CREATE_VM"},
	[STEP_MEMORY] = {"memory", "KVM_SET_USER_MEMORY_REGION"},
	[STEP_CREATE_VCPU] = {"create-vcpu", "KVM_CREATE_VCPU"},
	[STEP_MMAP] = {"mmap", "mmap of struct kvm_run"},
	[STEP_CPUID] = {"cpuid", "KVM_SET_CPUID2"},
	[STEP_STATE] = {"state", "setting up 64-bit mode"},
	[STEP_HLT] = {"hlt", "hlt"},
	[STEP_PORT_IO] = {"port-io", "port I/O"},
	[STEP_CMPXCHG16B] = {"cmpxchg16b", "lock cmpxchg16b"},
	[STEP_XRSTOR] = {"xrstor", "xrstor"},
	[STEP_FXRSTOR] = {"fxrstor", "fxrstor"},
	[STEP_FNINIT] = {"fninit", "fninit"},
	[STEP_FWAIT] = {"fwait", "fwait"},
	[STEP_SSE2] = {"sse2", "SSE2"},
	[STEP_AVX] = {"avx", "AVX"},
	[STEP_LOOP] = {"loop", "the timed loop"},
	[STEP_EXITS] = {"exits", "the timed exits"},
};

static const struct {
	uint32_t code;
	const char *name, *meaning;
} exits[] = {
	{KVM_EXIT_UNKNOWN, "KVM_EXIT_UNKNOWN",
	 "the CPU left guest mode for a reason KVM does not know"},
	{KVM_EXIT_EXCEPTION, "KVM_EXIT_EXCEPTION",
	 "the guest raised an exception that KVM handed out"},
	{KVM_EXIT_IO, "KVM_EXIT_IO", "the guest used a port it was not told to use"},
	{KVM_EXIT_DEBUG, "KVM_EXIT_DEBUG", "the vCPU stopped at a breakpoint nobody set"},
	{KVM_EXIT_MMIO, "KVM_EXIT_MMIO", "the guest touched memory it does not have"},
	{KVM_EXIT_SHUTDOWN, "KVM_EXIT_SHUTDOWN",
	 "the instruction faulted in the guest (triple fault)"},
	{KVM_EXIT_FAIL_ENTRY, "KVM_EXIT_FAIL_ENTRY", "the CPU refused to enter guest mode"},
	{KVM_EXIT_INTERNAL_ERROR, "KVM_EXIT_INTERNAL_ERROR", "KVM could not go on"},
	{KVM_EXIT_SYSTEM_EVENT, "KVM_EXIT_SYSTEM_EVENT", "the vCPU asked for a reset or shutdown"},
	{KVM_EXIT_X86_BUS_LOCK, "KVM_EXIT_X86_BUS_LOCK", "the guest locked the bus"},
};

static const char *const suberrors[] = {
	[1] = "KVM emulates this instruction in software and its emulator does not know it",
	[2] = "KVM met an event while it was delivering another",
	[3] = "KVM could not deliver an event to the guest",
	[4] = "the CPU left guest mode for a reason KVM does not expect",
};

const char *step_name(enum trial_step s)
{
	return steps[s].name;
}

const char *step_title(enum trial_step s)
{
	return steps[s].title;
}

const char *exit_name(uint32_t exit)
{
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++)
		if (exits[i].code == exit)
			return exits[i].name;
	return "an unknown exit";
}

const char *exit_meaning(const struct step_result *r)
{
	if (r->state == STEP_HUNG)
		return "it did not come back within the time limit";
	if (r->err)
		return err_word(r->err);
	if (r->exit == KVM_EXIT_INTERNAL_ERROR && r->suberror < ARRAY_SIZE(suberrors) &&
	    suberrors[r->suberror])
		return suberrors[r->suberror];
	for (size_t i = 0; i < ARRAY_SIZE(exits); i++)
		if (exits[i].code == r->exit)
			return exits[i].meaning;
	return "KVM handed out an exit that this program does not know";
}

double trial_slowdown(const struct trial_notes *n)
{
	if (!n->loop_count || !n->native_count || !n->native_ns || !n->loop_guest_ns)
		return 0;
	return ((double)n->loop_guest_ns / (double)n->loop_count) /
	       ((double)n->native_ns / (double)n->native_count);
}

uint64_t trial_ns_per_exit(const struct trial_notes *n)
{
	return n->exit_count ? n->exit_ns / n->exit_count : 0;
}

/* Where the boundaries come from.
 * Loop: KVM that emulates (KVM_PVM, development machine) 1,426 to 1,946 times slower than native; kvm-amd under
 *	QEMU's TCG 0.7 to 1.7 times; hardware is 1.0, and 2 with a busy neighbour on the sibling thread. A software
 *	emulator that translates (TCG) is 5 to 30 times slower, one that interprets 100 and more: 4 lies between.
 * Exit (KVM_RUN returns to this process and is called again): hardware 0.5 to 2 us, up to 4 with every mitigation;
 *	one level of nesting multiplies a plain exit by about 20 (Turtles, OSDI 2010; DVH, ASPLOS 2020: 1,600 cycles
 *	become 38,000), which gives 10 to 50 us. */
static const double EMULATED_ABOVE = 4;
enum { NESTED_ABOVE_NS = 6000 };

enum exit_class trial_class(const struct trial_notes *n)
{
	double slow = trial_slowdown(n);
	uint64_t ns = trial_ns_per_exit(n);

	if (slow == 0)
		return CLASS_UNKNOWN;
	if (slow > EMULATED_ABOVE)
		return CLASS_EMULATED;
	if (ns == 0)
		return CLASS_UNKNOWN;
	return ns > NESTED_ABOVE_NS ? CLASS_NESTED : CLASS_BARE_METAL;
}

static const char *const classes[] = {
	[CLASS_UNKNOWN] = "unknown",
	[CLASS_BARE_METAL] = "bare-metal",
	[CLASS_NESTED] = "nested",
	[CLASS_EMULATED] = "emulated",
};

const char *class_name(enum exit_class c)
{
	return classes[c];
}

enum trial_step trial_first_failure(const struct trial_notes *n)
{
	int s = 0;

	while (s < STEP_COUNT && n->steps[s].state != STEP_FAILED && n->steps[s].state != STEP_HUNG)
		s++;
	return (enum trial_step)s;
}
