// Which templates a code leads to. Built at load, then immutable and safe to share.
#ifndef RESULTGATE_COMMENT_CODE_INDEX_H_
#define RESULTGATE_COMMENT_CODE_INDEX_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"
#include "server/valueset/valueset.h"

namespace resultgate::comment {

class CodeIndex {
 public:
  // A template that knows a code.
  struct Hit {
    int template_index = 0;
    bool exact = false;  // listed under `exact`
    // Codes in the value set that knows it: of two sets the smaller is the more specific.
    size_t set_size = 0;
  };

  // Returns the template that has the code already, else -1.
  int AddExact(const std::string& system, const std::string& code, int template_index);
  void AddValueSet(const valueset::ValueSet& set, int template_index);
  void AddSection(v1::Section section, int template_index) { sections_.emplace(section, template_index); }

  // Every template that knows one of the concept's codings, each once, in order of template; exact hits and smaller sets prevail.
  void Find(const v1::CodeableConcept& codeable_concept, std::vector<Hit>* hits) const;
  bool empty() const { return hits_.empty(); }
  // -1 if none.
  int FindSection(v1::Section section) const;

 private:
  struct Prefix {
    std::string system;
    std::string prefix;
    Hit hit;
  };

  // System and code; looked up without copying either.
  using Key = std::pair<std::string, std::string>;
  using KeyView = std::pair<absl::string_view, absl::string_view>;
  struct Hash {
    using is_transparent = void;
    size_t operator()(const KeyView& key) const { return absl::Hash<KeyView>()(key); }
    size_t operator()(const Key& key) const { return (*this)(KeyView(key.first, key.second)); }
  };
  struct Equal {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.first == b.first && a.second == b.second;
    }
  };
  absl::flat_hash_map<Key, std::vector<Hit>, Hash, Equal> hits_;
  std::vector<Prefix> prefixes_;
  std::map<v1::Section, int> sections_;
};

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_CODE_INDEX_H_
