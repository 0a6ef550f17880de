#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

/// How often this process has asked for memory so far.
unsigned long skep_allocation_count(void);

#endif
