/* The addresses a network-config is made of. */
#pragma once

#include <stdbool.h>

/* Address families: 4, 6, or 0 for what is none. */
int address_family(const char *text);
/* The family of "192.0.2.1/24"; 0 unless there is an address and a prefix that it can have. */
int address_family_with_prefix(const char *text);
/* "aa:bb:cc:dd:ee:ff", any case. */
bool address_is_mac(const char *text);
