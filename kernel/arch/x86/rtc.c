/* The date at boot: from the hypervisor, else from the CMOS clock (MC146818),
 * which is taken to keep UTC.  To the second; the second itself is not waited for.
 */
#include "arch/x86/x86.h"
#include "arch/api/io.h"
#include "arch/api/time.h"
#include "platform/platform.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71
#define REG_A	   0x0a
#define REG_B	   0x0b
#define UPDATING   0x80
#define BINARY	   0x04
#define HOURS_24   0x02

static u8 cmos_read(u8 reg)
{
	port_out8(CMOS_INDEX, reg | 0x80); /* NMI off while the index is set */
	return port_in8(CMOS_DATA);
}

struct rtc_time {
	u8 second, minute, hour, day, month, year, century;
};

static void rtc_read(struct rtc_time *t)
{
	t->second = cmos_read(0);
	t->minute = cmos_read(2);
	t->hour = cmos_read(4);
	t->day = cmos_read(7);
	t->month = cmos_read(8);
	t->year = cmos_read(9);
}

static unsigned from_bcd(u8 v)
{
	return (v >> 4) * 10u + (v & 15);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static s64 days_from_civil(s64 y, unsigned m, unsigned d)
{
	s64 era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = y / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m + (m > 2 ? -3u : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (s64)doe - 719468;
}

s64 arch_wall_clock(void)
{
	struct rtc_time a = { 0 };
	unsigned tries, second, minute, hour, day, month, year;
	bool pm;
	u8 mode, status;
	s64 wall = pvclock_wall();

	if (wall)
		return wall + (s64)pvclock_read();
	if (platform.no_rtc || (status = cmos_read(REG_A)) == 0xff)
		return 0;
	/* UPDATING is up from 244 us before an update, longer than reading takes; where a
	 * host stopped us for longer, the second has moved or moves.
	 */
	for (tries = 0; tries < 100; tries++) {
		if (status & UPDATING) {
			status = cmos_read(REG_A);
			continue;
		}
		rtc_read(&a);
		if (cmos_read(0) == a.second)
			break;
		status = cmos_read(REG_A);
	}
	mode = cmos_read(REG_B);
	port_out8(CMOS_INDEX, REG_B); /* NMI on */
	if (tries == 100 || mode == 0xff)
		return 0;
	pm = a.hour & 0x80 && !(mode & HOURS_24);
	a.hour &= mode & HOURS_24 ? 0xff : 0x7f;
#define FIELD(f) (mode & BINARY ? a.f : from_bcd(a.f))
	second = FIELD(second);
	minute = FIELD(minute);
	hour = FIELD(hour);
	day = FIELD(day);
	month = FIELD(month);
	year = FIELD(year);
#undef FIELD
	if (!(mode & HOURS_24))
		hour = hour % 12 + (pm ? 12 : 0);
	if (month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	year += year < 70 ? 2000 : 1900;
	return (((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) *
	       NSEC_PER_SEC;
}
