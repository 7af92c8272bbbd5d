/* What `vmint clone` says: the plan, the summary, both as JSON. */
#pragma once

#include "provision/clone_run.h"

/* What is wrong or odd in what cloud-init would read, on standard error. */
void clone_show_findings(const struct clone_run *run, bool errors_only);
void clone_show_plan(const struct clone_run *run);
void clone_show_summary(const struct clone_run *run, double seconds);
void clone_show_json(const struct clone_run *run, bool dry_run);
