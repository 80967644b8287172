/*
 * The command line.
 *
 * One copy is cut into words in place; the table points into it.  Source: Linux
 * Documentation/admin-guide/kernel-parameters.rst, and the observed behaviour of 6.1.
 */
#include "core/cmdline.h"
#include "core/cmdline_internal.h"
#include "lib/parse.h"
#include "lib/string.h"

#define WORDS_MAX 256

static struct {
	char raw[CMDLINE_MAX];
	char text[CMDLINE_MAX]; /* cut into words */
	struct {
		const char *name, *value;
	} word[WORDS_MAX]; /* value NULL: bare */
	size_t nwords;
	const char *args[INIT_ARGS_MAX + 1];
	const char *env[INIT_ENV_MAX + 1];
	unsigned nargs, nenv;
	char pair[CMDLINE_MAX]; /* "key=value" again, for init's words */
	size_t pair_used;
} cl = { .env = { "HOME=/", "TERM=linux" }, .nenv = 2 };

/*
 * Cuts the next word off *line: `name`, `name=value`, with double quotes round the whole or
 * round the value removed.  Return false at the end.
 */
static bool next_word(char **line, char **name, char **value)
{
	char *s = *line, *end;
	bool quoted = false, whole;
	char *equals = NULL;

	while (char_is_space(*s))
		s++;
	if (!*s)
		return false;
	whole = *s == '"';
	if (whole) {
		s++;
		quoted = true;
	}
	for (end = s; *end; end++) {
		if (char_is_space(*end) && !quoted)
			break;
		if (*end == '=' && !equals && end > s)
			equals = end;
		if (*end == '"')
			quoted = !quoted;
	}
	*line = *end ? end + 1 : end;
	*end = 0;
	*name = s;
	*value = NULL;
	if (equals) {
		*equals = 0;
		*value = equals + 1;
		if (**value == '"') {
			++*value;
			if (end > *value && end[-1] == '"')
				end[-1] = 0;
		}
	}
	if (whole && end > s && end[-1] == '"')
		end[-1] = 0;
	return true;
}

/* "name=value" in memory of its own, or the bare name; NULL: no room. */
static const char *join(const char *name, const char *value)
{
	char *at = cl.pair + cl.pair_used;
	size_t room = sizeof(cl.pair) - cl.pair_used, len;

	if (!value)
		return name;
	len = strlen(name) + 1 + strlen(value) + 1;
	if (len > room)
		return NULL;
	strlcpy(at, name, room);
	strlcat(at, "=", room);
	strlcat(at, value, room);
	cl.pair_used += len;
	return at;
}

static void add_arg(const char *name, const char *value)
{
	const char *text = join(name, value);

	if (text && cl.nargs < INIT_ARGS_MAX)
		cl.args[cl.nargs++] = text;
}

/* A second value for a name replaces the first. */
static void add_env(const char *name, const char *value)
{
	const char *text = join(name, value);
	size_t len = strlen(name) + 1;
	unsigned i = 0;

	if (!text)
		return;
	while (i < cl.nenv && strncmp(cl.env[i], text, len))
		i++;
	if (i == INIT_ENV_MAX)
		return;
	cl.env[i] = text;
	if (i == cl.nenv)
		cl.nenv++;
}

static void take_word(const char *name, const char *value)
{
	if (!cmdline_is_known(name, value)) {
		if (value)
			add_env(name, value);
		else
			add_arg(name, NULL);
	}
	/* Boot loaders put "auto" in front of init=: what came before it is not init's. */
	if (value && (str_eq(name, "init") || str_eq(name, "rdinit")))
		cl.nargs = 0;
	if (cl.nwords < WORDS_MAX) {
		cl.word[cl.nwords].name = name;
		cl.word[cl.nwords++].value = value;
	}
}

void cmdline_init(const char *line)
{
	char *rest = cl.text, *name, *value;
	bool for_init = false;
	size_t len;

	strlcpy(cl.raw, line ? line : "", sizeof(cl.raw));
	len = strlen(cl.raw);
	while (len && (cl.raw[len - 1] == '\n' || cl.raw[len - 1] == '\r'))
		cl.raw[--len] = 0;
	memcpy(cl.text, cl.raw, len + 1);
	cl.nwords = cl.nargs = cl.pair_used = 0;
	cl.env[0] = "HOME=/";
	cl.env[1] = "TERM=linux";
	cl.nenv = 2;

	while (next_word(&rest, &name, &value)) {
		/* The second "--" ends init's words too: Linux reads them by the same rules. */
		if (for_init && !value && str_eq(name, "--"))
			break;
		if (for_init)
			add_arg(name, value);
		else if (!value && str_eq(name, "--"))
			for_init = true;
		else
			take_word(name, value);
	}
	cl.args[cl.nargs] = NULL;
	cl.env[cl.nenv] = NULL;
}

const char *cmdline_raw(void)
{
	return cl.raw;
}
const char *const *cmdline_init_args(void)
{
	return cl.args;
}
const char *const *cmdline_init_env(void)
{
	return cl.env;
}

const char *cmdline_next(const char *name, size_t *iter)
{
	while (*iter < cl.nwords) {
		size_t i = (*iter)++;

		if (cmdline_name_compare(cl.word[i].name, name) == 0)
			return cl.word[i].value ? cl.word[i].value : "";
	}
	return NULL;
}

const char *cmdline_get(const char *name)
{
	for (size_t i = cl.nwords; i-- > 0;)
		if (cmdline_name_compare(cl.word[i].name, name) == 0)
			return cl.word[i].value ? cl.word[i].value : "";
	return NULL;
}

bool cmdline_has(const char *name)
{
	return cmdline_get(name) != NULL;
}

s64 cmdline_get_s64(const char *name, s64 fallback)
{
	const char *value = cmdline_get(name);
	s64 v;

	return value && !parse_s64(value, 0, &v) ? v : fallback;
}

bool cmdline_get_bool(const char *name, bool fallback)
{
	const char *value = cmdline_get(name);
	bool v;

	if (value && !*value)
		return true;
	return value && !parse_bool(value, &v) ? v : fallback;
}
