// The parts of reading templates: load.cc calls these for each file. Internal to this folder.
#ifndef RESULTGATE_COMMENT_LOADER_H_
#define RESULTGATE_COMMENT_LOADER_H_

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/base/file_issue.h"
#include "server/comment/template.h"
#include "server/valueset/valueset.h"
#include "server/yaml/yaml.h"

namespace resultgate::comment {

using ArgumentTypes = std::map<std::string, text::Message::Type>;

// What template.yaml says, with the places that later checks report.
struct Header {
  struct Code {
    std::string system;
    std::string code;
    base::Place place;
  };

  ArgumentTypes arguments;
  std::map<std::string, base::Place> argument_places;
  std::set<std::string> used_arguments;  // filled while the languages are read
  bool falls_back = false;
  std::vector<Code> exact;
  std::vector<std::pair<const valueset::ValueSet*, base::Place>> value_sets;
  std::vector<const valueset::ValueSet*> own_goals;  // of conditions
  std::vector<std::pair<v1::Section, base::Place>> sections;
  std::map<std::string, SignOff> sign_offs;  // by language
  std::vector<std::pair<std::string, base::Place>> exempt_terms;
};

// What a `contact` and a `to_do` may use without declaring it, and what else a `to_do` of the shared words may.
const ArgumentTypes& ContactArguments();

// Reads template.yaml into `made` (audiences, verdict, names, next steps, exempt terms) and the returned header.
Header ReadHeader(const yaml::Document& document, const valueset::Registry& value_sets, const std::vector<std::string>& languages,
                  Template* made, base::FileIssues* issues);

// Reads one language of a template. `words` say the `result` and `contact` that a variant does not say itself.
Translation ReadTranslation(const yaml::Document& document, const SharedWords& words, const Template& made, Header* header,
                            base::FileIssues* issues);

// Reads <language>.yaml beside the templates' folders.
SharedWords ReadSharedWords(const yaml::Document& document, absl::string_view language, base::FileIssues* issues);

// Compiles the text of `node`; a mistake is reported where it stands in the file. `allowed` are the arguments that there are;
// the names of those in use are added to `used`, where given.
Pattern ReadPattern(const yaml::Document& document, const yaml::Node& node, absl::string_view language,
                    const ArgumentTypes& allowed, std::set<std::string>* used, base::FileIssues* issues);

// The place in the file of a byte of a scalar's text.
base::Place PlaceIn(const yaml::Document& document, const yaml::Node& scalar, size_t offset);

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_LOADER_H_
