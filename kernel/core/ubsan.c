/*
 * What -fsanitize=undefined (debug builds) calls when it finds undefined behaviour: panic
 * with the place.  Every check's data starts with it.
 * Source: compiler-rt/lib/ubsan/ubsan_handlers.h.
 */
#include "core/panic.h"

struct ubsan_place {
	const char *file;
	u32 line, column;
};

/* Another CPU's or an interrupt's finding while a panic prints is dropped. */
static __cold void report(const char *what, const struct ubsan_place *at)
{
	if (!panic_in_progress)
		panic("undefined behaviour: %s at %s:%u:%u", what, at->file, at->line, at->column);
}

#define HANDLER(name, what)                                                                        \
	void __ubsan_handle_##name(struct ubsan_place *at);                                        \
	void __ubsan_handle_##name(struct ubsan_place *at)                                         \
	{                                                                                          \
		report(what, at);                                                                  \
	}

HANDLER(add_overflow, "addition overflows")
HANDLER(sub_overflow, "subtraction overflows")
HANDLER(mul_overflow, "multiplication overflows")
HANDLER(negate_overflow, "negation overflows")
HANDLER(divrem_overflow, "division overflows")
HANDLER(shift_out_of_bounds, "shift out of bounds")
HANDLER(out_of_bounds, "array index out of bounds")
HANDLER(load_invalid_value, "invalid bool or enum")
HANDLER(type_mismatch_v1, "null or misaligned access, or object too small")
HANDLER(pointer_overflow, "pointer arithmetic overflows")
HANDLER(builtin_unreachable, "unreachable code reached")
HANDLER(missing_return, "function ends without a value")
HANDLER(invalid_builtin, "zero passed to ctz or clz")
HANDLER(nonnull_arg, "null argument")
HANDLER(nonnull_return_v1, "null returned")
HANDLER(vla_bound_not_positive, "array size not positive")
HANDLER(float_cast_overflow, "float conversion overflows")
HANDLER(function_type_mismatch, "function called through a wrong type")
HANDLER(alignment_assumption, "alignment assumption broken")
