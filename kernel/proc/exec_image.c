/*
 * exec_image.c - the file that an execve(2) runs: through "#!" lines to an ELF file, and to the
 * interpreter that this names.
 */
#include "fs/inode.h"
#include "fs/vfs.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/exec.h"
#include "proc/exec_internal.h"
#include "proc/process.h"

#define SCRIPT_LINE 256 /* what of a "#!" line counts; less than EXEC_HEAD_SIZE */

static int open_image(const struct path *base, const char *name, unsigned lookup, struct file **out)
{
	struct file *file;
	int err = vfs_open_exec(current_caller(), base, name, lookup, &file);

	if (err)
		return err;
	err = inode_deny_write(file->inode);
	if (err) {
		file_put(file);
		return err;
	}
	*out = file;
	return 0;
}

void exec_close_image(struct file *file)
{
	if (!file)
		return;
	inode_allow_write(file->inode);
	file_put(file);
}

static int read_head(struct exec *exec)
{
	long got = vfs_read_kernel(exec->file, exec->head, sizeof(exec->head), 0);

	if (got < 0)
		return got;
	exec->head_len = got;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Splits "#! interpreter [argument]" as Linux does; both point into @line,
 * SCRIPT_LINE bytes of the file, zeroes behind its end.  Without a newline in
 * them the line goes on to the last byte, which is lost, over zeroes; a name
 * that reaches it may be cut short and is none.
 */
static int parse_script(char *line, char **interp, char **arg)
{
	char *last = line + SCRIPT_LINE - 1, *name = line + 2,
	     *end = memchr(line, '\n', SCRIPT_LINE);
	char *p;

	if (!end) {
		for (p = name; p <= last && is_blank(*p); p++)
			;
		while (p <= last && *p && !is_blank(*p))
			p++;
		if (p > last)
			return -ENOEXEC;
		end = last;
	}
	while (is_blank(end[-1]))
		end--;
	*end = '\0';
	while (is_blank(*name))
		name++;
	if (name == end)
		return -ENOEXEC;
	*interp = name;
	*arg = NULL;
	for (p = name; *p && !is_blank(*p); p++)
		;
	if (!*p)
		return 0;
	*p++ = '\0';
	while (is_blank(*p))
		p++;
	*arg = p == end ? NULL : p;
	return 0;
}

/* argv[0] gives way to: interpreter, argument, name of the script. */
static int enter_script(struct exec *exec, unsigned level)
{
	char *line, *interp, *arg;
	unsigned extra;
	int err;

	if (level >= EXEC_SCRIPT_MAX)
		return -ELOOP;
	line = kzalloc(SCRIPT_LINE);
	if (!line)
		return -ENOMEM;
	memcpy(line, exec->head, min(exec->head_len, (size_t)SCRIPT_LINE));
	exec->script_names[level] = line;
	err = parse_script(line, &interp, &arg);
	if (err)
		return err;
	if (exec->req->name_inaccessible)
		return -ENOENT; /* the interpreter could not open it */

	extra = arg ? 2 : 1;
	if (level > 0) { /* the old argv[0] goes */
		exec->nprefix--;
		memmove(exec->prefix, exec->prefix + 1, exec->nprefix * sizeof(char *));
	}
	memmove(exec->prefix + extra + 1, exec->prefix, exec->nprefix * sizeof(char *));
	exec->prefix[0] = interp;
	if (arg)
		exec->prefix[1] = arg;
	exec->prefix[extra] = exec->name;
	exec->nprefix += extra + 1;

	exec_close_image(exec->file);
	exec->file = NULL;
	exec->name = interp;
	/* An empty name, of "#!" and nothing else, is the working directory: EACCES. */
	return open_image(NULL, interp, LOOKUP_FOLLOW | LOOKUP_EMPTY, &exec->file);
}

int exec_find_image(struct exec *exec)
{
	const struct exec_request *req = exec->req;
	int err;

	if (req->error)
		return req->error;
	exec->name = req->display_name;
	err = open_image(req->base, req->name, req->lookup, &exec->file);
	for (unsigned level = 0; !err; level++) {
		err = read_head(exec);
		if (err || exec->head_len < 2 || exec->head[0] != '#' || exec->head[1] != '!')
			break;
		err = enter_script(exec, level);
	}
	if (!err && exec->nprefix)
		err = exec_args_replace_first(&exec->args, exec->prefix, exec->nprefix);
	return err;
}

int exec_read_interpreter(struct exec *exec)
{
	long got;
	int err;

	err = elf_interpreter(&exec->image, &exec->interp_path);
	if (err || !exec->interp_path)
		return err;
	/* An empty name is the working directory: EACCES. */
	err = open_image(NULL, exec->interp_path, LOOKUP_FOLLOW | LOOKUP_EMPTY, &exec->interp_file);
	if (err)
		return err;
	got = vfs_read_kernel(exec->interp_file, exec->head, sizeof(exec->head), 0);
	if (got < 0)
		return got;
	if ((size_t)got < sizeof(Elf64_Ehdr))
		return -EIO;
	err = elf_read(exec->interp_file, exec->head, got, &exec->interp);
	return err == -ENOEXEC ? -ELIBBAD : err;
}
