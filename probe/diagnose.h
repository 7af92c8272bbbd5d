/* What stands in the way of KVM on this host: one table of causes, from the CPU outwards; the first that applies
 * is the answer. Pure: reads struct host only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct host;

/* What stands in the way: the first layer that does, in one sentence, with the one fix that fits. */
struct cause {
	const char *id;    /* "node-missing": stable */
	const char *layer; /* "firmware", "module", "node", "permission"...: stable */
	const char *text;
	const char *fix; /* NULL: there is nothing to be done on this host */
};

/* False when nothing is known to stand in the way: KVM works, or nobody could ask. */
bool diagnose(const struct host *h, struct cause *out);

enum cause_effect {
	BLOCKS,    /* no guest runs */
	COULD_NOT, /* something of this process, not of the host, kept the trial from being made */
	SLOWS,     /* guests run, with the loss that text names */
};
/* The same, and what it means. */
bool diagnose_effect(const struct host *h, struct cause *out, enum cause_effect *effect);

/* ---- private to probe/diagnose*.c ---- */

struct cause_row {
	const char *id, *layer;
	bool (*applies)(const struct host *h);
	/* The sentence and the fix: fixed, or made from the facts (in the host's arena). */
	const char *text;
	const char *(*words)(const struct host *h);
	const char *fix;
	const char *(*remedy)(const struct host *h);
	enum cause_effect effect;
};

struct cause_table {
	const struct cause_row *rows;
	size_t count;
};

extern const struct cause_table causes_host;   /* sandboxes, hypervisors outside, firmware, CPU */
extern const struct cause_table causes_module; /* kernel, modules, other hypervisors here */
extern const struct cause_table causes_node;  /* node, mount, cgroup, security module, permission */
extern const struct cause_table causes_trial; /* limits, VM creation, the run, its speed */

/* No KVM is registered in the kernel. */
bool no_driver(const struct host *h);
/* "VT-x" or "AMD-V", for sentences. */
const char *virt_name(const struct host *h);
/* errno of open("/dev/kvm", O_RDWR), or 0. */
int open_error(const struct host *h);
bool in_container(const struct host *h);
/* In a container: "on the host: FIX". */
const char *on_the_host(const struct host *h, const char *fix);
