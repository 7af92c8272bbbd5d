/* What `vmint clone` says: the plan, the summary, both as JSON. */
#pragma once

#include "provision/clone_run.h"

/* What is wrong or odd in what cloud-init would read, on standard error. */
void clone_show_findings(const struct clone_run *run, bool errors_only);
void clone_show_plan(const struct clone_run *run);
void clone_show_summary(const struct clone_run *run, double seconds);
void clone_show_json(const struct clone_run *run, bool dry_run);

/* clone_define.c: every clone of the plan into the libvirt at uri, and started; after an error none that was not there
 * before. done: how many. */
int clone_define(const struct plan *p, const char *uri, bool start, size_t *done, struct err *e);

/* clone_keys.c: the folder of prepared RSA keys, the user's own unless asked is given; NULL without a home. */
const char *clone_key_pool(struct arena *a, const char *asked);
/* Fills o's key pool up to want keys; also after an error, how many were made and are there. */
int clone_fill_keys(const struct clone_options *o, size_t want, size_t *made, size_t *have,
		    struct err *e);
