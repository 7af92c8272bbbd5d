/* KVM or TCG. */
#pragma once

#include <stdbool.h>

/* True when the trial guest ran on /dev/kvm, and at a speed worth having. */
bool accel_kvm_is_fast(void);
