/* core/log_internal.h - between log.c and log_options.c. */
#pragma once
#include "core/log.h"

extern const char *const log_subsys_name[LOG_SUBSYS_COUNT];
void log_console_everything(bool on); /* ignore_loglevel */
