/* core/log_options.c - what the command line says of the log: which records are made, which are
 * shown, and what a panic does after them.  While booting, one thread.
 */
#include "core/log_internal.h"
#include "core/cmdline.h"
#include "core/panic.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"

u8 log_subsys_level[LOG_SUBSYS_COUNT] = { [0 ... LOG_SUBSYS_COUNT - 1] = LOG_INFO };

const char *const log_subsys_name[LOG_SUBSYS_COUNT] = {
#define X(upper, lower) #lower,
	LOG_SUBSYSTEMS(X)
#undef X
};

static int level_named(const char *s, size_t len)
{
	static const struct {
		const char *name;
		int level;
	} names[] = {
		{ "err", LOG_ERR },	    { "error", LOG_ERR },     { "warn", LOG_WARNING },
		{ "warning", LOG_WARNING }, { "notice", LOG_NOTICE }, { "info", LOG_INFO },
		{ "debug", LOG_DEBUG },
	};

	if (len == 1 && *s >= '0' && *s <= '7')
		return *s - '0';
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i].name) == len && !memcmp(s, names[i].name, len))
			return names[i].level;
	return -EINVAL;
}

/* "vm:debug,sched:info", or "debug" for all.  Unknown words are skipped. */
static void parse_filter(const char *s)
{
	while (*s) {
		size_t len = 0, colon;
		int level;

		while (s[len] && s[len] != ',')
			len++;
		for (colon = 0; colon < len && s[colon] != ':'; colon++)
			;
		if (colon == len)
			level = level_named(s, len);
		else
			level = level_named(s + colon + 1, len - colon - 1);
		for (int i = 0; i < LOG_SUBSYS_COUNT && level >= 0; i++)
			if (colon == len || (strlen(log_subsys_name[i]) == colon &&
					     !memcmp(log_subsys_name[i], s, colon)))
				log_subsys_level[i] = level;
		s += len;
		if (*s)
			s++;
	}
}

void log_init(void)
{
	const char *filter = cmdline_get("log");
	int level = log_console_level();

	if (cmdline_has("debug"))
		level = 10;
	else if (cmdline_has("earlyprintk") || cmdline_has("earlycon"))
		level = 7;
	else if (filter)
		level = 8; /* who sets a filter wants to see what it lets pass */
	log_set_console_level(clamp(cmdline_get_s64("loglevel", level), 0LL, 15LL));
	log_console_everything(cmdline_has("ignore_loglevel"));
	if (filter)
		parse_filter(filter);
	panic_timeout = clamp(cmdline_get_s64("panic", 0), -1LL, 1000000LL);
	panic_on_unknown_nmi = cmdline_has("unknown_nmi_panic");
}
