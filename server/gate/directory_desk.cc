#include "server/gate/directory_desk.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {
namespace {

constexpr int kPage = 500;
constexpr int kMostAbsences = 1000;

bool BeginsAt(const v1::Absence& absence, const google::protobuf::Timestamp& from) {
  return base::FromProto(absence.from()) == base::FromProto(from);
}

void Sort(v1::DirectoryOwner* owner) {
  std::stable_sort(
      owner->mutable_absences()->begin(), owner->mutable_absences()->end(),
      [](const v1::Absence& a, const v1::Absence& b) { return base::FromProto(a.from()) < base::FromProto(b.from()); });
}

absl::Status NoOwner(const std::string& id) {
  return absl::NotFoundError(absl::StrCat("the directory does not know an owner `", id, "`"));
}

}  // namespace

absl::Status DirectoryDesk::Load() {
  std::vector<v1::DirectoryOwner> owners;
  for (std::string after;;) {
    RG_ASSIGN_OR_RETURN(const std::vector<v1::DirectoryOwner> page, store_->ListOwners(after, kPage));
    if (page.empty()) break;
    after = page.back().id();
    owners.insert(owners.end(), page.begin(), page.end());
  }
  auto directory = std::make_shared<const Directory>(owners);
  const std::lock_guard<std::mutex> lock(mutex_);
  current_ = std::move(directory);
  return absl::OkStatus();
}

absl::Status DirectoryDesk::LoadIfChanged() {
  if (!changed_) return absl::OkStatus();
  RG_RETURN_IF_ERROR(Load());
  changed_ = false;
  return absl::OkStatus();
}

std::shared_ptr<const Directory> DirectoryDesk::Current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return current_;
}

absl::Status DirectoryDesk::Write(store::Batch& batch, absl::Time now, const std::string& actor,
                                  const v1::DirectoryOwner& owner) {
  RG_RETURN_IF_ERROR(batch.PutOwner(owner));
  changed_ = true;
  v1::Entry entry;
  *entry.mutable_directory_changed()->mutable_owner() = owner;
  return AppendEntry(batch, now, actor, std::move(entry));
}

absl::Status DirectoryDesk::PutOwner(store::Batch& batch, absl::Time now, const v1::PutOwnerRequest& request,
                                     Answer<v1::PutOwnerResponse>& answer) {
  v1::DirectoryOwner owner = request.owner();
  Sort(&owner);
  RG_ASSIGN_OR_RETURN(const std::optional<v1::DirectoryOwner> standing, batch.FindOwner(owner.id()));
  if (standing && standing->SerializeAsString() == owner.SerializeAsString()) return absl::OkStatus();
  answer.response.set_changed(true);
  return Write(batch, now, request.actor(), owner);
}

absl::Status DirectoryDesk::RemoveOwner(store::Batch& batch, absl::Time now, const v1::RemoveOwnerRequest& request,
                                        Answer<v1::RemoveOwnerResponse>& answer) {
  RG_ASSIGN_OR_RETURN(const std::optional<v1::DirectoryOwner> standing, batch.FindOwner(request.id()));
  if (!standing) {
    answer.refused = NoOwner(request.id());
    return absl::OkStatus();
  }
  RG_RETURN_IF_ERROR(batch.RemoveOwner(request.id()));
  changed_ = true;
  v1::Entry entry;
  entry.mutable_directory_changed()->mutable_owner()->set_id(request.id());
  entry.mutable_directory_changed()->set_removed(true);
  return AppendEntry(batch, now, request.actor(), std::move(entry));
}

absl::Status DirectoryDesk::PutAbsence(store::Batch& batch, absl::Time now, const v1::PutAbsenceRequest& request,
                                       Answer<v1::PutAbsenceResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::DirectoryOwner> owner, batch.FindOwner(request.id()));
  if (!owner) {
    answer.refused = NoOwner(request.id());
    return absl::OkStatus();
  }
  const std::string before = owner->SerializeAsString();
  auto* absences = owner->mutable_absences();
  absences->erase(std::remove_if(absences->begin(), absences->end(),
                                 [&request](const auto& absence) { return BeginsAt(absence, request.absence().from()); }),
                  absences->end());
  if (absences->size() == kMostAbsences) {
    answer.refused = absl::FailedPreconditionError("an owner has at most 1000 absences; take away those that are over");
    return absl::OkStatus();
  }
  *absences->Add() = request.absence();
  Sort(&*owner);
  *answer.response.mutable_owner() = *owner;
  if (owner->SerializeAsString() == before) return absl::OkStatus();
  return Write(batch, now, request.actor(), *owner);
}

absl::Status DirectoryDesk::RemoveAbsence(store::Batch& batch, absl::Time now, const v1::RemoveAbsenceRequest& request,
                                          Answer<v1::RemoveAbsenceResponse>& answer) {
  RG_ASSIGN_OR_RETURN(std::optional<v1::DirectoryOwner> owner, batch.FindOwner(request.id()));
  if (!owner) {
    answer.refused = NoOwner(request.id());
    return absl::OkStatus();
  }
  auto* absences = owner->mutable_absences();
  const auto standing = std::find_if(absences->begin(), absences->end(),
                                     [&request](const auto& absence) { return BeginsAt(absence, request.from()); });
  if (standing == absences->end()) {
    answer.refused = absl::NotFoundError(absl::StrCat("`", request.id(), "` has no absence that begins then"));
    return absl::OkStatus();
  }
  absences->erase(standing);
  *answer.response.mutable_owner() = *owner;
  return Write(batch, now, request.actor(), *owner);
}

}  // namespace resultgate::gate
