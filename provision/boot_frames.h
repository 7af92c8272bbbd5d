/* What a guest's card said: a capture of its frames (pcap), as QEMU's filter-dump writes it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_facts {
	size_t frames;  /* that the guest sent */
	uint8_t mac[6]; /* of the first of them */
	bool other_mac; /* a later one had another, kept in mac2 */
	uint8_t mac2[6];
	uint32_t lease;     /* the address that DHCP acknowledged, or 0 */
	uint32_t address;   /* an address it used without DHCP, or 0 */
	char hostname[64];  /* as it told the DHCP server, or "" */
	uint8_t client[64]; /* its DHCP client identifier */
	size_t client_len;
};

/* server: how the MACs begin whose frames are not the guest's. A capture that is cut short is read as far as it goes; what is
 * none has no frames. */
void frames_read(const void *file, size_t n, const uint8_t server[5], struct frame_facts *out);
