/* What the guest executes: one instruction a step, then the timed loops. x86-64. */
#include "probe/trial_guest.h"

#if TRIAL_OFFERED

#include "base/bytes.h"
#include "base/scope.h"

#include <errno.h>
#include <string.h>

/* A run of LOOP_ENOUGH_NS drowns the cost of entry and exit (2-50 us). What is measured is the best of three, so that
 * neither a preemption nor a translator that meets the code for the first time counts. The loop grows until it is long
 * enough, however long that takes: one that is too short measures the noise. */
enum {
	LOOP_ENOUGH_NS = 150000,
	LOOP_FIRST = 64,
	LOOP_MOST = 1 << 24,
	EXITS_ENOUGH_NS = 400000,
	EXITS_CAP_NS = 200000000,
	EXITS_FIRST = 8,
	EXITS_MOST = 256,
	BEST_OF = 3,
	DOUBTS = 5,
	DOUBTED_UP_TO = 100,
};

/* ---- the code ---- */

/* clang-format off */
static const uint8_t code_hlt[] = {
	0xf4,				/* hlt */
};
static const uint8_t code_port_io[] = {
	0xb0, 0x42,			/* mov $0x42,%al */
	0xe6, TRIAL_PORT,		/* out %al,$0x10 */
	0xf4,				/* hlt */
};
static const uint8_t code_cmpxchg16b[] = {	/* rdx:rax = (rsi), rcx:rbx = the new value */
	0xf0, 0x48, 0x0f, 0xc7, 0x0e,	/* lock cmpxchg16b (%rsi) */
	0xf4,				/* hlt */
};
static const uint8_t code_xrstor[] = {	/* edx:eax = the components, rdi = an XSAVE area in its initial state */
	0x48, 0x0f, 0xae, 0x2f,		/* xrstor64 (%rdi) */
	0xf4,				/* hlt */
};
static const uint8_t code_fninit[] = {
	0xdb, 0xe3,			/* fninit */
	0xf4,				/* hlt */
};
static const uint8_t code_fxrstor[] = {	/* what a kernel uses where XSAVE is not offered */
	0x48, 0x0f, 0xae, 0x0f,		/* fxrstor64 (%rdi) */
	0xf4,				/* hlt */
};
static const uint8_t code_fwait[] = {	/* with fninit it makes finit: firmware begins with it */
	0x9b,				/* fwait */
	0xf4,				/* hlt */
};
static const uint8_t code_sse2[] = {
	0x66, 0x0f, 0x6f, 0x06,		/* movdqa (%rsi),%xmm0 */
	0x66, 0x0f, 0xfe, 0xc0,		/* paddd %xmm0,%xmm0 */
	0x66, 0x0f, 0x7f, 0x46, 0x40,	/* movdqa %xmm0,0x40(%rsi) */
	0xf4,				/* hlt */
};
static const uint8_t code_avx[] = {
	0xc5, 0xfc, 0x10, 0x06,		/* vmovups (%rsi),%ymm0 */
	0xc5, 0xfc, 0x57, 0xc8,		/* vxorps %ymm0,%ymm0,%ymm1 */
	0xc5, 0xfc, 0x11, 0x4e, 0x40,	/* vmovups %ymm1,0x40(%rsi) */
	0xf4,				/* hlt */
};
static const uint8_t code_loop[] = {	/* rcx = how often */
	0x48, 0xff, 0xc9,		/* dec %rcx */
	0x75, 0xfb,			/* jnz the line above */
	0xf4,				/* hlt */
};
static const uint8_t code_exits[] = {	/* rcx = how often */
	0xe6, TRIAL_PORT,		/* out %al,$0x10 */
	0x48, 0xff, 0xc9,		/* dec %rcx */
	0x75, 0xf9,			/* jnz the first line */
	0xf4,				/* hlt */
};
/* clang-format on */

/* ---- the steps that stand alone ---- */

struct instruction {
	enum trial_step step;
	const uint8_t *code;
	size_t len;
	bool (*offered)(const struct guest *g);
	void (*prepare)(struct guest *g, struct kvm_regs *regs);
	bool (*worked)(const struct guest *g, uint64_t outs); /* NULL: it halted, that is enough */
};

static bool offers_cx16(const struct guest *g)
{
	return guest_cpuid_bit(g, 1, 2, 13);
}

static bool one_out(const struct guest *g, uint64_t outs)
{
	(void)g;
	return outs == 1;
}

static void prepare_cx16(struct guest *g, struct kvm_regs *regs)
{
	memset(g->memory + AT_DATA, 0, 16);
	regs->rbx = 0x1122334455667788;
	regs->rcx = 0x99aabbccddeeff00;
}

static bool exchanged(const struct guest *g, uint64_t outs)
{
	(void)outs;
	return le64(g->memory + AT_DATA) == 0x1122334455667788 &&
	       le64(g->memory + AT_DATA + 8) == 0x99aabbccddeeff00;
}

/* XSTATE_BV 0: every component gets its initial state; only MXCSR is read, and must be valid. */
static void prepare_xrstor(struct guest *g, struct kvm_regs *regs)
{
	memset(g->memory + AT_XSAVE, 0, 0x1000);
	put_le32(g->memory + AT_XSAVE + 24, 0x1f80);
	regs->rax = guest_has_avx(g) ? 7 : 3;
}

static void prepare_vector(struct guest *g, struct kvm_regs *regs)
{
	(void)regs;
	memset(g->memory + AT_DATA, 0x11, 64);
	memset(g->memory + AT_DATA + 64, 0x33, 64);
}

static bool doubled(const struct guest *g, uint64_t outs)
{
	(void)outs;
	return le32(g->memory + AT_DATA + 64) == 0x22222222;
}

static bool zeroed(const struct guest *g, uint64_t outs)
{
	(void)outs;
	return le64(g->memory + AT_DATA + 64) == 0 && le64(g->memory + AT_DATA + 64 + 24) == 0;
}

static const struct instruction instructions[] = {
	{STEP_HLT, code_hlt, sizeof code_hlt},
	{STEP_PORT_IO, code_port_io, sizeof code_port_io, .worked = one_out},
	{STEP_CMPXCHG16B, code_cmpxchg16b, sizeof code_cmpxchg16b, offers_cx16, prepare_cx16,
	 exchanged},
	{STEP_XRSTOR, code_xrstor, sizeof code_xrstor, guest_has_xsave, prepare_xrstor},
	{STEP_FXRSTOR, code_fxrstor, sizeof code_fxrstor, .prepare = prepare_xrstor},
	{STEP_FNINIT, code_fninit, sizeof code_fninit},
	{STEP_FWAIT, code_fwait, sizeof code_fwait},
	{STEP_SSE2, code_sse2, sizeof code_sse2, .prepare = prepare_vector, .worked = doubled},
	{STEP_AVX, code_avx, sizeof code_avx, guest_has_avx, prepare_vector, zeroed},
};

static bool try_instruction(struct guest *g, const struct instruction *i)
{
	struct kvm_regs regs = guest_regs();
	uint64_t outs;

	if (i->offered && !i->offered(g)) {
		g->notes->steps[i->step].state = STEP_NOT_OFFERED;
		return true;
	}
	if (i->prepare)
		i->prepare(g, &regs);
	if (!guest_run(g, i->step, i->code, i->len, regs, &outs))
		return false;
	/* It halted, but the operands are wrong: executed, and executed wrongly. */
	if (i->worked && !i->worked(g, outs))
		return step_fail(g->notes, i->step, EBADMSG);
	step_pass(g->notes, i->step);
	return true;
}

/* ---- the clock ---- */

static bool timed(struct guest *g, enum trial_step s, const uint8_t *code, size_t len,
		  uint64_t count, uint64_t *ns)
{
	struct kvm_regs regs = guest_regs();
	uint64_t start, outs;

	regs.rcx = count;
	start = now_ns();
	if (!guest_run(g, s, code, len, regs, &outs))
		return false;
	*ns = now_ns() - start;
	return true;
}

static uint64_t native_loop(uint64_t count)
{
	uint64_t start = now_ns();

	__asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(count) : : "cc");
	return now_ns() - start;
}

/* The best of several runs; false when one fails. */
static bool best_run(struct guest *g, enum trial_step s, const uint8_t *code, size_t len,
		     uint64_t count, uint64_t *best)
{
	uint64_t ns;

	*best = UINT64_MAX;
	for (int i = 0; i < BEST_OF; i++) {
		if (!timed(g, s, code, len, count, &ns))
			return false;
		*best = ns < *best ? ns : *best;
	}
	return true;
}

/* What count rounds cost beyond entering and leaving the guest. */
static bool best_loop(struct guest *g, uint64_t count, uint64_t empty, uint64_t *net)
{
	uint64_t best;

	if (!best_run(g, STEP_LOOP, code_loop, sizeof code_loop, count, &best))
		return false;
	*net = best > empty ? best - empty : 1;
	return true;
}

/* Grows the loop by single runs; one that seems long enough must be so three times, else it was interrupted. */
static bool settle_loop(struct guest *g, uint64_t empty, uint64_t *count, uint64_t *net)
{
	uint64_t ns;

	for (*count = LOOP_FIRST;; *count *= 4) {
		bool last = *count >= LOOP_MOST;

		if (!timed(g, STEP_LOOP, code_loop, sizeof code_loop, *count, &ns))
			return false;
		if (ns < empty + LOOP_ENOUGH_NS && !last)
			continue;
		if (!best_loop(g, *count, empty, net))
			return false;
		if (*net >= LOOP_ENOUGH_NS * 3 / 4 || last)
			return true;
	}
}

static bool doubtful(uint64_t net, uint64_t fair)
{
	return net > 2 * fair && net < DOUBTED_UP_TO * fair;
}

/* What looks slow is asked again before it is believed: a busy machine holds up a few runs, hardly all, and none a
 * hundredfold. */
static bool doubt(struct guest *g, uint64_t count, uint64_t empty, uint64_t fair, uint64_t *net)
{
	uint64_t ns;

	for (int i = 0; i < DOUBTS && doubtful(*net, fair); i++) {
		if (!best_loop(g, count, empty, &ns))
			return false;
		*net = ns < *net ? ns : *net;
	}
	return true;
}

static void time_loop(struct guest *g)
{
	struct trial_notes *n = g->notes;
	uint64_t count, net, empty, native = UINT64_MAX, ns;

	if (!best_run(g, STEP_LOOP, code_loop, sizeof code_loop, 1, &empty) ||
	    !settle_loop(g, empty, &count, &net))
		return;
	n->native_count = 1 << 17;
	for (int i = 0; i < BEST_OF; i++) {
		ns = native_loop(n->native_count);
		native = ns < native ? ns : native;
	}
	if (!doubt(g, count, empty, native * count / n->native_count, &net))
		return;
	n->loop_count = count;
	n->loop_guest_ns = net;
	n->native_ns = native ? native : 1;
	step_pass(n, STEP_LOOP);
}

static void time_exits(struct guest *g)
{
	struct trial_notes *n = g->notes;
	uint64_t count = EXITS_FIRST, best = UINT64_MAX, ns, start = now_ns();

	for (int i = 0; i < BEST_OF + 1; i++) {
		if (!timed(g, STEP_EXITS, code_exits, sizeof code_exits, count, &ns))
			return;
		if (i == 0) { /* warms up, and tells how many fit */
			uint64_t fit = EXITS_ENOUGH_NS / (ns / count + 1);

			count = fit > EXITS_MOST    ? EXITS_MOST
				: fit < EXITS_FIRST ? EXITS_FIRST
						    : fit;
			continue;
		}
		best = ns < best ? ns : best;
		if (now_ns() - start > EXITS_CAP_NS)
			break;
	}
	n->exit_count = count;
	n->exit_ns = best;
	step_pass(n, STEP_EXITS);
}

void guest_trial(struct guest *g)
{
	if (!guest_open_vm(g) || !guest_open_memory(g) || !guest_open_vcpu(g))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++)
		if (!try_instruction(g, &instructions[i]) && i == 0)
			return; /* without HLT nothing that follows can end */
	time_loop(g);
	time_exits(g);
}

#endif
