/* core(5): who leaves a core file, where, and what is in it. */
#include "abi_test.h"
#include <elf.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/user.h>

static char *image;
static size_t image_len;

static void allow_core(rlim_t limit)
{
	struct rlimit r = { limit, limit };

	CHECK_OK(setrlimit(RLIMIT_CORE, &r));
}

static void set_pattern(const char *text)
{
	int fd = CHECK_OK(open("/proc/sys/kernel/core_pattern", O_WRONLY));

	CHECK_OK(write(fd, text, strlen(text)));
	CHECK_OK(close(fd));
}

static void load(const char *name)
{
	int fd = CHECK_OK(open(name, O_RDONLY));
	struct stat st;

	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	image_len = st.st_size;
	image = mmap(NULL, image_len, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(image != MAP_FAILED);
}

static Elf64_Phdr *segment(unsigned i)
{
	return (Elf64_Phdr *)(image + ((Elf64_Ehdr *)image)->e_phoff) + i;
}

/* The Nth note of TYPE; its contents. */
static void *note(unsigned type, unsigned nth, size_t *len)
{
	char *p = image + segment(0)->p_offset, *end = p + segment(0)->p_filesz;

	CHECK_EQ(segment(0)->p_type, PT_NOTE);
	while (p < end) {
		Elf64_Nhdr *header = (Elf64_Nhdr *)p;
		char *data = p + sizeof(*header) + ((header->n_namesz + 3) & ~3u);

		if (header->n_type == type && nth-- == 0) {
			*len = header->n_descsz;
			return data;
		}
		p = data + ((header->n_descsz + 3) & ~3u);
	}
	return NULL;
}

/* What the core says was at ADDRESS. */
static char *memory(const void *address)
{
	unsigned long at = (unsigned long)address;

	for (unsigned i = 1; i < ((Elf64_Ehdr *)image)->e_phnum; i++) {
		Elf64_Phdr *s = segment(i);

		CHECK_EQ(s->p_type, PT_LOAD);
		if (at >= s->p_vaddr && at < s->p_vaddr + s->p_filesz)
			return image + s->p_offset + (at - s->p_vaddr);
	}
	return NULL;
}

static volatile long secret;

static pid_t crash(int *status)
{
	pid_t pid = CHECK_OK(fork());

	if (pid == 0) {
		secret = 0x5ec2e7;
		asm volatile("mov $0x1234567, %%r15; movl $1, 0x777" ::: "r15", "memory");
	}
	CHECK_EQ(waitpid(pid, status, 0), pid);
	return pid;
}

TEST(a_core_tells_how_it_ended, SYS_wait4, SYS_setrlimit, SYS_prlimit64)
{
	struct elf_prstatus *state;
	struct elf_prpsinfo *info;
	struct user_regs_struct *regs;
	siginfo_t *why;
	uint64_t *words;
	size_t len;
	int status;
	pid_t pid;

	set_pattern("core");
	allow_core(RLIM_INFINITY);
	pid = crash(&status);
	CHECK_EQ(status, SIGSEGV | 0x80);
	CHECK(WCOREDUMP(status));
	load("core");
	CHECK_EQ(memcmp(image, "\177ELF\2\1\1", 7), 0);
	CHECK_EQ(((Elf64_Ehdr *)image)->e_type, ET_CORE);
	CHECK_EQ(((Elf64_Ehdr *)image)->e_machine, EM_X86_64);
	state = note(NT_PRSTATUS, 0, &len);
	CHECK_EQ(len, sizeof(*state));
	CHECK_EQ(state->pr_pid, pid);
	CHECK_EQ(state->pr_ppid, getpid());
	CHECK_EQ(state->pr_cursig, SIGSEGV);
	regs = (struct user_regs_struct *)state->pr_reg;
	CHECK_EQ(regs->r15, 0x1234567);
	CHECK_EQ(regs->cs, 0x33);
	CHECK_EQ(regs->ss, 0x2b);
	info = note(NT_PRPSINFO, 0, &len);
	CHECK_EQ(len, sizeof(*info));
	CHECK_EQ(info->pr_pid, pid);
	why = note(NT_SIGINFO, 0, &len);
	CHECK_EQ(len, sizeof(*why));
	CHECK_EQ(why->si_signo, SIGSEGV);
	CHECK_EQ(why->si_code, SEGV_MAPERR);
	CHECK_EQ((long)why->si_addr, 0x777);
	words = note(NT_AUXV, 0, &len);
	CHECK(words && len >= 16 * 10);
	words = note(NT_FILE, 0, &len);
	CHECK(words && words[0] >= 1 && words[1] == 4096);
	CHECK(memmem(words, len, "/init", 6) != NULL);
	CHECK(note(NT_FPREGSET, 0, &len) != NULL);
	CHECK_EQ(len, 512);
	CHECK(note(NT_PRSTATUS, 1, &len) == NULL);
	/* Memory: what it wrote is there, at the right place. */
	CHECK_EQ(*(long *)memory((void *)&secret), 0x5ec2e7);
	CHECK(memory((void *)regs->rsp) != NULL);
	CHECK_EQ(segment(1)->p_offset % 4096, 0);
}

TEST(the_limit_decides_whether, SYS_wait4, SYS_setrlimit, SYS_prlimit64)
{
	int status;

	set_pattern("core");
	allow_core(4095);
	crash(&status);
	CHECK_EQ(status, SIGSEGV);
	CHECK_ERR(access("core", F_OK), ENOENT);
}

/* That a core was begun is told, however much of it there is room for. */
TEST(a_core_cut_by_the_file_size_is_told, SYS_wait4, SYS_setrlimit, SYS_prlimit64)
{
	struct rlimit small = { 1000, 1000 };
	int status;

	set_pattern("core");
	allow_core(RLIM_INFINITY);
	CHECK_OK(setrlimit(RLIMIT_FSIZE, &small));
	crash(&status);
	CHECK(WIFSIGNALED(status) && WCOREDUMP(status));
}

TEST(signals_that_dump_and_others, SYS_waitid, SYS_kill)
{
	static const int dumps[] = { SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
				     SIGFPE,  SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS };

	set_pattern("core");
	allow_core(RLIM_INFINITY);
	for (int sig = 1; sig < 65; sig++) {
		bool dump = false;
		siginfo_t info;
		pid_t pid;

		if (sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH ||
		    sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU ||
		    sig == 32 || sig == 33)
			continue;
		for (unsigned i = 0; i < sizeof(dumps) / sizeof(dumps[0]); i++)
			dump |= dumps[i] == sig;
		if (!dump && sig > 34)
			continue;
		pid = CHECK_OK(fork());
		if (pid == 0) {
			kill(getpid(), sig);
			_exit(3);
		}
		CHECK_OK(waitid(P_PID, pid, &info, WEXITED));
		CHECK_EQ(info.si_code, dump ? CLD_DUMPED : CLD_KILLED);
		CHECK_EQ(info.si_status, sig);
		CHECK_EQ(unlink("core"), dump ? 0 : -1);
	}
}

TEST(the_pattern_decides_where, SYS_wait4)
{
	struct stat st;
	char name[64];
	int status;
	pid_t pid;

	allow_core(RLIM_INFINITY);
	set_pattern("c.%p.%s.%e.%%x");
	pid = crash(&status);
	CHECK(WCOREDUMP(status));
	snprintf(name, sizeof(name), "c.%d.11.init.%%x", pid);
	CHECK_OK(access(name, F_OK));
	/* What has the name is replaced, not written to. */
	set_pattern("taken");
	CHECK_OK(close(CHECK_OK(open("taken", O_CREAT | O_WRONLY, 0644))));
	CHECK_OK(link("taken", "other"));
	crash(&status);
	CHECK(WCOREDUMP(status));
	CHECK_OK(stat("taken", &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK(st.st_size > 4096);
	CHECK_OK(stat("other", &st));
	CHECK_EQ(st.st_size, 0);
	CHECK_OK(unlink("taken"));
	CHECK_OK(symlink("other", "taken"));
	crash(&status);
	CHECK_OK(stat("other", &st));
	CHECK_EQ(st.st_size, 0);
	set_pattern("no/such/place");
	crash(&status);
	CHECK_EQ(status, SIGSEGV);
	set_pattern("core");
}

TEST(who_may_not_be_looked_at_leaves_none, SYS_prctl, SYS_wait4)
{
	int status;

	set_pattern("core");
	allow_core(RLIM_INFINITY);
	status = CHILD({
		CHECK_OK(prctl(PR_SET_DUMPABLE, 0));
		kill(getpid(), SIGABRT);
		pause();
	});
	CHECK_EQ(status, SIGABRT);
	CHECK_ERR(access("core", F_OK), ENOENT);
}

static void *thread(void *arg)
{
	asm volatile("mov %0, %%r14; 1: pause; jmp 1b" ::"r"(arg) : "r14");
	return NULL;
}

/* Every thread's registers are in it. */
TEST(all_threads_are_in_the_core, SYS_wait4, SYS_clone, SYS_clone3)
{
	unsigned found = 0;
	size_t len;
	int status;
	pid_t pid;

	set_pattern("core");
	allow_core(RLIM_INFINITY);
	pid = CHECK_OK(fork());
	if (pid == 0) {
		for (long i = 0; i < 4; i++) {
			pthread_t t;

			CHECK_EQ(pthread_create(&t, NULL, thread, (void *)(0x100 + i)), 0);
		}
		usleep(100000);
		kill(getpid(), SIGABRT);
		for (;;)
			pause();
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGABRT | 0x80);
	load("core");
	for (unsigned i = 0; i < 5; i++) {
		struct elf_prstatus *state = note(NT_PRSTATUS, i, &len);
		long r14;

		CHECK(state != NULL);
		r14 = ((struct user_regs_struct *)state->pr_reg)->r14;
		if (r14 >= 0x100 && r14 < 0x104)
			found |= 1 << (r14 - 0x100);
	}
	CHECK_EQ(found, 15);
	CHECK(note(NT_PRSTATUS, 5, &len) == NULL);
	CHECK(note(NT_FPREGSET, 4, &len) != NULL);
}

static void write_filter(const char *text)
{
	int fd = CHECK_OK(open("/proc/self/coredump_filter", O_WRONLY));

	CHECK_OK(write(fd, text, strlen(text)));
	CHECK_OK(close(fd));
}

TEST(filters_choose_the_memory, SYS_madvise, SYS_wait4)
{
	char *anon = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *hidden = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = CHECK_OK(open("data", O_RDWR | O_CREAT, 0600)), status;
	char *file, buf[16] = { 0 };

	set_pattern("core");
	allow_core(RLIM_INFINITY);
	CHECK_OK(ftruncate(fd, 4096));
	file = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	strcpy(anon, "anon");
	strcpy(both, "both");
	strcpy(hidden, "hidden");
	strcpy(file, "file");
	CHECK_OK(mprotect(anon, 4096, PROT_NONE)); /* dumped all the same */
	CHECK_OK(madvise(hidden, 4096, MADV_DONTDUMP));
	fd = CHECK_OK(open("/proc/self/coredump_filter", O_RDONLY));
	CHECK_EQ(read(fd, buf, sizeof(buf)), 9);
	CHECK_EQ(strcmp(buf, "00000033\n"), 0);
	crash(&status);
	load("core");
	CHECK_EQ(strcmp(memory(anon), "anon"), 0);
	CHECK_EQ(strcmp(memory(both), "both"), 0);
	CHECK(memory(hidden) == NULL);
	CHECK(memory(file) == NULL);
	write_filter("8");
	crash(&status);
	load("core");
	CHECK(memory(anon) == NULL);
	CHECK(memory(both) == NULL);
	CHECK_EQ(strcmp(memory(file), "file"), 0);
}

/* Beyond the limit nothing is written; holes cost nothing. */
TEST(cores_end_at_the_limit, SYS_setrlimit, SYS_prlimit64)
{
	struct stat st;
	int status;

	set_pattern("core");
	allow_core(65536);
	crash(&status);
	CHECK(WCOREDUMP(status));
	CHECK_OK(stat("core", &st));
	CHECK(st.st_blocks <= 130);
}
