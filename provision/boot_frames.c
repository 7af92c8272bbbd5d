/* Ethernet, ARP, IPv4, UDP, DHCP: as little of each as is needed. */
#include "provision/boot_frames.h"

#include "base/bytes.h"

#include <string.h>

enum { FILE_HEAD = 24, FRAME_HEAD = 16, ETHERNET = 14, UDP = 8, BOOTP = 236, COOKIE = 4 };
enum { OPTION_END = 255, OPTION_PAD = 0, OPTION_HOST = 12, OPTION_TYPE = 53, OPTION_CLIENT = 61 };
enum { DHCP_REQUEST = 3, DHCP_ACK = 5 };

struct options {
	int type;
	const uint8_t *host, *client;
	size_t host_len, client_len;
};

static void options_read(const uint8_t *p, size_t n, struct options *o)
{
	for (size_t at = 0; at < n && p[at] != OPTION_END;) {
		size_t len;

		if (p[at] == OPTION_PAD) {
			at++;
			continue;
		}
		if (!range_inside(at, 2, n))
			return;
		len = p[at + 1];
		if (!range_inside(at + 2, len, n))
			return;
		if (p[at] == OPTION_TYPE && len == 1)
			o->type = p[at + 2];
		if (p[at] == OPTION_HOST) {
			o->host = p + at + 2;
			o->host_len = len;
		}
		if (p[at] == OPTION_CLIENT) {
			o->client = p + at + 2;
			o->client_len = len;
		}
		at += 2 + len;
	}
}

static void dhcp(const uint8_t *p, size_t n, bool from_guest, struct frame_facts *f)
{
	static const uint8_t cookie[COOKIE] = {0x63, 0x82, 0x53, 0x63};
	struct options o = {0};

	if (n < BOOTP + COOKIE || memcmp(p + BOOTP, cookie, COOKIE) != 0)
		return;
	options_read(p + BOOTP + COOKIE, n - BOOTP - COOKIE, &o);
	if (!from_guest && o.type == DHCP_ACK)
		f->lease = be32(p + 16);
	if (!from_guest || o.type != DHCP_REQUEST)
		return;
	if (o.host && o.host_len < sizeof f->hostname && !memchr(o.host, 0, o.host_len)) {
		memcpy(f->hostname, o.host, o.host_len);
		f->hostname[o.host_len] = 0;
	}
	if (o.client && o.client_len <= sizeof f->client) {
		memcpy(f->client, o.client, o.client_len);
		f->client_len = o.client_len;
	}
}

static void ipv4(const uint8_t *p, size_t n, bool from_guest, struct frame_facts *f)
{
	size_t head = n ? (size_t)(p[0] & 15) * 4 : 0;
	unsigned to;

	if (n < 20 || p[0] >> 4 != 4 || head < 20 || !range_inside(head, UDP, n) || p[9] != 17)
		return;
	to = be16(p + head + 2);
	if (to == 67 || to == 68)
		dhcp(p + head + UDP, n - head - UDP, from_guest, f);
}

/* An announcement or a question with an address of its own; a probe has none yet. */
static void arp(const uint8_t *p, size_t n, struct frame_facts *f)
{
	static const uint8_t kind[6] = {0, 1, 8, 0, 6, 4};

	if (n >= 28 && memcmp(p, kind, sizeof kind) == 0 && be32(p + 14))
		f->address = be32(p + 14);
}

static void frame(const uint8_t *p, size_t n, const uint8_t server[5], struct frame_facts *f)
{
	bool from_guest;
	unsigned type;

	if (n < ETHERNET)
		return;
	from_guest = memcmp(p + 6, server, 5) != 0;
	type = be16(p + 12);
	if (from_guest) {
		if (!f->frames++)
			memcpy(f->mac, p + 6, 6);
		else if (memcmp(f->mac, p + 6, 6) != 0 && !f->other_mac) {
			f->other_mac = true;
			memcpy(f->mac2, p + 6, 6);
		}
	}
	if (type == 0x0800)
		ipv4(p + ETHERNET, n - ETHERNET, from_guest, f);
	else if (type == 0x0806 && from_guest)
		arp(p + ETHERNET, n - ETHERNET, f);
}

void frames_read(const void *file, size_t n, const uint8_t server[5], struct frame_facts *out)
{
	const uint8_t *p = file;

	*out = (struct frame_facts){0};
	/* QEMU writes the host's byte order; little is the only one that is run here. */
	if (n < FILE_HEAD || le32(p) != 0xa1b2c3d4 || le32(p + 20) != 1)
		return;
	for (size_t at = FILE_HEAD; range_inside(at, FRAME_HEAD, n);) {
		size_t len = le32(p + at + 8);

		at += FRAME_HEAD;
		if (!range_inside(at, len, n))
			return;
		frame(p + at, len, server, out);
		at += len;
	}
}
