// Whom to ask, in and out of hours: contacts.yaml beside the templates' folders. Internal to this folder.
#ifndef RESULTGATE_COMMENT_CONTACTS_H_
#define RESULTGATE_COMMENT_CONTACTS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/file_issue.h"
#include "server/comment/template.h"
#include "server/yaml/yaml.h"

namespace resultgate::comment {

// True if nobody answers there: no digits, numbers reserved for fiction (a 555 exchange), repeated or counted digits, `example`.
bool IsPlaceholderNumber(absl::string_view number);

// Reads the file, one entry for each of `languages`. Placeholders are reported as errors, or as warnings where
// `placeholders_allowed`.
std::vector<Contacts> ReadContacts(const yaml::Document& document, const std::vector<std::string>& languages,
                                   bool placeholders_allowed, base::FileIssues* issues);

// What examples are rendered with, so that their texts hold for every site: `[clinic]`, `[after hours]`, `[emergency]`, 2 days.
Contacts StandInContacts();

}  // namespace resultgate::comment

#endif  // RESULTGATE_COMMENT_CONTACTS_H_
