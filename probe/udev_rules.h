/* What udev will do to a device node at its next event or at boot: enough of the rules language to answer for
 * nodes like /dev/kvm, whose rules match by KERNEL and SUBSYSTEM alone. */
#pragma once

#include "base/tree.h"

struct udev_effect {
	bool matched; /* a rule sets something; else the kernel's default stays: 0600 root:root */
	bool has_mode;
	unsigned mode;
	const char *owner, *group; /* NULL: root */
	bool uaccess;              /* the user at the seat gets an ACL */
	bool static_node;          /* made at boot although no driver is loaded */
	const char *file;          /* the last file that set mode or group */
};

/* Applies the rules of one file's text to the device called kernel ("kvm") of subsystem ("misc"). */
void udev_rules_apply(struct udev_effect *e, struct arena *a, const char *text, const char *file,
		      const char *kernel, const char *subsystem);
/* Reads the files that can matter, in udev's order; the same name in /etc wins over /run and /usr/lib.
 * 0, or -ENOENT where there are no rules at all. */
int udev_rules_read(struct udev_effect *e, struct tree *t, const char *kernel,
		    const char *subsystem);
