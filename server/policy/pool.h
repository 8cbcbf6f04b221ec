// A list whose elements keep their own memory when the list is emptied: for working memory that is used again and again.
#ifndef RESULTGATE_POLICY_POOL_H_
#define RESULTGATE_POLICY_POOL_H_

#include <cstddef>
#include <deque>

namespace resultgate::policy {

// Elements never move. One thread at a time.
template <typename T>
class Pool {
 public:
  // One more element, as it was left when it was last used.
  T& Next() {
    if (size_ == elements_.size()) elements_.emplace_back();
    return elements_[size_++];
  }
  // Takes the last one back.
  void DropLast() { --size_; }
  void Clear() { size_ = 0; }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return elements_[i]; }
  const T& operator[](size_t i) const { return elements_[i]; }
  T& back() { return elements_[size_ - 1]; }
  auto begin() const { return elements_.begin(); }
  auto end() const { return elements_.begin() + static_cast<std::ptrdiff_t>(size_); }

 private:
  std::deque<T> elements_;
  size_t size_ = 0;
};

}  // namespace resultgate::policy

#endif  // RESULTGATE_POLICY_POOL_H_
