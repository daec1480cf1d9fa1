// PCRE2, 8-bit code units (UTF-8). Call the suffixed names: pcre2_compile_8, pcre2_jit_match_8.
#ifndef NEN_PCRE2_SHIM_H
#define NEN_PCRE2_SHIM_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#endif
