/* The options of `vmint verify --boot`, and its progress. */
#pragma once

#include "base/err.h"
#include "provision/verify.h"

struct boot_settings {
	bool boot, compare;
	const char *accel, *net, *firmware, *console_log;
	uint64_t jobs, seconds;
};

/* clang-format off */
#define BOOT_OPTIONS(b)                                                                            \
	{0, "boot", OPT_FLAG, &(b)->boot, NULL,                                                    \
	 "also boot a throw-away overlay of each clone and read back what it did"},                \
	{0, "accel", OPT_TEXT, &(b)->accel, "A",                                                   \
	 "auto, kvm or tcg: auto takes KVM where it was measured to accelerate"},                  \
	{0, "net", OPT_TEXT, &(b)->net, "N",                                                       \
	 "isolated: only a DHCP server inside QEMU answers; none: no cable"},                      \
	{0, "firmware", OPT_TEXT, &(b)->firmware, "F",                                             \
	 "bios or uefi, instead of what the template says"},                                       \
	{'j', "jobs", OPT_NUMBER, &(b)->jobs, "N", "machines booted at a time (TCG: 1)"},          \
	{0, "timeout", OPT_NUMBER, &(b)->seconds, "S", "seconds until the login prompt (300)"},    \
	{0, "compare-template", OPT_FLAG, &(b)->compare, NULL,                                     \
	 "boot the template, too, once a fleet, and compare the times"},                           \
	{0, "console-log", OPT_TEXT, &(b)->console_log, "DIR",                                     \
	 "keep the console of each machine that fails as DIR/NAME.log"}
/* clang-format on */

/* -EINVAL with a sentence for a wrong value. Sets o->boot and o->threads when --boot was given; out must outlive o. */
int boot_settings_apply(const struct boot_settings *b, struct verify_boot_options *out,
			struct verify_options *o, struct err *e);
