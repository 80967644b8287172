/* core/cmdline: any line is taken apart into words of itself, within the limits. */
#include "tests/fuzz/fuzz.h"
#include "core/cmdline.h"

void fuzz_one(const u8 *data, size_t len)
{
	char *line = malloc(len + 1);
	const char *const *list;
	const char *word;
	size_t iter = 0, words = 0;

	memcpy(line, data, len);
	line[len] = '\0';
	cmdline_init(line);
	expect(strlen(cmdline_raw()) < CMDLINE_MAX);
	for (list = cmdline_init_args(); *list; list++)
		words += strlen(*list) + 1;
	expect(list - cmdline_init_args() <= INIT_ARGS_MAX + 1);
	for (list = cmdline_init_env(); *list; list++)
		expect(strchr(*list, '='));
	expect(list - cmdline_init_env() <= INIT_ENV_MAX + 2);
	expect(words <= len + 1);
	while ((word = cmdline_next("console", &iter)))
		expect(strlen(word) < CMDLINE_MAX);
	(void)cmdline_get_s64("loglevel", 7);
	(void)cmdline_get_bool("quiet", false);
	free(line);
}

size_t fuzz_sample(unsigned n, u8 *buf, size_t room)
{
	static const char *const lines[] = {
		"console=ttyS0 quiet loglevel=4 console=\"tty0 x\" panic=-1 root=",
		"quiet single FOO=bar mod.param=1 TERM=vt100 -- -x quiet k=v",
		"a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J",
		"a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1 p=1 q=1 r=1 "
		"s=1 t=1 u=1 v=1 w=1 x=1 y=1 z=1 A=1 B=1 C=1 D=1 E=1 F=1 G=1 H=1",
	};

	if (n >= ARRAY_SIZE(lines))
		return 0;
	strcpy((char *)buf, lines[n]);
	return strlen(lines[n]);
}
