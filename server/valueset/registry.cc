// Loading of value sets: every file is read and every mistake reported before anything is given out.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/base/digest.h"
#include "server/base/file.h"
#include "server/valueset/csv.h"
#include "server/valueset/fhir.h"
#include "server/valueset/valueset.h"
#include "server/yaml/yaml.h"

namespace resultgate::valueset {
namespace {

using base::FileIssues;

constexpr absl::string_view kSystemForms =
    "write `loinc`, `snomed`, `icd10cm`, `icd10`, `icdo3`, `radlex`, `cpt`, `v2-0074` and the like, or a full URI";

// A file as read, its includes not resolved yet.
struct Draft {
  struct Include {
    std::string name;
    base::Place place;
  };

  yaml::Document document;
  std::string name;
  base::Place place;  // of the name
  std::string title, source, version, license;
  std::vector<ValueSet::Entry> entries;
  std::vector<Include> includes;
};

bool IsKebabCase(absl::string_view name) {
  if (name.empty() || !absl::ascii_islower(name.front()) || name.back() == '-' || absl::StrContains(name, "--")) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; });
}

void CheckCode(const yaml::Document& document, const yaml::Node& node, const ValueSet::Entry& entry, FileIssues* issues) {
  const yaml::Node* written = node.Find("code");
  if (written == nullptr || entry.code.empty()) return;
  if (std::any_of(entry.code.begin(), entry.code.end(), absl::ascii_isspace)) {
    document.Error(written->place, absl::StrCat("code `", entry.code, "` holds a blank"), "leave it out", issues);
    return;
  }
  if (const std::string meant = MeantSystem(entry.system); !meant.empty()) {
    document.Error(node.Find("system")->place, absl::StrCat("no message names its code system `", entry.system, "`"),
                   absl::StrCat("write `", meant, "`"), issues);
    return;
  }
  // What begins with a code is below it in ICD; of a system that is not known here its author knows.
  if (entry.descendants && !NestsByPrefix(entry.system) && IsKnownSystem(entry.system)) {
    document.Error(node.Find("descendants")->place, "codes of this system do not nest by how they begin",
                   "leave `descendants` out, and list the codes", issues);
  }
  if (WrongForm wrong = FindWrongForm(entry.system, entry.code); !wrong.message.empty()) {
    document.Error(written->place, std::move(wrong.message), std::move(wrong.suggestion), issues);
  }
}

void ReadCodes(const yaml::Node& list, Draft* draft, FileIssues* issues) {
  const yaml::Document& document = draft->document;
  if (!list.IsList()) {
    document.Error(list.place, "`codes` must be a list", "write `codes:`, then one `- {system: …, code: …, display: …}` a line",
                   issues);
    return;
  }
  std::map<std::pair<std::string, std::string>, int> lines;  // of codes seen so far
  for (const yaml::Node& item : list.items) {
    yaml::MapReader reader(document, item, "a code", issues);
    if (!reader.valid()) continue;
    ValueSet::Entry entry;
    const std::string word = reader.RequiredText("system");
    entry.code = reader.RequiredText("code");
    entry.display = reader.RequiredText("display");
    entry.descendants = reader.OptionalBool("descendants", false);
    reader.RefuseUnknownKeys();
    entry.system = SystemUri(word);
    if (!word.empty() && entry.system.empty()) {
      document.Error(item.Find("system")->place, absl::StrCat("unknown code system `", word, "`"), std::string(kSystemForms),
                     issues);
      continue;
    }
    CheckCode(document, item, entry, issues);
    if (!entry.code.empty()) {
      const auto [before, is_new] = lines.emplace(std::make_pair(entry.system, entry.code), item.place.line);
      if (!is_new) {
        document.Error(item.Find("code")->place, absl::StrCat("`", entry.code, "` stands twice, first in line ", before->second),
                       "keep one of them", issues);
        continue;
      }
    }
    draft->entries.push_back(std::move(entry));
  }
}

void ReadIncludes(const yaml::Node& list, Draft* draft, FileIssues* issues) {
  if (!list.IsList()) {
    draft->document.Error(list.place, "`includes` must be a list of names of value sets", "write `includes: [a, b]`", issues);
    return;
  }
  for (const yaml::Node& item : list.items) {
    if (!item.IsScalar() || item.text.empty()) {
      draft->document.Error(item.place, "an entry of `includes` must be the name of a value set", "", issues);
    } else {
      draft->includes.push_back({item.text, item.place});
    }
  }
}

// Absent, `codes:` without a value, or `codes: []`.
bool NoEntries(const yaml::Node* list) {
  return list == nullptr || list->IsNull() || (list->IsList() && list->items.empty());
}

std::optional<Draft> ReadDraft(const std::string& path, const std::string& text, FileIssues* issues) {
  std::optional<yaml::Document> document = absl::EndsWith(path, ".csv")    ? ParseCsv(path, text, issues)
                                           : absl::EndsWith(path, ".json") ? ParseFhir(path, text, issues)
                                                                           : yaml::Parse(path, text, issues);
  if (!document) return std::nullopt;
  Draft draft;
  draft.document = *std::move(document);
  const yaml::Node& root = draft.document.root;
  yaml::MapReader reader(draft.document, root, "a value set", issues);
  if (!reader.valid()) return std::nullopt;
  draft.name = reader.RequiredText("name");
  draft.title = reader.RequiredText("title");
  draft.source = reader.RequiredText("source");
  draft.version = reader.RequiredText("version");
  draft.license = reader.RequiredText("license");
  const yaml::Node* codes = reader.Optional("codes");
  const yaml::Node* includes = reader.Optional("includes");
  reader.RefuseUnknownKeys();
  draft.place = draft.name.empty() ? root.place : root.Find("name")->place;
  if (!draft.name.empty() && !IsKebabCase(draft.name)) {
    draft.document.Error(draft.place, absl::StrCat("`", draft.name, "` is no name for a value set"),
                         "lower-case words and numbers joined by single hyphens, as `new-cancer`", issues);
  }
  if (codes != nullptr) ReadCodes(*codes, &draft, issues);
  if (includes != nullptr) ReadIncludes(*includes, &draft, issues);
  if (NoEntries(codes) && draft.includes.empty()) {
    draft.document.Error(root.place, "a value set without codes holds nothing", "give it `codes` or `includes`", issues);
  }
  return draft;
}

// Follows `includes`: reports unknown names and cycles once, and gathers what a set holds in the end.
class Includes {
 public:
  // `complete`: every file could be read, so that a name that is not there is a mistake and no consequence of another one.
  Includes(const std::map<std::string, Draft>& drafts, bool complete, FileIssues* issues)
      : drafts_(drafts), complete_(complete), issues_(issues) {
    for (const auto& [name, draft] : drafts_) {
      names_.push_back(name);
      by_address_.emplace(draft.source, name);
    }
  }

  // The name of the set that `include` means: by its name, or by its address, as FHIR does.
  const std::string& NameOf(const Draft::Include& include) const {
    const auto found = by_address_.find(include.name);
    return drafts_.count(include.name) == 0 && found != by_address_.end() ? found->second : include.name;
  }

  // The entries of `name` and of all that it includes, each code once. What stands nearer wins.
  const std::vector<ValueSet::Entry>& Resolve(const std::string& name) {
    const auto done = resolved_.find(name);
    if (done != resolved_.end()) return done->second;
    const Draft& draft = drafts_.at(name);
    path_.push_back(name);
    std::vector<ValueSet::Entry> entries = draft.entries;
    for (const Draft::Include& include : draft.includes) {
      const std::string& included = NameOf(include);
      if (drafts_.count(included) == 0) {
        if (!complete_) continue;
        draft.document.Error(include.place, absl::StrCat("no value set is named `", include.name, "`"),
                             base::Suggest(include.name, names_), issues_);
      } else if (const auto begin = std::find(path_.begin(), path_.end(), included); begin != path_.end()) {
        draft.document.Error(include.place,
                             absl::StrCat("value sets include each other in a circle: `",
                                          absl::StrJoin(begin, path_.end(), "` includes `"), "` includes `", included, "`"),
                             "take one of the includes out", issues_);
      } else {
        Merge(Resolve(included), &entries);
      }
    }
    path_.pop_back();
    return resolved_[name] = std::move(entries);
  }

 private:
  static void Merge(const std::vector<ValueSet::Entry>& from, std::vector<ValueSet::Entry>* into) {
    std::set<std::pair<std::string, std::string>> known;
    for (const ValueSet::Entry& entry : *into) known.emplace(entry.system, entry.code);
    for (const ValueSet::Entry& entry : from) {
      if (known.emplace(entry.system, entry.code).second) {
        into->push_back(entry);
      } else if (entry.descendants) {
        // The same code once alone and once with all below it: the set holds both.
        for (ValueSet::Entry& own : *into) {
          if (own.system == entry.system && own.code == entry.code) own.descendants = true;
        }
      }
    }
  }

  const std::map<std::string, Draft>& drafts_;
  const bool complete_;
  FileIssues* const issues_;
  std::vector<std::string> names_;
  std::map<std::string, std::string> by_address_;  // names by `source`
  std::map<std::string, std::vector<ValueSet::Entry>> resolved_;
  std::vector<std::string> path_;  // from the set asked for to where we are
};

}  // namespace

std::shared_ptr<const Registry> Registry::Load(const std::string& folder, base::FileIssues* issues, const base::Files& files) {
  FileIssues found;
  std::shared_ptr<const Registry> registry = LoadWhatIsUnderstood(folder, &found, files);
  issues->insert(issues->end(), found.begin(), found.end());
  return base::HasErrors(found) ? nullptr : registry;
}

std::shared_ptr<const Registry> Registry::LoadWhatIsUnderstood(const std::string& folder, base::FileIssues* issues,
                                                               const base::Files& files) {
  FileIssues found;
  absl::StatusOr<std::vector<std::string>> paths = files.List(folder, ".yaml");
  if (!paths.ok()) {
    issues->push_back({base::FileIssue::Severity::kError, {folder}, std::string(paths.status().message()), "", ""});
    return std::make_shared<Registry>();
  }
  for (const char* ending : {".csv", ".json"}) {
    const auto more = files.List(folder, ending);
    if (more.ok()) paths->insert(paths->end(), more->begin(), more->end());
  }
  std::vector<std::pair<std::string, std::string>> contents;
  std::map<std::string, Draft> drafts;  // by name
  bool complete = true;
  for (const std::string& path : *paths) {
    absl::StatusOr<std::string> text = files.Read(path);
    if (!text.ok()) {
      found.push_back({base::FileIssue::Severity::kError, {path}, std::string(text.status().message()), "", ""});
      complete = false;
      continue;
    }
    std::optional<Draft> draft = ReadDraft(path, *text, &found);
    contents.emplace_back(absl::StripPrefix(absl::StripPrefix(path, folder), "/"), *std::move(text));
    if (!draft || draft->name.empty()) {
      complete = false;
      continue;
    }
    const std::string name = draft->name;
    const auto before = drafts.find(name);
    if (before != drafts.end()) {
      draft->document.Error(draft->place,
                            absl::StrCat("a value set named `", name, "` stands in ", before->second.document.file, " too"),
                            "give one of them another name", &found);
      continue;
    }
    drafts.emplace(name, *std::move(draft));
  }
  Includes includes(drafts, complete, &found);
  for (const auto& [name, draft] : drafts) includes.Resolve(name);

  auto registry = std::make_shared<Registry>();
  for (const auto& [name, draft] : drafts) {
    ValueSet::Origin origin;
    origin.place = draft.place;
    const auto line = static_cast<size_t>(draft.place.line);
    if (line >= 1 && line <= draft.document.lines.size()) origin.source_line = draft.document.lines[line - 1];
    for (const Draft::Include& include : draft.includes) origin.includes.push_back(includes.NameOf(include));
    registry->sets_.push_back(std::make_unique<ValueSet>(name, draft.title, draft.source, draft.version, draft.license,
                                                         includes.Resolve(name), std::move(origin)));
    registry->by_name_[name] = registry->sets_.back().get();
    registry->IndexLast();
  }
  registry->digest_ = base::DigestOfFiles(std::move(contents));
  issues->insert(issues->end(), found.begin(), found.end());
  return registry;
}

void Registry::IndexLast() {
  ValueSet& set = *sets_.back();
  set.number_ = sets_.size() - 1;
  for (const ValueSet::Entry& entry : set.entries()) {
    const auto [at, added] = system_of_.try_emplace(entry.system, systems_.size());
    if (added) systems_.emplace_back().uri = entry.system;
    System& system = systems_[at->second];
    system.by_code[entry.code].Add(set.number());
    if (!entry.descendants) continue;
    system.by_prefix[entry.code].Add(set.number());
    AddLength(entry.code.size(), &system.prefix_lengths);
  }
}

const Registry::System* Registry::FindSystem(absl::string_view uri) const {
  // So few are compared faster than hashed.
  constexpr size_t kFew = 12;
  if (systems_.size() <= kFew) {
    const auto found = std::find_if(systems_.begin(), systems_.end(), [uri](const System& system) { return system.uri == uri; });
    return found == systems_.end() ? nullptr : &*found;
  }
  const auto found = system_of_.find(uri);
  return found == system_of_.end() ? nullptr : &systems_[found->second];
}

void Registry::AddSetsThatHold(const v1::CodeableConcept& codeable_concept, Membership* sets) const {
  for (const v1::Coding& coding : codeable_concept.codings()) {
    // As in ValueSet::Contains: an empty code is none.
    const System* system = coding.code().empty() ? nullptr : FindSystem(coding.system());
    if (system == nullptr) continue;
    if (const auto code = system->by_code.find(coding.code()); code != system->by_code.end()) sets->Add(code->second);
    for (const size_t length : system->prefix_lengths) {
      if (length > coding.code().size()) break;
      const auto prefix = system->by_prefix.find(absl::string_view(coding.code()).substr(0, length));
      if (prefix != system->by_prefix.end()) sets->Add(prefix->second);
    }
  }
}

Membership Registry::SetsThatHold(const v1::CodeableConcept& codeable_concept) const {
  Membership membership;
  AddSetsThatHold(codeable_concept, &membership);
  return membership;
}

const ValueSet* Registry::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::vector<std::string> Registry::Names() const {
  std::vector<std::string> names;
  names.reserve(sets_.size());
  for (const auto& set : sets_) names.push_back(set->name());
  return names;
}

}  // namespace resultgate::valueset
