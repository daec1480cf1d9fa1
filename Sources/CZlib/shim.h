// zlib, for files that were compressed by gzip.
#ifndef NEN_ZLIB_SHIM_H
#define NEN_ZLIB_SHIM_H
#include <zlib.h>
#endif
