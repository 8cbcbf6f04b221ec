// Memory for what an evaluation makes: texts, lists, lists of missing facts. Taken piece by piece, given back all at once, kept
// for the next evaluation: an arena that has grown once allocates no more.
//
// Not thread-safe. Holds only what needs no destructor.
#ifndef RESULTGATE_EXPR_ARENA_H_
#define RESULTGATE_EXPR_ARENA_H_

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace resultgate::expr {

class Arena {
 public:
  // Everything that is taken after Now() is given back by BackTo() it.
  struct Mark {
    size_t block = 0;
    size_t used = 0;
  };

  template <typename T>
  T* Take(size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): pointers are kept too.
    return static_cast<T*>(TakeBytes(count * sizeof(T)));
  }

  Mark Now() const { return now_; }
  void BackTo(Mark mark) { now_ = mark; }

  // Gives everything back. What an unusual evaluation has needed beyond kKept is not kept.
  void Reset() {
    if (now_.block >= 1 && held_ > kKept) {
      blocks_.clear();
      held_ = 0;
    }
    now_ = Mark();
  }

 private:
  static constexpr size_t kAlignment = alignof(std::max_align_t);
  static constexpr size_t kBlock = size_t{4} << 10;
  static constexpr size_t kKept = size_t{1} << 20;

  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    size_t size = 0;
  };

  void* TakeBytes(size_t size) {
    size = (size + kAlignment - 1) / kAlignment * kAlignment;
    while (now_.block < blocks_.size() && now_.used + size > blocks_[now_.block].size) now_ = {now_.block + 1, 0};
    if (now_.block == blocks_.size()) {
      // Each twice as large as the one before, so that they stay few.
      const size_t next = std::max(size, blocks_.empty() ? kBlock : 2 * blocks_.back().size);
      blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(next), next});
      held_ += next;
    }
    void* const taken = blocks_[now_.block].bytes.get() + now_.used;
    now_.used += size;
    return taken;
  }

  std::vector<Block> blocks_;
  size_t held_ = 0;
  Mark now_;
};

}  // namespace resultgate::expr

#endif  // RESULTGATE_EXPR_ARENA_H_
