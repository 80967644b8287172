/* Heap sort.  Source: Knuth, volume 3, 5.2.3. */
#include "lib/sort.h"
#include "lib/string.h"

static void exchange(u8 *a, u8 *b, size_t size)
{
	for (; size; size--, a++, b++)
		swap(*a, *b);
}

void sort(void *base, size_t count, size_t size, int (*cmp)(const void *, const void *))
{
	u8 *a = base;

	if (count < 2)
		return;
	/* While start > 0 the heap grows down to it; then end shrinks. */
	for (size_t start = count / 2, end = count; end > 1;) {
		size_t root, child;

		if (start > 0)
			start--;
		else
			exchange(a, a + --end * size, size);
		for (root = start; (child = 2 * root + 1) < end; root = child) {
			if (child + 1 < end && cmp(a + child * size, a + (child + 1) * size) < 0)
				child++;
			if (cmp(a + root * size, a + child * size) >= 0)
				break;
			exchange(a + root * size, a + child * size, size);
		}
	}
}
