/*
 * options.c - what a mount of procfs shows, and to whom: hidepid=, gid=, subset=.
 *
 *	0 off		all see all
 *	1 noaccess	names of foreign processes show, nothing below them
 *	2 invisible	they do not show
 *	4 ptraceable	only what the caller may trace shows
 *
 * "Foreign" is who may not be traced by the caller, unless that is in the
 * group gid=.  The question is asked within a path walk, which may hold a
 * spin lock: so the answer comes from the ids that were noted when the name
 * of the process was looked up, as the owners of its files do.
 *
 * Source: proc(5), "Mount options"
 */
#include "core/cred.h"
#include "fs/procfs/options.h"
#include "fs/procfs/procfs_internal.h"
#include "fs/superblock.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "proc/process.h"

static const struct {
	const char *name;
	enum proc_hide hide;
} hide_names[] = {
	{ "off", HIDE_OFF },
	{ "noaccess", HIDE_NOACCESS },
	{ "invisible", HIDE_INVISIBLE },
	{ "ptraceable", HIDE_NOT_PTRACEABLE },
	{ "0", HIDE_OFF },
	{ "1", HIDE_NOACCESS },
	{ "2", HIDE_INVISIBLE },
	{ "4", HIDE_NOT_PTRACEABLE },
};

static int parse_hide(const char *value, enum proc_hide *out)
{
	for (unsigned i = 0; i < ARRAY_SIZE(hide_names); i++)
		if (str_eq(value, hide_names[i].name)) {
			*out = hide_names[i].hide;
			return 0;
		}
	return -EINVAL;
}

int proc_options_parse(const char *text, struct proc_options *options)
{
	struct proc_options new = *options;
	char key[32], value[32];
	int err = 0;
	u64 gid;

	while (!err && text && fs_option_next(&text, key, sizeof(key), value, sizeof(value))) {
		if (str_eq(key, "hidepid")) {
			err = parse_hide(value, &new.hide);
		} else if (str_eq(key, "gid")) {
			err = parse_u64(value, 0, &gid) || gid >= (u32)-1 ? -EINVAL : 0;
			new.gid = (u32)gid;
		} else if (str_eq(key, "subset")) {
			err = str_eq(value, "pid") ? 0 : -EINVAL;
			new.only_pids = true;
		} else {
			err = -EINVAL;
		}
	}
	if (!err)
		*options = new;
	return err;
}

int proc_options_show(const struct proc_options *options, char *buf, size_t size)
{
	int n = 0;

	buf[0] = '\0';
	if (options->gid)
		n += scnprintf(buf + n, size - n, ",gid=%u", options->gid);
	for (unsigned i = 0; i < ARRAY_SIZE(hide_names); i++)
		if (options->hide && options->hide == hide_names[i].hide) {
			n += scnprintf(buf + n, size - n, ",hidepid=%s", hide_names[i].name);
			break;
		}
	if (options->only_pids)
		n += scnprintf(buf + n, size - n, ",subset=pid");
	return n;
}

void proc_identity_note(struct proc_identity *identity, struct process *p)
{
	const struct cred *cred = process_cred_get(p);

	*identity = (struct proc_identity){ 0 };
	if (!cred)
		return;
	identity->same = cred->uid == cred->euid && cred->uid == cred->suid &&
			 cred->gid == cred->egid && cred->gid == cred->sgid &&
			 READ_ONCE(p->dumpable);
	identity->uid = cred->uid;
	identity->gid = cred->gid;
	identity->permitted = cred->permitted;
	cred_put(cred);
}

bool proc_hides(const struct proc_options *options, enum proc_hide from, const struct cred *cred,
		const struct proc_identity *identity)
{
	if (options->hide < from)
		return false;
	if (options->hide != HIDE_NOT_PTRACEABLE &&
	    (options->gid == cred->fsgid || cred_in_group(cred, options->gid)))
		return false;
	if (cred_capable(cred, CAP_SYS_PTRACE))
		return false;
	return !(identity->same && identity->uid == cred->fsuid && identity->gid == cred->fsgid &&
		 !(identity->permitted & ~cred->permitted));
}
