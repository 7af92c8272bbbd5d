/* Everything probe knows about a host: one struct of facts per area, gathered once.
 * An area is a file (or a few) with its own header; this header only puts them together. */
#pragma once

#include "probe/check.h"
#include "probe/confidential.h"
#include "probe/cpu.h"
#include "probe/devices.h"
#include "probe/fact.h"
#include "probe/hypervisors.h"
#include "probe/isolation.h"
#include "probe/kernel.h"
#include "probe/kvm.h"
#include "probe/memory.h"
#include "probe/node.h"
#include "probe/who.h"
#include "probe/place.h"
#include "probe/network.h"
#include "probe/security.h"
#include "probe/storage.h"
#include "probe/tools.h"

#include <jansson.h>

struct probe_options {
	bool trial;       /* run the trial guest */
	bool versions;    /* also what takes longer: versions of tools, names of GPUs */
	const char *user; /* answer for this user, or NULL for the caller */
};

struct host {
	struct tree *t;
	struct arena *a;
	const struct probe_options *opt;
	struct kernel kernel;
	struct cpu cpu;
	struct security security;
	struct who who;
	struct nodes nodes;
	struct kvm kvm;
	struct isolation isolation;
	struct memory memory;
	struct place place;
	struct hypervisors hypervisors;

	struct network_facts network;
	struct storage_facts storage;
	struct devices_facts devices;
	struct confidential_facts confidential;
	struct tools_facts tools;
};

/* One row per area, in the order they are gathered: an area may read what earlier ones found. */
struct area {
	const char *name;
	void (*gather)(struct host *h);
	const struct fact_row *facts;
	size_t nfacts;
	const struct check *checks;
	size_t nchecks;
	/* Adds what is not a single fact (lists: CPUs, GPUs, groups) to the report's "details" object. May be NULL. */
	void (*details)(const struct host *h, json_t *details);
};

extern const struct area *const areas[];
extern const size_t nareas;

/* Fills *h from t. Never fails: what could not be known is unknown. h, t and opt must stay where they are. */
void host_gather(struct host *h, struct tree *t, const struct probe_options *opt);
