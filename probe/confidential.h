/* Guests that the host cannot read: AMD SEV, Intel TDX and SGX, s390 Secure Execution. What processor, modules,
 * parameters and nodes say is with those areas; here is the rest. */
#pragma once

#include "probe/check.h"

struct host;
struct area;

struct confidential_facts {
	/* num: address space ids, the number of such guests that can run at a time. */
	struct fact sev_ids, sev_es_ids, tdx_ids;
	struct fact mem_encrypt; /* text: mem_encrypt= and the like from the kernel command line */
	struct fact secure_execution; /* s390's firmware offers it */
	/* The kernel still shows the processor's feature, which it hides when firmware left it off. */
	struct fact kernel_sev, kernel_sev_es, kernel_sev_snp, kernel_sgx;
};

extern const struct area confidential_area;

enum { CONFIDENTIAL_CHECKS = 6 };
extern const struct check confidential_checks[CONFIDENTIAL_CHECKS];
