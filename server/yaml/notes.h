// Which part of a file each of its comments and empty lines belongs to, so that they go with it when it moves. Used by Format.
#ifndef RESULTGATE_YAML_NOTES_H_
#define RESULTGATE_YAML_NOTES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "server/yaml/source.h"
#include "server/yaml/yaml.h"

namespace resultgate::yaml {

// Of an entry of a map, or of an item of a list.
struct Note {
  std::vector<std::string> before;  // lines of comment; "" is an empty line
  std::string behind;               // at the end of its first line
  int behind_column = 0;            // where that stood
};

class Notes {
 public:
  Notes(const Document& document, const Source& source);

  // `part` is a Node::Entry, or a Node that is an item.
  const Note& Of(const void* part) const;
  // Comments behind the last child of a map or list.
  const std::vector<std::string>& EndOf(const Node& container) const;
  // At the top, about the file itself; an empty line follows if `HasGapBelowHead()`.
  const std::vector<std::string>& head() const { return head_; }
  bool has_gap_below_head() const { return has_gap_below_head_; }
  // Comments stand within its brackets, so it cannot stay on one line.
  bool IsOpened(const Node& node) const { return opened_.count(&node) > 0; }

 private:
  struct Anchor {
    int line = 0;
    int column = 0;
    const void* part = nullptr;
    std::vector<const Node*> containers;  // from the root down
  };

  void Walk(const Node& node, std::vector<const Node*> containers);
  void Take(const Comment& comment);
  const Node* ContainerThatEndsWith(const Comment& comment, const Anchor* before, const Anchor* next) const;
  void TakeEmptyLines();
  void SplitHead();

  const Source& source_;
  std::vector<Anchor> anchors_;  // in the order of the file
  absl::flat_hash_map<const void*, Note> notes_;
  absl::flat_hash_map<const Node*, std::vector<std::string>> ends_;
  absl::flat_hash_map<const Node*, int> child_columns_;
  absl::flat_hash_set<const Node*> opened_;
  std::vector<std::string> head_;
  bool has_gap_below_head_ = false;
};

}  // namespace resultgate::yaml

#endif  // RESULTGATE_YAML_NOTES_H_
