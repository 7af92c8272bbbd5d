/* Hypervisors other than KVM on this host: whose drivers are loaded, and who holds VT-x or AMD-V. */
#pragma once

#include "probe/check.h"
#include "probe/fact.h"

struct host;
struct area;
struct strbuf;

/* How KVM takes the processor's virtualization. */
enum kvm_holds {
	KVM_HOLDS_UNKNOWN,
	KVM_HOLDS_NOT,     /* no vendor module in the kernel */
	KVM_HOLDS_RUNNING, /* while one of its VMs runs: before Linux 6.12, or enable_virt_at_load=N */
	KVM_HOLDS_LOADED, /* as long as the module is loaded */
};

struct hypervisors {
	struct fact
		virtualbox; /* text: version of the driver that is loaded, "" when it does not say */
	struct fact
		virtualbox_users; /* num: how many have the driver open beside its own modules */
	struct fact virtualbox_advice; /* text: what to do so that it works beside KVM here */
	struct fact vmware;            /* vmmon is loaded; text: version */
	struct fact vmware_users;
	struct fact xen;         /* text: "dom0", "HVM", "PV", "PVH" or "guest"; NO: no Xen below */
	struct fact hyperv_root; /* this is the root partition of Hyper-V */
	struct fact mshv;        /* /dev/mshv */
	struct fact gunyah, acrn, haxm, nitro_enclaves;
	struct fact foreign; /* text: their names; NO: none but KVM */
	struct fact holder;  /* text: who holds VT-x or AMD-V now; NO: nobody */

	enum kvm_holds kvm;
};

extern const struct area hypervisors_area;

/* A few plain sentences: what kinds of virtualization this host can do, with which hypervisors,
 * and what it runs on itself. One sentence a line. */
void hypervisors_words(const struct host *h, struct strbuf *out);

/* Orders versions such as "7.2.10" and "7.1.4_Debian r165100": < 0, 0, > 0. Any text will do. */
int hypervisors_version_cmp(const char *a, const char *b);

enum { HYPERVISORS_CHECKS = 5 };
extern const struct check hypervisors_checks[HYPERVISORS_CHECKS];
