#include "server/valueset/fhir.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/json/json.h"
#include "server/valueset/code_system.h"

namespace resultgate::valueset {
namespace {

using json::Value;
using yaml::Node;

// A line longer than this is no help below a message: a file without line breaks.
constexpr size_t kLongestLineShown = 300;

// `NewCancer`, `HIVTests` and `new_cancer` as `new-cancer`, `hiv-tests` and `new-cancer`.
std::string KebabCase(absl::string_view name) {
  std::string kebab;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (!absl::ascii_isalnum(c)) {
      if (!kebab.empty() && kebab.back() != '-') kebab += '-';
      continue;
    }
    const bool after_small = i > 0 && !absl::ascii_isupper(static_cast<unsigned char>(name[i - 1]));
    const bool before_small = i + 1 < name.size() && absl::ascii_islower(static_cast<unsigned char>(name[i + 1]));
    if (absl::ascii_isupper(c) && (after_small || before_small) && !kebab.empty() && kebab.back() != '-') kebab += '-';
    kebab += absl::ascii_tolower(c);
  }
  while (!kebab.empty() && kebab.back() == '-') kebab.pop_back();
  return kebab;
}

class FhirReader {
 public:
  FhirReader(absl::string_view text, yaml::Document* document, base::FileIssues* issues) : document_(*document), issues_(issues) {
    for (size_t at = text.find('\n'); at != absl::string_view::npos; at = text.find('\n', at + 1)) starts_.push_back(at + 1);
  }

  bool Read(const Value& root) {
    Node& set = document_.root;
    set.kind = Node::Kind::kMap;
    set.place = PlaceOf(root);
    if (root["resourceType"].string() != "ValueSet") {
      document_.Error(PlaceOf(root["resourceType"]), "this is no FHIR ValueSet", "expected `\"resourceType\": \"ValueSet\"`",
                      issues_);
      return false;
    }
    const Value name = root["name"].IsString() ? root["name"] : root["id"];
    if (KebabCase(name.string()).empty()) {
      document_.Error(set.place, "a FHIR value set needs a `name`, or an `id`", "write `\"name\": \"NewCancer\"`", issues_);
      return false;
    }
    AddText("name", name, "name", KebabCase(name.string()));
    const Value title = root["title"].string().empty() ? name : root["title"];
    AddText("title", title, "title", std::string(title.string()));
    AddText("source", root["url"], "url", std::string(root["url"].string()));
    AddText("version", root["version"], "version", std::string(root["version"].string()));
    AddText("license", root["copyright"], "copyright", std::string(root["copyright"].string()));
    if (root["status"].string() == "retired") {
      document_.Warning(PlaceOf(root["status"]), "the value set is retired", "look for the one that took its place", issues_);
    }
    RefuseModifiers(root);
    codes_.kind = Node::Kind::kList;
    includes_.kind = Node::Kind::kList;
    codes_.place = includes_.place = set.place;
    if (root["expansion"].IsPresent()) {
      ReadExpansion(root["expansion"]);
    } else if (root["compose"].IsPresent()) {
      ReadCompose(root["compose"]);
    }
    set.entries.push_back({"codes", codes_.place, std::move(codes_)});
    if (!includes_.items.empty()) set.entries.push_back({"includes", includes_.place, std::move(includes_)});
    return true;
  }

 private:
  base::Place PlaceOf(const Value& value) const {
    const auto line = std::upper_bound(starts_.begin(), starts_.end(), value.offset()) - 1;
    return {document_.file, static_cast<int>(line - starts_.begin()) + 1, static_cast<int>(value.offset() - *line) + 1};
  }

  void Error(const Value& value, const std::string& message, std::string suggestion) {
    document_.Error(PlaceOf(value), absl::StrCat("`", value.Path(), "` ", message), std::move(suggestion), issues_);
  }

  Node Scalar(const Value& value, std::string text) const {
    Node node;
    node.kind = Node::Kind::kScalar;
    node.place = PlaceOf(value);
    node.text = std::move(text);
    return node;
  }

  // A required key: its absence is said in FHIR's words here, and the key is left to nobody else to miss.
  void AddText(const char* key, const Value& value, const char* element, std::string text) {
    if (text.empty()) {
      document_.Error(document_.root.place, absl::StrCat("`", element, "` is missing or empty in a FHIR value set"),
                      absl::StrCat("it is the set's `", key, "`"), issues_);
      text = "missing";
    }
    document_.root.entries.push_back({key, PlaceOf(value), Scalar(value, std::move(text))});
  }

  // Elements that change what everything beside them means; nobody may read on past one that they do not know.
  void RefuseModifiers(const Value& value) {
    for (const char* key : {"implicitRules", "modifierExtension"}) {
      if (value[key].IsPresent()) Error(value[key], "may change the meaning of the whole set and is not known here", "");
    }
  }

  void AddCode(const Value& at, const Value& system, const Value& code, const Value& display, bool descendants = false) {
    Node entry;
    entry.kind = Node::Kind::kMap;
    entry.place = PlaceOf(at);
    const auto add = [&entry](const char* key, Node node) {
      const base::Place place = node.place;
      entry.entries.push_back({key, place, std::move(node)});
    };
    add("system", Scalar(system, std::string(system.string())));
    add("code", Scalar(code, std::string(code.string())));
    // A display is a help to readers only: FHIR lets it out.
    const Value& shown = display.string().empty() ? code : display;
    add("display", Scalar(shown, std::string(shown.string())));
    if (descendants) add("descendants", Scalar(code, "true"));
    codes_.items.push_back(std::move(entry));
  }

  static bool IsExtension(absl::string_view key) { return key == "extension" || key == "id" || key == "_display"; }

  void RefuseUnknownKeys(const Value& object, std::initializer_list<absl::string_view> known) {
    RefuseModifiers(object);
    for (const Value& member : object.children()) {
      if (member.key() == "modifierExtension" || IsExtension(member.key())) continue;
      if (std::find(known.begin(), known.end(), member.key()) == known.end()) {
        Error(member, "is not known here", "leave it out, or send the set's expansion");
      }
    }
  }

  // True if `value` is a list of objects; else it has been said.
  bool IsListOfObjects(const Value& value) {
    if (!value.IsPresent()) return false;
    const std::vector<Value> items = value.children();
    if (value.IsArray() && std::all_of(items.begin(), items.end(), [](const Value& item) { return item.IsObject(); }))
      return true;
    Error(value, "must be a list of objects", "");
    return false;
  }

  void ReadExpansion(const Value& expansion) {
    RefuseModifiers(expansion);
    int64_t codes = 0;
    if (IsListOfObjects(expansion["contains"])) ReadContains(expansion["contains"], &codes);
    int64_t total = 0;
    if (absl::SimpleAtoi(expansion["total"].text(), &total) && total > codes) {
      Error(expansion["total"], absl::StrCat("says ", total, " codes, but only ", codes, " are here"),
            "save the whole expansion, not one page of it");
    }
    int64_t offset = 0;
    if (absl::SimpleAtoi(expansion["offset"].text(), &offset) && offset > 0) {
      Error(expansion["offset"], "says that this is one page of the expansion", "save the whole expansion");
    }
  }

  void ReadContains(const Value& contains, int64_t* codes) {
    for (const Value& item : contains.children()) {
      RefuseModifiers(item);
      // An abstract entry, or one without a code, is a heading.
      if (item["code"].IsPresent() && !item["abstract"].IsTrue()) {
        ++*codes;
        AddCode(item, item["system"], item["code"], item["display"]);
      }
      if (IsListOfObjects(item["contains"])) ReadContains(item["contains"], codes);
    }
  }

  void ReadCompose(const Value& compose) {
    RefuseUnknownKeys(compose, {"include", "exclude", "lockedDate", "inactive", "property"});
    if (IsListOfObjects(compose["include"])) {
      for (const Value& include : compose["include"].children()) ReadInclude(include);
    }
    if (IsListOfObjects(compose["exclude"])) {
      for (const Value& exclude : compose["exclude"].children()) ReadExclude(exclude);
    }
  }

  void ReadInclude(const Value& include) {
    RefuseUnknownKeys(include, {"system", "version", "concept", "filter", "valueSet", "copyright"});
    const std::vector<Value> sets = include["valueSet"].AsList();
    if (!sets.empty()) {
      if (sets.size() > 1 || include["system"].IsPresent() || include["concept"].IsPresent() || include["filter"].IsPresent()) {
        Error(include, "asks for what is in several sets at once, which is not known here",
              "list the codes, or send the set's expansion");
        return;
      }
      // A canonical address may end in `|version`.
      const std::vector<std::string> parts = absl::StrSplit(sets[0].string(), '|');
      includes_.items.push_back(Scalar(sets[0], parts[0]));
      return;
    }
    if (!include["system"].IsString()) {
      Error(include, "names no code system", "add `system`, as `http://loinc.org`");
      return;
    }
    if (IsListOfObjects(include["concept"])) {
      for (const Value& item : include["concept"].children()) {
        RefuseUnknownKeys(item, {"code", "display", "designation", "_code"});
        AddCode(item, include["system"], item["code"], item["display"]);
      }
    }
    if (IsListOfObjects(include["filter"])) ReadFilter(include);
    if (!include["concept"].IsPresent() && !include["filter"].IsPresent()) {
      Error(include, "asks for every code of its system", "list the codes under `concept`, or send the set's expansion");
    }
  }

  // `is-a` of a code of ICD is the code and all that begin with it. Nothing else that FHIR can say is a list of codes here.
  void ReadFilter(const Value& include) {
    const Value filter = include["filter"].children().front();
    const Value value = filter["value"];
    RefuseUnknownKeys(filter, {"property", "op", "value"});
    const std::string system = SystemUri(include["system"].string());
    const absl::string_view op = filter["op"].string();
    if (include["filter"].children().size() > 1 || include["concept"].IsPresent()) {
      Error(include["filter"], "asks for what several conditions hold of", "list the codes, or send the set's expansion");
    } else if (filter["property"].string() != "concept" || (op != "is-a" && op != "descendent-of")) {
      Error(
          filter, "is a condition that is not known here",
          "only `{\"property\": \"concept\", \"op\": \"is-a\"}` of an ICD code is; list the codes, or send the set's expansion");
    } else if (!NestsByPrefix(system)) {
      Error(filter, "asks for all codes below one, which cannot be told from the codes of this system",
            "send the set's expansion, in which they are listed");
    } else if (op == "descendent-of") {
      Error(filter["op"], "leaves out the code itself, and codes that begin with it cannot be told from it here", "write `is-a`");
    } else if (!LooksLikeCode(system, value.string())) {
      Error(value, "is no code below which all codes begin alike",
            "begin with a category, as `C50`; name the categories of a block or chapter one by one");
    } else {
      AddCode(filter, include["system"], value, value, /*descendants=*/true);
    }
  }

  void ReadExclude(const Value& exclude) {
    RefuseUnknownKeys(exclude, {"system", "version", "concept", "filter", "valueSet", "copyright"});
    if (!exclude["system"].IsString() || exclude["filter"].IsPresent() || exclude["valueSet"].IsPresent() ||
        !IsListOfObjects(exclude["concept"])) {
      Error(exclude, "leaves out more than a list of codes", "leave them out of `include`, or send the set's expansion");
      return;
    }
    if (!includes_.items.empty()) {
      Error(exclude, "leaves out codes of a set that is included by name", "list that set's codes, or send the set's expansion");
      return;
    }
    const std::string system = SystemUri(exclude["system"].string());
    for (const Value& item : exclude["concept"].children()) LeaveOut(system, item["code"]);
  }

  void LeaveOut(const std::string& system, const Value& code) {
    auto& items = codes_.items;
    const auto is_it = [&](const Node& entry) {
      return SystemUri(entry.Find("system")->text) == system && entry.Find("code")->text == code.string();
    };
    const auto is_above = [&](const Node& entry) {
      return entry.Find("descendants") != nullptr && SystemUri(entry.Find("system")->text) == system &&
             absl::StartsWith(code.string(), entry.Find("code")->text);
    };
    if (std::any_of(items.begin(), items.end(), is_above)) {
      Error(code, "is left out of a code that stands for all below it", "list the codes one by one, or send the set's expansion");
      return;
    }
    items.erase(std::remove_if(items.begin(), items.end(), is_it), items.end());
  }

  yaml::Document& document_;
  base::FileIssues* const issues_;
  std::vector<size_t> starts_ = {0};  // of the lines
  Node codes_;
  Node includes_;
};

}  // namespace

std::optional<yaml::Document> ParseFhir(const std::string& file, absl::string_view text, base::FileIssues* issues) {
  json::Error error;
  const std::unique_ptr<const json::Document> parsed = json::Document::Parse(text, {}, &error);
  yaml::Document document;
  document.file = file;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    document.lines.emplace_back(line.size() > kLongestLineShown ? "" : line);
  }
  if (parsed == nullptr) {
    document.Error({file, error.line, error.column}, error.message, "", issues);
    return std::nullopt;
  }
  if (!FhirReader(text, &document, issues).Read(parsed->root())) return std::nullopt;
  return document;
}

}  // namespace resultgate::valueset
