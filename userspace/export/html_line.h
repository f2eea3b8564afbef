/* SPDX-License-Identifier: GPL-2.0-only */
/* The time line of a violation, in two columns: the process, and the device. */
#ifndef SM_HTML_LINE_H
#define SM_HTML_LINE_H

#include <json-c/json.h>
#include <stdio.h>

/**
 * sm_html_line_print() - print what led to a violation
 * @f: where to
 * @v: the violation, as in results; without a history nothing is printed
 *
 * The process's column has what the witness noted of that page; the device's, by
 * generation, when the entry was installed, when the page was invalidated last as
 * far as the mirror knows, and the violation.
 */
void sm_html_line_print(FILE *f, struct json_object *v);

#endif /* SM_HTML_LINE_H */
