// Counts what a test binary takes from the heap, by replacing operator new in it.
#ifndef RESULTGATE_TESTS_TESTING_ALLOCATIONS_H_
#define RESULTGATE_TESTS_TESTING_ALLOCATIONS_H_

#include <cstddef>

namespace resultgate::testing {

// How often this thread has called operator new.
size_t Allocations();

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_TESTING_ALLOCATIONS_H_
