// The one word per thread behind CNenWork.h.
#include "CNenWork.h"

_Thread_local struct nen_work nen_work_of_thread;
