/* Any bytes as what an NBD client says: the program that has the disk runs kernels over hostile filesystems. */
#include "templates/disk_export.h"

#include "base/bytes.h"
#include "base/scope.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DISK = 64 << 10, SIZE = 1 << 20 };

static void *drain(void *ctx)
{
	char buf[65536];

	while (recv(*(int *)ctx, buf, sizeof buf, 0) > 0)
		;
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct disk_export *x;
	static struct disk *d;
	pthread_t reader;
	int pair[2];

	if (!x) {
		d = disk_memory(DISK);
		if (disk_export_open(SIZE, &x, NULL) < 0)
			__builtin_trap();
		disk_export_hide(x);
		disk_export_put(x, d);
		disk_export_gate(x, true);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 0;
	/* small inputs fit into the socket's buffer */
	if (size > 32768 || send(pair[0], data, size, MSG_DONTWAIT) != (ssize_t)size)
		size = 0;
	shutdown(pair[0], SHUT_WR);
	if (pthread_create(&reader, NULL, drain, &pair[0]) == 0) {
		disk_export_serve(x, pair[1]);
		shutdown(pair[1], SHUT_RDWR);
		pthread_join(reader, NULL);
	}
	close(pair[0]);
	close(pair[1]);
	return 0;
}
