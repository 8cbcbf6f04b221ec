#include "server/intake/fhir_sender.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "resultgate/v1/model.pb.h"
#include "server/intake/fhir_types.h"

namespace resultgate::intake {
namespace {

using json::Value;

// `system|value` of an identifier, else empty.
std::string IdentifierText(Value identifier) {
  v1::Identifier read;
  if (!ReadIdentifier(identifier, &read)) return "";
  return read.system().empty() ? read.value() : absl::StrCat(read.system(), "|", read.value());
}

// Who a reference names, by what stays the same; empty where it says nothing of that kind. A clinician is not asked for a name.
std::string Named(const FhirBundle& bundle, Value reference, bool organisation_only) {
  const Value resource = bundle.Resolve(reference);
  absl::string_view url = reference["reference"].string();
  TypeAndId literal = ParseReference(url);
  const std::string type = resource.IsPresent()    ? std::string(resource["resourceType"].string())
                           : !literal.type.empty() ? literal.type
                                                   : std::string(reference["type"].string());
  const bool organisation = type == "Organization";
  if (organisation_only && !organisation) return "";
  for (const Value& identifier : resource["identifier"].AsList()) {
    if (std::string text = IdentifierText(identifier); !text.empty()) return text;
  }
  if (std::string text = IdentifierText(reference["identifier"]); !text.empty()) return text;
  if (organisation && !resource["name"].string().empty()) return std::string(resource["name"].string());
  if (resource.IsPresent() && literal.type.empty() && !resource["id"].string().empty() && !absl::StartsWith(url, "#") &&
      !absl::StartsWith(url, "urn:")) {
    literal = {type, std::string(resource["id"].string())};
  }
  return literal.type.empty() ? "" : absl::StrCat(literal.type, "/", literal.id);
}

std::string FirstNamed(const FhirBundle& bundle, Value references, bool organisation_only) {
  for (const Value& reference : references.AsList()) {
    if (std::string name = Named(bundle, reference, organisation_only); !name.empty()) return name;
  }
  return "";
}

// meta.source is a URI, to which some servers add the version's own fragment.
std::string MetaSource(Value resource) {
  const absl::string_view source = resource["meta"]["source"].string();
  return absl::StartsWith(source, "urn:uuid:") ? "" : std::string(source.substr(0, source.find('#')));
}

}  // namespace

std::string FhirSender(const FhirBundle& bundle, Value root, Value resource) {
  for (const Value& header : bundle.OfType("MessageHeader")) {
    const Value source = header["source"];
    if (!source["endpoint"].string().empty()) return std::string(source["endpoint"].string());
    if (!source["name"].string().empty()) return std::string(source["name"].string());
  }
  if (std::string name = FirstNamed(bundle, resource["performer"], /*organisation_only=*/true); !name.empty()) return name;
  for (const Value& composition : bundle.OfType("Composition")) {
    for (const absl::string_view role : {"author", "custodian"}) {
      if (std::string name = FirstNamed(bundle, composition[role], /*organisation_only=*/true); !name.empty()) return name;
    }
  }
  for (const Value& candidate : {resource, root}) {
    if (std::string source = MetaSource(candidate); !source.empty()) return source;
  }
  if (std::string name = FirstNamed(bundle, resource["performer"], /*organisation_only=*/false); !name.empty()) return name;
  return "unknown-fhir-sender";
}

}  // namespace resultgate::intake
