// How often a test tries what it draws by chance.
#ifndef RESULTGATE_TESTS_TESTING_ROUNDS_H_
#define RESULTGATE_TESTS_TESTING_ROUNDS_H_

namespace resultgate::testing {

// What a sanitizer makes eight times slower need not be eight times as long.
#if defined(__SANITIZE_ADDRESS__) || defined(RESULTGATE_THREAD_SANITIZER)
constexpr int Rounds(int rounds) {
  return rounds < 8 ? 1 : rounds / 8;
}
#else
constexpr int Rounds(int rounds) {
  return rounds;
}
#endif

}  // namespace resultgate::testing

#endif  // RESULTGATE_TESTS_TESTING_ROUNDS_H_
