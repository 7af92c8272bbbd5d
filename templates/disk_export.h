/* A disk lent to another program on this machine, over NBD through a socket: QEMU reads and writes any stack of ours,
 * an image inside an archive or an overlay in memory. The disk behind it can be changed for another, as a tape is. */
#pragma once

#include "templates/disk.h"

struct disk_export;

/* A listening socket with a thread behind it. size is what the other side is told; behind the end of the disk put in
 * all reads as zeros. Nothing is in it, and its gate is closed. */
int disk_export_open(uint64_t size, struct disk_export **out, struct err *e);
void disk_export_close(struct disk_export *x); /* NULL is allowed */

const char *disk_export_socket(const struct disk_export *x);
/* Takes the socket's name away: who is connected stays so, nobody else can. */
void disk_export_hide(struct disk_export *x);

/* Borrows d; NULL takes out what is in. */
void disk_export_put(struct disk_export *x, struct disk *d);
/* Requests wait while the gate is closed: whoever writes a disk is alone. When this returns, none is under way. */
void disk_export_gate(struct disk_export *x, bool open);

/* Serves one connection on fd until it ends; the thread does this, and so do tests. */
void disk_export_serve(struct disk_export *x, int fd);
