// A FHIR message as a set of resources, and what its references point to (FHIR R4, Bundle section "Resolving references in
// Bundles").
//
// Immutable, thread-safe; the JSON document must outlive it.
#ifndef RESULTGATE_INTAKE_FHIR_BUNDLE_H_
#define RESULTGATE_INTAKE_FHIR_BUNDLE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/json/json.h"

namespace resultgate::intake {

class FhirBundle {
 public:
  // `root` is a Bundle of any type, a resource, an array of resources, or Parameters that hold some. Bundles in Bundles are read
  // too.
  explicit FhirBundle(json::Value root);

  // Resources of that type that stand in entries (contained ones do not), in order.
  std::vector<json::Value> OfType(absl::string_view type) const;

  // What a Reference (or a canonical string) means: by `#id` in its own resource, by fullUrl, by type and id in its own Bundle
  // and then the ones around it, or by an identifier that one resource alone has. Absent if nothing or several things answer to
  // it.
  json::Value Resolve(json::Value reference) const;

 private:
  // The resources of one Bundle.
  struct Scope {
    absl::flat_hash_map<std::string, std::vector<json::Value>> by_url;
    absl::flat_hash_map<std::string, std::vector<json::Value>> by_type_and_id;
  };

  void AddBundle(json::Value bundle, int depth);
  void AddResource(json::Value scope, json::Value resource, absl::string_view full_url, int depth);
  json::Value Literal(json::Value reference, absl::string_view url) const;
  json::Value ByIdentifier(absl::string_view type, absl::string_view system, absl::string_view value) const;

  json::Value root_;
  absl::flat_hash_map<json::Value, Scope> scopes_;  // by Bundle, or by the root where there is none
  absl::flat_hash_map<json::Value, json::Value> scope_of_;
  absl::flat_hash_map<json::Value, std::string> full_urls_;
  absl::flat_hash_map<std::string, std::vector<json::Value>> by_type_;
  absl::flat_hash_map<std::string, std::vector<json::Value>> by_identifier_;
};

// `type/id` of a reference, without server, version and query: the last two steps of its path. Empty where it has none.
struct TypeAndId {
  std::string type;
  std::string id;
};
TypeAndId ParseReference(absl::string_view url);

}  // namespace resultgate::intake

#endif  // RESULTGATE_INTAKE_FHIR_BUNDLE_H_
