/* Asks the trial through the tree, so that a capture answers as the host did, and turns it into facts. */
#include "probe/kvm.h"

#include "base/scope.h"
#include "base/str.h"
#include "probe/host.h"

#include <errno.h>
#include <string.h>

enum { LIMIT_MS = 5000 }; /* far more than a busy machine needs: it ends only what hangs */

/* ---- asking ---- */

struct session {
	struct host *h;
	bool ran;
	struct trial trial;
};

/* Opening a node whose driver is absent loads the driver on ppc and s390: there only a registered KVM is opened. */
static bool may_open(const struct host *h)
{
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__riscv)
	(void)h;
	return true;
#else
	return h->nodes.node[NODE_KVM].driver.is == YES;
#endif
}

static void refuse(struct session *s, int err)
{
	s->trial.end = TRIAL_NOT_STARTED;
	s->trial.err = err;
	s->trial.notes.rdonly_err = -1;
}

static const struct trial *session_trial(struct session *s)
{
	const struct who *w = &s->h->who;
	struct trial_plan plan = {
		.path = "/dev/kvm",
		.run_guest = !s->h->opt || s->h->opt->trial,
		.become = w->other,
		.user = fact_str(w->user, ""),
		.uid = w->uid,
		.gid = w->gid,
		.limit_ms = LIMIT_MS,
	};

	if (s->ran)
		return &s->trial;
	s->ran = true;
	if (w->other && !w->known)
		refuse(s, ESRCH);
	else if (!may_open(s->h))
		refuse(s, ENODEV);
	else
		trial_run(&s->trial, &plan);
	return &s->trial;
}

static int ask_trial(void *arg, struct strbuf *out)
{
	trial_format(out, session_trial(arg));
	return 0;
}

/* "NUMBER VALUE" a line, those that are not zero; the first line tells how many were asked. */
static int ask_caps(void *arg, struct strbuf *out)
{
	const struct trial_notes *n = &session_trial(arg)->notes;

	if (!n->caps_asked)
		return -ENODEV;
	strbuf_printf(out, "asked %u\n", n->caps_asked);
	for (unsigned i = 0; i < TRIAL_CAPS; i++)
		if (n->caps[i])
			strbuf_printf(out, "%u %u\n", i, n->caps[i]);
	return 0;
}

/* "function index flags eax ebx ecx edx" a line, in hexadecimal. */
static int ask_leaves(void *arg, struct strbuf *out)
{
	const struct trial_notes *n = &session_trial(arg)->notes;

	if (!n->nleaves)
		return n->leaves_err ? -(int)n->leaves_err : -ENODEV;
	for (unsigned i = 0; i < n->nleaves; i++) {
		const struct trial_leaf *l = &n->leaves[i];

		strbuf_printf(out, "%x %x %x %x %x %x %x\n", l->function, l->index, l->flags,
			      l->eax, l->ebx, l->ecx, l->edx);
	}
	return 0;
}

static bool next_line(const char **text, char *one, size_t room)
{
	const char *line;
	size_t n;

	if (!str_line(text, &line, &n) || n >= room)
		return false;
	memcpy(one, line, n);
	one[n] = 0;
	return true;
}

static void take_caps(struct host *h, struct session *s)
{
	static const char key[] = "kvm/caps";
	struct kvm *k = &h->kvm;
	const char *text;
	char one[64];
	unsigned cap, value;
	int64_t count = 0;
	int r = tree_answer(h->t, key, ask_caps, s, &text);

	k->caps = fact_unknown("KVM_CHECK_EXTENSION", r);
	if (r < 0)
		return;
	while (next_line(&text, one, sizeof one))
		if (sscanf(one, "%u %u", &cap, &value) == 2 && cap < TRIAL_CAPS && value) {
			k->cap[cap] = value;
			count++;
		}
	k->caps = fact_num("KVM_CHECK_EXTENSION", count);
}

static void take_leaves(struct host *h, struct session *s)
{
	static const char key[] = "kvm/supported-cpuid";
	struct kvm *k = &h->kvm;
	struct trial_leaf *list, *l;
	const char *text;
	char one[128];
	int64_t count = 0;
	int r = tree_answer(h->t, key, ask_leaves, s, &text);

	k->leaves = fact_unknown("KVM_GET_SUPPORTED_CPUID", r);
	if (r < 0)
		return;
	list = arena_alloc(h->a, TRIAL_LEAVES * sizeof *list);
	while (count < TRIAL_LEAVES && next_line(&text, one, sizeof one)) {
		l = &list[count];
		if (sscanf(one, "%x %x %x %x %x %x %x", &l->function, &l->index, &l->flags, &l->eax,
			   &l->ebx, &l->ecx, &l->edx) == 7)
			count++;
	}
	k->leaf = list;
	k->leaves = fact_num("KVM_GET_SUPPORTED_CPUID", count);
}

/* ---- the trial as facts ---- */

const char *kvm_step_words(const struct host *h, enum trial_step s)
{
	const struct step_result *r = &h->kvm.trial.notes.steps[s];

	if (s == STEP_API && r->err == EPROTO)
		return arena_printf(h->a, "%s: version %d, and everything needs 12", step_title(s),
				    h->kvm.trial.notes.api);
	if (r->err == EBADMSG)
		return arena_printf(h->a, "%s: it ran, and computed the wrong result",
				    step_title(s));
	if (r->err)
		return arena_printf(h->a, "%s: %s (%s)", step_title(s), err_word(r->err),
				    err_name(r->err));
	if (r->state == STEP_HUNG)
		return arena_printf(h->a, "%s: %s", step_title(s), exit_meaning(r));
	if (r->suberror)
		return arena_printf(h->a, "%s: %s, suberror %u: %s", step_title(s),
				    exit_name(r->exit), r->suberror, exit_meaning(r));
	if (r->hardware)
		return arena_printf(h->a, "%s: %s, hardware reason %#llx: %s", step_title(s),
				    exit_name(r->exit), (unsigned long long)r->hardware,
				    exit_meaning(r));
	return arena_printf(h->a, "%s: %s: %s", step_title(s), exit_name(r->exit), exit_meaning(r));
}

/* A step as a fact: not reached is unknown, for the reason the trial stopped. */
static struct fact step_fact(const struct host *h, enum trial_step s)
{
	const struct step_result *r = &h->kvm.trial.notes.steps[s];

	switch (r->state) {
	case STEP_PASSED:
		return fact_yes(step_title(s));
	case STEP_FAILED:
	case STEP_HUNG:
		return (struct fact){.is = NO,
				     .source = step_title(s),
				     .text = kvm_step_words(h, s),
				     .num = r->err,
				     .has_num = r->err != 0};
	default:
		return fact_unknown(step_title(s), 0);
	}
}

static void note_speed(struct host *h)
{
	struct kvm *k = &h->kvm;
	double slow = trial_slowdown(&k->trial.notes);
	uint64_t ns = trial_ns_per_exit(&k->trial.notes);
	enum exit_class class = trial_class(&k->trial.notes);

	k->speed = fact_unknown(step_title(STEP_LOOP), 0);
	k->exit_cost = fact_unknown(step_title(STEP_EXITS), 0);
	k->exit_class = fact_unknown(step_title(STEP_LOOP), 0);
	if (slow > 0) {
		k->speed = fact_num(step_title(STEP_LOOP), (int64_t)(1000 / slow));
		k->speed.text = arena_printf(
			h->a, slow > 20 ? "%.2f %% of native" : "%.0f %% of native", 100 / slow);
	}
	if (ns) {
		k->exit_cost = fact_num(step_title(STEP_EXITS), (int64_t)ns);
		k->exit_cost.text = arena_printf(h->a, "%.1f us", (double)ns / 1000);
	}
	if (class != CLASS_UNKNOWN)
		k->exit_class = fact_text(step_title(STEP_LOOP), class_name(class));
}

static void note_instructions(struct host *h)
{
	struct kvm *k = &h->kvm;
	struct strbuf bad = {0};
	bool any = false;

	for (int s = STEP_PORT_IO; s <= STEP_AVX; s++) {
		const struct step_result *r = &k->trial.notes.steps[s];

		any = any || r->state == STEP_PASSED;
		if (r->state == STEP_FAILED || r->state == STEP_HUNG) {
			any = true;
			strbuf_printf(&bad, "%s%s", bad.len ? ", " : "", step_title(s));
		}
	}
	k->instructions =
		any ? fact_because("KVM_RUN", !bad.len, bad.len ? arena_dup(h->a, bad.text) : NULL)
		    : fact_unknown("KVM_RUN", 0);
	strbuf_fini(&bad);
}

static void note_failure(struct host *h)
{
	struct kvm *k = &h->kvm;
	enum trial_step first = trial_first_failure(&k->trial.notes);

	if (k->trial.end == TRIAL_NOT_STARTED)
		k->failure = fact_unknown("the trial's process", k->trial.err);
	else if (first < STEP_COUNT)
		k->failure = fact_text("the trial", kvm_step_words(h, first));
	else
		k->failure = fact_no("the trial");
}

static void take_steps(struct host *h)
{
	struct kvm *k = &h->kvm;
	const struct trial_notes *n = &k->trial.notes;

	k->open = step_fact(h, STEP_OPEN);
	k->open_readonly = n->rdonly_err < 0
				   ? fact_unknown("opening /dev/kvm read-only", 0)
				   : fact_because("opening /dev/kvm read-only", n->rdonly_err == 0,
						  n->rdonly_err ? err_word(n->rdonly_err) : NULL);
	k->api = step_fact(h, STEP_API);
	if (k->api.is == YES) {
		k->api.num = n->api;
		k->api.has_num = true;
	}
	k->create_vm = step_fact(h, STEP_CREATE_VM);
	k->run = step_fact(h, STEP_HLT);
	/* Anything between the VM and HLT that failed keeps the guest from running just as well. */
	for (int s = STEP_MEMORY; s < STEP_HLT && k->run.is == UNKNOWN; s++)
		if (step_fact(h, (enum trial_step)s).is == NO)
			k->run = step_fact(h, (enum trial_step)s);
}

static void forget(struct kvm *k, int err)
{
	struct fact *const facts[] = {&k->open,       &k->open_readonly, &k->api,   &k->create_vm,
				      &k->run,        &k->instructions,  &k->speed, &k->exit_cost,
				      &k->exit_class, &k->failure};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		*facts[i] = fact_unknown("the trial", err);
	k->trial.notes.rdonly_err = -1;
}

static void take_trial(struct host *h, struct session *s)
{
	struct kvm *k = &h->kvm;
	const char *text;
	int r = tree_answer(h->t, "trial", ask_trial, s, &text);

	if (r == 0 && !trial_parse(&k->trial, text))
		r = -EINVAL;
	if (r < 0) {
		forget(k, r);
		return;
	}
	k->tried = true;
	take_steps(h);
	note_instructions(h);
	note_speed(h);
	note_failure(h);
	/* A live --user knows its groups from the databases that initgroups asks. */
	if (h->who.other && k->trial.notes.steps[STEP_BECOME].state == STEP_PASSED)
		who_take_groups(h, k->trial.notes.gid, k->trial.notes.groups,
				k->trial.notes.ngroups);
}

void kvm_gather_trial(struct host *h)
{
	SCOPED(free_at) struct session *s = xcalloc(1, sizeof *s);

	s->h = h;
	take_trial(h, s);
	take_caps(h, s);
	take_leaves(h, s);
}

bool kvm_limited(const struct kvm *k)
{
	int err = k->trial.end == TRIAL_NOT_STARTED ? k->trial.err : 0;
	enum trial_step first = trial_first_failure(&k->trial.notes);

	if (!k->tried)
		return false;
	if (!err && first < STEP_HLT)
		err = k->trial.notes.steps[first].err;
	return err == EMFILE || err == ENFILE || err == ENOMEM ||
	       (err == EAGAIN && first == STEP_COUNT);
}

bool kvm_proven_dead(const struct kvm *k)
{
	return k->tried && !kvm_limited(k) && trial_first_failure(&k->trial.notes) <= STEP_HLT &&
	       trial_first_failure(&k->trial.notes) != STEP_BECOME;
}
