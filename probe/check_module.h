/* The answer of a check that stands for one kernel module. */
#pragma once

#include "probe/check.h"
#include "probe/kernel.h"

/* Pass when it is in the kernel or would be loaded when asked for; else miss, with the fix that fits. */
void finding_module(struct finding *f, const struct host *h, enum kernel_module id);
/* True when it is in the kernel, or on disk and nothing forbids to load it. */
bool module_can_be_had(const struct host *h, enum kernel_module id);
