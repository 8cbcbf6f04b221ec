// `resultgate audit`, `backup` and `restore`, as an auditor and an operator use them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/base/file.h"
#include "tests/app/run_binary.h"
#include "tests/testing/server_process.h"

namespace resultgate::app {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

// A gate that was given a blood count, which went, and a biopsy, which a clinician approved; the portal shows both.
class AuditCommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    StartGate();
    ASSERT_EQ(Ask({"submit", "--accept-test-messages", "tests/data/01-cbc.hl7", "tests/data/06-biopsy-benign.hl7"}).exit_code, 0);
    ASSERT_EQ(Ask({"review", "approve", "2", "--reviewer", "1234567893"}).exit_code, 0);
    ASSERT_EQ(Ask({"releases", "follow", "--until-current", "--ack"}).exit_code, 0);
  }

  void StartGate() {
    auto gate = testing::StartGate(RESULTGATE_BINARY, database_);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  // Goes down, and comes up again at another time.
  void StartGateAt(const std::string& time) {
    EXPECT_EQ(gate_->Stop(), 0);
    auto gate = testing::ServerProcess::Start(
        {RESULTGATE_BINARY, "serve", "--dev", "--clock", time, "--listen", "127.0.0.1:0", "--database", database_});
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }

  Ran Ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--server", gate_->address()});
    return RunBinary(arguments);
  }

  Ran File(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--database", database_});
    return RunBinary(arguments);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(folder_.path(), "/", name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  testing::TemporaryFolder folder_;
  const std::string database_ = folder_.path() + "/gate.db";
  std::unique_ptr<testing::ServerProcess> gate_;
};

TEST_F(AuditCommandsTest, WhoSawThisBiopsyAndWhyWasItHeld) {
  EXPECT_THAT(Ask({"audit", "story", "2"}).out, Not(HasSubstr("viewed as patient")));
  ASSERT_EQ(Ask({"outreach", "view", "2", "--by", "account-1"}).exit_code, 0);
  ASSERT_EQ(Ask({"outreach", "opened", "2", "--by", "D101"}).exit_code, 0);
  const Ran story = Ask({"audit", "story", "2"});
  EXPECT_EQ(story.exit_code, 0) << story.err;
  EXPECT_THAT(story.out,
              AllOf(ContainsRegex("Fri 2026-03-06 21:0[0-9].*decided, new: .*review"), HasSubstr("because of rule "),
                    ContainsRegex("basis organization-policy: .+"), ContainsRegex("waits for ordering-provider.* until "),
                    HasSubstr("the review ends by itself"), ContainsRegex("1234567893: approved"),
                    ContainsRegex("release [0-9]+ \\(result\\): unit"), HasSubstr("since then the portal shows release")));
  // Who saw it, and when.
  EXPECT_THAT(story.out, AllOf(ContainsRegex("Fri 2026-03-06 21:0[0-9]  account-1: followed-up, viewed as patient  \\[entry"),
                               ContainsRegex("Fri 2026-03-06 21:0[0-9]  D101: followed-up, clinician viewed  \\[entry")));
  // How its times come about.
  EXPECT_THAT(story.out, AllOf(ContainsRegex("legal times run from [A-Z][a-z]{2} 2026-03-0[0-9] [0-9:]+, when it was issued"),
                               ContainsRegex("because of rule [a-z-]+ \\(review\\).*; asks for .* each and .* in all from Mon "
                                             "2026-03-09 08:00 on")));
  EXPECT_EQ(Ask({"audit", "story", "99"}).exit_code, 1);
}

TEST_F(AuditCommandsTest, ListsByFilter) {
  EXPECT_THAT(Lines(Ask({"audit", "list", "--filter", "result = 2 AND kind = approved", "--json"}).out), SizeIs(1));
  EXPECT_THAT(Lines(Ask({"audit", "list", "--filter", "actor = 1234567893", "--json"}).out), SizeIs(2)) << "read, then approved";
  EXPECT_THAT(Lines(Ask({"audit", "list", "--newest", "--limit", "1", "--json", "--filter",
                         "NOT kind = queried AND NOT kind = delivered"})
                        .out)[0],
              HasSubstr("acknowledged"));
  // Asking is an entry itself.
  const std::string of_result = "result = 2 AND NOT kind = queried";
  const Ran csv = Ask({"audit", "list", "--filter", of_result, "--csv"});
  EXPECT_THAT(csv.out,
              AllOf(StartsWith("sequence,time,kind,actor,on_behalf_of,from,result,"), ContainsRegex("approved,1234567893,")));
  EXPECT_EQ(Lines(csv.out).size(), Lines(Ask({"audit", "list", "--filter", of_result, "--json"}).out).size() + 1);
  const Ran wrong = Ask({"audit", "list", "--filter", "rul = x"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("column 1: there is no field `rul`; did you mean `rule`?"));
}

TEST_F(AuditCommandsTest, CountsResultsAndSaysHowLongTheyTook) {
  const Ran table = Ask({"audit", "summary", "--by", "category,rule", "--since", "2026-03-06", "--until", "2026-03-06"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(ContainsRegex("CATEGORY +RULE +RESULTS +RELEASED"), ContainsRegex("laboratory +\\(none\\) +1 +1"),
                               ContainsRegex("pathology +[a-z-]+ +1 +1 +1 "), HasSubstr("all together")));
  const Ran csv = Ask({"audit", "summary", "--by", "basis", "--csv"});
  EXPECT_THAT(Lines(csv.out)[0], StartsWith("basis,results,released,waiting,held,overruns,"));
  EXPECT_THAT(csv.out, HasSubstr("\norganization-policy,1,1,0,1,0,0,0,0,0,1,"));
  const Ran json = Ask({"audit", "summary", "--filter", "category = pathology", "--json"});
  EXPECT_THAT(json.out, AllOf(StartsWith("{\"total\":{\"results\":\"1\""), HasSubstr("\"review_time\":{\"count\":\"1\"")));
  EXPECT_THAT(Ask({"audit", "summary", "--until", "2026-03-05", "--json"}).out, Not(HasSubstr("results")));
  EXPECT_THAT(Ask({"audit", "summary", "--filter", "categry = pathology"}).err,
              HasSubstr("column 1: there is no field `categry`; did you mean `category`?"));
  EXPECT_THAT(Ask({"audit", "summary", "--since", "spring"}).err, HasSubstr("--since: `spring` is no time"));
  EXPECT_EQ(Ask({"audit", "summary", "--by", "colour"}).exit_code, 2);
}

TEST_F(AuditCommandsTest, AnswersPreparedQuestions) {
  const Ran holds = Ask({"audit", "report", "holds-by-basis"});
  EXPECT_EQ(holds.exit_code, 0) << holds.err;
  EXPECT_THAT(holds.out, ContainsRegex("organization-policy +[a-z-]+ +1 +1 +1 "));
  const Ran languages = Ask({"audit", "report", "disparities-by-language", "--csv"});
  EXPECT_THAT(Lines(languages.out)[0], StartsWith("language,results,"));
  EXPECT_THAT(holds.out, Not(HasSubstr("ALLOWED UNTIL"))) << "nothing was held for too long yet";
  // Another biopsy, of which nobody takes care until its review is over; the gate was down when that was.
  ASSERT_EQ(Ask({"submit", "--accept-test-messages", "tests/data/07-biopsy-malignant.hl7"}).exit_code, 0);
  EXPECT_THAT(Ask({"audit", "report", "overdue-reviews", "--json"}).out, Not(HasSubstr("lines\"")));
  EXPECT_THAT(Lines(Ask({"audit", "report", "released-before-review", "--csv"}).out), SizeIs(1)) << "the heading";
  StartGateAt("2026-03-16T10:00:00-04:00");
  const Ran overdue = Ask({"audit", "report", "overdue-reviews"});
  EXPECT_THAT(overdue.out, AllOf(ContainsRegex("RESULT .*RULE .*HELD SINCE .*ALLOWED UNTIL .*OVER BY .*WAITS FOR"),
                                 ContainsRegex("\n3 +[a-z-]+ +organization-policy +Fri 2026-03-06 .*still +[0-9]+ d")));
  EXPECT_THAT(Lines(Ask({"audit", "report", "overdue-reviews", "--csv"}).out), SizeIs(::testing::Ge(2)));
  // What was held longer than its basis allows.
  const Ran too_long = Ask({"audit", "report", "holds-by-basis"});
  EXPECT_THAT(too_long.out, ContainsRegex("\n3 +[a-z-]+ +organization-policy +Fri 2026-03-06 .*still +[0-9]+ d"));
  const Ran lines = Ask({"audit", "report", "holds-by-basis", "--csv"});
  EXPECT_THAT(lines.out,
              AllOf(StartsWith("result,rule,effect,basis,"), ContainsRegex("\n3,[a-z-]+,review,organization-policy,")));
  const Ran figures = Ask({"audit", "report", "holds-by-basis", "--csv", "--figures"});
  EXPECT_THAT(figures.out, AllOf(StartsWith("basis,rule,results,"), ContainsRegex("\norganization-policy,[a-z-]+,")));
  EXPECT_THAT(Ask({"audit", "report", "holds-by-basis", "--ndjson", "--figures"}).out, StartsWith("{\"keys\":["));
  EXPECT_THAT(Ask({"audit", "report", "holds-by-basis", "--figures"}).out, Not(HasSubstr("ALLOWED UNTIL")));
  // Once the owner has had four staffed hours, time lets it go.
  StartGateAt("2026-03-19T10:00:00-04:00");
  // The gate answers before it has done all that came due meanwhile.
  std::string released;
  for (int i = 0; i < 100 && !absl::StrContains(released, "\n3 "); ++i) {
    released = Ask({"audit", "report", "released-before-review"}).out;
  }
  EXPECT_THAT(released, ContainsRegex("\n3 +[a-z-]+ +organization-policy +Fri 2026-03-06 "));
  EXPECT_THAT(Ask({"audit", "report", "released-before-review", "--csv"}).out,
              AllOf(StartsWith("result,rule,effect,basis,"), ContainsRegex("\n3,[a-z-]+,review,organization-policy,")));
  EXPECT_THAT(Ask({"audit", "report", "overdue-reviews", "--json"}).out, Not(HasSubstr("\"result_id\":\"3\"")));
  EXPECT_EQ(Ask({"audit", "report", "everything"}).exit_code, 2);
}

TEST_F(AuditCommandsTest, SaysWhatPatientsSawFirstAndWhatNobodyHasSeen) {
  ASSERT_EQ(Ask({"submit", "--accept-test-messages", "tests/data/03-a1c-high.hl7"}).exit_code, 0);
  ASSERT_EQ(Ask({"outreach", "view", "1", "--by", "account-1"}).exit_code, 0);
  const Ran first = Ask({"audit", "report", "seen-first"});
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_THAT(first.out, AllOf(ContainsRegex("RESULT .*RELEASED .*SEEN .*FOR"), ContainsRegex("\n1 +.*Fri 2026-03-06 ")));
  const Ran first_csv = Ask({"audit", "report", "seen-first", "--csv"});
  EXPECT_THAT(Lines(first_csv.out)[0], StartsWith("result,abnormal,released,first_viewed,opened,contacted,over_hours,account,"));
  EXPECT_THAT(Lines(first_csv.out), SizeIs(2));
  const Ran unviewed = Ask({"audit", "report", "unviewed-abnormal", "--ndjson"});
  EXPECT_EQ(unviewed.exit_code, 0) << unviewed.err;
  EXPECT_THAT(unviewed.out, AllOf(HasSubstr("{\"result_id\":\"3\""), HasSubstr("\"abnormal\":true")));
  EXPECT_THAT(unviewed.out, Not(HasSubstr("{\"result_id\":\"1\""))) << "seen, and normal";
  ASSERT_EQ(Ask({"outreach", "view", "3", "--by", "account-1"}).exit_code, 0);
  ASSERT_EQ(Ask({"outreach", "view", "2", "--by", "account-1"}).exit_code, 0);
  EXPECT_THAT(Ask({"audit", "report", "unviewed-abnormal", "--ndjson"}).out, Not(HasSubstr("\"result_id\":\"3\"")));
  const Ran alone = Ask({"audit", "report", "seen-first", "--ndjson"});
  EXPECT_THAT(Lines(alone.out), SizeIs(2));
  EXPECT_THAT(Lines(alone.out)[0], HasSubstr("{\"result_id\":\"3\"")) << "the abnormal one first";
  EXPECT_THAT(alone.out, Not(HasSubstr("\"result_id\":\"2\""))) << "who approved it had opened it";
  const Ran accounts = Ask({"audit", "report", "disparities-by-account", "--csv"});
  EXPECT_THAT(Lines(accounts.out)[0], StartsWith("account,results,released,"));
  EXPECT_THAT(Lines(accounts.out)[0], HasSubstr(",viewed,contacted,"));
  EXPECT_THAT(Ask({"audit", "report", "disparities-by-account", "--ndjson"}).out, StartsWith("{\"keys\":[\"\"],\"results\":"));
}

TEST_F(AuditCommandsTest, SaysWhatWasRefusedAndHowItIsSetUp) {
  EXPECT_EQ(Ask({"review", "approve", "99", "--reviewer", "1234567893"}).exit_code, 1);
  EXPECT_THAT(Ask({"audit", "list", "--kind", "call-refused"}).out,
              ContainsRegex("call-refused +[a-z0-9]+ +(GetResult|GetReview|ApproveReview): NOT_FOUND"));
  const std::string started = Ask({"audit", "list", "--kind", "started", "--json"}).out;
  EXPECT_THAT(started, AllOf(HasSubstr("{\"name\":\"listen\",\"value\":\"127.0.0.1:0\"}"),
                             HasSubstr("{\"name\":\"dev\",\"value\":\"true\"}"),
                             HasSubstr("{\"name\":\"templates\",\"value\":\"templates\"}"), Not(HasSubstr("\"help\""))));
  EXPECT_EQ(gate_->Stop(), 0);
  fs::remove(database_ + ".key");
  auto gate = testing::ServerProcess::Start({RESULTGATE_BINARY, "serve", "--dev", "--clock", "2026-03-06T21:15:00-05:00",
                                             "--listen", "127.0.0.1:0", "--database", database_, "--change-log-key"});
  ASSERT_TRUE(gate.ok()) << gate.status();
  gate_ = *std::move(gate);
  EXPECT_THAT(Ask({"audit", "list", "--kind", "configuration-changed"}).out,
              HasSubstr("change-log-key: false, now true; clock: 2026-03-06T21:05:00-05:00, now 2026-03-06T21:15:00-05:00"));
  EXPECT_THAT(Ask({"audit", "list", "--kind", "log-key-changed"}).out,
              ContainsRegex("signed by resultgate/[0-9a-f]+\\+[0-9a-f]+, before by resultgate/[0-9a-f]+\\+[0-9a-f]+"));
  const Ran exported = File({"audit", "export", "--format", "fhir", "--server", gate_->address()});
  EXPECT_THAT(exported.out, AllOf(HasSubstr("\"code\":\"call-refused\"}],\"action\":\"E\""),
                                  HasSubstr("\"network\":{\"address\":\"127.0.0.1\",\"type\":\"2\"}"),
                                  HasSubstr("\"code\":\"log-key-changed\"")));
}

TEST_F(AuditCommandsTest, KeepsWhoReadInTheLog) {
  EXPECT_THAT(Ask({"audit", "story", "2", "--actor", "compliance", "--json"}).out, StartsWith("{\"events\":["));
  const Ran exported = File({"audit", "export", "--format", "csv", "--actor", "auditor", "--server", gate_->address()});
  EXPECT_EQ(exported.exit_code, 0);
  EXPECT_EQ(exported.err, "");
  const Ran queried = Ask({"audit", "list", "--kind", "queried"});
  EXPECT_THAT(queried.out, AllOf(ContainsRegex("queried +compliance +2 +history, [0-9]+ given"),
                                 ContainsRegex("queried +auditor +export as csv, [0-9]+ given")));
  EXPECT_THAT(File({"audit", "export", "--server", "127.0.0.1:1"}).err, HasSubstr("no gate answers at 127.0.0.1:1"));
}

TEST_F(AuditCommandsTest, KeepsWhoLookedAtResultsInTheLog) {
  EXPECT_EQ(Ask({"review", "show", "2"}).exit_code, 0);
  EXPECT_EQ(Ask({"review", "show", "1", "--reviewer", "D101"}).exit_code, 0);
  EXPECT_EQ(Ask({"releases", "show", "1", "--actor", "letters"}).exit_code, 0);
  EXPECT_EQ(Ask({"outreach", "list", "--actor", "nurse-7"}).exit_code, 0);
  EXPECT_EQ(Ask({"review", "workload", "--since", "2026-03-01", "--actor", "manager"}).exit_code, 0);
  EXPECT_EQ(Ask({"policy", "active", "--actor", "auditor"}).exit_code, 0);
  EXPECT_THAT(Ask({"audit", "list", "--kind", "queried"}).out,
              AllOf(ContainsRegex("queried +unknown +2 +1 +result, 1 given"),
                    ContainsRegex("queried +letters +1 +1 +result where release = 1, 1 given"),
                    ContainsRegex("queried +nurse-7 +outreach, [0-9]+ given"),
                    ContainsRegex("queried +manager +workload where time >= 2026-03-01T05:00:00Z, [0-9]+ given"),
                    ContainsRegex("queried +auditor +activations, 1 given")));
  EXPECT_THAT(Ask({"audit", "list", "--kind", "followed-up"}).out, ContainsRegex("D101 +1 +1 +clinician viewed"));
  EXPECT_THAT(Ask({"audit", "list", "--kind", "delivered"}).out, ContainsRegex("delivered +portal +release.* sent, to portal"));
}

TEST_F(AuditCommandsTest, ProvesThatNothingWasRemoved) {
  const Ran checkpoint = Ask({"audit", "checkpoint"});
  ASSERT_EQ(checkpoint.exit_code, 0) << checkpoint.err;
  EXPECT_THAT(checkpoint.out, StartsWith("resultgate/"));
  const std::string witness = Write("checkpoints.txt", checkpoint.out);
  const std::string key = Write("log.pub", Ask({"audit", "checkpoint", "--key"}).out);

  const Ran proof = Ask({"audit", "proof", "3", "--public-key", key});
  EXPECT_EQ(proof.exit_code, 0) << proof.err;
  EXPECT_THAT(proof.out, HasSubstr("entry 3 is in the log of"));
  EXPECT_EQ(Ask({"audit", "proof", "9999"}).exit_code, 1);

  const Ran verified = File({"audit", "verify", "--witness", witness});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out,
              AllOf(HasSubstr("the checkpoint kept elsewhere holds"), HasSubstr("the log holds: "),
                    HasSubstr("what is kept beside it agrees: 2 results, 2 releases, 1 pack, 0 patients, 0 owners and ")));

  ASSERT_EQ(Ask({"submit", "--accept-test-messages", "tests/data/02-lipids.hl7"}).exit_code, 0);
  const Ran grown = Ask({"audit", "checkpoint", "--since", witness, "--public-key", key});
  EXPECT_EQ(grown.exit_code, 0) << grown.err;
  EXPECT_THAT(grown.err, HasSubstr("the log only grew since it had"));
  EXPECT_NE(grown.out, checkpoint.out);

  // A checkpoint of another log, or one that was changed.
  EXPECT_EQ(
      Ask({"audit", "checkpoint", "--since", Write("wrong.txt", absl::StrReplaceAll(checkpoint.out, {{"resultgate/", "x/"}}))})
          .exit_code,
      1);
}

// What nothing in the file can show: somebody put an older one back, signed and whole.
TEST_F(AuditCommandsTest, ACheckpointThatWasKeptFindsALogThatWasCutOff) {
  const std::string before = folder_.path() + "/before.db";
  ASSERT_EQ(File({"backup", before}).exit_code, 0);
  ASSERT_EQ(Ask({"submit", "--accept-test-messages", "tests/data/02-lipids.hl7"}).exit_code, 0);
  const std::string witness = Write("checkpoints.txt", Ask({"audit", "checkpoint"}).out);
  EXPECT_EQ(File({"audit", "verify", "--witness", witness}).exit_code, 0);
  EXPECT_EQ(gate_->Stop(), 0);
  fs::remove(database_);
  fs::copy_file(before, database_);
  EXPECT_EQ(File({"audit", "verify"}).exit_code, 0) << "the file alone does not tell";
  const Ran verified = File({"audit", "verify", "--witness", witness});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.out,
              AllOf(ContainsRegex("the log is cut off: a checkpoint kept elsewhere has [0-9]+ entries, the last one "
                                  "here is [0-9]+"),
                    HasSubstr("the log does NOT hold: 1 finding")));
  const std::string exported = Write("log.ndjson", File({"audit", "export"}).out);
  const Ran of_export = RunBinary({"audit", "verify", "--export", exported, "--witness", witness});
  EXPECT_EQ(of_export.exit_code, 1);
  EXPECT_THAT(of_export.out, HasSubstr("a checkpoint kept elsewhere has"));
}

TEST_F(AuditCommandsTest, CheckpointsOfAKeyBeforeCountWhereThatIsGiven) {
  const std::string witness = Write("checkpoints.txt", Ask({"audit", "checkpoint"}).out);
  const std::string old_key = Write("old.pub", Ask({"audit", "checkpoint", "--key"}).out);
  EXPECT_EQ(gate_->Stop(), 0);
  fs::remove(database_ + ".key");
  auto gate = testing::ServerProcess::Start({RESULTGATE_BINARY, "serve", "--dev", "--clock", "2026-03-06T21:15:00-05:00",
                                             "--listen", "127.0.0.1:0", "--database", database_, "--change-log-key"});
  ASSERT_TRUE(gate.ok()) << gate.status();
  gate_ = *std::move(gate);
  const std::string new_key = Write("new.pub", Ask({"audit", "checkpoint", "--key"}).out);
  EXPECT_EQ(File({"audit", "verify", "--witness", witness}).exit_code, 1) << "which is not the newest key's";
  const Ran verified = File({"audit", "verify", "--witness", witness, "--public-key", old_key, "--public-key", new_key});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, AllOf(HasSubstr("the checkpoint kept elsewhere holds"), HasSubstr("the log holds: ")));
  EXPECT_EQ(File({"audit", "verify", "--public-key", new_key, "--public-key", old_key}).exit_code, 1) << "the newest is last";
  EXPECT_EQ(Ask({"audit", "checkpoint", "--since", witness, "--public-key", old_key, "--public-key", new_key}).exit_code, 0);
}

TEST_F(AuditCommandsTest, ExportsProveThemselves) {
  const Ran exported = File({"audit", "export"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  const std::string file = Write("log.ndjson", exported.out);
  const std::string key = Write("log.pub", Ask({"audit", "checkpoint", "--key"}).out);
  const Ran verified = RunBinary({"audit", "verify", "--export", file, "--public-key", key});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out, AllOf(HasSubstr("the log holds"), Not(HasSubstr("own word"))));
  EXPECT_THAT(RunBinary({"audit", "verify", "--export", file}).out, HasSubstr("own word"));

  std::vector<std::string> lines = Lines(exported.out);
  lines.erase(lines.begin() + 2);
  std::string without;
  for (const std::string& line : lines) absl::StrAppend(&without, line, "\n");
  const Ran missing = RunBinary({"audit", "verify", "--export", Write("less.ndjson", without), "--public-key", key});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.out, AllOf(HasSubstr("entry 2 is missing"), HasSubstr("the log does NOT hold")));

  const Ran csv = File({"audit", "export", "--format", "csv"});
  EXPECT_EQ(Lines(csv.out).size(), Lines(exported.out).size()) << "a heading in place of the head";
  EXPECT_THAT(csv.out, AllOf(StartsWith("sequence,time,kind,actor,"), ContainsRegex("approved,1234567893,[^,]*,[^,]*,2,1,")));
  const Ran fhir = File({"audit", "export", "--format", "fhir"});
  const nlohmann::json bundle = nlohmann::json::parse(fhir.out);
  EXPECT_EQ(bundle["resourceType"], "Bundle");
  EXPECT_EQ(bundle["type"], "collection");
  EXPECT_EQ(bundle["entry"].size(), Lines(exported.out).size() - 1);
  std::map<std::string, std::string> actions;
  for (const nlohmann::json& entry : bundle["entry"]) {
    const nlohmann::json& event = entry["resource"];
    EXPECT_EQ(event["resourceType"], "AuditEvent");
    EXPECT_TRUE(event["agent"][0]["requestor"].is_boolean());
    EXPECT_TRUE(event["source"].contains("observer"));
    actions[event["subtype"][0]["code"]] = event["action"];
  }
  EXPECT_EQ(actions["decided"], "C");
  EXPECT_EQ(actions["approved"], "U");
}

TEST_F(AuditCommandsTest, APartIsExportedWithItsProofs) {
  const std::string key = Write("log.pub", Ask({"audit", "checkpoint", "--key"}).out);
  const auto count = [this](const std::vector<std::string>& options) {
    std::vector<std::string> all = {"audit", "export", "--server", gate_->address()};
    all.insert(all.end(), options.begin(), options.end());
    const Ran exported = File(all);
    EXPECT_EQ(exported.exit_code, 0) << exported.err;
    return Lines(exported.out).size() - 1;
  };
  const std::string done = "NOT kind = queried";  // asking is an entry itself
  const size_t of_result = Lines(Ask({"audit", "list", "--result", "2", "--filter", done, "--json"}).out).size();
  EXPECT_EQ(count({"--result", "2", "--filter", done}), of_result);
  EXPECT_EQ(count({"--result", "2", "--filter", "kind = approved OR kind = acknowledged"}), 2u);
  EXPECT_EQ(count({"--since", "2026-03-06", "--until", "2026-03-06", "--result", "2", "--filter", done}), of_result)
      << "a day of the pack's zone";
  EXPECT_EQ(count({"--since", "2026-03-07"}), 0u);
  const Ran exported = File({"audit", "export", "--filter", "patient = NORTH|P1006 AND " + done, "--server", gate_->address()});
  EXPECT_THAT(exported.err, ContainsRegex("a part of the log: [0-9]+ of its [0-9]+ entries"));
  EXPECT_EQ(Lines(exported.out).size(), of_result + 1);
  EXPECT_THAT(Lines(exported.out)[0], AllOf(HasSubstr("patient = ***"), Not(HasSubstr("P1006"))));
  EXPECT_THAT(Ask({"audit", "list", "--kind", "queried", "--json"}).out,
              HasSubstr("\"filter\":\"patient = *** AND NOT kind = queried\",\"format\":\"ndjson\""));
  EXPECT_THAT(Ask({"audit", "list", "--kind", "queried"}).out,
              AllOf(ContainsRegex("export as ndjson where result = 2 AND \\(NOT kind = queried\\), [0-9]+ given"),
                    ContainsRegex("export as ndjson where patient = \\*\\*\\* AND NOT kind = queried, [0-9]+ given"),
                    Not(HasSubstr("P1006"))));

  const std::string part = Write("part.ndjson", exported.out);
  const Ran verified = RunBinary({"audit", "verify", "--export", part, "--public-key", key});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_THAT(verified.out,
              AllOf(ContainsRegex("the export holds: a part of the log, the entries where patient = \\*\\*\\* AND NOT kind = "
                                  "queried: [0-9]+ entries, "
                                  "each proved to be in the log of [0-9]+ with root "),
                    HasSubstr("that no other entry belongs to it a part cannot prove"), Not(HasSubstr("own word"))));
  std::string changed = exported.out;
  changed = absl::StrReplaceAll(changed, {{"\"actor\":\"1234567893\"", "\"actor\":\"9999999999\""}});
  ASSERT_NE(changed, exported.out);
  const Ran found = RunBinary({"audit", "verify", "--export", Write("changed.ndjson", changed), "--public-key", key});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.out, AllOf(HasSubstr("reads otherwise than its bytes"), HasSubstr("the export does NOT hold: ")));
  const nlohmann::json bundle = nlohmann::json::parse(File({"audit", "export", "--result", "2", "--format", "fhir"}).out);
  EXPECT_EQ(bundle["meta"]["tag"][0]["display"], "only entries where result = 2");
  EXPECT_THAT(File({"audit", "export", "--filter", "rul = x"}).err, HasSubstr("there is no field `rul`; did you mean `rule`?"));
  EXPECT_THAT(File({"audit", "export", "--since", "spring"}).err, HasSubstr("--since: `spring` is no time"));
}

TEST_F(AuditCommandsTest, ALargeExportIsVerifiedWithABar) {
  const Ran exported = File({"audit", "export"});
  EXPECT_THAT(RunBinary({"audit", "verify", "--export", Write("small.ndjson", exported.out)}).err, Not(HasSubstr("#")));
  std::string large = exported.out;
  const std::string last = Lines(exported.out).back() + "\n";
  while (large.size() < (5u << 20)) large += last;
  const Ran verified = RunBinary({"audit", "verify", "--export", Write("large.ndjson", large)});
  EXPECT_EQ(verified.exit_code, 1) << "it has one entry many times";
  EXPECT_THAT(verified.err, AllOf(ContainsRegex("\\[#+ +\\] [0-9]+ of"),
                                  HasSubstr(absl::StrCat("[", std::string(40, '#'), "] ", large.size(), " of ", large.size()))));
}

// No format makes something of what is no entry.
TEST_F(AuditCommandsTest, ADamagedEntryIsNotExported) {
  EXPECT_EQ(gate_->Stop(), 0);
  std::string bytes = *base::ReadFile(database_);
  // The field for who did it, with a wire type that there is not.
  const std::string actor =
      "\x1a\x0a"
      "1234567893";
  ASSERT_NE(bytes.find(actor), std::string::npos);
  for (size_t place = bytes.find(actor); place != std::string::npos; place = bytes.find(actor)) bytes[place] = '\x1f';
  std::ofstream(database_, std::ios::binary) << bytes;
  for (const char* format : {"ndjson", "csv", "fhir"}) {
    const Ran exported = File({"audit", "export", "--format", format});
    EXPECT_EQ(exported.exit_code, 1) << format;
    EXPECT_THAT(exported.err, ContainsRegex("entry [0-9]+ is damaged: its bytes are no entry")) << format;
    EXPECT_THAT(exported.out, Not(HasSubstr("{\"resource\":}"))) << format;
  }
}

TEST_F(AuditCommandsTest, ADatabaseThatWasTamperedWithIsFoundAndNotServed) {
  EXPECT_EQ(gate_->Stop(), 0);
  std::string bytes = *base::ReadFile(database_);
  ASSERT_NE(bytes.find("1234567893"), std::string::npos);
  // Whoever approved: somebody else.
  for (size_t place = bytes.find("1234567893"); place != std::string::npos; place = bytes.find("1234567893", place + 1)) {
    bytes.replace(place, 10, "9999999999");
  }
  std::ofstream(database_, std::ios::binary) << bytes;
  const Ran verified = File({"audit", "verify"});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.out, ContainsRegex("entry [0-9]+ is not as it was logged"));
  const Ran served = RunBinary({"serve", "--dev", "--listen", "127.0.0.1:0", "--database", database_});
  EXPECT_EQ(served.exit_code, 1);
  EXPECT_THAT(served.err, ContainsRegex("the log does not hold: entry [0-9]+ is not as it was logged"));
}

TEST_F(AuditCommandsTest, DecidesAgainWhatWasLoggedBesideTheGate) {
  const Ran all = File({"audit", "replay"});
  EXPECT_EQ(all.exit_code, 0) << all.out << all.err;
  EXPECT_THAT(all.out,
              ContainsRegex("^3 decisions decided again: no difference\n[0-9]+ more entries tell of what no rule decides: [0-9]+ "
                            "acknowledged.*1 activated.*1 started\n$"));
  EXPECT_THAT(File({"audit", "replay", "--result", "2"}).out, StartsWith("2 decisions decided again: no difference\n"));
  EXPECT_EQ(File({"audit", "replay", "--from", "3", "--to", "3"}).out, "1 decision decided again: no difference\n");
  EXPECT_THAT(File({"audit", "replay", "--from", "3", "--to", "2"}).err, HasSubstr("--from 3 comes after --to 2"));
  EXPECT_THAT(File({"audit", "replay", "--result", "9"}).err, HasSubstr("the log has no entry about result 9"));
  EXPECT_EQ(RunBinary({"audit", "replay", "--database", folder_.path() + "/none.db"}).exit_code, 1);
}

TEST_F(AuditCommandsTest, WhatWasChangedBesideTheLogIsFoundAndComesOutOtherwise) {
  EXPECT_EQ(gate_->Stop(), 0);
  std::string bytes = *base::ReadFile(database_);
  const std::string narrative = "Intradermal nevus";
  ASSERT_NE(bytes.find(narrative), std::string::npos);
  for (size_t place = bytes.find(narrative); place != std::string::npos; place = bytes.find(narrative, place + 1)) {
    bytes.replace(place, narrative.size(), "INTRADERMAL NEVUS");
  }
  std::ofstream(database_, std::ios::binary) << bytes;
  const Ran verified = File({"audit", "verify"});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_THAT(verified.out, AllOf(HasSubstr("the log holds: "), HasSubstr("result 2: its report is not the one that was decided"),
                                  HasSubstr("what is kept beside the log does NOT agree with it: ")));
  EXPECT_EQ(File({"audit", "verify", "--log-only"}).exit_code, 0);
  const Ran replayed = File({"audit", "replay"});
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_THAT(replayed.out, ContainsRegex("entry [0-9]+ \\(result 2, decided\\): report: what is kept .*facts_digest\n"));
}

TEST_F(AuditCommandsTest, BackupWhileServingAndRestore) {
  const std::string copy = folder_.path() + "/copy.db";
  const Ran backed_up = File({"backup", copy, "--server", gate_->address(), "--actor", "operator"});
  EXPECT_EQ(backed_up.exit_code, 0) << backed_up.err;
  EXPECT_EQ(backed_up.err, "");
  EXPECT_THAT(Ask({"audit", "list", "--kind", "queried"}).out, ContainsRegex("queried +operator +backup, [0-9]+ given"));
  EXPECT_THAT(backed_up.out, HasSubstr("log entries, verified"));
  const Ran again = File({"backup", copy, "--server", "127.0.0.1:1"});
  EXPECT_EQ(again.exit_code, 1) << "nothing is overwritten";
  EXPECT_THAT(again.err, HasSubstr("the log does not hold that it was backed up: no gate answers at 127.0.0.1:1"));
  EXPECT_EQ(File({"restore", copy}).exit_code, 1) << "the gate runs";
  EXPECT_EQ(gate_->Stop(), 0);
  EXPECT_EQ(File({"restore", copy}).exit_code, 1) << "the database is there";
  // A log that holds is not enough: who wrote into the copy beside it.
  std::string bytes = *base::ReadFile(copy);
  for (size_t place = bytes.find("Intradermal nevus"); place != std::string::npos; place = bytes.find("Intradermal nevus")) {
    bytes.replace(place, 17, "INTRADERMAL NEVUS");
  }
  const Ran tampered = File({"restore", Write("tampered.db", bytes)});
  EXPECT_EQ(tampered.exit_code, 1);
  EXPECT_THAT(tampered.err, HasSubstr("is not restored: what is kept beside its log does not agree with it: result 2: "));
  fs::rename(database_, database_ + ".old");
  const Ran restored = File({"restore", copy});
  EXPECT_EQ(restored.exit_code, 0) << restored.err;
  StartGate();
  EXPECT_THAT(Ask({"audit", "story", "2"}).out, HasSubstr("1234567893: approved"));
}

TEST_F(AuditCommandsTest, SaysWhatIsMissing) {
  const Ran no_key = RunBinary({"audit", "verify", "--database", folder_.path() + "/none.db"});
  EXPECT_EQ(no_key.exit_code, 1);
  EXPECT_THAT(no_key.err, HasSubstr("give the log's public key by --public-key"));
  EXPECT_THAT(File({"audit", "verify", "--public-key", "x+y+z"}).err, HasSubstr("--public-key: "));
  EXPECT_EQ(File({"audit", "verify", "--witness", Write("empty.txt", "")}).exit_code, 1);
}

TEST_F(AuditCommandsTest, WhatWasErasedIsCountedApartAndProvable) {
  ASSERT_EQ(Ask({"audit", "checkpoint", "--key"}).exit_code, 0);
  const std::vector<std::string> erase = {"retention", "erase", "1", "--actor", "records-1", "--approver"};
  const auto with = [&erase](const std::string& approver) {
    std::vector<std::string> all = erase;
    all.insert(all.end(), {approver, "--reason", "court order 9"});
    return all;
  };
  EXPECT_THAT(Ask(with("Records-1")).err, HasSubstr("an erasure needs two people"));
  const Ran erased = Ask(with("records-2"));
  EXPECT_THAT(erased.out, ContainsRegex("the contents of result 1 were erased Fri 2026-03-06 .*: entry [0-9]+\n")) << erased.err;
  EXPECT_THAT(Ask({"audit", "story", "1"}).out,
              AllOf(HasSubstr("records-1: erased, contents erased, approved by records-2: court order 9; 1 report, "),
                    HasSubstr("what was erased was of laboratory, final, issued "), HasSubstr("(http://loinc.org)"),
                    ContainsRegex("    unit 718-7: final.*718-7")));
  EXPECT_THAT(Ask({"audit", "list", "--kind", "erased"}).out, ContainsRegex("; of laboratory, final, 584"));
  const Ran verified = File({"audit", "verify"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("of 1 result the contents were erased, as the log says\n"));
  const Ran replayed = File({"audit", "replay"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.out;
  EXPECT_THAT(replayed.out, ContainsRegex("not decided again: erased\n"));
  const std::string log = Write("log.ndjson", File({"audit", "export"}).out);
  EXPECT_THAT(RunBinary({"audit", "verify", "--export", log}).out, HasSubstr("of 1 result the contents were erased"));
}

}  // namespace
}  // namespace resultgate::app
