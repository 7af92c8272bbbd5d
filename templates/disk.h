/* A disk: bytes of a fixed size behind one small table of functions. Drivers stack: a qcow2 disk sits on
 * any disk that holds its file, a slice shows a window of one, an overlay keeps writes in memory.
 *
 * Any number of threads may read one disk at a time; whoever writes it is alone.
 * A stacked disk borrows the one below, which must outlive it, unless disk_keep says otherwise. */
#pragma once

#include "base/err.h"
#include "base/stop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum extent_kind {
	EXTENT_DATA, /* anything may be here */
	EXTENT_ZERO, /* reads as zeros, and room is reserved or the format says so */
	EXTENT_HOLE, /* reads as zeros, and nothing is stored */
};

struct extent {
	uint64_t len;
	enum extent_kind kind;
};

struct disk {
	const struct disk_ops *ops;
	uint64_t size;
	bool readonly;
	struct disk *kept; /* closed with this one */
};

/* What a driver does; the wrappers below have already checked the range, and n > 0.
 * NULL pwrite: the disk is read-only. NULL zero: zeros are written. NULL extent: all is data. */
struct disk_ops {
	const char *name;
	int (*pread)(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e);
	int (*pwrite)(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e);
	int (*zero)(struct disk *d, uint64_t n, uint64_t off, struct err *e);
	int (*extent)(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e);
	int (*flush)(struct disk *d, struct err *e);
	void (*close)(struct disk *d); /* frees d */
};

/* All n bytes or an error; a range outside the disk is -EINVAL. */
int disk_pread(struct disk *d, void *buf, size_t n, uint64_t off, struct err *e);
/* -EROFS on a read-only disk. */
int disk_pwrite(struct disk *d, const void *buf, size_t n, uint64_t off, struct err *e);
/* Zeroes [off, off+n); drivers without a fast way get plain writes. */
int disk_zero(struct disk *d, uint64_t n, uint64_t off, struct err *e);
/* The same, but what reads as zeros already is not written: an overlay stays small. */
int disk_zero_data(struct disk *d, uint64_t n, uint64_t off, struct err *e);
/* What stands at off: x->len is between 1 and n, all of one kind. n > 0. */
int disk_extent(struct disk *d, uint64_t n, uint64_t off, struct extent *x, struct err *e);
/* What was written is on stable storage. */
int disk_flush(struct disk *d, struct err *e);
/* NULL is allowed. */
void disk_close(struct disk *d);
void disk_close_at(struct disk **d);

/* top takes below and closes it when it is closed itself; returns top. */
struct disk *disk_keep(struct disk *top, struct disk *below);

/* True when all n bytes are zero. */
bool bytes_are_zero(const void *p, size_t n);

/* ---- the simple drivers ---- */

/* A regular file or block device, byte for byte. */
int disk_raw_open(const char *path, bool readonly, struct disk **out, struct err *e);
/* Takes fd, also when it fails. */
int disk_raw_fd(int fd, bool readonly, struct disk **out, struct err *e);
/* The descriptor of a raw disk, borrowed; -1 of any other. */
int disk_raw_descriptor(const struct disk *d);
/* The same for a window of one, with where the window begins: what another program can be given. */
int disk_file_range(const struct disk *d, uint64_t *off);

/* A window of a disk; one that is not inside it is -EINVAL. */
int disk_slice(struct disk *below, uint64_t off, uint64_t size, struct disk **out, struct err *e);

/* Zeroed memory of a size the caller has bounded, or a copy of size bytes. */
struct disk *disk_memory(uint64_t size);
struct disk *disk_memory_of(const void *data, size_t size);
uint8_t *disk_memory_bytes(struct disk *d);

/* Nothing but a hole: what stands behind an image when only its own clusters are asked for. */
struct disk *disk_hole(uint64_t size);

/* below, and zeros behind its end up to size, which is not smaller. Read-only. */
struct disk *disk_longer(struct disk *below, uint64_t size);

/* below for reading, until stop is wanted: then every call ends with its answer. stop is borrowed. */
struct disk *disk_until(struct disk *below, const struct stop *stop);

/* Passes everything through, except that call number nth (from 1) of one kind fails with -code. */
enum fault_kind { FAULT_READ, FAULT_WRITE, FAULT_ZERO, FAULT_EXTENT, FAULT_FLUSH, FAULT_ANY };
struct disk *disk_fault(struct disk *below, enum fault_kind kind, uint64_t nth, int code);
