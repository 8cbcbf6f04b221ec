#include "server/intake/fhir_bundle.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace resultgate::intake {
namespace {

using json::Value;

// Bundles in Bundles in Bundles: the JSON reader bounds nesting already, this says how far it makes sense.
constexpr int kDeepestBundle = 8;

absl::string_view WithoutVersion(absl::string_view url) {
  return url.substr(0, url.find("/_history/"));
}

absl::string_view VersionOf(absl::string_view url) {
  const size_t at = url.find("/_history/");
  return at == absl::string_view::npos ? absl::string_view() : url.substr(at + 10);
}

bool IsAbsolute(absl::string_view url) {
  return absl::StartsWith(url, "http://") || absl::StartsWith(url, "https://") || absl::StartsWith(url, "urn:");
}

std::string IdentifierKey(absl::string_view type, absl::string_view system, absl::string_view value) {
  return absl::StrCat(type, "\n", system, "\n", value);
}

// The one candidate; of several, the one of the version that was asked for.
Value Only(const std::vector<Value>& candidates, absl::string_view version) {
  Value found;
  for (const Value& candidate : candidates) {
    const absl::string_view has = candidate["meta"]["versionId"].string();
    if (!version.empty() && !has.empty() && has != version) continue;
    if (found.IsPresent()) return Value();
    found = candidate;
  }
  return found;
}

Value Look(const absl::flat_hash_map<std::string, std::vector<Value>>& map, const std::string& key, absl::string_view version) {
  const auto found = map.find(key);
  return found == map.end() ? Value() : Only(found->second, version);
}

}  // namespace

TypeAndId ParseReference(absl::string_view url) {
  url = WithoutVersion(url);
  const size_t slash = url.rfind('/');
  if (slash == absl::string_view::npos || slash + 1 == url.size()) return {};
  absl::string_view type = url.substr(0, slash);
  const size_t before = type.rfind('/');
  if (before != absl::string_view::npos) type.remove_prefix(before + 1);
  const absl::string_view id = url.substr(slash + 1);
  if (type.empty() || !absl::ascii_isupper(type.front()) || id.find_first_of("?#") != absl::string_view::npos) return {};
  return {std::string(type), std::string(id)};
}

FhirBundle::FhirBundle(Value root) : root_(root) {
  if (root["resourceType"].string() == "Bundle") {
    AddBundle(root, 0);
  } else if (root["resourceType"].string() == "Parameters") {
    for (const Value& parameter : root["parameter"].AsList()) AddResource(root, parameter["resource"], "", 0);
  } else {
    for (const Value& resource : root.AsList()) AddResource(root, resource, "", 0);
  }
}

void FhirBundle::AddBundle(Value bundle, int depth) {
  if (depth > kDeepestBundle) return;
  scopes_.try_emplace(bundle);
  for (const Value& entry : bundle["entry"].AsList()) AddResource(bundle, entry["resource"], entry["fullUrl"].string(), depth);
}

void FhirBundle::AddResource(Value scope, Value resource, absl::string_view full_url, int depth) {
  const absl::string_view type = resource["resourceType"].string();
  if (type.empty()) return;
  scope_of_[resource] = scope;
  by_type_[type].push_back(resource);
  Scope& index = scopes_[scope];
  if (!full_url.empty()) {
    index.by_url[WithoutVersion(full_url)].push_back(resource);
    full_urls_[resource] = std::string(full_url);
  }
  const absl::string_view id = resource["id"].string();
  if (!id.empty()) index.by_type_and_id[absl::StrCat(type, "/", id)].push_back(resource);
  for (const Value& identifier : resource["identifier"].AsList()) {
    const absl::string_view value = identifier["value"].string();
    if (value.empty()) continue;
    std::vector<Value>& same = by_identifier_[IdentifierKey(type, identifier["system"].string(), value)];
    if (same.empty() || same.back() != resource) same.push_back(resource);
  }
  if (type == "Bundle") AddBundle(resource, depth + 1);
}

std::vector<Value> FhirBundle::OfType(absl::string_view type) const {
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? std::vector<Value>() : found->second;
}

Value FhirBundle::Resolve(Value reference) const {
  const Value literal = reference.IsString() ? reference : reference["reference"];
  const absl::string_view url = literal.string();
  if (!url.empty()) return Literal(reference, url);
  const Value identifier = reference["identifier"];
  return ByIdentifier(reference["type"].string(), identifier["system"].string(), identifier["value"].string());
}

Value FhirBundle::Literal(Value reference, absl::string_view url) const {
  // The resource that the reference stands in: the outermost below an entry, which is where contained resources are.
  Value holder = reference;
  while (holder.IsPresent() && !scope_of_.contains(holder)) holder = holder.parent();
  if (!holder.IsPresent()) return Value();
  if (absl::ConsumePrefix(&url, "#")) {
    for (const Value& contained : holder["contained"].AsList()) {
      absl::string_view id = contained["id"].string();
      absl::ConsumePrefix(&id, "#");
      if (id == url && !url.empty()) return contained;
    }
    return Value();
  }
  const size_t query = url.find("?identifier=");
  if (query != absl::string_view::npos) {
    const absl::string_view token = url.substr(query + 12);
    const size_t bar = token.find('|');
    const absl::string_view system = bar == absl::string_view::npos ? absl::string_view() : token.substr(0, bar);
    return ByIdentifier(url.substr(0, query), system, bar == absl::string_view::npos ? token : token.substr(bar + 1));
  }
  const absl::string_view version = VersionOf(url);
  const std::string plain(WithoutVersion(url));
  const bool urn = absl::StartsWith(plain, "urn:");
  for (Value inside = holder; inside.IsPresent();) {
    const Value scope_value = scope_of_.at(inside);
    const Scope& scope = scopes_.at(scope_value);
    if (const Value found = Look(scope.by_url, plain, version); found.IsPresent()) return found;
    const TypeAndId wanted = ParseReference(plain);
    if (!IsAbsolute(plain) && !wanted.id.empty()) {
      // Of the referring entry's own server first.
      if (const auto address = full_urls_.find(inside);
          address != full_urls_.end() && absl::StartsWith(address->second, "http")) {
        const TypeAndId own = ParseReference(address->second);
        absl::string_view base = WithoutVersion(address->second);
        if (absl::ConsumeSuffix(&base, absl::StrCat(own.type, "/", own.id))) {
          if (const Value found = Look(scope.by_url, absl::StrCat(base, plain), version); found.IsPresent()) return found;
        }
      }
      if (const Value found = Look(scope.by_type_and_id, plain, version); found.IsPresent()) return found;
    }
    // An absolute reference means an entry without an absolute address of its own too, but never one of another server.
    if (IsAbsolute(plain) && !urn && !wanted.id.empty()) {
      const Value found = Look(scope.by_type_and_id, absl::StrCat(wanted.type, "/", wanted.id), version);
      const auto address = full_urls_.find(found);
      if (found.IsPresent() && (address == full_urls_.end() || !absl::StartsWith(address->second, "http"))) return found;
    }
    // On to the Bundle around this one, which is itself a resource of an outer one, if there is any.
    inside = scope_of_.contains(scope_value) && scope_value != root_ ? scope_value : Value();
  }
  return Value();
}

Value FhirBundle::ByIdentifier(absl::string_view type, absl::string_view system, absl::string_view value) const {
  if (value.empty()) return Value();
  const auto found = by_identifier_.find(IdentifierKey(type, system, value));
  return found == by_identifier_.end() || found->second.size() != 1 ? Value() : found->second.front();
}

}  // namespace resultgate::intake
