/* Between the readers of CPU dumps: adding to one, and the two kinds of text. Private to probe/cpu_dump*.c. */
#pragma once

#include "probe/cpu_dump.h"

void cpu_dump_add(struct arena *a, struct cpu_dump *d, struct cpu_dump_leaf leaf);
void cpu_dump_add_msr(struct arena *a, struct cpu_dump *d, struct cpu_dump_value v);
void cpu_dump_add_midr(struct arena *a, struct cpu_dump *d, struct cpu_dump_value v);

/* Firecracker's fingerprint and CPU template files. -EINVAL when it is not JSON. */
int cpu_dump_parse_json(struct arena *a, const char *text, size_t len, struct cpu_dump *d);
/* Everything else people have: lines. Lines of no known style are passed over. */
int cpu_dump_parse_lines(struct arena *a, const char *text, size_t len, struct cpu_dump *d);
