#include "server/gate/patient_desk.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/proto_bytes.h"
#include "server/base/proto_time.h"
#include "server/base/status_macros.h"
#include "server/gate/ask_anew.h"
#include "server/gate/decision_before.h"
#include "server/gate/decision_facts.h"
#include "server/gate/keys.h"
#include "server/gate/patient_facts.h"
#include "server/gate/patients.h"
#include "server/gate/result_commit.h"

namespace resultgate::gate {
namespace {

using google::protobuf::FieldDescriptor;

// The facts that UpdatePatient takes, by their names.
constexpr const char* kFacts[] = {"birth_date", "deceased",      "gender",        "known_conditions",
                                  "language",   "notifications", "portal_account"};

const FieldDescriptor* FieldOf(const char* fact) {
  return v1::Patient::descriptor()->FindFieldByName(fact);
}

std::string BytesOf(const v1::Patient& facts, const FieldDescriptor* field) {
  v1::Patient only;
  if (!facts.GetReflection()->HasField(facts, field)) return "";
  only = facts;
  std::vector<const FieldDescriptor*> fields;
  only.GetReflection()->ListFields(only, &fields);
  for (const FieldDescriptor* other : fields) {
    if (other != field) only.GetReflection()->ClearField(&only, other);
  }
  return only.SerializeAsString();
}

void CopyField(const v1::Patient& from, const FieldDescriptor* field, v1::Patient* to) {
  v1::Patient only = from;
  std::vector<const FieldDescriptor*> fields;
  only.GetReflection()->ListFields(only, &fields);
  for (const FieldDescriptor* other : fields) {
    if (other != field) only.GetReflection()->ClearField(&only, other);
  }
  to->GetReflection()->ClearField(to, field);
  to->MergeFrom(only);
}

bool IsSame(const v1::Identifier& a, const v1::Identifier& b) {
  return a.system() == b.system() && a.value() == b.value();
}

std::string TextOf(const google::protobuf::Message& message) {
  return message.SerializeAsString();
}

// Takes over the facts that are newer than those that stand; their names.
std::vector<std::string> TakeOver(const v1::UpdatePatientRequest& request, absl::Time recorded, v1::PatientRecord* record) {
  std::vector<std::string> changed;
  for (const char* fact : kFacts) {
    const FieldDescriptor* field = FieldOf(fact);
    const bool told = request.facts().GetReflection()->HasField(request.facts(), field);
    const bool forgotten = std::find(request.forget().begin(), request.forget().end(), fact) != request.forget().end();
    if (!told && !forgotten) continue;
    const auto standing = record->recorded_at().find(fact);
    if (standing != record->recorded_at().end() && base::FromProto(standing->second) > recorded) continue;
    const std::string before = BytesOf(record->facts(), field);
    if (told) {
      CopyField(request.facts(), field, record->mutable_facts());
    } else {
      record->mutable_facts()->GetReflection()->ClearField(record->mutable_facts(), field);
    }
    (*record->mutable_recorded_at())[fact] = base::ToProto(recorded);
    if (BytesOf(record->facts(), field) != before) changed.push_back(fact);
  }
  return changed;
}

bool Has(const std::vector<std::string>& names, const char* name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What changed facts mean for the patient's results.
Reconsidering EffectOf(const std::vector<std::string>& changed, const v1::PatientRecord& record) {
  Reconsidering how;
  if (Has(changed, "deceased")) {
    how.held.tighten = how.withdraw_undelivered = record.facts().deceased();
    how.held.relax = !record.facts().deceased();
  }
  if (Has(changed, "birth_date")) {
    how.withdraw_related = true;
    // Of what is held from the patient the age changes nothing, unless the death does.
    how.related_only = !Has(changed, "deceased");
    how.held.tighten = true;
  }
  if (Has(changed, "known_conditions")) {
    // What the patient knows already need not be told by a person; what is found not to be known must. What is out stays out.
    how.held.relax = how.held.tighten = true;
    how.related_only = false;
  }
  return how;
}

v1::ReleasePreference* PreferenceOf(v1::Patient* facts, const std::string& category) {
  if (category.empty()) return facts->mutable_preference();
  for (v1::ReleasePreference& preference : *facts->mutable_category_preferences()) {
    if (preference.category() == category) return &preference;
  }
  return facts->add_category_preferences();
}

}  // namespace

absl::StatusOr<PatientDesk::Done> PatientDesk::Conclude(store::Batch& batch, absl::Time now, v1::PatientRecord* record,
                                                        v1::Entry entry, Effect* effect) {
  RG_ASSIGN_OR_RETURN(std::string digest, PutRecord(batch, new_salt_, record));
  if (entry.has_patients_merged()) {
    entry.mutable_patients_merged()->set_survivor_digest(std::move(digest));
  } else {
    entry.mutable_patient_changed()->set_record_digest(std::move(digest));
  }
  effect->cause_sequence = batch.NextEntrySequence();
  entry.set_sequence(effect->cause_sequence);
  *entry.mutable_time() = base::ToProto(now);
  entry.set_actor(effect->actor);
  entry.set_peer(batch.peer());
  RG_RETURN_IF_ERROR(batch.AppendEntry(entry));
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> records, RecordsOf(batch, record->facts().identifiers()));
  return ReconsiderAll(batch, now, records, *effect);
}

absl::Status PatientDesk::KeepTimes(store::Batch& batch, absl::Time now, const std::string& actor, absl::Time recorded,
                                    v1::PatientRecord* record) {
  v1::Entry entry;
  entry.mutable_patient_changed()->set_patient_id(record->id());
  *entry.mutable_patient_changed()->mutable_recorded_at() = base::ToProto(recorded);
  RG_ASSIGN_OR_RETURN(*entry.mutable_patient_changed()->mutable_record_digest(), PutRecord(batch, new_salt_, record));
  return AppendEntry(batch, now, actor, std::move(entry));
}

absl::StatusOr<PatientDesk::Done> PatientDesk::ReconsiderAll(store::Batch& batch, absl::Time now,
                                                             const std::vector<v1::PatientRecord>& records,
                                                             const Effect& effect) {
  Done done;
  RG_ASSIGN_OR_RETURN(std::vector<v1::Result> results, ResultsOf(batch, records));
  for (v1::Result& result : results) {
    RG_ASSIGN_OR_RETURN(const bool changed, ReconsiderOne(batch, now, effect, &result, &done));
    if (changed) done.results.push_back(result.id());
  }
  return done;
}

absl::StatusOr<bool> PatientDesk::ReconsiderOne(store::Batch& batch, absl::Time now, const Effect& effect, v1::Result* result,
                                                Done* done) {
  const v1::Result as_it_was = *result;
  const policy::Pack& deciding = packs_->PackOf(*result);
  const bool own_pack = deciding.digest() == result->decision().pack_digest();
  RG_RETURN_IF_ERROR(FillKnown(batch, deciding, result));
  RG_ASSIGN_OR_RETURN(const bool of_both, IsOfBoth(batch, *result, effect.separated));
  if (of_both) {
    RG_ASSIGN_OR_RETURN(const bool doubted, PutInDoubt(batch, now, effect, as_it_was, result, done));
    if (doubted) return true;
  }
  Reconsidering how = effect.how;
  RG_ASSIGN_OR_RETURN(const std::optional<v1::Decision> before, DecisionBefore(batch, *result));
  // Without the pack, what is asked may be less than what was: then nothing is ended by it.
  if (!own_pack) how.held.relax = false;
  const bool decides = how.held.relax || how.held.tighten || how.withdraw_related || how.withdraw_undelivered;
  Anew anew;
  if (decides) anew = Reconsider(*result, AskAnew(deciding, *result, before ? &*before : nullptr, now), how, now);
  if (!anew.changed) {
    if (result->SerializeAsString() == as_it_was.SerializeAsString() && !result->has_reconsider_at()) return false;
    anew.transition.cells = policy::ToCells(result->decision().outcomes());
  }
  const policy::Outcomes standing = result->decision().outcomes();
  const v1::Patient patient = result->report().patient();
  RG_ASSIGN_OR_RETURN(Committed committed, CommitTransition(batch, *packs_->Deciding().comments, *packs_->Deciding().pack,
                                                            anew.transition, patient, now, result));
  done->released = done->released || !committed.notes.empty();
  if (!anew.changed && committed.notes.empty()) return false;
  v1::Entry entry;
  entry.set_result_id(result->id());
  entry.set_version(result->version());
  v1::Entry::Reconsidered* reconsidered = entry.mutable_reconsidered();
  reconsidered->set_cause_sequence(effect.cause_sequence);
  reconsidered->set_relax(how.held.relax);
  reconsidered->set_tighten(how.held.tighten);
  reconsidered->set_related_only(how.related_only);
  reconsidered->set_withdraw_related(how.withdraw_related);
  reconsidered->set_withdraw_undelivered(how.withdraw_undelivered);
  entry.set_known_digest(KnownDigest(*result));
  for (v1::Outcome& outcome : ChangedOutcomes(standing, result->decision().outcomes())) {
    *reconsidered->add_outcomes() = std::move(outcome);
  }
  for (v1::ReleaseNote& note : committed.notes) *reconsidered->add_releases() = std::move(note);
  reconsidered->add_reasons(effect.reason);
  for (const std::string& reason : anew.transition.reasons) reconsidered->add_reasons(reason);
  RG_RETURN_IF_ERROR(AppendEntry(batch, now, effect.actor, std::move(entry)));
  return true;
}

absl::StatusOr<bool> PatientDesk::HaveBirthday(store::Batch& batch, absl::Time now, v1::Result* result) {
  Effect effect;
  effect.actor = "gate";
  effect.reason = "the patient's birthday";
  effect.how.held.tighten = effect.how.related_only = effect.how.withdraw_related = true;
  Done done;
  RG_ASSIGN_OR_RETURN(const bool changed, ReconsiderOne(batch, now, effect, result, &done));
  if (changed) return done.released;
  // The log tells which birthdays have been: the next one follows from the last.
  v1::Entry entry;
  entry.set_result_id(result->id());
  entry.set_version(result->version());
  entry.set_known_digest(KnownDigest(*result));
  entry.mutable_reconsidered()->add_reasons(effect.reason);
  entry.mutable_reconsidered()->add_reasons("nothing changes");
  RG_RETURN_IF_ERROR(AppendEntry(batch, now, effect.actor, std::move(entry)));
  return done.released;
}

absl::Status PatientDesk::Update(store::Batch& batch, absl::Time now, const v1::UpdatePatientRequest& request,
                                 Answer<v1::UpdatePatientResponse>& answer) {
  std::optional<v1::PatientRecord> known;
  for (const v1::Identifier& identifier : request.facts().identifiers()) {
    if (identifier.value().empty()) continue;
    RG_ASSIGN_OR_RETURN(const std::optional<int64_t> id, batch.FindPatientByKey(PatientKey(identifier)));
    if (!id || (known && known->id() == *id)) continue;
    if (known) {
      answer.refused =
          absl::FailedPreconditionError("the identifiers are known as those of several patients; merge them if they are one");
      return absl::OkStatus();
    }
    RG_ASSIGN_OR_RETURN(known, OpenPatient(batch, identifier));
  }
  std::vector<std::string> changed;
  v1::PatientRecord record;
  const bool new_record = !known;
  for (const v1::Identifier& identifier : request.facts().identifiers()) {
    if (identifier.value().empty()) continue;
    if (!known) {
      RG_ASSIGN_OR_RETURN(known, OpenPatient(batch, identifier));
      changed.push_back("identifiers");
    }
    const auto& identifiers = known->facts().identifiers();
    if (std::any_of(identifiers.begin(), identifiers.end(), [&](const auto& other) { return IsSame(other, identifier); }))
      continue;
    *known->mutable_facts()->add_identifiers() = identifier;
    RG_RETURN_IF_ERROR(batch.PutPatientKey(PatientKey(identifier), known->id()));
    if (changed.empty()) changed.push_back("identifiers");
  }
  record = *std::move(known);
  const std::string before = base::DeterministicBytes(record);
  const absl::Time recorded = request.has_recorded_at() ? base::FromProto(request.recorded_at()) : now;
  const bool new_identifiers = !changed.empty();
  const std::vector<std::string> facts = TakeOver(request, recorded, &record);
  changed.insert(changed.end(), facts.begin(), facts.end());
  std::sort(changed.begin(), changed.end());
  *answer.response.mutable_record() = Answerable(record);
  for (const std::string& name : changed) answer.response.add_changed(name);
  if (changed.empty()) {
    return base::DeterministicBytes(record) == before ? absl::OkStatus()
                                                      : KeepTimes(batch, now, request.actor(), recorded, &record);
  }
  v1::Entry entry;
  v1::Entry::PatientChanged* told = entry.mutable_patient_changed();
  told->set_patient_id(record.id());
  for (const std::string& name : changed) told->add_facts(name);
  *told->mutable_recorded_at() = base::ToProto(recorded);
  Effect effect;
  effect.actor = request.actor();
  effect.reason = absl::StrCat("told of the patient: ", absl::StrJoin(changed, ", "));
  effect.how = EffectOf(changed, record);
  if (new_identifiers) {
    // Reports that nobody knew to be this patient's: what is held of them may wait longer, and go no sooner. Where nothing was
    // known of anybody by these identifiers, all that is told is told of who has them.
    effect.how.held.tighten = true;
    effect.how.held.relax = effect.how.held.relax && new_record;
    effect.how.withdraw_related = true;
    effect.how.related_only = false;
  }
  RG_ASSIGN_OR_RETURN(Done done, Conclude(batch, now, &record, std::move(entry), &effect));
  Tell(std::move(done), answer);
  return absl::OkStatus();
}

absl::Status PatientDesk::SetPreference(store::Batch& batch, absl::Time now, const v1::SetPreferenceRequest& request,
                                        Answer<v1::SetPreferenceResponse>& answer) {
  const std::string& category = request.preference().category();
  if (!category.empty() && packs_->Deciding().pack->value_sets().Find(category) == nullptr) {
    answer.refused = absl::NotFoundError(absl::StrCat("the active pack has no value set `", category, "`; a category is one of: ",
                                                      absl::StrJoin(packs_->Deciding().pack->value_sets().Names(), ", ")));
    return absl::OkStatus();
  }
  RG_ASSIGN_OR_RETURN(v1::PatientRecord record, OpenPatient(batch, request.patient()));
  v1::ReleasePreference asked = request.preference();
  if (!asked.has_recorded_at()) *asked.mutable_recorded_at() = base::ToProto(now);
  v1::ReleasePreference* standing = PreferenceOf(record.mutable_facts(), category);
  v1::ReleasePreference same = asked;
  if (!request.preference().has_recorded_at()) *same.mutable_recorded_at() = standing->recorded_at();
  const bool older =
      standing->has_recorded_at() && base::FromProto(asked.recorded_at()) < base::FromProto(standing->recorded_at());
  // Asked again after a merge, the same answer is one that somebody has looked at.
  RG_ASSIGN_OR_RETURN(const std::vector<v1::PatientRecord> family, RecordsOf(batch, record.facts().identifiers()));
  const bool settles = std::any_of(family.begin(), family.end(), [&](const v1::PatientRecord& other) {
    return other.has_merged_at() && base::FromProto(other.merged_at()) >= base::FromProto(standing->recorded_at()) &&
           base::FromProto(other.merged_at()) < base::FromProto(asked.recorded_at());
  });
  if (older || (!settles && TextOf(same) == TextOf(*standing))) {
    RG_ASSIGN_OR_RETURN(record, OpenPatient(batch, request.patient()));
    *answer.response.mutable_record() = Answerable(std::move(record));
    return absl::OkStatus();
  }
  *standing = asked;
  v1::Entry entry;
  v1::Entry::PatientChanged* told = entry.mutable_patient_changed();
  told->set_patient_id(record.id());
  told->add_facts(category.empty() ? "preference" : "category_preferences");
  *told->mutable_preference() = asked;
  *told->mutable_recorded_at() = asked.recorded_at();
  Effect effect;
  effect.actor = asked.recorded_by();
  effect.reason = category.empty() ? "the patient's preference" : absl::StrCat("the patient's preference for ", category);
  effect.how.held.relax = effect.how.held.tighten = true;
  RG_ASSIGN_OR_RETURN(Done done, Conclude(batch, now, &record, std::move(entry), &effect));
  *answer.response.mutable_record() = Answerable(std::move(record));
  Tell(std::move(done), answer);
  return absl::OkStatus();
}

absl::Status PatientDesk::PutPerson(store::Batch& batch, absl::Time now, const v1::PutRelatedPersonRequest& request,
                                    Answer<v1::PutRelatedPersonResponse>& answer) {
  v1::RelatedPerson person = request.person();
  for (v1::ConfidentialCategory& confidential : *person.mutable_confidential()) {
    confidential.set_determined_by(request.actor());
    if (packs_->Deciding().pack->value_sets().Find(confidential.category()) != nullptr) continue;
    answer.refused = absl::NotFoundError(absl::StrCat("the active pack has no value set `", confidential.category(), "`"));
    return absl::OkStatus();
  }
  RG_ASSIGN_OR_RETURN(v1::PatientRecord record, OpenPatient(batch, request.patient()));
  auto* people = record.mutable_related_people();
  const auto standing = std::find_if(people->begin(), people->end(),
                                     [&person](const auto& other) { return IsSame(other.person(), person.person()); });
  if (standing != people->end()) {
    if (TextOf(*standing) == TextOf(person)) {
      *answer.response.mutable_record() = Answerable(std::move(record));
      return absl::OkStatus();
    }
    people->erase(standing);
  }
  *people->Add() = std::move(person);
  std::sort(people->begin(), people->end(), [](const v1::RelatedPerson& a, const v1::RelatedPerson& b) {
    return std::make_pair(a.person().system(), a.person().value()) < std::make_pair(b.person().system(), b.person().value());
  });
  v1::Entry entry;
  entry.mutable_patient_changed()->set_patient_id(record.id());
  entry.mutable_patient_changed()->add_facts("related_people");
  Effect effect;
  effect.actor = request.actor();
  effect.reason = "who sees for the patient";
  effect.how.held.relax = effect.how.held.tighten = effect.how.related_only = effect.how.withdraw_related = true;
  RG_ASSIGN_OR_RETURN(Done done, Conclude(batch, now, &record, std::move(entry), &effect));
  *answer.response.mutable_record() = Answerable(std::move(record));
  Tell(std::move(done), answer);
  return absl::OkStatus();
}

absl::Status PatientDesk::RemovePerson(store::Batch& batch, absl::Time now, const v1::RemoveRelatedPersonRequest& request,
                                       Answer<v1::RemoveRelatedPersonResponse>& answer) {
  RG_ASSIGN_OR_RETURN(const std::optional<int64_t> id, batch.FindPatientByKey(PatientKey(request.patient())));
  std::optional<v1::PatientRecord> record;
  if (id) {
    RG_ASSIGN_OR_RETURN(record, batch.FindPatient(*id));
  }
  if (record) {
    auto* people = record->mutable_related_people();
    const auto standing = std::find_if(people->begin(), people->end(),
                                       [&request](const auto& other) { return IsSame(other.person(), request.person()); });
    if (standing != people->end()) {
      people->erase(standing);
      v1::Entry entry;
      entry.mutable_patient_changed()->set_patient_id(record->id());
      entry.mutable_patient_changed()->add_facts("related_people");
      Effect effect;
      effect.actor = request.actor();
      effect.reason = "who sees for the patient";
      effect.how.held.relax = effect.how.related_only = true;
      RG_ASSIGN_OR_RETURN(Done done, Conclude(batch, now, &*record, std::move(entry), &effect));
      *answer.response.mutable_record() = Answerable(*std::move(record));
      Tell(std::move(done), answer);
      return absl::OkStatus();
    }
  }
  answer.refused = absl::NotFoundError("nobody of that identifier sees for that patient");
  return absl::OkStatus();
}

}  // namespace resultgate::gate
