// Value sets: named lists of codes that rules and templates speak of.
//
// A registry is loaded whole or not at all and is immutable afterwards, so that all threads share it without locks.
#ifndef RESULTGATE_VALUESET_VALUESET_H_
#define RESULTGATE_VALUESET_VALUESET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "absl/numeric/bits.h"
#include "absl/strings/string_view.h"
#include "resultgate/v1/model.pb.h"
#include "server/base/file.h"
#include "server/base/file_issue.h"
#include "server/valueset/code_system.h"

namespace resultgate::valueset {

// Which of a registry's value sets hold something: a set of their numbers.
class Membership {
 public:
  bool Has(size_t number) const {
    return number / kBits < words_.size() && (words_[number / kBits] >> (number % kBits) & 1) != 0;
  }
  void Add(size_t number) {
    if (number / kBits >= words_.size()) words_.resize(number / kBits + 1, 0);
    words_[number / kBits] |= uint64_t{1} << (number % kBits);
  }
  void Add(const Membership& other) {
    if (other.words_.size() > words_.size()) words_.resize(other.words_.size(), 0);
    for (size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
  }
  // Empties it; its memory is used again.
  void Clear() { words_.clear(); }
  // Calls `visit(number)` for each set, in order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t word = words_[i]; word != 0; word &= word - 1) visit(i * kBits + absl::countr_zero(word));
    }
  }

 private:
  static constexpr size_t kBits = 64;
  // In place for the sets that most sites have: a code is looked up in one step.
  absl::InlinedVector<uint64_t, 2> words_;
};

// One named set of codes.
class ValueSet {
 public:
  struct Entry {
    std::string system;  // URI
    std::string code;
    std::string display;
    bool descendants = false;  // every code that begins with `code` too: how ICD-10 nests
  };

  // Where the set stands, for messages about it.
  struct Origin {
    base::Place place;                  // of its name
    std::string source_line;            // the line there
    std::vector<std::string> includes;  // the names of the sets that its file includes; their codes are among the entries
  };

  ValueSet(std::string name, std::string title, std::string source, std::string version, std::string license,
           std::vector<Entry> entries, Origin origin = {});

  const std::string& name() const { return name_; }
  const std::string& title() const { return title_; }
  const std::string& source() const { return source_; }
  const std::string& version() const { return version_; }
  const std::string& license() const { return license_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const Origin& origin() const { return origin_; }
  // Its position in its registry's Names().
  size_t number() const { return number_; }

  bool Contains(absl::string_view system, absl::string_view code) const;
  // `descendants`: every code that begins with `code` as well.
  bool Contains(absl::string_view system, absl::string_view code, bool descendants) const;
  // Any coding suffices.
  bool Contains(const v1::CodeableConcept& codeable_concept) const;

 private:
  friend class Registry;

  std::string name_, title_, source_, version_, license_;
  size_t number_ = 0;
  std::vector<Entry> entries_;
  Origin origin_;
  struct Codes {
    absl::flat_hash_set<std::string> all;
    absl::flat_hash_set<std::string> prefixes;  // those with descendants
    std::vector<size_t> prefix_lengths;         // in order, each once
  };
  absl::flat_hash_map<std::string, Codes> codes_;  // by system
};

// Adds a length to lengths that are in order, each once.
void AddLength(size_t length, std::vector<size_t>* lengths);

// All value sets of an installation.
class Registry {
 public:
  // Reads every `.yaml`, `.csv` (csv.h) and `.json` (fhir.h) below `folder`. Mistakes (YAML, unknown keys, duplicate names and
  // codes, codes that their system cannot have, missing name, source, version or license, empty sets) are appended to `issues`;
  // on an error the result is null.
  static std::shared_ptr<const Registry> Load(const std::string& folder, base::FileIssues* issues, const base::Files& files = {});
  // The same, but with errors too the result holds what could be understood, so that files that build on these sets can be
  // checked as well and all mistakes be said at once. Never null. Where an error was found it must decide nothing.
  static std::shared_ptr<const Registry> LoadWhatIsUnderstood(const std::string& folder, base::FileIssues* issues,
                                                              const base::Files& files = {});

  // Nullptr if there is none of that name.
  const ValueSet* Find(absl::string_view name) const;
  // The sets that hold one of the concept's codings: one look-up for each coding, however many sets there are.
  Membership SetsThatHold(const v1::CodeableConcept& codeable_concept) const;
  // The same, added to `*sets`.
  void AddSetsThatHold(const v1::CodeableConcept& codeable_concept, Membership* sets) const;
  // In order.
  std::vector<std::string> Names() const;
  // Digest of all files read (base::DigestOfFiles, names relative to the folder).
  const std::string& digest() const { return digest_; }

 private:
  // Gives the last set its number and enters its codes.
  void IndexLast();

  std::vector<std::unique_ptr<ValueSet>> sets_;  // in order of name
  absl::flat_hash_map<std::string, const ValueSet*> by_name_;
  // What the codes of one system are in.
  struct System {
    std::string uri;
    absl::flat_hash_map<std::string, Membership> by_code;
    // Every code that begins so is in them too.
    absl::flat_hash_map<std::string, Membership> by_prefix;
    std::vector<size_t> prefix_lengths;  // in order, each once
  };
  const System* FindSystem(absl::string_view uri) const;

  std::vector<System> systems_;
  absl::flat_hash_map<std::string, size_t> system_of_;  // position in systems_ by URI
  std::string digest_;
};

}  // namespace resultgate::valueset

#endif  // RESULTGATE_VALUESET_VALUESET_H_
