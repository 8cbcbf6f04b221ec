// `resultgate audit report`: questions that compliance asks again and again.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "resultgate/v1/audit_service.grpc.pb.h"
#include "server/app/audit_commands.h"
#include "server/app/client.h"
#include "server/app/command.h"
#include "server/app/csv.h"
#include "server/app/figures.h"
#include "server/app/json_lines.h"
#include "server/app/table.h"
#include "server/app/words.h"
#include "server/audit/entry_facts.h"
#include "server/audit/summary.h"
#include "server/base/proto_time.h"

namespace resultgate::app {
namespace {

// As many as the gate answers with.
constexpr int kMostLines = 10'000;

struct ReportOptions {
  std::string server;
  std::string actor;
  std::string report;
  Scope scope;
  int most_lines = 100;
  bool related_too = false;  // nobody said as whom it reaches
  bool figures = false;
  bool csv = false;
  bool json = false;
  bool ndjson = false;
};

struct Name {
  const char* word;
  v1::ReportKind report;
  const char* question;
};
constexpr Name kReports[] = {
    {"holds-by-basis", v1::REPORT_KIND_HOLDS_BY_BASIS,
     "what was held on which basis and by which rule, and what for longer than that allows"},
    {"released-before-review", v1::REPORT_KIND_RELEASED_BEFORE_REVIEW,
     "what went before anybody had reviewed it, though a rule had asked for that"},
    {"overdue-reviews", v1::REPORT_KIND_OVERDUE_REVIEWS,
     "reviews that still wait though their time is over, those for relatives alone among them"},
    {"seen-first", v1::REPORT_KIND_SEEN_FIRST, "what patients saw before any clinician had opened it"},
    {"unviewed-abnormal", v1::REPORT_KIND_UNVIEWED_ABNORMAL, "abnormal results that are out and that nobody has seen"},
    {"disparities-by-language", v1::REPORT_KIND_DISPARITIES_BY_LANGUAGE,
     "who waits longer, sees less, is reached less, or reads a comment that is not in their language"},
    {"disparities-by-account", v1::REPORT_KIND_DISPARITIES_BY_ACCOUNT, "the same, with and without an account of the portal"},
};

std::string UtcText(bool known, const google::protobuf::Timestamp& time) {
  return known ? base::FormatUtc(base::FromProto(time)) : "";
}

std::string SectionWord(v1::Section section) {
  return section == v1::SECTION_UNSPECIFIED ? "" : audit::EnumWord(v1::Section_Name(section), "SECTION_");
}

std::string BasisWord(const v1::Basis& basis) {
  return basis.type() == v1::BASIS_TYPE_UNSPECIFIED ? "" : audit::EnumWord(v1::BasisType_Name(basis.type()), "BASIS_TYPE_");
}

// `active`, `none`, or nothing where it is not known.
std::string AccountWord(const v1::ReportLine& line) {
  return !line.has_portal_account() ? "" : line.portal_account() ? "active" : "none";
}

std::string AudienceWord(v1::Audience audience) {
  return audit::EnumWord(v1::Audience_Name(audience), "AUDIENCE_");
}

std::string HoldsAsCsv(const v1::GetReportResponse& response) {
  std::string text = CsvLine({"result", "rule", "effect", "basis", "citation", "since", "allowed_until", "until", "over_hours",
                              "owner", "reviewed", "released", "category", "language", "facility", "audience"});
  for (const v1::ReportLine& line : response.lines()) {
    const v1::Turnaround::Hold& hold = line.hold();
    absl::StrAppend(
        &text,
        CsvLine({absl::StrCat(line.result_id()), hold.rule_id(),
                 audit::EnumWord(v1::RuleEffect_Name(hold.effect()), "RULE_EFFECT_"), BasisWord(hold.basis()),
                 hold.basis().citation(), UtcText(true, hold.since()), UtcText(hold.has_allowed_until(), hold.allowed_until()),
                 UtcText(hold.has_until(), hold.until()), line.has_over() ? HoursText(line.over()) : "", OwnerText(hold.owner()),
                 UtcText(hold.has_reviewed_at(), hold.reviewed_at()), UtcText(line.has_released_at(), line.released_at()),
                 SectionWord(line.section()), line.language(), line.facility(), AudienceWord(line.audience())}));
  }
  return text;
}

std::string ResultsAsCsv(const v1::GetReportResponse& response) {
  std::string text = CsvLine({"result", "abnormal", "released", "first_viewed", "opened", "contacted", "over_hours", "account",
                              "category", "language", "facility"});
  for (const v1::ReportLine& line : response.lines()) {
    absl::StrAppend(
        &text,
        CsvLine({absl::StrCat(line.result_id()), line.abnormal() ? "yes" : "no",
                 UtcText(line.has_released_at(), line.released_at()), UtcText(line.has_first_viewed_at(), line.first_viewed_at()),
                 UtcText(line.has_opened_at(), line.opened_at()), UtcText(line.has_contacted_at(), line.contacted_at()),
                 line.has_over() ? HoursText(line.over()) : "", AccountWord(line), SectionWord(line.section()), line.language(),
                 line.facility()}));
  }
  return text;
}

Table HoldsAsTable(const v1::GetReportResponse& response, absl::TimeZone zone) {
  Table table({{"RESULT", 10},
               {"RULE", 36},
               {"BASIS", 22},
               {"HELD SINCE", 20},
               {"ALLOWED UNTIL", 20},
               {"HELD UNTIL", 20},
               {"OVER BY", 14},
               {"WAITS FOR", 32},
               {"CATEGORY", 14},
               {"LANGUAGE", 10},
               {"FACILITY", 24}});
  for (const v1::ReportLine& line : response.lines()) {
    const v1::Turnaround::Hold& hold = line.hold();
    table.AddRow({absl::StrCat(line.result_id()), hold.rule_id(), BasisWord(hold.basis()), LocalTime(hold.since(), zone),
                  hold.has_allowed_until() ? LocalTime(hold.allowed_until(), zone) : "",
                  hold.has_until() ? LocalTime(hold.until(), zone) : "still", line.has_over() ? DurationText(line.over()) : "",
                  OwnerText(hold.owner()), SectionWord(line.section()), line.language(), line.facility()});
  }
  return table;
}

Table ResultsAsTable(const v1::GetReportResponse& response, absl::TimeZone zone) {
  Table table({{"RESULT", 10},
               {"ABNORMAL", 8},
               {"RELEASED", 20},
               {"SEEN", 20},
               {"OPENED", 20},
               {"CONTACTED", 20},
               {"FOR", 14},
               {"ACCOUNT", 8},
               {"CATEGORY", 14},
               {"LANGUAGE", 10},
               {"FACILITY", 24}});
  const auto time = [zone](bool known, const google::protobuf::Timestamp& when) { return known ? LocalTime(when, zone) : ""; };
  for (const v1::ReportLine& line : response.lines()) {
    table.AddRow({absl::StrCat(line.result_id()), line.abnormal() ? "yes" : "", time(line.has_released_at(), line.released_at()),
                  time(line.has_first_viewed_at(), line.first_viewed_at()), time(line.has_opened_at(), line.opened_at()),
                  time(line.has_contacted_at(), line.contacted_at()), line.has_over() ? DurationText(line.over()) : "",
                  AccountWord(line), SectionWord(line.section()), line.language(), line.facility()});
  }
  return table;
}

std::string LinesAsTable(const v1::GetReportResponse& response, audit::LinesOf lines, absl::TimeZone zone) {
  Table table = lines == audit::LinesOf::kHolds ? HoldsAsTable(response, zone) : ResultsAsTable(response, zone);
  if (response.all_lines() > response.lines_size()) {
    table.AddLine(absl::StrCat(response.all_lines() - response.lines_size(), " more; --lines shows them"));
  }
  return table.ToString(TerminalWidth());
}

// Reviews that are overdue for those who see for the patient, and not for the patient, by audience: whoever asks what is overdue
// must not miss them because the patient has seen it.
using Related = std::vector<std::pair<v1::Audience, v1::GetReportResponse>>;

int FindRelated(v1::AuditService::Stub* audit, const v1::GetReportRequest& request, v1::GetReportResponse of_patient,
                Related* related) {
  // What is cut off when it is printed must not look as if it were not for patients.
  v1::GetReportRequest all = request;
  all.set_most_lines(kMostLines);
  if (of_patient.all_lines() > of_patient.lines_size()) {
    if (const int code = Ask(audit, &v1::AuditService::Stub::GetReport, all, &of_patient); code != kDone) return code;
  }
  if (of_patient.all_lines() > of_patient.lines_size()) {
    std::cerr << "resultgate: more than " << kMostLines
              << " reviews are overdue, so that those for relatives alone are not told; "
              << "ask for them by --audience\n";
    return kDone;
  }
  std::set<std::pair<int64_t, std::string>> told;
  for (const v1::ReportLine& line : of_patient.lines()) told.insert({line.result_id(), line.hold().rule_id()});
  for (const v1::Audience audience : {v1::AUDIENCE_REPRESENTATIVE, v1::AUDIENCE_DELEGATE}) {
    all.set_audience(audience);
    v1::GetReportResponse response, more;
    if (const int code = Ask(audit, &v1::AuditService::Stub::GetReport, all, &response); code != kDone) return code;
    for (const v1::ReportLine& line : response.lines()) {
      if (!told.insert({line.result_id(), line.hold().rule_id()}).second) continue;
      more.set_all_lines(more.all_lines() + 1);
      if (more.lines_size() < request.most_lines()) *more.add_lines() = line;
    }
    if (!more.lines().empty()) related->emplace_back(audience, std::move(more));
  }
  return kDone;
}

int RunReport(const ReportOptions& options) {
  const std::shared_ptr<grpc::Channel> channel = Connect(options.server);
  const absl::StatusOr<absl::TimeZone> zone = PackZone(channel);
  if (!zone.ok()) return Fail(std::string(zone.status().message()));
  const absl::StatusOr<std::string> filter = FilterOf(options.scope, *zone);
  if (!filter.ok()) return Fail(std::string(filter.status().message()));
  v1::GetReportRequest request;
  for (const Name& name : kReports) {
    if (options.report == name.word) request.set_report(name.report);
  }
  request.set_filter(*filter);
  request.set_audience(AudienceOf(options.scope));
  request.set_most_lines(options.most_lines);
  request.set_actor(options.actor);
  const auto stub = v1::AuditService::NewStub(channel);
  v1::GetReportResponse response;
  if (const int code = Ask(stub.get(), &v1::AuditService::Stub::GetReport, request, &response); code != kDone) return code;
  std::vector<v1::SummaryDimension> group_by;
  for (const int dimension : response.group_by()) group_by.push_back(static_cast<v1::SummaryDimension>(dimension));
  const audit::LinesOf lines = options.figures ? audit::LinesOf::kNothing : audit::WhatLinesAre(request.report());
  Related related;
  const bool of_reviews = request.report() == v1::REPORT_KIND_OVERDUE_REVIEWS && lines == audit::LinesOf::kHolds;
  if (of_reviews && options.related_too) {
    if (const int code = FindRelated(stub.get(), request, response, &related); code != kDone) return code;
  }
  // Each line says whose it is; a table has a heading for that.
  const bool as_table = !options.json && !options.ndjson && !options.csv;
  for (const auto& [audience, more] : related) {
    if (as_table) break;
    response.mutable_lines()->MergeFrom(more.lines());
    response.set_all_lines(response.all_lines() + more.all_lines());
  }
  if (options.json) {
    std::cout << ToJson(response) << "\n";
  } else if (options.ndjson) {
    if (lines == audit::LinesOf::kNothing) {
      for (const v1::SummaryGroup& group : response.groups()) std::cout << ToJson(group) << "\n";
    } else {
      for (const v1::ReportLine& line : response.lines()) std::cout << ToJson(line) << "\n";
    }
  } else if (options.csv) {
    std::cout << (lines == audit::LinesOf::kHolds     ? HoldsAsCsv(response)
                  : lines == audit::LinesOf::kResults ? ResultsAsCsv(response)
                                                      : FiguresText(group_by, response.groups(), response.total(), true));
  } else {
    std::cout << FiguresText(group_by, response.groups(), response.total(), false);
    if (!options.figures && response.lines_size() > 0) std::cout << "\n" << LinesAsTable(response, lines, *zone);
    for (const auto& [audience, more] : related) {
      std::cout << "\nFor " << AudienceWord(audience) << "s, and not for patients\n" << LinesAsTable(more, lines, *zone);
    }
  }
  return kDone;
}

}  // namespace

void AddAuditReport(CLI::App* audit, Run* run) {
  auto options = std::make_shared<ReportOptions>();
  std::string questions;
  std::vector<std::string> words;
  for (const Name& name : kReports) {
    absl::StrAppend(&questions, "\n  ", name.word, ": ", name.question);
    words.emplace_back(name.word);
  }
  CLI::App* command = audit->add_subcommand("report", absl::StrCat("Answer a prepared question:", questions));
  command->add_option("REPORT", options->report, "Which")->required()->check(CLI::IsMember(words));
  AddServerOption(command, &options->server);
  AddReaderOption(command, &options->actor);
  AddScopeOptions(command, &options->scope);
  command->add_option("--lines", options->most_lines, "At most so many single holds or results")
      ->capture_default_str()
      ->check(CLI::Range(1, kMostLines));
  command->add_flag("--figures", options->figures,
                    "The figures alone, as of holds by basis and rule; not the single holds or results");
  CLI::Option* csv = command->add_flag(
      "--csv", options->csv,
      "Comma-separated values: the single holds or results; with --figures, and of disparities, which have none, the figures");
  CLI::Option* ndjson = command
                            ->add_flag("--ndjson", options->ndjson,
                                       "The same as JSON objects, a line each (resultgate.v1.ReportLine, SummaryGroup)")
                            ->excludes(csv);
  command->add_flag("--json", options->json, "One JSON object (resultgate.v1.GetReportResponse)")
      ->excludes(csv)
      ->excludes(ndjson);
  command->footer(
      "Examples:\n"
      "  resultgate audit report holds-by-basis --since 2026-03-01\n"
      "  resultgate audit report overdue-reviews\n"
      "  resultgate audit report holds-by-basis --figures --csv > bases.csv\n"
      "  resultgate audit report unviewed-abnormal --csv > unviewed.csv\n"
      "  resultgate audit report disparities-by-language --filter 'category = pathology' --json");
  command->callback([options, run, command] {
    options->related_too = command->get_option("--audience")->count() == 0;
    *run = [options] { return RunReport(*options); };
  });
}

}  // namespace resultgate::app
