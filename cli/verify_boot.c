/* From words to options; a line that says what each machine is at. */
#include "cli/verify_boot.h"
#include "cli/accel.h"
#include "cli/progress.h"

#include "base/pool.h"
#include "base/scope.h"
#include "base/str.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { SECONDS = 300, JOBS_MAX = 64, SHOWN = 4, NAME = 40 };

/* What the machines at work were last heard to do; of all, as many as a line holds. */
static struct {
	pthread_mutex_t lock;
	struct {
		char name[NAME], doing[24];
		double seconds;
	} at[SHOWN];
	size_t oldest;
	double drawn;
} shown = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t row_of(const char *machine)
{
	for (size_t i = 0; i < SHOWN; i++)
		if (strncmp(shown.at[i].name, machine, NAME - 1) == 0)
			return i;
	for (size_t i = 0; i < SHOWN; i++)
		if (!*shown.at[i].name)
			return i;
	return shown.oldest++ % SHOWN;
}

static void draw(struct progress *p)
{
	double at = progress_seconds(p);

	if (!p->shown || at - shown.drawn < 0.5)
		return;
	shown.drawn = at;
	fprintf(stderr, "\r\033[K");
	for (size_t i = 0; i < SHOWN; i++)
		if (*shown.at[i].doing)
			fprintf(stderr, "%s: %s %.0f s  ", shown.at[i].name, shown.at[i].doing,
				shown.at[i].seconds);
	fflush(stderr);
}

static int boot_progress(void *ctx, const char *machine, const char *doing, double seconds)
{
	size_t i;

	pthread_mutex_lock(&shown.lock);
	i = row_of(machine);
	snprintf(shown.at[i].name, NAME, "%s", machine);
	snprintf(shown.at[i].doing, sizeof shown.at[i].doing, "%s", doing);
	shown.at[i].seconds = seconds;
	if (*doing)
		draw(ctx);
	else
		*shown.at[i].name = 0;
	pthread_mutex_unlock(&shown.lock);
	return progress_stopped() ? -EINTR : 0;
}

/* ---- words ---- */

/* The index of word among n, or -EINVAL. NULL is the first. */
static int choose(const char *word, const char *const *words, size_t n, const char *option,
		  struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!word || str_eq(word, words[i]))
			return (int)i;
	return err_set(e, EINVAL, "--%s: '%s' is not one of %s, %s%s%s", option, word, words[0],
		       words[1], n > 2 ? ", " : "", n > 2 ? words[2] : "");
}

int boot_settings_apply(const struct boot_settings *b, struct verify_boot_options *out,
			struct verify_options *o, struct err *e)
{
	static const char *const accels[] = {"auto", "kvm", "tcg"}, *const nets[] = {"isolated",
										     "none"};
	static const char *const firmwares[] = {"template", "bios", "uefi"};
	int accel = choose(b->accel, accels, ARRAY_SIZE(accels), "accel", e);
	int net = accel < 0 ? accel : choose(b->net, nets, ARRAY_SIZE(nets), "net", e);
	int firmware =
		net < 0 ? net
			: choose(b->firmware, firmwares, ARRAY_SIZE(firmwares), "firmware", e);

	if (firmware < 0)
		return -EINVAL;
	if (!b->boot && (b->accel || b->net || b->firmware || b->jobs || b->seconds || b->compare ||
			 b->console_log))
		return err_set(e, EINVAL,
			       "--accel, --net, --firmware, --jobs, --timeout, --compare-template "
			       "and --console-log go "
			       "with --boot");
	if (b->jobs > JOBS_MAX || b->seconds > 86400)
		return err_set(e, EINVAL, "at most %d jobs, at most a day", JOBS_MAX);
	if (!b->boot)
		return 0;
	*out = (struct verify_boot_options){
		.kvm = accel == 1 || (accel == 0 && accel_kvm_is_fast()),
		.unplugged = net == 1,
		.uefi = (enum boot_firmware)firmware, /* ORDER boot_firmware */
		.seconds = b->seconds ? (unsigned)b->seconds : SECONDS,
		.compare = b->compare,
		.log_dir = b->console_log,
		.progress = boot_progress,
	};
	o->boot = out;
	/* TCG uses a processor for each of the guest's; KVM shares them well. */
	o->threads = b->jobs ? (unsigned)b->jobs : out->kvm ? pool_threads(4) : 1;
	return 0;
}
