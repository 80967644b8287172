/* personality(2): the flags that mean something here. */
#pragma once

#define PERSONALITY_TYPE  0x00000ff /* PER_* */
#define PER_LINUX32	  0x0000008
#define UNAME26		  0x0020000
#define ADDR_NO_RANDOMIZE 0x0040000
#define READ_IMPLIES_EXEC 0x0400000
