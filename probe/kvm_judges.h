/* Judges of the KVM table that live in probe/kvm_offers.c. Private to probe/kvm*.c. */
#pragma once

#include "probe/check.h"

void judge_nested(const struct host *h, struct finding *f);
void judge_max_vcpus(const struct host *h, struct finding *f);
void judge_firecracker(const struct host *h, struct finding *f);
void judge_vm_types(const struct host *h, struct finding *f);
void judge_vhost_net(const struct host *h, struct finding *f);
void judge_vhost_vsock(const struct host *h, struct finding *f);
