/* What the kernel says of the CPU's vulnerabilities, and whether hyper-threads, microcode and guests make them worse. */
#pragma once

#include "probe/fact.h"

struct host;

enum { VULNERABILITIES_MAX = 64 };

enum exposure { NOT_AFFECTED, MITIGATED, VULNERABLE, EXPOSURE_UNKNOWN };

struct vulnerability {
	const char *name; /* as in /sys/devices/system/cpu/vulnerabilities */
	const char *text; /* what the kernel says */
	const char *harm; /* what a guest could do with it; NULL when it stays inside one guest */
	enum exposure exposure;
	bool smt;       /* mitigated, except between hyper-threads */
	bool microcode; /* the kernel misses microcode for it */
};

struct security {
	struct vulnerability list[VULNERABILITIES_MAX];
	size_t count;
	struct fact listed;  /* num: how many the kernel knows; UNKNOWN before Linux 4.15 */
	struct fact exposed; /* text: those a guest could use against the host or other guests */
	struct fact inside;  /* text: vulnerable, but only inside one guest or process */
	struct fact unknown; /* text: those the kernel cannot tell */
	struct fact smt;     /* hyper-threads are in use */
	struct fact
		smt_control; /* text: "on", "off", "forceoff", "notsupported", "notimplemented" */
	struct fact
		smt_exposed; /* text: those whose mitigation does not hold between hyper-threads */
	struct fact microcode;         /* text: version; also in cpu.microcode */
	struct fact microcode_same;    /* NO: text names the versions */
	struct fact microcode_missing; /* text: those that wait for newer microcode */
};

extern const struct area security_area;

/* What one line of the kernel's means. */
enum exposure vulnerability_exposure(const char *text);
