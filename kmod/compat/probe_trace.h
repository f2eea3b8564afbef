/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does __assign_str() take one argument or two? It exists only while a trace
 * header is expanded, so asking takes a whole trace header. `probe` compiles it
 * both ways and expects exactly one to be right.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM sm_probe

#if !defined(SM_PROBE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SM_PROBE_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(sm_probe,
	TP_PROTO(const char *text),
	TP_ARGS(text),
	TP_STRUCT__entry(__string(text, text)),
#ifdef SM_PROBE_ASSIGN_STR_ONE
	TP_fast_assign(__assign_str(text);),
#else
	TP_fast_assign(__assign_str(text, text);),
#endif
	TP_printk("%s", __get_str(text))
);

#endif

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE probe_trace
#include <trace/define_trace.h>
