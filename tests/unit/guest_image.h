/* A small Debian made by mke2fs out of a folder, minted in memory: for tests of the guest engine. */
#pragma once

#include "provision/guest.h"

#include "base/scope.h"
#include "base/str.h"
#include "provision/guestfs.h"
#include "templates/disk_overlay.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UUID "53e8bffa-c678-48b9-b7cb-1a4d0bb03ead"
#define MACHINE "0123456789abcdef0123456789abcdef"

struct image {
	char dir[64], file[80];
	struct arena a;
	struct disk *base, *disk;
};

__attribute__((format(printf, 2, 3))) static inline int run(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	const char *command;

	va_start(ap, fmt);
	command = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return system(command);
}

static inline void put(struct image *m, const char *path, const char *text)
{
	const char *full = arena_printf(&m->a, "%s/root%s", m->dir, path);
	FILE *f;

	run(&m->a, "mkdir -p $(dirname '%s')", full);
	f = fopen(full, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static inline void usual_files(struct image *m)
{
	put(m, "/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
	put(m, "/etc/hostname", "template01\n");
	put(m, "/etc/hosts", "127.0.0.1 localhost\n127.0.1.1\ttemplate01.example.com template01\n");
	put(m, "/etc/machine-id", MACHINE "\n");
	put(m, "/etc/fstab", "UUID=" UUID " / ext4 rw 0 1\n");
	put(m, "/boot/grub/grub.cfg",
	    "search --fs-uuid --set=root " UUID "\nlinux /vmlinuz root=UUID=" UUID
	    " ro console=ttyS0\n");
	put(m, "/etc/netplan/01.yaml",
	    "network: {ethernets: {a: {match: {macaddress: '52:54:00:AA:BB:01'}, "
	    "addresses: [10.0.0.5/24]}}}\n");
	put(m,
	    "/etc/systemd/system/dev-disk-by\\x2duuid-"
	    "53e8bffa\\x2dc678\\x2d48b9\\x2db7cb\\x2d1a4d0bb03ead.device.d/x.conf",
	    "[Unit]\n");
	put(m, "/etc/custom.conf", "disk=" UUID "\n");
	put(m, "/etc/ssh/ssh_host_ed25519_key", "old\n");
	put(m, "/etc/ssh/ssh_host_ed25519_key.pub",
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl "
	    "a@b\n");
	put(m, "/var/lib/systemd/random-seed", "0123456789abcdef0123456789abcdef");
	put(m, "/var/log/journal/" MACHINE "/system.journal", "x");
	put(m, "/var/lib/dhcp/dhclient.leases", "lease {}\n");
	put(m, "/lib/modules/6.1.0-9-amd64/x", "");
	run(&m->a,
	    "chmod 600 %s/root/etc/ssh/ssh_host_ed25519_key; mkdir -p %s/root/var/lib/dbus; "
	    "ln -s /etc/machine-id %s/root/var/lib/dbus/machine-id",
	    m->dir, m->dir, m->dir);
}

static inline void make(struct image *m)
{
	struct err e = {0};

	snprintf(m->file, sizeof m->file, "%s/disk.raw", m->dir);
	assert_int_equal(
		run(&m->a,
		    "truncate -s 40M %s && PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext4 -U " UUID
		    " -d %s/root %s >/dev/null 2>&1",
		    m->file, m->dir, m->file),
		0);
	assert_int_equal(disk_raw_open(m->file, true, &m->base, &e), 0);
	m->disk = disk_overlay(m->base);
}

static inline bool begin(struct image *m)
{
	*m = (struct image){0};
	strcpy(m->dir, "/tmp/vmint-guest-XXXXXX");
	if (system("PATH=$PATH:/sbin:/usr/sbin; command -v mke2fs >/dev/null 2>&1") != 0) {
		print_message("mke2fs is not installed\n");
		return false;
	}
	assert_non_null(mkdtemp(m->dir));
	return true;
}

static inline void end(struct image *m)
{
	disk_close(m->disk);
	disk_close(m->base);
	run(&m->a, "rm -rf %s", m->dir);
	arena_fini(&m->a);
}

static const struct identity_key key = {{7}};

static inline struct identity identity_of(const char *name)
{
	struct identity id = {
		.key = &key, .name = name, .hostname = name, .domain = "", .nmacs = 1};
	struct err e = {0};

	memcpy(id.macs[0], "\x02\x11\x22\x33\x44\x55", 6);
	assert_int_equal(identity_uuid(&key, name, "machine-id", 0, &id.machine_id, &e), 0);
	return id;
}

static inline const struct guest_change *change_of(const struct guest_plan *p, const char *kind)
{
	for (size_t i = 0; i < p->n; i++)
		if (str_eq(p->changes[i].kind, kind))
			return &p->changes[i];
	return NULL;
}

static inline const char *text_of(struct image *m, struct guest_fs *fs, const char *path)
{
	struct err e = {0};
	const char *data = NULL;
	size_t n = 0;

	if (guest_fs_read(fs, &m->a, path, 1 << 20, &data, &n, &e) < 0)
		return NULL;
	return arena_dupn(&m->a, data, n);
}

static inline struct guest_fs *reopened(struct image *m)
{
	struct guest_fs *fs = NULL;
	struct err e = {0};

	assert_int_equal(guest_fs_open(m->disk, "ext4", &fs, &e), 0);
	return fs;
}

static inline void mint(struct image *m, const struct guest_options *o, struct guest_plan *plan)
{
	const struct identity id = identity_of("web-001");
	struct guest *g = NULL;
	struct err e = {0};

	assert_int_equal(guest_open(&g, &m->a, &m->disk, 1, &e), 0);
	if (guest_plan_make(g, &id, o, plan, &e) < 0)
		fail_msg("%s", e.text);
	if (guest_plan_apply(g, plan, &e) < 0)
		fail_msg("%s", e.text);
	guest_close(g);
}
