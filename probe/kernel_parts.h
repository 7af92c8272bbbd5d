/* Private to probe/kernel*.c: the steps of gathering. */
#pragma once

#include "probe/host.h"

/* Modules and parameters; wants release, config and modules_dir to be known already. */
void kernel_gather_modules(struct host *h);
/* Wants the modules. */
void kernel_gather_vendor(struct host *h);

/* Questions about modules that are not in the kernel: to libkmod (live, or its recorded answers), or to the
 * text files of a plain folder. Closing ends libkmod's part; the facts stay. */
struct kernel_disk;
struct kernel_disk *kernel_disk_open(struct host *h);
void kernel_disk_ask(struct kernel_disk *d, struct host *h, struct module *m);
void kernel_disk_close(struct kernel_disk *d);

/* True when the kernel command line's module_blacklist= or modprobe.blacklist= (whichever `option` says) names it. */
bool kernel_cmdline_bans(const struct host *h, const char *option, const char *name);

enum { KERNEL_CHECKS = 12 };
extern const struct check kernel_checks[KERNEL_CHECKS];
