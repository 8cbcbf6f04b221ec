// What a parsed file's tree does not hold: its comments, and where the text of a scalar or a bracket ends.
//
// A Source is immutable and refers to the Document it was made of. Used by Format.
#ifndef RESULTGATE_YAML_SOURCE_H_
#define RESULTGATE_YAML_SOURCE_H_

#include <string>
#include <utility>
#include <vector>

#include "server/yaml/yaml.h"

namespace resultgate::yaml {

struct Comment {
  int line = 0;
  int column = 0;
  std::string text;  // from `#` to the end of the line, without blanks behind it
  bool own_line = false;
};

// A scalar written as `|` or `>`.
struct BlockText {
  std::string header;              // `|`, `>-`
  std::vector<std::string> lines;  // without their indentation
  int last_line = 0;
};

class Source {
 public:
  explicit Source(const Document& document);

  // All comments, in order.
  const std::vector<Comment>& comments() const { return comments_; }
  // Of a node with `block`.
  BlockText BlockOf(const Node& node) const;
  // The last line and column of a node with `flow`: its closing bracket.
  std::pair<int, int> EndOf(const Node& node) const;
  bool IsBlank(int line) const;
  // The column of the `-` before an item of a block list that begins at `place`.
  int DashOf(const base::Place& place) const;

 private:
  void Mask(const Node& node);
  void MaskQuoted(const base::Place& place);
  void FindComments();

  const Document& document_;
  // The lines, with every byte of quoted and block text as `x`: what is left of `#` and brackets is syntax.
  std::vector<std::string> masked_;
  std::vector<Comment> comments_;
};

}  // namespace resultgate::yaml

#endif  // RESULTGATE_YAML_SOURCE_H_
