/* The laboratory's own hands, one static program: makes the situations a shell cannot, and the oracle that says
 * whether a guest really runs, without any of vmint's code.
 *
 *	tool oracle                      yes | slow RATIO | no STEP ERRNO
 *	tool deny-kvm CGROUP             a device program on a v2 cgroup: /dev/kvm is denied
 *	tool [WORD...] -- COMMAND...     runs COMMAND with these done first, in order:
 *	     user UID GID GROUPS         become that user; GROUPS is "-" or "104,107"
 *	     userns root|same|none       a user namespace: caller is 0, is itself, is nobody
 *	     nofile N | memory BYTES     resource limits
 *	     no-create-vm                a seccomp filter: KVM_CREATE_VM answers EPERM
 *	     no-kvm-ioctl                a seccomp filter: every KVM ioctl answers ENOSYS
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "tool: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* ---- the oracle ---- */

enum { TURNS = 200000, CODE = 0x1000, MEMORY = 0x10000, SLOW = 20 };

/* mov ecx, TURNS; again: dec ecx; jnz again; hlt, in real mode. */
static const unsigned char guest[] = {
	0x66, 0xb9, TURNS & 255, TURNS >> 8 & 255, TURNS >> 16 & 255, 0, 0x66, 0x49,
	0x75, 0xfc, 0xf4};

static _Noreturn void no(const char *step)
{
	printf("no %s %s\n", step, strerrorname_np(errno) ? strerrorname_np(errno) : "-");
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double native(void)
{
	double t = seconds();
	uint32_t n = TURNS;

	__asm__ volatile("1: decl %0\n\tjnz 1b" : "+r"(n) : : "cc");
	return seconds() - t;
}

static void start_guest(int vcpu)
{
	struct kvm_sregs s;
	struct kvm_regs r = {.rip = CODE, .rflags = 2};

	if (ioctl(vcpu, KVM_GET_SREGS, &s) < 0)
		no("get-sregs");
	s.cs.base = 0;
	s.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &s) < 0)
		no("set-sregs");
	if (ioctl(vcpu, KVM_SET_REGS, &r) < 0)
		no("set-regs");
}

static double run_guest(int vcpu, const struct kvm_run *run)
{
	double t;

	start_guest(vcpu);
	t = seconds();
	while (ioctl(vcpu, KVM_RUN, 0) < 0)
		if (errno != EINTR)
			no("run");
	t = seconds() - t;
	errno = 0;
	if (run->exit_reason != KVM_EXIT_HLT)
		no("halt");
	return t;
}

static int oracle(void)
{
	struct kvm_userspace_memory_region region = {.memory_size = MEMORY};
	double host = 1e9, inside = 1e9;
	struct kvm_run *run;
	int kvm, vm, vcpu, size;
	void *memory;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		no("open");
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		no("api-version");
	do {
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
	} while (vm < 0 && errno == EINTR);
	if (vm < 0)
		no("create-vm");
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		no("memory");
	memcpy((char *)memory + CODE, guest, sizeof guest);
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		no("memory-region");
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (vcpu < 0)
		no("create-vcpu");
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		no("mmap");
	for (int i = 0; i < 5; i++) {
		double a = native(), b = run_guest(vcpu, run);

		host = a < host ? a : host;
		inside = b < inside ? b : inside;
	}
	if (inside > SLOW * host)
		printf("slow %.0f\n", inside / host);
	else
		printf("yes %.1f\n", inside / host);
	return 0;
}

/* ---- situations ---- */

static int deny_kvm(const char *cgroup)
{
	static const struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = 4},
		{.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 3, .src_reg = 1, .off = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 2, .imm = 10, .off = 2},
		{.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 3, .imm = 232, .off = 1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
			       .insns = (uintptr_t)code,
			       .insn_cnt = sizeof code / sizeof *code,
			       .license = (uintptr_t) "GPL"};
	union bpf_attr attach = {.attach_type = BPF_CGROUP_DEVICE};
	int folder = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long program;

	if (folder < 0)
		die(cgroup);
	program = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
	if (program < 0)
		die("bpf program");
	attach.target_fd = (uint32_t)folder;
	attach.attach_bpf_fd = (uint32_t)program;
	if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) < 0)
		die("bpf attach");
	return 0;
}

static void become(const char *uid, const char *gid, char *groups)
{
	gid_t list[16];
	size_t n = 0;

	if (strcmp(groups, "-") != 0)
		for (char *g = strtok(groups, ","); g && n < 16; g = strtok(NULL, ","))
			list[n++] = (gid_t)atoi(g);
	if (setgroups(n, list) < 0)
		die("setgroups");
	if (setresgid((gid_t)atoi(gid), (gid_t)atoi(gid), (gid_t)atoi(gid)) < 0)
		die("setresgid");
	if (setresuid((uid_t)atoi(uid), (uid_t)atoi(uid), (uid_t)atoi(uid)) < 0)
		die("setresuid");
	prctl(PR_SET_DUMPABLE, 1);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(path);
	close(fd);
}

static void map_one(const char *path, unsigned inside, unsigned outside)
{
	char text[64];

	snprintf(text, sizeof text, "%u %u 1", inside, outside);
	write_file(path, text);
}

static void user_namespace(const char *kind)
{
	unsigned uid = getuid(), gid = getgid();
	bool root = !strcmp(kind, "root");

	if (unshare(CLONE_NEWUSER) < 0)
		die("user namespace");
	if (!strcmp(kind, "none"))
		return;
	write_file("/proc/self/setgroups", "deny");
	map_one("/proc/self/uid_map", root ? 0 : uid, uid);
	map_one("/proc/self/gid_map", root ? 0 : gid, gid);
}

static void limit(int what, const char *n)
{
	struct rlimit r = {.rlim_cur = strtoul(n, NULL, 10), .rlim_max = strtoul(n, NULL, 10)};

	if (setrlimit(what, &r) < 0)
		die("setrlimit");
}

/* The ioctls from first to last answer an errno; all else passes. */
static void filter_ioctl(uint32_t first, uint32_t last, uint32_t answer)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		die("seccomp");
}

static void refuse(const char *step, const char *number)
{
	static const struct {
		const char *name;
		uint32_t first, last;
	} steps[] = {{"create-vm", KVM_CREATE_VM, KVM_CREATE_VM},
		     {"create-vcpu", KVM_CREATE_VCPU, KVM_CREATE_VCPU},
		     {"run", KVM_RUN, KVM_RUN},
		     {"all", 0xae00, 0xaeff}};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (!strcmp(step, steps[i].name)) {
			filter_ioctl(steps[i].first, steps[i].last, (uint32_t)atoi(number));
			return;
		}
	errno = EINVAL;
	die(step);
}

/* Does one word of the command line; returns how many arguments it took, 0 when it is none. */
static int act(char **argv, int left)
{
	if (!strcmp(argv[0], "user") && left > 3) {
		become(argv[1], argv[2], argv[3]);
		return 4;
	}
	if (!strcmp(argv[0], "userns") && left > 1) {
		user_namespace(argv[1]);
		return 2;
	}
	if (!strcmp(argv[0], "nofile") && left > 1) {
		limit(RLIMIT_NOFILE, argv[1]);
		return 2;
	}
	if (!strcmp(argv[0], "memory") && left > 1) {
		limit(RLIMIT_AS, argv[1]);
		return 2;
	}
	if (!strcmp(argv[0], "refuse") && left > 2) {
		refuse(argv[1], argv[2]);
		return 3;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int i = 1;

	if (argc == 2 && !strcmp(argv[1], "oracle"))
		return oracle();
	if (argc == 3 && !strcmp(argv[1], "deny-kvm"))
		return deny_kvm(argv[2]);
	while (i < argc && strcmp(argv[i], "--") != 0) {
		int took = act(argv + i, argc - i);

		if (!took) {
			errno = EINVAL;
			die(argv[i]);
		}
		i += took;
	}
	if (i + 1 >= argc) {
		errno = EINVAL;
		die("no command");
	}
	execvp(argv[i + 1], argv + i + 1);
	die(argv[i + 1]);
}
